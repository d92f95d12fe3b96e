//! What the steps of a test ask of a client and of a server, so that nobody has to write it down, or can forget it.

use super::{
    Step,
    payload::{Counting, Payload},
    step::{Connect, Observe, Observed},
};
use crosswire_protocol::seen::Until;
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
            // As with what must fail: a client that cannot says so.
            Step::Close { code, may_fail, .. } => {
                self.client_if(code.is_none(), "close-without-code");
                self.client_if(!may_fail && code.is_some_and(|code| !may_close_with(code)), "close-any-code");
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
                self.journal(until.as_ref(), names_pings(pattern));
            }
            Step::Observe(Observe { of: Observed::Seen(until), at, .. }) => {
                self.journal(until.as_ref(), is_of_pings(at));
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
            | Step::Observe(_)
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

    fn journal(&mut self, until: Option<&Until>, tells_pings: bool) {
        self.server("control");
        self.server("journal");
        let counts = until.into_iter().flat_map(|until| [until.received, until.sent]).flatten();
        let waits = counts.into_iter().any(|counts| counts.ping > 0 || counts.pong > 0);
        if waits || tells_pings {
            self.server("journal-pings");
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
                "close" => match how.get("code").and_then(Value::as_u64) {
                    None => self.server("control-close-without-code"),
                    Some(code) if !may_be_sent(code) => self.server("control-any-code"),
                    Some(_) => {}
                },
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

/// The codes that RFC 6455 and its registry let an endpoint send.
const fn may_be_sent(code: u64) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// Whether a place in what the server saw is about pings or pongs.
fn is_of_pings(at: &str) -> bool {
    at == "/last_pong" || at.ends_with("/ping") || at.ends_with("/pong")
}

/// Whether a pattern for what the server saw speaks of pings or pongs.
fn names_pings(pattern: &Value) -> bool {
    let names = |side: &str| pattern[side].get("ping").is_some() || pattern[side].get("pong").is_some();
    pattern.get("last_pong").is_some() || names("received") || names("sent")
}
