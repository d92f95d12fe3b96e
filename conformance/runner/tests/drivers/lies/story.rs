//! What happened, told otherwise: to another end, in another test, or with other numbers.

use super::{Ending, Lie, done, harness_error, lie, said, told};
use crate::liar::{Heard, write};
use crosswire_runner::results::Verdict;
use serde_json::json;

pub(super) fn in_the_story() -> Vec<Lie> {
    vec![
        lie(
            "received-and-never-sent",
            |liar, heard| {
                if said(liar, &heard, "closed").is_some() {
                    liar.claim(json!({"on": "lie", "is": "received", "text": "made up"}));
                }
                liar.pass(heard);
            },
            harness_error(
                "contradicted",
                "the client's story of `lie` is not the server's: what it received",
            ),
        )
        .amid_others(),
        lie(
            "received-and-left-out",
            |liar, heard| {
                if said(liar, &heard, "received").is_none_or(|event| event["text"] != "one") {
                    liar.pass(heard);
                }
            },
            Ending { verdict: Verdict::Fail, code: "no_message", says: "an expected message did not come" },
        )
        .amid_others(),
        lie(
            "a-story-of-its-own",
            |liar, heard| match told(liar, &heard, "send") {
                Some(command) if command["text"] == "one" => {
                    liar.claim(done(command));
                    liar.claim(json!({"on": "lie", "is": "received", "text": "one"}));
                }
                _ => liar.pass(heard),
            },
            harness_error("contradicted", "the client's story of `lie` is not the server's: what it sent"),
        )
        .amid_others(),
        lie(
            "closed-and-is-not",
            |liar, heard| {
                if let Some(command) = told(liar, &heard, "close") {
                    liar.claim(done(command));
                    liar.claim(
                        json!({"on": "lie", "is": "closed", "code": 1000, "reason": "", "clean": true}),
                    );
                } else if let Some(command) = told(liar, &heard, "end") {
                    liar.claim(json!({"c": command["c"], "is": "ended"}));
                } else {
                    liar.pass(heard);
                }
            },
            harness_error("contradicted", "still open"),
        )
        .amid_others(),
        lie(
            "closed-twice",
            |liar, heard| {
                if said(liar, &heard, "closed").is_some() {
                    liar.pass(heard.clone());
                }
                liar.pass(heard);
            },
            harness_error("impossible_event", "`lie` was reported closed before"),
        )
        .amid_others(),
        lie(
            "an-event-nobody-caused",
            |liar, heard| {
                let is_open = said(liar, &heard, "opened").is_some();
                liar.pass(heard);
                if is_open {
                    liar.claim(json!({"c": 77, "on": "lie", "is": "done"}));
                }
            },
            harness_error("impossible_event", "there is no command 77"),
        )
        .amid_others(),
        lie(
            "a-command-answered-twice",
            |liar, heard| {
                if said(liar, &heard, "done").is_some() {
                    liar.pass(heard.clone());
                }
                liar.pass(heard);
            },
            harness_error("impossible_event", "command 2 was answered before"),
        )
        .amid_others(),
        lie(
            "a-word-behind-the-last",
            |liar, heard| match heard {
                Heard::Said(line) if liar.is_mine(&line) && line["event"]["is"] == "ended" => {
                    // A word that comes later, when the test has been judged, is a fault beside the tests.
                    let event = json!({"on": "lie", "is": "received", "text": "and another thing"});
                    liar.say_and_claim(line, event);
                }
                heard => liar.pass(heard),
            },
            harness_error("impossible_event", "the test has ended"),
        ),
    ]
}

pub(super) fn in_the_numbers() -> Vec<Lie> {
    vec![
        lie(
            "the-seq-of-nobody",
            |liar, heard| {
                if said(liar, &heard, "opened").is_some() {
                    write(b"{\"event\":{\"seq\":99,\"n\":1,\"on\":\"lie\",\"is\":\"received\",\"text\":\"one\"}}\n");
                }
                liar.pass(heard);
            },
            harness_error("wrong_seq", "a test that is not running: `{\"event\":{\"seq\":99,"),
        ),
        lie(
            "the-seq-of-a-test-that-is-over",
            |liar, heard| {
                if said(liar, &heard, "opened").is_some() {
                    let seq = liar.past[0];
                    liar.say(json!({"event": {"seq": seq, "on": "a", "is": "received", "text": "late"}}));
                }
                liar.pass(heard);
            },
            harness_error("wrong_seq", "\"text\":\"late\"}}`"),
        ),
        lie(
            "a-gap-in-the-numbers",
            |liar, mut heard| {
                if let Heard::Said(line) = &mut heard
                    && liar.is_mine(line)
                    && line["event"]["is"] == "received"
                {
                    line["event"]["n"] = json!(line["event"]["n"].as_u64().unwrap() + 1);
                    return write(format!("{line}\n").as_bytes());
                }
                liar.pass(heard);
            },
            harness_error("impossible_event", "where 2 is the next"),
        )
        .amid_others(),
    ]
}
