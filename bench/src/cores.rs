//! A core for the server under measure and another one for the load.

use std::io;

/// How the cores of this machine are divided.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Cores {
    /// Two cores, each with one thing on it.
    Divided { generator: usize, server: usize },
    /// Everything wherever the scheduler puts it, and why.
    Shared { reason: String },
}

impl Cores {
    /// Divides the cores that this process may use, and keeps the calling thread on the generator's.
    pub(crate) fn divide() -> Self {
        match affinity::allowed() {
            Ok(allowed) => match choose(&allowed, affinity::siblings) {
                Some((generator, server)) => match affinity::keep_on(&[generator]) {
                    Ok(()) => Self::Divided { generator, server },
                    Err(error) => Self::Shared { reason: format!("this system refuses it ({error})") },
                },
                None => Self::Shared { reason: "there is only one core".to_owned() },
            },
            Err(error) => Self::Shared { reason: error.to_string() },
        }
    }

    /// Does something on the server's core. Who is started here stays there with all its threads, because affinity is
    /// inherited, so that a server need not know of it.
    pub(crate) fn on_server_core<T>(&self, act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let Self::Divided { generator, server } = self else { return act() };
        affinity::keep_on(&[*server])?;
        let outcome = act();
        affinity::keep_on(&[*generator])?;
        outcome
    }

    pub(crate) const fn server(&self) -> Option<usize> {
        match self {
            Self::Divided { server, .. } => Some(*server),
            Self::Shared { .. } => None,
        }
    }

    /// A sentence for the reader of the results.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Divided { generator, server } => {
                format!("Servers on core {server}, load generator on core {generator}")
            }
            Self::Shared { reason } => {
                format!("Not pinned to cores: {reason}; expect noisier figures")
            }
        }
    }
}

/// The generator's core and the server's: the first, which often has the interrupts, and the last that does not share
/// its execution units with the first, or else the last.
fn choose(allowed: &[usize], siblings: impl Fn(usize) -> Vec<usize>) -> Option<(usize, usize)> {
    let (&generator, others) = allowed.split_first()?;
    let near = siblings(generator);
    let server = others.iter().rev().find(|core| !near.contains(core)).or_else(|| others.last())?;
    Some((generator, *server))
}

/// `0-1` or `0,4` or both: the kernel's way to write a set of cores.
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux writes such lists"))]
fn parse_list(text: &str) -> Vec<usize> {
    let bounds = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some(first.parse().ok()?..=last.parse().ok()?)
    };
    text.trim().split(',').filter_map(bounds).flatten().collect()
}

#[cfg(target_os = "linux")]
mod affinity {
    use std::{fs, io};

    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    pub(super) fn allowed() -> io::Result<Vec<usize>> {
        let set = sched_getaffinity(None)?;
        Ok((0..CpuSet::MAX_CPU).filter(|&core| set.is_set(core)).collect())
    }

    pub(super) fn keep_on(cores: &[usize]) -> io::Result<()> {
        let mut set = CpuSet::new();
        cores.iter().for_each(|&core| set.set(core));
        Ok(sched_setaffinity(None, &set)?)
    }

    pub(super) fn siblings(core: usize) -> Vec<usize> {
        let path = format!("/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list");
        fs::read_to_string(path).map(|list| super::parse_list(&list)).unwrap_or_default()
    }
}

#[cfg(not(target_os = "linux"))]
mod affinity {
    use std::io;

    pub(super) fn allowed() -> io::Result<Vec<usize>> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "this program can pin on Linux only"))
    }

    pub(super) fn keep_on(_: &[usize]) -> io::Result<()> {
        allowed().map(drop)
    }

    pub(super) fn siblings(_: usize) -> Vec<usize> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_core_makes_load_and_the_last_one_serves() {
        assert_eq!(choose(&[0, 1], |core| vec![core]), Some((0, 1)));
        assert_eq!(choose(&[2, 5, 7], |core| vec![core]), Some((2, 7)));
    }

    #[test]
    fn two_threads_of_one_core_are_the_last_resort() {
        assert_eq!(choose(&[0, 1, 2, 3], |_| vec![0, 3]), Some((0, 2)));
        assert_eq!(choose(&[0, 1], |_| vec![0, 1]), Some((0, 1)));
    }

    #[test]
    fn one_core_cannot_be_divided() {
        assert_eq!(choose(&[3], |core| vec![core]), None);
        assert_eq!(choose(&[], |core| vec![core]), None);
    }

    #[test]
    fn reads_the_lists_of_the_kernel() {
        assert_eq!(parse_list("0\n"), [0]);
        assert_eq!(parse_list("0,4\n"), [0, 4]);
        assert_eq!(parse_list("0-2,8-9\n"), [0, 1, 2, 8, 9]);
        assert!(parse_list("").is_empty());
    }
}
