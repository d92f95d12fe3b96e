//! Handshakes that are judged or answered wrongly, and limits that are not kept.

use super::Mutant;
use crate::{
    handshake::{
        doors::Doors,
        head::Head,
        judge::{self, Endpoint, Upgrade, Verdict},
        refusal::{Kind, Refusal},
    },
    session::{AnswersClose, Rules},
};
use crosswire_protocol::subprotocol;

/// More than any client of a test sends.
const NO_LIMIT: usize = 1 << 30;

/// The key that answers belong to where they belong to another one.
const OTHER_KEY: &str = "AAAAAAAAAAAAAAAAAAAAAA==";

/// Judges a head as this mutant does. What it was really sent stays in the journal.
pub(crate) fn judge(mutant: Mutant, head: &Head, doors: &Doors, scheme: &str) -> Result<Verdict, Refusal> {
    let again = |head: &Head| judge::judge(head, doors, scheme);
    let verdict = again(&mutant.misread(head));
    let Err(refusal) = &verdict else { return verdict };
    match (mutant, refusal.kind) {
        (Mutant::UnknownPathAccepted, Kind::UnknownPath) => {
            let query = head.target.split_once('?').map(|(_, query)| format!("?{query}"));
            again(&Head { target: format!("/ws{}", query.unwrap_or_default()), ..head.clone() })
        }
        (Mutant::OriginIgnored, Kind::Origin) => {
            let mut head = head.clone();
            head.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("origin"));
            again(&head)
        }
        // As though ours had been offered too, and then it is not confirmed: a list that is malformed stays refused.
        (Mutant::UnknownSubprotocolAccepted, Kind::Subprotocol) => {
            let mut head = head.clone();
            let known = subprotocol::KNOWN.first().copied().unwrap_or_default();
            head.headers.push(("Sec-WebSocket-Protocol".to_owned(), known.as_bytes().to_vec()));
            again(&head).map(|verdict| match verdict {
                Verdict::Upgrade(upgrade) => Verdict::Upgrade(Upgrade { subprotocol: None, ..upgrade }),
                page @ Verdict::Http(_) => page,
            })
        }
        _ => verdict,
    }
}

impl Mutant {
    /// The mutant on this endpoint: it is wrong in the conversations alone.
    pub(crate) const fn on(self, endpoint: Endpoint) -> Self {
        match endpoint {
            Endpoint::Talk | Endpoint::Echo => self,
            Endpoint::Control | Endpoint::Scenario(_) => Self::Healthy,
        }
    }

    /// A head as it is understood.
    pub(crate) fn misread(self, head: &Head) -> Head {
        let mut head = head.clone();
        if self == Self::PlusDecoded
            && let Some((path, query)) = head.target.split_once('?')
        {
            head.target = format!("{path}?{}", query.replace('+', "%20"));
        }
        head
    }

    /// A handshake as it is answered.
    pub(crate) fn misanswer(self, head: &Head, mut upgrade: Upgrade) -> Upgrade {
        match self.on(upgrade.endpoint) {
            Self::WrongAcceptKey => OTHER_KEY.clone_into(&mut upgrade.key),
            Self::SubprotocolNotConfirmed => upgrade.subprotocol = None,
            Self::SubprotocolListEchoed if upgrade.subprotocol.is_some() => {
                let offered = head.elements("sec-websocket-protocol").map(String::from_utf8_lossy);
                upgrade.subprotocol = Some(offered.collect::<Vec<_>>().join(", "));
            }
            _ => {}
        }
        upgrade
    }

    /// The numbers that a session lives by, or does not.
    pub(crate) fn change_rules(self, rules: &mut Rules) {
        let limits = &mut rules.limits;
        match self {
            Self::LimitOffByOne => {
                limits.message -= 1;
                limits.frame = limits.frame.min(limits.message);
            }
            Self::LimitIgnored => (limits.message, limits.frame) = (NO_LIMIT, NO_LIMIT),
            Self::LimitPerFrame => limits.message = NO_LIMIT,
            // A character has four bytes at most; the session counts them once the message is there.
            Self::LimitCountsCharacters => {
                limits.message = limits.message.saturating_mul(4);
                limits.frame = limits.message;
            }
            Self::NoCloseAnswer => rules.answers_close = AnswersClose::Never,
            Self::ReadsOnUnderPressure => rules.outbox_mark = usize::MAX / 2,
            _ => {}
        }
    }
}
