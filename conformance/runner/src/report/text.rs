//! Words and numbers for people, whatever a client put into them.

use super::overview::Sign;
use crate::results::{Fault, Header, Heavy, Outcome, Recorded, Server, Verdict};
use std::fmt::Write as _;

/// A text on one line, without anything that a terminal would obey: control characters are written out (`\n`, `\x1b`), and
/// so is what turns the direction of writing.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => plain.push_str("\\n"),
            '\r' => plain.push_str("\\r"),
            '\t' => plain.push_str("\\t"),
            c if c.is_control() && u32::from(c) < 0x80 => {
                let _ = write!(plain, "\\x{:02x}", u32::from(c));
            }
            c if c.is_control() || turns_or_hides(c) => {
                let _ = write!(plain, "\\u{{{:x}}}", u32::from(c));
            }
            c => plain.push(c),
        }
    }
    plain
}

/// Marks that reorder what stands around them, end a line, or cannot be seen.
const fn turns_or_hides(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The beginning of a text that is longer than `most` characters, and how long all of it is.
pub(super) fn shortened(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length <= most {
        return text.to_owned();
    }
    let beginning: String = text.chars().take(most).collect();
    format!("{beginning}… ({} characters)", grouped(length as u64))
}

/// `1 500`.
pub(super) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 test`, `2 tests`.
pub(super) fn counted(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(n), if n == 1 { "" } else { "s" })
}

/// `840 ms`, `12.3 s`, `4 min 5 s`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast of a float saturates, and nobody waits for 584 million years"
)]
pub(super) fn lasted(ms: f64) -> String {
    if ms < 1_000.0 {
        format!("{ms:.0} ms")
    } else if ms < 120_000.0 {
        format!("{:.1} s", ms / 1_000.0)
    } else {
        let seconds = (ms / 1_000.0) as u64;
        format!("{} min {} s", seconds / 60, seconds % 60)
    }
}

/// `1 500 planned, 1 500 accounted for`.
pub(super) fn accounted(recorded: &Recorded) -> String {
    let (planned, found) = (recorded.header.planned, recorded.results.len() as u64);
    format!("{} planned, {} accounted for", grouped(planned), grouped(found))
}

/// What keeps the run from being a whole one; none where nothing does.
pub(super) fn shortfall(recorded: &Recorded) -> Option<String> {
    if let Some(incomplete) = &recorded.incomplete {
        return Some(incomplete.clone());
    }
    let (planned, found) = (recorded.header.planned, recorded.results.len() as u64);
    if planned != found {
        return Some(format!("the header plans {planned} results, and there are {found}"));
    }
    let footer = recorded.footer.as_ref()?;
    footer.interrupted.then(|| "the run was interrupted; what was not begun is `not_run`".to_owned())
}

/// Which pairs are spared which tests, in a sentence; none where every pair has all.
pub(super) fn spared(header: &Header) -> Option<String> {
    let Heavy { tests, client, server } = header.heavy.as_ref()?;
    let tests =
        if tests.len() == 1 { "1 heavy test".to_owned() } else { format!("{} heavy tests", tests.len()) };
    Some(format!(
        "{tests} of each client with {server} and of each server with {client}; --every-pair runs all."
    ))
}

/// What went wrong beside every test.
pub(super) fn faults(recorded: &Recorded) -> &[Fault] {
    recorded.footer.as_ref().map(|footer| &footer.faults[..]).unwrap_or_default()
}

/// `nothing unexpected`, or `2 regressions, 1 fault beside the tests`. Who reads of regressions looks for what is worse
/// than before, and is told how many were not run at all.
pub(super) fn unexpected(recorded: &Recorded) -> String {
    let of = |outcome| recorded.results.iter().filter(move |result| result.outcome == outcome);
    let (regressions, fixed) = (of(Outcome::Regression).count() as u64, of(Outcome::Fixed).count() as u64);
    let faults = faults(recorded).len() as u64;
    if regressions + fixed + faults == 0 {
        return if proves_nothing(recorded) {
            "no test has passed, which proves nothing".to_owned()
        } else {
            "nothing unexpected".to_owned()
        };
    }
    let not_run = of(Outcome::Regression).filter(|result| result.verdict == Verdict::NotRun).count() as u64;
    let not_run = match not_run {
        0 => String::new(),
        n => format!(" ({} not run)", grouped(n)),
    };
    let mut sums = Vec::new();
    if regressions > 0 {
        sums.push(format!("{}{not_run}", counted(regressions, "regression")));
    }
    if fixed > 0 {
        sums.push(format!("{} fixed", grouped(fixed)));
    }
    if faults > 0 {
        sums.push(format!("{} beside the tests", counted(faults, "fault")));
    }
    sums.join(", ")
}

/// The sign of the whole run.
pub(super) fn sign(recorded: &Recorded) -> Sign {
    let has = |outcome| recorded.results.iter().any(|result| result.outcome == outcome);
    if has(Outcome::Regression) || !faults(recorded).is_empty() || proves_nothing(recorded) {
        Sign::Regression
    } else if has(Outcome::Fixed) {
        Sign::Fixed
    } else if shortfall(recorded).is_some() {
        Sign::Missing
    } else {
        Sign::Ok
    }
}

/// Whether the run has come to its end without a test that passes.
pub(super) fn proves_nothing(recorded: &Recorded) -> bool {
    recorded.footer.is_some() && !recorded.results.iter().any(|result| result.verdict == Verdict::Pass)
}

/// `abc1234, and changes after it`.
pub(super) fn revision(recorded: &Recorded) -> String {
    match &recorded.header.git {
        None => "no repository".to_owned(),
        Some(git) => {
            let short: String = git.revision.chars().take(10).collect();
            if git.dirty { format!("{short} and changes after it") } else { short }
        }
    }
}

/// The part of an id before its slash.
pub(super) fn profile(id: &str) -> &str {
    id.split_once('/').map_or("", |(profile, _)| profile)
}

/// What asking a server has shown: what it can do, and what a person should know beside that. Nothing, where it was told.
pub(super) fn asked(server: &Server) -> Vec<String> {
    if !server.probed || server.missing.is_some() {
        return Vec::new();
    }
    let can = if server.can.is_empty() { "nothing".to_owned() } else { server.can.join(", ") };
    let found = format!(
        "{}: asked what tests can rely on, it shows {can}; what else it can do is told with --server-can.",
        server.name
    );
    std::iter::once(found).chain(server.notes.iter().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_not_commanded_by_what_a_client_says() {
        assert_eq!(plain("a\x1b[31mb\u{9b}31m\u{7}\r\nc"), "a\\x1b[31mb\\u{9b}31m\\x07\\r\\nc");
        assert_eq!(plain("pass\u{202e}liaf"), "pass\\u{202e}liaf");
    }

    #[test]
    fn numbers_are_grouped_by_three() {
        assert_eq!(
            [0, 999, 1_500, 36_000, 1_234_567].map(grouped),
            ["0", "999", "1 500", "36 000", "1 234 567"]
        );
    }

    #[test]
    fn a_long_text_tells_how_long_it_is() {
        assert_eq!(shortened("abc", 3), "abc");
        assert_eq!(shortened(&"ä".repeat(1_500), 2), "ää… (1 500 characters)");
    }
}
