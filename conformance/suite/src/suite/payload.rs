//! What a step sends, and what it expects.

use super::fields::{Fault, Fields};
use crate::{json::pointer, matcher::Matcher};
use crosswire_protocol::payload::{Fill, LONGEST_FILL};
use serde_json::Value;
use std::collections::BTreeSet;

/// A payload as a test writes it down. Variables in it are replaced when the step is taken.
#[derive(Debug, Clone, PartialEq)]
pub enum Payload {
    /// A text message.
    Text(String),
    /// A text message of JSON, in which `{"$ref":"name"}` stands for what was bound.
    Json(Value),
    /// A binary message.
    Bytes(Vec<u8>),
    /// A text message of these bytes, which are no UTF-8 (a surrogate is written as its three bytes).
    InvalidText(Vec<u8>),
    /// A message made from its length.
    Fill(Fill),
    /// The bytes of a file beside the suites, as a message of their kind.
    Fixture(String),
}

/// What the next message has to be.
#[derive(Debug, Clone, PartialEq)]
pub enum Expectation {
    /// Text, matching a pattern for strings.
    Text(Value),
    /// Text that is JSON, matching a pattern.
    Json(Value),
    /// These bytes, as a binary message.
    Bytes(Vec<u8>),
    /// What a fill makes.
    Fill(Fill),
    /// The bytes of a file beside the suites.
    Fixture(String),
}

const FORMS: [&str; 6] = ["text", "json", "hex", "fill", "fixture", "invalid_text"];

impl Payload {
    /// Reads the one form that is there.
    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self, Fault> {
        let form = one_form(fields)?;
        if form == "json" {
            return Ok(Self::Json(fields.required("json")?.clone()));
        }
        if form == "text" {
            let text = fields.optional_text("text")?;
            return Ok(Self::Text(text.unwrap_or_default()));
        }
        bytes_form(fields, form).map(|form| match form {
            BytesForm::Hex(bytes) => Self::Bytes(bytes),
            BytesForm::InvalidText(bytes) => Self::InvalidText(bytes),
            BytesForm::Fill(fill) => Self::Fill(fill),
            BytesForm::Fixture(name) => Self::Fixture(name),
        })
    }

    /// The same, where there may be none.
    pub(super) fn read_optional(fields: &mut Fields<'_>) -> Result<Option<Self>, Fault> {
        let is_there = FORMS.iter().any(|form| fields.has(form));
        for form in FORMS {
            fields.value(form);
        }
        if is_there { Self::read(fields).map(Some) } else { Ok(None) }
    }
}

impl Expectation {
    /// Reads the one form that is there. Names that its patterns bind are added to `bound`.
    pub(super) fn read(fields: &mut Fields<'_>, bound: &mut BTreeSet<String>) -> Result<Self, Fault> {
        let form = one_form(fields)?;
        if form == "json" || form == "text" {
            let pattern = fields.required(form)?.clone();
            let at = fields.at(form);
            check_pattern(&pattern, &at, bound)?;
            return Ok(if form == "json" { Self::Json(pattern) } else { Self::Text(pattern) });
        }
        let at = fields.at(form);
        match bytes_form(fields, form)? {
            BytesForm::Hex(bytes) => Ok(Self::Bytes(bytes)),
            BytesForm::InvalidText(_) => {
                Err(Fault::new(at, "text that is not UTF-8 can be sent, but never be received"))
            }
            BytesForm::Fill(fill) => Ok(Self::Fill(fill)),
            BytesForm::Fixture(name) => Ok(Self::Fixture(name)),
        }
    }
}

/// A pattern is checked when it is loaded, so that a broken one is found before anything has run.
pub(super) fn check_pattern(pattern: &Value, at: &str, bound: &mut BTreeSet<String>) -> Result<(), Fault> {
    match Matcher::parse(pattern, bound) {
        Ok(_) => Ok(()),
        Err(error) => Err(Fault::new(format!("{at}{}", error.at), error.message)),
    }
}

fn one_form(fields: &mut Fields<'_>) -> Result<&'static str, Fault> {
    let forms: Vec<&'static str> = FORMS.into_iter().filter(|form| fields.value(form).is_some()).collect();
    match forms[..] {
        [form] => Ok(form),
        _ => Err(Fault::new(fields.place(), format!("exactly one of {} is wanted here", FORMS.join(", ")))),
    }
}

enum BytesForm {
    Hex(Vec<u8>),
    InvalidText(Vec<u8>),
    Fill(Fill),
    Fixture(String),
}

fn bytes_form(fields: &mut Fields<'_>, form: &'static str) -> Result<BytesForm, Fault> {
    let at = fields.at(form);
    let value = fields.required(form)?;
    match form {
        "hex" => {
            let bytes = value.as_str().and_then(|digits| hex::decode(digits).ok());
            bytes
                .map(BytesForm::Hex)
                .ok_or_else(|| Fault::new(at, "`hex` is an even number of hexadecimal digits"))
        }
        "invalid_text" => {
            let bytes = value.as_str().and_then(|digits| hex::decode(digits).ok());
            let bytes = bytes.filter(|bytes| std::str::from_utf8(bytes).is_err());
            bytes.map(BytesForm::InvalidText).ok_or_else(|| {
                Fault::new(at, "`invalid_text` is bytes in hexadecimal digits that are not UTF-8")
            })
        }
        "fill" => {
            let fill = serde_json::from_value::<Fill>(value.clone()).map_err(|error| {
                Fault::new(&at, format!("`fill` is {{\"len\":n,\"as\":\"text\"|\"binary\"}}: {error}"))
            })?;
            if fill.len > LONGEST_FILL {
                return Err(Fault::new(pointer(&at, "len"), format!("at most {LONGEST_FILL} bytes")));
            }
            Ok(BytesForm::Fill(fill))
        }
        _ => {
            let name = value.as_str().filter(|name| is_plain_file_name(name));
            let name = name
                .ok_or_else(|| Fault::new(at, "`fixture` is the name of a file in the fixtures' folder"))?;
            Ok(BytesForm::Fixture(name.to_owned()))
        }
    }
}

/// A name that cannot lead out of its folder.
fn is_plain_file_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}
