//! What the driver reports.

use crate::{LONGEST_LINE, clock};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use crosswire_wasm_client::{Closed, Message};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::{cell::Cell, fmt, rc::Rc};

/// A message that is longer is told by its hash, unless it was asked for in full.
const SHOWN_IN_FULL: usize = 4 << 10;
/// What of such a message is shown.
const HEAD: usize = 64;
/// Room on a line for everything but the payload.
const AROUND: usize = 1 << 10;

/// Where lines go.
#[derive(Clone)]
pub(crate) struct Output(Rc<dyn Fn(String)>);

impl Output {
    pub(crate) fn to(write: impl Fn(String) + 'static) -> Self {
        Self(Rc::new(write))
    }

    pub(crate) fn line(&self, line: &Value) {
        (self.0)(line.to_string());
    }

    /// Answers what is no command.
    pub(crate) fn error(&self, message: &str, seq: Option<u64>, c: Option<u64>) {
        let mut error = json!({"message": message});
        for (name, number) in [("seq", seq), ("c", c)] {
            if let Some(number) = number {
                error[name] = json!(number);
            }
        }
        self.line(&json!({"error": error}));
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Output")
    }
}

/// What happened, in the protocol's words.
#[derive(Debug, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(crate) enum What {
    Opened { subprotocol: Option<String>, extensions: Vec<String> },
    Refused { error: String, status: Option<u16> },
    Done,
    Failed { error: String },
    Received(Received),
    Closed { code: u16, reason: String, clean: bool },
    Listened,
    Ended,
}

impl What {
    pub(crate) fn refused(error: &impl ToString) -> Self {
        Self::Refused { error: error.to_string(), status: None }
    }

    pub(crate) fn failed(error: &impl ToString) -> Self {
        Self::Failed { error: error.to_string() }
    }

    pub(crate) fn closed(closed: Closed) -> Self {
        Self::Closed { code: closed.code.0, reason: closed.reason, clean: closed.clean }
    }
}

/// A message that has come.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum Received {
    Text { text: String },
    Binary { base64: String },
    Long { kind: &'static str, len: usize, sha256: String, head: String },
}

impl Received {
    /// A message; a long one in full where that was asked for and a line can hold it.
    pub(crate) fn of(message: Message, full: bool) -> Self {
        let long = message.as_bytes().len() > SHOWN_IN_FULL;
        match message {
            Message::Text(text) => {
                let fits =
                    || serde_json::to_string(&text).is_ok_and(|json| json.len() + AROUND <= LONGEST_LINE);
                if !long || full && fits() {
                    Self::Text { text }
                } else {
                    Self::long("text", text.as_bytes())
                }
            }
            Message::Binary(bytes) => {
                let fits = bytes.len().div_ceil(3) * 4 + AROUND <= LONGEST_LINE;
                if !long || full && fits {
                    Self::Binary { base64: BASE64_STANDARD.encode(bytes) }
                } else {
                    Self::long("binary", &bytes)
                }
            }
        }
    }

    fn long(kind: &'static str, bytes: &[u8]) -> Self {
        let head = hex::encode(&bytes[..HEAD.min(bytes.len())]);
        Self::Long { kind, len: bytes.len(), sha256: hex::encode(Sha256::digest(bytes)), head }
    }
}

/// Reports for one test, or for one connection of it.
#[derive(Debug, Clone)]
pub(crate) struct Reporter {
    test: Rc<Test>,
    on: Option<Rc<str>>,
    output: Output,
}

/// A test, as far as its events are counted.
#[derive(Debug)]
struct Test {
    seq: u64,
    events: Cell<u64>,
    has_ended: Cell<bool>,
}

impl Reporter {
    pub(crate) fn of(seq: u64, output: &Output) -> Self {
        let test = Test { seq, events: Cell::new(0), has_ended: Cell::new(false) };
        Self { test: Rc::new(test), on: None, output: output.clone() }
    }

    /// The same for a connection.
    pub(crate) fn on(&self, name: &str) -> Self {
        Self { on: Some(name.into()), ..self.clone() }
    }

    /// Reports that a command has been answered, or what nobody asked for. Nothing of a test comes after its end.
    pub(crate) fn report(&self, c: Option<u64>, what: &What) {
        #[derive(Serialize)]
        struct Fields<'a> {
            seq: u64,
            n: u64,
            #[serde(skip_serializing_if = "Option::is_none")]
            c: Option<u64>,
            ms: f64,
            #[serde(skip_serializing_if = "Option::is_none")]
            on: Option<&'a str>,
            #[serde(flatten)]
            what: &'a What,
        }

        let test = &self.test;
        if test.has_ended.get() {
            return;
        }
        test.has_ended.set(matches!(what, What::Ended));
        test.events.set(test.events.get() + 1);
        let (n, ms, on) = (test.events.get(), clock::milliseconds(), self.on.as_deref());
        let fields = Fields { seq: test.seq, n, c, ms, on, what };
        self.output.line(&json!({"event": fields}));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_four_kibibytes_and_not_one_more() {
        let shown = Received::of(Message::Text("x".repeat(4096)), false);
        assert_eq!(shown, Received::Text { text: "x".repeat(4096) });
        let long = Received::Long {
            kind: "binary",
            len: 4097,
            sha256: "f9ecad1d085b619073e67e6033430a0f92a89328890ccbdf9e7c10c34664ad53".to_owned(),
            head: "07".repeat(64),
        };
        assert_eq!(Received::of(Message::Binary(vec![7; 4097]), false), long);
    }

    #[test]
    fn shows_everything_that_was_asked_for_and_that_a_line_holds() {
        let kind = |message| match Received::of(message, true) {
            Received::Text { .. } => "text",
            Received::Binary { .. } => "base64",
            Received::Long { .. } => "long",
        };
        assert_eq!(kind(Message::Text("x".repeat(4097))), "text");
        assert_eq!(kind(Message::Text("\0".repeat(1 << 20))), "long", "6 MiB of JSON");
        assert_eq!(kind(Message::Binary(vec![7; (3 << 20) - 1024])), "base64");
        assert_eq!(kind(Message::Binary(vec![7; 3 << 20])), "long", "4 MiB of base64 and more");
    }
}
