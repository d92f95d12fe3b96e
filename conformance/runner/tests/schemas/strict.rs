//! The schemas are as strict as the readers, and no stricter: each is held against its reader with one thing changed at a
//! time, wherever that can be.

use crate::{
    changes::each_change,
    schema::{Schema, json_of},
};
use crosswire_runner::{
    catalogue::capabilities,
    manifest::{self, Side},
    results,
};
use crosswire_suite::suite::{self, Registry};
use serde_json::{Value, json};
use std::{collections::BTreeSet, io, path::Path};

/// Parts of what the reader says of what no schema sees: names, sums, and what stands around.
const ONLY_THE_READER: [&str; 22] = [
    "an id is `",
    "names what it follows from",
    "nothing is asserted",
    "counts rounds",
    "the last of",
    "a second time",
    "nothing has been bound",
    "has been bound to",
    "its own connection",
    "not UTF-8",
    "stand behind `fails`",
    "must fail, and there is none",
    "`fails` behind `fails`",
    "headers included",
    "there is no mutant",
    "the test comes to",
    "no step before this one opens",
    "is open here already",
    "has to be refused",
    "stays on one connection",
    "a close frame holds",
    "no number is within",
];

fn registry() -> Registry {
    capabilities()
}

/// A suite of one test, of which these are the steps and these are more fields.
fn suite_of(steps: &Value, more: &Value) -> Value {
    let mut test =
        json!({"id": "p/one", "title": "t", "why": "w", "level": "must", "spec": ["s"], "steps": steps});
    test.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"$schema": "s", "format": 1, "profile": "p", "about": "a", "endpoint": "/ws", "tests": [test]})
}

/// Writes down where one refuses what the other allows.
fn note_disagreement(schema: &Schema, value: &Value, place: &str, wrong: &mut Vec<String>) {
    let faults = suite::read(&value.to_string(), &registry()).err();
    let refused = schema.faults(value);
    let is_beyond = |message: &str| ONLY_THE_READER.iter().any(|part| message.contains(part));
    let said = faults.iter().flatten().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    if faults.is_some() == refused.is_empty() && !(faults.is_some() && is_beyond(&said)) {
        let steps = &value["tests"][0]["steps"];
        wrong.push(format!("{place}: reader {said:?}, schema {refused:?}\n    {steps}"));
    }
}

/// The words of a step: steps with the same words are read the same way.
fn shape(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(key, inner)| {
                let verb = (key == "do").then(|| inner.to_string());
                shape(inner)
                    .into_iter()
                    .map(move |word| format!("{key}/{word}"))
                    .chain([key.clone()])
                    .chain(verb)
            })
            .collect(),
        Value::Array(values) => values.iter().flat_map(shape).collect(),
        _ => BTreeSet::new(),
    }
}

/// Every verb and every operator is in one of these.
fn steps_that_must_pass() -> Vec<Value> {
    let mut shapes = BTreeSet::new();
    let mut steps = Vec::new();
    let suite = json_of("selftest/must-pass.json");
    for step in suite["tests"].as_array().unwrap().iter().flat_map(|test| test["steps"].as_array().unwrap()) {
        if step["do"] != "fails" && shapes.insert(shape(step)) {
            steps.push(step.clone());
        }
    }
    steps
}

/// Steps that open what a step uses and does not open itself, behind one that asserts something.
fn connections_of(step: &Value, vars: &Value) -> Vec<Value> {
    let mut steps = vec![json!({"do": "listen"})];
    let missing = |steps: &[Value]| {
        let all = Value::from([steps, std::slice::from_ref(step)].concat());
        let faults = suite::read(&suite_of(&all, vars).to_string(), &registry()).err()?;
        let (_, name) = faults[0].message.split_once("no step before this one opens `")?;
        Some(name.split('`').next()?.to_owned())
    };
    while let Some(name) = missing(&steps) {
        steps.push(json!({"do": "connect", "on": name}));
    }
    steps
}

#[test]
fn a_step_is_refused_by_both_or_by_neither() {
    let schema = Schema::named("suite.schema.json");
    let mut wrong = Vec::new();
    let mut changes = 0;
    let vars = json!({"vars": {"x": {"unique": "x"}, "line": {"text": "x"}}});
    for step in steps_that_must_pass() {
        let mut steps = connections_of(&step, &vars);
        let place = format!("/tests/0/steps/{}", steps.len());
        steps.push(step);
        let suite = suite_of(&json!(steps), &vars);
        if suite::read(&suite.to_string(), &registry()).is_err() {
            // It refers to what another step binds.
            continue;
        }
        each_change(
            &suite,
            &place,
            |_| false,
            |changed, place| {
                // In what the server reads, null is what is not there.
                let is_null = changed.pointer(place).is_some_and(Value::is_null);
                let is_the_servers = ["/act/", "/until/"].iter().any(|part| place.contains(part));
                if !(is_null && is_the_servers) {
                    changes += 1;
                    note_disagreement(&schema, changed, place, &mut wrong);
                }
            },
        );
    }
    assert!(wrong.is_empty(), "{} of {changes}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(changes > 5000, "{changes}");
}

#[test]
fn a_test_is_refused_by_both_or_by_neither() {
    let schema = Schema::named("suite.schema.json");
    let mut wrong = Vec::new();
    let more = json!({
        "needs": {"client": ["ping"], "server": ["echo"]}, "kills": ["stops-at-nul"], "formerly": ["p/other"], "alone": true,
        "vars": {"x": {"unique": "x"}, "line": {"text": "x", "times": 3}}, "server_config": {"max_message": 1},
    });
    let suite = suite_of(&json!([{"do": "listen"}]), &more);
    let is_opaque = |at: &str| at.starts_with("/tests/0/steps");
    each_change(&suite, "", is_opaque, |changed, place| {
        note_disagreement(&schema, changed, place, &mut wrong)
    });
    let may = suite_of(&json!([{"do": "listen"}]), &json!({"level": "may", "spec": []}));
    note_disagreement(&schema, &may, "a test without a spec", &mut wrong);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_manifest_is_refused_by_both_or_by_neither() {
    let schema = Schema::named("impl.schema.json");
    for (side, field) in [(Side::Clients, "clients"), (Side::Servers, "servers")] {
        let entry = json!({
            "name": "n", "language": "l", "library": "b", "homepage": "https://example.org", "build": ["make"], "made": "m",
            "run": ["./m"], "flags": ["journal"], "known": "known.json",
        });
        let tool = json!({"version": ["make", "-v"], "at_least": "4.3", "debian": "d", "macos": "m", "elsewhere": "e"});
        let value = json!({"$schema": "s", "format": 1, "tools": [tool], field: [entry]});
        let mut wrong = Vec::new();
        each_change(
            &value,
            "",
            |_| false,
            |changed, place| {
                let known = |_: &str| Ok::<_, io::Error>(r#"{"format":1,"known":[]}"#.to_owned());
                let read = manifest::parse(&changed.to_string(), Path::new("impl.json"), side, known);
                if read.is_ok() != schema.allows(changed) {
                    wrong.push(format!("{place}: {:?}, {changed}", read.err()));
                }
            },
        );
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

#[test]
fn known_failures_are_refused_by_both_or_by_neither() {
    let schema = Schema::named("known.schema.json");
    let entry = |test: &str, sometimes: bool| {
        json!({"test": test, "server": "s", "client": "c", "sometimes": sometimes, "reason": "r",
        "link": "https://example.org"})
    };
    let value = json!({"$schema": "s", "format": 1, "known": [entry("p/a", true), entry("p/*", false)]});
    let manifest = json!({"format": 1, "clients": [{
        "name": "n", "language": "l", "library": "b", "homepage": "https://example.org", "run": ["r"], "known": "known.json"}]});
    let mut wrong = Vec::new();
    each_change(
        &value,
        "",
        |_| false,
        |changed, place| {
            let known = |_: &str| Ok::<_, io::Error>(changed.to_string());
            let read = manifest::parse(&manifest.to_string(), Path::new("impl.json"), Side::Clients, known);
            if read.is_ok() != schema.allows(changed) {
                wrong.push(format!("{place}: {:?}, {changed}", read.err()));
            }
        },
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A result with everything in it that a result can have, and a header and a footer around it.
fn lines() -> [Value; 3] {
    let reason = json!({"code": "mismatch", "message": "m", "step": "/0", "on": "a", "round": 1, "at": "/x", "want": "w", "got": "g"});
    [
        json!({"type": "header", "format": 1, "started": "2026-01-01T00:00:00Z", "crosswire": "1", "system": "s",
            "git": {"revision": "r", "dirty": true}, "list": "0".repeat(64), "frozen": {"list": "core-1", "draft": true}, "time_scale": 1.0, "command": ["c"], "planned": 1,
            "clients": [{"name": "n", "language": "l", "library": "b", "runtime": "r", "capabilities": ["ping"], "missing": "m"}],
            "servers": [{"name": "n", "version": "v", "can": ["echo"], "probed": true, "notes": ["n"], "missing": "m"}],
            "tests": [{"id": "p/one", "rev": "0".repeat(16), "title": "t", "why": "w", "level": "must", "spec": ["s"],
                "steps": [{"do": "listen"}]}],
            "skipped": [{"role": "client", "name": "n", "why": "w"}], "selected": ["tests", "servers"]}),
        json!({"type": "result", "client": "c", "server": "s", "test": "p/one", "attempt": 1, "verdict": "fail", "outcome": "known",
            "ms": 1.5, "reason": reason, "known": {"reason": "r", "link": "https://example.org"}, "notes": ["n"],
            "transcript": [{"ms": 1.5, "by": "runner", "to": "client", "on": "a", "what": "w"}], "seen": {"a": {}}, "stderr": "e"}),
        json!({"type": "footer", "planned": 1, "verdicts": {"fail": 1}, "outcomes": {"known": 1}, "ms": 1.5, "interrupted": false,
            "times": {"start": 1.5, "clients": {"c": 1.5}, "stop": 1.5, "processor": {"clients": {"c": 1.5}, "servers": {"s": 1.5}, "runner": 1.5}},
            "faults": [{"client": "c", "message": "m"}, {"server": "s", "message": "m"}]}),
    ]
}

#[test]
fn what_is_no_line_of_results_is_refused() {
    let schema = Schema::named("results.schema.json");
    let mut wrong = Vec::new();
    for line in lines() {
        schema.assert_allows(&line, "a line");
        let is_opaque = |at: &str| at.starts_with("/tests/0/steps/") || at == "/seen/a";
        each_change(&line, "", is_opaque, |changed, place| {
            // One more in these is a connection more, or a client.
            let is_open = ["/seen", "/times/clients", "/times/processor/clients", "/times/processor/servers"]
                .contains(&place);
            let has_stranger = !is_open && changed.to_string().contains("stranger");
            let is_read = serde_json::from_value::<results::Line>(changed.clone()).is_ok();
            if (!is_read || has_stranger) && schema.allows(changed) {
                wrong.push(format!("{place}: {changed}"));
            }
        });
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
