//! How a connection ended, held against how it should have.

use super::{
    Progress, Stepper,
    begin::broken,
    wait::{Checked, mismatch},
};
use crate::{
    driver::Closed,
    judgement::Reason,
    stepper::{names::Names, payload::hold_pattern},
    suite::{CloseSeen, Step},
};
use serde_json::Value;

impl Stepper {
    /// The client ends the connection itself. Data that still arrives is ignored.
    pub(super) fn check_own_close(&mut self, connection: usize, step: &Step, round: Option<u64>) -> Checked {
        self.connections[connection].inbox.clear();
        let Some(closed) = self.connections[connection].closed.clone() else { return Ok(Progress::Pending) };
        let Step::Close { code, expect_code, expect_reason, .. } = step else {
            // Of an end that the client has cut, only that it is over.
            return Ok(Progress::Done);
        };
        let wanted = expect_code.unwrap_or_else(|| code.map_or(CloseSeen::NoCode, CloseSeen::Code));
        let clean = (wanted != CloseSeen::Dropped).then_some(true);
        self.check_closed(&closed, Some(wanted), expect_reason.as_ref(), clean, round)
    }

    pub(super) fn check_peer_close(&mut self, connection: usize, step: &Step, round: Option<u64>) -> Checked {
        let Step::ExpectClose { code, reason, clean, .. } = step else {
            return Err(broken("only `expect_close` waits for the peer to close".to_owned()));
        };
        // Who was told not to read may be cut off before its welcome.
        if !self.connections[connection].inbox.is_empty() {
            self.take_late_welcome(connection)?;
        }
        let connection = &mut self.connections[connection];
        if let Some(message) = connection.inbox.pop_front() {
            return Err(Reason {
                want: Some("the close".to_owned()),
                got: Some(message.to_words()),
                ..Reason::new("unexpected_message", "a message came before the close")
            });
        }
        let Some(closed) = connection.closed.clone() else { return Ok(Progress::Pending) };
        self.check_closed(&closed, *code, reason.as_ref(), *clean, round)
    }

    fn check_closed(
        &mut self,
        closed: &Closed,
        wanted: Option<CloseSeen>,
        reason: Option<&Value>,
        clean: Option<bool>,
        round: Option<u64>,
    ) -> Checked {
        let got = match closed.code {
            1005 => CloseSeen::NoCode,
            1006 => CloseSeen::Dropped,
            code => CloseSeen::Code(code),
        };
        if let Some(wanted) = wanted.filter(|wanted| *wanted != got) {
            let reason = if got == CloseSeen::Dropped {
                Reason::new("no_close", "the connection ended without a close frame from the peer")
            } else {
                Reason::new("wrong_close", "the close frame of the peer is another one than expected")
            };
            return Err(Reason { want: Some(wanted.to_words()), got: Some(closed.to_words()), ..reason });
        }
        if let Some(pattern) = reason {
            let names = Names { bindings: &self.bindings, round };
            let pattern = names.fill_value(pattern).map_err(broken)?;
            hold_pattern(&pattern, &Value::String(closed.reason.clone()), &mut self.bindings).map_err(
                |unmet| Reason {
                    code: "wrong_close".to_owned(),
                    ..mismatch(unmet, "the reason is another one")
                },
            )?;
        }
        match clean {
            Some(clean) if clean != closed.clean => Err(Reason {
                want: Some(if clean { "a clean end" } else { "an end that is not clean" }.to_owned()),
                got: Some(closed.to_words()),
                ..Reason::new("not_clean", "the closing handshake did not end as it should")
            }),
            _ => Ok(Progress::Done),
        }
    }
}

impl CloseSeen {
    fn to_words(self) -> String {
        match self {
            Self::Code(code) => format!("code {code}"),
            Self::NoCode => "a close frame without a code".to_owned(),
            Self::Dropped => "no close frame".to_owned(),
        }
    }
}
