//! How long the reason behind a close code may be.

use super::{Fault, Step, step::placed};
use crate::{json::pointer, matcher::Bindings, stepper::names::Names};

/// The payload of a control frame is 125 bytes at most, and the code takes two (RFC 6455, 5.5).
const LONGEST: usize = 123;

/// Refuses a reason that no close frame holds. Whoever sends one shows what the client makes of it, behind `fails`.
pub(super) fn check(steps: &[Step], bindings: &Bindings, at: &str) -> Result<(), Fault> {
    placed(steps, at).try_for_each(|(at, step, must_fail)| match step {
        Step::Repeat { steps, .. } | Step::React { steps, .. } => check(steps, bindings, &pointer(&at, "steps")),
        Step::Parallel(lists) => {
            let at = pointer(&at, "lists");
            let mut lists = lists.iter().enumerate();
            lists.try_for_each(|(i, steps)| check(steps, bindings, &pointer(&at, &i.to_string())))
        }
        Step::Close { reason, may_fail: false, .. } if !must_fail => {
            // What is captured is not known yet.
            let length = Names { bindings, round: Some(0) }.fill(reason).map_or(0, |reason| reason.len());
            if length <= LONGEST {
                return Ok(());
            }
            let message = format!(
                "a close frame holds a reason of at most {LONGEST} bytes, and this one has {length}; shorten it, or put \
                 `fails` before the step where the client is to refuse it"
            );
            Err(Fault::new(pointer(&at, "reason"), message))
        }
        _ => Ok(()),
    })
}
