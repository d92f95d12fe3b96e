//! What is known of a connection while a test runs.

use crate::driver::{Closed, Message};
use crosswire_protocol::digest::{Digest, Kind};
use std::collections::{BTreeMap, VecDeque};

/// A connection of a test.
#[derive(Debug)]
pub(super) struct Connection {
    /// Its name in the test.
    pub(super) name: String,
    /// Its name for the server; none where the server is not told names.
    pub(super) tag: Option<String>,
    /// How far it has come.
    pub(super) state: State,
    /// The subprotocol that was agreed on.
    pub(super) subprotocol: Option<String>,
    /// The extensions that were agreed on, where the client shows them.
    pub(super) extensions: Option<Vec<String>>,
    /// The status of its refusal, where the client shows it.
    pub(super) status: Option<u16>,
    /// What has arrived and was not looked at yet.
    pub(super) inbox: VecDeque<Message>,
    /// Pongs that have arrived and were not looked at yet.
    pub(super) pongs: VecDeque<Vec<u8>>,
    /// How it ended, once it has.
    pub(super) closed: Option<Closed>,
    /// Whether the client was told to close it or to cut it.
    pub(super) client_ends_it: bool,
    /// Whether the server was told to send bytes past its codec, of which its journal knows nothing.
    pub(super) has_raw: bool,
    /// Whether the welcome has to be the next message.
    pub(super) awaits_welcome: bool,
    /// What the driver says it sent, by the command that told it to.
    pub(super) sent: BTreeMap<u64, Vec<Message>>,
    /// Whether several tasks have sent at once, so that nobody knows in which order.
    pub(super) sent_at_once: bool,
    /// What the driver says it received.
    pub(super) received: Story,
}

/// How far a connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// The driver was told to open it.
    Opening,
    /// It is open.
    Open,
    /// It never was.
    Refused,
    /// It is over.
    Closed,
}

/// The messages of one direction.
#[derive(Debug, Default, Clone)]
pub(super) struct Story {
    pub(super) text: u64,
    pub(super) binary: u64,
    pub(super) bytes: u64,
    digest: Digest,
}

impl Story {
    pub(super) fn add(&mut self, message: &Message) {
        match message.kind {
            Kind::Text => self.text += 1,
            Kind::Binary => self.binary += 1,
        }
        self.bytes += message.length;
        self.digest.add_hashed(message.kind, message.length, &message.sha256);
    }

    pub(super) fn hash(&self) -> String {
        self.digest.hex()
    }

    pub(super) const fn messages(&self) -> u64 {
        self.text + self.binary
    }
}

impl Connection {
    pub(super) fn new(name: String, tag: Option<String>) -> Self {
        Self {
            name,
            tag,
            state: State::Opening,
            subprotocol: None,
            extensions: None,
            status: None,
            inbox: VecDeque::new(),
            pongs: VecDeque::new(),
            closed: None,
            client_ends_it: false,
            has_raw: false,
            awaits_welcome: false,
            sent: BTreeMap::new(),
            sent_at_once: false,
            received: Story::default(),
        }
    }

    /// The story of what was sent, in the order in which it was told to be.
    pub(super) fn story_of_sent(&self) -> Story {
        let mut story = Story::default();
        for message in self.sent.values().flatten() {
            story.add(message);
        }
        story
    }
}
