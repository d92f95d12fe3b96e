//! What a run is to do: which clients, against which servers, with which tests.

use crate::{build::Build, catalogue::Catalogue, known::Known, manifest::Entry, results::Selected};
use crosswire_suite::suite::Level;
use std::{collections::BTreeSet, path::PathBuf};

/// A client that can be started.
pub type Client = Entry;
/// A server that can be started, several times if need be.
pub type Program = Entry;

/// The sides of a run on which what is not built may be lacking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MayLack {
    /// Clients.
    pub clients: bool,
    /// Servers.
    pub servers: bool,
}

/// A run, as it was asked for.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The tests.
    pub catalogue: Catalogue,
    /// The clients.
    pub clients: Vec<Client>,
    /// The servers.
    pub servers: Vec<Under>,
    /// Of what only some were asked for.
    pub selected: BTreeSet<Selected>,
    /// On which side what is not built is left out with a word, because nobody asked for it by its name.
    pub may_lack: MayLack,
    /// The lowest level whose failures fail the run.
    pub fail_on: Level,
    /// How many tests run at once, all clients together: half of them light ones.
    pub jobs: usize,
    /// Whether every client has the heavy tests with every server.
    pub every_pair: bool,
    /// How often each test is taken.
    pub repeat: u64,
    /// What the order of the tests is drawn from; as they are written, where there is none.
    pub shuffle: Option<u64>,
    /// By what every wait is stretched.
    pub time_scale: f64,
    /// How many clients are waited for that join a driver which runs.
    pub guests: usize,
    /// Tells people at which address, and how many of them.
    pub invite: fn(&str, usize),
    /// Where the results go.
    pub out: PathBuf,
    /// The command that began it.
    pub command: Vec<String>,
}

/// A server under test.
#[derive(Debug, Clone)]
pub enum Under {
    /// One that the runner starts.
    Program(Box<Program>),
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
            Self::Program(program) => &program.name,
            Self::Address { url, .. } => url,
        }
    }

    /// What it is known to do wrong.
    pub fn known(&self) -> &[Known] {
        match self {
            Self::Program(program) => &program.known,
            Self::Address { .. } => &[],
        }
    }

    /// How it is built.
    pub fn build(&self) -> Option<&Build> {
        match self {
            Self::Program(program) => Some(&program.build),
            Self::Address { .. } => None,
        }
    }
}
