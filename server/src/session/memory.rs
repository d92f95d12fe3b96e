//! An idle session holds no buffer, whatever has passed over it.

use super::{Bounds, Link, Outbox, Rules, Session};
use crate::{
    dialect::Dialect,
    framing::{Frames, Limits},
    metrics::Metrics,
};
use std::{future::poll_fn, sync::Arc, task::Poll, time::Duration};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

/// What an idle session may hold: the rest of a control frame, and nothing that grows with its messages.
const LITTLE: usize = 1 << 10;

impl Session<DuplexStream, Frames> {
    fn buffers(&self) -> usize {
        self.held.capacity() + self.reader.buffers() + self.talk.unsent.capacity()
    }
}

fn echo(stream: DuplexStream) -> Session<DuplexStream, Frames> {
    let rules = Rules {
        limits: Limits { message: 16 << 20, frame: 16 << 20, fragments: usize::MAX },
        outbox_mark: 256 << 10,
        write_timeout: Duration::from_secs(30),
        ping_interval: None,
        silent_rounds: 2,
        answers_close: super::AnswersClose::AtOnce,
        close_timeout: Duration::from_secs(5),
        linger: Duration::from_secs(1),
    };
    let outbox = Arc::new(Outbox::new(Bounds { messages: 1024, bytes: 1 << 20 }));
    let link = Link {
        outbox,
        journal: None,
        metrics: Arc::new(Metrics::new()),
        #[cfg(feature = "mutants")]
        share: None,
    };
    Session::new(stream, Vec::new(), Dialect::Echo, rules, link)
}

/// A client's binary message in frames of this size at most, masked with zeros.
fn message(len: usize, frame: usize) -> Vec<u8> {
    let mut wire = Vec::with_capacity(len + 14);
    let frames = len.div_ceil(frame).max(1);
    for i in 0..frames {
        let piece = frame.min(len - i * frame);
        wire.push(u8::from(i + 1 == frames) << 7 | if i == 0 { 2 } else { 0 });
        match piece {
            0..=125 => wire.push(0x80 | piece as u8),
            126..=0xffff => {
                wire.push(0x80 | 126);
                wire.extend_from_slice(&(piece as u16).to_be_bytes());
            }
            _ => {
                wire.push(0x80 | 127);
                wire.extend_from_slice(&(piece as u64).to_be_bytes());
            }
        }
        wire.resize(wire.len() + 4 + piece, 0);
    }
    wire
}

/// Sends all this and reads so many bytes of answers, while the session runs beside it; gives what it holds then.
async fn holds_after(said: &[u8], answered: usize) -> usize {
    let (ours, theirs) = duplex(64 << 10);
    let mut session = echo(theirs);
    let (mut read, mut write) = tokio::io::split(ours);
    let mut conversation = Box::pin(async {
        let mut answer = vec![0; answered];
        let (sent, heard) = tokio::join!(write.write_all(said), read.read_exact(&mut answer));
        assert!(sent.is_ok() && heard.is_ok());
    });
    poll_fn(|cx| {
        assert!(session.poll(cx).is_pending(), "the session has ended");
        conversation.as_mut().poll(cx)
    })
    .await;
    poll_fn(|cx| {
        assert!(session.poll(cx).is_pending(), "the session has ended");
        Poll::Ready(())
    })
    .await;
    session.buffers()
}

#[tokio::test(start_paused = true)]
async fn an_idle_session_holds_nothing_after_messages_of_any_size() {
    for len in [0, 100, 60 << 10, 200 << 10, 300 << 10, 1 << 20, 16 << 20] {
        for frame in [1 << 10, 64 << 10, 16 << 20] {
            let said = message(len, frame);
            let header = message(len, len.max(1)).len() - len - 4;
            let held = holds_after(&said, header + len).await;
            assert!(held <= LITTLE, "{held} bytes are held after {len} in frames of {frame}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_idle_session_holds_nothing_after_many_large_messages() {
    let said = message(1 << 20, 1 << 20).repeat(20);
    let held = holds_after(&said, 20 * ((1 << 20) + 10)).await;
    assert!(held <= LITTLE, "{held} bytes are held");
}

#[tokio::test(start_paused = true)]
async fn an_idle_session_holds_nothing_after_control_frames_in_pieces() {
    let ping = [&[0x89, 0x80 | 125, 0, 0, 0, 0][..], &[7; 125]].concat();
    let held = holds_after(&ping.repeat(2000), 2000 * 127).await;
    assert!(held <= LITTLE, "{held} bytes are held");
}
