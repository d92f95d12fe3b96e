//! What a run is to do: which clients, against which servers, with which tests.

use crate::{catalogue::Catalogue, child::Start, clients::Client};
use std::{collections::BTreeSet, path::PathBuf};

/// A run, as it was asked for.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The tests.
    pub catalogue: Catalogue,
    /// The clients.
    pub clients: Vec<Client>,
    /// The servers.
    pub servers: Vec<Under>,
    /// How many tests run at once with each client, at most.
    pub jobs: usize,
    /// How often each test is taken.
    pub repeat: u64,
    /// What the order of the tests is drawn from; as they are written, where there is none.
    pub shuffle: Option<u64>,
    /// By what every wait is stretched.
    pub time_scale: f64,
    /// Where the results go.
    pub out: PathBuf,
    /// The command that began it.
    pub command: Vec<String>,
}

/// A server under test.
#[derive(Debug, Clone)]
pub enum Under {
    /// One that the runner starts, several times if need be.
    Program {
        /// Its name.
        name: String,
        /// How it is started.
        start: Start,
        /// Whether its limits can be set by flags.
        has_limits: bool,
    },
    /// One that runs already.
    Address {
        /// Where.
        url: String,
        /// What it can do, where that was told.
        can: Option<BTreeSet<String>>,
    },
}

impl Under {
    /// Its name in the results.
    pub fn name(&self) -> &str {
        match self {
            Self::Program { name, .. } => name,
            Self::Address { url, .. } => url,
        }
    }
}
