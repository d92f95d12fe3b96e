//! What the smaller commands do when all is well: `try`, `doctor`, `known update`, and runs that leave out what is not built.

use super::{USAGE, refused};
use crate::crosswire::Place;
use crosswire_runner::results::Role;
use serde_json::{Value, json};
use std::fs;

/// Everything was as expected.
const AS_EXPECTED: i32 = 0;
/// Something was not.
const NOT_AS_EXPECTED: i32 = 1;

/// A repository around the folder, with a client and a server that nobody has built.
fn with_manifests(name: &str) -> Place {
    let place = Place::new(name);
    let entry = |name: &str| {
        json!({"name": name, "language": "none", "library": "none", "homepage": "https://example.org",
            "build": ["make", "it"], "made": "not-there", "run": ["./not-there"]})
    };
    for (side, name) in [("clients", "absent-client"), ("servers", "absent-server")] {
        let folder = place.path("conformance").join(side).join("none");
        fs::create_dir_all(&folder).unwrap();
        let tool = json!({"version": ["crosswire-has-no-such-tool"], "debian": "apt-get install it",
            "macos": "brew install it", "elsewhere": "https://example.org"});
        let manifest = json!({"format": 1, "tools": [tool], side: [entry(name)]});
        fs::write(folder.join("impl.json"), manifest.to_string()).unwrap();
    }
    place
}

#[test]
fn a_try_shows_every_frame_between_the_two() {
    let place = Place::new("try");
    let outcome = place.run(&["try", "core/echo", "--time-scale", "5"]);
    outcome.exits_with(AS_EXPECTED);
    let mut rest = outcome.said.as_str();
    for part in [
        "rust-tokio-tungstenite → crosswire",
        "runner → client   a: open ws://127.0.0.1:",
        "a ══▶             GET /ws?tag=",
        "a     ◀══         HTTP/1.1 101 ",
        "a     ◀══         text of ",
        "a ══▶             text of 5 bytes, masked: \"hello\"",
        "a     ◀══         text of 5 bytes: \"hello\"",
        "a ══▶             close of 2 bytes, masked: 1000",
        "core/echo: pass, ok in ",
    ] {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part} is not in what is left:\n{rest}"));
        rest = &rest[at + part.len()..];
    }
    refused(
        &place,
        &["try", "core/*"],
        USAGE,
        "`core/*` selects 9 tests, and one is tried at a time: core/listens, core/connects, core/welcome, core/echo, core/push …",
    );
}

#[test]
fn what_is_not_built_is_left_out_with_a_word_unless_that_is_not_allowed() {
    let place = with_manifests("skipped");
    let run = ["matrix", "--test", "core/listens", "--time-scale", "5", "--out", "out"];
    place.run(&run).exits_with(AS_EXPECTED);
    let recorded = place.results();
    let skipped: Vec<_> =
        recorded.header.skipped.iter().map(|skipped| (skipped.role, skipped.name.as_str())).collect();
    assert_eq!(skipped, [(Role::Client, "absent-client"), (Role::Server, "absent-server")]);
    let advice = "it is not built; crosswire-has-no-such-tool is missing; get it with: ";
    assert!(recorded.header.skipped.iter().all(|skipped| skipped.why.starts_with(advice)));
    assert_eq!(recorded.results.len(), 1);
    // With strictness, and for whoever is asked for by name, what is missing is a failure.
    place.run(&[&run[..], &["--strict"]].concat()).exits_with(NOT_AS_EXPECTED);
    assert_eq!(place.results().results.len(), 4);
    for named in [
        ["--client", "absent-client", "--client", "rust"],
        ["--server", "absent-server", "--server", "crosswire"],
    ] {
        place.run(&[&run[..], &named].concat()).exits_with(NOT_AS_EXPECTED);
    }
    // Who names one side has not asked for what is missing on the other.
    for (named, left_out) in
        [(["--client", "rust"], "absent-server"), (["--server", "crosswire"], "absent-client")]
    {
        place.run(&[&run[..], &named].concat()).exits_with(AS_EXPECTED);
        let skipped = place.results().header.skipped;
        assert!(skipped.iter().map(|skipped| skipped.name.as_str()).eq([left_out]), "{skipped:?}");
    }
}

#[test]
fn a_doctor_tells_what_is_too_old_to_build_with() {
    let place = Place::new("doctor-old");
    let manifest = |made: &str| {
        let tool = json!({"version": ["sh", "-c", "echo v12.1.0"], "at_least": "20.18.1", "debian": "apt-get install it",
            "macos": "brew install it", "elsewhere": "https://example.org"});
        let client = json!({"name": "old", "language": "none", "library": "none", "homepage": "https://example.org",
            "build": ["make", "it"], "made": made, "run": ["./not-there"]});
        fs::write(
            place.path("impl.json"),
            json!({"format": 1, "tools": [tool], "clients": [client]}).to_string(),
        )
        .unwrap();
        place.run(&["doctor", "impl.json"])
    };
    let outcome = manifest("not-there");
    outcome.exits_with(NOT_AS_EXPECTED);
    let says = "  ✗ sh v12.1.0 is too old: 20.18.1 or newer is needed\n    → get it with: ";
    assert!(outcome.said.contains(says), "{}", outcome.said);
    // What is built with another one already is tried.
    let outcome = manifest("impl.json");
    outcome.exits_with(NOT_AS_EXPECTED);
    assert!(
        outcome.said.contains("  ✓ sh v12.1.0\n  ✗ `./not-there` could not be started"),
        "{}",
        outcome.said
    );
}

#[test]
fn a_doctor_tells_what_is_missing_and_how_to_get_it() {
    let place = with_manifests("doctor");
    let outcome = place.run(&["doctor"]);
    outcome.exits_with(NOT_AS_EXPECTED);
    for part in [
        "client rust-tokio-tungstenite (tokio-tungstenite)\n  ✓ tokio-tungstenite ",
        "client absent-client (none)\n  ✗ crosswire-has-no-such-tool is missing\n    → get it with: ",
        "2 clients and 2 servers: 2 of them cannot be run yet; the arrows say what to do",
    ] {
        assert!(outcome.said.contains(part), "{part} is not in:\n{}", outcome.said);
    }
    place.run(&["doctor", "rust"]).exits_with(AS_EXPECTED);
    let known = "rust-tokio-tungstenite, absent-client, crosswire, absent-server";
    let says = format!("there is no `cobol`; known: {known}; or give the path of an impl.json");
    refused(&place, &["doctor", "cobol"], USAGE, &says);
    // A second one does not excuse the first, and a manifest is found by its path from anywhere.
    refused(&place, &["doctor", "rust", "cobol"], USAGE, &says);
    for (side, one) in [("clients", "client"), ("servers", "server")] {
        for name in [String::new(), format!("#absent-{one}")] {
            let outcome = place.run(&["doctor", &format!("conformance/{side}/none/impl.json{name}")]);
            outcome.exits_with(NOT_AS_EXPECTED);
            let sum = format!("\n1 {one}: it cannot be run yet; the arrows say what to do\n");
            assert!(outcome.said.ends_with(&sum), "{}", outcome.said);
        }
    }
    let asked = "conformance/clients/none/impl.json#nobody";
    let says = "conformance/clients/none/impl.json: there is no client `nobody` in it; it has absent-client";
    refused(&place, &["doctor", asked], USAGE, says);
    let says = "gone.json: No such file or directory (os error 2)";
    refused(&place, &["doctor", "gone.json"], USAGE, says);
}

#[cfg(unix)]
#[test]
fn a_doctor_says_whom_it_waits_for_and_points_at_no_arrow_that_is_not_there() {
    let place = Place::new("doctor-mute");
    let client = |name: &str, run: &str| json!({"name": name, "language": "sh", "library": "none", "homepage": "https://example.org", "run": ["sh", "-c", run]});
    let clients = json!([client("mute", "sleep 4"), client("gone", "exit 7")]);
    fs::write(place.path("impl.json"), json!({"format": 1, "clients": clients}).to_string()).unwrap();
    let outcome = place.run(&["doctor", "impl.json#mute"]);
    outcome.exits_with(NOT_AS_EXPECTED);
    assert_eq!(outcome.complained, "crosswire: mute has not answered yet, and is given time\n");
    let outcome = place.run(&["doctor", "impl.json#gone"]);
    outcome.exits_with(NOT_AS_EXPECTED);
    let sum = "\n1 client: it cannot be run yet; what is wrong stands behind the ✗\n";
    assert!(outcome.said.ends_with(sum) && !outcome.said.contains('→'), "{}", outcome.said);
}

#[test]
fn the_failures_of_a_run_are_written_where_known_failures_stand() {
    let place = Place::new("known");
    let client = json!({"name": "rust-tokio-tungstenite", "language": "rust", "library": "tokio-tungstenite",
        "homepage": "https://example.org", "run": [crate::crosswire::PROGRAM, "client"], "known": "known.json"});
    let listed = json!({"format": 1, "known": [
        {"test": "core/echo", "reason": "it does not", "link": "https://example.org"}]});
    fs::write(place.path("impl.json"), json!({"format": 1, "clients": [client]}).to_string()).unwrap();
    fs::write(place.path("known.json"), listed.to_string()).unwrap();
    let tests = ["--test", "core/echo", "--test", "edges/client-limit", "--time-scale", "5", "--out", "out"];
    let run = [&["run", "--client", "impl.json"][..], &tests].concat();
    place.run(&run).exits_with(NOT_AS_EXPECTED);
    let update = ["known", "update", "out", "--client", "impl.json"];
    let outcome = place.run(&update);
    outcome.exits_with(AS_EXPECTED);
    assert!(outcome.said.contains("rust-tokio-tungstenite: 1 added, 1 removed"), "{}", outcome.said);
    let written: Value =
        serde_json::from_str(&fs::read_to_string(place.path("known.json")).unwrap()).unwrap();
    assert_eq!(written["known"], json!([{"test": "edges/client-limit", "reason": "", "link": ""}]));
    // Whose results are not there has no failures to write down.
    let other = json!({"name": "other", "language": "l", "library": "b", "homepage": "https://example.org", "run": ["r"]});
    fs::write(place.path("other.json"), json!({"format": 1, "clients": [other]}).to_string()).unwrap();
    let says = "other.json: none of its clients (other) is in this run, which has rust-tokio-tungstenite; nothing was changed";
    refused(&place, &["known", "update", "out", "--client", "other.json"], USAGE, says);
    // An entry without a reason is none yet.
    let outcome = place.run(&run);
    outcome.exits_with(USAGE);
    assert!(outcome.complained.contains("the entry for `edges/client-limit` has no `reason`"));
}

#[test]
fn only_the_levels_that_were_asked_for_count() {
    let place = Place::new("levels");
    let client = json!({"name": "rust-tokio-tungstenite", "language": "rust", "library": "tokio-tungstenite",
        "homepage": "https://example.org", "run": [crate::crosswire::PROGRAM, "client"]});
    fs::write(place.path("impl.json"), json!({"format": 1, "clients": [client]}).to_string()).unwrap();
    let run = ["run", "--client", "impl.json", "--test", "edges/code-1005-is-refused", "--test", "core/echo"];
    let run = [&run[..], &["--time-scale", "5"]].concat();
    for level in ["--fail-on=may", "--fail-on=should", "--fail-on=must"] {
        // It is a `should`.
        let code = if level == "--fail-on=must" { AS_EXPECTED } else { NOT_AS_EXPECTED };
        place.run(&[&run[..], &[level, "--out", "out"]].concat()).exits_with(code);
        place.run(&["report", "out"]).exits_with(code);
    }
    let outcome = place.run(&["report", "out"]);
    assert!(outcome.said.ends_with("  only `must` counts for the exit code\n"), "{}", outcome.said);
}

#[test]
fn the_command_of_a_failure_finds_a_client_of_somebodys_own_again() {
    let place = Place::new("asked-as");
    let client = |name: &str| {
        json!({"name": name, "language": "rust", "library": "tokio-tungstenite", "homepage": "https://example.org",
            "run": [crate::crosswire::PROGRAM, "client"]})
    };
    let clients = json!([client("rust-tokio-tungstenite"), client("another")]);
    fs::create_dir(place.path("mine")).unwrap();
    fs::write(place.path("mine/impl.json"), json!({"format": 1, "clients": clients}).to_string()).unwrap();
    let meant = "mine/impl.json#rust-tokio-tungstenite";
    let test = ["--test", "edges/code-1005-is-refused", "--time-scale", "5"];
    let outcome = place.run(&[&["run", "--client", meant], &test[..]].concat());
    outcome.exits_with(NOT_AS_EXPECTED);
    for command in ["  rerun  ", "  frames "] {
        let told = outcome.said.lines().find_map(|line| line.strip_prefix(command)).unwrap();
        assert!(told.contains(&format!("--client '{meant}'")), "{told}");
        let words = shell_words::split(told).unwrap();
        let again: Vec<_> = words[1..].iter().map(String::as_str).collect();
        place.run(&again).exits_with(NOT_AS_EXPECTED);
    }
    let says = "mine/impl.json: there is no client `nobody` in it; it has rust-tokio-tungstenite, another";
    refused(&place, &["run", "--client", "mine/impl.json#nobody"], USAGE, says);
}
