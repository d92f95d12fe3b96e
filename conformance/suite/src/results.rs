//! What a run writes down: `results.ndjson`, a header, a line for each client, server and test, and a footer.
//!
//! Everything that a report shows comes from here, so that a report can be made anywhere and at any time. A file without
//! its footer is of a run that did not end, and says so. `docs/results.md` tells what each means.

use crate::judgement::{Observed, Reason, Said, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

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
    /// The frozen list, where its tests were run and no others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen: Option<Frozen>,
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
    /// How many results there will be: clients by servers by tests, but for those that `heavy` spares.
    pub planned: u64,
    /// The heavy tests, where not every pair has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heavy: Option<Heavy>,
    /// What could have been run, and was left out because it is not built or installed here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<Skipped>,
    /// Of what only some were asked for: what is not here has not gone.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub selected: BTreeSet<Selected>,
}

/// Of what a run may have only a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Selected {
    /// Of the tests.
    Tests,
    /// Of the clients.
    Clients,
    /// Of the servers.
    Servers,
}

/// A frozen list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frozen {
    /// Its name.
    pub list: String,
    /// Whether it may still change.
    #[serde(default)]
    pub draft: bool,
}

/// Tests that move megabytes or open hundreds of connections, and who has them: every client has them with one server, and
/// every server with one client. What each side does under load is seen so, at a fraction of what all pairs would cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heavy {
    /// Their ids.
    pub tests: BTreeSet<String>,
    /// The client that has them with every server.
    pub client: String,
    /// The server that has them with every client.
    pub server: String,
}

impl Heavy {
    /// Whether a client and a server are spared a test.
    pub fn spares(&self, client: &str, server: &str, test: &str) -> bool {
        client != self.client && server != self.server && self.tests.contains(test)
    }
}

/// A client or a server that was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Which of the two.
    pub role: Role,
    /// Its name.
    pub name: String,
    /// Why, and how to get it.
    pub why: String,
}

/// On which side of a connection something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It connects.
    Client,
    /// It is connected to.
    Server,
}

impl Role {
    /// Its name, as it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
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
    /// What finds it on a command line, where its name does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_as: Option<String>,
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
    /// Whether these were found out by asking, and not told.
    pub probed: bool,
    /// What asking it has shown beside them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Why it could not be run; its columns are then `not_run`.
    pub missing: Option<String>,
    /// What finds it on a command line, where neither its name nor its address does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_as: Option<String>,
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

impl Test {
    /// What is written down of a test, with the hash of what it says and its steps as they are written.
    pub fn of(test: &crate::suite::Test, rev: &str, steps: &Value) -> Self {
        Self {
            id: test.id.clone(),
            rev: rev.to_owned(),
            title: test.title.clone(),
            why: test.why.clone(),
            level: test.level.name().to_owned(),
            spec: test.spec.clone(),
            steps: steps.clone(),
        }
    }
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
    /// What the test asked to be written down.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observed: Vec<Observed>,
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

/// An entry among the known failures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownBy {
    /// Why it fails.
    pub reason: String,
    /// Where that is proven.
    pub link: String,
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
    /// Where that time went.
    #[serde(default)]
    pub times: Times,
    /// Whether it was interrupted; what was not begun is then `not_run`.
    pub interrupted: bool,
    /// What went wrong beside every test: no result tells it, and the run is not as expected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
}

/// What a driver did wrong while no test was running, or at its end; or that a server has gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Whose it is.
    #[serde(flatten)]
    pub by: By,
    /// What it did.
    pub message: String,
}

/// Whose a fault is, by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// A client's, whose driver it was.
    Client(String),
    /// A server's.
    Server(String),
}

impl By {
    /// The name of the client or of the server.
    pub fn name(&self) -> &str {
        match self {
            Self::Client(name) | Self::Server(name) => name,
        }
    }

    /// `the driver of go`, `the server node-ws`.
    pub fn in_words(&self) -> String {
        match self {
            Self::Client(name) => format!("the driver of {name}"),
            Self::Server(name) => format!("the server {name}"),
        }
    }
}

/// Where the time of a run went, in milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Times {
    /// Until every driver had introduced itself and every server was ready.
    pub start: f64,
    /// From its first test to its last, for each client.
    pub clients: BTreeMap<String, f64>,
    /// Until every driver and every server had ended.
    pub stop: f64,
    /// Who had the processors meanwhile, where the system tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processor: Option<Processor>,
}

/// What the processes of a run have had of the processors, in milliseconds: each with all that it has started.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Processor {
    /// The drivers.
    pub clients: BTreeMap<String, f64>,
    /// The servers, with those of their kind that a test had to itself.
    pub servers: BTreeMap<String, f64>,
    /// The runner.
    pub runner: f64,
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
