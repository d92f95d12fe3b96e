//! The summary that continuous integration shows beside a run.

use super::command::Commands;
use super::difference::{Difference, Way};
use super::differences::heading as differences_heading;
use super::failures::{Failure, failures, lacking, pairs};
use super::frozen::kept;
use super::observations::{Cell, observations};
use super::overview::{Overview, Sign};
use super::text::{
    accounted, asked, counted, faults, grouped, plain, proves_nothing, revision, shortened, shortfall,
    spared, unexpected,
};
use crate::results::{Fault, Outcome, Recorded, Verdict};
use std::fmt::Write as _;

/// A summary has a place of a mebibyte at most; these keep it to a few pages.
const MOST_FAILURES: usize = 50;
const MOST_MOVED: usize = 50;
const LONGEST: usize = 200;

/// The report as GitHub's Markdown.
#[must_use]
pub fn markdown(recorded: &Recorded, difference: Option<&Difference>) -> String {
    let overview = Overview::of(recorded);
    let mut text = String::new();
    heading(&mut text, recorded);
    matrix(&mut text, &overview);
    frozen(&mut text, recorded, &overview);
    failing(&mut text, recorded, &overview);
    unsupported(&mut text, recorded, &overview);
    skipped(&mut text, recorded);
    differences(&mut text, recorded, &overview);
    if let Some(difference) = difference {
        compared(&mut text, difference);
    }
    text
}

fn heading(text: &mut String, recorded: &Recorded) {
    let of = |outcome| recorded.results.iter().filter(|r| r.outcome == outcome).count() as u64;
    let (regressions, fixed, known) = (of(Outcome::Regression), of(Outcome::Fixed), of(Outcome::Known));
    let faults = faults(recorded);
    let sum = unexpected(recorded);
    let (mark, sum) = match (regressions + fixed, faults, shortfall(recorded)) {
        (0, [], None) if !proves_nothing(recorded) => (Sign::Ok.mark(), sum),
        (0, [], Some(_)) => (Sign::Missing.mark(), "incomplete".to_owned()),
        _ => (Sign::Regression.mark(), sum),
    };
    let _ = writeln!(text, "## {mark} crosswire: {sum}\n");
    if let Some(shortfall) = shortfall(recorded) {
        let _ = writeln!(text, "> **Incomplete:** {}\n", escaped(&shortfall));
    }
    for Fault { by, message } in faults {
        let message = escaped(&shortened(message, LONGEST));
        let _ = writeln!(text, "> **Beside the tests, {}:** {message}\n", escaped(&by.in_words()));
    }
    let verdicts: Vec<_> = Verdict::ALL
        .into_iter()
        .map(|verdict| (recorded.results.iter().filter(|r| r.verdict == verdict).count() as u64, verdict))
        .filter(|(n, _)| *n > 0)
        .map(|(n, verdict)| format!("{} {}", grouped(n), escaped(verdict.name())))
        .collect();
    let known = if known > 0 { format!("; {} known", counted(known, "failure")) } else { String::new() };
    let _ = writeln!(text, "{}: {}{known}.\n", accounted(recorded), verdicts.join(", "));
    let header = &recorded.header;
    if let Some(spared) = spared(header) {
        let _ = writeln!(text, "{}\n", escaped(&spared));
    }
    let run = format!(
        "{} · {} · {} · crosswire {}",
        header.started,
        revision(recorded),
        header.system,
        header.crosswire
    );
    let _ = writeln!(text, "{}\n", escaped(&run));
    for line in header.servers.iter().flat_map(asked) {
        let _ = writeln!(text, "{}\n", escaped(&line));
    }
}

/// The matrix: `must` passed/applicable, and how many are unsupported.
fn matrix(text: &mut String, overview: &Overview<'_>) {
    let names: Vec<_> = overview.servers.iter().map(|name| escaped(&shortened(name, 40))).collect();
    let _ = writeln!(text, "| `must` passed/applicable | {} |", names.join(" | "));
    let _ = writeln!(text, "|---|{}", "---|".repeat(names.len()));
    for (client, name) in overview.clients.iter().enumerate() {
        let cells: Vec<_> = (0..names.len())
            .map(|server| {
                let sums = &overview.cell(client, server).sums;
                let unsupported = match sums.verdict(Verdict::Unsupported) {
                    0 => String::new(),
                    n => format!(", {} unsupported", grouped(n)),
                };
                format!("{} {}/{}{unsupported}", sums.sign().mark(), sums.must_passed, sums.must_applicable)
            })
            .collect();
        let _ = writeln!(text, "| **{}** | {} |", escaped(&shortened(name, 40)), cells.join(" | "));
    }
    text.push('\n');
}

fn frozen(text: &mut String, recorded: &Recorded, overview: &Overview<'_>) {
    let lines = kept(&recorded.header, overview);
    for line in &lines {
        let _ = writeln!(text, "- **{}**", escaped(line));
    }
    if !lines.is_empty() {
        text.push('\n');
    }
}

fn failing(text: &mut String, recorded: &Recorded, overview: &Overview<'_>) {
    let failures = failures(recorded, overview);
    if failures.is_empty() {
        return;
    }
    let commands = Commands::of(&recorded.header);
    let _ = writeln!(text, "| | test | pairs | why | look |\n|---|---|---|---|---|");
    for failure in failures.iter().take(MOST_FAILURES) {
        let test = &overview.tests[failure.test];
        let id = escaped(test.id);
        let title = test.told.filter(|_| failure.others == 0);
        let title = title.map(|told| format!("<br>{}", escaped(&told.title))).unwrap_or_default();
        let title = format!("{}{title}", failure.and_others());
        let pairs = escaped(&pairs(overview, &failure.pairs));
        let look = failure.blame.first().map(|(hint, _)| escaped(&hint.because)).unwrap_or_default();
        let _ =
            writeln!(text, "| {} | **{id}**{title} | {pairs} | {} | {look} |", named(failure), why(failure));
    }
    if failures.len() > MOST_FAILURES {
        let rest = grouped((failures.len() - MOST_FAILURES) as u64);
        let _ = writeln!(text, "\n… and {rest} more: see matrix.html or results.ndjson");
    }
    if let Some(first) = failures.first().map(|failure| failure.first) {
        let rerun = plain(&commands.rerun(&first.client, &first.server, &first.test));
        let _ = writeln!(text, "\nTo run the first of them again:\n\n    {rerun}");
    }
    text.push('\n');
}

/// What was left out, because it is not built or installed there.
fn skipped(text: &mut String, recorded: &Recorded) {
    for skipped in &recorded.header.skipped {
        let (role, name) = (skipped.role.name(), escaped(&skipped.name));
        let _ = writeln!(text, "Skipped {role} **{name}**: {}\n", escaped(&shortened(&skipped.why, LONGEST)));
    }
}

fn named(failure: &Failure<'_>) -> String {
    match failure.first.outcome {
        Outcome::Fixed => format!("{} fixed", Sign::Fixed.mark()),
        Outcome::Known => format!("{} known", Sign::Known.mark()),
        Outcome::Regression => {
            format!("{} {}", Sign::Regression.mark(), escaped(failure.first.verdict.name()))
        }
        Outcome::Ok => format!("{} {}", Sign::Missing.mark(), escaped(failure.first.verdict.name())),
    }
}

fn why(failure: &Failure<'_>) -> String {
    if let (Outcome::Known, Some(known)) = (failure.first.outcome, &failure.first.known) {
        return escaped(&shortened(&format!("{} ({})", known.reason, known.link), LONGEST));
    }
    if failure.first.outcome == Outcome::Fixed {
        return "it passes, and is listed among the known failures: remove the entry".to_owned();
    }
    let Some(reason) = &failure.first.reason else { return String::new() };
    let mut why = escaped(&shortened(&reason.message, LONGEST));
    for (label, value) in [("want", &reason.want), ("got", &reason.got)] {
        if let Some(value) = value {
            let _ = write!(why, "<br>{label} <code>{}</code>", escaped(&shortened(value, LONGEST)));
        }
    }
    why
}

fn unsupported(text: &mut String, recorded: &Recorded, overview: &Overview<'_>) {
    let n = overview.sums.verdict(Verdict::Unsupported);
    if n == 0 {
        return;
    }
    let lacking = lacking(recorded.results.iter());
    let named: Vec<_> = lacking
        .iter()
        .take(12)
        .map(|(what, n)| format!("{} ({})", escaped(&shortened(what, 60)), grouped(*n)))
        .collect();
    let more = if lacking.len() > 12 { ", …" } else { "" };
    let of = grouped(overview.sums.tests);
    let _ = writeln!(
        text,
        "Unsupported, and counted apart: {} of {of}. Lacking: {}{more}.\n",
        grouped(n),
        named.join(", ")
    );
}

/// What libraries rightly do differently. Questions that all answer alike are told in a line each, folded away.
fn differences(text: &mut String, recorded: &Recorded, overview: &Overview<'_>) {
    for table in observations(recorded, overview) {
        let _ = writeln!(text, "<details><summary>{}</summary>\n", escaped(&differences_heading(&table)));
        let names: Vec<_> = table.columns.iter().map(|name| escaped(&shortened(name, 40))).collect();
        let _ = writeln!(text, "| | {} |\n|---|{}", names.join(" | "), "---|".repeat(names.len()));
        for question in table.questions.iter().filter(|question| !question.is_alike) {
            let cell = |cell: &Option<Cell<'_>>| match cell {
                None => "–".to_owned(),
                Some(cell) if cell.differs => format!("**{}**", escaped(&cell.to_words())),
                Some(cell) => escaped(&cell.to_words()),
            };
            let cells: Vec<_> = question.cells.iter().map(cell).collect();
            let head = format!("{}: {}", escaped(question.title), escaped(question.name));
            let _ = writeln!(text, "| {head} | {} |", cells.join(" | "));
        }
        let alike = table.questions.iter().filter(|question| question.is_alike);
        let alike =
            alike.map(|question| format!("{}, {}: {}", question.title, question.name, question.common()));
        let alike: Vec<_> = alike.map(|line| format!("- {}", escaped(&line))).collect();
        if !alike.is_empty() {
            let _ = writeln!(text, "\nAll alike:\n\n{}", alike.join("\n"));
        }
        let _ = writeln!(text, "\n</details>\n");
    }
}

fn compared(text: &mut String, difference: &Difference) {
    let since = escaped(&format!("{} ({})", difference.since, difference.since_revision));
    let _ = writeln!(text, "### Since {since}\n\n{}.\n", difference.sums());
    if let Some(incomplete) = &difference.incomplete {
        let _ = writeln!(text, "> {}\n", escaped(incomplete));
    }
    if !difference.moved.is_empty() {
        let _ = writeln!(
            text,
            "| | test | client | server | verdict | what else changed |\n|---|---|---|---|---|---|"
        );
        let in_order = Way::ALL.into_iter().flat_map(|way| difference.ways(way));
        for one in in_order.take(MOST_MOVED) {
            let cells = [&one.test, &one.client, &one.server].map(|name| escaped(name)).join(" | ");
            let (from, to) = (escaped(one.from.name()), escaped(one.to.name()));
            let _ = writeln!(text, "| {} | {cells} | {from} → {to} | {} |", one.way.name(), one.causes());
        }
        if difference.moved.len() > MOST_MOVED {
            let rest = grouped((difference.moved.len() - MOST_MOVED) as u64);
            let _ = writeln!(text, "\n… and {rest} more: see matrix.html");
        }
        text.push('\n');
    }
    for (kind, roster) in difference.rosters() {
        let changed: Vec<_> =
            roster.changed.iter().map(|c| format!("{} ({} → {})", c.name, c.from, c.to)).collect();
        for (word, names) in [("new", &roster.new), ("removed", &roster.removed), ("changed", &changed)] {
            if !names.is_empty() {
                let all = escaped(&shortened(&names.join(", "), LONGEST));
                let _ = writeln!(text, "- {} {word}: {all}", counted(names.len() as u64, kind));
            }
        }
    }
}

/// Text that stays text: whatever Markdown, HTML or a table would read as their own is written as a character reference.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in plain(text).chars() {
        if character.is_ascii_punctuation()
            && !matches!(character, '.' | ',' | ':' | ';' | '/' | '-' | '(' | ')' | '?')
        {
            let _ = write!(escaped, "&#{};", u32::from(character));
        } else {
            escaped.push(character);
        }
    }
    escaped
}
