//! Sessions from their first message to the end of their TCP, over memory and with paused time.

mod acts;
mod acts_on_bytes;
mod back_pressure;
mod calls;
mod closing_by_client;
mod closing_by_server;
mod failures;
mod heartbeat;
mod names;
mod order;
mod overflow;
mod quiet_ends;
mod seen;
mod shutdown;

use crate::support::{Client, Frame, TestServer};
use crosswire_protocol::digest::{Digest, Kind};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// A server with a journal and without a heartbeat, which has tests of its own.
fn server() -> TestServer {
    TestServer::with(|config| {
        config.journal = true;
        config.ping_interval = None;
    })
}

/// Carries out acts on a connection, all of which have to succeed.
async fn act(control: &mut Client, to: &str, acts: Value) {
    let answer = control.command(json!({"id": "act", "to": to, "act": acts})).await;
    assert_eq!(answer, json!({"id": "act", "ok": true}));
}

/// The server's view of a connection, as it stands.
async fn seen(control: &mut Client, to: &str) -> Value {
    let mut answer = control.command(json!({"id": "seen", "to": to, "act": [{"seen": true}]})).await;
    assert_eq!(answer["ok"], true, "{answer}");
    answer["seen"].take()
}

/// How a connection ended, once it has.
async fn ended(control: &mut Client, to: &str) -> Value {
    seen_ended(control, to).await["ended"].take()
}

/// The server's view of a connection that has ended, once it has.
async fn seen_ended(control: &mut Client, to: &str) -> Value {
    let until = json!([{"seen": {"until": {"ended": true}, "within_ms": 10_000}}]);
    let mut answer = control.command(json!({"id": "ended", "to": to, "act": until})).await;
    assert_eq!(answer["ok"], true, "{answer}");
    assert_eq!(answer["seen"]["open"], false);
    answer["seen"].take()
}

/// The hash of messages, as the specification defines it.
fn sha256<'a>(messages: impl IntoIterator<Item = &'a Frame>) -> String {
    let mut digest = Digest::default();
    for message in messages {
        let kind = match message.opcode {
            1 => Kind::Text,
            2 => Kind::Binary,
            other => panic!("a frame with opcode {other} is no message"),
        };
        digest.add(kind, &message.payload);
    }
    digest.hex()
}

/// Sends until the server takes nothing more. Gives the number of bytes that it took.
async fn send_until_stalled(client: &mut Client, bytes: &[u8]) -> usize {
    use tokio::io::AsyncWriteExt as _;
    let mut sent = 0;
    // With paused time a second passes exactly when nobody has anything left to do.
    while sent < bytes.len() {
        match timeout(Duration::from_secs(1), client.raw.stream.write(&bytes[sent..])).await {
            Ok(written) => sent += written.expect("an open connection"),
            Err(_) => break,
        }
    }
    sent
}

impl Client {
    /// Answers the server's close frame, behind which nothing may come.
    async fn close_answer(mut self, code: u16) {
        self.send(Frame::close(code, "")).await;
        self.expect_end().await;
    }
}

/// How long something takes, on the paused clock.
async fn time<T>(what: impl Future<Output = T>) -> (Duration, T) {
    let begin = Instant::now();
    let value = what.await;
    (begin.elapsed(), value)
}

/// Whether a duration on the paused clock is this one, but for the timer's own millisecond.
fn about(duration: Duration, expected: Duration) -> bool {
    duration >= expected && duration <= expected + Duration::from_millis(5)
}
