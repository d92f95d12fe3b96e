//! Close codes: what each means, who may send it, and whether a client should come back.

use std::fmt;

/// What a client that was closed with a code should do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reconnect {
    /// Connect again, with back-off.
    Yes,
    /// Do not connect again: the same thing would happen.
    No,
}

/// A row of the table of close codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// The number on the wire.
    pub code: u16,
    /// A short name, stable, for metrics and reports.
    pub name: &'static str,
    /// What it says, for people.
    pub text: &'static str,
    /// What a client should do.
    pub reconnect: Reconnect,
}

const fn row(code: u16, name: &'static str, text: &'static str, reconnect: Reconnect) -> Meaning {
    Meaning { code, name, text, reconnect }
}

/// Every code that has a meaning of its own here, in order.
pub const TABLE: &[Meaning] = &[
    row(1000, "normal", "the conversation is over", Reconnect::No),
    row(1001, "going_away", "the server is going away", Reconnect::Yes),
    row(1002, "protocol_error", "a frame broke RFC 6455", Reconnect::No),
    row(1003, "unsupported_data", "a kind of data that is not accepted", Reconnect::No),
    row(1007, "invalid_data", "text that is not UTF-8", Reconnect::No),
    row(1008, "policy", "against the server's policy", Reconnect::No),
    row(1009, "too_big", "a message, a frame or its number of fragments is over the limit", Reconnect::No),
    row(1010, "extension_missing", "an extension the client needs was not negotiated", Reconnect::No),
    row(1011, "internal_error", "the server failed", Reconnect::Yes),
    row(1012, "restarting", "the server restarts", Reconnect::Yes),
    row(1013, "try_later", "the server is overloaded", Reconnect::Yes),
    row(1014, "bad_gateway", "a gateway got a bad answer", Reconnect::Yes),
    row(4008, "slow_reader", "pushed messages were not read in time", Reconnect::Yes),
];

/// A close code as it stands on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// The conversation is over.
    pub const NORMAL: Self = Self(1000);
    /// The server is going away.
    pub const GOING_AWAY: Self = Self(1001);
    /// A frame broke RFC 6455.
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// Text that is not UTF-8.
    pub const INVALID_DATA: Self = Self(1007);
    /// A message, a frame or a number of fragments over the limit.
    pub const TOO_BIG: Self = Self(1009);
    /// Pushed messages were not read in time.
    pub const SLOW_READER: Self = Self(4008);

    /// Whether a peer may put this code into a close frame.
    ///
    /// RFC 6455 section 7.4 reserves 1004, 1005, 1006 and 1015 for local use and everything else below 3000 for the
    /// protocol itself; the registry has since assigned 1012 to 1014.
    pub const fn may_be_sent(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }

    /// Whether a browser's `close()` takes this code.
    pub const fn may_be_sent_by_a_browser(self) -> bool {
        matches!(self.0, 1000 | 3000..=4999)
    }

    /// What a client that was closed with this code should do. From 4000 on the number alone decides.
    pub fn reconnect(self) -> Reconnect {
        match self.0 {
            4000..=4499 => Reconnect::Yes,
            4500..=4999 => Reconnect::No,
            _ => self.meaning().map_or(Reconnect::No, |meaning| meaning.reconnect),
        }
    }

    /// The row of the table, for a code that has one.
    pub fn meaning(self) -> Option<&'static Meaning> {
        TABLE.iter().find(|meaning| meaning.code == self.0)
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.meaning() {
            Some(meaning) => write!(f, "{} ({})", self.0, meaning.text),
            None => write!(f, "{}", self.0),
        }
    }
}

/// The longest reason that fits into a close frame beside its code, in bytes of UTF-8.
pub const LONGEST_REASON: usize = 123;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_holds_only_codes_that_may_be_sent() {
        assert!(TABLE.is_sorted_by(|a, b| a.code < b.code));
        assert!(TABLE.iter().all(|meaning| CloseCode(meaning.code).may_be_sent()));
    }

    #[test]
    fn codes_for_local_use_may_not_be_sent() {
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1999, 2999, 5000, u16::MAX] {
            assert!(!CloseCode(code).may_be_sent(), "{code}");
        }
        for code in [1000, 1003, 1007, 1014, 3000, 3999, 4000, 4999] {
            assert!(CloseCode(code).may_be_sent(), "{code}");
        }
    }

    #[test]
    fn from_4000_on_the_number_alone_decides_whether_to_reconnect() {
        assert_eq!(CloseCode(4000).reconnect(), Reconnect::Yes);
        assert_eq!(CloseCode(4499).reconnect(), Reconnect::Yes);
        assert_eq!(CloseCode(4500).reconnect(), Reconnect::No);
        assert!(
            TABLE.iter().all(|meaning| CloseCode(meaning.code).reconnect() == meaning.reconnect),
            "a row of the table contradicts the rule of its range"
        );
    }
}
