//! Tests that not every pair has.

use crate::{Run, all, data, plain};
use crosswire_runner::report::{blame, junit};
use crosswire_runner::results::Verdict;

fn spared() -> Run {
    Run::of(&["a", "b"], &["x", "y"], &["core/echo", "edges/heavy"]).heavy("edges/heavy", "a", "x")
}

#[test]
fn what_a_pair_is_spared_is_not_missing() {
    let recorded = spared().recorded();
    let text = plain(&recorded);
    assert!(text.contains("7 planned, 7 accounted for"), "{text}");
    assert!(text.contains("`must`: 7 of 7 that apply passed"), "{text}");
    assert!(text.contains("b  ✓ 2/2  ✓ 1/1"), "{text}");
    assert!(!junit(&recorded).contains("no_result"));
}

#[test]
fn every_report_says_who_is_spared_what() {
    let recorded = spared().recorded();
    let told = "1 heavy test of each client with x and of each server with a; --every-pair runs all.";
    let [terminal, _, markdown, page] = all(&recorded);
    assert!(terminal.replace('\n', " ").contains(told), "{terminal}");
    assert!(markdown.contains("1 heavy test of each client with x"), "{markdown}");
    assert_eq!(data(&page)["run"]["spared"], told);
}

#[test]
fn what_fails_for_one_side_is_blamed_on_it_all_the_same() {
    let recorded = spared()
        .verdict("a", "x", "edges/heavy", Verdict::Fail)
        .verdict("a", "y", "edges/heavy", Verdict::Fail)
        .recorded();
    assert_eq!(blame(&recorded).len(), 2);
}
