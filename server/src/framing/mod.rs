//! The seam under a session: bytes in, messages out, and back.
//!
//! A [`Framing`] does no I/O. Its reader is lent the bytes that have arrived and gives back what they mean, one thing at a time;
//! and its writer puts frames into a buffer of its caller's. So the session decides when to read and when to write, which is
//! what lets a batch of answers leave in one system call, and an engine never flushes behind its back.

mod frames;
mod mask;
mod reader;
mod writer;

pub(crate) use frames::Frames;

use crosswire_protocol::{close::CloseCode, digest::Kind};
use std::borrow::Cow;

/// An engine: one half that reads, one that writes, so that an answer can be written while the question is still lent.
pub(crate) trait Framing: 'static {
    /// The half that reads.
    type Reader: FrameReader;
    /// The half that writes.
    type Writer: FrameWriter;

    /// Both halves, for one connection.
    fn halves(limits: Limits) -> (Self::Reader, Self::Writer);
}

/// The half of an engine that reads.
///
/// # Contract
/// * [`receive`](Self::receive) is called with the bytes that have arrived, until it returns `None`; it shortens the
///   slice by what it used, and has used all of it when it returns `None`. What it gives back borrows from the slice or
///   from the engine, and ends before the next call.
/// * After a [`Violation`] or a close frame, `receive` is not called again.
pub(crate) trait FrameReader: Send + 'static {
    /// Takes bytes, gives the next whole message or control frame in them.
    fn receive<'this, 'input: 'this>(
        &'this mut self,
        input: &mut &'input mut [u8],
    ) -> Result<Option<Incoming<'this>>, Violation>;

    /// Frees what the last call gave out. To be called where the next one may be long in coming.
    fn let_go(&mut self);
}

/// The half of an engine that writes. Every method appends whole frames to `out`.
pub(crate) trait FrameWriter: Send + 'static {
    /// Writes a message in one frame.
    fn write_message(&mut self, message: Message<'_>, out: &mut Vec<u8>);

    /// Writes a message in frames of these sizes, which add up to its length; where it is asked for, with an empty ping
    /// between each two of them.
    fn write_fragments(
        &mut self,
        message: Message<'_>,
        sizes: &[usize],
        ping_between: bool,
        out: &mut Vec<u8>,
    );

    /// Writes a ping; the payload has at most 125 bytes.
    fn write_ping(&mut self, payload: &[u8], out: &mut Vec<u8>);

    /// Writes a pong; the payload has at most 125 bytes.
    fn write_pong(&mut self, payload: &[u8], out: &mut Vec<u8>);

    /// Writes a close frame; the reason has at most 123 bytes and is empty where there is no code.
    fn write_close(&mut self, code: Option<CloseCode>, reason: &str, out: &mut Vec<u8>);
}

/// A whole message, borrowed. Text is valid UTF-8: whoever makes one of kind text has checked it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Message<'a> {
    /// Text or binary.
    pub(crate) kind: Kind,
    /// Its bytes.
    pub(crate) payload: &'a [u8],
}

/// What a client sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Incoming<'a> {
    /// A message, however many frames it came in.
    Message(Message<'a>),
    /// A ping, to be answered with its payload.
    Ping(&'a [u8]),
    /// A pong.
    Pong(&'a [u8]),
    /// A close frame that is in order: code and reason, or neither.
    Close(Option<(CloseCode, &'a str)>),
}

/// The client broke a rule: the connection ends with this code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    /// 1002, 1007 or 1009.
    pub(crate) code: CloseCode,
    /// What was wrong, short enough for a close frame.
    pub(crate) reason: Cow<'static, str>,
}

impl Violation {
    pub(crate) const fn protocol(reason: &'static str) -> Self {
        Self { code: CloseCode::PROTOCOL_ERROR, reason: Cow::Borrowed(reason) }
    }

    pub(crate) const fn not_utf8(reason: &'static str) -> Self {
        Self { code: CloseCode::INVALID_DATA, reason: Cow::Borrowed(reason) }
    }

    pub(crate) const fn too_big(reason: String) -> Self {
        Self { code: CloseCode::TOO_BIG, reason: Cow::Owned(reason) }
    }
}

/// What an engine accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// The longest message, in bytes.
    pub(crate) message: usize,
    /// The longest frame, in bytes.
    pub(crate) frame: usize,
    /// The most frames a message may come in.
    pub(crate) fragments: usize,
}

impl Limits {
    /// For an engine that only writes.
    pub(crate) const NONE: Self = Self { message: 0, frame: 0, fragments: 0 };
}
