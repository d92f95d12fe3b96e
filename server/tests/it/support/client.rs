//! Both ends of a conversation that the tests hold: bytes, and over them frames.

use super::frame::{Frame, Opcode};
use std::{fmt::Debug, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream},
    time::timeout,
};

/// Nothing takes longer than this. Where time is paused it costs nothing.
pub(crate) const DEADLINE: Duration = Duration::from_secs(600);

/// A connection as bytes.
#[derive(Debug)]
pub(crate) struct Raw<S = DuplexStream> {
    pub(crate) stream: S,
    read: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Raw<S> {
    pub(crate) const fn new(stream: S) -> Self {
        Self { stream, read: Vec::new() }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        within(self.stream.write_all(bytes.as_ref())).await.expect("a server that reads");
    }

    /// Sends what the peer may no longer want to read.
    pub(crate) async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        within(self.stream.write_all(bytes.as_ref())).await.is_ok()
    }

    /// Sends in pieces, each of which the server sees alone.
    pub(crate) async fn send_in_pieces(&mut self, bytes: &[u8], piece: usize) {
        for piece in bytes.chunks(piece) {
            self.send(piece).await;
            taken().await;
        }
    }

    /// Ends this side of the connection.
    pub(crate) async fn finish(&mut self) {
        within(self.stream.shutdown()).await.expect("a connection");
    }

    /// Reads until what has been read passes a test, and takes so many bytes of it.
    pub(crate) async fn take_when<T>(
        &mut self,
        mut ready: impl FnMut(&[u8]) -> Option<(T, usize)>,
    ) -> Option<T> {
        loop {
            if let Some((found, len)) = ready(&self.read) {
                self.read.drain(..len);
                return Some(found);
            }
            if within(self.stream.read_buf(&mut self.read)).await.ok()? == 0 {
                return None;
            }
        }
    }

    /// Everything up to the end of the connection.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let _ = within(self.stream.read_to_end(&mut self.read)).await;
        std::mem::take(&mut self.read)
    }

    /// Reads the head of an HTTP answer.
    pub(crate) async fn head(&mut self) -> String {
        let end = |bytes: &[u8]| bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
        let head = self.take_when(|bytes| end(bytes).map(|end| (bytes[..end].to_vec(), end))).await;
        String::from_utf8(head.expect("a head")).expect("a head in ASCII")
    }

    /// A whole HTTP answer, whose connection the server then ends.
    pub(crate) async fn answer(&mut self) -> Answer {
        Answer::parse(self.rest().await)
    }
}

impl Answer {
    /// Everything that came on a connection, which is one answer.
    pub(crate) fn parse(bytes: Vec<u8>) -> Self {
        let text = String::from_utf8(bytes).expect("an answer in UTF-8");
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("not an answer: {text:?}"));
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
        let headers = lines.filter_map(|line| line.split_once(": "));
        Self {
            status: status.expect("a status"),
            headers: headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect(),
            body: body.to_owned(),
        }
    }

    /// Its head without what differs from second to second.
    pub(crate) fn without_date(mut self) -> Self {
        self.headers.retain(|(name, _)| name != "date");
        self
    }
}

/// An HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The `error` of a refusal's body.
    pub(crate) fn error(&self) -> String {
        let body: serde_json::Value = serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{self:?}"));
        assert!(body["message"].as_str().is_some_and(|message| message.len() > 10), "no message: {body}");
        body["error"].as_str().expect("an error").to_owned()
    }
}

/// An open WebSocket connection as frames.
#[derive(Debug)]
pub(crate) struct Client<S = DuplexStream> {
    pub(crate) raw: Raw<S>,
    /// The server's answer to the handshake.
    pub(crate) handshake: String,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Debug> Client<S> {
    /// Opens a connection; the server has to agree.
    pub(crate) async fn open(stream: S, target: &str, headers: &[(&str, &str)]) -> Self {
        let mut raw = Raw::new(stream);
        raw.send(handshake(target, headers)).await;
        let handshake = raw.head().await;
        assert!(handshake.starts_with("HTTP/1.1 101 "), "{handshake}");
        Self { raw, handshake }
    }

    pub(crate) async fn send(&mut self, frame: Frame) {
        self.raw.send(frame.masked()).await;
    }

    /// The next frame; `None` when the server has ended the connection.
    pub(crate) async fn frame(&mut self) -> Option<Frame> {
        self.raw.take_when(Frame::parse).await
    }

    /// The next frame has to be this one.
    pub(crate) async fn expect(&mut self, expected: Frame) {
        let frame = self.frame().await;
        assert_eq!(frame.as_ref(), Some(&expected));
    }

    /// The next frame is text, and JSON.
    pub(crate) async fn json(&mut self) -> serde_json::Value {
        let frame = self.frame().await.expect("a message");
        assert_eq!(frame.opcode, Opcode::Text as u8, "{frame:?}");
        serde_json::from_slice(&frame.payload).expect("JSON")
    }

    /// The next frame is the welcome of `/ws`.
    pub(crate) async fn welcome(&mut self) -> String {
        let welcome = self.json().await;
        assert_eq!(welcome["type"], "welcome", "{welcome}");
        welcome["connection"].as_str().expect("an id").to_owned()
    }

    /// The next frame is a close frame with this code, or with none.
    pub(crate) async fn expect_close(&mut self, code: Option<u16>) -> String {
        let frame = self.frame().await.expect("a close frame");
        assert_eq!(frame.close_code(), code, "{frame:?}");
        String::from_utf8_lossy(frame.payload.get(2..).unwrap_or_default()).into_owned()
    }

    /// The server ends its side, and has nothing more to say.
    pub(crate) async fn expect_end(&mut self) {
        assert_eq!(self.raw.rest().await, b"", "bytes after the last frame");
    }

    /// The closing handshake, from this end.
    pub(crate) async fn close(mut self) {
        self.send(Frame::close(1000, "")).await;
        self.expect_close(Some(1000)).await;
        self.expect_end().await;
    }

    /// The closing handshake, from whichever end; the server may have begun it.
    pub(crate) async fn try_close(&mut self) {
        self.raw.try_send(Frame::close(1000, "").masked()).await;
        self.raw.rest().await;
    }

    /// Sends a command on `/control` and gives the answer.
    pub(crate) async fn command(&mut self, command: serde_json::Value) -> serde_json::Value {
        self.send(Frame::text(command.to_string())).await;
        self.json().await
    }
}

/// The server runs whenever the test waits, so that it has taken what was sent when this returns.
pub(crate) async fn taken() {
    for _ in 0..4 {
        tokio::task::yield_now().await;
    }
}

/// A handshake that is in order.
pub(crate) fn handshake(target: &str, headers: &[(&str, &str)]) -> String {
    let more: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!(
        "GET {target} HTTP/1.1\r\nHost: 127.0.0.1:9001\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
    )
}

/// Waits, but not for ever.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    match timeout(DEADLINE, future).await {
        Ok(value) => value,
        Err(_) => panic!("nothing happened in {DEADLINE:?}"),
    }
}
