//! What came of a test, why, and what was said in it.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// What came of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Everything was as it must be.
    Pass,
    /// Something was not.
    Fail,
    /// The driver stopped answering.
    Timeout,
    /// The driver ended.
    Crash,
    /// The driver broke its protocol, its story is contradicted by the server's, or the test itself is broken.
    HarnessError,
    /// The client or the server lacks what the test needs.
    Unsupported,
    /// It was not begun.
    NotRun,
}

/// Why a test did not pass.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// A stable word: `mismatch`, `no_message`, `missing_capability` …
    pub code: String,
    /// What happened, in a sentence.
    pub message: String,
    /// The step: its place in the test, as a JSON pointer into `steps`, such as `/3` or `/0/steps/1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
    /// The round, where the step is repeated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<u64>,
    /// Where in the value, as a JSON pointer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// What would have been right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub want: Option<String>,
    /// What was there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub got: Option<String>,
}

/// Something that a test asked to be written down. It is never judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// The question that it answers, in the test's words.
    #[serde(rename = "as")]
    pub name: String,
    /// Whose behaviour it shows: the client's or the server's.
    pub about: Party,
    /// The answer. It is missing where nothing came in time, or nothing was there.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    pub value: Option<Value>,
}

/// A value that is there, `null` too.
fn there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Something that one of three said: the runner, the client or the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// When, from the beginning of the test, by the runner's clock.
    pub ms: f64,
    /// `runner` told the driver or the server; `client` reported; `server` answered.
    pub by: Party,
    /// To whom.
    pub to: Party,
    /// The connection, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
    /// In few words: `send "hello"`, `received "hello"`, `closed 1000`.
    pub what: String,
}

/// Who takes part in a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Party {
    /// The one that judges.
    Runner,
    /// The client under test, through its driver.
    Client,
    /// The server under test, through its control endpoint.
    Server,
}

impl Verdict {
    /// Every verdict, in the order in which they are shown.
    pub const ALL: [Self; 7] = [
        Self::Pass,
        Self::Fail,
        Self::Timeout,
        Self::Crash,
        Self::HarnessError,
        Self::Unsupported,
        Self::NotRun,
    ];

    /// Its name, as it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Timeout => "timeout",
            Self::Crash => "crash",
            Self::HarnessError => "harness_error",
            Self::Unsupported => "unsupported",
            Self::NotRun => "not_run",
        }
    }
}

impl Reason {
    /// A reason of which only the word and the sentence are known.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
            step: None,
            on: None,
            round: None,
            at: None,
            want: None,
            got: None,
        }
    }
}

impl Party {
    /// Its name, as it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Runner => "runner",
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}
