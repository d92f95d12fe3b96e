//! Where the figures come from: without that nobody can compare them with their own.

use std::env::consts;
use std::fs;
use std::thread;

use serde::Serialize;

#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) system: String,
    pub(crate) processor: String,
    pub(crate) cores: usize,
    /// False for a build without optimisation, whose figures mean nothing.
    pub(crate) optimised: bool,
}

impl Machine {
    /// To be asked before this thread is kept on one core, or there seems to be only that one.
    pub(crate) fn describe() -> Self {
        let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let processor = fs::read_to_string("/proc/cpuinfo").ok().as_deref().and_then(model);
        Self {
            system: format!("{} {}", consts::OS, release.trim()).trim_end().to_owned(),
            processor: processor.unwrap_or_else(|| consts::ARCH.to_owned()),
            cores: thread::available_parallelism().map_or(1, usize::from),
            optimised: !cfg!(debug_assertions),
        }
    }
}

/// The name of the processor, where the kernel knows one.
fn model(cpuinfo: &str) -> Option<String> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_model_of_the_first_core() {
        let text = "processor\t: 0\nmodel name\t: Some CPU @ 3 GHz\n\nprocessor\t: 1\nmodel name\t: Other\n";
        assert_eq!(model(text).as_deref(), Some("Some CPU @ 3 GHz"));
        assert_eq!(model("processor : 0\n"), None);
    }
}
