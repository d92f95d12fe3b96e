//! The bridge with a real browser. `just test-browser` has built the driver for the page; without a browser each of these is
//! skipped, and with `CI=true` that is a failure.

#![expect(clippy::unwrap_used, reason = "what goes wrong here fails its test")]

mod bridge;
mod echo;
mod ends;
mod guests;
mod lines;
#[cfg(target_os = "linux")]
mod processes;

use libtest_mimic::{Arguments, Failed, Trial};
use std::{env, process::ExitCode};

type Case = (&'static str, fn());

const CASES: &[Case] = &[
    ("lines::introduces_itself_and_refuses_what_it_does_not_know", lines::introduces_itself),
    ("lines::garbage_is_answered_and_costs_nothing_else", lines::garbage),
    ("lines::four_mebibytes_fit_both_ways_and_one_byte_more_does_not", lines::longest),
    ("lines::whoever_does_not_read_is_waited_for", lines::unread),
    ("lines::a_test_goes_from_open_to_ended", lines::whole_test),
    ("guests::a_second_browser_is_a_client_of_its_own", guests::joins_and_leaves),
    ("guests::the_first_that_is_opened_by_hand_is_the_client", guests::by_hand),
    ("guests::only_its_own_page_may_join", guests::strangers),
    ("ends::without_a_webdriver_it_says_what_to_install", ends::no_webdriver),
    ("ends::without_its_driver_it_says_what_to_build", ends::no_driver),
    ("ends::a_webdriver_that_says_nothing_is_not_waited_for", ends::silent_webdriver),
    ("ends::nobody_is_waited_for_longer_than_was_said", ends::nobody_comes),
    #[cfg(target_os = "linux")]
    ("ends::bye_leaves_nothing_behind", ends::bye),
    ("ends::a_hello_is_answered_though_bye_stands_right_behind_it", ends::bye_behind_hello),
    #[cfg(target_os = "linux")]
    ("ends::the_end_of_input_leaves_nothing_behind", ends::input_ends),
    #[cfg(target_os = "linux")]
    ("ends::killed_it_leaves_nothing_behind", ends::killed),
    #[cfg(target_os = "linux")]
    ("ends::a_browser_that_is_killed_is_told", ends::browser_killed),
    #[cfg(target_os = "linux")]
    ("ends::a_page_that_crashes_is_told", ends::page_crashes),
    #[cfg(target_os = "linux")]
    ("ends::a_webdriver_that_is_killed_is_told", ends::webdriver_killed),
];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Each opens a browser or two.
    arguments.test_threads = arguments.test_threads.or(Some(2));
    let is_there = bridge::in_path("chromedriver").is_some();
    let must_be = env::var("CI").is_ok_and(|ci| ci == "true");
    let trials = CASES.iter().map(|(name, case)| {
        let run = move || {
            if !is_there {
                return Err(Failed::from("there is no chromedriver; `just setup browser` brings it"));
            }
            case();
            Ok(())
        };
        Trial::test(*name, run).with_ignored_flag(!is_there && !must_be)
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}
