//! `/control`: acts on other connections, carried out in order and answered once.

use super::Later;
use crate::{
    connections::{Connection, Connections, Known},
    journal::Journal,
    session::{CloseReason, Item, Queued, Refused},
};
use bytes::Bytes;
use crosswire_protocol::{
    close::CloseCode,
    control::{self, Act, Answer, Command, Failure, MOST_TIMES, Outcome, SeenWhen, Send},
    digest::Kind,
    payload::Payload,
    seen::Seen,
};
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use tokio::time::{sleep, timeout};

/// The dialect of `/control`.
#[derive(Debug, Clone)]
pub(crate) struct Control {
    connections: Arc<Connections>,
    /// How long an act waits for room in an outbox of which the peer takes nothing.
    patience: Duration,
}

/// Why an act failed.
struct Failed {
    error: Failure,
    message: String,
    seen: Option<Seen>,
}

impl Failed {
    fn new(error: Failure, message: impl Into<String>) -> Self {
        Self { error, message: message.into(), seen: None }
    }
}

impl Control {
    pub(crate) const fn new(connections: Arc<Connections>, patience: Duration) -> Self {
        Self { connections, patience }
    }

    /// Carries out a command.
    pub(super) fn answer(&self, text: &str) -> Later {
        match control::parse(text) {
            Ok(command) => {
                let control = self.clone();
                Box::pin(async move { control.carry_out(command).await })
            }
            Err((id, message)) => {
                let failed = Failed::new(Failure::BadCommand, message);
                Box::pin(std::future::ready(answer(id, 0, Err(failed))))
            }
        }
    }

    /// A command is text.
    pub(super) fn refuse_binary(&self) -> Later {
        let failed = Failed::new(Failure::BadCommand, "a command is a text message with one JSON object");
        Box::pin(std::future::ready(answer(Value::Null, 0, Err(failed))))
    }

    async fn carry_out(&self, Command { id, to, act }: Command) -> String {
        let mut seen = None;
        for (done, act) in act.into_iter().enumerate() {
            match self.act(&to, act).await {
                Ok(None) => {}
                Ok(view) => seen = view,
                Err(failed) => return answer(id, done, Err(failed)),
            }
        }
        answer(id, 0, Ok(seen))
    }

    async fn act(&self, to: &str, act: Act) -> Result<Option<Seen>, Failed> {
        match act {
            Act::Seen(when) => return self.see(to, when).await.map(Some),
            Act::WaitMs(wait) => sleep(Duration::from_millis(wait)).await,
            Act::StopReading(_) => self.open(to)?.outbox.stop_reading(true).map_err(not_open)?,
            Act::StartReading(_) => self.open(to)?.outbox.stop_reading(false).map_err(not_open)?,
            Act::Close(with) => {
                let reason = CloseReason {
                    code: with.code.map(CloseCode),
                    reason: with.reason.into(),
                    queued: Queued::Sent,
                    violation: false,
                };
                if !self.open(to)?.outbox.close(reason) {
                    return Err(not_open(Refused::Closed));
                }
            }
            Act::Send(send) => self.send(&*self.open(to)?, send).await?,
            Act::Glue(acts) => {
                let items = items_of(acts)?;
                self.offer(&*self.open(to)?, Item::Glue(items), true).await?;
            }
            Act::Trickle(acts) => {
                let items = items_of(acts)?;
                self.offer(&*self.open(to)?, Item::Trickle(items), true).await?;
            }
            Act::Ping(payload) => self.offer(&*self.open(to)?, Item::Ping(payload.0.into()), true).await?,
            Act::Pong(payload) => self.offer(&*self.open(to)?, Item::Pong(payload.0.into()), true).await?,
            Act::Raw(bytes) => self.offer(&*self.open(to)?, Item::Raw(bytes.0.into()), true).await?,
            Act::Drop(_) => self.offer(&*self.open(to)?, Item::Drop, true).await?,
            Act::Finish(_) => self.offer(&*self.open(to)?, Item::Finish, true).await?,
        }
        Ok(None)
    }

    async fn send(&self, connection: &Connection, send: Send) -> Result<(), Failed> {
        let Send { payload, times, fragments, wait } = send;
        if !text_counts(&payload, times) {
            // One buffer for all rounds: nothing in it changes.
            let bytes = Bytes::from(payload.bytes().into_owned());
            check_fragments(&bytes, fragments.as_deref())?;
            for _ in 0..times.unwrap_or(1) {
                let item = message(payload.kind(), bytes.clone(), fragments.clone());
                self.offer(connection, item, wait).await?;
            }
            return Ok(());
        }
        for i in 0..times.unwrap_or(1).min(MOST_TIMES) {
            let bytes = payload
                .bytes_of_round(i)
                .map_err(|error| Failed::new(Failure::BadCommand, error.to_string()))?;
            check_fragments(&bytes, fragments.as_deref())?;
            let item = message(payload.kind(), bytes.into_owned().into(), fragments.clone());
            self.offer(connection, item, wait).await?;
        }
        Ok(())
    }

    async fn offer(&self, connection: &Connection, item: Item, wait: bool) -> Result<(), Failed> {
        if !wait {
            return connection.outbox.push(item).map_err(|refused| match refused {
                Refused::Full => Failed::new(
                    Failure::Overflow,
                    "the outbox is full and the act did not wait; the connection ends with 4008",
                ),
                Refused::Closed => not_open(refused),
            });
        }
        match timeout(self.patience, connection.outbox.send(item)).await {
            Ok(sent) => sent.map_err(not_open),
            Err(_) => {
                let seconds = self.patience.as_secs_f32();
                let message = format!("the outbox had no room for {seconds} s; the client takes nothing");
                Err(Failed::new(Failure::NoRoom, message))
            }
        }
    }

    fn open(&self, to: &str) -> Result<Arc<Connection>, Failed> {
        match self.connections.find(to) {
            Some(Known::Open(connection)) => Ok(connection),
            Some(Known::Ended(_)) => Err(not_open(Refused::Closed)),
            None => Err(self.unknown(to)),
        }
    }

    fn unknown(&self, to: &str) -> Failed {
        let message =
            format!("no connection has the tag or id `{to}`; name one when it connects: /ws?tag={to}");
        Failed::new(Failure::UnknownConnection, message)
    }

    async fn see(&self, to: &str, SeenWhen { until, within_ms }: SeenWhen) -> Result<Seen, Failed> {
        let journal: Arc<Journal> = match self.connections.find(to) {
            Some(Known::Open(connection)) => connection.journal.clone().ok_or_else(|| {
                Failed::new(Failure::NoJournal, "the server keeps no journal; start it with --journal")
            })?,
            Some(Known::Ended(journal)) => journal,
            None => return Err(self.unknown(to)),
        };
        match timeout(Duration::from_millis(within_ms), journal.reached(&until)).await {
            Ok(()) => Ok(journal.seen()),
            Err(_) => Err(Failed {
                error: Failure::NotReached,
                message: format!(
                    "what `until` names was not reached in {within_ms} ms; `seen` is how far it came"
                ),
                seen: Some(journal.seen()),
            }),
        }
    }
}

fn not_open(_: Refused) -> Failed {
    Failed::new(Failure::NotOpen, "the connection is closing or has ended; nothing more can be done on it")
}

/// Whether every round of a send has its own text.
fn text_counts(payload: &Payload, times: Option<usize>) -> bool {
    times.is_some() && matches!(payload, Payload::Text(text) if text.contains("${"))
}

fn check_fragments(payload: &[u8], fragments: Option<&[usize]>) -> Result<(), Failed> {
    let Some(sizes) = fragments else { return Ok(()) };
    let sum = sizes.iter().fold(0_usize, |sum, size| sum.saturating_add(*size));
    if sum == payload.len() {
        return Ok(());
    }
    let len = payload.len();
    let message =
        format!("send: `fragments` add up to {sum} bytes and the payload has {len}; make them equal");
    Err(Failed::new(Failure::BadCommand, message))
}

const fn message(kind: Kind, payload: Bytes, fragments: Option<Vec<usize>>) -> Item {
    Item::Message { kind, payload, fragments }
}

/// The acts inside `glue` and `trickle`, of which parsing has let only those through that have bytes.
fn items_of(acts: Vec<Act>) -> Result<Vec<Item>, Failed> {
    let mut items = Vec::new();
    for act in acts {
        match act {
            Act::Send(send) => {
                let bad = |error: crosswire_protocol::payload::PayloadError| {
                    Failed::new(Failure::BadCommand, error.to_string())
                };
                for i in 0..send.times.unwrap_or(1) {
                    let bytes = match send.times {
                        Some(_) => send.payload.bytes_of_round(i).map_err(bad)?,
                        None => send.payload.bytes(),
                    };
                    check_fragments(&bytes, send.fragments.as_deref())?;
                    items.push(message(
                        send.payload.kind(),
                        bytes.into_owned().into(),
                        send.fragments.clone(),
                    ));
                }
            }
            Act::Ping(payload) => items.push(Item::Ping(payload.0.into())),
            Act::Pong(payload) => items.push(Item::Pong(payload.0.into())),
            Act::Raw(bytes) => items.push(Item::Raw(bytes.0.into())),
            Act::Close(with) => items.push(Item::Close(CloseReason {
                code: with.code.map(CloseCode),
                reason: with.reason.into(),
                queued: Queued::Sent,
                violation: false,
            })),
            Act::Drop(_)
            | Act::Finish(_)
            | Act::WaitMs(_)
            | Act::Glue(_)
            | Act::Trickle(_)
            | Act::StopReading(_)
            | Act::StartReading(_)
            | Act::Seen(_) => {
                let message = format!("`{}` has no bytes", act.name());
                return Err(Failed::new(Failure::BadCommand, message));
            }
        }
    }
    Ok(items)
}

fn answer(id: Value, done: usize, outcome: Result<Option<Seen>, Failed>) -> String {
    let answer = match outcome {
        Ok(seen) => Answer { id, outcome: Outcome::Done { ok: true }, seen },
        Err(Failed { error, message, seen }) => {
            Answer { id, outcome: Outcome::Failed { error, message, done }, seen }
        }
    };
    answer.to_json()
}
