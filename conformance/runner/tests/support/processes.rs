//! The processes of a run: each carries its mark in its environment, and so does whatever it has started.

use std::time::{Duration, Instant};

/// The variable with the mark.
pub(crate) const MARK: &str = "CROSSWIRE_TEST_RUN";

/// Waits until no process carries the mark any more; says which do when the time is over.
#[cfg(target_os = "linux")]
pub(crate) fn all_gone(mark: &str, within: Duration) -> Result<(), String> {
    use rustix::{
        event::{PollFd, PollFlags, Timespec, poll},
        process::{PidfdFlags, pidfd_open},
    };
    let deadline = Instant::now() + within;
    loop {
        let left = marked(mark);
        let Some((pid, command)) = left.first() else { return Ok(()) };
        // Whoever has ended since is no longer there.
        let Ok(process) = pidfd_open(*pid, PidfdFlags::empty()) else { continue };
        let rest = deadline.saturating_duration_since(Instant::now());
        let rest = Timespec::try_from(rest).map_err(|error| error.to_string())?;
        let ended = poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&rest));
        if ended.map_err(|error| error.to_string())? == 0 {
            // They are ours, and nobody else ends them.
            for (pid, _) in &left {
                let _ = rustix::process::kill_process(*pid, rustix::process::Signal::KILL);
            }
            let pid = pid.as_raw_nonzero();
            return Err(format!("{} processes were left behind, the first is {pid}: {command}", left.len()));
        }
    }
}

/// There is no such list elsewhere.
#[cfg(not(target_os = "linux"))]
pub(crate) fn all_gone(_mark: &str, _within: Duration) -> Result<(), String> {
    Ok(())
}

/// The processes that carry a mark, with their commands. One that has ended and was not waited for has no environment.
#[cfg(target_os = "linux")]
pub(crate) fn marked(mark: &str) -> Vec<(rustix::process::Pid, String)> {
    let wanted = format!("{MARK}={mark}");
    let is_marked =
        |environment: &[u8]| environment.split(|byte| *byte == 0).any(|word| word == wanted.as_bytes());
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // Who has ended in between, or belongs to somebody else, is none of ours.
        let Ok(environment) = std::fs::read(entry.path().join("environ")) else { continue };
        if let (true, Some(pid)) = (is_marked(&environment), rustix::process::Pid::from_raw(pid)) {
            let command = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            found.push((pid, String::from_utf8_lossy(&command).replace('\0', " ")));
        }
    }
    found
}
