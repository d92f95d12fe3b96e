//! What each verb waits for: whether it is there, is something else, or came too late.

use super::{Progress, Stepper, Wait, begin::broken};
use crate::{
    driver::{Closed, Message},
    judgement::Reason,
    stepper::{
        connection::State,
        names::Names,
        payload::{Unmet, hold, hold_pattern, shortened},
        program::Doing,
    },
    suite::{CloseSeen, Connect, Step},
};
use crosswire_protocol::digest::Kind;
use serde_json::Value;

type Checked = Result<Progress, Reason>;

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
            (Wait::Messages { connection, round: i }, Step::Expect { expectation, times, within_ms, .. }) => {
                let Some(message) = self.next_message(*connection)? else { return Ok(Progress::Pending) };
                let named = if times.is_some() { Some(*i) } else { round };
                let met = hold(expectation, &message, &mut self.bindings, named, &self.world.fixtures);
                met.map_err(|unmet| {
                    let reason = mismatch(unmet, "the message is another one than expected");
                    Reason { round: named, ..reason }
                })?;
                if *i + 1 == times.unwrap_or(1) {
                    return Ok(Progress::Done);
                }
                let next = Wait::Messages { connection: *connection, round: *i + 1 };
                Ok(Progress::Now(next, self.scaled(*within_ms)))
            }
            (Wait::AnyOrder { connection, left }, Step::ExpectAll { expectations, within_ms, .. }) => {
                let Some(message) = self.next_message(*connection)? else { return Ok(Progress::Pending) };
                let found = left.iter().position(|i| {
                    let mut bindings = self.bindings.clone();
                    let met = hold(&expectations[*i], &message, &mut bindings, round, &self.world.fixtures);
                    met.map(|()| self.bindings = bindings).is_ok()
                });
                let Some(found) = found else {
                    return Err(Reason {
                        want: Some(format!("any of {} messages that are still expected", left.len())),
                        got: Some(message.to_words()),
                        ..Reason::new("mismatch", "the message is none of those that are still expected")
                    });
                };
                left.remove(found);
                if left.is_empty() {
                    return Ok(Progress::Done);
                }
                let next = Wait::AnyOrder { connection: *connection, left: std::mem::take(left) };
                Ok(Progress::Now(next, self.scaled(*within_ms)))
            }
            (Wait::Control { call }, _) => self.check_control(*call),
            (Wait::Seen { call }, Step::Seen { pattern, .. }) => self.check_seen(*call, pattern, round),
            (Wait::Fence { connection, nonce }, _) => {
                let Some(message) = self.next_message(*connection)? else { return Ok(Progress::Pending) };
                let wanted = Message::whole(Kind::Text, nonce.clone().into_bytes());
                if wanted.is(&message) {
                    return Ok(Progress::Done);
                }
                Err(Reason {
                    want: Some("nothing but the echo of the fence".to_owned()),
                    got: Some(message.to_words()),
                    ..Reason::new("unexpected_message", "a message was queued that should not be there")
                })
            }
            (Wait::Silence { connection }, _) => match self.next_message(*connection)? {
                None => Ok(Progress::Pending),
                Some(message) => Err(Reason {
                    want: Some("silence".to_owned()),
                    got: Some(message.to_words()),
                    ..Reason::new("unexpected_message", "a message arrived where none may")
                }),
            },
            (Wait::Closing { connection }, Step::Close { code, expect_code, expect_reason, .. }) => {
                let wanted = expect_code.unwrap_or_else(|| code.map_or(CloseSeen::NoCode, CloseSeen::Code));
                let connection = *connection;
                // Data that still arrives is ignored.
                self.connections[connection].inbox.clear();
                let Some(closed) = self.connections[connection].closed.clone() else {
                    return Ok(Progress::Pending);
                };
                let clean = (wanted != CloseSeen::Dropped).then_some(true);
                self.check_closed(&closed, Some(wanted), expect_reason.as_ref(), clean, round)
            }
            (Wait::PeerCloses { connection }, Step::ExpectClose { code, reason, clean, .. }) => {
                let connection = &mut self.connections[*connection];
                if let Some(message) = connection.inbox.pop_front() {
                    return Err(Reason {
                        want: Some("the close".to_owned()),
                        got: Some(message.to_words()),
                        ..Reason::new("unexpected_message", "a message came before the close")
                    });
                }
                let Some(closed) = connection.closed.clone() else { return Ok(Progress::Pending) };
                self.check_closed(&closed, *code, reason.as_ref(), *clean, round)
            }
            (Wait::Pong { connection, payload }, _) => {
                let connection = &mut self.connections[*connection];
                if let Some(found) = connection.pongs.iter().position(|pong| pong == payload) {
                    connection.pongs.drain(..=found);
                    return Ok(Progress::Done);
                }
                match &connection.closed {
                    Some(closed) => Err(closed_instead(closed, "a pong")),
                    None => Ok(Progress::Pending),
                }
            }
            (Wait::Answer { c }, _) => self.check_answer(*c, doing),
            (Wait::Time, _) => Ok(Progress::Pending),
            _ => Err(broken("a step that waits for what it cannot wait for".to_owned())),
        }
    }

    /// The next message, if it is there; a reason where none can come any more.
    fn next_message(&mut self, connection: usize) -> Result<Option<Message>, Reason> {
        self.take_late_welcome(connection)?;
        let connection = &mut self.connections[connection];
        match (connection.inbox.pop_front(), &connection.closed, connection.state) {
            (Some(message), ..) => Ok(Some(message)),
            (None, Some(closed), _) => Err(closed_instead(closed, "a message")),
            (None, None, State::Refused) => Err(broken("this connection was refused".to_owned())),
            (None, None, _) => Ok(None),
        }
    }

    /// A client that was told not to read yet gets its welcome when it does.
    fn take_late_welcome(&mut self, connection: usize) -> Result<(), Reason> {
        if !self.connections[connection].awaits_welcome {
            return Ok(());
        }
        match self.check_welcome(connection)? {
            Progress::Done | Progress::Pending | Progress::Now(..) => Ok(()),
        }
    }

    fn check_opened(&self, connection: usize, c: u64, connect: &Connect) -> Checked {
        let Some(answer) = self.commands.get(&c).and_then(|told| told.answer.clone()) else {
            return Ok(Progress::Pending);
        };
        let opened = &self.connections[connection];
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

    fn check_control(&mut self, call: u64) -> Checked {
        let Some(answer) = self.answers.remove(&call) else { return Ok(Progress::Pending) };
        match answer {
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

    fn check_seen(&mut self, call: u64, pattern: &Value, round: Option<u64>) -> Checked {
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
            .map_err(|unmet| mismatch(unmet, "the server saw something else"))?;
        if answer["ok"] == true {
            return Ok(Progress::Done);
        }
        Err(Reason {
            got: Some(shortened(&seen.to_string())),
            ..Reason::new("not_seen", "the server has not seen in time what it should")
        })
    }

    fn check_closed(
        &mut self,
        closed: &Closed,
        wanted: Option<CloseSeen>,
        reason: Option<&Value>,
        clean: Option<bool>,
        round: Option<u64>,
    ) -> Checked {
        let got = match closed.code {
            1005 => CloseSeen::NoCode,
            1006 => CloseSeen::Dropped,
            code => CloseSeen::Code(code),
        };
        if let Some(wanted) = wanted.filter(|wanted| *wanted != got) {
            let code = if got == CloseSeen::Dropped { "no_close" } else { "wrong_close" };
            let message = if got == CloseSeen::Dropped {
                "the connection ended without a close frame from the peer"
            } else {
                "the close frame of the peer is another one than expected"
            };
            return Err(Reason {
                want: Some(wanted.to_words()),
                got: Some(closed.to_words()),
                ..Reason::new(code, message)
            });
        }
        if let Some(pattern) = reason {
            let names = Names { bindings: &self.bindings, round };
            let pattern = names.fill_value(pattern).map_err(broken)?;
            hold_pattern(&pattern, &Value::String(closed.reason.clone()), &mut self.bindings).map_err(
                |unmet| Reason {
                    code: "wrong_close".to_owned(),
                    ..mismatch(unmet, "the reason is another one")
                },
            )?;
        }
        match clean {
            Some(clean) if clean != closed.clean => Err(Reason {
                want: Some(if clean { "a clean end" } else { "an end that is not clean" }.to_owned()),
                got: Some(closed.to_words()),
                ..Reason::new("not_clean", "the closing handshake did not end as it should")
            }),
            _ => Ok(Progress::Done),
        }
    }

    fn check_answer(&self, c: u64, doing: &Doing) -> Checked {
        let Some(answer) = self.commands.get(&c).and_then(|told| told.answer.as_ref()) else {
            return Ok(Progress::Pending);
        };
        match (answer, doing.must_fail) {
            (Ok(()), false) | (Err(_), true) => Ok(Progress::Done),
            (Ok(()), true) => Err(Reason {
                want: Some("an error".to_owned()),
                got: Some("success".to_owned()),
                ..Reason::new("did_not_fail", "the client should have refused this itself")
            }),
            (Err(error), false) => Err(Reason {
                got: Some(shortened(error)),
                ..Reason::new("failed", "the client could not do it")
            }),
        }
    }

    /// Why a step fails whose time is over.
    pub(super) fn too_late(&self, wait: &Wait, fiber: usize) -> Reason {
        let nothing = |code: &str, want: &str, message: &str| Reason {
            want: Some(want.to_owned()),
            got: Some("nothing, until the time was over".to_owned()),
            ..Reason::new(code, message)
        };
        match wait {
            Wait::Opened { .. } => {
                nothing("not_opened", "an open connection", "the connection was neither opened nor refused")
            }
            Wait::Refused { .. } => nothing(
                "not_refused",
                "a refusal",
                "the client has no deadline of its own: it still waits for the handshake",
            ),
            Wait::Welcome { .. } => nothing("no_welcome", "the welcome", "no welcome came"),
            Wait::Messages { round, .. } => {
                let reason = nothing("no_message", "a message", "an expected message did not come");
                let is_repeated = *round > 0;
                Reason {
                    round: if is_repeated { Some(*round) } else { self.fibers[fiber].round() },
                    ..reason
                }
            }
            Wait::AnyOrder { left, .. } => nothing(
                "no_message",
                &format!("{} more messages", left.len()),
                "an expected message did not come",
            ),
            Wait::Control { .. } | Wait::Seen { .. } => {
                nothing("control_failed", "an answer", "the server's control endpoint did not answer")
            }
            Wait::Fence { .. } => {
                nothing("no_message", "the echo of a fence", "a message that should come back did not")
            }
            Wait::Closing { connection } => {
                let reason = nothing(
                    "no_close",
                    "the end of the connection",
                    "the client did not report the end of the connection",
                );
                Reason { on: Some(self.connections[*connection].name.clone()), ..reason }
            }
            Wait::PeerCloses { .. } => nothing("no_close", "a close", "the peer did not close"),
            Wait::Pong { connection, payload } => {
                let last = self.connections[*connection].pongs.back();
                Reason {
                    want: Some(format!("a pong with {:?}", hex::encode(payload))),
                    got: Some(last.map_or_else(
                        || "no pong".to_owned(),
                        |pong| format!("a pong with {:?}", hex::encode(pong)),
                    )),
                    ..Reason::new("no_pong", "no pong came that answers the ping")
                }
            }
            Wait::Answer { .. } => {
                nothing("no_answer", "done or failed", "the driver did not answer a command")
            }
            Wait::Silence { .. } | Wait::Time => broken("a wait for time ran out of it".to_owned()),
        }
    }
}

fn mismatch(unmet: Unmet, message: &str) -> Reason {
    match unmet {
        Unmet::Differs(difference) => difference.into_reason("mismatch", message),
        Unmet::Broken(message) => broken(message),
    }
}

fn closed_instead(closed: &Closed, wanted: &str) -> Reason {
    Reason {
        want: Some(wanted.to_owned()),
        got: Some(closed.to_words()),
        ..Reason::new("closed_instead", format!("the connection ended where {wanted} was expected"))
    }
}

impl CloseSeen {
    fn to_words(self) -> String {
        match self {
            Self::Code(code) => format!("code {code}"),
            Self::NoCode => "a close frame without a code".to_owned(),
            Self::Dropped => "no close frame".to_owned(),
        }
    }
}
