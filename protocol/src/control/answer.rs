//! What `/control` answers.

use super::Id;
use crate::seen::Seen;
use serde::Serialize;

/// What `/control` answers to a command.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// The command's `id`, or null where it could not be read.
    pub id: Id,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> Id {
        serde_json::from_str("[1, 2.50]").unwrap()
    }

    #[test]
    fn answers_are_written_as_the_specification_shows_them() {
        let done = Answer { id: id(), outcome: Outcome::Done { ok: true }, seen: None };
        assert_eq!(done.to_json(), r#"{"id":[1, 2.50],"ok":true}"#);
        for failure in Failure::ALL {
            let outcome = Outcome::Failed { error: failure, message: "m".to_owned(), done: 2 };
            let written = serde_json::to_value(Answer { id: id(), outcome, seen: None }).unwrap();
            assert_eq!(written["error"], failure.name());
            assert_eq!(written["done"], 2);
        }
    }
}
