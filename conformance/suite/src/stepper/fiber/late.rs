//! What is said of a step whose time is over.

use super::{Doing, Stepper, Wait, begin::broken};
use crate::{judgement::Reason, suite::Step};

impl Stepper {
    /// Why a step fails whose time is over.
    pub(super) fn too_late(&self, wait: &Wait, doing: &Doing) -> Reason {
        let nothing = |code: &str, want: &str, message: &str| Reason {
            want: Some(want.to_owned()),
            got: Some("nothing, until the time was over".to_owned()),
            ..Reason::new(code, message)
        };
        match wait {
            Wait::Opened { .. } => {
                nothing("not_opened", "an open connection", "the connection was neither opened nor refused")
            }
            Wait::Refused { .. } => nothing(
                "not_refused",
                "a refusal",
                "the client has no deadline of its own: it still waits for the handshake",
            ),
            Wait::Welcome { .. } => nothing("no_welcome", "the welcome", "no welcome came"),
            Wait::Messages { round, .. } => {
                let is_repeated = matches!(doing.step, Step::Expect { times: Some(_), .. });
                let reason = nothing("no_message", "a message", "an expected message did not come");
                Reason { round: is_repeated.then_some(*round), ..reason }
            }
            Wait::AnyOrder(wait) => nothing(
                "no_message",
                &format!("{} more messages", wait.left()),
                "an expected message did not come",
            ),
            Wait::Control { .. } | Wait::Seen { .. } => {
                nothing("control_failed", "an answer", "the server's control endpoint did not answer")
            }
            Wait::Fence { .. } => {
                nothing("no_message", "the echo of a fence", "a message that should come back did not")
            }
            Wait::Ended { connection } => {
                let reason = nothing(
                    "no_close",
                    "the end of the connection",
                    "the client did not report the end of the connection",
                );
                Reason { on: Some(self.connections[*connection].name.clone()), ..reason }
            }
            Wait::PeerCloses { .. } => nothing("no_close", "a close", "the peer did not close"),
            Wait::Pong { connection, c } => {
                let connection = &self.connections[*connection];
                let ping = connection.pings.iter().find(|ping| ping.c == *c);
                let payload = ping.map_or(&[][..], |ping| &ping.payload);
                let last = connection.last_pong.as_ref();
                Reason {
                    want: Some(format!("a pong with {:?}", hex::encode(payload))),
                    got: Some(last.map_or_else(
                        || "no pong".to_owned(),
                        |pong| format!("a pong with {:?}", hex::encode(pong)),
                    )),
                    ..Reason::new("no_pong", "no pong came that answers the ping")
                }
            }
            Wait::Answers { .. } => {
                nothing("no_answer", "done or failed", "the driver did not answer a command")
            }
            Wait::Silence { .. } | Wait::Observed { .. } | Wait::Time => {
                broken("a wait for time ran out of it".to_owned())
            }
        }
    }
}
