//! Drivers that lie: no story that cannot be true passes, and each is told why.

use crate::{
    simulation::{Liar, Lie, Simulation},
    test_of,
};
use crosswire_protocol::{digest::Kind, seen::Seen};
use crosswire_suite::{
    driver::{Closed, Event, Happened, Message},
    judgement::{Reason, Verdict},
    stepper::Judgement,
};
use serde_json::{Value, json};
use std::time::Duration;

/// What the drivers are told to do, unless a row says otherwise.
fn conversation() -> Value {
    json!([
        {"do": "connect", "on": "a"},
        {"do": "send", "on": "a", "text": "hello"},
        {"do": "expect", "on": "a", "text": "hello"},
        {"do": "close", "on": "a", "code": 1000}
    ])
}

fn told(simulation: &mut Simulation, steps: &Value) -> Judgement {
    simulation.run(&test_of(steps))
}

/// Judged as it must be, with this in what is said.
fn must_be(name: &str, judgement: &Judgement, verdict: Verdict, code: &str, says: &str) {
    let reason = judgement.reason.as_ref();
    let is_so = judgement.verdict == verdict
        && reason.is_some_and(|reason| reason.code == code && words_of(reason).contains(says));
    assert!(is_so, "{name}: {judgement:#?}");
}

fn words_of(reason: &Reason) -> String {
    let more = [&reason.want, &reason.got].map(|words| words.clone().unwrap_or_default());
    format!("{} {} {}", reason.message, more[0], more[1])
}

fn extra(event: &Event, is: Happened) -> Event {
    Event { c: None, is, ..event.clone() }
}

fn text(text: &str) -> Message {
    Message::whole(Kind::Text, text.as_bytes().to_vec())
}

fn closed() -> Happened {
    Happened::Closed(Closed { code: 1000, reason: String::new(), clean: true })
}

/// Behind the nth event another one.
fn behind(nth: u64, liar: &Liar, event: Event, then: impl FnOnce(&Event) -> Event) -> Vec<Event> {
    let then = (liar.given == nth).then(|| then(&event));
    [event].into_iter().chain(then).collect()
}

#[test]
fn what_cannot_have_happened_is_an_error_of_the_driver() {
    // Told are: welcome and all, 1 opened, 2 the welcome, 3 done, 4 hello, 5 done, 6 closed, 7 ended.
    let rows: &[(&str, Lie, &str)] = &[
        (
            "numbers from 0",
            |liar, event| {
                liar.offset = u64::MAX;
                vec![event]
            },
            "1 is the next",
        ),
        (
            "a gap in the numbers",
            |liar, event| {
                liar.offset = u64::from(liar.given > 2);
                vec![event]
            },
            "its number is 4 where 3 is the next",
        ),
        (
            "a number twice",
            |liar, event| vec![Event { n: u64::from(liar.given == 2), ..event }],
            "its number is 1 where 2 is the next",
        ),
        (
            "another test's event",
            |liar, event| vec![Event { seq: event.seq + u64::from(liar.given == 3), ..event }],
            "test 8, and this is 7",
        ),
        (
            "an answer twice",
            |liar, event| behind(3, liar, event, Event::clone),
            "command 2 was answered before",
        ),
        (
            "an answer to nothing",
            |liar, event| behind(3, liar, event, |event| Event { c: Some(99), ..event.clone() }),
            "no command 99",
        ),
        (
            "an answer about another connection",
            |liar, event| {
                vec![Event { on: if liar.given == 3 { Some("b".to_owned()) } else { event.on }, ..event }]
            },
            "command 2 is about `a`, and this is about `b`",
        ),
        (
            "an answer about no connection",
            |liar, event| vec![Event { on: event.on.filter(|_| liar.given != 3), ..event }],
            "about no connection",
        ),
        (
            "an end about a connection",
            |liar, event| {
                vec![Event { on: if liar.given == 7 { Some("a".to_owned()) } else { event.on }, ..event }]
            },
            "is about no connection",
        ),
        (
            "`done` for open",
            |liar, event| {
                vec![Event { is: if liar.given == 1 { Happened::Done } else { event.is }, ..event }]
            },
            "no answer to command 1",
        ),
        (
            "`opened` for send",
            |liar, event| {
                vec![Event {
                    is: if liar.given == 3 {
                        Happened::Opened { subprotocol: None, extensions: None }
                    } else {
                        event.is
                    },
                    ..event
                }]
            },
            "no answer to command 2",
        ),
        (
            "an answer without its command",
            |liar, event| vec![Event { c: event.c.filter(|_| liar.given != 3), ..event }],
            "its `c` is missing",
        ),
        (
            "a message as an answer",
            |liar, event| vec![Event { c: if liar.given == 4 { Some(2) } else { event.c }, ..event }],
            "answered before",
        ),
        (
            "an unknown connection",
            |liar, event| behind(4, liar, event, |event| Event { on: Some("z".to_owned()), ..event.clone() }),
            "no connection `z`",
        ),
        (
            "a message before it is open",
            |liar, event| {
                let early = extra(&event, Happened::Received(text("x")));
                if liar.given == 1 { vec![early, event] } else { vec![event] }
            },
            "`a` is not open yet",
        ),
        (
            "an end before it is open",
            |liar, event| {
                let early = extra(&event, closed());
                if liar.given == 1 { vec![early, event] } else { vec![event] }
            },
            "`a` is not open yet",
        ),
        (
            "a message behind the end",
            |liar, event| behind(6, liar, event, |event| extra(event, Happened::Received(text("x")))),
            "reported closed before",
        ),
        (
            "a pong behind the end",
            |liar, event| {
                behind(6, liar, event, |event| extra(event, Happened::Pong { payload: Vec::new() }))
            },
            "reported closed before",
        ),
        ("two ends", |liar, event| behind(6, liar, event, Event::clone), "reported closed before"),
        (
            "a clean end without a close frame",
            |liar, event| {
                vec![Event {
                    is: if liar.given == 6 {
                        Happened::Closed(Closed { code: 1006, reason: String::new(), clean: true })
                    } else {
                        event.is
                    },
                    ..event
                }]
            },
            "not clean",
        ),
        (
            "something behind `ended`",
            |liar, event| {
                behind(7, liar, event, |event| Event { on: Some("a".to_owned()), ..extra(event, closed()) })
            },
            "the test has ended",
        ),
    ];
    for (name, lie, says) in rows {
        let judgement = told(&mut Simulation::new("right").lie(*lie), &conversation());
        must_be(name, &judgement, Verdict::HarnessError, "impossible_event", says);
        let reason = judgement.reason.unwrap();
        assert!(reason.message.starts_with("the driver says `"), "{name}: {}", reason.message);
    }
}

#[test]
fn a_message_that_is_made_up_or_left_out_is_held_against_the_steps_and_the_journal() {
    let made_up: Lie =
        |liar, event| behind(3, liar, event, |event| extra(event, Happened::Received(text("x"))));
    let judgement = told(&mut Simulation::new("right").lie(made_up), &conversation());
    must_be("made up", &judgement, Verdict::Fail, "mismatch", "\"x\"");
    // What the server saw stands beside it.
    assert!(judgement.notes.iter().any(|note| note.contains("what it received")), "{judgement:#?}");
    let left_out: Lie = |liar, event| if liar.given == 4 { Vec::new() } else { vec![event] };
    let judgement = told(&mut Simulation::new("right").lie(left_out), &conversation());
    must_be("left out", &judgement, Verdict::Fail, "no_message", "a message");
}

#[test]
fn a_story_that_the_journal_contradicts_is_an_error_of_the_driver() {
    let send_only = json!([
        {"do": "connect", "on": "a"},
        {"do": "send", "on": "a", "text": "one"},
        {"do": "send", "on": "a", "text": "two"},
        {"do": "close", "on": "a", "code": 1000}
    ]);
    let pushed = json!([
        {"do": "connect", "on": "a"},
        {"do": "server", "on": "a", "act": [{"send": {"text": "news"}}, {"send": {"text": "more"}}, {"close": {"code": 1000}}]},
        {"do": "expect", "on": "a", "text": "news"},
        {"do": "expect", "on": "a", "text": "more"},
        {"do": "expect_close", "on": "a", "code": 1000, "clean": true}
    ]);
    type Row<'a> = (&'a str, &'a Value, fn(&mut Seen), &'a str);
    let rows: &[Row<'_>] = &[
        ("sent more", &send_only, |seen| seen.received.text += 1, "what it sent"),
        ("sent more bytes", &send_only, |seen| seen.received.bytes += 1, "what it sent"),
        ("sent less", &send_only, |seen| seen.received.text -= 1, "sent 2 messages, 6 bytes"),
        (
            "sent something else",
            &send_only,
            |seen| seen.received.sha256 = "another".to_owned(),
            "what it sent",
        ),
        (
            "sent another kind",
            &send_only,
            |seen| (seen.received.text, seen.received.binary) = (1, 1),
            "what it sent",
        ),
        (
            "sent nothing",
            &send_only,
            |seen| (seen.received.text, seen.received.bytes) = (0, 0),
            "received 0 messages, 0 bytes",
        ),
        ("received more", &pushed, |seen| seen.sent.text -= 1, "what it received"),
        (
            "received something else",
            &pushed,
            |seen| seen.sent.sha256 = "another".to_owned(),
            "what it received",
        ),
        ("received less", &pushed, |seen| seen.sent.text += 1, "sent 4 messages"),
        (
            "a close that nobody saw",
            &send_only,
            |seen| (seen.close, seen.ended) = (None, Some(crosswire_protocol::seen::Ended::Vanished)),
            "no close frame came",
        ),
        ("an end that nobody saw", &send_only, |seen| (seen.open, seen.ended) = (true, None), "still open"),
    ];
    for (name, steps, change, says) in rows {
        let change = *change;
        let mut simulation = Simulation::new("right").journal(move |seen| {
            let mut view: Seen = serde_json::from_value(seen.clone()).unwrap();
            change(&mut view);
            *seen = serde_json::to_value(view).unwrap();
        });
        let judgement = told(&mut simulation, steps);
        must_be(name, &judgement, Verdict::HarnessError, "contradicted", says);
        let reason = judgement.reason.unwrap();
        assert_eq!(reason.on.as_deref(), Some("a"), "{name}");
        assert!(reason.want.unwrap().starts_with("as the server saw it") && reason.got.is_some(), "{name}");
    }
}

#[test]
fn a_prefix_that_arrived_of_what_was_sent_is_no_contradiction_but_another_beginning_is() {
    let steps = json!([
        {"do": "connect", "on": "a", "path": "/echo"},
        {"do": "send", "on": "a", "text": "one"},
        {"do": "send", "on": "a", "text": "two"},
        {"do": "server", "on": "a", "act": [{"wait_ms": 5}, {"drop": true}]},
        {"do": "expect", "on": "a", "text": "one"},
        {"do": "expect", "on": "a", "text": "two"},
        {"do": "expect_close", "on": "a", "code": "dropped"}
    ]);
    let mut digest = crosswire_protocol::digest::Digest::default();
    digest.add(Kind::Text, b"one");
    let one = digest.hex();
    let prefix = move |seen: &mut Value| {
        (seen["received"]["text"], seen["received"]["bytes"]) = (json!(1), json!(3));
        seen["received"]["sha256"] = json!(one.clone());
    };
    let judgement = told(&mut Simulation::new("right").journal(prefix.clone()), &steps);
    assert_eq!(judgement.verdict, Verdict::Pass, "{judgement:#?}");
    let other = move |seen: &mut Value| {
        prefix(seen);
        seen["received"]["sha256"] = json!("another");
    };
    let judgement = told(&mut Simulation::new("right").journal(other), &steps);
    must_be("another beginning", &judgement, Verdict::HarnessError, "contradicted", "what it sent");
}

#[test]
fn what_nobody_can_know_is_no_contradiction() {
    // A violation is told by a close frame whose answer nobody reads.
    let steps = json!([
        {"do": "connect", "on": "a"},
        {"do": "send", "on": "a", "invalid_text": "ff"},
        {"do": "expect_close", "on": "a", "code": 1007, "clean": true}
    ]);
    let judgement = told(&mut Simulation::new("right"), &steps);
    assert_eq!(judgement.verdict, Verdict::Pass, "{judgement:#?}");
    assert_eq!(judgement.seen["a"]["close"], Value::Null);
    // What was sent while the server closed may not have arrived.
    let steps = json!([
        {"do": "connect", "on": "a"},
        {"do": "send", "on": "a", "text": "one"},
        {"do": "server", "on": "a", "act": [{"close": {"code": 1000}}]},
        {"do": "close", "on": "a", "code": 1000}
    ]);
    let nothing = |seen: &mut Value| {
        let empty = crosswire_protocol::digest::Digest::default().hex();
        seen["received"] = json!({"text": 0, "binary": 0, "ping": 0, "pong": 0, "bytes": 0, "sha256": empty});
    };
    let judgement = told(&mut Simulation::new("right").journal(nothing), &steps);
    assert_eq!(judgement.verdict, Verdict::Pass, "{judgement:#?}");
    // A client with a limit may have refused what it does not tell of.
    let steps = json!([
        {"do": "connect", "on": "a", "max_message": 70_000},
        {"do": "server", "on": "a", "act": [{"close": {"code": 1000}}]},
        {"do": "expect_close", "on": "a", "clean": true}
    ]);
    let refused = |seen: &mut Value| seen["sent"]["text"] = json!(2);
    let judgement = told(&mut Simulation::new("right").journal(refused), &steps);
    assert_eq!(judgement.verdict, Verdict::Pass, "{judgement:#?}");
    // Bytes past the codec stand in no journal; the word in a text is no such byte.
    let steps = json!([
        {"do": "connect", "on": "a"},
        {"do": "server", "on": "a", "act": [{"send": {"text": "raw"}}]},
        {"do": "expect", "on": "a", "text": "raw"},
        {"do": "close", "on": "a", "code": 1000}
    ]);
    let lost = |seen: &mut Value| seen["sent"]["text"] = json!(1);
    let judgement = told(&mut Simulation::new("right").journal(lost), &steps);
    must_be("the word", &judgement, Verdict::HarnessError, "contradicted", "what it received");
}

#[test]
fn a_journal_that_cannot_be_read_or_had_is_noted() {
    let judgement =
        told(&mut Simulation::new("right").journal(|seen| *seen = json!({"open": 1})), &conversation());
    assert_eq!(judgement.verdict, Verdict::Pass);
    assert_eq!(judgement.notes, ["what the server saw cannot be read"]);
    let judgement = told(&mut Simulation::new("control-is-gone"), &conversation());
    assert!(judgement.verdict == Verdict::Pass && judgement.notes[0].contains("could not be asked"));
    let judgement = told(&mut Simulation::new("control-is-silent"), &conversation());
    assert!(judgement.verdict == Verdict::Pass && judgement.notes[0].contains("did not say in time"));
}

#[test]
fn a_driver_that_falls_silent_is_a_timeout_wherever_it_does() {
    // Its last words are the first, the second … of what it has to tell.
    let silences: [Lie; 7] = [
        |liar, event| if liar.given <= 1 { vec![event] } else { Vec::new() },
        |liar, event| if liar.given <= 2 { vec![event] } else { Vec::new() },
        |liar, event| if liar.given <= 3 { vec![event] } else { Vec::new() },
        |liar, event| if liar.given <= 4 { vec![event] } else { Vec::new() },
        |liar, event| if liar.given <= 5 { vec![event] } else { Vec::new() },
        |liar, event| if liar.given <= 6 { vec![event] } else { Vec::new() },
        |_, _| Vec::new(),
    ];
    for (i, lie) in silences.into_iter().enumerate() {
        let judgement = told(&mut Simulation::new("right").lie(lie), &conversation());
        must_be(&format!("{i}"), &judgement, Verdict::Timeout, "driver_silent", "stopped answering");
        // What failed first is told once.
        let before = judgement.notes.iter().filter(|note| note.starts_with("before that")).count();
        assert_eq!(before, usize::from(i != 5), "{i}: {:?}", judgement.notes);
    }
}

#[test]
fn what_is_stuck_behind_a_peer_that_does_not_read_is_noted() {
    let steps = json!([{"do": "connect", "on": "a"}, {"do": "fence", "on": "a"}, {"do": "send", "on": "a", "text": "x"}]);
    let judgement = told(&mut Simulation::new("stuck-in-a-send"), &json!([steps[0], steps[2]]));
    assert_eq!(judgement.verdict, Verdict::Pass, "{judgement:#?}");
    assert_eq!(judgement.notes, ["`a` was not closed in time at the end of the test"]);
}

#[test]
fn a_send_that_fails_while_the_peer_closes_is_judged_by_the_close() {
    let steps = json!([
        {"do": "connect", "on": "a"},
        {"do": "send", "on": "a", "text": "too much"},
        {"do": "expect_close", "on": "a", "code": 1011}
    ]);
    let judgement = told(&mut Simulation::new("fails-while-the-peer-closes"), &steps);
    assert_eq!(judgement.verdict, Verdict::Pass, "{judgement:#?}");
    assert_eq!(judgement.notes, ["the client could not do it: broken pipe, while the peer closed"]);
    // The same where it is told behind the end.
    let late: Lie = |liar, event| match liar.given {
        3 => Vec::new(),
        4 => {
            let failed = Happened::Failed { error: "broken pipe".to_owned() };
            let failed = Event { c: Some(2), ..extra(&event, failed) };
            vec![event, failed]
        }
        _ => vec![event],
    };
    let judgement = told(&mut Simulation::new("fails-while-the-peer-closes").lie(late), &steps);
    assert_eq!(judgement.verdict, Verdict::Pass, "{judgement:#?}");
    assert_eq!(judgement.notes.len(), 1);
    // Where the step behind it expects something else, it is a failure.
    let expects = json!([steps[0], steps[1], {"do": "expect", "on": "a", "text": "too much"}]);
    let judgement = told(&mut Simulation::new("fails-while-the-peer-closes"), &expects);
    must_be("expects", &judgement, Verdict::Fail, "failed", "broken pipe");
}

#[test]
fn a_lost_driver_ends_the_test_at_once_and_is_not_heard_afterwards() {
    let mut stepper =
        crosswire_suite::stepper::Stepper::new(&test_of(&conversation()), Simulation::new("right").told);
    let crash = Reason::new("driver_ended", "the driver ended with exit code 1");
    stepper.handle_lost_driver(Duration::from_millis(3), Verdict::Crash, crash.clone());
    let judgement = stepper.judgement().unwrap();
    assert_eq!((judgement.verdict, judgement.reason.as_ref()), (Verdict::Crash, Some(&crash)));
    stepper.handle_lost_driver(Duration::from_millis(4), Verdict::HarnessError, Reason::new("other", "m"));
    assert_eq!(stepper.judgement(), Some(judgement));
    assert_eq!(stepper.deadline(), None);
}
