//! What a step may say because of those around it: behind `fails`, inside of `react`, in rounds, at once.

use super::{Step, fields::Fault};
use crate::json::pointer;
use serde_json::Value;
use std::collections::BTreeSet;

/// What is known at the place of a step.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    /// Names that something before it has bound.
    pub(super) bound: BTreeSet<String>,
    /// How many rounds the innermost repetition has that it stands in.
    pub(super) rounds: Option<u64>,
    /// Connections that may have been refused.
    pub(super) perhaps_open: BTreeSet<String>,
    /// The words under which something was observed.
    pub(super) observed: BTreeSet<String>,
}

pub(super) const fn can_fail_locally(step: &Step) -> bool {
    matches!(step, Step::Send { .. } | Step::Ping { .. } | Step::Pong { .. } | Step::Close { .. })
}

/// What is done from inside a handler is done at once and on its own connection: nothing waits for it there.
pub(super) fn check_reaction(steps: &[Step], on: &str, at: &str) -> Result<(), Fault> {
    for (i, step) in steps.iter().enumerate() {
        let is_one = match step {
            Step::Send { times, fragments, tasks, may_fail, .. } => {
                !may_fail && times.is_none() && fragments.is_none() && tasks.is_none()
            }
            Step::Close { expect_code, expect_reason, may_fail, .. } => {
                !may_fail && expect_code.is_none() && expect_reason.is_none()
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

/// Names in the texts of a step: `${i}` counts rounds, so that there have to be some, and any other has been bound before it.
/// Steps inside of this one are read on their own, a sentence for people is no text of a message, and what stands in a
/// `$literal` is left alone.
pub(super) fn check_names(value: &Value, at: &str, scope: &Scope) -> Result<(), Fault> {
    match value {
        Value::String(text) => check_text(text, at, scope),
        Value::Array(values) => {
            let mut values = values.iter().enumerate();
            values.try_for_each(|(i, value)| check_names(value, &pointer(at, &i.to_string()), scope))
        }
        Value::Object(members) if members.len() == 1 && members.contains_key("$literal") => Ok(()),
        Value::Object(members) => {
            let mut within = scope.clone();
            if members.contains_key("times") {
                within.rounds = within.rounds.or(Some(1));
            }
            let is_read_apart = |key: &str| matches!(key, "steps" | "lists" | "why");
            let mut members = members.iter().filter(|(key, _)| !is_read_apart(key));
            members.try_for_each(|(key, value)| check_names(value, &pointer(at, key), &within))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

fn check_text(text: &str, at: &str, scope: &Scope) -> Result<(), Fault> {
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("${") {
        if before.ends_with('$') {
            rest = behind;
            continue;
        }
        let Some((name, behind)) = behind.split_once('}') else {
            let message = format!("`${{{behind}` has no closing brace; a literal `${{` is written `$${{`");
            return Err(Fault::new(at, message));
        };
        if name == "i" && scope.rounds.is_none() {
            return Err(Fault::new(at, "`${i}` counts rounds, and this step is in no repetition"));
        }
        if name != "i" && !scope.bound.contains(name) {
            let message = format!(
                "nothing has bound `{name}` before this step; put it into `vars`, or write `$${{` for a literal `${{`"
            );
            return Err(Fault::new(at, message));
        }
        rest = behind;
    }
    Ok(())
}

/// Reads steps of which each round binds its names: those of one round are those of the next, and a name is bound once.
pub(super) fn in_rounds<T>(
    times: Option<u64>,
    at: &str,
    scope: &mut Scope,
    read: impl FnOnce(&mut Scope) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let (before, around) = (scope.bound.len(), scope.rounds);
    scope.rounds = times.or(around);
    let read = read(scope)?;
    scope.rounds = around;
    if times.is_some_and(|times| times > 1) && scope.bound.len() > before {
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
    scope: &mut Scope,
    read: impl Fn(&Value, &str, &mut Scope) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    let (before, mut made) = (scope.clone(), Vec::with_capacity(values.len()));
    for (i, value) in values.iter().enumerate() {
        let at = pointer(at, &i.to_string());
        let mut of_this = before.clone();
        made.push(read(value, &at, &mut of_this)?);
        for name in of_this.bound.difference(&before.bound) {
            if !scope.bound.insert(name.clone()) {
                return Err(Fault::new(at, format!("`{name}` is captured here a second time")));
            }
        }
        scope.perhaps_open.extend(of_this.perhaps_open);
        for name in of_this.observed.difference(&before.observed) {
            if !scope.observed.insert(name.clone()) {
                return Err(Fault::new(at, format!("`{name}` is observed here a second time")));
            }
        }
    }
    Ok(made)
}
