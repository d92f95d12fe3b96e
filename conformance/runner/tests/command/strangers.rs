//! `--server-url`: a server that is not ours fails only by what it does, never by what it never promised.

use super::{
    Place, USAGE,
    crosswire::Outcome as Ended,
    refused,
    stranger::{Manner, Stranger},
};
use crosswire_runner::results::{By, Fault, Outcome, Recorded, TestResult, Verdict};
use std::path::Path;

/// tungstenite answers a close with 1014 by a 1002, and these servers are made of it.
const BY_ITS_LIBRARY: [&str; 1] = ["edges/codes-of-the-rfc"];

/// What somebody's own suite is called from any folder.
pub(super) fn my_suite() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    root.join("examples/my-suite").to_str().unwrap().to_owned()
}

/// Runs the client inside the program against an address. A debug build takes its time; only waits that run out take longer.
pub(super) fn run_at(place: &Place, url: &str, more: &[&str]) -> Ended {
    let shared = ["run", "--client", "rust-tokio-tungstenite", "--time-scale", "5", "--out", "out"];
    place.run(&[&shared[..], &["--server-url", url], more].concat())
}

fn against(name: &str, manner: Manner, more: &[&str]) -> (Place, Ended) {
    let (place, stranger) = (Place::new(name), Stranger::who(manner));
    let ended = run_at(&place, &stranger.url, more);
    (place, ended)
}

fn result<'a>(recorded: &'a Recorded, test: &str) -> &'a TestResult {
    recorded.results.iter().find(|result| result.test == test).unwrap()
}

fn verdict(recorded: &Recorded, test: &str) -> Verdict {
    result(recorded, test).verdict
}

/// The tests that are not as they should be.
fn unexpected(recorded: &Recorded) -> Vec<&str> {
    let is_unexpected = |result: &&TestResult| matches!(result.outcome, Outcome::Regression | Outcome::Fixed);
    recorded.results.iter().filter(is_unexpected).map(|result| result.test.as_str()).collect()
}

/// What was said, without the places where lines were broken.
fn unwrapped(ended: &Ended) -> String {
    ended.said.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn says(ended: &Ended, words: &str) {
    assert!(unwrapped(ended).contains(words), "{}", ended.said);
}

#[test]
fn a_bare_echo_server_fails_by_nothing_that_it_never_promised() {
    let (place, ended) = against("bare", Manner::Echoes, &[]);
    ended.exits_with(1);
    let recorded = place.results();
    assert_eq!(unexpected(&recorded), BY_ITS_LIBRARY, "{}", ended.said);
    // Those that ask for nothing but echoes, pings and closes.
    let passed = recorded.results.iter().filter(|result| result.verdict == Verdict::Pass).count();
    assert!(passed >= 55, "{passed} passed");
    for test in
        ["core/connects", "core/echo", "core/close-1000", "core/many-to-server", "edges/ping-with-payload"]
    {
        assert_eq!(verdict(&recorded, test), Verdict::Pass, "{test}");
    }
    for (test, lacks) in [
        ("core/welcome", "the server lacks `welcome`"),
        ("core/push", "the server lacks `control`"),
        ("core/many-to-client", "the server lacks `control`"),
        ("edges/sixteen-mebibytes", "the server lacks `bare-echo`"),
        ("edges/unknown-path", "the server lacks `routes`"),
        ("edges/limit-counts-bytes", "the server lacks `--max-message`"),
    ] {
        let result = result(&recorded, test);
        let why = &result.reason.as_ref().unwrap().message;
        assert_eq!((result.verdict, why.starts_with(lacks)), (Verdict::Unsupported, true), "{test}: {why}");
    }
    says(
        &ended,
        "asked what tests can rely on, it shows echo; what else it can do is told with --server-can.",
    );
    for report in ["out/summary.md", "out/matrix.html"] {
        assert!(std::fs::read_to_string(place.path(report)).unwrap().contains("it shows echo;"), "{report}");
    }
}

#[test]
fn a_server_that_dies_in_the_middle_is_named_and_nothing_is_laid_to_the_tests_behind_it() {
    let (place, ended) = against("dies", Manner::Dies(20), &["--server-can", "echo"]);
    ended.exits_with(1);
    let recorded = place.results();
    let footer = recorded.footer.as_ref().unwrap();
    let [Fault { by: By::Server(name), message }] = &footer.faults[..] else { panic!("{:?}", footer.faults) };
    assert_eq!(*name, recorded.header.servers[0].name);
    assert!(
        message.starts_with("it was there when the run began; nobody listens at ws://127.0.0.1:"),
        "{message}"
    );
    let not_run: Vec<_> =
        recorded.results.iter().filter(|result| result.verdict == Verdict::NotRun).collect();
    assert!(not_run.len() > 10, "{}", ended.said);
    assert!(not_run.iter().all(|result| {
        result.known.is_none() && result.reason.as_ref().unwrap().message.contains("nobody listens at")
    }));
    says(&ended, "fault beside the tests");
    assert!(
        ended.said.find("it was there when the run began") < ended.said.find("✗ fail"),
        "what explains the rest comes first: {}",
        ended.said
    );
}

#[test]
fn a_welcome_that_a_suite_has_not_thought_of_is_named() {
    let (place, suite) = (Place::new("welcomed"), my_suite());
    let client = ["run", "--client", "rust-tokio-tungstenite", "--time-scale", "5", "--out", "out"];
    let ended = place.run(&[&client[..], &["--suites", &suite]].concat());
    ended.exits_with(1);
    for result in place.results().results {
        let why = result.reason.unwrap().message;
        assert!(
            why.contains("it is the welcome, with which this server begins here"),
            "{}: {why}",
            result.test
        );
    }
}

#[test]
fn an_address_may_have_a_path_and_a_query() {
    let (place, stranger) = (Place::new("path"), Stranger::who(Manner::Echoes));
    let url = format!("{}/chat?room=1", stranger.url);
    run_at(&place, &url, &["--profile", "core"]).exits_with(0);
    assert_eq!(verdict(&place.results(), "core/echo"), Verdict::Pass);
}

#[test]
fn somebodys_own_suite_runs_against_somebodys_own_server() {
    let suite = my_suite();
    let (place, ended) = against("own", Manner::Echoes, &["--suites", &suite]);
    ended.exits_with(0);
    assert!(place.results().results.iter().all(|result| result.verdict == Verdict::Pass), "{}", ended.said);
    let (place, ended) = against("own-shouts", Manner::Shouts, &["--suites", &suite]);
    ended.exits_with(1);
    assert_eq!(verdict(&place.results(), "my-echo/lines-keep-their-order"), Verdict::Fail);
}

#[test]
fn a_server_that_speaks_first_is_told_so() {
    let (place, ended) = against("greets", Manner::Greets, &[]);
    assert_eq!(unexpected(&place.results()), BY_ITS_LIBRARY, "{}", ended.said);
    says(&ended, "It sends messages of its own before an echo, the first of them \"Welcome to my server!\"");
}

#[test]
fn a_server_that_is_silent_is_told_so() {
    let (place, ended) = against("silent", Manner::IsSilent, &[]);
    assert_eq!(unexpected(&place.results()), BY_ITS_LIBRARY, "{}", ended.said);
    says(&ended, "said nothing in 3 s; so it is not taken for a server that echoes");
}

#[test]
fn whether_a_server_echoes_can_be_told_so_that_it_fails_where_it_does_not() {
    let (place, asked) = against("shouts", Manner::Shouts, &["--profile", "core"]);
    assert_eq!(verdict(&place.results(), "core/echo"), Verdict::Unsupported);
    says(&asked, "said \"CROSSWIRE ASKS WHETHER THIS COMES BACK\" and never sent it back");
    let (place, told) = against("told", Manner::Shouts, &["--profile", "core", "--server-can", "echo"]);
    told.exits_with(1);
    assert_eq!(verdict(&place.results(), "core/echo"), Verdict::Fail);
    assert!(!told.said.contains("asked what tests"), "{}", told.said);
}

#[test]
fn a_server_that_closes_at_once_is_quoted() {
    let (_, ended) = against("closes", Manner::Closes, &["--profile", "core"]);
    says(&ended, "closed the connection with 4001 \"members only\"");
}

#[test]
fn a_limit_is_no_fault_and_what_is_within_it_is_tested() {
    let (place, ended) = against("limited", Manner::IsLimited, &[]);
    let recorded = place.results();
    assert_eq!(unexpected(&recorded), BY_ITS_LIBRARY, "{}", ended.said);
    says(
        &ended,
        "It answers messages of 65536 bytes with 1009, that they are too long, and sends back those of 32768;",
    );
    assert_eq!(verdict(&recorded, "edges/sizes-around-16k"), Verdict::Pass);
    let longer = &result(&recorded, "edges/sizes-around-32k").reason.as_ref().unwrap().message;
    assert_eq!(longer, "the server lacks `messages of 32770 bytes`");
}

#[test]
fn what_cannot_be_at_an_address_is_refused() {
    let words =
        ["run", "--server-url", "ws://127.0.0.1:1", "--server-can", "echo,control-drop", "--out", "out"];
    let says = "`control-drop` needs an address of its own, /control; start the server with --server-command, and let its \
                ready line say where";
    refused(&Place::new("control"), &words, USAGE, says);
}
