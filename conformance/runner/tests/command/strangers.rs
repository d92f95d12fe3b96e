//! `--server-url`: a server that is not ours fails only by what it does, never by what it never promised.

use crate::{
    ran::{Ran, run},
    stranger::{Manner, Stranger},
};
use std::{collections::BTreeMap, net::TcpListener};

fn against(name: &str, manner: Manner, more: &[&str]) -> Ran {
    let stranger = Stranger::who(manner);
    run(name, &[&["--server-url", &stranger.url], more].concat())
}

/// How many results there are of each outcome and verdict.
fn counts(ran: &Ran) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for result in ran.results() {
        for field in ["verdict", "outcome"] {
            *counts.entry(result[field].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    counts
}

/// tungstenite answers a close with 1014 by a 1002, and these servers are made of it.
const BY_ITS_LIBRARY: [&str; 1] = ["edges/codes-of-the-rfc"];

/// The tests that are not as they should be.
fn unexpected(ran: &Ran) -> Vec<String> {
    let results = ran.results().into_iter();
    let unexpected =
        results.filter(|result| result["outcome"] == "regression" || result["outcome"] == "fixed");
    unexpected.map(|result| result["test"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_bare_echo_server_fails_by_nothing_that_it_never_promised() {
    let ran = against("bare", Manner::Echoes, &[]);
    assert_eq!(unexpected(&ran), BY_ITS_LIBRARY, "{}", ran.said);
    assert_eq!(ran.code, 1);
    assert!(ran.verdict("edges/codes-of-the-rfc").1.contains("the close frame of the peer"), "{}", ran.said);
    // Those that ask for nothing but echoes, pings and closes.
    assert!(counts(&ran)["pass"] >= 55, "{:?}", counts(&ran));
    for test in
        ["core/connects", "core/echo", "core/close-1000", "core/many-to-server", "edges/ping-with-payload"]
    {
        assert_eq!(ran.verdict(test).0, "pass", "{test}");
    }
    for (test, lacks) in [
        ("core/welcome", "the server lacks `welcome`"),
        ("core/push", "the server lacks `control`"),
        ("core/many-to-client", "the server lacks `control`"),
        ("edges/sixteen-mebibytes", "the server lacks `bare-echo`"),
        ("edges/unknown-path", "the server lacks `routes`"),
        ("edges/limit-counts-bytes", "the server lacks `--max-message`"),
    ] {
        let (verdict, why) = ran.verdict(test);
        assert_eq!((verdict.as_str(), why.starts_with(lacks)), ("unsupported", true), "{test}: {why}");
    }
    let asked = "asked what tests can rely on, it shows echo; what else it can do is told with --server-can.";
    assert!(ran.unwrapped().contains(asked), "{}", ran.said);
    assert!(
        ran.report("summary.md").contains("it shows echo;")
            && ran.report("matrix.html").contains("it shows echo;")
    );
}

#[test]
fn an_address_may_have_a_path_and_a_query() {
    let stranger = Stranger::who(Manner::Echoes);
    let url = format!("{}/chat?room=1", stranger.url);
    let ran = run("path", &["--server-url", &url, "--profile", "core"]);
    assert_eq!((ran.code, unexpected(&ran).len()), (0, 0), "{}", ran.said);
    assert_eq!(ran.verdict("core/echo").0, "pass");
}

#[test]
fn somebodys_own_suite_runs_against_somebodys_own_server() {
    let ran = against("own", Manner::Echoes, &["--suites", "examples/my-suite"]);
    assert_eq!((ran.code, counts(&ran)["pass"]), (0, 3), "{ran:?}");
    let ran = against("own-shouts", Manner::Shouts, &["--suites", "examples/my-suite"]);
    let (verdict, why) = ran.verdict("my-echo/lines-keep-their-order");
    assert_eq!((ran.code, verdict.as_str()), (1, "fail"), "{why}");
}

#[test]
fn a_server_that_speaks_first_is_told_so() {
    let ran = against("greets", Manner::Greets, &[]);
    assert_eq!(unexpected(&ran), BY_ITS_LIBRARY, "{}", ran.said);
    let says = "It sends messages of its own before an echo, the first of them \"Welcome to my server!\"";
    assert!(ran.unwrapped().contains(says), "{}", ran.said);
}

#[test]
fn a_server_that_is_silent_is_told_so() {
    let ran = against("silent", Manner::IsSilent, &[]);
    assert_eq!(unexpected(&ran), BY_ITS_LIBRARY, "{}", ran.said);
    assert!(
        ran.unwrapped().contains("said nothing in 3 s; so it is not taken for a server that echoes"),
        "{}",
        ran.said
    );
}

#[test]
fn whether_a_server_echoes_can_be_told_so_that_it_fails_where_it_does_not() {
    let asked = against("shouts", Manner::Shouts, &["--profile", "core"]);
    assert_eq!(asked.verdict("core/echo").0, "unsupported");
    let says = "said \"CROSSWIRE ASKS WHETHER THIS COMES BACK\" and never sent it back";
    assert!(asked.unwrapped().contains(says), "{}", asked.said);
    let told = against("told", Manner::Shouts, &["--profile", "core", "--server-can", "echo"]);
    assert_eq!((told.code, told.verdict("core/echo").0.as_str()), (1, "fail"));
    assert!(!told.unwrapped().contains("asked what tests can rely on"), "{}", told.said);
}

#[test]
fn a_server_that_closes_at_once_is_quoted() {
    let ran = against("closes", Manner::Closes, &["--profile", "core"]);
    assert!(ran.unwrapped().contains("closed the connection with 4001 \"members only\""), "{}", ran.said);
}

#[test]
fn a_server_that_is_not_there_is_said_at_once() {
    // A port that was free a moment ago.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("ws://{address}");
    let ran = run("nobody", &["--server-url", &url]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.complained.contains(&format!("{url} cannot be connected to: ")), "{}", ran.complained);
    assert!(ran.complained.contains("is the server running?"), "{}", ran.complained);
}

#[test]
fn what_cannot_be_at_an_address_is_refused() {
    let ran = run("control", &["--server-url", "ws://127.0.0.1:1", "--server-can", "echo,control-drop"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.complained.contains("`control-drop` needs an address of its own, /control"),
        "{}",
        ran.complained
    );
}
