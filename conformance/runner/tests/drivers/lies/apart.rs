//! What takes a run of its own: because it lasts, or because nothing but it is run.

use super::{Ending, Lie, SILENT, is_bye, lie, not_run, said, sleep_for_ever, told};
use crate::liar::{Heard, die, write};
use crosswire_runner::results::Verdict;

pub(super) fn apart() -> Vec<Lie> {
    vec![
        lie(
            "rings-at-the-hello",
            |liar, _| {
                liar.ring();
                sleep_for_ever();
            },
            not_run("interrupted"),
        ),
        lie("silence-at-the-hello", |_, _| sleep_for_ever(), not_run("it said nothing for 9s")).of_all(),
        lie(
            "reads-nothing-more",
            |liar, heard| {
                if said(liar, &heard, "opened").is_some() {
                    liar.turn_deaf();
                }
                liar.pass(heard);
            },
            SILENT,
        ),
        lie(
            "messages-without-an-end",
            |liar, heard| {
                if told(liar, &heard, "close").is_some() {
                    let seq = liar.test.unwrap();
                    let mut n = liar.numbered.remove(&seq).unwrap();
                    loop {
                        let mut lines = String::new();
                        for _ in 0..1000 {
                            n += 1;
                            lines += &format!(
                                "{{\"event\":{{\"seq\":{seq},\"n\":{n},\"on\":\"lie\",\"is\":\"pong\",\"hex\":\"\"}}}}\n"
                            );
                        }
                        write(lines.as_bytes());
                    }
                }
                liar.pass(heard);
            },
            SILENT,
        ),
        lie(
            "dies-of-every-test",
            |liar, heard| {
                if matches!(&heard, Heard::Command(command) if command["cmd"] == "open") {
                    die(1);
                }
                liar.pass(heard);
            },
            Ending {
                verdict: Verdict::Crash,
                code: "driver_ended",
                says: "the driver ended (exit status: 1)",
            },
        ),
        lie(
            "dies-when-the-test-is-over",
            |liar, heard| {
                let is_over = said(liar, &heard, "ended").is_some();
                liar.pass(heard);
                if is_over {
                    die(7);
                }
            },
            Ending::PASS,
        ),
        // Says over TCP that it has come so far, and does nothing more in this test.
        lie(
            "waits-to-be-broken-off",
            |liar, heard| {
                if told(liar, &heard, "send").is_some() {
                    liar.ring();
                } else {
                    liar.pass(heard);
                }
            },
            not_run("the run was interrupted in the middle of it"),
        ),
        lie(
            "waits-and-takes-its-time",
            |liar, heard| {
                if told(liar, &heard, "send").is_some() {
                    liar.ring();
                } else if !is_bye(&heard) {
                    liar.pass(heard);
                }
            },
            not_run("the run was interrupted in the middle of it"),
        ),
        lie(
            "hears-neither-bye-nor-the-end",
            |liar, heard| {
                if is_bye(&heard) {
                    sleep_for_ever();
                }
                liar.pass(heard);
            },
            Ending::PASS,
        ),
    ]
}
