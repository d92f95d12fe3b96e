//! What a step sends, and what it expects.

use super::{
    fields::{Fault, Fields},
    scope::Scope,
};
use crate::matcher::Matcher;
use crosswire_protocol::payload::{Fill, FillKind, LONGEST_FILL};
use serde_json::Value;

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
    /// Another message in each round.
    Counting(Counting),
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
    /// Another message in each round.
    Counting(Counting),
    /// The bytes of a file beside the suites.
    Fixture(String),
}

/// A message that is another one in each round: something in it is `from` plus the number of the round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    /// A fill, and its length in the first round.
    Fill(Fill),
    /// A binary message of one byte, and that byte in the first round.
    Byte(u8),
}

/// The forms in which a payload is written.
pub const FORMS: [&str; 6] = ["text", "json", "hex", "fill", "fixture", "invalid_text"];

impl Payload {
    /// Reads the one form that is there.
    pub(super) fn read(fields: &mut Fields<'_>, scope: &Scope) -> Result<Self, Fault> {
        let form = one_form(fields)?;
        if form == "json" {
            return Ok(Self::Json(fields.required("json")?.clone()));
        }
        if form == "text" {
            let text = fields.optional_text("text")?;
            return Ok(Self::Text(text.unwrap_or_default()));
        }
        bytes_form(fields, form, scope.rounds).map(|form| match form {
            BytesForm::Hex(bytes) => Self::Bytes(bytes),
            BytesForm::InvalidText(bytes) => Self::InvalidText(bytes),
            BytesForm::Fill(fill) => Self::Fill(fill),
            BytesForm::Counting(counting) => Self::Counting(counting),
            BytesForm::Fixture(name) => Self::Fixture(name),
        })
    }

    /// The same, where there may be none.
    pub(super) fn read_optional(fields: &mut Fields<'_>, scope: &Scope) -> Result<Option<Self>, Fault> {
        let is_there = FORMS.iter().any(|form| fields.has(form));
        for form in FORMS {
            fields.value(form);
        }
        if is_there { Self::read(fields, scope).map(Some) } else { Ok(None) }
    }
}

impl Expectation {
    /// Reads the one form that is there. Names that its patterns bind are added to those of the scope.
    pub(super) fn read(fields: &mut Fields<'_>, scope: &mut Scope) -> Result<Self, Fault> {
        let form = one_form(fields)?;
        if form == "json" || form == "text" {
            let pattern = fields.required(form)?.clone();
            let at = fields.at(form);
            check_pattern(&pattern, &at, scope)?;
            return Ok(if form == "json" { Self::Json(pattern) } else { Self::Text(pattern) });
        }
        let at = fields.at(form);
        match bytes_form(fields, form, scope.rounds)? {
            BytesForm::Hex(bytes) => Ok(Self::Bytes(bytes)),
            BytesForm::InvalidText(_) => {
                Err(Fault::new(at, "text that is not UTF-8 can be sent, but never be received"))
            }
            BytesForm::Fill(fill) => Ok(Self::Fill(fill)),
            BytesForm::Counting(counting) => Ok(Self::Counting(counting)),
            BytesForm::Fixture(name) => Ok(Self::Fixture(name)),
        }
    }
}

/// A pattern is checked when it is loaded, so that a broken one is found before anything has run.
pub(super) fn check_pattern(pattern: &Value, at: &str, scope: &mut Scope) -> Result<(), Fault> {
    match Matcher::parse(pattern, &mut scope.bound) {
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
    Counting(Counting),
    Fixture(String),
}

/// Reads the value of a form. `rounds` is how often what stands here is taken, where it stands in a repetition.
fn bytes_form(fields: &mut Fields<'_>, form: &'static str, rounds: Option<u64>) -> Result<BytesForm, Fault> {
    let at = fields.at(form);
    let value = fields.required(form)?;
    match form {
        "hex" if value.is_object() => {
            let first = read_from(value, &at, rounds, u64::from(u8::MAX))?;
            Ok(BytesForm::Counting(Counting::Byte(u8::try_from(first).unwrap_or(u8::MAX))))
        }
        "hex" => {
            let bytes = value.as_str().and_then(|digits| hex::decode(digits).ok());
            bytes.map(BytesForm::Hex).ok_or_else(|| {
                Fault::new(at, "`hex` is an even number of hexadecimal digits, or {\"from\":byte}")
            })
        }
        "invalid_text" => {
            let bytes = value.as_str().and_then(|digits| hex::decode(digits).ok());
            let bytes = bytes.filter(|bytes| std::str::from_utf8(bytes).is_err());
            bytes.map(BytesForm::InvalidText).ok_or_else(|| {
                Fault::new(at, "`invalid_text` is bytes in hexadecimal digits that are not UTF-8")
            })
        }
        "fill" => read_fill(value, &at, rounds),
        _ => {
            let name = value.as_str().filter(|name| is_plain_file_name(name));
            let name = name
                .ok_or_else(|| Fault::new(at, "`fixture` is the name of a file in the fixtures' folder"))?;
            Ok(BytesForm::Fixture(name.to_owned()))
        }
    }
}

/// `{"len": n, "as": kind}`, or with `{"from": n}` for its length.
fn read_fill(value: &Value, at: &str, rounds: Option<u64>) -> Result<BytesForm, Fault> {
    let mut fields = Fields::of(value, at)?;
    let kind = match fields.text("as")? {
        "text" => FillKind::Text,
        "binary" => FillKind::Binary,
        _ => return Err(Fault::new(fields.at("as"), "a fill is made as `text` or as `binary`")),
    };
    let (len, at) = (fields.required("len")?, fields.at("len"));
    fields.end()?;
    if len.is_object() {
        let len = as_size(read_from(len, &at, rounds, LONGEST_FILL as u64)?);
        return Ok(BytesForm::Counting(Counting::Fill(Fill { len, kind })));
    }
    let len = len.as_u64().ok_or_else(|| {
        Fault::new(&at, "the length of a fill is a whole number of bytes, or {\"from\":n} in a repetition")
    })?;
    if len > LONGEST_FILL as u64 {
        return Err(Fault::new(at, format!("at most {LONGEST_FILL} bytes")));
    }
    Ok(BytesForm::Fill(Fill { len: as_size(len), kind }))
}

/// `{"from": n}`: what counts from n on with the rounds that it stands in, and may come to `most` in the last of them.
fn read_from(value: &Value, at: &str, rounds: Option<u64>, most: u64) -> Result<u64, Fault> {
    let mut fields = Fields::of(value, at)?;
    let wanted = format!("a whole number from 0 to {most}");
    let first = fields.optional("from", &wanted, |value| value.as_u64().filter(|first| *first <= most))?;
    let place = fields.at("from");
    let first = first.ok_or_else(|| Fault::new(at, "the field `from` is missing"))?;
    fields.end()?;
    let Some(rounds) = rounds else {
        return Err(Fault::new(
            place,
            "`from` counts rounds, and this stands in no `repeat` and beside no `times`",
        ));
    };
    let last = first + (rounds - 1);
    if last > most {
        return Err(Fault::new(
            place,
            format!(
                "counted from {first} the last of {rounds} rounds comes to {last}; at most {most} is allowed"
            ),
        ));
    }
    Ok(first)
}

/// What was held against a bound that every machine has room for.
fn as_size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// A name that cannot lead out of its folder.
fn is_plain_file_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}
