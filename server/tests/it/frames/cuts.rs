//! The answers are the same whichever way the bytes are cut.

use super::byte_by_byte;
use crate::support::{Frame, Heard, Scripted, TestServer, Then, client::handshake};

/// A conversation with a little of everything.
fn conversation() -> (Vec<Frame>, Vec<Frame>) {
    let said = vec![
        Frame::text("Grüße, 世界 😀"),
        Frame::binary([0, 255, 0x80]),
        Frame::text("a\u{e9}").unfinished(),
        Frame::continuation("").unfinished(),
        Frame::ping("between"),
        // The smile lies across three fragments, with an empty one and a ping between.
        Frame::continuation([0xf0]).unfinished(),
        Frame::continuation("").unfinished(),
        Frame::ping(""),
        Frame::continuation([0x9f, 0x98]).unfinished(),
        Frame::pong("nobody asked"),
        Frame::continuation([0x80]),
        Frame::binary("").unfinished(),
        Frame::continuation(""),
        Frame::text(""),
        Frame::binary([9; 126]),
        Frame::ping([1; 125]),
        Frame::close(4400, "tschüß"),
    ];
    let answered = vec![
        Frame::text("Grüße, 世界 😀"),
        Frame::binary([0, 255, 0x80]),
        Frame::pong("between"),
        Frame::pong(""),
        Frame::text("aé😀"),
        Frame::binary(""),
        Frame::text(""),
        Frame::binary([9; 126]),
        Frame::pong([1; 125]),
        Frame::close(4400, "tschüß"),
    ];
    (said, answered)
}

/// The handshake and everything behind it, as one piece; and what is heard when it comes at once.
async fn at_once(server: &TestServer<Scripted>) -> (Vec<u8>, Heard) {
    let (said, answered) = conversation();
    let mut wire = handshake("/echo", &[]).into_bytes();
    wire.extend(said.iter().flat_map(Frame::masked));
    let heard = server.play([wire.clone()], Then::Finishes).await;
    assert_eq!(heard.frames(), answered);
    (wire, heard)
}

#[tokio::test(start_paused = true)]
async fn a_conversation_in_two_pieces_cut_at_every_byte() {
    let server = TestServer::scripted();
    let (wire, whole) = at_once(&server).await;
    for cut in 1..wire.len() {
        let (first, second) = wire.split_at(cut);
        let heard = server.play([first.to_vec(), second.to_vec()], Then::Finishes).await;
        assert_eq!(heard.bytes, whole.bytes, "cut at {cut}");
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_conversation_byte_by_byte() {
    let server = TestServer::scripted();
    let (wire, whole) = at_once(&server).await;
    for then in [Then::Finishes, Then::Stays] {
        let heard = server.play(byte_by_byte(&wire), then).await;
        assert_eq!(heard.bytes, whole.bytes);
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_conversation_in_pieces_of_every_length() {
    let server = TestServer::scripted();
    let (wire, whole) = at_once(&server).await;
    for piece in 2..wire.len() {
        let heard = server.play(wire.chunks(piece).map(<[u8]>::to_vec), Then::Finishes).await;
        assert_eq!(heard.bytes, whole.bytes, "in pieces of {piece}");
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_conversation_through_a_pipe_of_one_byte() {
    let server = TestServer::new();
    let (said, answered) = conversation();
    let mut raw = server.connect_with_pipe(1).await;
    raw.send(handshake("/echo", &[])).await;
    assert!(raw.head().await.starts_with("HTTP/1.1 101 "));
    let wire: Vec<u8> = said.iter().flat_map(Frame::masked).collect();
    let (mut read, mut write) = tokio::io::split(raw.stream);
    let mut heard = Vec::new();
    let (sent, read) = tokio::join!(
        tokio::io::AsyncWriteExt::write_all(&mut write, &wire),
        tokio::io::AsyncReadExt::read_to_end(&mut read, &mut heard),
    );
    assert!(sent.is_ok() && read.is_ok());
    assert_eq!(heard, answered.iter().flat_map(Frame::unmasked).collect::<Vec<u8>>());
    drop((read, write));
    server.stop().await;
}
