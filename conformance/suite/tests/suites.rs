//! The project's own suites are in order, and suites that are not are rejected with the place and what to do.

#![expect(clippy::unwrap_used, reason = "a file that cannot be read fails its test")]

use crosswire_suite::suite::{Registry, Suite, read};
use serde_json::Value;

fn registry(mutants: Option<&[&str]>) -> Registry {
    let capabilities: Value = serde_json::from_str(include_str!("../../capabilities.json")).unwrap();
    let names = |side: &str| capabilities[side].as_object().unwrap().keys().cloned().collect();
    let mutants = mutants.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
    Registry { client: names("client"), server: names("server"), mutants }
}

fn core() -> Suite {
    read(include_str!("../../suites/core.json"), &registry(None)).unwrap()
}

#[test]
fn core_is_the_nine_of_the_study_in_their_order() {
    let core = core();
    let ids: Vec<_> = core.tests.iter().map(|test| test.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "core/listens",
            "core/connects",
            "core/welcome",
            "core/echo",
            "core/push",
            "core/close-1000",
            "core/many-to-server",
            "core/many-to-client",
            "core/many-clients"
        ]
    );
}

#[test]
fn what_a_test_follows_from_is_a_heading_of_the_specification() {
    let specification = include_str!("../../../docs/protocol.md");
    let anchors: Vec<String> = specification
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-"))
        .collect();
    for test in core().tests {
        for spec in &test.spec {
            if let Some(anchor) = spec.strip_prefix("docs/protocol.md#") {
                assert!(anchors.iter().any(|found| found == anchor), "{}: no heading {anchor}", test.id);
            } else {
                assert!(spec.starts_with("RFC "), "{}: {spec}", test.id);
            }
        }
    }
}

#[test]
fn a_broken_suite_is_rejected_with_the_place_and_what_to_do() {
    let file: Value = serde_json::from_str(include_str!("../../selftest/broken-suites.json")).unwrap();
    let registry = registry(Some(&["mutant"]));
    let base = &file["base"];
    read(&base.to_string(), &registry).unwrap();
    for broken in file["broken"].as_array().unwrap() {
        let (name, says) = (&broken["name"], broken["says"].as_str().unwrap());
        let Err(faults) = read(&changed(base, broken).to_string(), &registry) else {
            panic!("{name}: was not rejected");
        };
        let is_told = faults.iter().any(|fault| broken["at"] == fault.at && fault.message.contains(says));
        assert!(is_told, "{name}: {faults:?}");
    }
}

#[test]
fn every_broken_test_of_a_suite_is_told_at_once() {
    let text = include_str!("../../suites/core.json").replace("\"level\": \"must\"", "\"level\": \"shall\"");
    assert_eq!(read(&text, &registry(None)).unwrap_err().len(), 9);
}

#[test]
fn a_text_that_is_no_json_is_rejected_with_its_line() {
    let faults = read("{\n  \"format\": 1,\n  \"format\": 1\n}", &registry(None)).unwrap_err();
    assert!(faults[0].message.contains("stands twice") && faults[0].message.contains("line 4"), "{faults:?}");
}

fn changed(base: &Value, change: &Value) -> Value {
    let mut suite = base.clone();
    for (pointer, value) in change["set"].as_object().into_iter().flatten() {
        let (parent, key) = split(pointer);
        match suite.pointer_mut(parent).unwrap() {
            Value::Array(list) if key == "-" => list.push(value.clone()),
            Value::Array(list) => list[key.parse::<usize>().unwrap()] = value.clone(),
            parent => parent[key] = value.clone(),
        }
    }
    if let Some(pointer) = change["remove"].as_str() {
        let (parent, key) = split(pointer);
        suite.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(key).unwrap();
    }
    suite
}

fn split(pointer: &str) -> (&str, &str) {
    pointer.rsplit_once('/').unwrap()
}
