//! One result, as a test framework shows it.

use super::{step, text::plain};
use crate::{
    catalogue::Entry,
    results::{Party, TestResult},
};
use std::fmt::Write as _;

/// How many lines of a transcript are shown: its end, where the failure is.
const LINES: usize = 30;

/// What a person needs who sees a test fail: which step, why, what was wanted and what was there, and what was said.
pub fn one(entry: &Entry, result: &TestResult) -> String {
    let mut text = format!("{}: {}\n  {}\n", result.test, result.verdict.name(), entry.test.title);
    let mut line = |label: &str, value: &str| {
        // A string takes whatever is written to it.
        let _ = writeln!(text, "  {label:<6} {}", plain(value));
    };
    if let Some(reason) = &result.reason {
        if let Some(pointer) = &reason.step {
            let round = reason.round.map(|round| format!(" (round {round})")).unwrap_or_default();
            line("step", &format!("{}{round}", step::at(&entry.steps, pointer)));
        }
        line("why", &format!("{}: {}", reason.code, reason.message));
        for (label, value) in [("at", &reason.at), ("want", &reason.want), ("got", &reason.got)] {
            if let Some(value) = value {
                line(label, value);
            }
        }
    }
    if let Some(known) = &result.known {
        line("known", &format!("{} ({})", known.reason, known.link));
    }
    for note in &result.notes {
        line("note", note);
    }
    let left_out = result.transcript.len().saturating_sub(LINES);
    if left_out > 0 {
        line("said", &format!("… {left_out} lines before these"));
    }
    for said in &result.transcript[left_out..] {
        let on = said.on.as_deref().map(|on| format!("{on}: ")).unwrap_or_default();
        let way = format!("{} → {}", name(said.by), name(said.to));
        line("said", &format!("{:>8.1} ms  {way:<16} {on}{}", said.ms, said.what));
    }
    for (on, seen) in &result.seen {
        line("seen", &format!("{on}: {seen}"));
    }
    for error in result.stderr.lines() {
        line("stderr", error);
    }
    text
}

const fn name(party: Party) -> &'static str {
    match party {
        Party::Runner => "runner",
        Party::Client => "client",
        Party::Server => "server",
    }
}
