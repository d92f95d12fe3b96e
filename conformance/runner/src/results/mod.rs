//! What a run writes down: `results.ndjson`, a header, a line for each client, server and test, and a footer.
//!
//! Everything that a report shows comes from here, so that a report can be made anywhere and at any time. A file without
//! its footer is of a run that did not end, and says so.

mod read;

pub use read::{Recorded, ResultsError, read};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The format that is written and read.
pub const FORMAT: u64 = 1;

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Line {
    /// The first.
    Header(Box<Header>),
    /// One for each client, server and test.
    Result(Box<TestResult>),
    /// The last.
    Footer(Footer),
}

/// What was run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// [`FORMAT`].
    pub format: u64,
    /// When the run began: RFC 3339, UTC.
    pub started: String,
    /// The version of this program.
    pub crosswire: String,
    /// The state of the repository, where there is one.
    pub git: Option<Git>,
    /// Operating system and processor: `linux x86_64`.
    pub system: String,
    /// The hash of the ids and revisions of every test that was planned.
    pub list: String,
    /// By what every wait was stretched.
    pub time_scale: f64,
    /// The command that began the run, word by word.
    pub command: Vec<String>,
    /// The clients, as they introduced themselves.
    pub clients: Vec<Client>,
    /// The servers.
    pub servers: Vec<Server>,
    /// The tests, in the order of their suites.
    pub tests: Vec<Test>,
    /// How many results there will be: clients by servers by tests.
    pub planned: u64,
}

/// The state of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Git {
    /// The commit.
    pub revision: String,
    /// Whether something was changed after it.
    pub dirty: bool,
}

/// A client of the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// Its name, as in its manifest.
    pub name: String,
    /// Its language.
    pub language: String,
    /// The library and its version; empty where it could not be started.
    pub library: String,
    /// What runs it.
    pub runtime: String,
    /// The capabilities that it has.
    pub capabilities: Vec<String>,
    /// Why it could not be run, and how to change that; its rows are then `not_run`.
    pub missing: Option<String>,
}

/// A server of the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Its name.
    pub name: String,
    /// Its version, where it tells.
    pub version: String,
    /// The capabilities that it has.
    pub can: Vec<String>,
    /// Whether these were found out by trying, and not told.
    pub probed: bool,
    /// Why it could not be run; its columns are then `not_run`.
    pub missing: Option<String>,
}

/// A test of the run, as far as reports show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Test {
    /// `profile/slug`.
    pub id: String,
    /// The hash of what it says: two runs with different revisions of a test did not run the same test.
    pub rev: String,
    /// What it tests.
    pub title: String,
    /// What breaks for a user where it fails.
    pub why: String,
    /// `must`, `should` or `may`.
    pub level: String,
    /// What it follows from.
    pub spec: Vec<String>,
    /// Its steps as they are written in the suite.
    pub steps: Value,
}

/// What came of one test with one client against one server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TestResult {
    /// The client.
    pub client: String,
    /// The server.
    pub server: String,
    /// The test's id.
    pub test: String,
    /// Which round, from 1, where tests are repeated.
    pub attempt: u64,
    /// What came of it.
    pub verdict: Verdict,
    /// That, held against what was expected.
    pub outcome: Outcome,
    /// How long it took.
    pub ms: f64,
    /// Why, for every verdict but `pass`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The entry among the known failures that says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<KnownBy>,
    /// What was noticed and not judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What was said, where the test did not pass.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transcript: Vec<Said>,
    /// What the server saw of each connection, where the test did not pass and the server tells.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub seen: BTreeMap<String, Value>,
    /// The last of what the driver wrote to standard error, where the test did not pass.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stderr: String,
}

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
    /// The driver broke its protocol, or its story is contradicted by the server's.
    HarnessError,
    /// The client or the server lacks what the test needs.
    Unsupported,
    /// It was not begun.
    NotRun,
}

/// A verdict held against what was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// As it should be.
    Ok,
    /// It fails, and is listed among the known failures.
    Known,
    /// It fails, and is not listed.
    Regression,
    /// It is listed, and passes: the entry has to go.
    Fixed,
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

/// An entry among the known failures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownBy {
    /// Why it fails.
    pub reason: String,
    /// Where that is proven.
    pub link: String,
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

/// The sums.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Footer {
    /// How many results there were to be.
    pub planned: u64,
    /// How many there are of each verdict; the sum is `planned`.
    pub verdicts: BTreeMap<Verdict, u64>,
    /// How many there are of each outcome; the sum is `planned`.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// How long the run took.
    pub ms: f64,
    /// Whether it was interrupted; what was not begun is then `not_run`.
    pub interrupted: bool,
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

impl Outcome {
    /// Every outcome, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Ok, Self::Known, Self::Regression, Self::Fixed];

    /// Its name, as it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Known => "known",
            Self::Regression => "regression",
            Self::Fixed => "fixed",
        }
    }

    /// The outcome of a verdict, given whether it is listed among the known failures.
    ///
    /// Unsupported is as it should be: nothing was promised. A listed test that is unsupported or was not run proves
    /// nothing about its entry, and leaves it in peace.
    pub const fn of(verdict: Verdict, is_known: bool) -> Self {
        match (verdict, is_known) {
            (Verdict::Pass, true) => Self::Fixed,
            (Verdict::Pass | Verdict::Unsupported, _) | (Verdict::NotRun, true) => Self::Ok,
            (Verdict::Fail, true) => Self::Known,
            // An entry excuses a failure. That a driver dies, hangs or lies is never excused.
            (Verdict::Fail | Verdict::NotRun, false)
            | (Verdict::Timeout | Verdict::Crash | Verdict::HarnessError, _) => Self::Regression,
        }
    }
}
