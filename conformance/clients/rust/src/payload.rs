//! What is sent: a payload, and the frames that it is cut into.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::Deserialize;
use std::collections::VecDeque;
use tokio_tungstenite::tungstenite::{
    Bytes, Message,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

/// A fill is made in memory, so its length must be one that memory has.
const LONGEST_FILL: usize = 256 << 20;

/// The content of a message, as the command says it. A fill is made when it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "PayloadFields")]
pub(crate) enum Payload {
    Text(String),
    Binary(Vec<u8>),
    Fill(Fill),
}

/// So many bytes or letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fill {
    len: usize,
    #[serde(rename = "as")]
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Text,
    Binary,
}

/// The fields of which a payload is exactly one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PayloadFields {
    pub(crate) text: Option<String>,
    pub(crate) base64: Option<String>,
    pub(crate) fill: Option<Fill>,
}

impl TryFrom<PayloadFields> for Payload {
    type Error = String;

    fn try_from(fields: PayloadFields) -> Result<Self, String> {
        match (fields.text, fields.base64, fields.fill) {
            (Some(text), None, None) => Ok(Self::Text(text)),
            (None, Some(base64), None) => match BASE64_STANDARD.decode(base64) {
                Ok(bytes) => Ok(Self::Binary(bytes)),
                Err(error) => Err(format!("`base64` is not base64: {error}")),
            },
            (None, None, Some(fill)) if fill.len > LONGEST_FILL => {
                Err(format!("a `fill` may be {LONGEST_FILL} bytes long, and this one is {}", fill.len))
            }
            (None, None, Some(fill)) => Ok(Self::Fill(fill)),
            _ => Err("a payload is exactly one of `text`, `base64` and `fill`".to_owned()),
        }
    }
}

impl Payload {
    /// As one message.
    pub(crate) fn into_message(self) -> Message {
        match self {
            Self::Text(text) => Message::text(text),
            Self::Binary(bytes) => Message::binary(bytes),
            Self::Fill(Fill { len, kind: Kind::Text }) => {
                Message::text((b'a'..=b'z').cycle().take(len).map(char::from).collect::<String>())
            }
            Self::Fill(Fill { len, kind: Kind::Binary }) => {
                Message::binary((0..251).cycle().take(len).collect::<Vec<u8>>())
            }
        }
    }

    /// As one message in frames of these sizes.
    pub(crate) fn into_frames(self, sizes: &[usize]) -> Result<VecDeque<Message>, String> {
        let message = self.into_message();
        let kind = if message.is_text() { Data::Text } else { Data::Binary };
        let mut rest: Bytes = message.into_data();
        let sum = sizes.iter().try_fold(0_usize, |sum, size| sum.checked_add(*size));
        if sizes.is_empty() || sum != Some(rest.len()) {
            return Err(format!("the sizes of the fragments do not add up to {} bytes", rest.len()));
        }
        let last = sizes.len() - 1;
        let frame = |(i, size): (usize, &usize)| {
            let kind = if i == 0 { kind } else { Data::Continue };
            Message::Frame(Frame::message(rest.split_to(*size), OpCode::Data(kind), i == last))
        };
        Ok(sizes.iter().enumerate().map(frame).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(len: usize, kind: Kind) -> Message {
        Payload::Fill(Fill { len, kind }).into_message()
    }

    #[test]
    fn fills_with_letters_and_with_bytes() {
        assert_eq!(fill(28, Kind::Text), Message::text("abcdefghijklmnopqrstuvwxyzab"));
        let bytes = fill(252, Kind::Binary).into_data();
        assert_eq!((bytes[0], bytes[250], bytes[251]), (0, 250, 0));
    }

    #[test]
    fn a_payload_is_exactly_one_thing() {
        for wrong in [r"{}", r#"{"text":"","base64":""}"#, r#"{"base64":"?"}"#, r#"{"hex":""}"#] {
            assert!(serde_json::from_str::<Payload>(wrong).is_err(), "{wrong}");
        }
        let payload: Payload = serde_json::from_str(r#"{"base64":"AP8="}"#).unwrap();
        assert_eq!(payload, Payload::Binary(vec![0, 255]));
    }

    #[test]
    fn refuses_a_fill_that_memory_does_not_hold() {
        assert!(serde_json::from_str::<Payload>(r#"{"fill":{"len":9000000000000,"as":"text"}}"#).is_err());
    }

    #[test]
    fn cuts_a_message_into_frames() {
        let frames = Payload::Text("ä!".to_owned()).into_frames(&[1, 0, 2]).unwrap();
        let seen: Vec<_> = frames
            .into_iter()
            .map(|message| {
                let Message::Frame(frame) = message else { panic!("{message:?} is not a frame") };
                (frame.header().opcode, frame.header().is_final, frame.into_payload().to_vec())
            })
            .collect();
        let expected = [
            (OpCode::Data(Data::Text), false, vec![0xc3]),
            (OpCode::Data(Data::Continue), false, vec![]),
            (OpCode::Data(Data::Continue), true, vec![0xa4, b'!']),
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn sizes_must_add_up() {
        for sizes in [&[][..], &[1], &[1, 2], &[usize::MAX, 3]] {
            assert!(Payload::Text("ab".to_owned()).into_frames(sizes).is_err(), "{sizes:?}");
        }
    }
}
