//! What a browser lets a client say when it closes.

use crate::error::CloseError;
use crosswire_protocol::close::{CloseCode, LONGEST_REASON};

/// The close frame of a client. Only those that a browser sends can be made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CloseFrame(Option<(CloseCode, String)>);

impl CloseFrame {
    /// A frame with a code, 1000 or one of 3000 to 4999, and a reason of at most 123 bytes, which may be empty.
    ///
    /// ```
    /// # use crosswire_wasm_client::CloseFrame;
    /// assert!(CloseFrame::new(4001, "see you").is_ok());
    /// let error = CloseFrame::new(1001, "").unwrap_err();
    /// assert!(error.to_string().starts_with("a browser does not close with 1001"));
    /// ```
    ///
    /// # Errors
    /// Another code, or a reason that is longer.
    pub fn new(code: u16, reason: &str) -> Result<Self, CloseError> {
        let code = CloseCode(code);
        if !code.may_be_sent_by_a_browser() {
            return Err(CloseError::CodeNotAllowed { code: code.0 });
        }
        if reason.len() > LONGEST_REASON {
            return Err(CloseError::ReasonTooLong { bytes: reason.len() });
        }
        Ok(Self(Some((code, reason.to_owned()))))
    }

    /// 1000: the conversation is over.
    pub const fn normal() -> Self {
        Self(Some((CloseCode::NORMAL, String::new())))
    }

    /// A frame that says nothing: the server sees no code.
    pub const fn empty() -> Self {
        Self(None)
    }

    /// The server's pushes were not read in time. It is the code that the server has for the same.
    pub(crate) fn slow_reader() -> Self {
        Self(Some((CloseCode::SLOW_READER, "what arrived was not read".to_owned())))
    }

    /// The code and the reason.
    pub(crate) fn parts(&self) -> Option<(u16, &str)> {
        self.0.as_ref().map(|(code, reason)| (code.0, reason.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_a_browser_sends() {
        for code in [1000, 3000, 4000, 4999] {
            let frame = CloseFrame::new(code, "bye").unwrap();
            assert_eq!(frame.parts(), Some((code, "bye")));
        }
        assert_eq!(CloseFrame::empty().parts(), None);
        assert_eq!(CloseFrame::normal().parts(), Some((1000, "")));
    }

    #[test]
    fn refuses_every_other_code() {
        for code in [0, 999, 1001, 1005, 1006, 1011, 2999, 5000, u16::MAX] {
            assert_eq!(CloseFrame::new(code, ""), Err(CloseError::CodeNotAllowed { code }));
        }
    }

    #[test]
    fn counts_the_reason_in_bytes() {
        assert!(CloseFrame::new(1000, &"x".repeat(123)).is_ok());
        assert!(CloseFrame::new(1000, &"ä".repeat(61)).is_ok());
        let too_long = CloseFrame::new(1000, &"ä".repeat(62));
        assert_eq!(too_long, Err(CloseError::ReasonTooLong { bytes: 124 }));
    }

    #[test]
    fn a_slow_reader_closes_with_what_can_be_sent() {
        let frame = CloseFrame::slow_reader();
        let (code, reason) = frame.parts().unwrap();
        assert_eq!(CloseFrame::new(code, reason).as_ref(), Ok(&frame));
    }
}
