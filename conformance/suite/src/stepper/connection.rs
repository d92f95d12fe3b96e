//! What is known of a connection while a test runs.

use super::story::Story;
use crate::driver::{Closed, Message};
use serde_json::Value;
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
    /// Why it was refused, in the client's words.
    pub(super) refusal: Option<String>,
    /// What the client said to the last command that was allowed to fail.
    pub(super) answer: Option<Result<(), String>>,
    /// What has arrived and was not looked at yet.
    pub(super) inbox: VecDeque<Message>,
    /// Pings whose pongs are waited for.
    pub(super) pings: Vec<Ping>,
    /// The last pong that came.
    pub(super) last_pong: Option<Vec<u8>>,
    /// How it ended, once it has.
    pub(super) closed: Option<Closed>,
    /// Whether the client was told to close it or to cut it.
    pub(super) client_ends_it: bool,
    /// What the server was told to do with it.
    pub(super) told_server: ToldServer,
    /// Whether the client refuses longer messages than its library would.
    pub(super) has_limit: bool,
    /// Whether the server has said that it saw the end: its tag is free again.
    pub(super) is_let_go: bool,
    /// Whether the welcome has to be the next message.
    pub(super) awaits_welcome: bool,
    /// Whether a welcome that comes all the same is one that the test knows nothing of.
    pub(super) is_welcomed_unasked: bool,
    /// What the driver says it sent, by the command that told it to.
    pub(super) sent: BTreeMap<u64, Vec<Message>>,
    /// What it may have sent as well: it failed in sending, or never said that it had.
    pub(super) perhaps_sent: Story,
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

/// A ping that is on its way.
#[derive(Debug)]
pub(super) struct Ping {
    /// The command that sent it.
    pub(super) c: u64,
    /// What its pong has to carry.
    pub(super) payload: Vec<u8>,
    /// Whether that has come.
    pub(super) is_answered: bool,
}

/// What the server was told to do with a connection, as far as the two stories may differ by it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ToldServer {
    /// To send bytes past its codec, of which its journal knows nothing.
    pub(super) sends_raw: bool,
    /// To close the connection or to cut it.
    pub(super) ends: bool,
    /// To leave the socket alone.
    pub(super) stops_reading: bool,
    /// To play a scenario, and so everything.
    pub(super) is_scenario: bool,
}

impl ToldServer {
    /// Of what a scenario does, nothing is known here.
    pub(super) fn by_path(path: &str) -> Self {
        let is_scenario = path.starts_with("/scenario/");
        Self { sends_raw: is_scenario, ends: is_scenario, stops_reading: is_scenario, is_scenario }
    }

    pub(super) fn note(&mut self, acts: &[Value]) {
        for (name, operand) in acts.iter().filter_map(Value::as_object).flatten() {
            match name.as_str() {
                "raw" => self.sends_raw = true,
                "close" | "drop" | "finish" => self.ends = true,
                "stop_reading" => self.stops_reading = true,
                "glue" | "trickle" => self.note(operand.as_array().map_or(&[], Vec::as_slice)),
                _ => {}
            }
        }
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
            refusal: None,
            answer: None,
            inbox: VecDeque::new(),
            pings: Vec::new(),
            last_pong: None,
            closed: None,
            client_ends_it: false,
            told_server: ToldServer::default(),
            has_limit: false,
            is_let_go: false,
            awaits_welcome: false,
            is_welcomed_unasked: false,
            sent: BTreeMap::new(),
            perhaps_sent: Story::default(),
            sent_at_once: false,
            received: Story::default(),
        }
    }

    /// A pong has come. It answers a ping that is on its way, or nothing: then only the last is kept, to be told.
    pub(super) fn take_pong(&mut self, payload: Vec<u8>) {
        let ping = self.pings.iter_mut().find(|ping| !ping.is_answered && ping.payload == payload);
        if let Some(ping) = ping {
            ping.is_answered = true;
        }
        self.last_pong = Some(payload);
    }
}
