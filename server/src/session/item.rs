//! What can stand in an outbox.

use bytes::Bytes;
use crosswire_protocol::{
    close::CloseCode,
    digest::Kind,
    wire::{fragments_len, frame_len},
};
use std::{borrow::Cow, sync::Arc};

/// One thing to send or to do, in its turn.
#[derive(Debug, Clone)]
pub(crate) enum Item {
    /// A message, perhaps in fragments.
    Message { kind: Kind, payload: Bytes, fragments: Option<Fragments> },
    /// A message that is already a frame, shared by many sessions.
    Encoded(Encoded),
    /// A ping.
    Ping(Bytes),
    /// A pong that nobody asked for.
    Pong(Bytes),
    /// The closing handshake begins, or is answered.
    Close(CloseReason),
    /// Bytes past the codec.
    Raw(Bytes),
    /// Items whose bytes leave in one write.
    Glue(Vec<Self>),
    /// Items whose bytes leave one at a time.
    Trickle(Vec<Self>),
    /// The connection is cut.
    Drop,
    /// The server's side of the connection ends without a close frame.
    Finish,
}

impl Item {
    /// What it adds to the bytes that wait: what it will be on the wire, for an empty message in many fragments is not
    /// nothing.
    pub(super) fn cost(&self) -> usize {
        match self {
            Self::Message { fragments: Some(fragments), .. } => fragments.wire,
            Self::Message { payload, fragments: None, .. } | Self::Ping(payload) | Self::Pong(payload) => {
                frame_len(payload.len())
            }
            Self::Close(CloseReason { code, reason, .. }) => frame_len(code.map_or(0, |_| 2 + reason.len())),
            Self::Raw(bytes) => bytes.len(),
            Self::Encoded(encoded) => encoded.wire.len(),
            Self::Glue(items) | Self::Trickle(items) => items.iter().map(Self::cost).sum(),
            Self::Drop | Self::Finish => 0,
        }
    }

    /// Whether a close frame is among its frames, so that nothing is accepted behind it.
    pub(super) fn closes(&self) -> bool {
        match self {
            Self::Close(_) => true,
            Self::Glue(items) | Self::Trickle(items) => items.iter().any(Self::closes),
            _ => false,
        }
    }

    /// Whether it may still be queued once the connection is closing: bytes past the codec and cuts of TCP may, because
    /// doing just that after a close frame is something a client must be tested against.
    pub(super) const fn may_follow_close(&self) -> bool {
        matches!(self, Self::Raw(_) | Self::Drop | Self::Finish)
    }
}

/// How a message is cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fragments {
    /// The sizes of its frames, which add up to its length. The rounds of one `send` share them.
    pub(super) sizes: Arc<[usize]>,
    /// Whether a ping stands between each two of them.
    pub(super) ping_between: bool,
    /// What the frames and pings are on the wire, counted once: it is asked for under the outbox's lock.
    wire: usize,
}

impl Fragments {
    pub(crate) fn new(sizes: &[usize], ping_between: bool) -> Self {
        Self { sizes: sizes.into(), ping_between, wire: fragments_len(sizes, ping_between) }
    }
}

/// A message as a frame, ready to be sent to many.
#[derive(Debug, Clone)]
pub(crate) struct Encoded {
    /// The frame.
    pub(crate) wire: Bytes,
    /// Where its payload begins.
    pub(crate) payload_at: usize,
    /// Its kind.
    pub(crate) kind: Kind,
}

/// Why a connection ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CloseReason {
    /// The code of the close frame, where it has one.
    pub(crate) code: Option<CloseCode>,
    /// The reason in the close frame.
    pub(crate) reason: Cow<'static, str>,
    /// What happens to what is queued before it.
    pub(crate) queued: Queued,
    /// Whether the client broke the protocol, so that no answer is waited for.
    pub(crate) violation: bool,
}

/// What happens to messages that were queued before a close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Queued {
    /// They leave first.
    Sent,
    /// They are dropped: they are the reason for the close, or nobody is left who follows the protocol.
    Dropped,
}

impl CloseReason {
    pub(crate) const fn new(code: CloseCode, reason: &'static str) -> Self {
        Self { code: Some(code), reason: Cow::Borrowed(reason), queued: Queued::Sent, violation: false }
    }

    pub(super) const SLOW_READER: Self = Self {
        code: Some(CloseCode::SLOW_READER),
        reason: Cow::Borrowed("pushed messages were not read in time"),
        queued: Queued::Dropped,
        violation: false,
    };
}
