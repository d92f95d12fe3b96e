//! Being awkward by URL: `/scenario/<name>` misbehaves in one named way, for anyone with any client.
//!
//! A scenario is a handshake that is answered wrongly, or a session that begins with a script of what `/control` could
//! send too. After its script, and unless that has ended the connection, a scenario echoes, so that a client can show
//! that it has come through.

mod answers;
mod scripts;

pub(crate) use answers::misanswer;

use crate::{
    handshake::judge::Upgrade,
    session::{Item, Rules},
};
use serde_json::json;
use std::hash::{Hash, Hasher};

/// One named way of being awkward.
#[derive(Debug)]
pub(crate) struct Scenario {
    /// Where it is.
    pub(crate) path: &'static str,
    /// What happens, in a sentence.
    pub(crate) what: &'static str,
    /// How.
    pub(crate) act: Act,
}

/// Where a scenario is awkward.
#[derive(Debug)]
pub(crate) enum Act {
    /// In its answer to the handshake; there is no session.
    Answer(Answer),
    /// In a session.
    Session(Script),
}

/// A handshake that is not answered as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Nothing is said.
    Nothing,
    /// The answer stops in the middle of its head.
    Half,
    /// The client is sent elsewhere.
    Redirect,
    /// The client is turned away with a status of its choice.
    Refuse,
}

/// How a session begins.
#[derive(Debug)]
pub(crate) struct Script {
    /// The answer to the handshake.
    answer: fn(&Upgrade) -> Vec<u8>,
    /// Whether the answer leaves by itself, or with what follows it.
    leaves: Leaves,
    /// What is sent; given the text of a welcome.
    items: fn(&str) -> Vec<Item>,
    /// The numbers that the session lives by.
    rules: fn(&mut Rules),
    /// Whether the server reads.
    pub(crate) reads: bool,
}

/// How much of a head leaves byte by byte.
const END_OF_HEAD: usize = 40;

/// How the answer to the handshake and the items behind it leave.
#[derive(Debug, Clone, Copy)]
enum Leaves {
    /// The answer first, by itself.
    Apart,
    /// Everything in one write.
    Together,
    /// One byte at a time.
    ByteByByte,
}

/// The beginning of a session: what is written before it, and what its outbox holds.
#[derive(Debug)]
pub(crate) struct Opening {
    pub(crate) answer: Vec<u8>,
    pub(crate) items: Vec<Item>,
}

impl Script {
    pub(crate) fn opening(&self, upgrade: &Upgrade, welcome: &str) -> Opening {
        let (mut answer, items) = ((self.answer)(upgrade), (self.items)(welcome));
        let with_answer =
            |answer: Vec<u8>| std::iter::once(Item::Raw(answer.into())).chain(items.clone()).collect();
        match self.leaves {
            Leaves::Apart => Opening { answer, items },
            Leaves::Together => Opening { items: vec![Item::Glue(with_answer(answer))], answer: Vec::new() },
            Leaves::ByteByByte => {
                // Clients rightly take a head in very many small pieces for an attack: only its end comes so.
                let end = answer.split_off(answer.len().saturating_sub(END_OF_HEAD));
                Opening { items: vec![Item::Trickle(with_answer(end))], answer }
            }
        }
    }

    pub(crate) fn adapt(&self, rules: &mut Rules) {
        (self.rules)(rules);
    }
}

/// Every scenario, in the order of the specification.
pub(crate) const SCENARIOS: &[Scenario] = &[
    session("/scenario/early", "the welcome leaves in the same write as the 101", scripts::EARLY),
    session(
        "/scenario/trickle",
        "the last 40 bytes of the 101, a message and a close 1000 leave byte by byte",
        scripts::TRICKLE,
    ),
    session(
        "/scenario/glued",
        "a hundred messages, `message 0` to `message 99`, leave in one write",
        scripts::GLUED,
    ),
    session(
        "/scenario/fragmented",
        "a message in many frames, an empty last one, pings between",
        scripts::FRAGMENTED,
    ),
    session(
        "/scenario/split-character",
        "a text whose characters are split over frames",
        scripts::SPLIT_CHARACTER,
    ),
    session(
        "/scenario/close-after-101",
        "101, a message and a close 4001 leave in one write",
        scripts::CLOSE_AFTER_101,
    ),
    session(
        "/scenario/message-then-close",
        "a message and a close 1000 leave in one write",
        scripts::MESSAGE_THEN_CLOSE,
    ),
    answer("/scenario/no-answer", "TCP is accepted, and the handshake never answered", Answer::Nothing),
    answer("/scenario/half-answer", "the answer stops in the middle of its head", Answer::Half),
    session("/scenario/wrong-accept", "`Sec-WebSocket-Accept` belongs to another key", scripts::WRONG_ACCEPT),
    session(
        "/scenario/unasked-subprotocol",
        "a subprotocol is chosen that was not offered",
        scripts::UNASKED_SUBPROTOCOL,
    ),
    session(
        "/scenario/ignored-subprotocols",
        "none is chosen of the subprotocols that were offered",
        scripts::IGNORED_SUBPROTOCOLS,
    ),
    session(
        "/scenario/unasked-extension",
        "an extension is agreed to that was not offered",
        scripts::UNASKED_EXTENSION,
    ),
    answer(
        "/scenario/redirect",
        "302 to `?to=URL`, or to /ws of this server by another name",
        Answer::Redirect,
    ),
    answer("/scenario/refuse", "refused with `?status=N` (400 to 599, 403 if not said)", Answer::Refuse),
    session(
        "/scenario/never-answers-close",
        "a close frame is read and never answered",
        scripts::NEVER_ANSWERS_CLOSE,
    ),
    session(
        "/scenario/answers-close-late",
        "a close frame is answered after 500 ms",
        scripts::ANSWERS_CLOSE_LATE,
    ),
    session("/scenario/vanishes", "a message, and then TCP is reset", scripts::VANISHES),
    session("/scenario/quiet-end", "a message, and then TCP ends without a close frame", scripts::QUIET_END),
    session("/scenario/never-reads", "a message, and nothing is ever read", scripts::NEVER_READS),
    session("/scenario/pings", "a ping every 10 ms", scripts::PINGS),
    session("/scenario/masked", "a text frame that is masked, which a server must not do", scripts::MASKED),
    session(
        "/scenario/reserved-bits",
        "a text frame with a reserved bit and no extension",
        scripts::RESERVED_BITS,
    ),
    session("/scenario/bad-utf8", "a text frame that is not UTF-8", scripts::BAD_UTF8),
    session(
        "/scenario/huge-length",
        "a frame that announces 2^62 bytes, and five of them",
        scripts::HUGE_LENGTH,
    ),
];

const fn session(path: &'static str, what: &'static str, script: Script) -> Scenario {
    Scenario { path, what, act: Act::Session(script) }
}

const fn answer(path: &'static str, what: &'static str, answer: Answer) -> Scenario {
    Scenario { path, what, act: Act::Answer(answer) }
}

/// The scenario at this path.
pub(crate) fn at(path: &str) -> Option<&'static Scenario> {
    SCENARIOS.iter().find(|scenario| scenario.path == path)
}

/// A scenario is what its path names.
impl PartialEq for Scenario {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl Eq for Scenario {}

impl Hash for Scenario {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.path.hash(state);
    }
}

/// What `GET /scenario` answers: one scenario a line, so that it can be read as it is.
pub(crate) fn list() -> String {
    let lines: Vec<String> = SCENARIOS
        .iter()
        .map(|Scenario { path, what, .. }| format!("  {}", json!({"path": path, "what": what})))
        .collect();
    format!("{{\"scenarios\":[\n{}\n]}}\n", lines.join(",\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_fit_into_a_path() {
        let mut names: Vec<_> =
            SCENARIOS.iter().filter_map(|scenario| scenario.path.strip_prefix("/scenario/")).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), SCENARIOS.len());
        let is_char = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        assert!(names.iter().all(|name| name.bytes().all(is_char)));
    }

    #[test]
    fn the_list_is_json() {
        let list: serde_json::Value = serde_json::from_str(&list()).unwrap();
        assert_eq!(list["scenarios"].as_array().map(Vec::len), Some(SCENARIOS.len()));
    }
}
