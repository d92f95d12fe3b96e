//! Sections 5.4 and 5.5: fragments, and control frames between them.

use super::{byte_by_byte, echo, refuses};
use crate::support::{
    Frame, Opcode, TestServer, Then,
    frame::{KEY, LengthForm},
};

const CONTROL: [Opcode; 3] = [Opcode::Close, Opcode::Ping, Opcode::Pong];

fn wire(frames: &[Frame]) -> Vec<u8> {
    frames.iter().flat_map(Frame::masked).collect()
}

#[tokio::test(start_paused = true)]
async fn refuses_control_frames_in_fragments() {
    let server = TestServer::scripted();
    for opcode in CONTROL {
        for payload in [&[][..], &[0x03, 0xe8]] {
            let frame = Frame::new(opcode, payload).unfinished();
            let reason = refuses(&server, &frame.masked(), 1002).await;
            assert!(reason.contains("fragmented"), "{reason}");
            let inside = [Frame::text("a").unfinished(), frame];
            refuses(&server, &wire(&inside), 1002).await;
        }
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn refuses_control_frames_of_more_than_125_bytes_before_their_payload_comes() {
    let server = TestServer::scripted();
    for opcode in CONTROL {
        for len in [126, 127, 65535, 65536] {
            let wire = Frame::new(opcode, vec![b'a'; len]).masked();
            let reason = refuses(&server, &wire[..wire.len() - len], 1002).await;
            assert!(reason.contains("125"), "{reason}");
        }
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn answers_pings_of_every_length_up_to_125_bytes() {
    let server = TestServer::scripted();
    for len in 0..=125 {
        let payload: Vec<u8> = (0..len).map(|i| 255 - i).collect();
        let ping = Frame::ping(&payload).masked();
        let whole = echo(&server, [ping.clone()], Then::Finishes).await;
        assert_eq!(whole.frames(), [Frame::pong(&payload)], "{len}");
        assert_eq!(echo(&server, byte_by_byte(&ping), Then::Finishes).await.bytes, whole.bytes, "{len}");
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn says_nothing_to_pongs() {
    let server = TestServer::scripted();
    let pongs = wire(&[Frame::pong(""), Frame::pong("nobody asked"), Frame::pong([0; 125])]);
    assert_eq!(echo(&server, [pongs], Then::Finishes).await.frames(), []);
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn refuses_a_continuation_without_a_message() {
    let server = TestServer::scripted();
    for continuation in
        [Frame::continuation("a"), Frame::continuation(""), Frame::continuation("").unfinished()]
    {
        let reason = refuses(&server, &continuation.masked(), 1002).await;
        assert!(reason.contains("continuation"), "{reason}");
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn refuses_a_continuation_behind_a_message_that_is_complete() {
    let server = TestServer::scripted();
    let message = [Frame::text("a").unfinished(), Frame::continuation("b"), Frame::continuation("c")];
    for wire in [wire(&message), wire(&[Frame::text("ab"), Frame::continuation("c")])] {
        let heard = echo(&server, [wire.clone()], Then::Stays).await;
        super::refusal(&heard, &[Frame::text("ab")], 1002);
        assert_eq!(echo(&server, byte_by_byte(&wire), Then::Stays).await.bytes, heard.bytes);
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn refuses_a_new_message_inside_a_message() {
    let server = TestServer::scripted();
    for first in [Opcode::Text, Opcode::Binary] {
        for second in [Opcode::Text, Opcode::Binary] {
            for second in [Frame::new(second, "b"), Frame::new(second, "").unfinished()] {
                let begun = Frame::new(first, "a").unfinished();
                let reason = refuses(&server, &wire(&[begun.clone(), second.clone()]), 1002).await;
                assert!(reason.contains("before the last one has ended"), "{reason}");
                let later = [begun, Frame::continuation("").unfinished(), Frame::ping("p"), second];
                let heard = echo(&server, [wire(&later)], Then::Stays).await;
                super::refusal(&heard, &[Frame::pong("p")], 1002);
            }
        }
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn puts_fragments_together_whatever_their_sizes() {
    let server = TestServer::scripted();
    for sizes in [&[0, 0, 0][..], &[1, 0, 4, 0], &[0, 5], &[5, 0], &[1, 1, 1, 1, 1], &[2, 3]] {
        for opcode in [Opcode::Text, Opcode::Binary] {
            let (mut frames, mut at) = (Vec::new(), 0);
            for (i, size) in sizes.iter().enumerate() {
                let opcode = if i == 0 { opcode } else { Opcode::Continuation };
                let frame = Frame::new(opcode, &b"hello"[at..at + size]);
                frames.push(Frame { fin: i + 1 == sizes.len(), ..frame });
                at += size;
            }
            let wire = wire(&frames);
            let heard = echo(&server, [wire.clone()], Then::Finishes).await;
            assert_eq!(heard.frames(), [Frame::new(opcode, &b"hello"[..at])], "{sizes:?}");
            let pieces = echo(&server, byte_by_byte(&wire), Then::Finishes).await;
            assert_eq!(pieces.bytes, heard.bytes, "{sizes:?}");
        }
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn answers_control_frames_between_fragments_at_once() {
    let server = TestServer::scripted();
    let before =
        [Frame::text("a").unfinished(), Frame::ping("one"), Frame::pong("unasked"), Frame::ping("two")];
    let mut after = vec![Frame::continuation("b").unfinished(), Frame::ping(""), Frame::continuation("c")];
    let heard = echo(&server, [wire(&before)], Then::Finishes).await;
    assert_eq!(heard.frames(), [Frame::pong("one"), Frame::pong("two")], "before the message is complete");
    after.splice(0..0, before);
    let heard = echo(&server, [wire(&after)], Then::Finishes).await;
    let pongs = ["one", "two", ""].map(Frame::pong);
    assert_eq!(heard.frames(), [&pongs[..], &[Frame::text("abc")]].concat());
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn closes_in_the_middle_of_a_message() {
    let server = TestServer::scripted();
    let frames = [Frame::text("never complete").unfinished(), Frame::close(1000, "enough")];
    let heard = echo(&server, [wire(&frames)], Then::Finishes).await;
    assert_eq!(heard.frames(), [Frame::close(1000, "enough")]);
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn takes_any_mask() {
    let server = TestServer::scripted();
    for key in [[0; 4], [255; 4], [0, 0, 0, 1], KEY] {
        for len in [0, 1, 2, 3, 4, 5, 15, 16, 17, 100] {
            let frame = Frame::text(vec![b'm'; len]);
            let wire = frame.wire(Some(key), LengthForm::Seven);
            let heard = echo(&server, [wire.clone()], Then::Finishes).await;
            assert_eq!(heard.frames(), [frame], "{key:?}, {len}");
            assert_eq!(echo(&server, byte_by_byte(&wire), Then::Finishes).await.bytes, heard.bytes);
        }
    }
    server.stop().await;
}
