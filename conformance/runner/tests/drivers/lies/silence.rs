//! Nothing more, for one reason or another: in the middle of a test, at its end, and at the end of the driver.

use super::{
    Ending, Lie, SILENT, instead_of_opened, is_bye, is_question, lie, not_run, sleep_for_ever, told,
};
use crate::liar::{Heard, Liar, die, write};
use crosswire_runner::results::Verdict;
use serde_json::json;
use std::io::{self, Write as _};

pub(super) fn in_silence() -> Vec<Lie> {
    vec![
        lie(
            "silence-after-a-command",
            |liar, heard| {
                if told(liar, &heard, "send").is_some() {
                    sleep_for_ever();
                }
                liar.pass(heard);
            },
            SILENT,
        ),
        lie(
            "silence-in-one-test",
            |liar, heard| {
                let (Heard::Command(line) | Heard::Said(line)) = &heard;
                if !liar.is_mine(line) {
                    liar.pass(heard);
                }
            },
            SILENT,
        )
        .amid_others(),
        lie(
            "a-crash-in-the-middle",
            |liar, heard| {
                instead_of_opened(liar, heard, |_| {
                    io::stderr().write_all(b"the last words of a driver\n").unwrap();
                    die(101);
                });
            },
            Ending {
                verdict: Verdict::Crash,
                code: "driver_ended",
                says: "the driver ended (exit status: 101)",
            },
        ),
        lie(
            "does-not-come-back",
            |liar, heard| {
                if is_question(&heard) && liar.was_here_before() {
                    die(1);
                }
                instead_of_opened(liar, heard, |_| die(1));
            },
            Ending {
                verdict: Verdict::Crash,
                code: "driver_ended",
                says: "the driver ended (exit status: 1)",
            },
        )
        .behind(not_run("the driver broke, and could not be started again")),
        lie(
            "comes-back-as-another",
            |liar, mut heard| {
                if let Heard::Said(line) = &mut heard
                    && line["hello"].is_object()
                    && liar.was_here_before()
                {
                    line["hello"]["library"] = json!("another");
                }
                instead_of_opened(liar, heard, |_| die(1));
            },
            Ending {
                verdict: Verdict::Crash,
                code: "driver_ended",
                says: "the driver ended (exit status: 1)",
            },
        )
        .behind(not_run("introduced itself as another when it was started again")),
    ]
}

pub(super) fn at_the_end() -> Vec<Lie> {
    vec![
        lie(
            "ignores-the-end",
            |liar, heard| {
                if told(liar, &heard, "end").is_none() {
                    liar.pass(heard);
                }
            },
            SILENT,
        )
        .amid_others(),
        lie("ignores-bye", |liar, heard| at_bye(liar, heard, |_| ()), Ending::PASS)
            .fault("told `bye`, it did not end in 3s, and was killed"),
        lie("ends-with-exit-code-3", |liar, heard| at_bye(liar, heard, |_| die(3)), Ending::PASS)
            .fault("told `bye`, it ended with exit status: 3, and not with exit code 0"),
        lie(
            "a-word-behind-bye",
            |liar, heard| {
                at_bye(liar, heard, |_| {
                    write(b"See you!\n");
                    die(0);
                });
            },
            Ending::PASS,
        )
        .fault("the driver wrote a line that is none: expected value at line 1 column 1: `See you!`"),
    ]
}

fn at_bye(liar: &mut Liar, heard: Heard, lie: fn(&mut Liar)) {
    if is_bye(&heard) { lie(liar) } else { liar.pass(heard) }
}
