//! A client whose every byte is written down beforehand, and what it heard.
//!
//! The server is this client's only reader, so that a test decides where each of the server's reads begins and ends, and
//! sees each of its writes.

use super::{
    client::{handshake, within},
    frame::{Frame, Opcode},
    server::TestServer,
};
use crosswire_server::{Config, Stream};
use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::oneshot,
};

/// What the client does when its script is at an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// It ends its side of the connection.
    Finishes,
    /// It stays, and waits for the server.
    Stays,
    /// It goes on sending so many bytes of nonsense, and then stays.
    GoesOn(usize),
}

/// The server's end of a connection to a client that follows a script.
#[derive(Debug)]
pub(crate) struct Scripted {
    pieces: VecDeque<Vec<u8>>,
    /// The server was told to come back for the next piece, so that it has finished its turn over the last one.
    paused: bool,
    then: Then,
    heard: Heard,
    report: Option<oneshot::Sender<Heard>>,
}

/// What a scripted client heard, from the beginning to the end of its connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Heard {
    /// Every byte.
    pub(crate) bytes: Vec<u8>,
    /// How long each of the server's writes was.
    pub(crate) writes: Vec<usize>,
    /// The server ended its side.
    pub(crate) ended: bool,
    /// The server let go of the connection because it panicked.
    pub(crate) panicked: bool,
}

impl Heard {
    /// The head of the answer to the handshake, and what came behind it.
    pub(crate) fn split(&self) -> (&str, &[u8]) {
        self.try_split().expect("a whole head in ASCII")
    }

    pub(crate) fn try_split(&self) -> Option<(&str, &[u8])> {
        let end = self.bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
        let (head, rest) = self.bytes.split_at(end);
        Some((std::str::from_utf8(head).ok()?, rest))
    }

    /// The frames of a session; there is nothing between them and nothing behind a close frame.
    pub(crate) fn frames(&self) -> Vec<Frame> {
        self.try_frames().unwrap_or_else(|why| panic!("{why}: {}", String::from_utf8_lossy(&self.bytes)))
    }

    pub(crate) fn try_frames(&self) -> Result<Vec<Frame>, String> {
        let (head, mut rest) = self.try_split().ok_or("not a whole head")?;
        if !head.starts_with("HTTP/1.1 101 ") {
            return Err("not a session".to_owned());
        }
        let mut frames: Vec<Frame> = Vec::new();
        while !rest.is_empty() {
            if frames.last().is_some_and(|last| last.opcode == Opcode::Close as u8) {
                return Err("something behind a close frame".to_owned());
            }
            let (frame, len) = Frame::parse(rest).ok_or("half a frame")?;
            frames.push(frame);
            rest = &rest[len..];
        }
        Ok(frames)
    }
}

impl Scripted {
    /// A client, and where its story will be told.
    pub(crate) fn new(
        pieces: impl IntoIterator<Item = Vec<u8>>,
        then: Then,
    ) -> (Self, oneshot::Receiver<Heard>) {
        let (report, heard) = oneshot::channel();
        // An empty read is the end of the connection: a piece of nothing is no piece.
        let pieces = pieces.into_iter().filter(|piece| !piece.is_empty()).collect();
        let scripted = Self { pieces, paused: false, then, heard: Heard::default(), report: Some(report) };
        (scripted, heard)
    }
}

impl TestServer<Scripted> {
    pub(crate) fn scripted() -> Self {
        Self::scripted_with(|_| {})
    }

    pub(crate) fn scripted_with(change: impl FnOnce(&mut Config)) -> Self {
        Self::over(change, true)
    }

    /// Plays a script, and gives what was heard once the server has let go of the connection.
    pub(crate) async fn play(&self, pieces: impl IntoIterator<Item = Vec<u8>>, then: Then) -> Heard {
        let (scripted, heard) = Scripted::new(pieces, then);
        self.accept(scripted).await;
        let heard = within(heard).await.expect("a story");
        assert!(!heard.panicked, "the server has panicked");
        heard
    }

    /// The same behind a handshake, which is a piece of its own.
    pub(crate) async fn play_in_session(
        &self,
        target: &str,
        pieces: impl IntoIterator<Item = Vec<u8>>,
        then: Then,
    ) -> Heard {
        let opening = handshake(target, &[]).into_bytes();
        self.play(std::iter::once(opening).chain(pieces), then).await
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.heard.panicked = std::thread::panicking();
        if let Some(report) = self.report.take() {
            let _ = report.send(std::mem::take(&mut self.heard));
        }
    }
}

impl Stream for Scripted {
    fn abort(self) {}
}

impl AsyncRead for Scripted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Then::GoesOn(left @ 1..) = self.then
            && self.pieces.is_empty()
        {
            let len = left.min(64 << 10);
            self.pieces.push_back(vec![0x5a; len]);
            self.then = Then::GoesOn(left - len);
        }
        if !std::mem::replace(&mut self.paused, true) && !self.pieces.is_empty() {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let Some(piece) = self.pieces.front_mut() else {
            return match self.then {
                Then::Finishes => Poll::Ready(Ok(())),
                Then::Stays | Then::GoesOn(_) => Poll::Pending,
            };
        };
        let len = piece.len().min(buffer.remaining());
        buffer.put_slice(&piece[..len]);
        if len == piece.len() {
            self.pieces.pop_front();
            self.paused = false;
        } else {
            piece.drain(..len);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Scripted {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.heard.ended {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        self.heard.bytes.extend_from_slice(bytes);
        self.heard.writes.push(bytes.len());
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.heard.ended = true;
        Poll::Ready(Ok(()))
    }
}
