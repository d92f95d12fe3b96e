//! What `docs/add-a-test.md` says of tests is what is read: its tables are complete, and each example in them is one.

#![expect(clippy::unwrap_used, reason = "a page that cannot be read fails its test")]

use crosswire_suite::{
    matcher::{Matcher, OPERATORS},
    suite::{FORMS, Registry, VERBS, read},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const PAGE: &str = include_str!("../../../docs/add-a-test.md");

/// The rows of the table whose head begins with this word: the names in the first column, and the example in the last.
fn rows(head: &str) -> Vec<(Vec<&'static str>, &'static str)> {
    let table = PAGE.split("\n\n").find(|part| part.starts_with(&format!("| {head} |"))).unwrap();
    let cells = |line: &'static str| line.trim_matches('|').split(" | ").collect::<Vec<_>>();
    let row = |line: &'static str| {
        let cells = cells(line);
        let names = cells[0].split('`').skip(1).step_by(2).collect();
        (names, cells.last().unwrap().trim().trim_matches('`'))
    };
    table.lines().skip(2).map(row).collect()
}

fn assert_complete(rows: &[(Vec<&str>, &str)], known: &[&str]) {
    let told: BTreeSet<_> = rows.iter().flat_map(|(names, _)| names).copied().collect();
    assert_eq!(told, known.iter().copied().collect());
}

fn registry() -> Registry {
    let capabilities: Value = serde_json::from_str(include_str!("../../capabilities.json")).unwrap();
    let names = |side: &str| capabilities[side].as_object().unwrap().keys().cloned().collect();
    Registry { client: names("client"), server: names("server"), mutants: None, is_own: false }
}

/// Reads steps as those of a test.
fn read_steps(steps: &Value, example: &str) {
    let test = json!({"id": "p/one", "title": "t", "why": "w", "level": "may", "vars": {"order": {"unique": "o"}}, "steps": steps});
    let suite = json!({"format": 1, "profile": "p", "about": "a", "endpoint": "/", "tests": [test]});
    if let Err(faults) = read(&suite.to_string(), &registry()) {
        panic!("{example}: {faults:?}");
    }
}

#[test]
fn every_verb_is_told_with_an_example_that_is_read() {
    let rows = rows("verb");
    assert_complete(&rows, &VERBS);
    for (names, example) in rows {
        let step: Value = serde_json::from_str(example).unwrap_or_else(|error| panic!("{example}: {error}"));
        assert!(names.iter().any(|name| step["do"] == *name), "{example}");
        let behind = json!({"do": "send", "on": "a", "text": "x"});
        let connect = json!({"do": "connect", "on": "a"});
        let steps =
            if step["do"] == "fails" { json!([connect, step, behind]) } else { json!([connect, step]) };
        read_steps(&steps, example);
    }
}

#[test]
fn every_payload_is_told_with_an_example_that_is_read() {
    let rows = rows("form");
    assert_complete(&rows, &FORMS);
    for (names, example) in rows {
        let mut step: Value = serde_json::from_str(example).unwrap();
        assert!(step.get(names[0]).is_some(), "{example}");
        step["do"] = "send".into();
        step["on"] = "a".into();
        read_steps(
            &json!([{"do": "connect", "on": "a"}, {"do": "repeat", "times": 2, "steps": [step]}]),
            example,
        );
    }
}

#[test]
fn every_operator_is_told_with_an_example_that_is_read() {
    let rows = rows("operator");
    assert_complete(&rows, &OPERATORS);
    for (names, example) in rows {
        let pattern = serde_json::from_str(example).unwrap();
        let mut bound = BTreeSet::from(["order".to_owned()]);
        if let Err(error) = Matcher::parse(&pattern, &mut bound) {
            panic!("{example}: {error}");
        }
        assert!(names.iter().any(|name| example.contains(&format!("\"{name}\""))), "{example}");
    }
}

#[test]
fn every_field_of_a_test_is_told() {
    let schema: Value = serde_json::from_str(include_str!("../../schema/suite.schema.json")).unwrap();
    let fields = schema["$defs"]["test"]["properties"].as_object().unwrap();
    assert_complete(&rows("field"), &fields.keys().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn the_worked_example_is_a_test_of_the_list() {
    let block = PAGE.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let shown: Value = serde_json::from_str(block).unwrap();
    let suite: Value = serde_json::from_str(include_str!("../../suites/edges-content.json")).unwrap();
    let test = suite["tests"].as_array().unwrap().iter().find(|test| test["id"] == shown["id"]).unwrap();
    assert_eq!(shown, *test);
    assert_eq!(PAGE.matches("```json\n").count(), 1, "a second example is not held against anything");
}

/// What is said of payloads that count is said in JSON too: each piece of it that stands alone is read.
#[test]
fn every_piece_of_json_in_a_sentence_is_json() {
    let mut pieces = 0;
    for line in PAGE.lines().filter(|line| !line.starts_with('|')) {
        for piece in line.split('`').skip(1).step_by(2).filter(|piece| piece.starts_with('{')) {
            serde_json::from_str::<Value>(piece).unwrap_or_else(|error| panic!("{piece}: {error}"));
            pieces += 1;
        }
    }
    assert!(pieces >= 2, "{pieces}");
}
