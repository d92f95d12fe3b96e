//! What the steps of a test ask of a client and of a server, so that nobody has to write it down, or can forget it.

use super::{
    Step,
    payload::{Counting, Payload},
    step::Connect,
};
use serde_json::Value;
use std::collections::BTreeSet;

/// A client is expected to take messages of this size without being told to.
const TAKEN_UNASKED: u64 = 2 << 20;

/// The capabilities that a test needs of either side.
#[derive(Debug, Default)]
pub(super) struct Needs {
    pub(super) client: BTreeSet<String>,
    pub(super) server: BTreeSet<String>,
    /// The longest message that is sent, in bytes. What variables stand for is not counted.
    pub(super) longest_sent: u64,
    /// How many rounds the innermost repetition has.
    rounds: u64,
    /// Whether paths are those of the project's own protocol: of somebody else's server nothing is known.
    knows_paths: bool,
}

impl Needs {
    /// Whatever the steps show. That a message comes back is not shown: it may have been pushed.
    pub(super) fn of(steps: &[Step], knows_paths: bool) -> Self {
        let mut needs = Self { knows_paths, ..Self::default() };
        needs.add_all(steps);
        needs
    }

    fn add_all(&mut self, steps: &[Step]) {
        for step in steps {
            self.add(step);
        }
    }

    fn add(&mut self, step: &Step) {
        match step {
            Step::Connect(connect) => self.opening(connect),
            Step::ConnectFails { connect, abandon, .. } => {
                self.opening(connect);
                self.client_if(*abandon, "abandon");
            }
            Step::Send { payload, fragments, tasks, times, .. } => {
                let length = length(payload, times.unwrap_or(self.rounds));
                self.longest_sent = self.longest_sent.max(length);
                self.client_if(fragments.is_some(), "fragments");
                self.client_if(tasks.is_some(), "many-senders");
                self.client_if(matches!(payload, Payload::InvalidText(_)), "invalid-text");
            }
            Step::Close { code, .. } => {
                self.client_if(code.is_none(), "close-without-code");
                self.client_if(code.is_some_and(|code| !may_close_with(code)), "close-any-code");
            }
            // What must fail needs no client that could do it; it needs one that can be asked to.
            Step::Fails(step) => {
                if !matches!(**step, Step::Close { .. }) {
                    self.add(step);
                }
            }
            Step::Ping { .. } => self.client("ping"),
            Step::Pong { .. } => self.client("pong"),
            Step::Drop { .. } => self.client("abort"),
            Step::StopReading { .. } | Step::StartReading { .. } => self.client("stop-reading"),
            Step::React { steps, .. } => {
                self.client("react");
                self.add_all(steps);
            }
            Step::Server { act, .. } => {
                self.server("control");
                act.iter().for_each(|act| self.act(act));
            }
            Step::Seen { until, pattern, .. } => {
                self.server("control");
                self.server("journal");
                let counts = until.iter().flat_map(|until| [until.received, until.sent]).flatten();
                let waits = counts.into_iter().any(|counts| counts.ping > 0 || counts.pong > 0);
                if waits || names_pings(pattern) {
                    self.server("journal-pings");
                }
            }
            Step::Fence { .. } => self.server("echo"),
            Step::Repeat { steps, times } => {
                let around = std::mem::replace(&mut self.rounds, *times);
                self.add_all(steps);
                self.rounds = around;
            }
            Step::Parallel(lists) => lists.iter().for_each(|steps| self.add_all(steps)),
            Step::Listen
            | Step::Expect { .. }
            | Step::ExpectAll { .. }
            | Step::ExpectNone { .. }
            | Step::ExpectClose { .. }
            | Step::Pause { .. } => {}
        }
    }

    fn opening(&mut self, connect: &Connect) {
        self.client_if(!connect.headers.is_empty(), "headers");
        self.client_if(!connect.reading, "stop-reading");
        self.client_if(connect.max_message.is_some_and(|most| most > TAKEN_UNASKED), "message-limit");
        match connect.path.as_deref().filter(|_| self.knows_paths) {
            None => {}
            Some("/echo") => self.server("bare-echo"),
            Some(path) if path.starts_with("/scenario/") => self.server("scenarios"),
            Some(_) => self.server("routes"),
        }
    }

    fn act(&mut self, act: &Value) {
        for (name, how) in act.as_object().into_iter().flatten() {
            match name.as_str() {
                "ping" | "pong" => self.server("control-ping"),
                "drop" => self.server("control-drop"),
                "finish" => self.server("control-finish"),
                "send" if how.get("fragments").is_some() => self.server("control-fragments"),
                "raw" | "glue" | "trickle" => self.server("control-raw"),
                "stop_reading" | "start_reading" => self.server("control-reading"),
                _ => {}
            }
        }
    }

    fn client(&mut self, name: &str) {
        self.client.insert(name.to_owned());
    }

    fn client_if(&mut self, needs: bool, name: &str) {
        if needs {
            self.client(name);
        }
    }

    fn server(&mut self, name: &str) {
        self.server.insert(name.to_owned());
    }
}

/// How long a message is, in the last of so many rounds.
pub(super) fn length(payload: &Payload, rounds: u64) -> u64 {
    let length = match payload {
        Payload::Text(text) => text.len(),
        Payload::Json(value) => value.to_string().len(),
        Payload::Bytes(bytes) | Payload::InvalidText(bytes) => bytes.len(),
        Payload::Fill(fill) => fill.len,
        Payload::Counting(Counting::Fill(first)) => return first.len as u64 + rounds.saturating_sub(1),
        Payload::Counting(Counting::Byte(_)) => 1,
        // None is long.
        Payload::Fixture(_) => 0,
    };
    length as u64
}

/// The codes that a browser's close takes, and so every client's.
fn may_close_with(code: u16) -> bool {
    matches!(code, 1000 | 3000..=4999)
}

/// Whether a pattern for what the server saw speaks of pings or pongs.
fn names_pings(pattern: &Value) -> bool {
    let names = |side: &str| pattern[side].get("ping").is_some() || pattern[side].get("pong").is_some();
    pattern.get("last_pong").is_some() || names("received") || names("sent")
}
