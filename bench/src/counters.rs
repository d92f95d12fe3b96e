//! What the Linux kernel counts: CPU time and waiting of a process, business of a core, memory.
//!
//! Everything here is absent on other systems, and says so by being `None` or an error of kind `NotFound`.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::time::Duration;

/// The length of a tick in `/proc/stat`, which is 1/100 s whatever the kernel's own clock does.
const TICK: Duration = Duration::from_millis(10);

/// The times of a process, by thread.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProcessTimes {
    threads: BTreeMap<u64, Times>,
}

/// Time spent on a core, and time spent ready to run while something else was on it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Times {
    pub(crate) on_core: Duration,
    pub(crate) waiting: Duration,
}

impl ProcessTimes {
    /// Of all threads of a process. The kernel brings a thread's count up to date when it leaves the core, so this is
    /// exact only while the process rests.
    pub(crate) fn read(process: u32) -> io::Result<Self> {
        let mut threads = BTreeMap::new();
        for entry in fs::read_dir(format!("/proc/{process}/task"))? {
            let entry = entry?;
            let Ok(thread) = entry.file_name().to_string_lossy().parse() else { continue };
            // A thread may end between the listing and the reading.
            let Ok(text) = fs::read_to_string(entry.path().join("schedstat")) else { continue };
            if let Some(times) = parse_schedstat(&text) {
                threads.insert(thread, times);
            }
        }
        if threads.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(Self { threads }) }
    }

    /// What has been added since an earlier reading. A thread that ended in between takes its share with it.
    pub(crate) fn since(&self, earlier: &Self) -> Times {
        let mut sum = Times::default();
        for (thread, now) in &self.threads {
            let before = earlier.threads.get(thread).copied().unwrap_or_default();
            sum.on_core += now.on_core.saturating_sub(before.on_core);
            sum.waiting += now.waiting.saturating_sub(before.waiting);
        }
        sum
    }
}

/// `schedstat`: nanoseconds on a core, nanoseconds ready and waiting, number of turns.
fn parse_schedstat(text: &str) -> Option<Times> {
    let mut numbers = text.split_ascii_whitespace().map(str::parse);
    let on_core = Duration::from_nanos(numbers.next()?.ok()?);
    let waiting = Duration::from_nanos(numbers.next()?.ok()?);
    Some(Times { on_core, waiting })
}

/// How long a core has been busy since the machine started, with whatever; in ticks, so only good for a suspicion.
pub(crate) fn core_busy(core: usize) -> Option<Duration> {
    parse_core(&fs::read_to_string("/proc/stat").ok()?, core)
}

/// `cpuN user nice system idle iowait irq softirq steal …`
fn parse_core(text: &str, core: usize) -> Option<Duration> {
    let name = format!("cpu{core}");
    let line = text.lines().find(|line| line.split(' ').next() == Some(&name))?;
    let ticks: Vec<u32> =
        line.split_ascii_whitespace().skip(1).map_while(|field| field.parse().ok()).collect();
    let busy = [0, 1, 2, 5, 6, 7].iter().map(|&field| ticks.get(field).copied()).sum::<Option<u32>>()?;
    Some(TICK * busy)
}

/// Bytes of anonymous memory that a process has in RAM: what it has allocated and touched, without the pages of its
/// program file. Buffers that the kernel keeps for its sockets are not among it.
pub(crate) fn anonymous_memory(process: u32) -> Option<u64> {
    parse_anonymous(&fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?)
}

fn parse_anonymous(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("Anonymous:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn times(on_core: u64, waiting: u64) -> Times {
        Times { on_core: Duration::from_nanos(on_core), waiting: Duration::from_nanos(waiting) }
    }

    #[test]
    fn reads_schedstat() {
        assert_eq!(parse_schedstat("177682149 21904739 398\n"), Some(times(177_682_149, 21_904_739)));
        assert_eq!(parse_schedstat("0 0 1\n"), Some(times(0, 0)));
        assert_eq!(parse_schedstat(""), None);
        assert_eq!(parse_schedstat("12\n"), None);
        assert_eq!(parse_schedstat("many few 1\n"), None);
    }

    #[test]
    fn adds_up_threads_and_counts_a_new_one_from_its_start() {
        let before = ProcessTimes { threads: [(1, times(100, 10)), (2, times(50, 5))].into() };
        let after = ProcessTimes { threads: [(1, times(130, 10)), (3, times(7, 1))].into() };
        assert_eq!(after.since(&before), times(37, 1));
    }

    #[test]
    fn a_core_is_busy_with_everything_but_idling_and_waiting_for_disks() {
        let text = "cpu  9 9 9 9 9 9 9 9 9 9\ncpu1 100 1 20 5000 300 4 5 6 7 8\ncpu10 0 0 0 0 0 0 0 0 0 0\n";
        assert_eq!(parse_core(text, 1), Some(TICK * 136));
        assert_eq!(parse_core(text, 10), Some(Duration::ZERO));
        assert_eq!(parse_core(text, 2), None);
        assert_eq!(parse_core("cpu0 1 2 3\n", 0), None);
    }

    #[test]
    fn reads_anonymous_memory() {
        let text = "5600-7fff ---p 00000000 00:00 0 [rollup]\nRss:  1820 kB\nAnonymous:       116 kB\n";
        assert_eq!(parse_anonymous(text), Some(116 * 1024));
        assert_eq!(parse_anonymous("Rss: 1820 kB\n"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_times_and_memory() {
        assert!(ProcessTimes::read(std::process::id()).is_ok());
        assert!(anonymous_memory(std::process::id()).unwrap() > 0);
        assert!(ProcessTimes::read(u32::MAX).is_err());
    }
}
