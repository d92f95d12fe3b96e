//! A server under test: a process that the runner starts, or one that runs already.

use crate::{
    child::{Process, Running, Start, keep},
    control::Control,
    lines::{Line, next_line, quoted},
    run::Missing,
};
use serde::Deserialize;
use std::{
    collections::BTreeSet,
    ffi::OsString,
    io::ErrorKind,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use tokio::{net::TcpStream, process::ChildStdin, time::timeout};

/// How long a server may take to be ready, and to end.
const READY_TIME: Duration = Duration::from_secs(20);
const STOP_TIME: Duration = Duration::from_secs(3);
/// How long it may take to find out that nobody listens.
const LISTEN_TIME: Duration = Duration::from_secs(2);
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
    /// Whether a test has found that nobody listens there any more.
    has_gone: AtomicBool,
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

/// `host:port` of an address.
pub(crate) fn authority(url: &str) -> String {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    if has_port { host.to_owned() } else { format!("{host}:80") }
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
            has_gone: AtomicBool::new(false),
            process: process.map(|process| tokio::sync::Mutex::new(Some(process))),
        }
    }

    /// A server that runs already.
    pub const fn running(url: String, name: String, can: BTreeSet<String>, control: Option<Control>) -> Self {
        let has_gone = AtomicBool::new(false);
        Self { url, name, version: String::new(), can, longest: None, control, has_gone, process: None }
    }

    /// Whether nobody listens there. Somebody did when it was started: who refuses connections now has gone. That it does not
    /// answer, or cannot be reached, is no proof of that.
    pub async fn is_gone(&self) -> bool {
        let refused = match timeout(LISTEN_TIME, TcpStream::connect(authority(&self.url))).await {
            Ok(Err(error)) => error.kind() == ErrorKind::ConnectionRefused,
            Ok(Ok(_)) | Err(_) => false,
        };
        if refused {
            self.has_gone.store(true, Ordering::Relaxed);
        }
        refused
    }

    /// Whether it was found to have gone, at some time of the run.
    pub fn was_gone(&self) -> bool {
        self.has_gone.load(Ordering::Relaxed)
    }

    /// What it has had of the processors, where it is ours and has not ended.
    pub async fn processor_time(&self) -> Option<Duration> {
        self.process.as_ref()?.lock().await.as_ref()?.0.processor_time()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_listened_at_where_its_host_and_its_port_say() {
        for (url, at) in [
            ("ws://127.0.0.1:9001/ws?x=a:1", "127.0.0.1:9001"),
            ("ws://example.org", "example.org:80"),
            ("ws://example.org/a:7", "example.org:80"),
            ("ws://[::1]:9/", "[::1]:9"),
            ("ws://[::1]", "[::1]:80"),
        ] {
            assert_eq!(authority(url), at, "{url}");
        }
    }

    #[tokio::test]
    async fn who_listened_and_listens_no_more_has_gone() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/ws", listener.local_addr().unwrap());
        let server = Server::running(url, "s".to_owned(), BTreeSet::new(), None);
        assert!(!server.is_gone().await && !server.was_gone());
        drop(listener);
        assert!(server.is_gone().await && server.was_gone());
    }
}
