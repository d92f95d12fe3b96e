//! Sections 5.5.1 and 7.4: close frames and their codes.

use super::{byte_by_byte, echo, refuses};
use crate::support::{Frame, Opcode, TestServer, Then};
use std::ops::RangeInclusive;

/// The codes that may stand in a close frame.
const ALLOWED: [RangeInclusive<u16>; 3] = [1000..=1003, 1007..=1014, 3000..=4999];

#[tokio::test(start_paused = true)]
async fn echoes_every_code_that_is_allowed_and_refuses_every_other() {
    let server = TestServer::scripted();
    // Every code around those that mean something, and every hundredth of the rest.
    let rest = (0..=u16::MAX).step_by(97).chain([4, 255, 256, 2999, 4999, 5000, 0x7fff, 0x8000, u16::MAX]);
    for code in
        (990..=1100).chain(1995..=2005).chain(2995..=3005).chain(3995..=4010).chain(4990..=5010).chain(rest)
    {
        let close = Frame::close(code, "because").masked();
        let heard = echo(&server, [close], Then::Stays).await;
        if ALLOWED.iter().any(|range| range.contains(&code)) {
            assert_eq!(heard.frames(), [Frame::close(code, "because")]);
            assert!(heard.ended, "{code}: the server has not ended its side");
        } else {
            let reason = super::refusal(&heard, &[], 1002);
            assert!(reason.contains(&code.to_string()), "{reason}");
        }
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn refuses_the_codes_that_are_reserved_for_local_use() {
    let server = TestServer::scripted();
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, u16::MAX] {
        refuses(&server, &Frame::close(code, "").masked(), 1002).await;
        // The code is judged before the reason.
        refuses(
            &server,
            &Frame::new(Opcode::Close, [&code.to_be_bytes()[..], &[0xff]].concat()).masked(),
            1002,
        )
        .await;
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn answers_a_close_frame_without_a_code_in_kind() {
    let server = TestServer::scripted();
    let heard = echo(&server, [Frame::close_without_code().masked()], Then::Stays).await;
    assert_eq!(heard.frames(), [Frame::close_without_code()]);
    assert!(heard.ended);
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn refuses_a_close_frame_of_one_byte() {
    let server = TestServer::scripted();
    for byte in [0, 3, 255] {
        let reason = refuses(&server, &Frame::new(Opcode::Close, [byte]).masked(), 1002).await;
        assert!(reason.contains("one byte"), "{reason}");
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn echoes_reasons_of_every_length_up_to_123_bytes() {
    let server = TestServer::scripted();
    for len in 0..=123 {
        let close = Frame::close(4321, &"r".repeat(len));
        let heard = echo(&server, [close.masked()], Then::Stays).await;
        assert_eq!(heard.frames(), std::slice::from_ref(&close));
        let pieces = echo(&server, byte_by_byte(&close.masked()), Then::Stays).await;
        assert_eq!(pieces.bytes, heard.bytes, "{len}, byte by byte");
    }
    for reason in ["ä".repeat(61), "€".repeat(41), "😀".repeat(30), "\0".to_owned()] {
        let close = Frame::close(1000, &reason);
        assert_eq!(echo(&server, [close.masked()], Then::Stays).await.frames(), [close]);
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn refuses_a_reason_of_124_bytes() {
    let server = TestServer::scripted();
    let wire = Frame::close(1000, &"r".repeat(124)).masked();
    refuses(&server, &wire[..8], 1002).await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn refuses_a_reason_that_is_not_utf8() {
    let server = TestServer::scripted();
    for reason in [&[0xff][..], b"ab\xc3", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80", b"\x80"] {
        let close = Frame::new(Opcode::Close, [&1000_u16.to_be_bytes(), reason].concat());
        let said = refuses(&server, &close.masked(), 1007).await;
        assert!(said.contains("UTF-8"), "{said}");
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn answers_what_came_before_a_close_frame_and_nothing_behind_it() {
    let server = TestServer::scripted();
    let frames = [
        Frame::text("before"),
        Frame::ping("before"),
        Frame::close(1001, "leaving"),
        Frame::ping("behind"),
        Frame::text("behind"),
        Frame::close(1002, "again"),
        Frame { rsv: 7, ..Frame::text("wrong, and too late to matter") },
    ];
    let wire: Vec<u8> = frames.iter().flat_map(Frame::masked).collect();
    let expected = [Frame::text("before"), Frame::pong("before"), Frame::close(1001, "leaving")];
    for pieces in [vec![wire.clone()], byte_by_byte(&wire).collect()] {
        let heard = echo(&server, pieces, Then::GoesOn(1 << 20)).await;
        assert_eq!(heard.frames(), expected);
        assert!(heard.ended);
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn answers_a_close_frame_whose_sender_has_ended_its_side_already() {
    let server = TestServer::scripted();
    let wire = [Frame::text("last").masked(), Frame::close(1000, "").masked()].concat();
    let heard = echo(&server, [wire], Then::Finishes).await;
    assert_eq!(heard.frames(), [Frame::text("last"), Frame::close(1000, "")]);
    assert!(heard.ended);
    server.stop().await;
}
