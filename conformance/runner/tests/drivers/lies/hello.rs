//! Before the first test: who the driver is, and what it refuses.

use super::{Lie, harness_error, is_question, lie, not_run};
use crate::liar::{Heard, die, write};
use serde_json::{Value, json};

pub(super) fn at_the_hello() -> Vec<Lie> {
    let never_refuses = |says| harness_error("never_refuses", says);
    vec![
        lie(
            "a-capability-that-there-is-not",
            |liar, mut heard| {
                if let Heard::Said(line) = &mut heard
                    && let Some(names) = line.pointer_mut("/hello/capabilities").and_then(Value::as_array_mut)
                {
                    names.push(json!("telepathy"));
                }
                liar.pass(heard);
            },
            not_run("it has the capability `telepathy`, which is not in the registry; known: abandon,"),
        )
        .of_all(),
        lie(
            "the-name-of-another",
            |liar, mut heard| {
                if let Heard::Said(line) = &mut heard
                    && line["hello"].is_object()
                {
                    line["hello"]["client"] = json!("somebody-else");
                }
                liar.pass(heard);
            },
            not_run("introduces itself as `somebody-else`, and its manifest calls it `the-name-of-another`"),
        )
        .of_all(),
        lie(
            "takes-no-test-at-all",
            |liar, mut heard| {
                if let Heard::Said(line) = &mut heard
                    && line["hello"].is_object()
                {
                    line["hello"]["max_concurrent"] = json!(0);
                }
                liar.pass(heard);
            },
            not_run("`max_concurrent` is 0; a driver takes at least one test at once"),
        )
        .of_all(),
        lie(
            "a-banner-before-the-hello",
            |liar, heard| {
                if matches!(&heard, Heard::Said(line) if line["hello"].is_object()) {
                    write(b"Driver 2.0, ready when you are\n");
                }
                liar.pass(heard);
            },
            not_run("did not introduce itself with a hello: it said `Driver 2.0, ready when you are`"),
        )
        .of_all(),
        lie(
            "does-everything-it-is-told",
            |liar, heard| match &heard {
                Heard::Command(command) if is_question(&heard) => {
                    liar.say(json!({"event": {"seq": 1, "c": command["c"], "on": "a", "is": "done"}}));
                }
                _ => liar.pass(heard),
            },
            never_refuses("a command that there is not, `{\"cmd\":\"juggle\",\"seq\":1,\"c\":1,\"on\":\"a\"}`, it answered `{"),
        )
        .of_all(),
        lie(
            "passes-over-commands",
            |liar, heard| {
                if !is_question(&heard) {
                    liar.pass(heard);
                }
            },
            never_refuses("it did not answer for 3s. It must answer `{\"error\":{\"message\":\"…\",\"seq\":1,\"c\":1}}`"),
        )
        .of_all(),
        lie(
            "passes-over-fields",
            |liar, mut heard| {
                if let Heard::Command(command) = &mut heard {
                    command.as_object_mut().unwrap().remove("volume");
                }
                liar.pass(heard);
            },
            never_refuses("a field that `send` does not have"),
        )
        .of_all(),
        lie(
            "refuses-without-numbers",
            |liar, mut heard| {
                if let Heard::Said(line) = &mut heard
                    && let Some(error) = line.get_mut("error").and_then(Value::as_object_mut)
                {
                    error.remove("c");
                }
                liar.pass(heard);
            },
            never_refuses("it answered without the `seq` and the `c` that it was given: `{\"error\":{"),
        )
        .of_all(),
        lie(
            "dies-of-the-question",
            |liar, heard| {
                if is_question(&heard) {
                    die(1);
                }
                liar.pass(heard);
            },
            never_refuses("it ended"),
        )
        .of_all(),
    ]
}
