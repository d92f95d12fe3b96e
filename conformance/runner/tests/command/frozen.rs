//! `--frozen` and `--freeze`: a list that is run exactly as it was, or not at all.

use crate::{
    ran::{crosswire, folder, root, run},
    stranger::{Manner, Stranger},
};
use serde_json::Value;
use std::fs;

#[test]
fn a_frozen_list_is_run_and_told_with_how_much_of_it_was_passed() {
    let ran = run("frozen", &["--frozen", "core-1"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.said.contains("\ncore-1: 9 of 9\n"), "{}", ran.said);
    assert!(ran.report("summary.md").contains("core-1: 9 of 9"));
    assert!(ran.report("matrix.html").contains("core-1: 9 of 9"));
    assert!(ran.report("junit.xml").contains("name=\"frozen\" value=\"core-1\""));
    assert_eq!(ran.lines()[0]["frozen"]["list"], "core-1");
    assert_eq!(ran.results().len(), 9);
    // What somebody's server cannot do stays in the denominator.
    let stranger = Stranger::who(Manner::Echoes);
    let ran = run("frozen-bare", &["--frozen", "core-1", "--server-url", &stranger.url]);
    assert!(ran.said.contains("\ncore-1: 5 of 9\n"), "{}", ran.said);
}

#[test]
fn a_draft_is_called_one() {
    let stranger = Stranger::who(Manner::Echoes);
    let ran = run("draft", &["--frozen", "edges-1", "--server-url", &stranger.url]);
    assert!(ran.said.contains("\nedges-1 (a draft): "), "{}", ran.said);
}

#[test]
fn a_list_whose_tests_have_changed_is_not_run() {
    let folder = folder("changed");
    let text = fs::read_to_string(root().join("conformance/frozen/core-1.json")).unwrap();
    let mut list: Value = serde_json::from_str(&text).unwrap();
    list["tests"][3]["rev"] = "0123456789abcdef".into();
    list["tests"][4]["id"] = "core/pushes".into();
    let path = folder.join("core-1.json");
    fs::write(&path, list.to_string()).unwrap();
    let ran = run("changed-run", &["--frozen", path.to_str().unwrap()]);
    assert_eq!(ran.code, 2, "{ran:?}");
    for says in [
        "core-1 cannot be run: 2 of its 9 tests are not what they were",
        "\n  core/echo: it says something else than when the list was frozen (0123456789abcdef, now ",
        "\n  core/pushes: it is gone\n",
    ] {
        assert!(ran.complained.contains(says), "{}", ran.complained);
    }
}

#[test]
fn somebody_freezes_a_list_of_their_own() {
    let folder = folder("freeze");
    let path = folder.join("my-echo-1");
    let freeze = ["list", "--suites", "examples/my-suite", "--freeze", path.to_str().unwrap()];
    let ran = crosswire(&freeze, folder.clone());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.said.starts_with("my-echo-1: 3 tests in "), "{}", ran.said);
    let again = crosswire(&freeze, folder.clone());
    assert_eq!(again.code, 2, "{again:?}");
    assert!(again.complained.contains("my-echo-1 is frozen, and never changes"), "{}", again.complained);
    let stranger = Stranger::who(Manner::Echoes);
    let list = folder.join("my-echo-1.json");
    let with_list = ["--suites", "examples/my-suite", "--frozen", list.to_str().unwrap()];
    let ran = run("freeze-run", &[&["--server-url", &stranger.url], &with_list[..]].concat());
    assert!(ran.code == 0 && ran.said.contains("\nmy-echo-1: 3 of 3\n"), "{ran:?}");
}

#[test]
fn a_draft_is_frozen_again() {
    let folder = folder("draft-again");
    let path = folder.join("mine-1.json");
    let freeze = |more: &[&str]| {
        let arguments = ["list", "--suites", "examples/my-suite", "--freeze", path.to_str().unwrap()];
        crosswire(&[&arguments, more].concat(), folder.clone()).code
    };
    assert_eq!(freeze(&["--draft", "--test", "*orders*"]), 0);
    assert_eq!(freeze(&["--draft"]), 0);
    let list: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!((list["tests"].as_array().unwrap().len(), &list["draft"]), (3, &Value::Bool(true)));
    assert_eq!(freeze(&[]), 0);
    assert_eq!(freeze(&["--draft"]), 2);
}

#[test]
fn a_frozen_list_is_whole_or_nothing() {
    let ran = run("narrowed", &["--frozen", "core-1", "--test", "core/echo"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.complained.contains("cannot be used with"), "{}", ran.complained);
    let ran = run("unknown", &["--frozen", "core-0"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.complained.contains("there is no frozen list `core-0`; known: core-1, edges-1"),
        "{}",
        ran.complained
    );
}
