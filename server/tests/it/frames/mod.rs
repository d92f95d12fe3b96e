//! The rules of RFC 6455 section 5, what the server answers to those who keep them and to those who do not.

mod batches;
mod closing;
mod cuts;
mod endings;
mod fragments;
mod headers;
mod lengths;
mod limits;
mod text;

use crate::support::{Frame, Heard, Scripted, TestServer, Then, frame::Opcode};

/// What `/echo` says to these bytes, each piece a read of its own.
async fn echo(server: &TestServer<Scripted>, pieces: impl IntoIterator<Item = Vec<u8>>, then: Then) -> Heard {
    server.play_in_session("/echo", pieces, then).await
}

/// A byte a piece.
fn byte_by_byte(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    bytes.iter().map(|byte| vec![*byte])
}

/// The server has to refuse these bytes with this code: without waiting for more of them, in one read and byte by byte,
/// with the answer to an earlier message before its close frame, and with the end of its side behind it. Gives the reason.
async fn refuses(server: &TestServer<Scripted>, wire: &[u8], code: u16) -> String {
    let earlier = Frame::text("earlier").masked();
    let at_once = [earlier.clone(), wire.to_vec()].concat();
    let heard = echo(server, [at_once], Then::Stays).await;
    let reason = refusal(&heard, &[Frame::text("earlier")], code);
    let pieces = std::iter::once(earlier).chain(byte_by_byte(wire));
    assert_eq!(echo(server, pieces, Then::Stays).await.bytes, heard.bytes, "the same, byte by byte");
    reason
}

/// The reason of a refusal, behind these answers.
fn refusal(heard: &Heard, answers: &[Frame], code: u16) -> String {
    let frames = heard.frames();
    let (close, before) = frames.split_last().expect("a close frame");
    assert_eq!(before, answers, "the answers that were earned");
    assert_eq!(close.opcode, Opcode::Close as u8, "{close:?}");
    let reason = std::str::from_utf8(&close.payload[2..]).expect("a reason in UTF-8");
    assert_eq!(close.close_code(), Some(code), "{reason}");
    assert!((5..=123).contains(&reason.len()), "a reason that says something: {reason:?}");
    assert!(heard.ended, "the server has not ended its side");
    reason.to_owned()
}
