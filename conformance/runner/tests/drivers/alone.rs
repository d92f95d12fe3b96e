//! Lies that take a run of their own: because they last, or because nothing but them is run.

use super::{
    chatter,
    crosswire::{Outcome, PROGRAM, Place},
    liar::LIED_ON,
    lies::{self, Ending},
    scene::{HONEST, is_as_it_must_be, steps},
    trial,
};
use crosswire_runner::results::{Recorded, TestResult, Verdict};
use serde_json::{Value, json};
use std::{env, fs, time::Duration};

pub(crate) fn trials() -> Vec<libtest_mimic::Trial> {
    vec![
        trial(
            "alone/silence_at_the_hello_holds_nobody_up_for_longer_than_a_hello_may_take",
            silence_at_the_hello,
        ),
        trial("alone/a_driver_that_reads_nothing_more_is_started_anew", reads_nothing_more),
        trial("alone/messages_without_an_end_do_not_outlast_a_deadline", messages_without_an_end),
        trial("alone/a_driver_that_dies_of_every_test_is_given_up", dies_of_every_test),
        trial("alone/a_driver_that_dies_beside_every_test_fails_the_run", dies_beside_every_test),
        trial("alone/a_client_that_never_refuses_fails_a_run_that_has_no_other", only_one_that_never_refuses),
        trial("alone/without_a_client_that_can_be_run_nothing_is_written", only_one_that_is_unfit),
        trial("alone/a_command_that_is_too_long_to_be_told_is_a_broken_test", too_long_to_be_told),
        trial("alone/a_server_that_talks_on_is_listened_to", a_server_that_talks_on),
        trial("alone/what_a_wrapper_has_wrapped_ends_with_it", a_wrapper),
    ]
}

/// Runs these tests with a liar, and with the honest client where there is time for it.
fn run(place: &Place, tests: &[(&str, Value)], liar: &str, more: &[&str]) -> (Outcome, Recorded) {
    place.suite(tests);
    place.liars(&[liar]);
    let words = ["run", "--suites", "suites", "--client", "liars.json", "--out", "out"];
    let outcome = place.run(&[&words[..], more].concat());
    (outcome, place.results())
}

fn of<'a>(recorded: &'a Recorded, client: &str) -> Vec<&'a TestResult> {
    recorded.results.iter().filter(|result| result.client == client).collect()
}

fn three(lied_in: Value) -> [(&'static str, Value); 3] {
    [("before", steps("a")), ("lie", lied_in), ("after", steps("a"))]
}

fn ending_of(name: &str) -> Ending {
    lies::find(name).unwrap().comes_to
}

fn silence_at_the_hello() {
    let name = "silence-at-the-hello";
    // Three tenths of the time that a hello may take.
    let more = ["--client", HONEST, "--time-scale", "0.3"];
    let (outcome, recorded) = run(&Place::new(name), &three(steps(LIED_ON)), name, &more);
    outcome.exits_with(1);
    of(&recorded, name).into_iter().for_each(|result| is_as_it_must_be(result, ending_of(name)));
    of(&recorded, HONEST).into_iter().for_each(|result| is_as_it_must_be(result, Ending::PASS));
    let missing = recorded.header.clients[0].missing.as_ref().unwrap();
    assert!(missing.contains("did not introduce itself with a hello: it said nothing for 9s"), "{missing}");
}

fn reads_nothing_more() {
    let name = "reads-nothing-more";
    // More than a pipe holds.
    let long = "long ".repeat(20_000);
    let lied_in = json!([
        {"do": "connect", "on": LIED_ON},
        {"do": "send", "on": LIED_ON, "text": long, "times": 3},
        {"do": "expect", "on": LIED_ON, "text": long, "times": 3},
        {"do": "close", "on": LIED_ON}
    ]);
    let (outcome, recorded) = run(&Place::new(name), &three(lied_in), name, &["--client", HONEST]);
    outcome.exits_with(1);
    let [before, lie, after] = of(&recorded, name)[..] else { panic!("not three results") };
    is_as_it_must_be(before, Ending::PASS);
    is_as_it_must_be(lie, ending_of(name));
    is_as_it_must_be(after, Ending::PASS);
    of(&recorded, HONEST).into_iter().for_each(|result| is_as_it_must_be(result, Ending::PASS));
}

fn messages_without_an_end() {
    let name = "messages-without-an-end";
    let tests = [("lie", steps(LIED_ON))];
    let (outcome, recorded) = run(&Place::new(name), &tests, name, &["--time-scale", "0.2"]);
    outcome.exits_with(1);
    is_as_it_must_be(of(&recorded, name)[0], ending_of(name));
    // Its deadlines are 0.4 s, 0.2 s and 1 s.
    assert!(recorded.results[0].ms < 15_000.0, "{} ms", recorded.results[0].ms);
}

fn dies_of_every_test() {
    let name = "dies-of-every-test";
    let tests = ["a", "b", "c", "d", "e", "f", "g", "h"].map(|id| (id, steps("a")));
    let (outcome, recorded) = run(&Place::new(name), &tests, name, &[]);
    outcome.exits_with(1);
    let given_up = Ending {
        verdict: Verdict::NotRun,
        code: "not_run",
        says: "the driver broke 5 times in a row without having carried out one test, and was given up",
    };
    for (i, result) in of(&recorded, name).into_iter().enumerate() {
        is_as_it_must_be(result, if i < 5 { ending_of(name) } else { given_up });
    }
}

fn dies_beside_every_test() {
    let name = "dies-when-the-test-is-over";
    let (outcome, recorded) = run(&Place::new(name), &[("lie", steps(LIED_ON))], name, &[]);
    is_as_it_must_be(of(&recorded, name)[0], ending_of(name));
    outcome.exits_with(1);
    let [fault] = &recorded.footer.unwrap().faults[..] else { panic!("not one fault") };
    // Whether it was told `bye` before that was noticed is left to chance.
    assert!(fault.by.name() == name && fault.message.contains("exit status: 7"), "{fault:?}");
}

fn only_one_that_never_refuses() {
    let name = "does-everything-it-is-told";
    let (outcome, recorded) = run(&Place::new("only-dishonest"), &[("lie", steps("a"))], name, &[]);
    outcome.exits_with(1);
    is_as_it_must_be(of(&recorded, name)[0], ending_of(name));
    assert!(outcome.said.contains("It must answer `{\"error\":{\"message\":"), "{}", outcome.said);
}

fn only_one_that_is_unfit() {
    let place = Place::new("only-unfit");
    place.suite(&[("lie", steps("a"))]);
    place.liars(&["the-name-of-another", "a-capability-that-there-is-not"]);
    let before = place.holds();
    let outcome = place.run(&["run", "--suites", "suites", "--client", "liars.json", "--out", "out"]);
    outcome.exits_with(3);
    assert_eq!(outcome.said, "");
    let lines: Vec<_> = outcome.complained.lines().collect();
    assert_eq!(lines[0], "crosswire: no client can be run");
    let first = lines[1].strip_prefix("the-name-of-another: ").unwrap();
    assert!(first.starts_with("the driver introduces itself as `somebody-else`"), "{first}");
    assert!(lines[2].starts_with("a-capability-that-there-is-not: the driver says"), "{}", lines[2]);
    assert_eq!((lines.len(), place.holds()), (3, before));
}

fn too_long_to_be_told() {
    let place = Place::new("too-long");
    let lied_in = json!([
        {"do": "connect", "on": "a"},
        {"do": "send", "on": "a", "fixture": "three-megabytes.bin"},
        {"do": "fence", "on": "a"}
    ]);
    fs::create_dir_all(place.path("suites/fixtures")).unwrap();
    // In base64 four bytes are written for three, and the longest line has 4 MiB.
    let (bytes, sha256) =
        (vec![0; 3_200_000], "98f0d343e21e0f8f1b578a1f6c153bf605b689bc7da018716c9c08a29280ff56");
    fs::write(place.path("suites/fixtures/three-megabytes.bin"), bytes).unwrap();
    let entry = json!({"sha256": sha256, "as": "binary", "about": "Longer than a line may be."});
    let index = json!({"format": 1, "fixtures": {"three-megabytes.bin": entry}});
    fs::write(place.path("suites/fixtures/fixtures.json"), index.to_string()).unwrap();
    place.suite(&three(lied_in));
    let outcome =
        place.run(&["run", "--suites", "suites", "--client", HONEST, "--jobs", "1", "--out", "out"]);
    outcome.exits_with(1);
    let recorded = place.results();
    let [before, long, after] = &recorded.results[..] else { panic!("not three results") };
    is_as_it_must_be(before, Ending::PASS);
    let says = "the driver cannot be told command 2: it would be a line of 42667";
    is_as_it_must_be(long, Ending { verdict: Verdict::HarnessError, code: "broken_test", says });
    assert_eq!(long.reason.as_ref().unwrap().step.as_deref(), Some("/1"));
    is_as_it_must_be(after, Ending::PASS);
    // It is the test that is broken; the driver has nothing to do with it.
    assert_eq!(recorded.footer.unwrap().faults, []);
}

/// That everything is gone in the end is asked of every run.
fn a_wrapper() {
    let place = Place::new("wrapper");
    let name = "hears-neither-bye-nor-the-end";
    place.suite(&three(steps(LIED_ON)));
    place.liars(&[name]);
    let manifest = fs::read_to_string(place.path("liars.json")).unwrap();
    let mut manifest: Value = serde_json::from_str(&manifest).unwrap();
    let run = manifest["clients"][0]["run"].as_array_mut().unwrap();
    // Not `exec`: the shell stays, and what it has started is a process of its own.
    run.splice(0..0, ["sh", "-c", "\"$@\"; exit 0", "sh"].map(Value::from));
    fs::write(place.path("liars.json"), manifest.to_string()).unwrap();
    let outcome = place.run(&["run", "--suites", "suites", "--client", "liars.json", "--out", "out"]);
    outcome.exits_with(1);
    let recorded = place.results();
    of(&recorded, name).into_iter().for_each(|result| is_as_it_must_be(result, Ending::PASS));
    let fault = &recorded.footer.unwrap().faults[0];
    assert_eq!(fault.message, "told `bye`, it did not end in 3s, and was killed");
    assert!(outcome.took < Duration::from_secs(60));
}

/// Were nobody to read what it prints behind its ready line, it would end or stand still.
fn a_server_that_talks_on() {
    let place = Place::new("talks-on");
    place.suite(&three(steps(LIED_ON)));
    let server = format!("'{}' {} '{PROGRAM}'", env::current_exe().unwrap().display(), chatter::FLAG);
    let words =
        ["run", "--suites", "suites", "--client", HONEST, "--out", "out", "--server-command", &server];
    place.run(&words).exits_with(0);
    place.results().results.iter().for_each(|result| is_as_it_must_be(result, Ending::PASS));
}
