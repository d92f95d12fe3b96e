//! The end of a test: what is open is closed, the driver lets go, and its story is held against the server's.

use super::{
    Phase, Stepper,
    connection::{Connection, State},
    fiber::begin::seen_act,
};
use crate::{
    driver::Order,
    judgement::{Reason, Verdict},
};
use crosswire_protocol::seen::{Ended, Seen, Tally, Until};
use serde_json::Value;

/// How long what is still open may take to close; that is not judged.
const CLOSING_MS: u64 = 1000;
/// How long a driver may take to let go.
const ENDING_MS: u64 = 5000;
/// How long the server may take to see a connection end.
const SEEING_MS: u64 = 3000;

impl Stepper {
    pub(super) fn begin_closing(&mut self) {
        self.phase = Phase::Closing(self.now + self.scaled(CLOSING_MS));
        for connection in 0..self.connections.len() {
            if self.connections[connection].state != State::Open
                || self.connections[connection].client_ends_it
            {
                continue;
            }
            self.connections[connection].client_ends_it = true;
            let unread = self.connections[connection].inbox.len();
            if unread > 0 && self.verdict.is_none() {
                let name = &self.connections[connection].name;
                let plural = if unread == 1 { "message was" } else { "messages were" };
                self.notes.push(format!("{unread} {plural} left unread on `{name}`"));
            }
            let on = self.connections[connection].name.clone();
            let within_ms = self.scaled_ms(CLOSING_MS / 2);
            let order = Order::Close { on, within_ms, code: Some(1000), reason: String::new() };
            // That is not judged: whatever the answer is, nobody fails by it.
            self.tell(order, Some(connection), "", Vec::new(), true);
        }
        self.advance_ending();
    }

    pub(super) fn advance_ending(&mut self) {
        if let Phase::Closing(_) = self.phase {
            let is_closed = self.connections.iter().all(|connection| connection.state != State::Open);
            if self.unanswered == 0 && is_closed {
                self.begin_ending();
            }
        }
        if let Phase::Ending(_) = self.phase
            && self.has_ended
        {
            self.begin_asking();
        }
        if let Phase::Asking(_) = self.phase {
            self.take_answers();
        }
    }

    fn begin_ending(&mut self) {
        self.phase = Phase::Ending(self.now + self.scaled(ENDING_MS));
        self.tell(Order::End, None, "", Vec::new(), true);
    }

    /// The time of a phase is over.
    pub(super) fn give_up_phase(&mut self) {
        match self.phase {
            Phase::Closing(_) => self.begin_ending(),
            Phase::Ending(_) => {
                let message = "the driver stopped answering: it was told that the test is over, and did not say `ended`";
                if let Some((_, reason)) = &self.verdict {
                    self.notes.push(format!("before that: {}", reason.message));
                }
                self.end_with(Verdict::Timeout, Reason::new("driver_silent", message));
            }
            Phase::Asking(_) => {
                self.notes.push("the server did not say in time what it saw".to_owned());
                self.end();
            }
            Phase::Running | Phase::Over => {}
        }
    }

    /// Asks what the server saw, where it keeps a journal and the story may differ.
    fn begin_asking(&mut self) {
        self.phase = Phase::Asking(self.now + self.scaled(SEEING_MS + 1000));
        if !self.world.server.contains("journal") || !self.world.server.contains("control") {
            self.end();
            return;
        }
        let until = Until { ended: Some(true), ..Until::default() };
        let within_ms = self.scaled_ms(SEEING_MS);
        for connection in 0..self.connections.len() {
            let asked = &self.connections[connection];
            // A tag that several have had stands for the last of them.
            let is_last = !self.connections[connection + 1..].iter().any(|later| later.tag == asked.tag);
            if asked.state == State::Opening || asked.state == State::Refused || !is_last {
                continue;
            }
            if let Some(call) = self.call(connection, vec![seen_act(Some(&until), within_ms)]) {
                self.asked.insert(call, connection);
            }
        }
        if self.asked.is_empty() {
            self.end();
        }
    }

    fn take_answers(&mut self) {
        let answered: Vec<u64> =
            self.answers.keys().copied().filter(|call| self.asked.contains_key(call)).collect();
        for call in answered {
            let (Some(answer), Some(connection)) = (self.answers.remove(&call), self.asked.remove(&call))
            else {
                continue;
            };
            let seen = match answer {
                Ok(answer) => answer.get("seen").cloned(),
                Err(error) => {
                    self.notes.push(format!("the server could not be asked what it saw: {error}"));
                    None
                }
            };
            let Some(seen) = seen else { continue };
            self.compare(connection, &seen);
            let name = self.connections[connection].name.clone();
            self.seen.insert(name, seen);
        }
        if self.asked.is_empty() {
            self.end();
        }
    }

    /// Holds the client's story of a connection against the server's.
    fn compare(&mut self, connection: usize, seen: &Value) {
        let connection = &self.connections[connection];
        let Ok(seen) = serde_json::from_value::<Seen>(seen.clone()) else {
            self.notes.push("what the server saw cannot be read".to_owned());
            return;
        };
        if let Some((what, client, server)) = contradiction(connection, &seen) {
            let on = connection.name.clone();
            let reason = Reason {
                on: Some(on.clone()),
                want: Some(format!("as the server saw it: {server}")),
                got: Some(format!("as the client tells it: {client}")),
                ..Reason::new(
                    "contradicted",
                    format!("the client's story of `{on}` is not the server's: {what}"),
                )
            };
            match &self.verdict {
                None => self.verdict = Some((Verdict::HarnessError, reason)),
                Some(_) => self.notes.push(reason.message),
            }
        }
    }

    fn end(&mut self) {
        self.phase = Phase::Over;
    }

    pub(super) fn end_with(&mut self, verdict: Verdict, reason: Reason) {
        if let Some((_, before)) = self.verdict.take() {
            self.notes.push(format!("before that: {}", before.message));
        }
        self.verdict = Some((verdict, reason));
        self.end();
    }
}

/// Where two stories cannot both be true: what about, the client's, the server's.
fn contradiction(connection: &Connection, seen: &Seen) -> Option<(&'static str, String, String)> {
    let closed = connection.closed.as_ref();
    let claims_clean = closed.is_some_and(|closed| closed.clean);
    let is_clean = seen.ended == Some(Ended::Clean);
    if closed.is_some() && seen.open {
        return Some(("how it ended", "closed".to_owned(), "still open".to_owned()));
    }
    if claims_clean && seen.close.is_none() {
        let server = seen.ended.map_or("no close frame", Ended::name);
        return Some((
            "how it ended",
            "close frames went both ways".to_owned(),
            format!("{server}, no close frame came"),
        ));
    }
    let sent = connection.story_of_sent();
    let sent_words = || format!("sent {} messages, {} bytes", sent.messages(), sent.bytes);
    let tally_words = |tally: &Tally, verb: &str| {
        format!("{verb} {} messages, {} bytes", tally.text + tally.binary, tally.bytes)
    };
    let got = &seen.received;
    // What a client sent before its own close frame has arrived; what it sent while the server closed may not have.
    let all_arrived = is_clean && connection.client_ends_it;
    let is_same_count = (sent.text, sent.binary, sent.bytes) == (got.text, got.binary, got.bytes);
    let is_too_much = got.text > sent.text || got.binary > sent.binary || got.bytes > sent.bytes;
    let differs = is_same_count && !connection.sent_at_once && sent.hash() != got.sha256;
    if is_too_much || differs || (all_arrived && !is_same_count) {
        return Some(("what it sent", sent_words(), tally_words(got, "received")));
    }
    if connection.has_raw {
        return None;
    }
    let (received, gave) = (&connection.received, &seen.sent);
    let is_same_count =
        (received.text, received.binary, received.bytes) == (gave.text, gave.binary, gave.bytes);
    let is_too_much =
        received.text > gave.text || received.binary > gave.binary || received.bytes > gave.bytes;
    // After its own close frame a client may drop what still arrives.
    let must_be_all = is_clean && claims_clean && !connection.client_ends_it;
    if is_too_much || (is_same_count && received.hash() != gave.sha256) || (must_be_all && !is_same_count) {
        let words = format!("received {} messages, {} bytes", received.messages(), received.bytes);
        return Some(("what it received", words, tally_words(gave, "sent")));
    }
    None
}
