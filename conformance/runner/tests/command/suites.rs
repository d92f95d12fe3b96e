//! Suites of a user's own, and their fixtures.

use super::{Place, USAGE, refused};
use serde_json::{Value, json};
use std::fs;

const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

fn test(id: &str, verb: &str) -> Value {
    json!({"id": id, "title": "t", "why": "w", "level": "may", "steps": [{"do": verb, "on": "a"}]})
}

fn suite(tests: &[Value]) -> String {
    json!({"format": 1, "profile": "own", "about": "a", "endpoint": "/ws", "tests": tests}).to_string()
}

/// A place with these files in its folder `own`.
fn place(name: &str, files: &[(&str, String)]) -> Place {
    let place = Place::new(name);
    fs::create_dir_all(place.path("own/fixtures")).unwrap();
    for (name, text) in files {
        fs::write(place.path("own").join(name), text).unwrap();
    }
    place
}

/// What `check` says of it, `run` says as well, and runs nothing.
#[track_caller]
fn broken(place: &Place, says: &str) {
    refused(place, &["check", "own"], USAGE, &format!("1 fault\n{says}"));
    let words = ["run", "--suites", "own", "--out", "out"];
    refused(place, &words, USAGE, &format!("the list is broken, so that nothing was run\n{says}"));
}

#[test]
fn an_id_that_stands_twice_is_told_with_both_places() {
    let tests = [test("own/one", "connect"), test("own/one", "connect")];
    let place = place("twice-in-one", &[("a.json", suite(&tests))]);
    broken(&place, "own/a.json#/tests/1/id: the id `own/one` stands here a second time");
}

#[test]
fn an_id_that_stands_in_two_files_is_told_with_both() {
    let one = suite(&[test("own/one", "connect")]);
    let place = place("twice-in-two", &[("a.json", one.clone()), ("b.json", one)]);
    broken(
        &place,
        "own/b.json#/tests/0/id: the id `own/one` stands in own/a.json already; an id is used once",
    );
}

#[test]
fn a_verb_that_there_is_not_is_told_beside_those_that_there_are() {
    let place = place("verb", &[("a.json", suite(&[test("own/one", "conect")]))]);
    let verbs = "listen, connect, connect_fails, send, expect, expect_all, server, seen, observe, fence, expect_none, \
                 close, expect_close, drop, ping, pong, fails, stop_reading, start_reading, react, repeat, parallel, pause";
    broken(&place, &format!("own/a.json#/tests/0/steps/0/do: `conect` is not a verb; known: {verbs}"));
}

#[test]
fn what_is_not_json_is_told_with_its_line() {
    let place = place("no-json", &[("a.json", "tests:\n  - connect\n".to_owned())]);
    broken(&place, "own/a.json: it cannot be read as JSON: expected ident at line 1 column 2");
}

#[test]
fn a_test_without_end_is_refused_at_the_step_that_goes_too_far() {
    let steps = json!([{"do": "listen"}, {"do": "repeat", "times": 1_000_000, "steps": [{"do": "pause", "ms": 2000, "why": "w"}]}]);
    let mut endless = test("own/one", "connect");
    endless["steps"] = steps;
    let says = "own/a.json#/tests/0/steps/1/steps/0: with this step, whose rounds are 1000000 in all, the test comes to 2000000 \
                seconds in which nothing need happen; at most 120 are allowed: wait for something that happens";
    broken(&place("endless", &[("a.json", suite(&[endless]))]), says);
}

#[test]
fn what_an_editor_has_made_of_a_suite_is_named() {
    let text = suite(&[test("own/one", "connect")]);
    let place = place("encodings", &[("a.json", format!("\u{feff}{text}"))]);
    let mark = "it begins with a byte order mark, which JSON does not allow; save it as UTF-8 without one";
    broken(&place, &format!("own/a.json: {mark}"));
    let utf16: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(place.path("own/a.json"), utf16).unwrap();
    let utf16 = "it is UTF-16; save it as UTF-8 (a shell that redirects into a file may have made it so)";
    broken(&place, &format!("own/a.json: {utf16}"));
    fs::write(place.path("own/a.json"), b"{\"a\": \"\xe9\"}").unwrap();
    broken(&place, "own/a.json: it is not UTF-8 from byte 7 on; save it as UTF-8");
    fs::write(place.path("results.ndjson"), "\u{feff}{}").unwrap();
    refused(&place, &["report", "results.ndjson"], USAGE, &format!("results.ndjson: {mark}"));
}

#[test]
fn a_folder_without_suites_is_none() {
    broken(&place("no-suite", &[]), "own: there is no suite in this folder: no file ends in .json");
    let place = place("no-folder", &[("a.json", suite(&[test("own/one", "connect")]))]);
    refused(&place, &["check", "owm"], USAGE, "1 fault\nowm: it is not there");
    let says = "1 fault\nown/a.json: it is not a folder; give the one with the suites";
    refused(&place, &["check", "own/a.json"], USAGE, says);
}

fn sends(fixture: &str) -> String {
    let mut test = test("own/one", "connect");
    let steps = [json!({"do": "send", "on": "a", "fixture": fixture}), json!({"do": "fence", "on": "a"})];
    test["steps"].as_array_mut().unwrap().extend(steps);
    suite(&[test])
}

fn index(sha256: &str) -> String {
    json!({"format": 1, "fixtures": {"hello.txt": {"sha256": sha256, "as": "text", "about": "A word."}}})
        .to_string()
}

#[test]
fn a_fixture_that_is_not_there_is_told_with_the_test_that_names_it() {
    let names = |name: &str| {
        format!(
            "own/a.json#/tests: the test `own/one` names the fixture `{name}`, which is not in fixtures.json; "
        )
    };
    let without = place("no-fixtures", &[("a.json", sends("hello.txt"))]);
    let says = "there is none; list it in fixtures/fixtures.json beside the suite";
    broken(&without, &(names("hello.txt") + says));
    let files = [
        ("a.json", sends("helo.txt")),
        ("fixtures/fixtures.json", index(HELLO)),
        ("fixtures/hello.txt", "hello".to_owned()),
    ];
    broken(&place("other-fixture", &files), &(names("helo.txt") + "known: hello.txt"));
    let missing = place("missing-fixture", &files[..2]);
    let says = "own/fixtures/fixtures.json#/fixtures/hello.txt: `hello.txt` is not there; restore it, or take it out of the index";
    broken(&missing, says);
}

#[test]
fn a_fixture_that_is_not_what_it_was_is_told_with_both_hashes() {
    let files = [
        ("a.json", sends("hello.txt")),
        ("fixtures/fixtures.json", index(HELLO)),
        ("fixtures/hello.txt", "hello\r\n".to_owned()),
    ];
    let place = place("other-hash", &files);
    let other = "cd2eca3535741f27a8ae40c31b0c41d4057a7a7b912b33b9aed86485d1c84676";
    let says = format!(
        "own/fixtures/fixtures.json#/fixtures/hello.txt/sha256: `hello.txt` is not what it was: its 7 bytes have the hash \
         {other}, and {HELLO} is written here; restore it (a checkout may have converted its line ends), or write the new \
         hash down"
    );
    broken(&place, &says);
}
