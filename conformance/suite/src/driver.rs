//! The driver protocol, from the runner's side: `conformance/drivers.md` in types.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crosswire_protocol::{digest::Kind, payload::Fill};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The version of the protocol.
pub const PROTOCOL: u64 = 1;

/// The longest line, in bytes.
pub const LONGEST_LINE: usize = 4 << 20;

/// A command of a test.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Command {
    /// The test.
    pub seq: u64,
    /// Its number in the test.
    pub c: u64,
    /// What is to be done.
    #[serde(flatten)]
    pub order: Order,
}

/// What a driver is told to do.
#[expect(missing_docs, reason = "each is a row of the table in conformance/drivers.md, with the same names")]
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "cmd", rename_all = "snake_case")]
pub enum Order {
    Open(Open),
    Send {
        on: String,
        #[serde(flatten)]
        payload: Sent,
        #[serde(skip_serializing_if = "Option::is_none")]
        fragments: Option<Vec<usize>>,
    },
    SendMany {
        on: String,
        senders: u64,
        messages: Vec<Sent>,
    },
    Ping {
        on: String,
        hex: String,
    },
    Pong {
        on: String,
        hex: String,
    },
    Close {
        on: String,
        within_ms: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<u16>,
        #[serde(skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    Drop {
        on: String,
    },
    StopReading {
        on: String,
    },
    StartReading {
        on: String,
    },
    React {
        on: String,
        then: Vec<Command>,
    },
    Listen {
        url: String,
    },
    End,
}

/// How a connection is opened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Open {
    /// The connection's name.
    pub on: String,
    /// Where to.
    pub url: String,
    /// How long it may take.
    pub within_ms: u64,
    /// What is offered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subprotocols: Vec<String>,
    /// More headers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    /// The longest message that the client accepts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_message: Option<u64>,
    /// `false`: nothing is read yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reading: Option<bool>,
    /// `full`: messages are reported whole, however long they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<&'static str>,
    /// `true`: given up at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abandon: Option<bool>,
}

/// A payload as a driver is given it.
#[expect(missing_docs, reason = "the forms of conformance/drivers.md, by their names")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sent {
    Text(String),
    Base64(String),
    Fill(Fill),
    InvalidText(String),
}

/// A line that a driver wrote.
#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    /// It introduces itself.
    Hello(Hello),
    /// Something happened.
    Event(Event),
    /// It did not know what it was told.
    Error(DriverError),
}

/// How a driver introduces itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// Its name, as in its manifest.
    pub client: String,
    /// Its language.
    pub language: String,
    /// What runs it.
    pub runtime: String,
    /// The library and its version.
    pub library: String,
    /// How many tests it takes at once.
    pub max_concurrent: usize,
    /// The origin that its handshakes carry, where they carry one.
    pub origin: Option<String>,
    /// What it can do.
    pub capabilities: Vec<String>,
}

/// What a driver did not know.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DriverError {
    /// In its own words.
    pub message: String,
    /// The test, where it could be read.
    #[serde(default)]
    pub seq: Option<u64>,
    /// The command, where it could be read.
    #[serde(default)]
    pub c: Option<u64>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// In which test.
    pub seq: u64,
    /// The how manieth in it, from 1.
    pub n: u64,
    /// The command that it answers.
    pub c: Option<u64>,
    /// On which connection.
    pub on: Option<String>,
    /// What it is.
    pub is: Happened,
}

/// What happened.
#[expect(missing_docs, reason = "each is a row of the table in conformance/drivers.md, with the same names")]
#[derive(Debug, Clone, PartialEq)]
pub enum Happened {
    Opened { subprotocol: Option<String>, extensions: Option<Vec<String>> },
    Refused { error: String, status: Option<u16> },
    Done,
    Failed { error: String },
    Received(Message),
    Pong { payload: Vec<u8> },
    Closed(Closed),
    Listened,
    Ended,
}

/// A connection is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// As the WebSocket API has it.
    pub code: u16,
    /// The peer's reason.
    pub reason: String,
    /// Whether close frames went both ways.
    pub clean: bool,
}

/// A message as it was reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Text or binary.
    pub kind: Kind,
    /// Its length in bytes.
    pub length: u64,
    /// The SHA-256 of its payload.
    pub sha256: [u8; 32],
    /// Its payload, where it was reported whole.
    pub payload: Option<Vec<u8>>,
    /// The beginning of its payload.
    pub head: Vec<u8>,
}

/// How many bytes of a long message are shown.
const HEAD: usize = 64;

impl Message {
    /// A message of which everything is known.
    pub fn whole(kind: Kind, payload: Vec<u8>) -> Self {
        Self {
            kind,
            length: payload.len() as u64,
            sha256: Sha256::digest(&payload).into(),
            head: payload[..payload.len().min(HEAD)].to_vec(),
            payload: Some(payload),
        }
    }

    /// The same, without what it was made of: enough to be told from every other.
    pub(crate) fn without_payload(self) -> Self {
        Self { payload: None, ..self }
    }

    /// Whether both are the same message.
    pub fn is(&self, other: &Self) -> bool {
        (self.kind, self.length, self.sha256) == (other.kind, other.length, other.sha256)
    }
}

/// Reads a line of a driver.
///
/// # Errors
/// What is wrong with it, for the one who writes the driver.
pub fn read_line(line: &str) -> Result<Line, String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Written {
        Hello(Hello),
        Event(Box<WrittenEvent>),
        Error(DriverError),
    }
    if line.len() > LONGEST_LINE {
        return Err(format!("the line is {} bytes long; at most {LONGEST_LINE} are allowed", line.len()));
    }
    let written: Written = serde_json::from_str(line).map_err(|error| error.to_string())?;
    match written {
        Written::Hello(hello) if hello.max_concurrent == 0 => {
            Err("`max_concurrent` is 0; a driver takes at least one test at once".to_owned())
        }
        Written::Hello(hello) => Ok(Line::Hello(hello)),
        Written::Event(event) => event.read().map(Line::Event),
        Written::Error(error) => Ok(Line::Error(error)),
    }
}

/// An event as it is written: which fields it has depends on what it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEvent {
    seq: u64,
    n: u64,
    c: Option<u64>,
    // Shown in no report: each driver's clock is its own.
    #[serde(rename = "ms")]
    _ms: Option<f64>,
    on: Option<String>,
    is: String,
    subprotocol: Option<String>,
    extensions: Option<Vec<String>>,
    error: Option<String>,
    status: Option<u16>,
    text: Option<String>,
    base64: Option<String>,
    kind: Option<String>,
    len: Option<u64>,
    sha256: Option<String>,
    head: Option<String>,
    hex: Option<String>,
    code: Option<u16>,
    reason: Option<String>,
    clean: Option<bool>,
}

impl WrittenEvent {
    fn read(mut self) -> Result<Event, String> {
        let is = match &*self.is {
            "opened" => {
                Happened::Opened { subprotocol: self.subprotocol.take(), extensions: self.extensions.take() }
            }
            "refused" => {
                Happened::Refused { error: wanted(self.error.take(), "error")?, status: self.status.take() }
            }
            "done" => Happened::Done,
            "failed" => Happened::Failed { error: wanted(self.error.take(), "error")? },
            "received" => Happened::Received(self.message()?),
            "pong" => Happened::Pong { payload: unhex(self.hex.take(), "hex")? },
            "closed" => Happened::Closed(Closed {
                code: wanted(self.code.take(), "code")?,
                reason: wanted(self.reason.take(), "reason")?,
                clean: wanted(self.clean.take(), "clean")?,
            }),
            "listened" => Happened::Listened,
            "ended" => Happened::Ended,
            other => return Err(format!("no event is `{other}`")),
        };
        if let Some(left) = self.left_over() {
            return Err(format!("the event `{}` has no `{left}`", self.is));
        }
        let is_about_one = !matches!(is, Happened::Listened | Happened::Ended | Happened::Failed { .. });
        if is_about_one && self.on.is_none() {
            return Err(format!("the event `{}` names no connection, in `on`", self.is));
        }
        Ok(Event { seq: self.seq, n: self.n, c: self.c, on: self.on, is })
    }

    fn message(&mut self) -> Result<Message, String> {
        match (self.text.take(), self.base64.take(), self.kind.take()) {
            (Some(text), None, None) => Ok(Message::whole(Kind::Text, text.into_bytes())),
            (None, Some(encoded), None) => {
                let payload = BASE64.decode(encoded).map_err(|error| format!("`base64` is not: {error}"))?;
                Ok(Message::whole(Kind::Binary, payload))
            }
            (None, None, Some(kind)) => {
                let kind = match &*kind {
                    "text" => Kind::Text,
                    "binary" => Kind::Binary,
                    other => return Err(format!("`kind` is text or binary, not `{other}`")),
                };
                let sha256 = unhex(self.sha256.take(), "sha256")?;
                let sha256 = sha256.try_into().map_err(|_| "`sha256` is 64 hexadecimal digits".to_owned())?;
                let length = wanted(self.len.take(), "len")?;
                let head = unhex(self.head.take(), "head")?;
                if head.len() as u64 != length.min(HEAD as u64) {
                    return Err(format!("`head` is the first {HEAD} bytes, or all where there are fewer"));
                }
                Ok(Message { kind, length, sha256, payload: None, head })
            }
            _ => Err(
                "a message is exactly one of `text`, `base64`, and `kind` with `len`, `sha256` and `head`"
                    .to_owned(),
            ),
        }
    }

    /// A field that this event does not have.
    fn left_over(&self) -> Option<&'static str> {
        let fields = [
            ("subprotocol", self.subprotocol.is_some()),
            ("extensions", self.extensions.is_some()),
            ("error", self.error.is_some()),
            ("status", self.status.is_some()),
            ("text", self.text.is_some()),
            ("base64", self.base64.is_some()),
            ("kind", self.kind.is_some()),
            ("len", self.len.is_some()),
            ("sha256", self.sha256.is_some()),
            ("head", self.head.is_some()),
            ("hex", self.hex.is_some()),
            ("code", self.code.is_some()),
            ("reason", self.reason.is_some()),
            ("clean", self.clean.is_some()),
        ];
        fields.into_iter().find(|(_, is_there)| *is_there).map(|(name, _)| name)
    }
}

fn wanted<T>(value: Option<T>, name: &str) -> Result<T, String> {
    value.ok_or_else(|| format!("the field `{name}` is missing"))
}

fn unhex(digits: Option<String>, name: &str) -> Result<Vec<u8>, String> {
    hex::decode(wanted(digits, name)?).map_err(|error| format!("`{name}` is not hexadecimal digits: {error}"))
}
