//! `--frozen` and `--freeze`: a list that is run exactly as it was, or not at all.

use super::{
    Place, USAGE, refused,
    stranger::{Manner, Stranger},
    strangers::{my_suite, run_at},
};
use serde_json::Value;
use std::fs;

const CORE: &str = include_str!("../../../frozen/core-1.json");

#[test]
fn a_frozen_list_is_run_and_told_with_how_much_of_it_was_passed() {
    let place = Place::new("frozen");
    let words = [
        "run",
        "--client",
        "rust-tokio-tungstenite",
        "--frozen",
        "core-1",
        "--time-scale",
        "5",
        "--out",
        "out",
    ];
    let ended = place.run(&words);
    ended.exits_with(0);
    assert!(ended.said.contains("\ncore-1: 9 of 9\n"), "{}", ended.said);
    let report = |name: &str| fs::read_to_string(place.path(name)).unwrap();
    assert!(report("out/summary.md").contains("core-1: 9 of 9"));
    assert!(report("out/matrix.html").contains("core-1: 9 of 9"));
    assert!(report("out/junit.xml").contains("name=\"frozen\" value=\"core-1\""));
    let recorded = place.results();
    assert_eq!((recorded.header.frozen.unwrap().list.as_str(), recorded.results.len()), ("core-1", 9));
}

#[test]
fn what_somebodys_server_cannot_do_stays_in_the_denominator() {
    let (place, stranger) = (Place::new("frozen-bare"), Stranger::who(Manner::Echoes));
    let ended = run_at(&place, &stranger.url, &["--frozen", "core-1"]);
    ended.exits_with(0);
    assert!(ended.said.contains("\ncore-1: 5 of 9\n"), "{}", ended.said);
    let ended = run_at(&place, &stranger.url, &["--frozen", "edges-1"]);
    assert!(ended.said.contains("\nedges-1 (a draft): "), "{}", ended.said);
}

#[test]
fn a_list_whose_tests_have_changed_is_not_run() {
    let place = Place::new("frozen-changed");
    let mut list: Value = serde_json::from_str(CORE).unwrap();
    let is = list["tests"][3]["rev"].as_str().unwrap().to_owned();
    list["tests"][3]["rev"] = "0123456789abcdef".into();
    list["tests"][4]["id"] = "core/pushes".into();
    fs::write(place.path("mine-1.json"), list.to_string()).unwrap();
    let says = format!(
        "core-1 cannot be run: 2 of its 9 tests are not what they were, and who passes others has not passed it\n  \
         core/echo: it says something else than when the list was frozen (0123456789abcdef, now {is})\n  \
         core/pushes: it is gone\n\
         it is run by the release that it was frozen with; `crosswire list --freeze` freezes a new one"
    );
    refused(&place, &["run", "--frozen", "mine-1.json", "--out", "out"], USAGE, &says);
}

#[test]
fn somebody_freezes_a_list_of_their_own_once() {
    let (place, suite) = (Place::new("freeze"), my_suite());
    let freeze = ["list", "--suites", &suite, "--freeze", "my-echo-1"];
    let ended = place.run(&freeze);
    ended.exits_with(0);
    assert_eq!(ended.said, "my-echo-1: 3 tests in my-echo-1.json, frozen\n");
    let says = "my-echo-1.json: my-echo-1 is frozen, and never changes: choose another name";
    refused(&place, &freeze, USAGE, says);
    let stranger = Stranger::who(Manner::Echoes);
    let ended = run_at(&place, &stranger.url, &["--suites", &suite, "--frozen", "my-echo-1.json"]);
    ended.exits_with(0);
    assert!(ended.said.contains("\nmy-echo-1: 3 of 3\n"), "{}", ended.said);
}

#[test]
fn a_draft_is_frozen_again_and_at_last() {
    let (place, suite) = (Place::new("freeze-draft"), my_suite());
    let freeze = |more: &[&str]| {
        let words = ["list", "--suites", &suite, "--freeze", "mine-1.json"];
        place.run(&[&words, more].concat())
    };
    freeze(&["--draft", "--test", "*orders*"]).exits_with(0);
    freeze(&["--draft"]).exits_with(0);
    let list: Value = serde_json::from_str(&fs::read_to_string(place.path("mine-1.json")).unwrap()).unwrap();
    assert_eq!((list["tests"].as_array().unwrap().len(), &list["draft"]), (3, &Value::Bool(true)));
    freeze(&[]).exits_with(0);
    freeze(&["--draft"]).exits_with(USAGE);
}

#[test]
fn a_name_of_the_projects_is_for_the_tests_that_it_means() {
    let (place, suite) = (Place::new("freeze-name"), my_suite());
    let says = "core-1.json: core-1 is the name of a list of the project's, and these are other tests: choose another name";
    refused(&place, &["list", "--suites", &suite, "--freeze", "core-1"], USAGE, says);
    refused(&place, &["list", "--test", "core/echo", "--freeze", "core-1.json"], USAGE, says);
    place.run(&["list", "--profile", "core", "--freeze", "core-1"]).exits_with(0);
}

#[test]
fn a_frozen_list_may_stand_beside_its_suites() {
    let (place, suite) = (Place::new("freeze-beside"), my_suite());
    fs::create_dir(place.path("own")).unwrap();
    fs::copy(format!("{suite}/echo.json"), place.path("own/echo.json")).unwrap();
    place.run(&["list", "--suites", "own", "--freeze", "own/mine-1"]).exits_with(0);
    let ended = place.run(&["check", "own"]);
    ended.exits_with(0);
    assert_eq!(ended.said, "3 tests are in order: my-echo\n");
    fs::write(place.path("own/mine-2.json"), r#"{"format": 1, "list": "mine-2", "about": "a", "tests": []}"#)
        .unwrap();
    let says = "1 fault\nown/mine-2.json: this frozen list is broken: a frozen list has a name, in `list`, and at least one test";
    refused(&place, &["check", "own"], USAGE, says);
}

#[test]
fn a_frozen_list_is_whole_or_nothing() {
    let place = Place::new("frozen-narrowed");
    let ended = place.run(&["run", "--frozen", "core-1", "--test", "core/echo"]);
    ended.exits_with(USAGE);
    assert!(ended.complained.contains("cannot be used with"), "{}", ended.complained);
    let says = "there is no frozen list `core-0`; known: core-1, edges-1; or give the path of one";
    refused(&place, &["run", "--frozen", "core-0"], USAGE, says);
}
