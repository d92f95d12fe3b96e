//! How far a session's life has come, and how it ended.

use super::{AnswersClose, CloseReason};
use crosswire_protocol::seen::Ended;
use std::{borrow::Cow, io};

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct End {
    /// In one word.
    pub(crate) ended: Ended,
    /// In a sentence, for the log.
    pub(crate) why: Cow<'static, str>,
}

impl End {
    pub(super) fn new(ended: Ended, why: impl Into<Cow<'static, str>>) -> Self {
        Self { ended, why: why.into() }
    }
}

/// What `/control` may do to the TCP connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// RST.
    Drop,
    /// FIN without a close frame.
    Finish,
}

/// What has happened so far of a session's end.
#[derive(Debug, Default)]
pub(super) struct Life {
    /// The close frame that was written.
    pub(super) sent: Option<CloseReason>,
    /// The close frame that came.
    pub(super) received: Option<CloseReason>,
    /// What `/control` asked for.
    pub(super) cut: Option<Cut>,
    /// The peer's side of TCP has ended.
    pub(super) peer_ended: bool,
    /// The server's side of TCP has ended.
    pub(super) side_ended: bool,
    /// The peer's close frame will not be answered.
    owes_no_answer: bool,
}

impl Life {
    pub(super) fn new(answers_close: AnswersClose) -> Self {
        Self { owes_no_answer: answers_close == AnswersClose::Never, ..Self::default() }
    }

    /// Whether messages may still be sent.
    pub(super) const fn may_send(&self) -> bool {
        // A client that ends its side right behind its close frame has not left before its answer, nor before what was
        // accepted for it.
        let left = self.peer_ended && self.received.is_none();
        self.sent.is_none() && self.cut.is_none() && !left
    }

    /// Whether what still arrives is read away unseen.
    pub(super) fn only_drains(&self) -> bool {
        self.received.is_some() || self.cut.is_some() || self.violated()
    }

    /// Whether, once everything is written, the server's side of TCP should end.
    pub(super) fn should_end_side(&self) -> bool {
        let closed = self.sent.is_some() && (self.received.is_some() || self.violated());
        // A client may end its side right behind its close frame: it is answered all the same.
        let left = self.peer_ended && (self.received.is_none() || self.owes_no_answer);
        closed || left || self.cut == Some(Cut::Finish)
    }

    /// Whether a close frame was written that the peer should answer.
    pub(super) fn waits_for_answer(&self) -> bool {
        self.sent.is_some() && self.received.is_none() && !self.violated()
    }

    fn violated(&self) -> bool {
        self.sent.as_ref().is_some_and(|reason| reason.violation)
    }

    /// The end, once both sides of TCP have ended.
    pub(super) fn end(&self) -> Option<End> {
        (self.peer_ended && self.side_ended).then(|| self.verdict())
    }

    /// The stream broke.
    pub(super) fn lost(&self, error: &io::Error, everything_is_written: bool) -> End {
        let verdict = self.verdict();
        match verdict.ended {
            Ended::Clean if everything_is_written => verdict,
            Ended::Vanished | Ended::Clean => {
                End::new(Ended::Vanished, format!("the connection broke: {error}"))
            }
            Ended::Violation | Ended::TimedOut | Ended::Cut => verdict,
        }
    }

    /// The peer kept its side open after everything was said.
    pub(super) fn not_ended_by_peer(&self) -> End {
        let verdict = self.verdict();
        match verdict.ended {
            Ended::Clean => End::new(Ended::TimedOut, "closed, but the client did not end its side of TCP"),
            Ended::Violation | Ended::Vanished | Ended::TimedOut | Ended::Cut => verdict,
        }
    }

    /// A close frame was left without an answer: by the peer, or by a scenario that is awkward about it.
    pub(super) fn not_answered(&self) -> End {
        let verdict = self.verdict();
        match (verdict.ended, &self.sent) {
            (Ended::Vanished, None) => {
                End::new(Ended::TimedOut, "the client waited in vain for an answer to its close frame")
            }
            (Ended::Vanished, Some(sent)) => {
                let code = sent.code.map_or_else(|| "no code".to_owned(), |code| code.to_string());
                End::new(Ended::TimedOut, format!("the close frame with {code} was not answered"))
            }
            _ => verdict,
        }
    }

    fn verdict(&self) -> End {
        match (&self.sent, &self.received) {
            _ if self.cut.is_some() => End::new(Ended::Cut, "the connection was cut as it was told to be"),
            (Some(sent), _) if sent.violation => {
                let code = sent.code.map_or(0, |code| code.0);
                End::new(Ended::Violation, format!("{code}: {}", sent.reason))
            }
            (Some(_), Some(received)) => {
                let code = received.code.map_or_else(|| "no code".to_owned(), |code| code.0.to_string());
                End::new(Ended::Clean, format!("closed with {code}"))
            }
            (None, Some(_)) => {
                End::new(Ended::Vanished, "the client was gone before its close frame was answered")
            }
            _ => End::new(Ended::Vanished, "the client was gone without a close frame"),
        }
    }
}
