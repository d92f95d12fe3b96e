//! The lists of tests that must pass and of those that must not.

use crate::{
    core, must_pass, registry,
    simulation::{Simulation, WORLDS},
};
use crosswire_suite::{
    judgement::{Reason, Verdict},
    matcher::OPERATORS,
    suite::{Test, VERBS, read},
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{collections::BTreeSet, fs, path::Path, time::Duration};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[expect(dead_code, reason = "read by `serde` so that another format is noticed")]
    format: u64,
    #[expect(dead_code, reason = "for people")]
    note: String,
    tests: Vec<Entry>,
}

/// A test that must not pass.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) world: String,
    pub(crate) want: Want,
    test: Value,
}

/// What has to be said of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Want {
    verdict: Verdict,
    code: String,
    step: Option<String>,
    on: Option<String>,
    round: Option<u64>,
    at: Option<String>,
    want: Option<String>,
    want_has: Option<String>,
    got: Option<String>,
    got_has: Option<String>,
    #[serde(default)]
    got_absent: bool,
    pub(crate) after_ms: Option<u64>,
}

pub(crate) fn must_fail() -> Vec<(Entry, Test)> {
    let file: File = serde_json::from_str(include_str!("../../../selftest/must-fail.json")).unwrap();
    let tests: Vec<_> = file.tests.iter().map(|entry| &entry.test).collect();
    let about = "Tests that must not pass.";
    let suite = json!({"format": 1, "profile": "fail", "about": about, "endpoint": "/ws", "tests": tests});
    let suite = read(&suite.to_string(), &registry()).unwrap_or_else(|faults| panic!("{faults:#?}"));
    file.tests.into_iter().zip(suite.tests).collect()
}

impl Want {
    pub(crate) fn is_said_by(&self, verdict: Verdict, reason: Option<&Reason>) -> bool {
        let Some(reason) = reason else { return false };
        let is = |wanted: &Option<String>, got: &Option<String>| wanted.is_none() || wanted == got;
        let has = |wanted: &Option<String>, got: &Option<String>| {
            wanted.as_ref().is_none_or(|part| got.as_ref().is_some_and(|got| got.contains(part)))
        };
        (verdict, &reason.code) == (self.verdict, &self.code)
            && is(&self.step, &reason.step)
            && is(&self.on, &reason.on)
            && is(&self.at, &reason.at)
            && is(&self.want, &reason.want)
            && is(&self.got, &reason.got)
            && has(&self.want_has, &reason.want)
            && has(&self.got_has, &reason.got)
            && (!self.got_absent || reason.got.is_none())
            && (self.round.is_none() || self.round == reason.round)
    }
}

#[test]
fn what_must_pass_passes() {
    for test in must_pass().tests.iter().chain(&core().tests) {
        let judgement = Simulation::new("right").run(test);
        assert_eq!(judgement.verdict, Verdict::Pass, "{}: {judgement:#?}", test.id);
    }
}

#[test]
fn what_must_pass_passes_without_a_journal() {
    for test in &must_pass().tests {
        let mut simulation = Simulation::new("right");
        simulation.told.server.remove("journal");
        let judgement = simulation.run(test);
        assert_eq!(judgement.verdict, Verdict::Pass, "{}: {judgement:#?}", test.id);
        assert!(judgement.seen.is_empty());
    }
}

#[test]
fn what_must_fail_fails_for_its_reason_at_its_time() {
    for (entry, test) in must_fail() {
        let mut simulation = Simulation::new(&entry.world);
        let judgement = simulation.run(&test);
        assert!(
            entry.want.is_said_by(judgement.verdict, judgement.reason.as_ref()),
            "{}: {judgement:#?}",
            test.id
        );
        if let Some(after) = entry.want.after_ms {
            let first = simulation.ran_out.first().copied().unwrap_or_default();
            let distance = first.abs_diff(Duration::from_millis(after));
            assert!(distance < Duration::from_millis(20), "{}: after {first:?}", test.id);
        }
    }
}

#[test]
fn what_must_fail_passes_in_no_world_by_chance() {
    // The world is what it fails by: in the right one it passes, or it fails because of what it says itself.
    for (entry, test) in must_fail().iter().filter(|(entry, _)| entry.world != "right") {
        let judgement = Simulation::new("right").run(test);
        let is_other = !entry.want.is_said_by(judgement.verdict, judgement.reason.as_ref());
        assert!(is_other, "{} says nothing about `{}`", test.id, entry.world);
    }
}

#[test]
fn every_world_is_visited() {
    let mut visited: BTreeSet<_> = must_fail().iter().map(|(entry, _)| entry.world.clone()).collect();
    // In these a test passes.
    let harmless = ["bursts-into-pongs", "fails-while-the-peer-closes", "stuck-in-a-send"];
    visited.extend(harmless.map(str::to_owned));
    let never: Vec<_> = WORLDS.iter().filter(|world| !visited.contains(**world)).collect();
    assert_eq!(never, Vec::<&&str>::new());
}

#[test]
fn every_verb_and_every_operator_is_used() {
    let text = include_str!("../../../selftest/must-pass.json");
    for verb in VERBS {
        assert!(text.contains(&format!("\"do\": \"{verb}\"")), "no test does `{verb}`");
    }
    for operator in OPERATORS {
        assert!(text.contains(&format!("\"{operator}\":")), "no test uses `{operator}`");
    }
}

#[test]
fn every_reason_is_given_to_a_test_that_must_fail() {
    let given: BTreeSet<_> = must_fail().iter().map(|(entry, _)| entry.want.code.clone()).collect();
    let by_lies = BTreeSet::from(["impossible_event".to_owned()]);
    let mut known = BTreeSet::new();
    let mut without = 0;
    for source in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/stepper")) {
        for maker in ["Reason::new(", "nothing(", "into_reason("] {
            for (at, _) in source.match_indices(maker) {
                match source[at + maker.len()..].trim_start().strip_prefix('"') {
                    Some(rest) => known.insert(rest.split('"').next().unwrap().to_owned()),
                    None => {
                        without += 1;
                        false
                    }
                };
            }
        }
    }
    // A code that is no literal would escape this test: there are the two makers themselves, and the definition of one.
    assert_eq!(without, 3, "a reason is made whose code is not written where it is made");
    let unproven: Vec<_> =
        known.iter().filter(|code| !given.contains(*code) && !by_lies.contains(*code)).collect();
    assert!(unproven.is_empty(), "no test that must fail gives {unproven:?}");
    assert!(known.len() >= 24, "{known:?}");
}

#[expect(clippy::disallowed_methods, reason = "a test may read the crate's own sources")]
fn sources(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else {
            found.push(fs::read_to_string(path).unwrap());
        }
    }
    found
}
