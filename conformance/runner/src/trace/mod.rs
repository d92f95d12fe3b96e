//! A live trace of a test: what is said about it, and every frame that passes between its client and its server.
//!
//! Frames are seen by a relay that stands between the two and changes nothing. So they are those of any client and any
//! server, whatever either of them shows of itself.

mod frames;
mod relay;

use crosswire_suite::judgement::Said;
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// One thing that has happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    /// What one of runner, client and server said to another.
    Said(Said),
    /// What went over the wire.
    Passed(Passed),
}

/// Something that went over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passed {
    /// When, from the beginning of the trace.
    pub at: Duration,
    /// The connection: its name in the test, or its number where it has none that shows.
    pub on: String,
    /// In which direction.
    pub way: Way,
    /// A line for people; more lines where it has several.
    pub what: String,
}

/// A direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the client to the server.
    ToServer,
    /// From the server to the client.
    ToClient,
}

/// Told of everything as it happens.
pub type Watch = Box<dyn Fn(&Seen) + Send + Sync>;

/// A trace that is being made.
#[derive(Clone)]
pub struct Trace(Arc<Inner>);

struct Inner {
    began: Instant,
    watch: Watch,
    /// The names of connections, by the part of their URL behind the address.
    names: Mutex<HashMap<String, String>>,
    /// The relays that stand already, by what they lead to.
    relays: Mutex<HashMap<String, String>>,
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trace").finish_non_exhaustive()
    }
}

impl Trace {
    /// Begins a trace.
    pub fn new(watch: Watch) -> Self {
        Self(Arc::new(Inner {
            began: Instant::now(),
            watch,
            names: Mutex::default(),
            relays: Mutex::default(),
        }))
    }

    /// What was said.
    pub fn said(&self, said: Said) {
        (self.0.watch)(&Seen::Said(said));
    }

    /// A connection is about to be opened.
    pub fn opening(&self, on: &str, url: &str) {
        let mut names = self.0.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.insert(target(url).to_owned(), on.to_owned());
    }

    /// The address at which everything for a server is seen on its way there.
    ///
    /// # Errors
    /// Where no port can be listened on.
    pub fn address_for(&self, url: &str) -> std::io::Result<String> {
        let mut relays = self.0.relays.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(address) = relays.get(url) {
            return Ok(address.clone());
        }
        let address = relay::begin(self.clone(), url)?;
        relays.insert(url.to_owned(), address.clone());
        Ok(address)
    }

    fn passed(&self, on: &str, way: Way, what: String) {
        let passed = Passed { at: self.0.began.elapsed(), on: on.to_owned(), way, what };
        (self.0.watch)(&Seen::Passed(passed));
    }

    /// The name of the connection that asks for this.
    fn name_of(&self, target: &str) -> Option<String> {
        self.0.names.lock().unwrap_or_else(PoisonError::into_inner).get(target).cloned()
    }
}

/// What a URL names behind the address: `/ws?tag=a`.
fn target(url: &str) -> &str {
    let behind_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    behind_scheme.find('/').map_or("", |at| &behind_scheme[at..])
}
