//! What a driver says, held against what it was told: it may say nothing that nobody caused.

use super::{Phase, Stepper, TellKind, connection::State, payload::shortened};
use crate::{
    driver::{Closed, Event, Happened},
    judgement::{Party, Reason, Verdict},
};
use std::time::Duration;

impl Stepper {
    /// The driver has told something of this test.
    pub fn handle_event(&mut self, now: Duration, event: Event) {
        self.now = self.now.max(now);
        if self.phase == Phase::Over {
            return;
        }
        let (words, on) = (event.is.to_words(), event.on.clone());
        self.say(Party::Client, Party::Runner, on.clone(), words.clone());
        if let Err(wrong) = self.hear(event) {
            let message = format!("the driver says `{words}`, but {wrong}");
            self.end_with(Verdict::HarnessError, Reason { on, ..Reason::new("impossible_event", message) });
            return;
        }
        self.advance();
    }

    fn hear(&mut self, event: Event) -> Result<(), String> {
        if event.seq != self.world.seq {
            return Err(format!("it belongs to test {}, and this is {}", event.seq, self.world.seq));
        }
        let expected = self.last_event + 1;
        if event.n != expected {
            return Err(format!("its number is {} where {expected} is the next", event.n));
        }
        self.last_event = expected;
        if self.has_ended {
            return Err("the test has ended".to_owned());
        }
        match event.c {
            Some(c) => self.hear_answer(c, event),
            None => self.hear_unasked(event),
        }
    }

    /// An answer to a command.
    fn hear_answer(&mut self, c: u64, event: Event) -> Result<(), String> {
        let told = self.commands.get(&c).ok_or_else(|| format!("there is no command {c}"))?;
        if told.answer.is_some() {
            return Err(format!("command {c} was answered before"));
        }
        let connection = told.connection;
        let name = connection.map(|connection| self.connections[connection].name.as_str());
        if event.on.as_deref() != name {
            let words = |name: Option<&str>| {
                name.map_or_else(|| "no connection".to_owned(), |name| format!("`{name}`"))
            };
            let (wanted, got) = (words(name), words(event.on.as_deref()));
            return Err(format!("command {c} is about {wanted}, and this is about {got}"));
        }
        let (kind, at) = (told.kind, told.at.clone());
        let answer = match (kind, event.is) {
            (TellKind::Open, Happened::Opened { subprotocol, extensions }) => {
                let connection = self.open_connection(connection)?;
                connection.state = State::Open;
                connection.subprotocol = subprotocol;
                connection.extensions = extensions;
                Ok(())
            }
            (TellKind::Open, Happened::Refused { error, status }) => {
                let connection = self.open_connection(connection)?;
                connection.state = State::Refused;
                connection.status = status;
                connection.refusal = Some(error.clone());
                Err(error)
            }
            (TellKind::Listen, Happened::Listened)
            | (TellKind::End, Happened::Ended)
            | (TellKind::Other | TellKind::Reaction { .. }, Happened::Done) => Ok(()),
            (TellKind::Listen | TellKind::Other | TellKind::Reaction { .. }, Happened::Failed { error }) => {
                Err(error)
            }
            _ => return Err(format!("that is no answer to command {c}")),
        };
        let failed = answer.as_ref().err().cloned();
        let Some(told) = self.commands.get_mut(&c) else { return Ok(()) };
        told.answer = Some(answer);
        if !matches!(kind, TellKind::Reaction { .. }) {
            self.unanswered -= 1;
        }
        self.has_ended |= kind == TellKind::End;
        let (is_awaited, is_late) = (told.is_awaited, told.is_late);
        match (failed, connection) {
            (None, Some(connection)) => {
                let sends = std::mem::take(&mut told.sends);
                let connection = &mut self.connections[connection];
                if is_late && is_awaited {
                    // As in browsers: what is sent when all is over is thrown away without a word.
                    sends.iter().for_each(|message| connection.perhaps_sent.add(message));
                } else if !sends.is_empty() {
                    connection.sent.insert(c, sends);
                }
                connection.client_ends_it |= kind == TellKind::Reaction { closes: true };
            }
            (Some(error), Some(connection)) if !is_awaited && self.is_judged(kind) => {
                let message = format!("the client could not do it: {}", shortened(&error));
                if !is_late && self.peer_may_have_ended(connection) {
                    self.notes.push(format!("{message}, while the peer closed"));
                } else {
                    self.fail(Reason { step: Some(at), on: event.on, ..Reason::new("failed", message) });
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether a failure counts: the last steps of a test may be answered when what is open is being closed already.
    /// What a reaction does then is overtaken by that close.
    const fn is_judged(&self, kind: TellKind) -> bool {
        match self.phase {
            Phase::Running => true,
            Phase::Closing(_) => !matches!(kind, TellKind::Reaction { .. }),
            Phase::Ending(_) | Phase::Asking(_) | Phase::Over => false,
        }
    }

    /// Who sends while the peer closes may be told so or not: the steps that expect the close judge it.
    fn peer_may_have_ended(&self, connection: usize) -> bool {
        let ended = &self.connections[connection];
        (ended.state == State::Closed && !ended.client_ends_it) || self.expects_close(connection)
    }

    fn open_connection(&mut self, connection: Option<usize>) -> Result<&mut super::Connection, String> {
        let connection = connection.and_then(|connection| self.connections.get_mut(connection));
        connection.ok_or_else(|| "no connection was being opened".to_owned())
    }

    /// Something that happens by itself.
    fn hear_unasked(&mut self, event: Event) -> Result<(), String> {
        if !matches!(event.is, Happened::Received(_) | Happened::Pong { .. } | Happened::Closed(_)) {
            return Err("it answers no command: its `c` is missing".to_owned());
        }
        let on = event.on.unwrap_or_default();
        let connection = self.named.get(&on).copied();
        let connection = connection.ok_or_else(|| format!("there is no connection `{on}`"))?;
        let connection = &mut self.connections[connection];
        match connection.state {
            State::Open => {}
            State::Opening => return Err(format!("`{on}` is not open yet")),
            State::Refused => return Err(format!("`{on}` was refused")),
            State::Closed => return Err(format!("`{on}` was reported closed before")),
        }
        match event.is {
            Happened::Received(message) => {
                connection.received.add(&message);
                connection.inbox.push_back(message);
            }
            Happened::Pong { payload } => connection.take_pong(payload),
            // A server that was told to may have put this number into a close frame.
            Happened::Closed(Closed { code: 1006, clean: true, .. })
                if !connection.told_server.ends && !connection.told_server.sends_raw =>
            {
                return Err("1006 is for an end without a close frame, which is not clean".to_owned());
            }
            Happened::Closed(closed) => {
                connection.state = State::Closed;
                connection.closed = Some(closed);
            }
            _ => {}
        }
        Ok(())
    }
}

impl Happened {
    /// The event in few words.
    pub(super) fn to_words(&self) -> String {
        match self {
            Self::Opened { subprotocol: Some(name), .. } => format!("opened, subprotocol {name:?}"),
            Self::Opened { .. } => "opened".to_owned(),
            Self::Refused { error, status: Some(status) } => {
                format!("refused with {status}: {}", shortened(error))
            }
            Self::Refused { error, status: None } => format!("refused: {}", shortened(error)),
            Self::Done => "done".to_owned(),
            Self::Failed { error } => format!("failed: {}", shortened(error)),
            Self::Received(message) => format!("received {}", message.to_words()),
            Self::Pong { payload } => format!("pong {}", hex::encode(payload)),
            Self::Closed(closed) => format!("closed, {}", closed.to_words()),
            Self::Listened => "listened".to_owned(),
            Self::Ended => "ended".to_owned(),
        }
    }
}

impl Closed {
    /// How it was closed, in few words.
    pub(super) fn to_words(&self) -> String {
        let code = match self.code {
            1005 => "a close frame without a code".to_owned(),
            1006 => "no close frame".to_owned(),
            code if self.reason.is_empty() => format!("code {code}"),
            code => format!("code {code}, reason {:?}", self.reason),
        };
        format!("{code}, {}", if self.clean { "clean" } else { "not clean" })
    }
}
