//! What a step may say because of those around it: behind `fails`, inside of `react`, in rounds, at once.

use super::{Step, fields::Fault};
use crate::json::pointer;
use serde_json::Value;
use std::collections::BTreeSet;

pub(super) const fn can_fail_locally(step: &Step) -> bool {
    matches!(step, Step::Send { .. } | Step::Ping { .. } | Step::Pong { .. } | Step::Close { .. })
}

/// What is done from inside a handler is done at once and on its own connection: nothing waits for it there.
pub(super) fn check_reaction(steps: &[Step], on: &str, at: &str) -> Result<(), Fault> {
    for (i, step) in steps.iter().enumerate() {
        let is_one = match step {
            Step::Send { times, fragments, tasks, .. } => {
                times.is_none() && fragments.is_none() && tasks.is_none()
            }
            Step::Close { expect_code, expect_reason, .. } => {
                expect_code.is_none() && expect_reason.is_none()
            }
            _ => false,
        };
        let at = pointer(at, &i.to_string());
        if !is_one {
            return Err(Fault::new(at, "inside `react` only `send` of one message and `close` can be done"));
        }
        if step.on() != Some(on) {
            return Err(Fault::new(at, format!("what `react` does it does on its own connection, `{on}`")));
        }
    }
    Ok(())
}

/// Reads steps of which each round binds its names: those of one round are those of the next, and a name is bound once.
pub(super) fn in_rounds<T>(
    times: Option<u64>,
    at: &str,
    bound: &mut BTreeSet<String>,
    read: impl FnOnce(&mut BTreeSet<String>) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let before = bound.len();
    let read = read(bound)?;
    if times.is_some_and(|times| times > 1) && bound.len() > before {
        return Err(Fault::new(
            at,
            "what is captured in one round would be captured a second time in the next",
        ));
    }
    Ok(read)
}

/// Reads what runs at once, or matches in any order: none may refer to what another binds, and no two may bind a name.
pub(super) fn at_once<T>(
    values: &[Value],
    at: &str,
    bound: &mut BTreeSet<String>,
    read: impl Fn(&Value, &str, &mut BTreeSet<String>) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    let (before, mut made) = (bound.clone(), Vec::with_capacity(values.len()));
    for (i, value) in values.iter().enumerate() {
        let at = pointer(at, &i.to_string());
        let mut of_this = before.clone();
        made.push(read(value, &at, &mut of_this)?);
        for name in of_this.difference(&before) {
            if !bound.insert(name.clone()) {
                return Err(Fault::new(at, format!("`{name}` is captured here a second time")));
            }
        }
    }
    Ok(made)
}
