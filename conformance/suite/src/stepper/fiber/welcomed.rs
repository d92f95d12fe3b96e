//! A welcome where nobody has thought of one: the first mistake of somebody's first suite.

use super::Stepper;
use crate::{driver::Message, judgement::Reason};
use crosswire_protocol::digest::Kind;
use serde_json::Value;

impl Stepper {
    /// Says of a message that is not the one it should be that it is the server's welcome, and what to do about it.
    pub(super) fn hint_at_welcome(&self, reason: Reason, connection: usize, message: &Message) -> Reason {
        let connection = &self.connections[connection];
        if !connection.is_welcomed_unasked || !self.world.server.contains("welcome") || !is_welcome(message) {
            return reason;
        }
        let message = format!(
            "{}: it is the welcome, with which this server begins here. On `/ws` it is taken off: let that be the suite's \
             `endpoint`, or the step's `path`; or expect it first",
            reason.message
        );
        Reason { message, ..reason }
    }
}

fn is_welcome(message: &Message) -> bool {
    let text = message.payload.as_deref().unwrap_or(&message.head);
    let value: Value = serde_json::from_slice(text).unwrap_or_default();
    message.kind == Kind::Text && value["type"] == "welcome"
}
