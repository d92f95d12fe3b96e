//! Payloads of steps: as they are sent, and as they are expected.

use super::names::Names;
use crate::{
    driver::{Message, Sent},
    fixtures::Fixtures,
    judgement::Reason,
    matcher::{Bindings, Matcher},
    suite::{Counting, Expectation, Payload},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crosswire_protocol::{
    digest::Kind,
    payload::{Fill, Payload as Made},
};
use serde_json::Value;
use std::collections::BTreeSet;

/// A payload as the driver is given it, and as it is on the wire.
pub(super) fn make(
    payload: &Payload,
    names: Names<'_>,
    fixtures: &Fixtures,
) -> Result<(Sent, Message), String> {
    Ok(match payload {
        Payload::Text(text) => text_of(names.fill(text)?),
        Payload::Json(value) => text_of(names.fill_json(value)?.to_string()),
        Payload::Bytes(bytes) => binary_of(bytes.clone()),
        Payload::InvalidText(bytes) => {
            (Sent::InvalidText(hex::encode(bytes)), Message::whole(Kind::Text, bytes.clone()))
        }
        Payload::Fill(fill) => (Sent::Fill(*fill), filled(*fill)),
        Payload::Counting(counting) => match counted(*counting, names)? {
            Counting::Fill(fill) => (Sent::Fill(fill), filled(fill)),
            Counting::Byte(byte) => binary_of(vec![byte]),
        },
        Payload::Fixture(name) => match fixture(name, fixtures)? {
            (Kind::Text, bytes) => text_of(String::from_utf8_lossy(bytes).into_owned()),
            (Kind::Binary, bytes) => binary_of(bytes.to_vec()),
        },
    })
}

fn text_of(text: String) -> (Sent, Message) {
    let message = Message::whole(Kind::Text, text.clone().into_bytes());
    (Sent::Text(text), message)
}

fn binary_of(bytes: Vec<u8>) -> (Sent, Message) {
    (Sent::Base64(BASE64.encode(&bytes)), Message::whole(Kind::Binary, bytes))
}

fn filled(fill: Fill) -> Message {
    Message::whole(Made::Fill(fill).kind(), fill.bytes())
}

/// What it has come to in this round.
fn counted(counting: Counting, names: Names<'_>) -> Result<Counting, String> {
    let beyond = |round: u64| format!("round {round} is beyond what can be counted here");
    let round = names.round.ok_or("`from` counts rounds, and this step is in no repetition")?;
    Ok(match counting {
        Counting::Fill(first) => {
            let len = usize::try_from(round).ok().and_then(|round| first.len.checked_add(round));
            Counting::Fill(Fill { len: len.ok_or_else(|| beyond(round))?, ..first })
        }
        Counting::Byte(first) => {
            let byte = u8::try_from(round).ok().and_then(|round| first.checked_add(round));
            Counting::Byte(byte.ok_or_else(|| beyond(round))?)
        }
    })
}

fn fixture<'a>(name: &str, fixtures: &'a Fixtures) -> Result<(Kind, &'a [u8]), String> {
    let found = fixtures.named(name).ok_or_else(|| format!("there is no fixture `{name}`"))?;
    Ok((found.kind, &found.bytes))
}

/// Whether an expectation can only be held against a message that is reported whole.
pub(super) const fn wants_all(expectation: &Expectation) -> bool {
    matches!(expectation, Expectation::Json(_) | Expectation::Text(Value::Object(_)))
}

/// Whether it is another message in each round.
pub(super) fn counts(payload: &Payload) -> bool {
    match payload {
        Payload::Text(text) => text.contains("${"),
        Payload::Json(_) | Payload::Counting(_) => true,
        Payload::Bytes(_) | Payload::InvalidText(_) | Payload::Fill(_) | Payload::Fixture(_) => false,
    }
}

/// Whether an expectation is met by one message only, the same in each round.
pub(super) fn is_one_message(expectation: &Expectation) -> bool {
    match expectation {
        Expectation::Text(Value::String(text)) => !text.contains("${"),
        Expectation::Text(_) | Expectation::Json(_) | Expectation::Counting(_) => false,
        Expectation::Bytes(_) | Expectation::Fill(_) | Expectation::Fixture(_) => true,
    }
}

/// What is wrong with a message, in place of a whole [`Reason`].
#[derive(Debug)]
pub(super) struct Difference {
    pub(super) at: Option<String>,
    pub(super) want: String,
    pub(super) got: String,
}

/// Why an expectation could not be met.
#[derive(Debug)]
pub(super) enum Unmet {
    /// The message is another one.
    Differs(Difference),
    /// The test itself is broken.
    Broken(String),
}

impl Difference {
    /// The reason that it makes.
    pub(super) fn into_reason(self, code: &str, message: &str) -> Reason {
        Reason { at: self.at, want: Some(self.want), got: Some(self.got), ..Reason::new(code, message) }
    }
}

/// Holds a message against an expectation. What it captures is bound.
pub(super) fn hold(
    expectation: &Expectation,
    message: &Message,
    bindings: &mut Bindings,
    round: Option<u64>,
    fixtures: &Fixtures,
) -> Result<(), Unmet> {
    let names = Names { bindings, round };
    if let Some(wanted) = only_message(expectation, names, fixtures).map_err(Unmet::Broken)? {
        if wanted.is(message) {
            return Ok(());
        }
        return Err(Unmet::Differs(Difference {
            at: first_difference(&wanted, message),
            want: wanted.to_words(),
            got: message.to_words(),
        }));
    }
    match expectation {
        Expectation::Text(pattern) => {
            let pattern = names.fill_value(pattern).map_err(Unmet::Broken)?;
            let text = text_of_message(message, "a text message")?;
            hold_value(&pattern, &Value::String(text), bindings, message)
        }
        Expectation::Json(pattern) => {
            let pattern = names.fill_value(pattern).map_err(Unmet::Broken)?;
            let text = text_of_message(message, "JSON in a text message")?;
            let value = serde_json::from_str(&text).map_err(|error| {
                Unmet::Differs(Difference {
                    at: None,
                    want: "JSON".to_owned(),
                    got: format!("{}, which is not JSON: {error}", message.to_words()),
                })
            })?;
            hold_value(&pattern, &value, bindings, message)
        }
        Expectation::Bytes(_) | Expectation::Fill(_) | Expectation::Counting(_) | Expectation::Fixture(_) => {
            Ok(())
        }
    }
}

/// The message that an expectation is met by, where there is only one.
pub(super) fn only_message(
    expectation: &Expectation,
    names: Names<'_>,
    fixtures: &Fixtures,
) -> Result<Option<Message>, String> {
    Ok(Some(match expectation {
        Expectation::Text(Value::String(text)) => Message::whole(Kind::Text, names.fill(text)?.into_bytes()),
        Expectation::Bytes(bytes) => Message::whole(Kind::Binary, bytes.clone()),
        Expectation::Fill(fill) => filled(*fill),
        Expectation::Counting(counting) => match counted(*counting, names)? {
            Counting::Fill(fill) => filled(fill),
            Counting::Byte(byte) => Message::whole(Kind::Binary, vec![byte]),
        },
        Expectation::Fixture(name) => {
            let (kind, bytes) = fixture(name, fixtures)?;
            Message::whole(kind, bytes.to_vec())
        }
        Expectation::Text(_) | Expectation::Json(_) => return Ok(None),
    }))
}

fn text_of_message(message: &Message, want: &str) -> Result<String, Unmet> {
    let text = message.payload.as_ref().filter(|_| message.kind == Kind::Text);
    text.and_then(|payload| String::from_utf8(payload.clone()).ok()).ok_or_else(|| {
        Unmet::Differs(Difference { at: None, want: want.to_owned(), got: message.to_words() })
    })
}

/// Holds any value against a pattern whose names are filled in.
pub(super) fn hold_value(
    pattern: &Value,
    value: &Value,
    bindings: &mut Bindings,
    message: &Message,
) -> Result<(), Unmet> {
    hold_pattern(pattern, value, bindings).map_err(|unmet| match unmet {
        Unmet::Differs(difference) if difference.at.as_deref() == Some("") => {
            Unmet::Differs(Difference { at: None, got: message.to_words(), ..difference })
        }
        unmet => unmet,
    })
}

/// Holds a value that was not received in a message against a pattern.
pub(super) fn hold_pattern(pattern: &Value, value: &Value, bindings: &mut Bindings) -> Result<(), Unmet> {
    let mut bound: BTreeSet<String> = bindings.keys().cloned().collect();
    let matcher = Matcher::parse(pattern, &mut bound).map_err(|error| Unmet::Broken(error.to_string()))?;
    matcher.hold(value, bindings).map_err(|mismatch| {
        Unmet::Differs(Difference {
            at: Some(mismatch.at),
            want: mismatch.want,
            got: mismatch.got.map_or_else(|| "nothing".to_owned(), |got| shortened(&got.to_string())),
        })
    })
}

/// Where two messages of one kind begin to differ, if that can be seen.
fn first_difference(wanted: &Message, got: &Message) -> Option<String> {
    let wanted_bytes = wanted.payload.as_deref()?;
    let got_bytes = got.payload.as_deref().unwrap_or(&got.head);
    let shared = wanted_bytes.iter().zip(got_bytes).take_while(|(a, b)| a == b).count();
    let is_told =
        wanted.kind == got.kind && shared > 0 && (shared < got_bytes.len() || got.payload.is_some());
    is_told.then(|| format!("byte {shared}"))
}

/// The longest text that is shown of a message.
const SHOWN: usize = 120;

/// A text that may be long, as it is shown.
pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

impl Message {
    /// The message in few words, for people.
    pub fn to_words(&self) -> String {
        let bytes = self.payload.as_deref().unwrap_or(&self.head);
        let is_long = self.length > SHOWN as u64;
        let head = &bytes[..bytes.len().min(if is_long { 24 } else { SHOWN })];
        let kind = match self.kind {
            Kind::Text => "text",
            Kind::Binary => "binary",
        };
        let ellipsis = if is_long { "…" } else { "" };
        let shown = match (self.kind, std::str::from_utf8(head)) {
            (Kind::Text, Ok(text)) => format!("{text:?}"),
            (Kind::Text, Err(_)) => format!("{:?}", String::from_utf8_lossy(head)),
            (Kind::Binary, _) => hex::encode(head),
        };
        match self.length {
            0 => format!("an empty {kind} message"),
            length if is_long => {
                format!(
                    "{kind} of {length} bytes, {shown}{ellipsis} (sha256 {}…)",
                    hex::encode(&self.sha256[..4])
                )
            }
            length => format!("{kind} {shown} ({length} bytes)"),
        }
    }
}
