//! What each verb waits for: whether it is there, is something else, or came too late.

use super::{Progress, Stepper, Wait, begin::broken, frame::in_words};
use crate::{
    driver::{Closed, Message},
    judgement::Reason,
    stepper::{
        names::Names,
        payload::{Unmet, hold, hold_pattern, shortened},
        program::Doing,
    },
    suite::{Connect, Expectation, Step},
};
use crosswire_protocol::digest::Kind;
use serde_json::Value;

pub(super) type Checked = Result<Progress, Reason>;

/// How long a welcome may take.
const WELCOME_MS: u64 = 2000;

impl Stepper {
    /// Whether what a step waits for has come.
    pub(super) fn check(&mut self, fiber: usize, doing: &Doing, wait: &mut Wait) -> Checked {
        let round = self.fibers[fiber].round();
        match (wait, &doing.step) {
            (Wait::Opened { connection, c }, Step::Connect(connect)) => {
                self.check_opened(*connection, *c, connect)
            }
            (Wait::Welcome { connection }, _) => self.check_welcome(*connection),
            (Wait::Refused { connection, c }, Step::ConnectFails { status, .. }) => {
                self.check_refused(*connection, *c, *status)
            }
            (
                Wait::Messages { connection, round: i, wanted },
                Step::Expect { expectation, times, within_ms, .. },
            ) => {
                let Some(message) = self.next_message(*connection)? else { return Ok(Progress::Pending) };
                let named = if times.is_some() { Some(*i) } else { round };
                self.check_message(&message, wanted.as_ref(), expectation, named)
                    .map_err(|reason| self.hint_at_welcome(reason, *connection, &message))?;
                *i += 1;
                if *i == times.unwrap_or(1) {
                    return Ok(Progress::Done);
                }
                Ok(Progress::Again(self.scaled(*within_ms)))
            }
            (Wait::AnyOrder(wait), Step::ExpectAll { expectations, within_ms, .. }) => {
                let within = self.scaled(*within_ms);
                self.check_any(wait, expectations, round, within)
            }
            (Wait::Control { call }, step) => self.check_control(*call, step),
            (Wait::Seen { connection, call }, Step::Seen { pattern, .. }) => {
                self.check_seen(*connection, *call, pattern, round)
            }
            (Wait::Observed { connection, call }, Step::Observe(observe)) => {
                self.check_observed(*connection, *call, observe)
            }
            (Wait::Fence { connection, nonce }, _) => {
                let Some(message) = self.next_message(*connection)? else { return Ok(Progress::Pending) };
                let wanted = Message::whole(Kind::Text, nonce.clone().into_bytes());
                if wanted.is(&message) {
                    return Ok(Progress::Done);
                }
                let reason = Reason {
                    want: Some("nothing but the echo of the fence".to_owned()),
                    got: Some(message.to_words()),
                    ..Reason::new("unexpected_message", "a message was queued that should not be there")
                };
                Err(self.hint_at_welcome(reason, *connection, &message))
            }
            (Wait::Silence { connection }, _) => self.check_silence(*connection),
            (Wait::Ended { connection }, step) => self.check_own_close(*connection, step, round),
            (Wait::PeerCloses { connection }, step) => self.check_peer_close(*connection, step, round),
            (Wait::Pong { connection, c }, _) => {
                let connection = &mut self.connections[*connection];
                if let Some(found) = connection.pings.iter().position(|ping| ping.c == *c && ping.is_answered)
                {
                    connection.pings.swap_remove(found);
                    return Ok(Progress::Done);
                }
                match &connection.closed {
                    Some(closed) => Err(closed_instead(closed, "a pong")),
                    None => Ok(Progress::Pending),
                }
            }
            (Wait::Answers { first, last }, _) => self.check_answers(first, *last, doing),
            (Wait::Time, _) => Ok(Progress::Pending),
            _ => Err(broken("a step that waits for what it cannot wait for".to_owned())),
        }
    }

    fn check_message(
        &mut self,
        message: &Message,
        wanted: Option<&Message>,
        expectation: &Expectation,
        round: Option<u64>,
    ) -> Result<(), Reason> {
        if wanted.is_some_and(|wanted| wanted.is(message)) {
            return Ok(());
        }
        hold(expectation, message, &mut self.bindings, round, &self.world.fixtures).map_err(|unmet| {
            let reason = mismatch(unmet, "the message is another one than expected");
            Reason { round, ..reason }
        })
    }

    fn check_silence(&mut self, connection: usize) -> Checked {
        self.take_late_welcome(connection)?;
        let connection = &mut self.connections[connection];
        match (connection.inbox.pop_front(), &connection.closed) {
            (Some(message), _) => Err(Reason {
                want: Some("silence".to_owned()),
                got: Some(message.to_words()),
                ..Reason::new("unexpected_message", "a message arrived where none may")
            }),
            (None, Some(closed)) => Err(closed_instead(closed, "silence")),
            (None, None) => Ok(Progress::Pending),
        }
    }

    /// The next message, if it is there; a reason where none can come any more.
    pub(super) fn next_message(&mut self, connection: usize) -> Result<Option<Message>, Reason> {
        self.take_late_welcome(connection)?;
        let connection = &mut self.connections[connection];
        match (connection.inbox.pop_front(), &connection.closed) {
            (Some(message), _) => Ok(Some(message)),
            (None, Some(closed)) => Err(closed_instead(closed, "a message")),
            (None, None) => Ok(None),
        }
    }

    /// A client that was told not to read yet gets its welcome when it does.
    pub(super) fn take_late_welcome(&mut self, connection: usize) -> Result<(), Reason> {
        if self.connections[connection].awaits_welcome {
            self.check_welcome(connection)?;
        }
        Ok(())
    }

    fn check_opened(&self, connection: usize, c: u64, connect: &Connect) -> Checked {
        let Some(answer) = self.commands.get(&c).and_then(|told| told.answer.clone()) else {
            return Ok(Progress::Pending);
        };
        let opened = &self.connections[connection];
        if answer.is_err() && connect.may_fail {
            return Ok(Progress::Done);
        }
        if let Err(error) = answer {
            let got = match opened.status {
                Some(status) => format!("refused with {status}: {}", shortened(&error)),
                None => format!("refused: {}", shortened(&error)),
            };
            return Err(Reason {
                want: Some("an open connection".to_owned()),
                got: Some(got),
                ..Reason::new("refused", "the connection could not be opened")
            });
        }
        if let Some(wanted) = &connect.expect_subprotocol
            && *wanted != opened.subprotocol
        {
            let words = |name: &Option<String>| {
                name.as_ref().map_or_else(|| "none".to_owned(), |name| format!("{name:?}"))
            };
            return Err(Reason {
                want: Some(words(wanted)),
                got: Some(words(&opened.subprotocol)),
                ..Reason::new("wrong_subprotocol", "another subprotocol was agreed on than expected")
            });
        }
        if opened.awaits_welcome && connect.reading {
            return Ok(Progress::Now(Wait::Welcome { connection }, self.scaled(WELCOME_MS)));
        }
        Ok(Progress::Done)
    }

    fn check_welcome(&mut self, connection: usize) -> Checked {
        let connection = &mut self.connections[connection];
        let Some(message) = connection.inbox.pop_front() else {
            return match &connection.closed {
                Some(closed) => Err(closed_instead(closed, "the welcome")),
                None => Ok(Progress::Pending),
            };
        };
        let text = message.payload.as_deref().filter(|_| message.kind == Kind::Text);
        let value = text.and_then(|text| serde_json::from_slice::<Value>(text).ok());
        if value.is_some_and(|value| value["type"] == "welcome") {
            connection.awaits_welcome = false;
            return Ok(Progress::Done);
        }
        Err(Reason {
            want: Some("the welcome".to_owned()),
            got: Some(message.to_words()),
            ..Reason::new("no_welcome", "the first message is not the welcome")
        })
    }

    fn check_refused(&self, connection: usize, c: u64, wanted: Option<u16>) -> Checked {
        let Some(answer) = self.commands.get(&c).and_then(|told| told.answer.as_ref()) else {
            return Ok(Progress::Pending);
        };
        if answer.is_ok() {
            return Err(Reason {
                want: Some("a refusal".to_owned()),
                got: Some("an open connection".to_owned()),
                ..Reason::new("opened", "the connection was opened, and should have been refused")
            });
        }
        let shows_status = self.world.client.contains("handshake-status");
        match (wanted, self.connections[connection].status) {
            (Some(wanted), got) if shows_status && got != Some(wanted) => Err(Reason {
                want: Some(format!("status {wanted}")),
                got: Some(got.map_or_else(|| "no status".to_owned(), |got| format!("status {got}"))),
                ..Reason::new("wrong_status", "the handshake was refused with another status")
            }),
            _ => Ok(Progress::Done),
        }
    }

    fn check_control(&mut self, call: u64, step: &Step) -> Checked {
        let Some(answer) = self.answers.remove(&call) else { return Ok(Progress::Pending) };
        // A client that has enough of what it is sent may be gone before all of it was.
        let may_be_gone = matches!(step, Step::Server { may_fail: true, .. });
        match answer {
            Ok(answer) if may_be_gone && answer["error"] == "not_open" => Ok(Progress::Done),
            Ok(answer) if answer["ok"] == true => Ok(Progress::Done),
            answer => Err(Reason {
                want: Some("the acts done".to_owned()),
                got: Some(answer.map_or_else(|error| error, |answer| shortened(&answer.to_string()))),
                ..Reason::new(
                    "control_failed",
                    "the server did not do what it was told at its control endpoint",
                )
            }),
        }
    }

    fn check_seen(&mut self, connection: usize, call: u64, pattern: &Value, round: Option<u64>) -> Checked {
        let Some(answer) = self.answers.remove(&call) else { return Ok(Progress::Pending) };
        let answer = answer.map_err(|error| Reason::new("control_failed", error))?;
        let seen = answer.get("seen").filter(|seen| seen.is_object()).cloned();
        let Some(seen) = seen else {
            let got = Some(shortened(&answer.to_string()));
            return Err(Reason {
                want: Some("what the server saw".to_owned()),
                got,
                ..Reason::new("control_failed", "the server does not say what it saw")
            });
        };
        let names = Names { bindings: &self.bindings, round };
        let pattern = names.fill_value(pattern).map_err(broken)?;
        hold_pattern(&pattern, &seen, &mut self.bindings)
            .map_err(|unmet| mismatch(in_words(unmet, &pattern, &seen), "the server saw something else"))?;
        if answer["ok"] == true {
            self.connections[connection].is_let_go |= seen["open"] == false;
            return Ok(Progress::Done);
        }
        Err(Reason {
            got: Some(shortened(&seen.to_string())),
            ..Reason::new("not_seen", "the server has not seen in time what it should")
        })
    }

    fn check_answers(&mut self, first: &mut u64, last: u64, doing: &Doing) -> Checked {
        while *first <= last {
            let Some(answer) = self.commands.get(first).and_then(|told| told.answer.as_ref()) else {
                return Ok(Progress::Pending);
            };
            if let Step::Send { may_fail: true, .. } | Step::Close { may_fail: true, .. } = doing.step {
                self.keep_answer(*first, &doing.step);
                return Ok(Progress::Done);
            }
            match (answer, doing.must_fail) {
                (Ok(()), false) | (Err(_), true) => *first += 1,
                (Ok(()), true) => {
                    return Err(Reason {
                        want: Some("an error".to_owned()),
                        got: Some("success".to_owned()),
                        ..Reason::new("did_not_fail", "the client should have refused this itself")
                    });
                }
                (Err(error), false) => {
                    return Err(Reason {
                        got: Some(shortened(error)),
                        ..Reason::new("failed", "the client could not do it")
                    });
                }
            }
        }
        Ok(Progress::Done)
    }
}

pub(super) fn mismatch(unmet: Unmet, message: &str) -> Reason {
    match unmet {
        Unmet::Differs(difference) => difference.into_reason("mismatch", message),
        Unmet::Broken(message) => broken(message),
    }
}

pub(super) fn closed_instead(closed: &Closed, wanted: &str) -> Reason {
    Reason {
        want: Some(wanted.to_owned()),
        got: Some(closed.to_words()),
        ..Reason::new("closed_instead", format!("the connection ended where {wanted} was expected"))
    }
}
