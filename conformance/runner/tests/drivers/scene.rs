//! Where liars are let loose: the tests that they lie in, the manifest that they are found by, and what a result must be.

use super::{
    crosswire::{PROGRAM, Place},
    liar,
    lies::Ending,
};
use crosswire_runner::results::{Outcome as Held, TestResult, Verdict};
use serde_json::{Value, json};
use std::{env, fs};

/// The honest client.
pub(crate) const HONEST: &str = "rust-tokio-tungstenite";

impl Place {
    /// Writes a suite of tests, each with its steps.
    pub(crate) fn suite(&self, tests: &[(&str, Value)]) {
        let test = |(id, steps): &(&str, Value)| json!({"id": format!("lies/{id}"), "title": id, "why": "A liar lies in one of them.", "level": "may", "steps": steps});
        let tests: Vec<_> = tests.iter().map(test).collect();
        let suite =
            json!({"format": 1, "profile": "lies", "about": "For liars.", "endpoint": "/ws", "tests": tests});
        fs::create_dir_all(self.path("suites")).unwrap();
        fs::write(self.path("suites/lies.json"), suite.to_string()).unwrap();
    }

    /// Writes a manifest with a client for each of these lies.
    pub(crate) fn liars(&self, names: &[&str]) {
        let program = env::current_exe().unwrap();
        let client = |name: &&str| {
            json!({"name": name, "language": "lie", "library": "none", "homepage": "none",
                   "run": [program, liar::FLAG, name, PROGRAM]})
        };
        let clients: Vec<_> = names.iter().map(client).collect();
        fs::write(self.path("liars.json"), json!({"format": 1, "clients": clients}).to_string()).unwrap();
    }
}

pub(crate) fn steps(on: &str) -> Value {
    json!([
        {"do": "connect", "on": on},
        {"do": "send", "on": on, "text": "one"},
        {"do": "expect", "on": on, "text": "one"},
        {"do": "close", "on": on, "code": 1000}
    ])
}

pub(crate) fn is_as_it_must_be(result: &TestResult, ending: Ending) {
    let wrong = |what: &str| format!("{}: {what} is not what it must be\n{result:#?}", result.test);
    assert_eq!(result.verdict, ending.verdict, "{}", wrong("the verdict"));
    let held = if ending.verdict == Verdict::Pass { Held::Ok } else { Held::Regression };
    assert_eq!(result.outcome, held, "{}", wrong("the outcome"));
    let reason = result.reason.as_ref();
    assert_eq!(reason.map(|reason| &*reason.code).unwrap_or_default(), ending.code, "{}", wrong("the code"));
    let said = [reason.map(|reason| &*reason.message).unwrap_or_default()];
    let mut said = said
        .into_iter()
        .chain(reason.and_then(|reason| reason.want.as_deref()))
        .chain(result.notes.iter().map(|note| &**note));
    assert!(said.any(|said| said.contains(ending.says)), "{}", wrong("the sentence"));
    // A row that is to be understood has what was said in it, unless nothing was.
    let was_run = !matches!(ending.code, "" | "not_run" | "never_refuses");
    assert_eq!(result.transcript.is_empty(), !was_run, "{}", wrong("the transcript"));
}
