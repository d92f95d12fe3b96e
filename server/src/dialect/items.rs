//! Acts as what they put into an outbox.

use crate::session::{CloseReason, Fragments, Item, Queued};
use bytes::Bytes;
use crosswire_protocol::{
    close::CloseCode,
    control::{Act, CloseWith, Send},
    payload::Payload,
};

/// The messages of a `send`, one a round, made as they are needed: a million of them need not be in memory at once.
#[derive(Debug)]
pub(super) struct Rounds {
    send: Send,
    /// The payload of every round, where nothing in it counts.
    same: Option<Bytes>,
    fragments: Option<Fragments>,
    /// What the fragments add up to.
    sum: usize,
    next: usize,
}

impl Rounds {
    pub(super) fn new(mut send: Send) -> Self {
        let counts =
            send.times.is_some() && matches!(&send.payload, Payload::Text(text) if text.contains("${"));
        let same = (!counts).then(|| send.payload.bytes().into_owned().into());
        let sizes = send.fragments.take();
        let sum = sizes.iter().flatten().fold(0_usize, |sum, size| sum.saturating_add(*size));
        let fragments = sizes.map(|sizes| Fragments::new(&sizes, send.ping_between));
        Self { send, same, fragments, sum, next: 0 }
    }

    fn round(&self, i: usize) -> Result<Item, String> {
        let payload = &self.send.payload;
        let bytes: Bytes = match &self.same {
            Some(bytes) => bytes.clone(),
            None => payload.bytes_of_round(i).map_err(|error| error.to_string())?.into_owned().into(),
        };
        let (sum, len) = (self.sum, bytes.len());
        if self.fragments.is_some() && sum != len {
            return Err(format!(
                "`fragments` add up to {sum} bytes and the payload has {len}; make them equal"
            ));
        }
        Ok(Item::Message { kind: payload.kind(), payload: bytes, fragments: self.fragments.clone() })
    }
}

impl Iterator for Rounds {
    type Item = Result<Item, String>;

    fn next(&mut self) -> Option<Self::Item> {
        let i = self.next;
        self.next += 1;
        (i < self.send.times.unwrap_or(1)).then(|| self.round(i))
    }
}

/// The items of the acts inside `glue` and `trickle`, or what is wrong with which of them.
pub(super) fn all(acts: Vec<Act>) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    for (i, act) in acts.into_iter().enumerate() {
        let name = act.name();
        match act {
            Act::Send(send) => {
                for item in Rounds::new(send) {
                    items.push(item.map_err(|message| format!("[{i}].{name}: {message}"))?);
                }
            }
            act => items.push(one(act).ok_or_else(|| format!("[{i}].{name}: it has no bytes"))?),
        }
    }
    Ok(items)
}

/// The item of an act that is one.
pub(super) fn one(act: Act) -> Option<Item> {
    match act {
        Act::Ping(payload) => Some(Item::Ping(payload.0.into())),
        Act::Pong(payload) => Some(Item::Pong(payload.0.into())),
        Act::Raw(bytes) => Some(Item::Raw(bytes.0.into())),
        Act::Close(with) => Some(Item::Close(close_reason(with))),
        Act::Drop(_) => Some(Item::Drop),
        Act::Finish(_) => Some(Item::Finish),
        Act::Send(_)
        | Act::WaitMs(_)
        | Act::Glue(_)
        | Act::Trickle(_)
        | Act::StopReading(_)
        | Act::StartReading(_)
        | Act::Seen(_) => None,
    }
}

fn close_reason(with: CloseWith) -> CloseReason {
    CloseReason {
        code: with.code.map(CloseCode),
        reason: with.reason.into(),
        queued: Queued::Sent,
        violation: false,
    }
}
