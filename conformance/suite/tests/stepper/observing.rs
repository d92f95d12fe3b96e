//! What is observed is written down as it was, and by no means judged: but a driver that lies is still told so.

use crate::{
    simulation::{Lie, Simulation},
    test_of,
};
use crosswire_suite::{
    driver::{Event, Happened},
    judgement::{Party, Verdict},
    stepper::Judgement,
};
use serde_json::{Value, json};
use std::time::Duration;

/// What was written down, question by question.
fn told(judgement: &Judgement) -> Vec<(&str, Option<Value>)> {
    judgement.observed.iter().map(|one| (one.name.as_str(), one.value.clone())).collect()
}

fn run(world: &str, steps: &Value) -> (Judgement, Vec<Duration>) {
    let mut simulation = Simulation::new(world);
    let judgement = simulation.run(&test_of(steps));
    (judgement, simulation.ran_out)
}

#[test]
fn each_thing_is_told_as_it_was() {
    let (judgement, _) = run(
        "right",
        &json!([
            {"do": "connect", "on": "a"},
            {"do": "observe", "on": "a", "as": "opening", "of": "opening"},
            {"do": "server", "on": "a", "act": [{"send": {"hex": "0102"}}, {"close": {"code": 4000, "reason": "bye"}}]},
            {"do": "observe", "on": "a", "as": "message", "of": "next"},
            {"do": "observe", "on": "a", "as": "end", "of": "next"},
            {"do": "observe", "on": "a", "as": "again", "of": "closed"},
            {"do": "observe", "on": "a", "as": "seen", "about": "server", "of": "seen", "at": "/handshake/subprotocol"}
        ]),
    );
    assert_eq!(judgement.verdict, Verdict::Pass, "{:#?}", judgement.reason);
    let end = json!({"is": "closed", "code": 4000, "reason": "bye", "clean": true});
    assert_eq!(
        told(&judgement),
        [
            ("opening", Some(json!({"is": "opened", "subprotocol": null, "extensions": []}))),
            ("message", Some(json!({"is": "received", "kind": "binary", "len": 2}))),
            ("end", Some(end.clone())),
            ("again", Some(end)),
            // What is there and is null is not the same as nothing.
            ("seen", Some(Value::Null)),
        ]
    );
    assert_eq!(judgement.observed[4].about, Party::Server);
}

#[test]
fn a_refusal_is_told_and_nothing_comes_after_it() {
    let (judgement, ran_out) = run(
        "refuses",
        &json!([
            {"do": "listen"},
            {"do": "connect", "on": "a", "may_fail": true},
            {"do": "observe", "on": "a", "as": "outcome", "of": "opening", "at": "/is"},
            {"do": "observe", "on": "a", "as": "status", "of": "opening", "at": "/status"},
            {"do": "observe", "on": "a", "as": "end", "of": "closed"},
            {"do": "observe", "on": "a", "as": "next", "of": "next"}
        ]),
    );
    assert_eq!(judgement.verdict, Verdict::Pass, "{:#?}", judgement.reason);
    let refused = [("outcome", Some(json!("refused"))), ("status", Some(json!(503)))];
    assert_eq!(told(&judgement), [&refused[..], &[("end", None), ("next", None)]].concat());
    assert_eq!(ran_out, [], "a connection that was refused is not waited for");
}

#[test]
fn what_does_not_come_in_time_is_nothing() {
    let (judgement, ran_out) = run(
        "right",
        &json!([
            {"do": "connect", "on": "a"},
            {"do": "observe", "on": "a", "as": "end", "of": "closed", "within_ms": 300},
            {"do": "fence", "on": "a"},
            {"do": "close", "on": "a", "code": 1000}
        ]),
    );
    assert_eq!(judgement.verdict, Verdict::Pass, "{:#?}", judgement.reason);
    assert_eq!(told(&judgement), [("end", None)]);
    assert!(ran_out[0].abs_diff(Duration::from_millis(300)) < Duration::from_millis(20), "{ran_out:?}");
}

#[test]
fn what_may_fail_is_told_either_way() {
    let steps = json!([
        {"do": "connect", "on": "a"},
        {"do": "close", "on": "a", "code": 1000},
        {"do": "send", "on": "a", "text": "x", "may_fail": true},
        {"do": "observe", "on": "a", "as": "send", "of": "answer", "at": "/is"}
    ]);
    for (world, says) in [("right", "failed"), ("never-fails-locally", "done")] {
        let (judgement, _) = run(world, &steps);
        assert_eq!(judgement.verdict, Verdict::Pass, "{world}: {:#?}", judgement.reason);
        assert_eq!(told(&judgement), [("send", Some(json!(says)))], "{world}");
    }
}

#[test]
fn whoever_lies_about_what_is_observed_is_told_so() {
    let steps = json!([
        {"do": "connect", "on": "a"},
        {"do": "close", "on": "a", "code": 1000, "may_fail": true},
        {"do": "observe", "on": "a", "as": "clean", "of": "closed", "at": "/clean"},
        {"do": "connect", "on": "b"},
        {"do": "fence", "on": "b"}
    ]);
    // A clean end of which the server knows nothing.
    let unseen = |seen: &mut Value| {
        seen["close"] = Value::Null;
        seen["ended"] = json!("vanished");
    };
    let judgement = Simulation::new("right").journal(unseen).run(&test_of(&steps));
    let code = judgement.reason.as_ref().map(|reason| reason.code.as_str());
    assert_eq!((judgement.verdict, code), (Verdict::HarnessError, Some("contradicted")), "{judgement:#?}");
}

#[test]
fn extensions_that_the_server_did_not_agree_to_are_a_lie() {
    let steps = json!([{"do": "connect", "on": "a"}, {"do": "fence", "on": "a"}]);
    let agreed = json!(["permessage-deflate;client_max_window_bits=12"]);
    let journal = move |seen: &mut Value| seen["handshake"]["extensions"] = agreed.clone();
    let shows: Lie = |_, event| {
        let is = match event.is {
            Happened::Opened { subprotocol, .. } => {
                let extensions = Some(vec!["permessage-deflate; client_max_window_bits=12".to_owned()]);
                Happened::Opened { subprotocol, extensions }
            }
            is => is,
        };
        vec![Event { is, ..event }]
    };
    let right = Simulation::new("right").lie(shows).journal(journal).run(&test_of(&steps));
    assert_eq!(right.verdict, Verdict::Pass, "{:#?}", right.reason);
    let wrong = Simulation::new("right").lie(shows).run(&test_of(&steps));
    assert_eq!(wrong.verdict, Verdict::HarnessError);
    assert!(wrong.reason.unwrap().message.contains("which extensions were agreed on"));
}
