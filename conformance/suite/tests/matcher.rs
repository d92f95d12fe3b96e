//! The matcher against its vectors.

#![expect(clippy::unwrap_used, reason = "a vector that cannot be read fails its test")]

use crosswire_suite::matcher::{Bindings, Matcher, OPERATORS};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Deserialize)]
struct File {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    pattern: Value,
    value: Option<Value>,
    matches: Option<bool>,
    at: Option<String>,
    #[serde(default)]
    bound: BTreeMap<String, Value>,
    binds: Option<BTreeMap<String, Value>>,
    broken: Option<Broken>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Broken {
    at: String,
    says: String,
}

fn vectors() -> Vec<Vector> {
    let file: File = serde_json::from_str(include_str!("../../selftest/matcher.json")).unwrap();
    file.vectors
}

/// Says what is wrong about a vector's outcome, if anything is.
fn fault(vector: &Vector) -> Option<String> {
    let mut names: BTreeSet<String> = vector.bound.keys().cloned().collect();
    let matcher = match (Matcher::parse(&vector.pattern, &mut names), &vector.broken) {
        (Ok(_), Some(_)) => return Some("the pattern is broken, and was not refused".to_owned()),
        (Ok(matcher), None) => matcher,
        (Err(error), None) => return Some(format!("the pattern was refused: {error}")),
        (Err(error), Some(broken)) => {
            let is_expected = error.at == broken.at && error.message.contains(&broken.says);
            return (!is_expected).then(|| format!("refused otherwise: {error}"));
        }
    };
    let mut bindings: Bindings = vector.bound.clone();
    // A vector without a value holds null.
    let held = matcher.hold(vector.value.as_ref().unwrap_or(&Value::Null), &mut bindings);
    if held.is_ok() != vector.matches? {
        return Some(format!("came out as {held:?}"));
    }
    if let (Err(mismatch), Some(at)) = (&held, &vector.at)
        && mismatch.at != *at
    {
        return Some(format!("differs at {:?} instead of {at:?}", mismatch.at));
    }
    let mut expected = vector.bound.clone();
    expected.extend(vector.binds.clone().unwrap_or_default());
    let only_if_said = vector.binds.is_some() || held.is_err();
    (only_if_said && bindings != expected).then(|| format!("bound {bindings:?}"))
}

#[test]
fn every_vector_comes_out_as_it_says() {
    let vectors = vectors();
    let faults: Vec<String> = vectors
        .iter()
        .filter_map(|vector| fault(vector).map(|fault| format!("{}: {fault}", vector.name)))
        .collect();
    assert!(faults.is_empty(), "{} of {} vectors:\n{}", faults.len(), vectors.len(), faults.join("\n"));
    assert!(vectors.len() >= 120, "only {} vectors", vectors.len());
}

#[test]
fn every_vector_says_what_comes_out() {
    for Vector { name, matches, broken, .. } in vectors() {
        assert!(matches.is_some() != broken.is_some(), "{name}: either `matches` or `broken`");
    }
}

/// A vector that no wrong matcher fails proves nothing; so some wrong ones are tried on all of them.
#[test]
fn the_vectors_tell_a_wrong_matcher_from_a_right_one() {
    type Wrong = fn(&Value, &Value) -> bool;
    let wrong: [(&str, Wrong); 3] = [
        ("plain equality", |pattern, value| pattern == value),
        ("everything matches", |_, _| true),
        ("nothing matches", |_, _| false),
    ];
    for (name, matcher) in wrong {
        let told = vectors().iter().any(|vector| {
            let value = vector.value.as_ref().unwrap_or(&Value::Null);
            vector.matches.is_some_and(|matches| matcher(&vector.pattern, value) != matches)
        });
        assert!(told, "no vector fails {name}");
    }
}

#[test]
fn the_operators_that_are_listed_are_those_that_are_read() {
    for operator in OPERATORS {
        let read = Matcher::parse(&json!({"member": {operator: null}}), &mut BTreeSet::new());
        let is_known = read.err().is_none_or(|error| !error.message.contains("is not an operator"));
        assert!(is_known, "`{operator}` is listed, and not read");
    }
    let source = include_str!("../src/matcher/parse.rs");
    let arms = source.split('"').filter(|word| {
        word.len() > 1
            && word.starts_with('$')
            && word[1..].bytes().all(|byte| byte.is_ascii_lowercase() || b"_8".contains(&byte))
    });
    for operator in arms {
        assert!(OPERATORS.contains(&operator), "`{operator}` is read, and not listed");
    }
}
