//! Payloads as tests write them down: text, hex, or a fill that every language can make from its length.

use crate::digest::Kind;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The longest payload that may be asked for in a few bytes of JSON.
pub const LONGEST_FILL: usize = 64 << 20;

/// `{"len": n, "as": "text"|"binary"}`: a payload that is made from its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fill {
    /// Its length in bytes.
    #[serde(deserialize_with = "crate::strict::size")]
    pub len: usize,
    /// The kind of message it makes.
    #[serde(rename = "as")]
    pub kind: FillKind,
}

/// What a [`Fill`] is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", try_from = "String")]
pub enum FillKind {
    /// Character i is the letter i mod 26, from `a`.
    Text,
    /// Byte i is i mod 251: a prime, so that no power of two hides a shift.
    Binary,
}

/// A payload before it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// Text, in which a repeated send replaces `${i}`.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A fill.
    Fill(Fill),
}

/// Why a payload cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// Not exactly one of the three forms.
    #[error("give exactly one of `text`, `hex` and `fill`")]
    NotOneForm,
    /// Hex that is not.
    #[error("`hex` is not hexadecimal: {0}")]
    Hex(String),
    /// More than a test may ask for.
    #[error("`fill.len` is {0}; at most {LONGEST_FILL} is allowed")]
    TooLong(usize),
    /// A variable that is not known here.
    #[error("`${{{0}}}` is not known here: only `${{i}}` is; write `$${{` for a literal `${{`")]
    UnknownVariable(String),
}

impl Payload {
    /// Takes the one form that is there.
    pub fn from_forms(
        text: Option<String>,
        hex: Option<&str>,
        fill: Option<Fill>,
    ) -> Result<Self, PayloadError> {
        match (text, hex, fill) {
            (Some(text), None, None) => Ok(Self::Text(text)),
            (None, Some(hex), None) => {
                hex::decode(hex).map(Self::Bytes).map_err(|error| PayloadError::Hex(error.to_string()))
            }
            (None, None, Some(fill)) if fill.len > LONGEST_FILL => Err(PayloadError::TooLong(fill.len)),
            (None, None, Some(fill)) => Ok(Self::Fill(fill)),
            _ => Err(PayloadError::NotOneForm),
        }
    }

    /// The kind of message it makes.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Text(_) | Self::Fill(Fill { kind: FillKind::Text, .. }) => Kind::Text,
            Self::Bytes(_) | Self::Fill(Fill { kind: FillKind::Binary, .. }) => Kind::Binary,
        }
    }

    /// Its bytes as they are written.
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Text(text) => Cow::Borrowed(text.as_bytes()),
            Self::Bytes(bytes) => Cow::Borrowed(bytes),
            Self::Fill(fill) => Cow::Owned(fill.bytes()),
        }
    }

    /// Its bytes in round `i` of a repeated send.
    pub fn bytes_of_round(&self, i: usize) -> Result<Cow<'_, [u8]>, PayloadError> {
        match self {
            Self::Text(text) if text.contains("${") => Ok(Cow::Owned(count_into(text, i)?.into_bytes())),
            _ => Ok(self.bytes()),
        }
    }

    /// How many bytes the longest of so many rounds has; without `times` nothing is counted into text.
    pub fn longest_round(&self, times: Option<usize>) -> usize {
        match (self, times) {
            // The last round has the longest number.
            (Self::Text(text), Some(times)) if text.contains("${") => {
                count_into(text, times.saturating_sub(1)).map_or(text.len(), |made| made.len())
            }
            (Self::Text(text), _) => text.len(),
            (Self::Bytes(bytes), _) => bytes.len(),
            (Self::Fill(fill), _) => fill.len,
        }
    }
}

impl TryFrom<String> for FillKind {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        match &*name {
            "text" => Ok(Self::Text),
            "binary" => Ok(Self::Binary),
            _ => Err(format!("a fill is made as `text` or `binary`, not as `{name}`")),
        }
    }
}

impl Fill {
    /// The bytes.
    pub fn bytes(self) -> Vec<u8> {
        match self.kind {
            FillKind::Text => over_and_over(b'a'..=b'z', self.len),
            FillKind::Binary => over_and_over(0..=250, self.len),
        }
    }
}

/// Replaces `${i}`; `$${` stands for a literal `${`.
fn count_into(text: &str, i: usize) -> Result<String, PayloadError> {
    let mut made = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, variable) = (&rest[..at], &rest[at + 2..]);
        if let Some(before) = before.strip_suffix('$') {
            made.push_str(before);
            made.push_str("${");
            rest = variable;
            continue;
        }
        made.push_str(before);
        let Some(after) = variable.strip_prefix("i}") else {
            let name = variable.split('}').next().unwrap_or_default();
            return Err(PayloadError::UnknownVariable(name.to_owned()));
        };
        made.push_str(&i.to_string());
        rest = after;
    }
    made.push_str(rest);
    Ok(made)
}

/// The bytes of a range, again and again. Copied in blocks, which is many times as fast as one by one.
fn over_and_over(range: std::ops::RangeInclusive<u8>, len: usize) -> Vec<u8> {
    let block: Vec<u8> = range.collect();
    let mut bytes = Vec::with_capacity(len);
    while bytes.len() < len {
        bytes.extend_from_slice(&block[..block.len().min(len - bytes.len())]);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_follow_their_written_definition() {
        let binary = Fill { len: 600, kind: FillKind::Binary }.bytes();
        assert!(binary.iter().enumerate().all(|(i, byte)| usize::from(*byte) == i % 251));
        let text = Fill { len: 60, kind: FillKind::Text }.bytes();
        assert!(text.iter().enumerate().all(|(i, byte)| usize::from(*byte - b'a') == i % 26));
        assert_eq!((binary.len(), text.len()), (600, 60));
    }

    #[test]
    fn the_round_is_counted_into_text() {
        let payload = Payload::Text("m${i}-$${i}-${i}".to_owned());
        assert_eq!(&*payload.bytes_of_round(7).unwrap(), b"m7-${i}-7");
        assert_eq!(&*payload.bytes(), b"m${i}-$${i}-${i}");
    }

    #[test]
    fn the_longest_round_is_the_last() {
        let payload = Payload::Text("${i}-${i}-$${i}".to_owned());
        assert_eq!(payload.longest_round(Some(101)), "100-100-${i}".len());
        assert_eq!(payload.longest_round(None), "${i}-${i}-$${i}".len());
        assert_eq!(Payload::Fill(Fill { len: 9, kind: FillKind::Text }).longest_round(Some(3)), 9);
    }

    #[test]
    fn a_variable_that_is_not_known_is_named() {
        let error = Payload::Text("${room}".to_owned()).bytes_of_round(0).unwrap_err();
        assert_eq!(error, PayloadError::UnknownVariable("room".to_owned()));
        assert!(error.to_string().starts_with("`${room}` is not known here"), "{error}");
    }

    #[test]
    fn two_forms_or_none_are_refused() {
        assert_eq!(Payload::from_forms(None, None, None), Err(PayloadError::NotOneForm));
        assert_eq!(Payload::from_forms(Some(String::new()), Some("00"), None), Err(PayloadError::NotOneForm));
    }
}
