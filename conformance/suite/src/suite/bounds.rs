//! What a whole test may ask for: each step has bounds of its own, and what is repeated multiplies them.
//!
//! A test that goes on for ever looks like a run that hangs, and its author is the last to find out. All of these bounds are
//! above what a test needs: of the project's own, none takes thirty thousand steps, has to wait for nothing for more than
//! fifty seconds or sends more than 32 MiB.

use super::{Fault, Step, needs::length, step::placed};
use crate::json::pointer;
use serde_json::Value;

/// The most steps that are taken, every round of each: a million messages there and back, and as many again.
const MOST_STEPS: u64 = 4_000_000;
/// The longest that the steps may wait although nothing need happen, in milliseconds.
const LONGEST_IDLE_MS: u64 = 120_000;
/// The most that is sent, in bytes.
const MOST_BYTES: u64 = 1 << 30;

/// What the steps come to so far.
#[derive(Default)]
struct Sum {
    steps: u64,
    idle_ms: u64,
    bytes: u64,
}

/// Refuses a test that would take too many steps, wait too long or send too much, at the step where it does.
pub(super) fn check(steps: &[Step], at: &str) -> Result<(), Fault> {
    Sum::default().add_all(steps, at, 1)
}

impl Sum {
    fn add_all(&mut self, steps: &[Step], at: &str, rounds: u64) -> Result<(), Fault> {
        placed(steps, at).try_for_each(|(at, step, _)| self.add(step, &at, rounds))
    }

    fn add(&mut self, step: &Step, at: &str, rounds: u64) -> Result<(), Fault> {
        match step {
            Step::Repeat { times, steps } => {
                return self.add_all(steps, &pointer(at, "steps"), rounds.saturating_mul(*times));
            }
            Step::Parallel(lists) => {
                let at = pointer(at, "lists");
                let mut lists = lists.iter().enumerate();
                return lists
                    .try_for_each(|(i, steps)| self.add_all(steps, &pointer(&at, &i.to_string()), rounds));
            }
            Step::React { steps, .. } => self.add_all(steps, &pointer(at, "steps"), rounds)?,
            _ => {}
        }
        let rounds = rounds.saturating_mul(times(step));
        self.steps = self.steps.saturating_add(rounds);
        self.idle_ms = self.idle_ms.saturating_add(rounds.saturating_mul(idle_ms(step)));
        self.bytes = self.bytes.saturating_add(rounds.saturating_mul(sent(step, rounds)));
        let most = [
            (self.steps, MOST_STEPS, "steps", "take fewer rounds"),
            (
                self.idle_ms / 1000,
                LONGEST_IDLE_MS / 1000,
                "seconds in which nothing need happen",
                "wait for something that happens",
            ),
            (self.bytes >> 20, MOST_BYTES >> 20, "MiB that are sent", "send less, or in fewer rounds"),
        ];
        let beyond = most.into_iter().find(|(sum, most, ..)| sum > most);
        let Some((sum, most, what, advice)) = beyond else { return Ok(()) };
        let here = if rounds > 1 { format!(", whose rounds are {rounds} in all") } else { String::new() };
        let message = format!(
            "with this step{here}, the test comes to {sum} {what}; at most {most} are allowed: {advice}"
        );
        Err(Fault::new(at, message))
    }
}

/// How often a step is taken by itself.
fn times(step: &Step) -> u64 {
    match step {
        Step::Send { times, .. } | Step::Expect { times, .. } => times.unwrap_or(1),
        Step::ExpectAll { expectations, .. } => expectations.len() as u64,
        Step::Server { act, .. } => {
            let times = |act: &Value| act["send"]["times"].as_u64().unwrap_or(1);
            act.iter().map(times).fold(0, u64::saturating_add)
        }
        Step::Fails(step) => times(step),
        _ => 1,
    }
}

/// How long a step waits where nothing happens, and the test goes on all the same.
fn idle_ms(step: &Step) -> u64 {
    match step {
        Step::Pause { ms, .. } => *ms,
        Step::ExpectNone { for_ms, .. } => *for_ms,
        Step::Observe(observe) => observe.within_ms,
        Step::Server { act, .. } => {
            let times = times(step).max(1);
            let all: u64 = act.iter().filter_map(|act| act["wait_ms"].as_u64()).sum();
            all.div_ceil(times)
        }
        _ => 0,
    }
}

/// How many bytes a step sends each time, in the last of so many rounds.
fn sent(step: &Step, rounds: u64) -> u64 {
    match step {
        Step::Send { payload, .. }
        | Step::Ping { payload: Some(payload), .. }
        | Step::Pong { payload: Some(payload), .. } => length(payload, rounds),
        Step::Fails(step) => sent(step, rounds),
        _ => 0,
    }
}
