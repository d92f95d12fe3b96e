//! Much of everything: no work grows with the square of it.

use crate::{simulation::Simulation, test_of};
use crosswire_suite::judgement::{Said, Verdict};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use std::time::Duration;

/// The time that this thread has worked: what others do on the machine meanwhile is not in it.
fn worked() -> Duration {
    let spent = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(spent.tv_sec.unsigned_abs(), u32::try_from(spent.tv_nsec).unwrap())
}

/// Passes, and within a time that a step of quadratic cost would exceed many times over.
fn passes_soon(world: &str, steps: &Value) -> Vec<Said> {
    let begin = worked();
    let judgement = Simulation::new(world).run(&test_of(steps));
    let took = worked() - begin;
    assert_eq!(judgement.verdict, Verdict::Pass, "{:#?}", judgement.reason);
    assert!(took < Duration::from_secs(2), "took {took:?}");
    judgement.transcript
}

#[test]
fn echoes_ten_thousand_times() {
    let transcript = passes_soon(
        "right",
        &json!([
            {"do": "connect", "on": "a"},
            {"do": "send", "on": "a", "text": "message ${i}", "times": 10_000},
            {"do": "expect", "on": "a", "text": "message ${i}", "times": 10_000},
            {"do": "fence", "on": "a"},
            {"do": "close", "on": "a", "code": 1000}
        ]),
    );
    // The transcript tells the beginning and the end, and how much is missing.
    assert_eq!(transcript.len(), 241);
    assert!(transcript[0].what.starts_with("open ws://"));
    assert!(transcript[120].what.contains("more, not kept"), "{:?}", transcript[120]);
    assert!(transcript.iter().any(|said| said.what == "end"));
}

#[test]
fn messages_of_64_kib() {
    let fill = json!({"len": 65_536, "as": "binary"});
    passes_soon(
        "right",
        &json!([
            {"do": "connect", "on": "a"},
            {"do": "server", "on": "a", "act": [{"send": {"fill": fill, "times": 4}}]},
            {"do": "expect", "on": "a", "fill": fill, "times": 4},
            {"do": "close", "on": "a", "code": 1000}
        ]),
    );
}

#[test]
fn hundreds_of_messages_in_any_order() {
    let messages: Vec<_> = (0..400).map(|i| json!({"text": format!("m{i}")})).collect();
    passes_soon(
        "pushes-out-of-order",
        &json!([
            {"do": "connect", "on": "a"},
            {"do": "server", "on": "a", "act": [{"send": {"text": "m${i}", "times": 400}}]},
            {"do": "expect_all", "on": "a", "messages": messages},
            {"do": "close", "on": "a", "code": 1000}
        ]),
    );
}

#[test]
fn pongs_that_nobody_waits_for_do_not_pile_up() {
    passes_soon(
        "bursts-into-pongs",
        &json!([
            {"do": "connect", "on": "a"},
            {"do": "send", "on": "a", "text": "x", "times": 500},
            {"do": "ping", "on": "a", "text": "p"},
            {"do": "expect", "on": "a", "text": "x", "times": 500},
            {"do": "close", "on": "a", "code": 1000}
        ]),
    );
}

#[test]
fn many_rounds_of_lists_that_run_at_once() {
    passes_soon(
        "right",
        &json!([
            {"do": "connect", "on": "a"},
            {"do": "repeat", "times": 1000, "steps": [
                {"do": "parallel", "lists": [
                    [{"do": "send", "on": "a", "text": "m${i}"}],
                    [{"do": "expect", "on": "a", "text": "m${i}"}]]}]},
            {"do": "close", "on": "a", "code": 1000}
        ]),
    );
}

#[test]
fn many_connections() {
    passes_soon(
        "right",
        &json!([
            {"do": "repeat", "times": 200, "steps": [{"do": "connect", "on": "c${i}"}]},
            {"do": "repeat", "times": 200, "steps": [{"do": "fence", "on": "c${i}"}]}
        ]),
    );
}

#[test]
fn many_messages_are_told_on_one_line_where_the_client_can() {
    let test = test_of(&json!([
        {"do": "connect", "on": "a"},
        {"do": "send", "on": "a", "text": "m${i}", "times": 20},
        {"do": "expect", "on": "a", "text": "m${i}", "times": 20},
        {"do": "send", "on": "a", "fill": {"len": 65_536, "as": "text"}, "times": 2},
        {"do": "expect", "on": "a", "fill": {"len": 65_536, "as": "text"}, "times": 2},
        {"do": "close", "on": "a", "code": 1000}
    ]));
    let told = |mut simulation: Simulation| {
        let judgement = simulation.run(&test);
        assert_eq!(judgement.verdict, Verdict::Pass, "{:#?}", judgement.reason);
        let said = judgement.transcript.into_iter().map(|said| said.what);
        said.filter(|what| what.starts_with("send ")).collect::<Vec<_>>()
    };
    let fill = "send a fill of 65536 bytes";
    assert_eq!(told(Simulation::new("right")), ["send 20 messages, from \"m0\" to \"m19\"", fill, fill]);
    let mut single = Simulation::new("right");
    single.told.client.remove("many-senders");
    let told = told(single);
    assert_eq!(told.len(), 22);
    assert_eq!([&*told[0], &*told[19], &*told[21]], ["send \"m0\"", "send \"m19\"", fill]);
}
