//! Waits, and what stretches them.

use crate::{selftest::must_fail, simulation::Simulation, test_of};
use crosswire_suite::judgement::Verdict;
use serde_json::json;
use std::time::Duration;

fn near(got: Duration, wanted_ms: u64) -> bool {
    got.abs_diff(Duration::from_millis(wanted_ms)) < Duration::from_millis(30)
}

#[test]
fn every_wait_is_stretched_by_the_scale_of_time_and_the_verdict_is_the_same() {
    let mut stretched = 0;
    for (entry, test) in must_fail() {
        let Some(after) = entry.want.after_ms else { continue };
        for (scale, wanted) in [(4.0, after * 4), (0.5, after / 2)] {
            let mut simulation = Simulation::new(&entry.world);
            simulation.told.time_scale = scale;
            let judgement = simulation.run(&test);
            let is_said = entry.want.is_said_by(judgement.verdict, judgement.reason.as_ref());
            assert!(is_said, "{} at {scale}: {judgement:#?}", test.id);
            assert!(near(simulation.ran_out[0], wanted), "{} at {scale}: {:?}", test.id, simulation.ran_out);
            stretched += 1;
        }
    }
    assert!(stretched >= 30, "only {stretched}");
}

#[test]
fn the_end_of_a_test_has_a_bound_for_each_of_its_parts() {
    // The driver is told to close, then to let go; then the server is asked.
    let steps = json!([{"do": "connect", "on": "a"}]);
    for (world, wanted) in [
        ("loses-the-closed", vec![1000]),
        ("silent-at-the-end", vec![5000]),
        ("silent-from-the-start", vec![3000, 4000, 9000]),
        ("control-is-silent", vec![4000]),
    ] {
        let mut simulation = Simulation::new(world);
        let judgement = simulation.run(&test_of(&steps));
        let ran_out = &simulation.ran_out;
        let is_so =
            ran_out.len() == wanted.len() && ran_out.iter().zip(wanted).all(|(got, ms)| near(*got, ms));
        assert!(is_so, "{world}: {ran_out:?} {judgement:#?}");
    }
}

#[test]
fn a_reaction_that_never_came_to_it_holds_nothing_up() {
    let then = json!([{"do": "close", "on": "a", "code": 4000}, {"do": "send", "on": "a", "text": "x"}]);
    let steps = json!([{"do": "connect", "on": "a"}, {"do": "react", "on": "a", "steps": then}]);
    let mut simulation = Simulation::new("right");
    assert_eq!(simulation.run(&test_of(&steps)).verdict, Verdict::Pass);
    assert_eq!(simulation.ran_out, []);
}

#[test]
fn silence_and_pauses_last_as_long_as_they_say() {
    let steps = json!([
        {"do": "connect", "on": "a"},
        {"do": "expect_none", "on": "a", "for_ms": 250},
        {"do": "pause", "ms": 500, "why": "To be measured."},
        {"do": "close", "on": "a", "code": 1000}
    ]);
    let mut simulation = Simulation::new("right");
    simulation.told.time_scale = 2.0;
    assert_eq!(simulation.run(&test_of(&steps)).verdict, Verdict::Pass);
    assert!(
        near(simulation.ran_out[0], 500) && near(simulation.ran_out[1], 1500),
        "{:?}",
        simulation.ran_out
    );
}

#[test]
fn each_of_several_messages_has_the_whole_time() {
    // Ten messages, 150 ms apart: more than the step waits for one of them.
    let acts: Vec<_> =
        (0..10).flat_map(|_| [json!({"wait_ms": 150}), json!({"send": {"text": "x"}})]).collect();
    let messages: Vec<_> = (0..5).map(|_| json!({"text": "x"})).collect();
    let steps = json!([
        {"do": "connect", "on": "a"},
        {"do": "parallel", "lists": [
            [{"do": "server", "on": "a", "act": acts}],
            [{"do": "expect", "on": "a", "text": "x", "times": 5, "within_ms": 300},
             {"do": "expect_all", "on": "a", "messages": messages, "within_ms": 300}]]},
        {"do": "close", "on": "a", "code": 1000}
    ]);
    let judgement = Simulation::new("right").run(&test_of(&steps));
    assert_eq!(judgement.verdict, Verdict::Pass, "{judgement:#?}");
}
