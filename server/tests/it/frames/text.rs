//! Section 8.1: text is UTF-8, and is refused at its first wrong byte.

use super::{byte_by_byte, echo, refuses};
use crate::support::{Frame, TestServer, Then};

/// What is wrong, and the index of the first byte by which it can be known.
const WRONG: &[(&str, &[u8], usize)] = &[
    ("a bare continuation byte", &[0x80], 0),
    ("the last continuation byte", &[0xbf], 0),
    ("two bytes for U+0000", &[0xc0, 0x80], 0),
    ("two bytes for U+007F", &[0xc1, 0xbf], 0),
    ("three bytes for U+0000", &[0xe0, 0x80, 0x80], 1),
    ("three bytes for U+07FF", &[0xe0, 0x9f, 0xbf], 1),
    ("four bytes for U+0000", &[0xf0, 0x80, 0x80, 0x80], 1),
    ("four bytes for U+FFFF", &[0xf0, 0x8f, 0xbf, 0xbf], 1),
    ("the first surrogate", &[0xed, 0xa0, 0x80], 1),
    ("the last surrogate", &[0xed, 0xbf, 0xbf], 1),
    ("a pair of surrogates", &[0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80], 1),
    ("U+110000", &[0xf4, 0x90, 0x80, 0x80], 1),
    ("U+140000", &[0xf5, 0x80, 0x80, 0x80], 0),
    ("a character of five bytes", &[0xf8, 0x88, 0x80, 0x80, 0x80], 0),
    ("a character of six bytes", &[0xfc, 0x84, 0x80, 0x80, 0x80, 0x80], 0),
    ("the byte FE", &[0xfe], 0),
    ("the byte FF", &[0xff], 0),
    ("two bytes, cut short by a letter", &[0xc3, b'('], 1),
    ("three bytes, cut short after one", &[0xe2, b'(', 0xa1], 1),
    ("three bytes, cut short after two", &[0xe2, 0x82, b'('], 2),
    ("four bytes, cut short after one", &[0xf0, b'(', 0x8c, 0xbc], 1),
    ("four bytes, cut short after two", &[0xf0, 0x90, b'(', 0xbc], 2),
    ("four bytes, cut short after three", &[0xf0, 0x90, 0x8c, b'('], 3),
    ("a character that begins inside another", &[0xe2, 0x82, 0xc3, 0xa4], 2),
];

/// Characters that the message ends in the middle of.
const TRUNCATED: &[&[u8]] = &[&[0xc3], &[0xe2], &[0xe2, 0x82], &[0xf0], &[0xf0, 0x9f], &[0xf0, 0x9f, 0x98]];

/// What stands before the wrong bytes: nothing, ASCII, characters of every length, and more than a vector of them.
const BEFORE: [&str; 4] =
    ["", "plain", "ß€😀", "a long beginning — so long that it is looked at in several steps ✓"];

#[tokio::test(start_paused = true)]
async fn refuses_text_that_is_not_utf8_in_one_frame() {
    let server = TestServer::scripted();
    for before in BEFORE {
        let truncated = TRUNCATED.iter().map(|bytes| ("truncated", bytes));
        for (name, bytes) in WRONG.iter().map(|(name, bytes, _)| (*name, bytes)).chain(truncated) {
            let text = [before.as_bytes(), bytes].concat();
            let reason = refuses(&server, &Frame::text(text).masked(), 1007).await;
            assert!(reason.contains("UTF-8"), "{name}: {reason}");
        }
        for (_, bytes, _) in WRONG {
            let text = [before.as_bytes(), bytes, b" and more"].concat();
            refuses(&server, &Frame::text(text).masked(), 1007).await;
        }
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn refuses_text_at_its_first_wrong_byte_before_its_frame_is_complete() {
    let server = TestServer::scripted();
    for before in BEFORE {
        for (name, bytes, wrong) in WRONG {
            let text = [before.as_bytes(), bytes, &[b'.'; 70_000]].concat();
            let wire = Frame::text(text).masked();
            let first_wrong = 14 + before.len() + wrong;
            refuses(&server, &wire[..=first_wrong], 1007).await;
            let heard = echo(&server, [wire[..first_wrong].to_vec()], Then::Finishes).await;
            assert_eq!(heard.frames(), [], "{name}: before its wrong byte nothing is wrong");
        }
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn refuses_text_at_its_first_wrong_byte_before_its_message_is_complete() {
    let server = TestServer::scripted();
    for before in BEFORE {
        for (name, bytes, wrong) in WRONG {
            let good = [before.as_bytes(), &bytes[..*wrong]].concat();
            let begun = Frame::text(&good).unfinished().masked();
            let heard = echo(&server, [begun.clone()], Then::Finishes).await;
            assert_eq!(heard.frames(), [], "{name}: before its wrong byte nothing is wrong");
            let next = Frame::continuation(&bytes[*wrong..=*wrong]).unfinished().masked();
            refuses(&server, &[begun, next].concat(), 1007).await;
        }
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn refuses_text_that_is_not_utf8_however_it_is_cut_into_fragments() {
    let server = TestServer::scripted();
    for (_, bytes, _) in WRONG {
        let text = [b"a", *bytes, b"z"].concat();
        for cut in 0..=text.len() {
            let (first, second) = text.split_at(cut);
            let frames = [Frame::text(first).unfinished(), Frame::ping(""), Frame::continuation(second)];
            let heard = echo(&server, [frames.iter().flat_map(Frame::masked).collect()], Then::Stays).await;
            // Whether the ping is answered first depends on which fragment is wrong.
            let answers = heard.frames().len() - 1;
            super::refusal(&heard, &[Frame::pong("")][..answers], 1007);
        }
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn refuses_text_that_ends_inside_a_character_when_it_ends() {
    let server = TestServer::scripted();
    for bytes in TRUNCATED {
        let begun = Frame::text([b"a", *bytes].concat()).unfinished().masked();
        let heard = echo(&server, [begun.clone()], Then::Finishes).await;
        assert_eq!(heard.frames(), [], "the rest of the character may still come");
        let empty = Frame::continuation("").unfinished().masked();
        let end = Frame::continuation("").masked();
        refuses(&server, &[begun, empty, end].concat(), 1007).await;
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn takes_every_boundary_of_utf8_however_it_is_cut() {
    let server = TestServer::scripted();
    let text = "\0\u{7f}\u{80}\u{7ff}\u{800}\u{d7ff}\u{e000}\u{fffd}\u{fffe}\u{ffff}\u{10000}\u{10ffff}e\u{301}\u{feff}";
    for cut in 0..=text.len() {
        let (first, second) = text.as_bytes().split_at(cut);
        let frames = [Frame::text(first).unfinished(), Frame::ping(""), Frame::continuation(second)];
        let wire: Vec<u8> = frames.iter().flat_map(Frame::masked).collect();
        let heard = echo(&server, [wire.clone()], Then::Finishes).await;
        assert_eq!(heard.frames(), [Frame::pong(""), Frame::text(text)], "cut at {cut}");
        assert_eq!(echo(&server, byte_by_byte(&wire), Then::Finishes).await.bytes, heard.bytes);
    }
    let mut frames: Vec<Frame> =
        text.as_bytes().chunks(1).map(|byte| Frame::continuation(byte).unfinished()).collect();
    frames.insert(0, Frame::text("").unfinished());
    frames.push(Frame::continuation(""));
    let heard = echo(&server, [frames.iter().flat_map(Frame::masked).collect()], Then::Finishes).await;
    assert_eq!(heard.frames(), [Frame::text(text)], "every byte a fragment");
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn takes_every_scalar_value() {
    let server = TestServer::scripted();
    let text: String = (0..=char::MAX as u32).filter_map(char::from_u32).collect();
    let frames = text.as_bytes().chunks(60_001).map(|bytes| Frame::continuation(bytes).unfinished());
    let frames = std::iter::once(Frame::text("").unfinished()).chain(frames).chain([Frame::continuation("")]);
    let heard = echo(&server, [frames.flat_map(|frame| frame.masked()).collect()], Then::Finishes).await;
    assert!(heard.frames() == [Frame::text(text)], "not the same text");
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn takes_any_bytes_in_binary_messages_pings_and_pongs() {
    let server = TestServer::scripted();
    for bytes in WRONG.iter().map(|(_, bytes, _)| bytes).chain(TRUNCATED) {
        let frames = [Frame::binary(bytes), Frame::ping(bytes), Frame::pong(bytes)];
        let heard = echo(&server, [frames.iter().flat_map(Frame::masked).collect()], Then::Finishes).await;
        assert_eq!(heard.frames(), [Frame::binary(bytes), Frame::pong(bytes)]);
    }
    server.stop().await;
}
