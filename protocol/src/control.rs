//! What `/control` is told and answers: scripted acts on another connection.
//!
//! Parsing is strict: an unknown act, field or form is an error that names it, because a test that asks for something
//! and silently gets nothing would pass for the wrong reason.

use crate::{
    close::LONGEST_REASON,
    payload::{Fill, Payload, PayloadError},
    seen::{Seen, Until},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The most acts in one command, those inside `glue` and `trickle` included.
pub const MOST_ACTS: usize = 1000;
/// The most rounds of a `send`.
pub const MOST_TIMES: usize = 1_000_000;
/// The longest `wait_ms`.
pub const LONGEST_WAIT_MS: u64 = 2000;
/// The longest `within_ms` of a `seen`.
pub const LONGEST_SEEN_WAIT_MS: u64 = 10_000;
/// `within_ms` of a `seen` that does not say.
pub const DEFAULT_SEEN_WAIT_MS: u64 = 2000;
/// The most bytes that a `trickle` sends one at a time.
pub const LONGEST_TRICKLE: usize = 64 << 10;
/// The most bytes that a `glue` sends in one write.
pub const LONGEST_GLUE: usize = 1 << 20;

/// `{"id":1,"to":"<tag>","act":[…]}`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// Comes back in the answer.
    #[serde(default)]
    pub id: Value,
    /// The tag or the id of the connection to act on.
    pub to: String,
    /// What to do, in order.
    pub act: Vec<Act>,
}

/// One act. On the wire an object with one key.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Send a message, perhaps many times, perhaps in fragments.
    Send(Send),
    /// Send a ping.
    Ping(ControlPayload),
    /// Send a pong that nobody asked for.
    Pong(ControlPayload),
    /// Start the closing handshake.
    Close(CloseWith),
    /// Cut the TCP connection (RST).
    Drop(True),
    /// End the server's side of the TCP connection (FIN) without a close frame.
    Finish(True),
    /// Wait before the next act.
    WaitMs(u64),
    /// Send bytes past the codec.
    Raw(Bytes),
    /// Acts whose bytes leave in one write.
    Glue(Vec<Self>),
    /// Acts whose bytes leave one at a time.
    Trickle(Vec<Self>),
    /// Leave the connection's socket unread.
    StopReading(True),
    /// Read again.
    StartReading(True),
    /// Give the server's own view of the connection.
    Seen(SeenWhen),
}

impl Act {
    /// Every act's name, in the order of the specification.
    pub const NAMES: [&str; 13] = [
        "send",
        "ping",
        "pong",
        "close",
        "drop",
        "finish",
        "wait_ms",
        "raw",
        "glue",
        "trickle",
        "stop_reading",
        "start_reading",
        "seen",
    ];

    /// Its name, as in the JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Send(_) => "send",
            Self::Ping(_) => "ping",
            Self::Pong(_) => "pong",
            Self::Close(_) => "close",
            Self::Drop(_) => "drop",
            Self::Finish(_) => "finish",
            Self::WaitMs(_) => "wait_ms",
            Self::Raw(_) => "raw",
            Self::Glue(_) => "glue",
            Self::Trickle(_) => "trickle",
            Self::StopReading(_) => "stop_reading",
            Self::StartReading(_) => "start_reading",
            Self::Seen(_) => "seen",
        }
    }
}

/// A message to send.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "SendForm")]
pub struct Send {
    /// What to send.
    pub payload: Payload,
    /// How often; with it, text replaces `${i}`.
    pub times: Option<usize>,
    /// Sizes of the frames, which must add up to the payload.
    pub fragments: Option<Vec<usize>>,
    /// Whether a ping stands between each two of them.
    pub ping_between: bool,
    /// Whether to wait for room in the outbox. Without waiting, a full outbox ends the connection with 4008.
    pub wait: bool,
}

/// The payload of a ping or pong: at most 125 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "PayloadForm")]
pub struct ControlPayload(pub Vec<u8>);

/// `{"hex":"…"}`: any bytes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "HexForm")]
pub struct Bytes(pub Vec<u8>);

/// A close frame to send: with a code, with a code and a reason, or with neither.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "CloseForm")]
pub struct CloseWith {
    /// Any number, also those that RFC 6455 forbids: a client has to cope with them.
    pub code: Option<u16>,
    /// At most 123 bytes.
    pub reason: String,
}

/// The value of an act that has nothing to say: `true`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "bool")]
pub struct True;

/// `true`, or what to wait for before the view is given.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Value")]
pub struct SeenWhen {
    /// What to wait for.
    pub until: Until,
    /// How long at most.
    pub within_ms: u64,
}

/// What `/control` answers to a command.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// The command's `id`, or null where it could not be read.
    pub id: Value,
    /// How it went.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The server's view, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<Seen>,
}

impl Answer {
    /// The message.
    pub fn to_json(&self) -> String {
        crate::to_json(self)
    }
}

/// How a command went.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Outcome {
    /// Every act was handed to the connection.
    Done {
        /// Always true.
        ok: bool,
    },
    /// An act failed; those before it were carried out.
    Failed {
        /// What kind of failure.
        error: Failure,
        /// What was wrong and what to do.
        message: String,
        /// How many acts were carried out before it.
        done: usize,
    },
}

/// The kinds of failure of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// The command is not one, or names an act, a field or a number that is not allowed.
    BadCommand,
    /// No connection has that tag or id.
    UnknownConnection,
    /// The connection is closing or gone, so that nothing can be sent on it any more.
    NotOpen,
    /// The outbox was full and the act did not wait; the connection ends with 4008.
    Overflow,
    /// The peer took nothing for so long that the act was given up.
    NoRoom,
    /// The server keeps no journal, so there is nothing to see.
    NoJournal,
    /// What `until` named was not reached in time.
    NotReached,
}

impl Failure {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::BadCommand,
        Self::UnknownConnection,
        Self::NotOpen,
        Self::Overflow,
        Self::NoRoom,
        Self::NoJournal,
        Self::NotReached,
    ];

    /// Its name, as in the JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadCommand => "bad_command",
            Self::UnknownConnection => "unknown_connection",
            Self::NotOpen => "not_open",
            Self::Overflow => "overflow",
            Self::NoRoom => "no_room",
            Self::NoJournal => "no_journal",
            Self::NotReached => "not_reached",
        }
    }
}

/// Reads a command; what is wrong with it is said in words that its author can use.
///
/// The command's id is given back even when the rest cannot be read, so that its author can tell which one failed.
pub fn parse(text: &str) -> Result<Command, (Value, String)> {
    let value: Value = serde_json::from_str(text)
        .map_err(|error| (Value::Null, format!("a command is one JSON object: {error}")))?;
    let id = value.get("id").cloned().unwrap_or_default();
    let command: Command = serde_json::from_value(value).map_err(|error| {
        let shape = r#"{"id":1,"to":"TAG","act":[{"send":{"text":"hi"}}]}"#;
        (id.clone(), format!("{error}; a command looks like {shape}"))
    })?;
    let mut count = 0;
    check(&command.act, Place::Top, &mut count).map_err(|message| (id, message))?;
    Ok(command)
}

/// Where an act stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Top,
    Inside(&'static str),
}

/// What cannot be said in the types: bounds, and which acts have bytes that can be glued or trickled.
fn check(acts: &[Act], place: Place, count: &mut usize) -> Result<(), String> {
    let mut closed = false;
    for act in acts {
        *count += 1;
        if *count > MOST_ACTS {
            return Err(format!("more than {MOST_ACTS} acts in one command"));
        }
        if let Place::Inside(outer) = place {
            let has_bytes =
                matches!(act, Act::Send(_) | Act::Ping(_) | Act::Pong(_) | Act::Close(_) | Act::Raw(_));
            if !has_bytes {
                let inner = act.name();
                return Err(format!(
                    "`{inner}` has no place inside `{outer}`: only send, ping, pong, close and raw have bytes"
                ));
            }
            if closed && !matches!(act, Act::Raw(_)) {
                let inner = act.name();
                return Err(format!(
                    "`{inner}` has no place behind `close` inside `{outer}`: only raw bytes may follow a close frame"
                ));
            }
            closed |= matches!(act, Act::Close(_));
        }
        match act {
            Act::WaitMs(wait) if *wait > LONGEST_WAIT_MS => {
                return Err(format!("`wait_ms` is {wait}; at most {LONGEST_WAIT_MS} is allowed"));
            }
            Act::Glue(inner) => {
                check(inner, Place::Inside("glue"), count)?;
                check_bytes(inner, "glue", LONGEST_GLUE)?;
            }
            Act::Trickle(inner) => {
                check(inner, Place::Inside("trickle"), count)?;
                check_bytes(inner, "trickle", LONGEST_TRICKLE)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Glued and trickled bytes are gathered first, so they have a bound.
fn check_bytes(acts: &[Act], name: &str, most: usize) -> Result<(), String> {
    let bytes: usize = acts
        .iter()
        .map(|act| match act {
            Act::Send(send) => payload_len(&send.payload).saturating_mul(send.times.unwrap_or(1)),
            Act::Raw(raw) => raw.0.len(),
            _ => 0,
        })
        .fold(0, usize::saturating_add);
    if bytes > most {
        return Err(format!("`{name}` holds {bytes} bytes; at most {most} are allowed"));
    }
    Ok(())
}

const fn payload_len(payload: &Payload) -> usize {
    match payload {
        Payload::Text(text) => text.len(),
        Payload::Bytes(bytes) => bytes.len(),
        Payload::Fill(fill) => fill.len,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SendForm {
    text: Option<String>,
    hex: Option<String>,
    fill: Option<Fill>,
    times: Option<usize>,
    fragments: Option<Vec<usize>>,
    ping_between: Option<bool>,
    wait: Option<bool>,
}

impl TryFrom<SendForm> for Send {
    type Error = String;

    fn try_from(form: SendForm) -> Result<Self, String> {
        let payload =
            Payload::from_forms(form.text, form.hex.as_deref(), form.fill).map_err(in_act("send"))?;
        if let Some(times) = form.times {
            if times > MOST_TIMES {
                return Err(format!("send: `times` is {times}; at most {MOST_TIMES} is allowed"));
            }
            // A variable that is not known is found before anything was sent.
            payload.bytes_of_round(0).map_err(in_act("send"))?;
        }
        if form.ping_between.is_some() && form.fragments.is_none() {
            return Err("send: `ping_between` needs `fragments` to stand between".to_owned());
        }
        if form.fragments.as_ref().is_some_and(Vec::is_empty) {
            return Err("send: `fragments` is empty; a message has at least one frame".to_owned());
        }
        Ok(Self {
            payload,
            times: form.times,
            fragments: form.fragments,
            ping_between: form.ping_between.unwrap_or(false),
            wait: form.wait.unwrap_or(true),
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PayloadForm {
    text: Option<String>,
    hex: Option<String>,
    fill: Option<Fill>,
}

impl TryFrom<PayloadForm> for ControlPayload {
    type Error = String;

    fn try_from(form: PayloadForm) -> Result<Self, String> {
        let nothing = form.text.is_none() && form.hex.is_none() && form.fill.is_none();
        if nothing {
            return Ok(Self(Vec::new()));
        }
        let payload =
            Payload::from_forms(form.text, form.hex.as_deref(), form.fill).map_err(in_act("ping"))?;
        let bytes = payload.bytes().into_owned();
        if bytes.len() > 125 {
            let len = bytes.len();
            return Err(format!(
                "a ping or pong of {len} bytes; RFC 6455 allows 125 (send a longer one with `raw`)"
            ));
        }
        Ok(Self(bytes))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HexForm {
    hex: String,
}

impl TryFrom<HexForm> for Bytes {
    type Error = String;

    fn try_from(form: HexForm) -> Result<Self, String> {
        hex::decode(form.hex).map(Self).map_err(|error| format!("raw: `hex` is not hexadecimal: {error}"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CloseForm {
    code: Option<u16>,
    reason: Option<String>,
}

impl TryFrom<CloseForm> for CloseWith {
    type Error = String;

    fn try_from(form: CloseForm) -> Result<Self, String> {
        let reason = form.reason.unwrap_or_default();
        if form.code.is_none() && !reason.is_empty() {
            return Err("close: a reason needs a code before it".to_owned());
        }
        if reason.len() > LONGEST_REASON {
            let len = reason.len();
            return Err(format!("close: a reason of {len} bytes; {LONGEST_REASON} fit into a close frame"));
        }
        Ok(Self { code: form.code, reason })
    }
}

impl TryFrom<bool> for True {
    type Error = &'static str;

    fn try_from(value: bool) -> Result<Self, Self::Error> {
        if value { Ok(Self) } else { Err("only `true` makes sense here; leave the act out instead") }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeenForm {
    #[serde(default)]
    until: Until,
    within_ms: Option<u64>,
}

impl TryFrom<Value> for SeenWhen {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        if value == Value::Bool(true) {
            return Ok(Self { until: Until::default(), within_ms: 0 });
        }
        let form: SeenForm = serde_json::from_value(value).map_err(|error| format!("seen: {error}"))?;
        let within_ms = form.within_ms.unwrap_or(DEFAULT_SEEN_WAIT_MS);
        if within_ms > LONGEST_SEEN_WAIT_MS {
            return Err(format!(
                "seen: `within_ms` is {within_ms}; at most {LONGEST_SEEN_WAIT_MS} is allowed"
            ));
        }
        Ok(Self { until: form.until, within_ms })
    }
}

fn in_act(name: &'static str) -> impl Fn(PayloadError) -> String {
    move |error| format!("{name}: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        parse(text).unwrap_err().1
    }

    #[test]
    fn reads_the_command_of_the_specification() {
        let command = parse(
            r#"{"id":1,"to":"t","act":[{"send":{"text":"hi"}},{"send":{"hex":"00ff"}},{"wait_ms":20},
                {"ping":{"text":"p"}},{"close":{"code":4000,"reason":"bye"}},{"drop":true}]}"#,
        )
        .unwrap();
        let names: Vec<_> = command.act.iter().map(Act::name).collect();
        assert_eq!(names, ["send", "send", "wait_ms", "ping", "close", "drop"]);
        assert_eq!(command.id, 1);
    }

    #[test]
    fn every_act_has_a_form_that_is_read_under_its_own_name() {
        let forms = [
            r#"{"send":{"fill":{"len":3,"as":"binary"},"times":2,"fragments":[1,2],"wait":false}}"#,
            r#"{"ping":{}}"#,
            r#"{"pong":{"hex":"01"}}"#,
            r#"{"close":{}}"#,
            r#"{"drop":true}"#,
            r#"{"finish":true}"#,
            r#"{"wait_ms":0}"#,
            r#"{"raw":{"hex":"8100"}}"#,
            r#"{"glue":[{"send":{"text":""}},{"close":{"code":1000}}]}"#,
            r#"{"trickle":[{"send":{"text":"x"}}]}"#,
            r#"{"stop_reading":true}"#,
            r#"{"start_reading":true}"#,
            r#"{"seen":{"until":{"ended":true,"received":{"text":1}},"within_ms":5}}"#,
        ];
        for (form, name) in forms.iter().zip(Act::NAMES) {
            let act: Act = serde_json::from_str(form).unwrap();
            assert_eq!(act.name(), name);
        }
        assert_eq!(forms.len(), Act::NAMES.len());
    }

    #[test]
    fn a_refusal_names_what_was_wrong() {
        for (command, word) in [
            ("nonsense", "one JSON object"),
            (r#"{"to":"t","act":[{"sned":{"text":"x"}}]}"#, "unknown variant `sned`"),
            (r#"{"to":"t","act":[{"send":{"txt":"x"}}]}"#, "unknown field `txt`"),
            (r#"{"to":"t","act":[{"send":{"text":"x","hex":"00"}}]}"#, "exactly one of"),
            (r#"{"to":"t","act":[{"send":{"text":"${j}","times":2}}]}"#, "`${j}` is not known"),
            (r#"{"to":"t","act":[{"drop":false}]}"#, "only `true`"),
            (r#"{"to":"t","act":[{"wait_ms":2001}]}"#, "at most 2000"),
            (r#"{"to":"t","act":[{"close":{"reason":"r"}}]}"#, "needs a code"),
            (r#"{"to":"t","act":[{"glue":[{"drop":true}]}]}"#, "no place inside `glue`"),
            (r#"{"to":"t","act":[{"glue":[{"close":{}},{"ping":{}}]}]}"#, "behind `close`"),
            (r#"{"act":[]}"#, "missing field `to`"),
            (r#"{"to":"t","act":[],"and":1}"#, "unknown field `and`"),
            (r#"{"to":"t","act":[{"ping":{"fill":{"len":126,"as":"text"}}}]}"#, "RFC 6455 allows 125"),
            (r#"{"to":"t","act":[{"trickle":[{"send":{"fill":{"len":65537,"as":"text"}}}]}]}"#, "65537"),
        ] {
            assert!(refusal(command).contains(word), "{command}: {}", refusal(command));
        }
    }

    #[test]
    fn the_id_comes_back_even_when_the_rest_is_wrong() {
        assert_eq!(parse(r#"{"id":7,"to":"t","act":[{"nope":1}]}"#).unwrap_err().0, 7);
    }

    #[test]
    fn answers_are_written_as_the_specification_shows_them() {
        let done = Answer { id: 1.into(), outcome: Outcome::Done { ok: true }, seen: None };
        assert_eq!(done.to_json(), r#"{"id":1,"ok":true}"#);
        for failure in Failure::ALL {
            let outcome = Outcome::Failed { error: failure, message: "m".to_owned(), done: 2 };
            let written = serde_json::to_value(Answer { id: 1.into(), outcome, seen: None }).unwrap();
            assert_eq!(written["error"], failure.name());
            assert_eq!(written["done"], 2);
        }
    }
}
