//! The bytes that go out and the bytes that must come back, built once before anything is measured.

use tokio_tungstenite::tungstenite::Bytes;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::case::Case;
use crate::connect::Wire;

/// As many messages as one connection has in flight, sent in one write and awaited together.
#[derive(Debug)]
pub(crate) struct Window {
    pub(crate) request: Vec<u8>,
    pub(crate) reply: Vec<u8>,
}

/// Connections take turns among so many different windows: an answer that belongs to a neighbour is then noticed, and
/// the bytes still fit the caches, so that the load generator does not become what is measured.
const VARIETY: usize = 8;

/// The key of the example in RFC 6455, section 5.7. A client must not let its peer foresee the key; here both ends
/// are ours and nothing lies between them.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// The windows of a case; connection `i` uses number `i % len`.
pub(crate) fn windows(case: Case, wire: Wire) -> Vec<Window> {
    (0..VARIETY.min(case.connections)).map(|number| Window::new(case, wire, number)).collect()
}

impl Window {
    fn new(case: Case, wire: Wire, number: usize) -> Self {
        let mut window = Self { request: Vec::new(), reply: Vec::new() };
        for message in 0..case.in_flight {
            let payload = letters(case.payload, number * 7 + message);
            append_frame(&mut window.request, payload.clone(), Some(MASK));
            if wire == Wire::WebSocket {
                append_frame(&mut window.reply, payload, None);
            }
        }
        if wire == Wire::Raw {
            window.reply.clone_from(&window.request);
        }
        window
    }
}

/// Letters from `a` to `z`, over and over, beginning at the given one.
fn letters(length: usize, first: usize) -> Bytes {
    (b'a'..=b'z').cycle().skip(first % 26).take(length).collect::<Vec<_>>().into()
}

fn append_frame(bytes: &mut Vec<u8>, payload: Bytes, mask: Option<[u8; 4]>) {
    let mut frame = Frame::message(payload, OpCode::Data(Data::Text), true);
    frame.header_mut().mask = mask;
    frame.format(bytes).expect("a Vec takes every byte it is given");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_frame_is_that_of_the_rfc() {
        let mut bytes = Vec::new();
        append_frame(&mut bytes, Bytes::from_static(b"Hello"), Some(MASK));
        assert_eq!(bytes, [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);
    }

    #[test]
    fn a_web_socket_reply_is_the_same_text_unmasked() {
        let window = &windows(Case::new(1, 2, 5), Wire::WebSocket)[0];
        assert_eq!(window.request.len(), 2 * (2 + 4 + 5));
        assert_eq!(window.reply, b"\x81\x05abcde\x81\x05bcdef");
    }

    #[test]
    fn a_raw_reply_is_the_request() {
        let window = &windows(Case::new(1, 3, 5), Wire::Raw)[0];
        assert_eq!(window.request, window.reply);
    }

    #[test]
    fn lengths_are_coded_as_short_as_they_can_be() {
        for (payload, header) in [(125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
            let window = &windows(Case::new(1, 1, payload), Wire::WebSocket)[0];
            assert_eq!(window.reply.len(), header + payload);
            assert_eq!(window.request.len(), header + 4 + payload);
        }
    }

    #[test]
    fn neighbours_expect_different_bytes() {
        let windows = windows(Case::new(64, 1, 5), Wire::WebSocket);
        assert_eq!(windows.len(), VARIETY);
        for (number, window) in windows.iter().enumerate() {
            assert!(windows[..number].iter().all(|other| other.reply != window.reply));
        }
    }
}
