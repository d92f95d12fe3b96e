//! What can be told, read strictly: nothing is carried out of a command that has a field too many, lacks one, or has one of
//! another type. A capability that you claim in library.rs brings more commands and fields.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// A longer message is told by its hash.
const SHOWN_IN_FULL: usize = 4096;
const LONGEST_FILL: usize = 256 << 20;

#[derive(Deserialize)]
#[serde(tag = "cmd", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    Hello { protocol: u64 },
    Open(Open),
    Send(Send),
    Close(Close),
    Listen { seq: u64, c: u64, url: String },
    End { seq: u64, c: u64 },
    Bye {},
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub struct Open {
    pub seq: u64,
    pub c: u64,
    pub on: String,
    pub url: String,
    pub within_ms: u64,
    #[serde(default)]
    pub subprotocols: Vec<String>,
    pub data: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Send {
    pub seq: u64,
    pub c: u64,
    pub on: String,
    text: Option<String>,
    base64: Option<String>,
    fill: Option<Fill>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fill {
    len: usize,
    r#as: Kind,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Text,
    Binary,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Close {
    pub seq: u64,
    pub c: u64,
    pub on: String,
    pub within_ms: u64,
    pub code: Option<u16>,
    #[serde(default)]
    pub reason: String,
}

/// What is sent or has come.
pub enum Message {
    Text(String),
    Binary(Vec<u8>),
}

/// Reads a line; else the answer to it, with what it has of the numbers.
pub fn understand(line: &[u8]) -> Result<Command, Value> {
    let wrong = |message: String, given: &Value| {
        let mut error = json!({"message": message});
        for name in ["seq", "c"] {
            if given[name].is_u64() {
                error[name] = given[name].clone();
            }
        }
        json!({"error": error})
    };
    let given: Value = serde_json::from_slice(line).map_err(|error| wrong(error.to_string(), &Value::Null))?;
    let command: Command =
        serde_json::from_value(given.clone()).map_err(|error| wrong(error.to_string(), &given))?;
    match &command {
        Command::Hello { protocol } if *protocol != 1 => {
            Err(wrong(format!("protocol {protocol} is not spoken here, but 1"), &given))
        }
        Command::Send(send) => match send.payload() {
            Ok(_) => Ok(command),
            Err(message) => Err(wrong(message, &given)),
        },
        _ => Ok(command),
    }
}

impl Send {
    /// The message, which is told in one of three forms.
    pub fn payload(&self) -> Result<Message, String> {
        match (&self.text, &self.base64, &self.fill) {
            (Some(text), None, None) => Ok(Message::Text(text.clone())),
            (None, Some(text), None) => {
                let bytes = STANDARD.decode(text).map_err(|error| format!("`base64`: {error}"))?;
                Ok(Message::Binary(bytes))
            }
            (None, None, Some(Fill { len, .. })) if *len > LONGEST_FILL => {
                Err(format!("a `fill` is at most {LONGEST_FILL} bytes long"))
            }
            (None, None, Some(Fill { len, r#as: Kind::Text })) => {
                Ok(Message::Text(('a'..='z').cycle().take(*len).collect()))
            }
            (None, None, Some(Fill { len, .. })) => {
                Ok(Message::Binary((0..251).cycle().take(*len).collect()))
            }
            _ => Err("a payload is exactly one of `text`, `base64` and `fill`".to_owned()),
        }
    }
}

impl Message {
    /// How it is told: whole, or by its hash.
    pub fn shown(&self, in_full: bool) -> Value {
        let (kind, data) = match self {
            Self::Text(text) => ("text", text.as_bytes()),
            Self::Binary(data) => ("binary", data.as_slice()),
        };
        match self {
            _ if data.len() > SHOWN_IN_FULL && !in_full => {
                let sha256 = hex::encode(Sha256::digest(data));
                json!({"kind": kind, "len": data.len(), "sha256": sha256, "head": hex::encode(&data[..64])})
            }
            Self::Text(text) => json!({"text": text}),
            Self::Binary(data) => json!({"base64": STANDARD.encode(data)}),
        }
    }
}
