//! Processes below a bridge, as /proc shows them.

use crate::bridge::DEADLINE;
use rustix::process::{Pid, Signal, kill_process};
use std::{fs, thread, time::Instant};

/// Everything that was started below a process.
pub(crate) struct Tree(Vec<Process>);

#[derive(Clone)]
struct Process {
    id: u32,
    parent: u32,
    /// When it was started, by which it is told from another that has its number later.
    began: String,
    command: String,
}

impl Tree {
    pub(crate) fn below(root: u32) -> Self {
        let all: Vec<Process> = fs::read_dir("/proc")
            .unwrap()
            .filter_map(|entry| process(entry.ok()?.file_name().to_str()?.parse().ok()?))
            .collect();
        let (mut tree, mut parents) = (Vec::new(), vec![root]);
        while let Some(parent) = parents.pop() {
            for child in all.iter().filter(|process| process.parent == parent) {
                parents.push(child.id);
                tree.push(child.clone());
            }
        }
        Self(tree)
    }

    fn ids(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<u32> {
        self.0.iter().filter(|process| is_wanted(&process.command)).map(|process| process.id).collect()
    }

    pub(crate) fn webdriver(&self) -> Vec<u32> {
        self.ids(|command| {
            command.contains("chromedriver") && !command.contains(" keep ") && !command.contains("--type=")
        })
        .into_iter()
        .filter(|id| self.0.iter().any(|process| process.parent == *id))
        .take(1)
        .collect()
    }

    pub(crate) fn browser(&self) -> Vec<u32> {
        let webdriver = self.webdriver();
        let is_below = |process: &&Process| webdriver.contains(&process.parent);
        self.0.iter().filter(is_below).map(|process| process.id).take(1).collect()
    }

    pub(crate) fn pages(&self) -> Vec<u32> {
        self.ids(|command| command.contains("--type=renderer"))
    }

    /// Waits until none of them runs any more.
    pub(crate) fn is_gone(&self) {
        let until = Instant::now() + DEADLINE;
        for process in &self.0 {
            while self::process(process.id).is_some_and(|now| now.began == process.began) {
                assert!(Instant::now() < until, "{} is left: {}", process.id, process.command);
                thread::yield_now();
            }
        }
    }
}

/// A process that runs; one that is only waited for is gone.
fn process(id: u32) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // Its name stands in brackets, and may hold anything.
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    if matches!(fields[0], "Z" | "X") {
        return None;
    }
    let command = fs::read(format!("/proc/{id}/cmdline")).ok()?;
    let command = String::from_utf8_lossy(&command).replace('\0', " ");
    Some(Process { id, parent: fields[1].parse().ok()?, began: fields[19].to_owned(), command })
}

pub(crate) fn kill(id: u32) {
    let id = Pid::from_raw(i32::try_from(id).unwrap()).unwrap();
    kill_process(id, Signal::KILL).unwrap();
}
