//! From the bytes of one direction to lines for people: a head, and then frames.

use super::Way;
use std::io::Cursor;
use tokio_tungstenite::tungstenite::protocol::frame::{
    FrameHeader,
    coding::{Control, Data, OpCode},
};

/// A head that is longer is not waited for.
const LONGEST_HEAD: usize = 64 << 10;
/// How many bytes of a payload are shown.
const SHOWN: usize = 48;
/// A close frame has a code of two bytes.
const CODE: usize = 2;

/// The decoder of one direction.
#[derive(Debug)]
pub(super) struct Decoder {
    way: Way,
    bytes: Vec<u8>,
    phase: Phase,
    target: Option<String>,
}

#[derive(Debug)]
enum Phase {
    Head,
    Header,
    Payload(Frame),
    /// No frames are spoken here: an answer's body, or what is none.
    Other,
}

/// A frame that is coming.
#[derive(Debug)]
struct Frame {
    header: FrameHeader,
    length: u64,
    come: u64,
    /// What is shown of its payload.
    beginning: Vec<u8>,
}

impl Decoder {
    pub(super) const fn new(way: Way) -> Self {
        Self { way, bytes: Vec::new(), phase: Phase::Head, target: None }
    }

    /// What the client asks for, once its head has come.
    pub(super) fn target(&self) -> Option<&str> {
        self.target.as_deref()
    }

    /// Takes what has come, and tells what is whole.
    pub(super) fn decode(&mut self, come: &[u8]) -> Vec<String> {
        self.bytes.extend_from_slice(come);
        let mut shown = Vec::new();
        while self.advance(&mut shown) {}
        shown
    }

    /// Goes on by one thing. Whether it could.
    fn advance(&mut self, shown: &mut Vec<String>) -> bool {
        match &mut self.phase {
            Phase::Head => {
                let Some(end) = self.bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
                    if self.bytes.len() > LONGEST_HEAD {
                        self.phase = Phase::Other;
                    }
                    return self.bytes.len() > LONGEST_HEAD;
                };
                let head: Vec<u8> = self.bytes.drain(..end + 4).collect();
                let head = String::from_utf8_lossy(&head).trim_end().replace("\r\n", "\n");
                self.phase = self.behind(&head);
                shown.push(head);
            }
            Phase::Header => {
                let mut cursor = Cursor::new(&self.bytes[..]);
                match FrameHeader::parse(&mut cursor) {
                    Ok(None) => return false,
                    Ok(Some((header, length))) => {
                        let used = usize::try_from(cursor.position()).unwrap_or(self.bytes.len());
                        self.bytes.drain(..used);
                        self.phase = Phase::Payload(Frame { header, length, come: 0, beginning: Vec::new() });
                    }
                    Err(error) => {
                        shown.push(format!("what is no frame ({error})"));
                        self.phase = Phase::Other;
                    }
                }
            }
            Phase::Payload(frame) => {
                frame.take(&mut self.bytes);
                if frame.come < frame.length {
                    return false;
                }
                shown.push(frame.to_words());
                self.phase = Phase::Header;
            }
            Phase::Other => {
                if !self.bytes.is_empty() {
                    shown.push(format!("{} bytes: {}", self.bytes.len(), readable(&self.bytes)));
                    self.bytes.clear();
                }
                return false;
            }
        }
        true
    }

    /// What is left when no more comes.
    pub(super) fn rest(&self) -> Option<String> {
        match &self.phase {
            Phase::Payload(frame) => {
                Some(format!("{}; only {} of them have come", frame.to_words(), frame.come))
            }
            _ if self.bytes.is_empty() => None,
            Phase::Head => Some(format!("the beginning of a head: {}", readable(&self.bytes))),
            Phase::Header | Phase::Other => {
                Some(format!("the beginning of a frame: {}", digits(&self.bytes)))
            }
        }
    }

    fn behind(&mut self, head: &str) -> Phase {
        let mut words = head.split(' ');
        match self.way {
            Way::ToServer => {
                self.target = words.nth(1).map(str::to_owned);
                Phase::Header
            }
            Way::ToClient if words.nth(1) == Some("101") => Phase::Header,
            Way::ToClient => Phase::Other,
        }
    }
}

impl Frame {
    /// Takes of what has come what is of this frame.
    fn take(&mut self, bytes: &mut Vec<u8>) {
        let left = usize::try_from(self.length - self.come).unwrap_or(usize::MAX);
        let taken = left.min(bytes.len());
        let kept = (SHOWN - self.beginning.len()).min(taken);
        self.beginning.extend_from_slice(&bytes[..kept]);
        bytes.drain(..taken);
        self.come += taken as u64;
    }

    /// `text of 5 bytes, masked: "hello"`
    fn to_words(&self) -> String {
        let header = &self.header;
        let mut words = format!("{} of {} bytes", name(header.opcode), self.length);
        if !header.is_final {
            words.push_str(", more to come");
        }
        if header.mask.is_some() {
            words.push_str(", masked");
        }
        for (bit, is_set) in [("1", header.rsv1), ("2", header.rsv2), ("3", header.rsv3)] {
            if is_set {
                words.push_str(", reserved bit ");
                words.push_str(bit);
            }
        }
        if self.beginning.is_empty() {
            return words;
        }
        let more = if self.length > self.beginning.len() as u64 { "…" } else { "" };
        format!("{words}: {}{more}", self.payload())
    }

    fn payload(&self) -> String {
        let mut payload = self.beginning.clone();
        if let Some(mask) = self.header.mask {
            payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
        }
        match self.header.opcode {
            OpCode::Control(Control::Close) if payload.len() >= CODE => {
                let code = u16::from_be_bytes([payload[0], payload[1]]);
                match &payload[CODE..] {
                    [] => code.to_string(),
                    reason => format!("{code} {}", readable(reason)),
                }
            }
            OpCode::Data(Data::Binary) => digits(&payload),
            // The first reserved bit says that it is compressed.
            _ if self.header.rsv1 => digits(&payload),
            _ => readable(&payload),
        }
    }
}

fn name(opcode: OpCode) -> String {
    match opcode {
        OpCode::Data(Data::Text) => "text".to_owned(),
        OpCode::Data(Data::Binary) => "binary".to_owned(),
        OpCode::Data(Data::Continue) => "continuation".to_owned(),
        OpCode::Control(Control::Close) => "close".to_owned(),
        OpCode::Control(Control::Ping) => "ping".to_owned(),
        OpCode::Control(Control::Pong) => "pong".to_owned(),
        OpCode::Data(Data::Reserved(number)) | OpCode::Control(Control::Reserved(number)) => {
            format!("opcode {number}")
        }
    }
}

/// Text where it is some, digits where it is not. A character that was cut at the end is left out.
fn readable(bytes: &[u8]) -> String {
    let bytes = &bytes[..bytes.len().min(SHOWN)];
    match std::str::from_utf8(bytes) {
        Ok(text) => format!("{text:?}"),
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => {
            format!("{:?}", String::from_utf8_lossy(&bytes[..error.valid_up_to()]))
        }
        Err(_) => digits(bytes),
    }
}

fn digits(bytes: &[u8]) -> String {
    hex::encode(&bytes[..bytes.len().min(SHOWN)])
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: &[u8] = b"GET /ws?tag=t HTTP/1.1\r\nHost: a\r\n\r\n";
    const HELLO: &[u8] = &[0x81, 0x85, 1, 2, 3, 4, b'h' ^ 1, b'e' ^ 2, b'l' ^ 3, b'l' ^ 4, b'o' ^ 1];

    #[test]
    fn a_head_and_frames_are_told_however_they_are_cut() {
        let bytes = [REQUEST, HELLO, &[0x88, 0x82, 0, 0, 0, 0, 3, 0xe8], &[0x89, 0x80, 0, 0, 0, 0]].concat();
        for size in 1..bytes.len() {
            let mut decoder = Decoder::new(Way::ToServer);
            let shown: Vec<_> = bytes.chunks(size).flat_map(|chunk| decoder.decode(chunk)).collect();
            assert_eq!(
                shown,
                [
                    "GET /ws?tag=t HTTP/1.1\nHost: a",
                    "text of 5 bytes, masked: \"hello\"",
                    "close of 2 bytes, masked: 1000",
                    "ping of 0 bytes, masked"
                ]
            );
            assert_eq!(decoder.target(), Some("/ws?tag=t"));
            assert_eq!(decoder.rest(), None);
        }
    }

    #[test]
    fn a_long_payload_is_told_by_its_beginning_and_one_that_is_cut_off_by_what_came() {
        let mut decoder = Decoder::new(Way::ToClient);
        decoder.decode(b"HTTP/1.1 101 Switching Protocols\r\n\r\n");
        let frame = [&[0x01, 126, 1, 0][..], &[b'x'; 256]].concat();
        let shown = decoder.decode(&frame);
        assert_eq!(shown, [format!("text of 256 bytes, more to come: \"{}\"…", "x".repeat(SHOWN))]);
        assert!(decoder.decode(&frame[..100]).is_empty());
        assert!(decoder.rest().is_some_and(|rest| rest.ends_with("only 96 of them have come")));
    }

    #[test]
    fn an_answer_that_is_no_handshake_has_a_body_and_garbage_is_no_frame() {
        let mut decoder = Decoder::new(Way::ToClient);
        let shown = decoder.decode(b"HTTP/1.1 404 Not Found\r\n\r\n{}");
        assert_eq!(shown, ["HTTP/1.1 404 Not Found", "2 bytes: \"{}\""]);
        let mut decoder = Decoder::new(Way::ToServer);
        decoder.decode(REQUEST);
        let shown = decoder.decode(&[0x83, 0x01, 0xff]);
        assert!(shown[0].starts_with("what is no frame") || shown[0].starts_with("opcode 3"), "{shown:?}");
    }
}
