//! How the connection of a mutant ends.

use super::super::{CloseReason, Talk};
use crate::{framing::FrameWriter, mutants::Mutant};
use crosswire_protocol::close::CloseCode;

/// What is left of a reason that is cut.
const CUT_REASON: usize = 16;

/// How the server's side ends behind the close frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Farewell {
    /// As it should.
    Fin,
    /// By a reset.
    Reset,
    /// Not at all.
    Never,
}

impl<W: FrameWriter> Talk<W> {
    /// The answer to the client's close frame.
    pub(in super::super) fn answer_to_close(&self, received: &CloseReason) -> CloseReason {
        let mut answer = received.clone();
        match self.odd.mutant {
            Mutant::WrongCloseCode => answer.code = Some(CloseCode::GOING_AWAY),
            Mutant::CloseReasonCut => {
                let end = answer.reason.floor_char_boundary(CUT_REASON);
                answer.reason = answer.reason[..end].to_owned().into();
            }
            Mutant::Close1005As1000 => answer.code = answer.code.or(Some(CloseCode::NORMAL)),
            Mutant::Close4xxxRefused if answer.code.is_some_and(|code| code.0 >= 4000) => {
                answer.code = Some(CloseCode::PROTOCOL_ERROR);
            }
            _ => {}
        }
        answer
    }

    /// The close frame that is written. Where the client has sent none, the server begins.
    pub(in super::super) fn closes_with(&mut self, mut reason: CloseReason) -> CloseReason {
        let begins = self.life.received.is_none();
        self.odd.answered_close = !begins;
        match self.odd.mutant {
            Mutant::ServerCloseCodeLost if begins => (reason.code, reason.reason) = (None, "".into()),
            Mutant::ServerCloseReasonLost if begins => reason.reason = "".into(),
            _ => {}
        }
        reason
    }

    /// How the server's side of TCP ends.
    pub(in super::super) fn farewell(&mut self) -> Farewell {
        let both_closed = self.life.sent.is_some() && self.life.received.is_some();
        match self.odd.mutant {
            Mutant::ResetInsteadOfFin if both_closed => Farewell::Reset,
            Mutant::CloseAnsweredTcpOpen if self.odd.answered_close && !self.life.peer_ended => {
                // Not for ever: a client that never leaves either must not be kept.
                self.clock.closing_begins(self.rules.write_timeout);
                Farewell::Never
            }
            _ => Farewell::Fin,
        }
    }
}
