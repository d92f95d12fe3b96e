//! Which connections are there: what a step does on one that nothing before it has opened can be seen before anything runs.
//!
//! The steps are gone through as they will be taken, with the names that they will have. Only what is certain is refused:
//! what runs at once may come in any order, and of a connection on which the server acts nobody knows how long it stays.

use super::{
    Fault, Step,
    step::{Connect, placed},
};
use crate::{json::pointer, matcher::Bindings, stepper::names::Names};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of a connection that a step before has opened, or tried to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// It is open, as far as steps can tell.
    Open,
    /// It must have been refused.
    Refused,
    /// It is over, or may be.
    Unsure,
}

/// What is known of each connection, by its name. What lists that run at once do lies in layers of their own.
struct Connections<'a> {
    bindings: &'a Bindings,
    layers: Vec<BTreeMap<String, Known>>,
}

/// Refuses a step on a connection that was not opened or had to be refused, and a second one under the same name. A test
/// whose names are only told while it runs is left alone.
pub(super) fn check(steps: &[Step], bindings: &Bindings, at: &str) -> Result<(), Fault> {
    let in_a_round = Names { bindings, round: Some(0) };
    if !names(steps, true).into_iter().all(|name| in_a_round.fill(name).is_ok()) {
        return Ok(());
    }
    Connections { bindings, layers: vec![BTreeMap::new()] }.walk(steps, at, None)
}

impl Connections<'_> {
    fn walk(&mut self, steps: &[Step], at: &str, round: Option<u64>) -> Result<(), Fault> {
        placed(steps, at).try_for_each(|(at, step, _)| self.take(step, &at, round))
    }

    fn take(&mut self, step: &Step, at: &str, round: Option<u64>) -> Result<(), Fault> {
        match step {
            Step::Repeat { times, steps } => {
                let at = pointer(at, "steps");
                rounds(*times, steps).try_for_each(|round| self.walk(steps, &at, Some(round)))
            }
            Step::Parallel(lists) => self.at_once(lists, &pointer(at, "lists"), round),
            Step::Connect(connect) => {
                let then = if connect.may_fail { Known::Unsure } else { Known::Open };
                self.open(connect, then, at, round)
            }
            Step::ConnectFails { connect, .. } => self.open(connect, Known::Refused, at, round),
            step => match step.on() {
                Some(on) => self.act(step, on, at, round),
                None => Ok(()),
            },
        }
    }

    fn open(&mut self, connect: &Connect, then: Known, at: &str, round: Option<u64>) -> Result<(), Fault> {
        let name = self.name(&connect.on, at, round)?;
        if self.known(&name) == Some(Known::Open) {
            let message = format!(
                "`{name}` is open here already; choose another name, or let the test wait for its end first, with `close`, \
                 `expect_close` or `drop`"
            );
            return Err(Fault::new(pointer(at, "on"), message));
        }
        self.note(name, then);
        Ok(())
    }

    fn act(&mut self, step: &Step, on: &str, at: &str, round: Option<u64>) -> Result<(), Fault> {
        let name = self.name(on, at, round)?;
        let message = match self.known(&name) {
            Some(Known::Open | Known::Unsure) => {
                if may_end(step) {
                    self.note(name, Known::Unsure);
                }
                return Ok(());
            }
            // How it was refused can be looked at.
            Some(Known::Refused) if matches!(step, Step::Observe(_)) => return Ok(()),
            Some(Known::Refused) => {
                format!("`{name}` has to be refused by then, so that nothing can be done on it")
            }
            None => format!("no step before this one opens `{name}`; `connect` does"),
        };
        Err(Fault::new(pointer(at, "on"), message))
    }

    /// What one list opens may be there for another, or not yet.
    fn at_once(&mut self, lists: &[Vec<Step>], at: &str, round: Option<u64>) -> Result<(), Fault> {
        let opened: Vec<_> = lists.iter().map(|steps| self.opened_by(steps, round)).collect();
        let mut after: BTreeMap<String, Known> = BTreeMap::new();
        for (i, steps) in lists.iter().enumerate() {
            let of_others: BTreeSet<_> = opened
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != i)
                .flat_map(|(_, names)| names)
                .collect();
            let layer = of_others.iter().map(|name| ((*name).clone(), Known::Unsure)).collect();
            self.layers.push(layer);
            let walked = self.walk(steps, &pointer(at, &i.to_string()), round);
            let layer = self.layers.pop().unwrap_or_default();
            walked?;
            for (name, known) in layer {
                if of_others.contains(&name) && !opened[i].contains(&name) {
                    continue;
                }
                let is_shared = after.contains_key(&name);
                after.insert(name, if is_shared { Known::Unsure } else { known });
            }
        }
        for (name, known) in after {
            self.note(name, known);
        }
        Ok(())
    }

    /// The names of what steps open, or try to.
    fn opened_by(&self, steps: &[Step], round: Option<u64>) -> BTreeSet<String> {
        let mut opened = BTreeSet::new();
        for step in steps {
            match step {
                Step::Connect(connect) | Step::ConnectFails { connect, .. } => {
                    opened.extend(self.fill(&connect.on, round));
                }
                Step::Repeat { times, steps } => {
                    opened.extend(rounds(*times, steps).flat_map(|round| self.opened_by(steps, Some(round))));
                }
                Step::Parallel(lists) => {
                    opened.extend(lists.iter().flat_map(|steps| self.opened_by(steps, round)))
                }
                _ => {}
            }
        }
        opened
    }

    fn fill(&self, on: &str, round: Option<u64>) -> Result<String, String> {
        Names { bindings: self.bindings, round }.fill(on)
    }

    fn name(&self, on: &str, at: &str, round: Option<u64>) -> Result<String, Fault> {
        self.fill(on, round).map_err(|_| {
            let message =
                "`${i}` counts the rounds of a `repeat` here: with `times`, a step stays on one connection";
            Fault::new(pointer(at, "on"), message)
        })
    }

    fn known(&self, name: &str) -> Option<Known> {
        self.layers.iter().rev().find_map(|layer| layer.get(name)).copied()
    }

    fn note(&mut self, name: String, known: Known) {
        if let Some(layer) = self.layers.last_mut() {
            layer.insert(name, known);
        }
    }
}

/// Whether a connection may be over behind a step. That a message makes the server end it is waited for with `expect_close`.
const fn may_end(step: &Step) -> bool {
    let ends = matches!(step, Step::Close { .. } | Step::ExpectClose { .. } | Step::Drop { .. });
    ends || matches!(step, Step::Server { .. } | Step::Seen { .. } | Step::React { .. } | Step::Observe(_))
}

/// The rounds that have to be looked at: every one where names count them; otherwise the second shows what the first has left.
fn rounds(times: u64, steps: &[Step]) -> std::ops::Range<u64> {
    0..if names(steps, false).iter().any(|name| name.contains("${i}")) { times } else { times.min(2) }
}

/// The names of connections, as they are written; with those inside of a further `repeat`, which has rounds of its own, or
/// without.
fn names(steps: &[Step], with_repeats: bool) -> Vec<&str> {
    let mut found = Vec::new();
    for step in steps {
        match step {
            Step::Repeat { steps, .. } if with_repeats => found.extend(names(steps, true)),
            Step::Parallel(lists) => found.extend(lists.iter().flat_map(|steps| names(steps, with_repeats))),
            step => found.extend(step.on()),
        }
    }
    found
}
