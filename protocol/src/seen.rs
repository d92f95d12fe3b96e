//! What the server saw of a connection: its own side of the story, to hold against the client's.

use crate::strict::{perhaps_object, whole};
use serde::{Deserialize, Serialize};

/// The server's view of one connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// How the connection was opened.
    pub handshake: Handshake,
    /// What the client sent.
    pub received: Tally,
    /// What the server sent.
    pub sent: Tally,
    /// The payload of the last pong that came, as hex.
    pub last_pong: Option<String>,
    /// The close frame that the client sent, where it sent one.
    pub close: Option<Close>,
    /// Whether the connection is still there.
    pub open: bool,
    /// How it ended, once it has.
    pub ended: Option<Ended>,
}

/// The request that opened a connection, and what was agreed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handshake {
    /// The request target as it was sent, query and all.
    pub target: String,
    /// Header lines as they were sent, in order.
    pub headers: Vec<(String, String)>,
    /// The subprotocol that was agreed on.
    pub subprotocol: Option<String>,
    /// The extensions that were agreed on.
    pub extensions: Vec<String>,
}

/// What went one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Text messages.
    pub text: u64,
    /// Binary messages.
    pub binary: u64,
    /// Pings.
    pub ping: u64,
    /// Pongs.
    pub pong: u64,
    /// Payload bytes of text and binary messages.
    pub bytes: u64,
    /// [`crate::digest::Digest`] of the messages.
    pub sha256: String,
}

/// A close frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Close {
    /// Its code; a close frame may come without one.
    pub code: Option<u16>,
    /// Its reason.
    pub reason: String,
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// Close frames went both ways, and then TCP ended.
    Clean,
    /// The client was gone without a close frame: FIN and RST alike.
    Vanished,
    /// The client broke the protocol and was told so in a close frame.
    Violation,
    /// A deadline passed: a close frame not answered, bytes not taken, pings not answered.
    TimedOut,
    /// The server cut or half-closed the connection because it was told to, or at the end of its own drain.
    Cut,
}

impl Ended {
    /// Every way to end.
    pub const ALL: [Self; 5] = [Self::Clean, Self::Vanished, Self::Violation, Self::TimedOut, Self::Cut];

    /// Its name, as it stands in reports, logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Vanished => "vanished",
            Self::Violation => "violation",
            Self::TimedOut => "timed_out",
            Self::Cut => "cut",
        }
    }
}

/// What to wait for before the server's view is given. Everything that is named must be reached; counts are "at least".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Until {
    /// The connection has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<bool>,
    /// The client's close frame has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub close: Option<bool>,
    /// At least so much was received.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "perhaps_object")]
    pub received: Option<AtLeast>,
    /// At least so much was sent.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "perhaps_object")]
    pub sent: Option<AtLeast>,
}

/// Counts to reach.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AtLeast {
    /// Text messages.
    #[serde(deserialize_with = "whole")]
    pub text: u64,
    /// Binary messages.
    #[serde(deserialize_with = "whole")]
    pub binary: u64,
    /// Pings.
    #[serde(deserialize_with = "whole")]
    pub ping: u64,
    /// Pongs.
    #[serde(deserialize_with = "whole")]
    pub pong: u64,
    /// Payload bytes.
    #[serde(deserialize_with = "whole")]
    pub bytes: u64,
}

impl AtLeast {
    /// Whether a tally has reached these counts.
    pub const fn is_reached_by(&self, tally: &Counts) -> bool {
        self.text <= tally.text
            && self.binary <= tally.binary
            && self.ping <= tally.ping
            && self.pong <= tally.pong
            && self.bytes <= tally.bytes
    }
}

/// The counts of a [`Tally`], without its hash.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Text messages.
    pub text: u64,
    /// Binary messages.
    pub binary: u64,
    /// Pings.
    pub ping: u64,
    /// Pongs.
    pub pong: u64,
    /// Payload bytes of text and binary messages.
    pub bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_ends_are_those_that_are_written() {
        for ended in Ended::ALL {
            assert_eq!(serde_json::to_value(ended).unwrap(), ended.name());
        }
    }

    #[test]
    fn counts_to_reach_are_lower_bounds() {
        let counts = Counts { text: 3, ping: 1, bytes: 9, ..Counts::default() };
        assert!(AtLeast { text: 3, ..AtLeast::default() }.is_reached_by(&counts));
        assert!(AtLeast::default().is_reached_by(&counts));
        assert!(!AtLeast { text: 3, ping: 2, ..AtLeast::default() }.is_reached_by(&counts));
    }
}
