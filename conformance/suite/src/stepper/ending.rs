//! The end of a test: what is open is closed, the driver lets go, and its story is held against the server's.

use super::{Phase, Stepper, TellKind, connection::State, fiber::begin::seen_act, story::contradiction};
use crate::{
    driver::Order,
    judgement::{Reason, Verdict},
};
use crosswire_protocol::seen::{Seen, Until};
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
            Phase::Closing(_) => {
                self.judge_what_is_left();
                self.begin_ending();
            }
            Phase::Ending(_) => {
                let message = "the driver stopped answering: it was told that the test is over, and did not say `ended`";
                self.end_with(Verdict::Timeout, Reason::new("driver_silent", message));
            }
            Phase::Asking(_) => {
                self.notes.push("the server did not say in time what it saw".to_owned());
                self.end();
            }
            Phase::Running | Phase::Over => {}
        }
    }

    /// Each command is answered; only where a connection is stuck, what waits for it may be as well.
    fn judge_what_is_left(&mut self) {
        let is_stuck = |connection: &usize| self.connections[*connection].state == State::Open;
        let stuck: Vec<_> = (0..self.connections.len()).filter(is_stuck).collect();
        for connection in &stuck {
            let name = &self.connections[*connection].name;
            self.notes.push(format!("`{name}` was not closed in time at the end of the test"));
        }
        let left = self.commands.iter().find(|(_, told)| {
            told.answer.is_none()
                && !matches!(told.kind, TellKind::Reaction { .. })
                && !told.connection.is_some_and(|connection| stuck.contains(&connection))
        });
        if let Some((c, told)) = left
            && self.verdict.is_none()
        {
            let message = format!(
                "the driver never answered command {c}; each is answered once, by `done` or `failed`"
            );
            let on = told.connection.map(|connection| self.connections[connection].name.clone());
            let step = (!told.at.is_empty()).then(|| told.at.clone());
            let reason = Reason { on, step, ..Reason::new("unanswered", message) };
            self.verdict = Some((Verdict::HarnessError, reason));
        }
    }

    /// Asks what the server saw, where it keeps a journal and the story may differ.
    fn begin_asking(&mut self) {
        self.phase = Phase::Asking(self.now + self.scaled(SEEING_MS + 1000));
        if !self.world.server.contains("journal") || !self.world.server.contains("control") {
            self.end();
            return;
        }
        for told in self.commands.values_mut().filter(|told| !told.is_awaited) {
            if let Some(connection) = told.connection {
                told.sends.iter().for_each(|message| self.connections[connection].perhaps_sent.add(message));
            }
        }
        let until = Until { ended: Some(true), ..Until::default() };
        let within_ms = self.scaled_ms(SEEING_MS);
        for connection in self.last_of_each_tag() {
            if let Some(call) = self.call(connection, vec![seen_act(Some(&until), within_ms)]) {
                self.asked.insert(call, connection);
            }
        }
        if self.asked.is_empty() {
            self.end();
        }
    }

    /// The connections that the server can be asked about: a tag that several have had stands for the last of them.
    fn last_of_each_tag(&self) -> Vec<usize> {
        let mut last = std::collections::BTreeMap::new();
        for (i, connection) in self.connections.iter().enumerate() {
            if matches!(connection.state, State::Open | State::Closed) {
                last.insert(connection.tag.as_ref(), i);
            }
        }
        let mut last: Vec<_> = last.into_values().collect();
        last.sort_unstable();
        last
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
        let Some(found) = contradiction(connection, &seen) else { return };
        let on = &connection.name;
        let message = format!("the client's story of `{on}` is not the server's: {}", found.about);
        let reason = Reason {
            on: Some(on.clone()),
            want: Some(format!("as the server saw it: {}", found.server)),
            got: Some(format!("as the client tells it: {}", found.client)),
            ..Reason::new("contradicted", message)
        };
        match &self.verdict {
            None => self.verdict = Some((Verdict::HarnessError, reason)),
            Some(_) => {
                let (client, server) = (found.client, found.server);
                self.notes.push(format!("{} (client: {client}; server: {server})", reason.message));
            }
        }
    }

    fn end(&mut self) {
        self.phase = Phase::Over;
    }

    pub(super) fn end_with(&mut self, verdict: Verdict, reason: Reason) {
        if self.phase == Phase::Over {
            return;
        }
        if let Some((_, before)) = self.verdict.take() {
            self.notes.push(format!("before that: {}", before.message));
        }
        self.verdict = Some((verdict, reason));
        self.end();
    }
}
