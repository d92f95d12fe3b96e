//! The project's own suites are in order, and suites that are not are rejected with the place and what to do.

#![expect(clippy::unwrap_used, reason = "a file that cannot be read fails its test")]

use crosswire_suite::{
    fixtures::{Fixtures, named_by},
    suite::{Connect, Registry, Step, Suite, Test, read},
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

fn registry(mutants: Option<&[&str]>) -> Registry {
    let capabilities: Value = serde_json::from_str(include_str!("../../capabilities.json")).unwrap();
    let names = |side: &str| capabilities[side].as_object().unwrap().keys().cloned().collect();
    let mutants = mutants.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
    Registry { client: names("client"), server: names("server"), is_own: mutants.is_some(), mutants }
}

fn core() -> Suite {
    read(include_str!("../../suites/core.json"), &own_registry()).unwrap()
}

/// The files of the project's own suites: name and text.
#[expect(clippy::disallowed_methods, reason = "a test may read the files that it is about")]
fn files() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../suites");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    paths.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

fn suites() -> Vec<Suite> {
    let read = |(name, text): &(String, String)| {
        read(text, &own_registry()).unwrap_or_else(|faults| panic!("{name}: {faults:#?}"))
    };
    files().iter().map(read).collect()
}

/// Every test of the project's own suites.
fn tests() -> Vec<Test> {
    suites().into_iter().flat_map(|suite| suite.tests).collect()
}

/// What the project's own suites may refer to, mutants included.
fn own_registry() -> Registry {
    registry(Some(&mutants().iter().map(String::as_str).collect::<Vec<_>>()))
}

fn mutants() -> Vec<String> {
    let mutants: Value = serde_json::from_str(include_str!("../../mutants.json")).unwrap();
    mutants["mutants"].as_object().unwrap().keys().cloned().collect()
}

fn fixtures() -> Fixtures {
    let file = |name: &str| match name {
        "every-byte.bin" => Some(include_bytes!("../../fixtures/every-byte.bin").to_vec()),
        "utf8-every-width.txt" => Some(include_bytes!("../../fixtures/utf8-every-width.txt").to_vec()),
        "odd.json" => Some(include_bytes!("../../fixtures/odd.json").to_vec()),
        _ => None,
    };
    Fixtures::read(include_str!("../../fixtures/fixtures.json"), file).unwrap()
}

/// Names that no test has, and why.
type Exceptions = &'static [(&'static str, &'static str)];

const CLIENT_CAPABILITIES_NOT_NEEDED: Exceptions =
    &[("extensions-shown", "no step says which extensions a client must show")];
const SERVER_CAPABILITIES_NOT_NEEDED: Exceptions = &[("push", "no step sends a `POST /push`")];

/// Every name is used, but for the exceptions; and each exception is still one.
fn assert_all_used(names: &[String], used: &BTreeSet<String>, exceptions: Exceptions) {
    let unused: Vec<_> = names.iter().filter(|name| !used.contains(*name)).map(String::as_str).collect();
    let excepted: Vec<_> = exceptions.iter().map(|(name, _)| *name).collect();
    assert_eq!(unused, excepted);
}

#[test]
fn edges_are_many_tests_each_with_a_name_and_a_sentence_of_its_own() {
    assert!(tests().iter().filter(|test| test.id.starts_with("edges/")).count() >= 100);
    let mut titles = BTreeMap::new();
    for test in tests() {
        assert_eq!(
            titles.insert(test.title, test.id.clone()),
            None,
            "{}: another test has its title",
            test.id
        );
    }
}

#[test]
fn a_file_is_named_after_its_profile_and_can_be_read_by_people() {
    for ((file, text), suite) in files().iter().zip(suites()) {
        let of_profile = file.strip_prefix(&suite.profile);
        assert!(
            of_profile.is_some_and(|rest| rest == ".json" || rest.starts_with('-')),
            "{file} holds tests of `{}`",
            suite.profile
        );
        let longest = text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(longest <= 170, "{file}: nobody reads a line of {longest} characters");
    }
}

#[test]
fn every_mutant_is_killed_by_a_test() {
    let kills = tests().into_iter().flat_map(|test| test.kills);
    let killed = kills.map(|kill| kill.mutant).collect();
    assert_all_used(&mutants(), &killed, &[]);
}

#[test]
fn every_capability_is_needed_by_a_test() {
    let Registry { client, server, .. } = own_registry();
    let of_proofs =
        |test: &Test| test.kills.iter().flat_map(|kill| kill.needs_client.clone()).collect::<Vec<_>>();
    let needed =
        tests().into_iter().flat_map(|test| [of_proofs(&test), test.needs_client].concat()).collect();
    assert_all_used(&client, &needed, CLIENT_CAPABILITIES_NOT_NEEDED);
    let needed = tests().into_iter().flat_map(|test| test.needs_server).collect();
    assert_all_used(&server, &needed, SERVER_CAPABILITIES_NOT_NEEDED);
}

#[test]
fn what_a_test_needs_is_read_off_its_steps() {
    let needs = |steps: &str| {
        let suite = format!(
            r#"{{"format": 1, "profile": "p", "about": "a", "endpoint": "/ws", "tests": [{{"id": "p/one", "title": "t", "why": "w",
                "level": "may", "spec": ["s"], "kills": ["mutant"], "steps": [{{"do": "listen"}}, {steps}]}}]}}"#
        );
        let mut suite = read(&suite, &registry(Some(&["mutant"]))).unwrap();
        let test = suite.tests.remove(0);
        [test.needs_client.join(" "), test.needs_server.join(" ")]
    };
    let connect = r#"{"do": "connect", "on": "a"}"#;
    for (steps, client, server) in [
        (r#"{"do": "connect", "on": "a", "path": "/echo", "headers": {"A": "b"}}"#, "headers", "bare-echo"),
        (
            r#"{"do": "connect", "on": "a", "path": "/scenario/early", "reading": false}"#,
            "stop-reading",
            "scenarios",
        ),
        (r#"{"do": "connect_fails", "on": "a", "path": "/nowhere"}"#, "", "routes"),
        (r#"{"do": "connect", "on": "a", "max_message": 16777216}"#, "message-limit", ""),
        (r#"CONNECT, {"do": "repeat", "times": 2, "steps": [{"do": "fence", "on": "a"}]}"#, "", "echo"),
        (r#"CONNECT, {"do": "send", "on": "a", "text": "x", "fragments": [1]}"#, "fragments", ""),
        (r#"CONNECT, {"do": "fails"}, {"do": "close", "on": "a", "code": 1005}"#, "", ""),
        (r#"CONNECT, {"do": "close", "on": "a", "code": 1001}"#, "close-any-code", ""),
        (r#"CONNECT, {"do": "close", "on": "a"}"#, "close-without-code", ""),
        (
            r#"CONNECT, {"do": "react", "on": "a", "steps": [{"do": "close", "on": "a"}]}"#,
            "close-without-code react",
            "",
        ),
        (r#"CONNECT, {"do": "server", "on": "a", "act": [{"send": {"text": "x"}}]}"#, "", "control"),
        (r#"CONNECT, {"do": "server", "on": "a", "act": [{"drop": true}]}"#, "", "control control-drop"),
        (
            r#"CONNECT, {"do": "server", "on": "a", "act": [{"glue": [{"ping": {}}]}]}"#,
            "",
            "control control-raw",
        ),
        (r#"CONNECT, {"do": "seen", "on": "a", "seen": {"open": true}}"#, "", "control journal"),
        (
            r#"CONNECT, {"do": "seen", "on": "a", "until": {"received": {"pong": 1}}, "seen": {"open": true}}"#,
            "",
            "control journal journal-pings",
        ),
    ] {
        assert_eq!(needs(&steps.replace("CONNECT", connect)), [client, server], "{steps}");
    }
}

#[test]
fn every_scenario_of_the_server_is_in_a_test() {
    let specification = include_str!("../../../docs/protocol.md");
    let rows = specification.lines().filter_map(|line| line.strip_prefix("| `/scenario/")?.split('`').next());
    let scenarios: Vec<String> = rows.map(|name| format!("/scenario/{name}")).collect();
    assert!(scenarios.len() > 20, "{scenarios:?}");
    let mut used = BTreeSet::new();
    for test in tests() {
        each_step(&test.steps, &mut |step| {
            if let Step::Connect(connect) | Step::ConnectFails { connect, .. } = step {
                used.extend(connect.path.clone());
            }
        });
    }
    assert_all_used(&scenarios, &used, &[]);
}

#[test]
fn every_fixture_is_there_and_sent_and_expected_by_a_test() {
    let fixtures = fixtures();
    let mut used = BTreeSet::new();
    for suite in suites() {
        assert_eq!(fixtures.missing_in(&suite), []);
        used.extend(
            suite.tests.iter().flat_map(|test| named_by(&test.steps)).map(str::to_owned).collect::<Vec<_>>(),
        );
    }
    let names: Vec<String> = fixtures.names().map(str::to_owned).collect();
    assert_all_used(&names, &used, &[]);
}

#[test]
fn a_handshake_that_hangs_has_a_server_of_its_own() {
    for test in tests() {
        each_step(&test.steps, &mut |step| {
            if let Step::ConnectFails { connect: Connect { path: Some(path), .. }, .. } = step {
                let hangs = ["/scenario/no-answer", "/scenario/half-answer"].contains(&path.as_str());
                assert!(test.alone || !hangs, "{}: is not `alone`", test.id);
            }
        });
    }
}

/// Visits every step, those within others too. A close that must fail needs no client that could do it.
fn each_step(steps: &[Step], visit: &mut impl FnMut(&Step)) {
    for step in steps {
        match step {
            Step::Fails(inner) if matches!(**inner, Step::Close { .. }) => {}
            Step::Fails(inner) => each_step(std::slice::from_ref(inner), visit),
            step => visit(step),
        }
        match step {
            Step::React { steps, .. } | Step::Repeat { steps, .. } => each_step(steps, visit),
            Step::Parallel(lists) => lists.iter().for_each(|steps| each_step(steps, visit)),
            _ => {}
        }
    }
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
    for test in tests() {
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
fn a_mutant_that_nobody_knows_is_refused_in_anybodys_suite_and_none_is_needed() {
    let registry = Registry { is_own: false, ..own_registry() };
    let suite = |kills: &str| {
        format!(
            r#"{{"format": 1, "profile": "p", "about": "a", "endpoint": "/ws", "tests": [{{"id": "p/one", "title": "t", "why": "w",
                "level": "may", {kills} "steps": [{{"do": "listen"}}]}}]}}"#
        )
    };
    let with_needs = r#""kills": ["stops-at-nul", {"mutant": "no-pong", "needs": ["ping"]}],"#;
    for (kills, needs) in [
        ("", None),
        (r#""kills": [],"#, None),
        (r#""kills": ["stops-at-nul"],"#, None),
        (with_needs, Some("ping")),
    ] {
        let suite = read(&suite(kills), &registry).unwrap();
        let last = suite.tests[0].kills.iter().flat_map(|kill| &kill.needs_client).next_back();
        assert_eq!(last.map(String::as_str), needs);
    }
    let faults = read(&suite(r#""kills": ["nobody"],"#), &registry).unwrap_err();
    assert_eq!(faults[0].at, "/tests/0/kills/0");
    assert!(faults[0].message.contains("no mutant `nobody`"), "{faults:?}");
}

#[test]
fn connections_are_followed_through_rounds_and_lists_and_names() {
    let read_steps = |steps: &str| {
        let suite = format!(
            r#"{{"format": 1, "profile": "p", "about": "a", "endpoint": "/ws", "tests": [{{"id": "p/one", "title": "t", "why": "w",
                "level": "may", "vars": {{"b": {{"text": "b"}}, "own": {{"unique": "u"}}}}, "steps": [{{"do": "listen"}}, {steps}]}}]}}"#
        );
        read(&suite, &registry(None)).map(drop)
    };
    for steps in [
        // Rounds count their own connections, and a later step may name any of them.
        r#"{"do": "repeat", "times": 100, "steps": [{"do": "connect", "on": "c ${i}"}]}, {"do": "fence", "on": "c 57"}"#,
        r#"{"do": "repeat", "times": 3, "steps": [{"do": "connect", "on": "a"}, {"do": "close", "on": "a"}]}"#,
        r#"{"do": "connect", "on": "a ${b}"}, {"do": "fence", "on": "a b"}, {"do": "connect", "on": "${own}"},
           {"do": "fence", "on": "${own}"}"#,
        // What runs at once may come in any order.
        r#"{"do": "parallel", "lists": [[{"do": "connect", "on": "a"}], [{"do": "listen"}, {"do": "fence", "on": "a"}]]}"#,
        r#"{"do": "parallel", "lists": [[{"do": "connect", "on": "a"}], [{"do": "connect", "on": "b"}]]}, {"do": "fence", "on": "b"}"#,
        // Whoever was refused, or has gone, may come again.
        r#"{"do": "connect_fails", "on": "a"}, {"do": "connect", "on": "a"}, {"do": "expect_close", "on": "a"},
           {"do": "connect", "on": "a"}, {"do": "server", "on": "a", "act": [{"drop": true}]}, {"do": "connect", "on": "a"}"#,
        // A name that only the run tells.
        r#"{"do": "connect", "on": "a"}, {"do": "expect", "on": "a", "json": {"to": {"$capture": "x"}}},
           {"do": "connect", "on": "${x}"}, {"do": "fence", "on": "who knows"}"#,
        r#"{"do": "connect", "on": "a"}, {"do": "expect", "on": "a", "json": {"to": {"$capture": "x"}}}, {"do": "parallel",
           "lists": [[{"do": "repeat", "times": 2, "steps": [{"do": "fence", "on": "${x}"}]}], [{"do": "listen"}]]}"#,
    ] {
        assert_eq!(read_steps(steps), Ok(()), "{steps}");
    }
    for (steps, at, says) in [
        (
            r#"{"do": "repeat", "times": 9, "steps": [{"do": "connect", "on": "c ${i}"}]}, {"do": "fence", "on": "c 9"}"#,
            "2/on",
            "opens `c 9`",
        ),
        (
            r#"{"do": "repeat", "times": 3, "steps": [{"do": "connect", "on": "a"}]}"#,
            "1/steps/0/on",
            "`a` is open here already",
        ),
        (
            r#"{"do": "parallel", "lists": [[{"do": "fails"}, {"do": "send", "on": "a", "text": "x"}], [{"do": "listen"}]]}"#,
            "1/lists/0/1/on",
            "no step before this one opens `a`",
        ),
        (
            r#"{"do": "parallel", "lists": [[{"do": "connect", "on": "a"}], [{"do": "listen"}]]}, {"do": "connect", "on": "a"}"#,
            "2/on",
            "`a` is open here already",
        ),
        (r#"{"do": "connect_fails", "on": "a"}, {"do": "fence", "on": "a"}"#, "2/on", "has to be refused"),
        (r#"{"do": "send", "on": "c ${i}", "text": "x", "times": 2}"#, "1/on", "stays on one connection"),
    ] {
        let faults = read_steps(steps).unwrap_err();
        assert_eq!(faults[0].at, format!("/tests/0/steps/{at}"), "{steps}: {faults:?}");
        assert!(faults[0].message.contains(says), "{steps}: {faults:?}");
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
