//! Runs that are broken off: what they leave behind in files, and that they leave no process behind.

use super::{
    crosswire::{LONGEST, Place, Running},
    liar::{LIED_ON, RING},
    scene::{HONEST, steps},
    trial,
};
use crosswire_runner::results::Verdict;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use std::{
    fs,
    io::Read as _,
    net::{TcpListener, TcpStream},
    sync::mpsc,
    thread,
    time::Duration,
};

pub(crate) fn trials() -> Vec<libtest_mimic::Trial> {
    vec![
        trial("broken_off/an_interrupted_run_writes_down_what_it_knows_and_its_footer", interrupted),
        trial("broken_off/a_request_to_end_is_an_interrupt", asked_to_end),
        #[cfg(target_os = "linux")]
        trial("broken_off/the_end_of_the_terminal_is_an_interrupt", hung_up),
        trial("broken_off/a_second_interrupt_ends_at_once", interrupted_twice),
        trial("broken_off/a_run_that_is_interrupted_before_it_begins_writes_nothing", interrupted_before),
        trial("broken_off/a_killed_run_is_incomplete_and_its_processes_end_by_themselves", killed),
        trial("broken_off/whoever_closes_the_pipe_has_read_enough", broken_pipe),
        #[cfg(target_os = "linux")]
        trial("broken_off/what_does_not_fit_on_the_disk_is_not_as_expected", full_disk),
    ]
}

/// A run in the middle of its second test: the first is written down, and the driver says nothing.
fn in_the_middle(place: &Place, name: &str) -> (Running, TcpStream) {
    // Long enough that nothing but the signal ends it.
    let lied_in = json!([
        {"do": "connect", "on": LIED_ON},
        {"do": "send", "on": LIED_ON, "text": "one"},
        {"do": "expect", "on": LIED_ON, "text": "one", "within_ms": 60_000}
    ]);
    place.suite(&[("before", steps("a")), ("lie", lied_in), ("after", steps("a"))]);
    place.liars(&[name]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    fs::write(place.path(RING), listener.local_addr().unwrap().to_string()).unwrap();
    let (tell, rung) = mpsc::sync_channel(1);
    thread::spawn(move || tell.send(listener.accept().unwrap().0));
    let running = place.start(&["run", "--suites", "suites", "--client", "liars.json", "--out", "out"]);
    let bell = rung.recv_timeout(LONGEST).unwrap();
    (running, bell)
}

fn signal(running: &Running, signal: Signal) {
    kill_process(Pid::from_child(&running.child), signal).unwrap();
}

fn interrupted() {
    ends_in_good_order(&Place::new("interrupted"), Signal::INT);
}

/// As continuous integration does it, and whoever shuts a machine down.
fn asked_to_end() {
    ends_in_good_order(&Place::new("asked-to-end"), Signal::TERM);
}

/// Whoever closes the window.
#[cfg(target_os = "linux")]
fn hung_up() {
    ends_in_good_order(&Place::new("hung-up"), Signal::HUP);
}

fn ends_in_good_order(place: &Place, how: Signal) {
    let (running, _bell) = in_the_middle(place, "waits-to-be-broken-off");
    signal(&running, how);
    let outcome = running.end();
    outcome.exits_with(130);
    assert_eq!(
        outcome.complained,
        "crosswire: ends what is running and writes down what is known; again ends at once\n"
    );
    let recorded = place.results();
    let footer = recorded.footer.unwrap();
    assert_eq!((footer.planned, footer.interrupted, footer.faults), (3, true, Vec::new()));
    let told: Vec<_> = recorded
        .results
        .iter()
        .map(|result| (result.verdict, result.reason.as_ref().map_or("", |reason| &*reason.message)))
        .collect();
    let must = [
        (Verdict::Pass, ""),
        (Verdict::NotRun, "the run was interrupted in the middle of it"),
        (Verdict::NotRun, "the run was interrupted before it was begun"),
    ];
    assert_eq!(told, must);
    assert!(outcome.said.contains("INCOMPLETE: the run was interrupted"), "{}", outcome.said);
    place.path("out/matrix.html").metadata().unwrap();
}

fn interrupted_twice() {
    let place = Place::new("interrupted-twice");
    let (mut running, _bell) = in_the_middle(&place, "waits-and-takes-its-time");
    signal(&running, Signal::INT);
    running.complains("again ends at once");
    signal(&running, Signal::INT);
    running.end().exits_with(130);
    // The driver has 3 s to go; whoever had waited for it would have written the footer.
    assert_eq!(place.results().footer, None);
}

fn interrupted_before() {
    let place = Place::new("interrupted-before");
    place.suite(&[("lie", steps("a"))]);
    place.liars(&["rings-at-the-hello"]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    fs::write(place.path(RING), listener.local_addr().unwrap().to_string()).unwrap();
    let before = place.holds();
    let (tell, rung) = mpsc::sync_channel(1);
    thread::spawn(move || tell.send(listener.accept().unwrap().0));
    let running = place.start(&["run", "--suites", "suites", "--client", "liars.json", "--out", "out"]);
    let _bell: TcpStream = rung.recv_timeout(LONGEST).unwrap();
    signal(&running, Signal::INT);
    let outcome = running.end();
    outcome.exits_with(130);
    assert!(
        outcome.complained.ends_with("crosswire: interrupted before anything was run\n"),
        "{}",
        outcome.complained
    );
    assert_eq!(place.holds(), before);
    // A hello may take 30 s; nobody is to wait for it who has asked for the end.
    assert!(outcome.took < Duration::from_secs(15), "{:?}", outcome.took);
}

fn killed() {
    let place = Place::new("killed");
    let (running, mut bell) = in_the_middle(&place, "waits-to-be-broken-off");
    signal(&running, Signal::KILL);
    // That everything is gone is seen to here; nobody is left who could end it.
    let outcome = running.end();
    assert_eq!(outcome.status.code(), None);
    assert_eq!(bell.read(&mut [0]).unwrap_or_default(), 0);
    let recorded = place.results();
    assert_eq!((recorded.results.len(), recorded.footer), (1, None));
    let report = place.run(&["report", "out"]);
    report.exits_with(1);
    let incomplete = "INCOMPLETE: the run did not end: 1 of 3 results are there, and no footer";
    assert!(report.said.contains(incomplete), "{}", report.said);
    assert!(report.said.ends_with("nothing unexpected, and the run is INCOMPLETE\n"), "{}", report.said);
}

fn broken_pipe() {
    let place = Place::new("broken-pipe");
    place.suite(&[("one", steps("a"))]);
    let client = ["--client", HONEST];
    let run = [&["run", "--suites", "suites", "--out", "out"][..], &client].concat();
    for words in [&["list"][..], &["list", "--json"], &["check"], &run, &["report", "out"]] {
        let mut running = place.start_unheard(words);
        let status = running.wait().unwrap();
        let mut complained = String::new();
        running.stderr.take().unwrap().read_to_string(&mut complained).unwrap();
        assert_eq!((status.code(), &*complained), (Some(0), ""), "{words:?}");
    }
    assert!(place.results().footer.is_some());
    place.path("out/junit.xml").metadata().unwrap();
}

#[cfg(target_os = "linux")]
fn full_disk() {
    let place = Place::new("full-disk");
    place.suite(&[("one", steps("a"))]);
    for words in
        [&["list", "--suites", "suites"][..], &["list", "--json", "--suites", "suites"], &["check", "suites"]]
    {
        let (status, complained) = place.run_into("/dev/full", words);
        let says = "crosswire: standard output cannot be written: No space left on device (os error 28)\n";
        assert_eq!((status.code(), &*complained), (Some(2), says), "{words:?}");
    }
}
