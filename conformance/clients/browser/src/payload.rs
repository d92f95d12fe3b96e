//! What is sent.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use crosswire_wasm_client::Message;
use serde::Deserialize;

/// A fill is made in memory, and a page has less of it than a program.
const LONGEST_FILL: usize = 64 << 20;

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
            (None, Some(encoded), None) => match BASE64_STANDARD.decode(encoded) {
                Ok(bytes) => Ok(Self::Binary(bytes)),
                Err(error) => Err(format!("`base64` is not base64: {error}")),
            },
            (None, None, Some(fill)) if fill.len > LONGEST_FILL => {
                Err(format!("a `fill` may be {LONGEST_FILL} bytes long here, and this one is {}", fill.len))
            }
            (None, None, Some(fill)) => Ok(Self::Fill(fill)),
            _ => Err("a payload is exactly one of `text`, `base64` and `fill`".to_owned()),
        }
    }
}

impl Payload {
    /// As a message.
    pub(crate) fn into_message(self) -> Message {
        match self {
            Self::Text(text) => Message::Text(text),
            Self::Binary(bytes) => Message::Binary(bytes),
            Self::Fill(Fill { len, kind: Kind::Text }) => {
                Message::Text((b'a'..=b'z').cycle().take(len).map(char::from).collect())
            }
            Self::Fill(Fill { len, kind: Kind::Binary }) => {
                Message::Binary((0..251).cycle().take(len).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(json: &str) -> Message {
        serde_json::from_str::<Payload>(json).unwrap().into_message()
    }

    #[test]
    fn a_payload_is_made_as_every_driver_makes_it() {
        let letters = "abcdefghijklmnopqrstuvwxyzab";
        assert_eq!(made(r#"{"fill":{"len":28,"as":"text"}}"#), Message::Text(letters.to_owned()));
        let bytes = made(r#"{"fill":{"len":252,"as":"binary"}}"#);
        assert_eq!((bytes.as_bytes()[250], bytes.as_bytes()[251]), (250, 0));
        assert_eq!(made(r#"{"base64":"AP8="}"#), Message::Binary(vec![0, 255]));
    }

    #[test]
    fn a_payload_is_exactly_one_thing_that_memory_holds() {
        let too_long = r#"{"fill":{"len":9000000000000,"as":"text"}}"#;
        for wrong in [r"{}", r#"{"text":"","base64":""}"#, r#"{"base64":"?"}"#, r#"{"hex":""}"#, too_long] {
            assert!(serde_json::from_str::<Payload>(wrong).is_err(), "{wrong}");
        }
    }
}
