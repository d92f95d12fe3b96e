//! What `/control` is told and answers: scripted acts on another connection.
//!
//! Parsing is strict: an unknown act, field or form is an error that names it, because a test that asks for something
//! and silently gets nothing would pass for the wrong reason.

mod answer;
mod check;
mod forms;
mod id;

pub use answer::{Answer, Failure, Outcome};
pub use check::parse;
pub use id::Id;

use crate::{payload::Payload, seen::Until, strict::Object};
use forms::{CloseForm, HexForm, PayloadForm, SendForm};
use serde::Deserialize;

/// The most acts in one command, those inside `glue` and `trickle` included.
pub const MOST_ACTS: usize = 1000;
/// The most rounds of a `send`.
pub const MOST_TIMES: usize = 1_000_000;
/// The most frames of one message of a `send`: their sizes are kept for as long as it waits.
pub const MOST_FRAGMENTS: usize = 65_536;
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
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// Comes back in the answer.
    pub id: Id,
    /// The tag or the id of the connection to act on.
    pub to: String,
    /// What to do, in order.
    pub act: Vec<Act>,
}

/// One act. On the wire an object with one key.
#[derive(Debug, Clone, PartialEq)]
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
#[serde(try_from = "Object<SendForm>")]
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
#[serde(try_from = "Object<PayloadForm>")]
pub struct ControlPayload(pub Vec<u8>);

/// `{"hex":"…"}`: any bytes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Object<HexForm>")]
pub struct Bytes(pub Vec<u8>);

/// A close frame to send: with a code, with a code and a reason, or with neither.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Object<CloseForm>")]
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenWhen {
    /// What to wait for.
    pub until: Until,
    /// How long at most.
    pub within_ms: u64,
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
        assert_eq!(command.id.as_str(), "1");
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
            (
                r#"{"to":"t","act":[{"sned":{"text":"x"}}]}"#,
                "act[0]: no act is called `sned`; the acts are send, ping",
            ),
            (r#"{"to":"t","act":[{"send":{"txt":"x"}}]}"#, "unknown field `txt`"),
            (r#"{"to":"t","act":[{"send":{"text":"x","hex":"00"}}]}"#, "exactly one of"),
            (r#"{"to":"t","act":[{"send":{"text":"${j}","times":2}}]}"#, "`${j}` is not known"),
            (r#"{"to":"t","act":[{"drop":false}]}"#, "only `true`"),
            (r#"{"to":"t","act":[{"wait_ms":2001}]}"#, "from 0 to 2000"),
            (r#"{"to":"t","act":[{"close":{"reason":"r"}}]}"#, "needs a code"),
            (r#"{"to":"t","act":[{"glue":[{"drop":true}]}]}"#, "no place inside `glue`"),
            (r#"{"to":"t","act":[{"glue":[{"close":{}},{"ping":{}}]}]}"#, "behind `close`"),
            (r#"{"act":[]}"#, "missing field `to`"),
            (r#"{"to":"t","act":[],"and":1}"#, "unknown field `and`"),
            (r#"{"to":"t","act":[{"ping":{"fill":{"len":126,"as":"text"}}}]}"#, "RFC 6455 allows 125"),
            (r#"{"to":"t","act":[{"trickle":[{"send":{"fill":{"len":65536,"as":"text"}}}]}]}"#, "65546"),
        ] {
            assert!(refusal(command).contains(word), "{command}: {}", refusal(command));
        }
    }

    #[test]
    fn a_message_is_cut_into_so_many_fragments_and_no_more() {
        let command = |count: usize| {
            let sizes = vec!["0"; count].join(",");
            format!(r#"{{"to":"t","act":[{{"send":{{"text":"","fragments":[{sizes}]}}}}]}}"#)
        };
        assert!(parse(&command(MOST_FRAGMENTS)).is_ok());
        let refusal = refusal(&command(MOST_FRAGMENTS + 1));
        assert!(refusal.contains("`fragments` names 65537 frames; at most 65536 are allowed"), "{refusal}");
    }

    #[test]
    fn a_refusal_names_the_place() {
        for (acts, place) in [
            (r#"{"ping":{}},{"close":{"code":70000}}"#, "act[1].close.code: "),
            (r#"{"close":{"code":-1}}"#, "act[0].close.code: "),
            (r#"{"close":{"reason":"r"}}"#, "act[0].close: "),
            (r#"{"close":{"code":1000,"reason":5}}"#, "act[0].close.reason: "),
            (r#"{"pong":{"hex":"0"}}"#, "act[0].pong: "),
            (r#"{"pong":{"fill":{"len":126,"as":"text"}}}"#, "act[0].pong: "),
            (r#"{"drop":false}"#, "act[0].drop: only `true`"),
            (r#"{"finish":{}}"#, "act[0].finish: "),
            (r#"{"wait_ms":2001}"#, "act[0].wait_ms: "),
            (r#"{"wait_ms":1.5}"#, "act[0].wait_ms: "),
            (r#"{"raw":{"hex":"0g"}}"#, "act[0].raw: "),
            (r#"{"raw":{}}"#, "act[0].raw: "),
            (r#"{"send":{"text":"x","times":1000001}}"#, "act[0].send.times: "),
            (r#"{"send":{"text":"abc","fragments":[1,"2"]}}"#, "act[0].send.fragments[1]: "),
            (r#"{"send":{"fill":{"len":1,"as":"bytes"}}}"#, "act[0].send.fill.as: "),
            (r#"{"send":{"fill":{"len":"1","as":"text"}}}"#, "act[0].send.fill.len: "),
            (r#"{"send":{"txt":"x"}}"#, "act[0].send"),
            (r#"{"seen":{"until":{"received":{"text":-1}}}}"#, "act[0].seen.until.received.text: "),
            (r#"{"seen":{"within_ms":10001}}"#, "act[0].seen.within_ms: "),
            (r#"{"seen":false}"#, "act[0].seen: only `true`"),
            (r#"{"ping":{}},{"glue":[{"ping":{}},{"ping":3}]}"#, "act[1].glue[1].ping: "),
            (r#"{"ping":{}},{"glue":[{"ping":{}},{"wait_ms":3}]}"#, "act[1].glue[1]: "),
            (r#"{"trickle":[{"send":{"fill":{"len":65536,"as":"text"}}}]}"#, "act[0].trickle: "),
            (r#"{"ping":{},"pong":{}}"#, "act[0]: "),
            ("{}", "act[0]: "),
            (r#""drop""#, "act[0]: "),
            ("7", "act[0]: "),
        ] {
            let refusal = refusal(&format!(r#"{{"to":"t","act":[{acts}]}}"#));
            assert!(refusal.starts_with(place), "{acts}: {refusal}");
            let of_rust = ["struct", "variant", "newtype", "Form", "u16", "u32", "u64", "usize", "i64"];
            assert!(!of_rust.iter().any(|word| refusal.contains(word)), "{acts}: {refusal}");
            assert!(!refusal.contains(" at line "), "{acts}: {refusal}");
        }
    }

    #[test]
    fn a_list_is_never_taken_for_an_object() {
        assert!(refusal(r#"[1,"t",[]]"#).contains("a command is one JSON object"));
        assert!(refusal(r#"["t",[]]"#).contains("a command is one JSON object"));
        for acts in [
            r#"["ping",{}]"#,
            r#"{"send":["x",null,null,null,null,null,null]}"#,
            r#"{"ping":[null,null,null]}"#,
            r#"{"pong":["x",null,null]}"#,
            r#"{"raw":["00"]}"#,
            r#"{"close":[1000,"r"]}"#,
            r#"{"seen":[{},5]}"#,
            r#"{"seen":{"until":[true,null,null,null]}}"#,
            r#"{"seen":{"until":{"received":[0,0,0,0,0]}}}"#,
            r#"{"send":{"fill":[1,"text"]}}"#,
            r#"{"glue":[{"ping":[null,null,null]}]}"#,
        ] {
            let refusal = refusal(&format!(r#"{{"to":"t","act":[{acts}]}}"#));
            assert!(refusal.starts_with("act[0]") && refusal.contains("an object"), "{acts}: {refusal}");
        }
    }

    #[test]
    fn what_is_said_twice_is_refused() {
        assert!(refusal(r#"{"to":"t","to":"u","act":[]}"#).contains("`to`"));
        assert!(refusal(r#"{"to":"t","act":[{"ping":{},"ping":{}}]}"#).starts_with("act[0]: "));
    }

    #[test]
    fn the_id_comes_back_exactly_as_it_was_even_when_the_rest_is_wrong() {
        for id in
            ["7", "123456789012345678901234567890", "1.0e2", "-0", r#"{"b":[1, 2],"a":"\u00e4"}"#, "null"]
        {
            let fine = parse(&format!(r#"{{"id":{id},"to":"t","act":[]}}"#)).unwrap();
            assert_eq!(fine.id.as_str(), id);
            let wrong = parse(&format!(r#"{{"act":[{{"nope":1}}],"id": {id} }}"#)).unwrap_err();
            assert_eq!(wrong.0.as_str(), id);
        }
        assert_eq!(parse(r#"{"to":"t","act":[]}"#).unwrap().id.as_str(), "null");
        assert_eq!(parse("nonsense").unwrap_err().0.as_str(), "null");
    }
}
