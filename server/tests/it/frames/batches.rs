//! What has arrived together is answered together: one write, however many frames.

use super::echo;
use crate::support::{Frame, Heard, TestServer, Then};

/// How long each write behind the handshake's was.
fn writes(heard: &Heard) -> &[usize] {
    let (first, rest) = heard.writes.split_first().expect("the answer to the handshake");
    assert_eq!(*first, heard.split().0.len(), "the answer to the handshake is a write of its own");
    rest
}

fn wire(frames: &[Frame]) -> Vec<u8> {
    frames.iter().flat_map(Frame::masked).collect()
}

#[tokio::test(start_paused = true)]
async fn pings_in_a_batch_are_answered_in_order_and_the_batch_stays_one_write() {
    let server = TestServer::scripted();
    let (mut said, mut answered) = (Vec::new(), Vec::new());
    for i in 0..60 {
        said.extend([Frame::text(format!("text {i}")), Frame::ping(format!("ping {i}"))]);
        answered.extend([Frame::text(format!("text {i}")), Frame::pong(format!("ping {i}"))]);
    }
    let heard = echo(&server, [wire(&said)], Then::Finishes).await;
    assert_eq!(heard.frames(), answered);
    assert_eq!(writes(&heard).len(), 1);
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_ends_in_a_close_frame_is_one_write() {
    let server = TestServer::scripted();
    let mut said = vec![Frame::binary([1; 100]); 50];
    said.extend([Frame::ping("last"), Frame::close(1000, "")]);
    let heard = echo(&server, [wire(&said)], Then::Finishes).await;
    assert_eq!(heard.frames().len(), 52);
    assert_eq!(writes(&heard).len(), 1);
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_ends_in_a_violation_is_one_write() {
    let server = TestServer::scripted();
    let mut said = vec![Frame::binary([1; 100]); 50];
    said.push(Frame::text([0xff]));
    let heard = echo(&server, [wire(&said)], Then::Stays).await;
    super::refusal(&heard, &said[..50], 1007);
    assert_eq!(writes(&heard).len(), 1);
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn everything_that_one_read_brings_is_one_write() {
    let server = TestServer::scripted();
    let said: Vec<Frame> = (0..2000).map(|i| Frame::text(format!("message {i}"))).collect();
    let heard = echo(&server, [wire(&said)], Then::Finishes).await;
    assert_eq!(heard.frames(), said);
    assert_eq!(writes(&heard).len(), 1);
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn each_turn_is_a_write() {
    let server = TestServer::scripted();
    let said: Vec<Frame> = (0..10).map(|i| Frame::text(format!("message {i}"))).collect();
    // A script lets the server finish its turn before each piece.
    let heard = echo(&server, said.iter().map(Frame::masked), Then::Finishes).await;
    assert_eq!(heard.frames(), said);
    assert_eq!(writes(&heard).len(), 10);
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn frames_that_need_no_answer_cost_no_write() {
    let server = TestServer::scripted();
    let said =
        [Frame::pong("a"), Frame::text("never complete").unfinished(), Frame::continuation("").unfinished()];
    let heard = echo(&server, [wire(&said)], Then::Finishes).await;
    assert_eq!(writes(&heard).len(), 0);
    server.stop().await;
}
