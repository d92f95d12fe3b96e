//! What the reader refuses a schema refuses too, wherever a schema can see it.

use crate::schema::{Schema, json_of};
use serde_json::Value;

const IDS: &str = "an id is held against the profile and against other ids";
const OWN: &str = "it holds for the project's own suites alone, or against their registry of mutants";
const STEPS: &str = "it depends on the steps around it";
const SUMS: &str = "it is a sum or a product";
const NAMES: &str = "a name is bound once, and before it is used";
const BYTES: &str = "no expression of bounded length tells what is UTF-8";

/// What only the reader can see, and why. Nothing else is allowed by the schema and refused by the reader.
const ONLY_THE_READER: &[(&str, &str)] = &[
    ("an id of another profile", IDS),
    ("an id twice", IDS),
    ("an id that is another's prefix", IDS),
    ("a need that the steps show", OWN),
    ("no kills", OWN),
    ("an unknown mutant", OWN),
    ("nothing asserted", STEPS),
    ("invalid text that is UTF-8", BYTES),
    ("a length that counts where nothing is repeated", STEPS),
    ("an expected length that counts where nothing is repeated", STEPS),
    ("a length that counts beside those that are repeated", STEPS),
    ("a length that counts behind a repeat", STEPS),
    ("a length that is counted too far", SUMS),
    ("a length that is counted too far by the rounds around it", SUMS),
    ("a byte that counts where nothing is repeated", STEPS),
    ("a byte that is counted too far", SUMS),
    ("a capture in each of the times of one of several messages", NAMES),
    ("more messages than can be told apart", SUMS),
    ("a name in a text that nothing has bound", NAMES),
    ("a name in a text that is bound only later", NAMES),
    ("a round where there are none", STEPS),
    ("a connection counted where there are no rounds", STEPS),
    ("a brace that is not closed", NAMES),
    ("an unbound ref", NAMES),
    ("a second capture", NAMES),
    ("a capture of a variable's name", NAMES),
    ("fails with nothing behind it", STEPS),
    ("a variable that is too long", SUMS),
    ("a question twice", NAMES),
    ("a question in each round", NAMES),
    ("a test that only observes", STEPS),
    ("something on what may have been refused", NAMES),
    ("fails before what cannot fail locally", STEPS),
    ("another connection inside react", STEPS),
    ("a capture in each round", NAMES),
    ("a capture in each of the times", NAMES),
    ("a ref to what is captured at the same time", NAMES),
    ("a capture in two of several messages", NAMES),
    ("rounds within rounds without end", SUMS),
    ("more steps than a test may take", SUMS),
    ("a pause in a million rounds", SUMS),
    ("silences that come to minutes", SUMS),
    ("observations that may come to minutes", SUMS),
    ("waits of the server that come to minutes", SUMS),
    ("more bytes than a test may send", SUMS),
    ("a connection that no step opens", STEPS),
    ("a connection that is used before it is opened", STEPS),
    ("a connection that is opened twice", STEPS),
    ("a step on a connection that was refused", STEPS),
    ("a range that nothing is in", SUMS),
    ("a reason that no close frame holds", STEPS),
    ("a reason that a variable makes too long", STEPS),
];

#[test]
fn a_broken_suite_is_refused_at_its_place() {
    let schema = Schema::named("suite.schema.json");
    let file = json_of("selftest/broken-suites.json");
    let base = &file["base"];
    schema.assert_allows(base, "the base");
    let mut allowed = Vec::new();
    for broken in file["broken"].as_array().unwrap() {
        let (name, at) = (broken["name"].as_str().unwrap(), broken["at"].as_str().unwrap());
        let faults = schema.faults(&changed(base, broken));
        if faults.is_empty() {
            allowed.push(name);
            continue;
        }
        let is_near = |place: &str| at.starts_with(place) || place.starts_with(at);
        assert!(
            faults.iter().any(|(place, _)| is_near(place)),
            "{name} is at {at}, and refused as {faults:#?}"
        );
    }
    let excepted: Vec<_> = ONLY_THE_READER.iter().map(|(name, _)| *name).collect();
    assert_eq!(allowed, excepted);
}

#[test]
fn a_broken_pattern_is_refused() {
    let schema = Schema::named("suite.schema.json#/$defs/pattern");
    let file = json_of("selftest/matcher.json");
    let mut wrong = Vec::new();
    for vector in file["vectors"].as_array().unwrap() {
        let says = vector["broken"]["says"].as_str();
        // A name is bound, or captured, by what stands before, and one bound shuts out another: no schema looks there.
        let is_about_others = says.is_some_and(|says| {
            ["bound", "before this step", "second time", "is within"].iter().any(|word| says.contains(word))
        });
        if !is_about_others && schema.allows(&vector["pattern"]) != says.is_none() {
            wrong.push((&vector["name"], says, schema.faults(&vector["pattern"])));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn changed(base: &Value, change: &Value) -> Value {
    let mut suite = base.clone();
    for (pointer, value) in change["set"].as_object().into_iter().flatten() {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        match suite.pointer_mut(parent).unwrap() {
            Value::Array(list) if key == "-" => list.push(value.clone()),
            Value::Array(list) => list[key.parse::<usize>().unwrap()] = value.clone(),
            parent => parent[key] = value.clone(),
        }
    }
    if let Some(pointer) = change["remove"].as_str() {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        suite.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(key).unwrap();
    }
    suite
}
