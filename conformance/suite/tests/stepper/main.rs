//! The stepper without I/O, in virtual time: tests that must pass, tests that must fail, and drivers that lie.

#![expect(clippy::unwrap_used, reason = "a vector that cannot be read fails its test")]

mod addresses;
// Only there can a test ask how long it has worked itself.
#[cfg(unix)]
mod amounts;
mod deadlines;
mod delays;
mod lies;
mod observing;
mod selftest;
mod simulation;

use crosswire_suite::suite::{Registry, Suite, Test, read};
use serde_json::{Value, json};

fn registry() -> Registry {
    let capabilities: Value = serde_json::from_str(include_str!("../../../capabilities.json")).unwrap();
    let names = |side: &str| capabilities[side].as_object().unwrap().keys().cloned().collect();
    Registry { client: names("client"), server: names("server"), mutants: None, is_own: false }
}

fn suite(text: &str) -> Suite {
    read(text, &registry()).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

fn core() -> Suite {
    suite(include_str!("../../../suites/core.json"))
}

fn must_pass() -> Suite {
    suite(include_str!("../../../selftest/must-pass.json"))
}

/// A test of these steps.
fn test_of(steps: &Value) -> Test {
    let test = json!({"id": "made/here", "title": "t", "why": "w", "level": "may", "steps": steps});
    let about = "Made in a test.";
    let made = json!({"format": 1, "profile": "made", "about": about, "endpoint": "/ws", "tests": [test]});
    suite(&made.to_string()).tests.remove(0)
}
