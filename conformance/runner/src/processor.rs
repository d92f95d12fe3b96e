//! What programs have had of the processors. Where everything runs at once, how long something took tells little: this tells
//! who it was that the others waited for. Linux says it, in /proc; elsewhere nobody is asked.

use std::{collections::HashMap, fs, path::Path, time::Duration};

/// What a process and everything that it has started have had so far, with what has ended among it. Nothing where that is not
/// told, or the process was waited for already.
pub(crate) fn had(root: u32) -> Option<Duration> {
    let processes = all();
    let mut ticks = processes.get(&root)?.ticks;
    let mut parents = vec![root];
    while let Some(parent) = parents.pop() {
        for (id, process) in processes.iter().filter(|(_, process)| process.parent == parent) {
            ticks += process.ticks;
            parents.push(*id);
        }
    }
    Some(lasting(ticks))
}

/// What this process has had so far, without those that it has started.
pub(crate) fn had_by_us() -> Option<Duration> {
    Process::read(Path::new("/proc/self/stat")).map(|process| lasting(process.own_ticks))
}

fn lasting(ticks: u64) -> Duration {
    #[cfg(unix)]
    let second = rustix::param::clock_ticks_per_second().max(1);
    #[cfg(not(unix))]
    let second = 100_u64;
    #[expect(clippy::cast_precision_loss, reason = "a run has fewer ticks than an f64 counts")]
    Duration::from_secs_f64(ticks as f64 / second as f64)
}

/// A process, as /proc tells of it.
#[derive(Debug, PartialEq, Eq)]
struct Process {
    parent: u32,
    /// In ticks: its own, as a program and in the kernel.
    own_ticks: u64,
    /// And with those of the children that it has waited for.
    ticks: u64,
}

fn all() -> HashMap<u32, Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbered =
        entries.filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())));
    // One may end while it is looked at.
    numbered.filter_map(|(id, path)| Some((id, Process::read(&path.join("stat"))?))).collect()
}

impl Process {
    fn read(stat: &Path) -> Option<Self> {
        Self::of(&fs::read_to_string(stat).ok()?)
    }

    /// Of a line as in proc(5). The second field is a name in parentheses, which may itself hold spaces and parentheses.
    fn of(stat: &str) -> Option<Self> {
        let (_, behind_the_name) = stat.rsplit_once(')')?;
        let fields: Vec<_> = behind_the_name.split_ascii_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        let own_ticks = field(14)? + field(15)?;
        Some(Self {
            parent: field(4)?.try_into().ok()?,
            own_ticks,
            ticks: own_ticks + field(16)? + field(17)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_those_behind_the_last_parenthesis() {
        let stat = "25800 (a) S 7 (b)) S 25791 25791 1538 0 -1 4194304 1 2 3 4 150 31 20 9 20 0 1 0";
        let read = Process { parent: 25791, own_ticks: 181, ticks: 210 };
        assert_eq!(Process::of(stat), Some(read));
        assert_eq!(Process::of("1 (init) S 0"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_a_child_of_a_child_has_had_counts() {
        use std::{
            io::{Read as _, Write as _},
            process::{Command, Stdio},
        };

        // The shell starts another, which works until it has had a fifth of a second, says so, and waits.
        let works = "while read -r _ _ _ _ _ _ _ _ _ _ _ _ _ user _ </proc/self/stat; [ \"$user\" -lt 20 ]; do :; done; echo; read -r _";
        let mut child = Command::new("sh")
            .args(["-c", &format!("(sh -c '{works}'); exit")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = [0];
        child.stdout.as_mut().unwrap().read_exact(&mut said).unwrap();
        let had = had(child.id()).unwrap();
        child.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
        child.wait().unwrap();
        assert!((0.2..60.0).contains(&had.as_secs_f64()), "{had:?}");
        assert_eq!(super::had(child.id()), None, "who was waited for is nobody");
        assert!(had_by_us().is_some());
    }
}
