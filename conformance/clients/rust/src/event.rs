//! What the driver reports.

use crate::{LONGEST_LINE, output::Output};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64},
    },
    time::Instant,
};
use tokio_tungstenite::tungstenite::{Bytes, Utf8Bytes};

/// A message that is longer is told by its hash, unless it was asked for in full.
const SHOWN_IN_FULL: usize = 4 << 10;
/// What of such a message is shown.
const HEAD: usize = 64;
/// Room on a line for everything but the payload.
const AROUND: usize = 1 << 10;

/// A test, as the output sees it: it alone counts events, so that `n` has no gap and is the order of the lines.
#[derive(Debug, Default)]
pub(crate) struct Test {
    pub(crate) seq: u64,
    pub(crate) events: AtomicU64,
    pub(crate) ended: AtomicBool,
}

/// Something that happened.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) test: Arc<Test>,
    pub(crate) c: Option<u64>,
    pub(crate) at: Instant,
    pub(crate) on: Option<Arc<str>>,
    pub(crate) what: What,
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
    Pong { hex: String },
    Closed { code: u16, reason: String, clean: bool },
    Listened,
    Ended,
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
    /// A text; a long one in full where that was asked for and a line can hold it.
    pub(crate) fn text(text: &Utf8Bytes, full: bool) -> Self {
        let fits =
            || serde_json::to_string(text.as_str()).is_ok_and(|json| json.len() + AROUND <= LONGEST_LINE);
        if text.len() <= SHOWN_IN_FULL || full && fits() {
            Self::Text { text: text.as_str().to_owned() }
        } else {
            Self::long("text", text.as_bytes())
        }
    }

    /// A binary message, likewise.
    pub(crate) fn binary(bytes: &Bytes, full: bool) -> Self {
        let fits = || bytes.len().div_ceil(3) * 4 + AROUND <= LONGEST_LINE;
        if bytes.len() <= SHOWN_IN_FULL || full && fits() {
            Self::Binary { base64: BASE64_STANDARD.encode(bytes) }
        } else {
            Self::long("binary", bytes)
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
    pub(crate) test: Arc<Test>,
    pub(crate) on: Option<Arc<str>>,
    pub(crate) output: Output,
}

impl Reporter {
    /// The same for a connection.
    pub(crate) fn on(&self, name: &str) -> Self {
        Self { on: Some(name.into()), ..self.clone() }
    }

    /// An event that happens now.
    pub(crate) fn event(&self, c: Option<u64>, what: What) -> Event {
        Event { test: self.test.clone(), c, at: Instant::now(), on: self.on.clone(), what }
    }

    /// Reports that a command has been answered, or what nobody asked for. Waits while standard output is not read.
    pub(crate) async fn report(&self, c: Option<u64>, what: What) {
        self.output.event(self.event(c, what)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_four_kibibytes_and_not_one_more() {
        let shown = Received::text(&"x".repeat(4096).into(), false);
        assert_eq!(shown, Received::Text { text: "x".repeat(4096) });
        let long = Received::Long {
            kind: "binary",
            len: 4097,
            sha256: "f9ecad1d085b619073e67e6033430a0f92a89328890ccbdf9e7c10c34664ad53".to_owned(),
            head: "07".repeat(64),
        };
        assert_eq!(Received::binary(&vec![7; 4097].into(), false), long);
    }

    #[test]
    fn shows_everything_that_was_asked_for_and_that_a_line_holds() {
        let kind = |received| match received {
            Received::Text { .. } => "text",
            Received::Binary { .. } => "base64",
            Received::Long { .. } => "long",
        };
        assert_eq!(kind(Received::text(&"x".repeat(4097).into(), true)), "text");
        assert_eq!(kind(Received::text(&"\0".repeat(1 << 20).into(), true)), "long", "6 MiB of JSON");
        assert_eq!(kind(Received::binary(&vec![7; (3 << 20) - 1024].into(), true)), "base64");
        assert_eq!(
            kind(Received::binary(&vec![7; 3 << 20].into(), true)),
            "long",
            "4 MiB of base64 and more"
        );
    }
}
