//! How far a connection has come, and how it ended.

use crosswire_protocol::close::CloseCode;
use std::fmt;

/// How far a connection has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// The handshake is under way.
    Connecting,
    /// Messages go both ways.
    Open,
    /// One side has said that it closes, and the other has not answered yet.
    Closing,
    /// It is over.
    Closed(Closed),
}

impl Status {
    /// Its name, as JavaScript has it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Open => "open",
            Self::Closing => "closing",
            Self::Closed(_) => "closed",
        }
    }

    /// Whether messages can be sent.
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Open)
    }

    /// Whether it is over.
    pub const fn is_closed(&self) -> bool {
        matches!(self, Self::Closed(_))
    }
}

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// The code of the close frame that ended it; [`NO_CODE`](Self::NO_CODE) where the frame had none,
    /// [`NO_FRAME`](Self::NO_FRAME) where no frame came.
    pub code: CloseCode,
    /// The reason in that frame.
    pub reason: String,
    /// Whether both sides have said that they close. A connection that was cut is not clean.
    pub clean: bool,
}

impl Closed {
    /// What stands for a close frame without a code. It is never sent.
    pub const NO_CODE: CloseCode = CloseCode(1005);
    /// What stands for an end without a close frame. It is never sent.
    pub const NO_FRAME: CloseCode = CloseCode(1006);

    /// The end of a connection whose server has not said that it closes.
    pub(crate) const fn without_a_frame() -> Self {
        Self { code: Self::NO_FRAME, reason: String::new(), clean: false }
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Self::NO_CODE => f.write_str("closed without a code"),
            Self::NO_FRAME => f.write_str("cut without a close frame"),
            code => write!(f, "closed with {code}"),
        }?;
        if self.reason.is_empty() { Ok(()) } else { write!(f, ": {}", self.reason) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_can_be_read_by_a_person() {
        let closed = |code, reason: &str| {
            Closed { code: CloseCode(code), reason: reason.to_owned(), clean: true }.to_string()
        };
        assert_eq!(closed(1001, ""), "closed with 1001 (the server is going away)");
        assert_eq!(closed(4321, "bye"), "closed with 4321: bye");
        assert_eq!(closed(1005, ""), "closed without a code");
        assert_eq!(Closed::without_a_frame().to_string(), "cut without a close frame");
    }

    #[test]
    fn a_status_has_a_name_and_says_what_can_be_done() {
        let closed = Status::Closed(Closed::without_a_frame());
        let all = [Status::Connecting, Status::Open, Status::Closing, closed];
        assert_eq!(all.each_ref().map(Status::name), ["connecting", "open", "closing", "closed"]);
        assert_eq!(all.each_ref().map(Status::is_open), [false, true, false, false]);
        assert_eq!(all.each_ref().map(Status::is_closed), [false, false, false, true]);
    }
}
