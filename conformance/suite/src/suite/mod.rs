//! The list as it is written: suites, tests and steps, read strictly.
//!
//! Whatever can be found to be wrong before a test runs is found here, with the place and what to do, because a test that
//! is broken must never look like one that has failed.

mod bounds;
pub(crate) mod fields;
mod kills;
mod needs;
mod observe;
mod opened;
mod payload;
mod read;
mod reasons;
mod revision;
mod scope;
mod settings;
mod step;
mod verb;
mod weight;
mod words;

pub use fields::Fault;
pub use observe::OBSERVED;
pub use payload::{Counting, Expectation, FORMS, Payload};
pub use read::read;
pub use revision::{hash_of_list, revision};
pub(crate) use step::placed;
pub use step::{CloseSeen, Connect, Expected, Observe, Observed, Step};
pub use verb::VERBS;
pub use weight::weight;

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A file of tests.
#[derive(Debug, Clone, PartialEq)]
pub struct Suite {
    /// What the ids of its tests begin with.
    pub profile: String,
    /// What it is about, in a sentence.
    pub about: String,
    /// Where its connections go, unless a step says otherwise.
    pub endpoint: String,
    /// Its tests, in order.
    pub tests: Vec<Test>,
}

/// One test.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// `profile/slug`, for ever.
    pub id: String,
    /// What it tests, in a sentence.
    pub title: String,
    /// What breaks for a user where it fails.
    pub why: String,
    /// How binding it is.
    pub level: Level,
    /// What it follows from.
    pub spec: Vec<String>,
    /// What a client must be able to do: what the file names, and what the steps show.
    pub needs_client: Vec<String>,
    /// What a server must be able to do: what the file names, and what the steps show.
    pub needs_server: Vec<String>,
    /// The longest message that it sends, in bytes, as far as its steps show it.
    pub longest_sent: u64,
    /// The mutants that it fails on.
    pub kills: Vec<Kill>,
    /// Ids that it had before.
    pub formerly: Vec<String>,
    /// Values, by their names.
    pub vars: BTreeMap<String, Var>,
    /// What its server must be configured to, where the standard will not do.
    pub server_config: Map<String, Value>,
    /// Whether it wants a server of its own.
    pub alone: bool,
    /// What it does.
    pub steps: Vec<Step>,
}

/// A mutant that a test fails on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kill {
    /// Its name.
    pub mutant: String,
    /// What a client must be able to do for the test to fail on it: where it cannot, the test passes, and rightly.
    pub needs_client: Vec<String>,
}

/// A value that a test gives a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Var {
    /// It is made afresh for each run, and begins like this.
    Unique(String),
    /// This text.
    Text(String),
}

/// How binding a test is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// A specification demands it.
    Must,
    /// A specification recommends it.
    Should,
    /// Implementations rightly differ.
    May,
}

/// What a suite may refer to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Registry {
    /// Capabilities of clients.
    pub client: Vec<String>,
    /// Capabilities of servers.
    pub server: Vec<String>,
    /// Mutants, where they are known.
    pub mutants: Option<Vec<String>>,
    /// Whether the suites are the project's own, of which more is demanded.
    pub is_own: bool,
}

impl Level {
    /// Every level by its name.
    pub const NAMES: [(&str, Self); 3] = [("must", Self::Must), ("should", Self::Should), ("may", Self::May)];

    /// Its name, as it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::May => "may",
        }
    }
}
