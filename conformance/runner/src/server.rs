//! A server under test: a process that the runner starts, or one that runs already.

use crate::{
    child::{Process, Running, Start, keep},
    control::Control,
    lines::{Line, next_line, quoted},
    run::Missing,
};
use serde::Deserialize;
use std::{collections::BTreeSet, ffi::OsString, time::Duration};
use tokio::{process::ChildStdin, time::timeout};

/// How long a server may take to be ready, and to end.
const READY_TIME: Duration = Duration::from_secs(20);
const STOP_TIME: Duration = Duration::from_secs(3);
const LONGEST_READY_LINE: usize = 64 << 10;

/// A server that can be connected to.
#[derive(Debug)]
pub struct Server {
    /// `ws://host:port`.
    pub url: String,
    /// Its name.
    pub name: String,
    /// Its version, where it tells.
    pub version: String,
    /// What it can do.
    pub can: BTreeSet<String>,
    /// The longest message that it takes, where that was found out to be less than servers are expected to.
    pub longest: Option<u64>,
    /// Its control endpoint, where it has one.
    pub control: Option<Control>,
    process: Option<tokio::sync::Mutex<Option<(Process, ChildStdin)>>>,
}

/// A test's settings of its server, as flags: `max_message` is `--max-message`.
pub fn flags(config: &serde_json::Map<String, serde_json::Value>) -> Vec<String> {
    let flag = |(name, value): (&String, &serde_json::Value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        format!("--{}={value}", flag(name))
    };
    config.iter().map(flag).collect()
}

/// The flag for a setting, without its dashes.
pub fn flag(setting: &str) -> String {
    setting.replace('_', "-")
}

/// The line of a server that is ready: what the runner needs of it.
#[derive(Debug, Deserialize)]
struct ReadyLine {
    ready: Ready,
}

#[derive(Debug, Deserialize)]
struct Ready {
    url: String,
    #[serde(default)]
    control: Option<String>,
    #[serde(default)]
    name: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    can: BTreeSet<String>,
}

impl Server {
    /// Starts a server and waits until it is ready.
    ///
    /// # Errors
    /// In a sentence: it could not be started, or did not say that it is ready.
    pub async fn start(start: &Start, more: &[String], time_scale: f64) -> Result<Self, Missing> {
        let mut start = start.clone();
        start.command.extend(more.iter().map(OsString::from));
        let Running { mut process, input, mut output, errors } = start.run()?;
        let patience = READY_TIME.mul_f64(time_scale);
        let line = timeout(patience, next_line(&mut output, LONGEST_READY_LINE)).await;
        let ready = match line {
            Ok(Ok(Line::Whole(line))) => serde_json::from_str::<ReadyLine>(&line)
                .map_err(|error| format!("its first line is not a ready line: {error}: {}", quoted(&line))),
            Ok(Ok(Line::TooLong(line) | Line::Half(line) | Line::NotText(line))) => {
                Err(format!("its first line is not a ready line: {}", quoted(&line)))
            }
            Ok(Ok(Line::End)) => Err(match timeout(STOP_TIME, process.wait()).await {
                Ok(Ok(status)) => format!("it ended ({status}) without a ready line"),
                _ => "it closed its standard output without a ready line".to_owned(),
            }),
            Ok(Err(error)) => Err(format!("it could not be read: {error}")),
            Err(_) => Err(format!("it printed no ready line in {patience:?}")),
        };
        let ready = match ready {
            Ok(ReadyLine { ready }) => ready,
            Err(wrong) => {
                process.kill().await;
                let errors = errors.last_words().await;
                let why = format!("`{start}`: {wrong}; conformance/servers.md shows one\n{errors}");
                return Err(Missing::broken(why.trim_end().to_owned()));
            }
        };
        // What it prints besides is for people; were nobody to read it, it would stand still or break.
        crate::tasks::spawn(keep(output, errors));
        Ok(Self::of(ready, Some((process, input))))
    }

    /// A server that runs already, by the line in which it said so.
    ///
    /// # Errors
    /// Where it is no such line.
    pub fn of_ready_line(line: &str) -> Result<Self, String> {
        let ReadyLine { ready } = serde_json::from_str(line)
            .map_err(|error| format!("this is not a ready line: {error}: {}", quoted(line)))?;
        Ok(Self::of(ready, None))
    }

    fn of(ready: Ready, process: Option<(Process, ChildStdin)>) -> Self {
        Self {
            url: ready.url,
            name: ready.name,
            version: ready.version,
            can: ready.can,
            longest: None,
            control: ready.control.map(Control::new),
            process: process.map(|process| tokio::sync::Mutex::new(Some(process))),
        }
    }

    /// A server that runs already.
    pub const fn running(url: String, name: String, can: BTreeSet<String>, control: Option<Control>) -> Self {
        Self { url, name, version: String::new(), can, longest: None, control, process: None }
    }

    /// Closes the server's standard input, and ends what does not go.
    pub async fn stop(&self) {
        let Some(process) = &self.process else { return };
        let Some((mut process, input)) = process.lock().await.take() else { return };
        if let Some(control) = &self.control {
            control.leave();
        }
        drop(input);
        if timeout(STOP_TIME, process.wait()).await.is_err() {
            process.kill().await;
        }
    }
}
