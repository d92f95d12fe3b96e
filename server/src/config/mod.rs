//! The configuration: read once, from flags and then the environment, and valid from then on.

pub(crate) mod settings;
mod sources;
mod units;

use settings::{PREFIX, SETTINGS, Setting};
pub use sources::{Invocation, read};
pub(crate) use units::in_bytes;

use crate::{
    handshake::{
        doors::{HostName, OriginPattern},
        head::HeadLimits,
    },
    listener::ListenAddress,
};
use sources::Given;
use std::{fmt, path::PathBuf, time::Duration};

/// Everything that can be set, checked. What each means, and its default, is in the help.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen, as it was written; nothing of it is checked yet.
    pub listen: Vec<ListenAddress>,
    /// Names that are served besides IP addresses and localhost.
    pub allow_hosts: Vec<HostName>,
    /// Origins that may come in besides the server's own.
    pub allow_origins: Vec<OriginPattern>,
    /// The longest message, in bytes.
    pub max_message: usize,
    /// The longest frame, in bytes; at most `max_message`.
    pub max_frame: usize,
    /// The most frames a message may come in.
    pub max_fragments: usize,
    /// The longest request head, in bytes.
    pub max_head: usize,
    /// Above so many waiting bytes nothing is read.
    pub outbox_mark: usize,
    /// The most pushed messages that wait.
    pub max_pushes: usize,
    /// The most pushed bytes that wait.
    pub max_push_bytes: usize,
    /// How long a request head may take.
    pub head_timeout: Duration,
    /// How long a client may take nothing of what waits for it.
    pub write_timeout: Duration,
    /// How often is pinged; never where it is none.
    pub ping_interval: Option<Duration>,
    /// How long a close frame may stay unanswered.
    pub close_timeout: Duration,
    /// How long the client's side of TCP is waited for.
    pub linger: Duration,
    /// How long sessions have to close at a shutdown.
    pub drain_timeout: Duration,
    /// The most sessions.
    pub max_sessions: usize,
    /// The most connections that are no sessions.
    pub max_handshakes: usize,
    /// How many threads serve.
    pub threads: usize,
    /// Whether journals are kept.
    pub journal: bool,
    /// Where the results of every language are, if there are any.
    pub results: PathBuf,
    /// Whether a test harness has started this process.
    pub under_test: bool,
    /// What is logged.
    pub log: LogLevel,
    /// How it is written.
    pub log_format: LogFormat,
    /// How the server is wrong.
    #[cfg(feature = "mutants")]
    pub mutant: crate::mutants::Mutant,
}

/// What is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    /// Nothing.
    Off,
    /// What made the server fail.
    Error,
    /// What its operator should look at.
    Warn,
    /// A line a connection.
    Info,
    /// More.
    Debug,
}

/// How a log line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Why there is no configuration: one line, which names what was wrong, where it came from and what is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

/// The largest message or frame that may be allowed.
const LARGEST: usize = 256 << 20;
/// The most of anything that is counted.
const MOST: usize = 1_000_000;
/// More threads than any machine has cores for; the runtime panics where the system refuses one.
const MOST_THREADS: usize = 1024;
/// A harness that has closed the server's standard input wants it gone within 2 s, of which those that are in the middle
/// of a handshake get as much again behind the drain.
const DRAIN_UNDER_TEST: Duration = Duration::from_millis(500);
const HOUR: Duration = Duration::from_secs(3600);
const SHORTEST: Duration = Duration::from_millis(1);

/// The longest request target.
const LONGEST_TARGET: usize = 8 << 10;

/// `/echo` takes longer messages than the rest, in any number of frames: wire-level suites need both.
pub(crate) const LONGEST_ECHO: usize = 16 << 20;

/// The longest body of a push.
pub(crate) const LONGEST_PUSH: usize = 1 << 20;

impl Config {
    /// How long whoever got an answer and no session may take to hear it. There is less to hear than behind a session, and
    /// a server that stops waits for it.
    pub(crate) fn short_linger(&self) -> Duration {
        self.linger.min(Duration::from_secs(1))
    }

    /// Checks what was given.
    fn from_given(given: &Given<'_>) -> Result<Self, ConfigError> {
        let size = |flag, allowed| given.one(flag, |text| units::size(text, allowed));
        let time = |flag, shortest| given.one(flag, |text| units::time(text, shortest..=HOUR));
        let count = |flag, least| given.one(flag, |text| units::count(text, least..=MOST));

        let max_message = size("max-message", 1..=LARGEST)?;
        let max_frame = size("max-frame", 1..=LARGEST)?;
        if max_frame > max_message && given.is_said("max-frame") {
            return Err(given.contradiction(
                ("max-frame", "max-message"),
                "no frame may be longer than the longest message",
            ));
        }
        let max_push_bytes = size("max-push-bytes", 1..=LARGEST)?;
        let under_test = given.one("under-test", units::switch)?;
        let listen = if under_test && !given.is_said("listen") {
            let (written, source) = ("127.0.0.1:0".to_owned(), "--listen".to_owned());
            vec![ListenAddress { written, source }]
        } else {
            given.places("listen").map(|(written, source)| ListenAddress { written, source }).collect()
        };
        let mut drain_timeout = time("drain-timeout", Duration::ZERO)?;
        if under_test && !given.is_said("drain-timeout") {
            drain_timeout = DRAIN_UNDER_TEST;
        }
        let ping_interval = time("ping-interval", Duration::ZERO)?;
        let (log, log_format) = (given.one("log", log_level)?, given.one("log-format", log_format)?);
        if log == LogLevel::Off && given.is_said("log-format") {
            return Err(given.contradiction(("log-format", "log"), "nothing is logged, in no format"));
        }
        let threads = match given.one("threads", |text| units::count(text, 0..=MOST_THREADS))? {
            0 => std::thread::available_parallelism().map_or(1, |cores| cores.get().min(MOST_THREADS)),
            threads => threads,
        };
        Ok(Self {
            listen,
            allow_hosts: given.many("allow-host", |text| text.parse())?,
            allow_origins: given.many("allow-origin", |text| text.parse())?,
            max_message,
            max_frame: max_frame.min(max_message),
            max_fragments: count("max-fragments", 1)?,
            max_head: size("max-head", 1 << 10..=1 << 20)?,
            outbox_mark: size("outbox-mark", 1..=LARGEST)?,
            max_pushes: count("max-pushes", 1)?,
            max_push_bytes,
            head_timeout: time("head-timeout", SHORTEST)?,
            write_timeout: time("write-timeout", SHORTEST)?,
            ping_interval: Some(ping_interval).filter(|interval| !interval.is_zero()),
            close_timeout: time("close-timeout", SHORTEST)?,
            linger: time("linger", SHORTEST)?,
            drain_timeout,
            max_sessions: count("max-sessions", 1)?,
            max_handshakes: count("max-handshakes", 1)?,
            threads,
            journal: given.one("journal", units::switch)?,
            results: given.one("results", path)?,
            under_test,
            log,
            log_format,
            #[cfg(feature = "mutants")]
            mutant: crate::mutants::Mutant::Healthy,
        })
    }

    /// The configuration when nobody says anything.
    pub fn standard() -> Self {
        match Self::from_given(&Given::nothing()) {
            Ok(config) => config,
            Err(error) => unreachable!("the defaults are allowed: {error}"),
        }
    }

    pub(crate) fn head_limits(&self) -> HeadLimits {
        HeadLimits {
            head: self.max_head,
            target: self.max_head.min(LONGEST_TARGET),
            timeout: self.head_timeout,
        }
    }
}

fn path(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() { Err("the path of a file is wanted".to_owned()) } else { Ok(PathBuf::from(text)) }
}

fn log_level(text: &str) -> Result<LogLevel, String> {
    match text {
        "off" => Ok(LogLevel::Off),
        "error" => Ok(LogLevel::Error),
        "warn" => Ok(LogLevel::Warn),
        "info" => Ok(LogLevel::Info),
        "debug" => Ok(LogLevel::Debug),
        _ => Err("off, error, warn, info or debug is allowed".to_owned()),
    }
}

fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("text or json is allowed".to_owned()),
    }
}
