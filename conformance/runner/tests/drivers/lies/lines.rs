//! Lines that are none.

use super::{Ending, Lie, harness_error, instead_of_opened, lie, said, told};
use crate::liar::{die, write};
use crosswire_runner::results::Verdict;
use serde_json::json;
use std::io::{self, Write as _};

pub(super) fn in_the_lines() -> Vec<Lie> {
    vec![
        lie(
            "garbage",
            |liar, heard| instead_of_opened(liar, heard, |_| write(b"Segmentation fault (core dumped)\n")),
            harness_error("bad_line", "`Segmentation fault (core dumped)`"),
        ),
        lie(
            "half-a-line-and-then-the-end",
            |liar, heard| {
                instead_of_opened(liar, heard, |_| {
                    write(b"{\"event\":{\"seq\":");
                    die(0);
                });
            },
            Ending {
                verdict: Verdict::Crash,
                code: "driver_ended",
                says: "the driver ended (exit status: 0) in the middle of a line: `{\"event\":{\"seq\":`",
            },
        ),
        lie(
            "fifty-megabytes-without-an-end",
            |liar, heard| {
                instead_of_opened(liar, heard, |_| (0..50).for_each(|_| write(&[b'x'; 1 << 20])));
            },
            harness_error("long_line", "a line of more than 4194304 bytes: `xxx"),
        ),
        lie(
            "endless-lines",
            |liar, heard| {
                instead_of_opened(liar, heard, |_| {
                    loop {
                        write(b"la la la\n");
                    }
                })
            },
            harness_error("bad_line", "`la la la`"),
        ),
        lie(
            "bytes-that-are-no-text",
            |liar, heard| {
                instead_of_opened(liar, heard, |_| write(b"{\"event\":{\"is\":\"\xc3\x28\"}}\n"));
            },
            harness_error("bad_line", "not UTF-8: `{\"event\":{\"is\":\"\u{fffd}(\"}}`"),
        ),
        lie(
            "an-event-that-there-is-not",
            |liar, heard| {
                instead_of_opened(liar, heard, |liar| liar.claim(json!({"on": "lie", "is": "opend"})))
            },
            harness_error("bad_line", "no event is `opend`: `{\"event\":{"),
        )
        .amid_others(),
        lie(
            "refuses-what-it-should-know",
            |liar, heard| match told(liar, &heard, "send") {
                Some(command) => {
                    liar.say(
                        json!({"error": {"message": "send?", "seq": command["seq"], "c": command["c"]}}),
                    );
                }
                None => liar.pass(heard),
            },
            harness_error("unknown_command", "the driver does not know a command: send?"),
        )
        .amid_others(),
        lie(
            "refuses-nobody-knows-what",
            |liar, heard| {
                instead_of_opened(liar, heard, |liar| {
                    liar.say(json!({"error": {"message": "out of cheese"}}))
                });
            },
            harness_error("unknown_command", "the driver says: out of cheese"),
        ),
        lie(
            "introduces-itself-again",
            |liar, heard| {
                instead_of_opened(liar, heard, |liar| liar.say(liar.hello.clone()));
            },
            harness_error("bad_line", "introduced itself a second time: `{\"hello\":{"),
        ),
        // What is written to standard error is never judged, and holds nobody up.
        lie(
            "eight-megabytes-of-complaints",
            |liar, heard| {
                if said(liar, &heard, "opened").is_some() {
                    io::stderr().write_all(&vec![b'!'; 8 << 20]).unwrap();
                }
                liar.pass(heard);
            },
            Ending::PASS,
        ),
    ]
}
