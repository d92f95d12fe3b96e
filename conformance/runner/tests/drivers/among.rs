//! One run with every liar at once, and an honest client beside them.

use super::{
    crosswire::{Outcome, Place},
    liar::LIED_ON,
    lies::{self, After, Ending, Lie},
    scene::{HONEST, is_as_it_must_be, steps},
    trial,
};
use crosswire_runner::results::{Recorded, TestResult};
use libtest_mimic::Trial;
use std::{sync::OnceLock, time::Duration};

/// The tests, in their order; it is the second that is lied in.
const TESTS: [&str; 3] = ["lies/before", "lies/lie", "lies/after"];

/// A row for each lie, and some for the run as a whole.
pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        trial("among/an_honest_client_passes_beside_all_of_them", honest_passes),
        trial("among/the_run_ends_in_time_with_every_result_and_exit_code_1", ends_in_time),
        trial("among/beside_the_tests_stands_what_no_result_tells", faults_are_told),
        trial("among/what_a_driver_wrote_to_standard_error_stands_in_its_row", last_words_are_kept),
    ];
    for lie in lies::together() {
        trials.push(trial(format!("among/{}", lie.name), move || comes_to(&lie)));
    }
    trials
}

/// The run, which is carried out once.
fn run() -> &'static (Outcome, Recorded) {
    static RUN: OnceLock<(Outcome, Recorded)> = OnceLock::new();
    RUN.get_or_init(|| {
        let place = Place::new("among");
        place.suite(&[("before", steps("a")), ("lie", steps(LIED_ON)), ("after", steps("a"))]);
        place.liars(&lies::together().iter().map(|lie| lie.name).collect::<Vec<_>>());
        let words =
            ["run", "--suites", "suites", "--client", "liars.json", "--client", HONEST, "--out", "out"];
        let outcome = place.run(&words);
        (outcome, place.results())
    })
}

fn result(client: &str, test: &str) -> &'static TestResult {
    let mut all = run().1.results.iter().filter(|result| result.client == client && result.test == test);
    let result = all.next().unwrap_or_else(|| panic!("there is no result of {test} with {client}"));
    assert!(all.next().is_none(), "{client} has two results of {test}");
    result
}

fn comes_to(lie: &Lie) {
    let endings = match lie.after {
        After::Pass => [Ending::PASS, lie.comes_to, Ending::PASS],
        After::Last(last) => [Ending::PASS, lie.comes_to, last],
        After::Same => [lie.comes_to; 3],
    };
    for (test, ending) in TESTS.into_iter().zip(endings) {
        is_as_it_must_be(result(lie.name, test), ending);
    }
}

fn honest_passes() {
    for test in TESTS {
        is_as_it_must_be(result(HONEST, test), Ending::PASS);
    }
}

fn ends_in_time() {
    let (outcome, recorded) = run();
    outcome.exits_with(1);
    let footer = recorded.footer.as_ref().unwrap();
    let planned = (lies::together().len() as u64 + 1) * TESTS.len() as u64;
    assert_eq!((footer.planned, recorded.results.len() as u64), (planned, planned));
    assert!(!footer.interrupted);
    // The longest of them is silent until four deadlines have passed: 2 s, 1 s, 5 s, and 3 s for one that does not go.
    assert!(outcome.took < Duration::from_secs(60), "{:?}", outcome.took);
    let progress = |line: &&str| line.ends_with(&format!(" of {planned}"));
    assert_eq!(outcome.complained.lines().find(|line| !progress(line)), None, "all is said in the report");
}

fn faults_are_told() {
    let (outcome, recorded) = run();
    let told: Vec<_> = recorded.footer.as_ref().unwrap().faults.iter().collect();
    let must: Vec<_> = lies::together().into_iter().filter_map(|lie| Some((lie.name, lie.fault?))).collect();
    let pairs: Vec<_> = told.iter().map(|fault| (fault.by.name(), &*fault.message)).collect();
    assert_eq!(pairs, must);
    assert!(
        outcome.said.contains("✗ fault  beside the tests, by the driver of ignores-bye\n  why    told `bye`, it did not end in 3s"),
        "{}",
        outcome.said
    );
}

fn last_words_are_kept() {
    // The honest driver behind the liar shares its standard error, and may say there that its pipe is broken.
    let words = &result("a-crash-in-the-middle", TESTS[1]).stderr;
    assert!(words.lines().any(|line| line == "the last words of a driver"), "{words}");
    // In a row that passes nobody looks for them.
    assert_eq!(result("eight-megabytes-of-complaints", TESTS[1]).stderr, "");
}
