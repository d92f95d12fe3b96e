//! Section 5.2: the bits and lengths of a frame.

use super::refuses;
use crate::support::{
    Frame, Opcode, TestServer,
    frame::{KEY, LengthForm},
};

const OPCODES: [Opcode; 6] =
    [Opcode::Continuation, Opcode::Text, Opcode::Binary, Opcode::Close, Opcode::Ping, Opcode::Pong];

#[tokio::test(start_paused = true)]
async fn refuses_each_reserved_bit_and_all_together_on_every_frame() {
    let server = TestServer::scripted();
    for opcode in OPCODES {
        for rsv in 1..=7 {
            let frame = Frame { rsv, ..Frame::new(opcode, "payload") };
            refuses(&server, &frame.masked(), 1002).await;
        }
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn refuses_a_reserved_bit_on_a_continuation() {
    let server = TestServer::scripted();
    for rsv in [1, 2, 4] {
        let second = Frame { rsv, ..Frame::continuation("payload") };
        let wire = [Frame::text("first").unfinished().masked(), second.masked()].concat();
        let reason = refuses(&server, &wire, 1002).await;
        assert!(reason.contains("reserved bit"), "{reason}");
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn refuses_every_reserved_opcode() {
    let server = TestServer::scripted();
    for opcode in (3..=7).chain(11..=15) {
        for payload in ["", "payload"] {
            let frame = Frame { opcode, ..Frame::text(payload) };
            let reason = refuses(&server, &frame.masked(), 1002).await;
            assert!(reason.contains("opcode"), "{reason}");
            refuses(&server, &frame.unfinished().masked(), 1002).await;
        }
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn refuses_frames_that_are_not_masked() {
    let server = TestServer::scripted();
    for opcode in OPCODES {
        for len in [0, 1, 125] {
            // A continuation needs a message, so that the mask alone is wrong.
            let before = match opcode {
                Opcode::Continuation => Frame::binary([]).unfinished().masked(),
                _ => Vec::new(),
            };
            let wire = [before, Frame::new(opcode, vec![b'a'; len]).unmasked()].concat();
            let reason = refuses(&server, &wire, 1002).await;
            assert!(reason.contains("masked"), "{reason}");
        }
    }
    for len in [126, 65535, 65536] {
        refuses(&server, &Frame::binary(vec![0; len]).unmasked()[..10], 1002).await;
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn refuses_a_length_that_is_not_written_in_the_fewest_bytes() {
    let server = TestServer::scripted();
    let sixteen = [0, 1, 124, 125].map(|len| (len, LengthForm::Sixteen));
    let sixty_four = [0, 1, 125, 126, 127, 65534, 65535].map(|len| (len, LengthForm::SixtyFour));
    for (len, form) in sixteen.into_iter().chain(sixty_four) {
        for frame in [Frame::text(vec![b'a'; len]), Frame::binary(vec![0; len])] {
            let wire = frame.wire(Some(KEY), form);
            let header = &wire[..wire.len() - len];
            let reason = refuses(&server, header, 1002).await;
            assert!(reason.contains("fewest bytes"), "{reason}");
        }
    }
    for opcode in [Opcode::Ping, Opcode::Pong, Opcode::Close] {
        refuses(&server, &Frame::new(opcode, [0; 2]).wire(Some(KEY), LengthForm::Sixteen), 1002).await;
        refuses(&server, &Frame::new(opcode, [0; 2]).wire(Some(KEY), LengthForm::SixtyFour), 1002).await;
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn refuses_a_length_whose_top_bit_is_set() {
    let server = TestServer::scripted();
    for len in [1 << 63, 1 << 63 | 5, u64::MAX] {
        for first in [0x81, 0x82, 0x01, 0x02] {
            let reason = refuses(&server, &header(first, len), 1002).await;
            assert!(reason.contains("most significant bit"), "{reason}");
        }
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn refuses_a_length_that_no_machine_can_hold_before_any_of_it_comes() {
    let server = TestServer::scripted();
    for len in [(1 << 63) - 1, 1 << 62, 1 << 40, 1 << 32] {
        let reason = refuses(&server, &header(0x82, len), 1009).await;
        assert!(reason.contains(&len.to_string()), "{reason}");
    }
    server.stop().await;
}

fn header(first: u8, len: u64) -> Vec<u8> {
    [&[first, 0x80 | 127][..], &len.to_be_bytes(), &KEY].concat()
}
