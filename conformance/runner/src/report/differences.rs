//! The tables of differences on a terminal: each question with its answers, and who gives each.

use super::observations::{Question, Table, observations};
use super::overview::Overview;
use super::terminal::Style;
use super::text::{counted, plain};
use crate::results::{Party, Recorded};
use std::fmt::Write as _;

/// Everything that was observed, or nothing where no test did.
#[must_use]
pub fn differences(recorded: &Recorded, style: Style) -> String {
    let tables = observations(recorded, &Overview::of(recorded));
    let mut text = String::new();
    for table in &tables {
        let _ = writeln!(text, "{}\n", heading(table));
        for of_test in table.questions.chunk_by(|one, next| one.test == next.test) {
            let _ = writeln!(text, "{}", plain(of_test[0].title));
            for question in of_test {
                answers(&mut text, question, table, style.width.max(40));
            }
            text.push('\n');
        }
    }
    text
}

/// One sentence on what was observed, for whoever sees the sums alone.
pub(super) fn in_short(recorded: &Recorded, overview: &Overview<'_>) -> Option<String> {
    let mut tables = observations(recorded, overview);
    // One alone differs from nobody.
    tables.retain(|table| table.columns.len() > 1);
    let questions = || tables.iter().flat_map(|table| &table.questions);
    let all = questions().count() as u64;
    let differ = questions().filter(|question| !question.is_alike).count();
    (all > 0).then(|| {
        format!("differences: {differ} of {} are answered differently; `crosswire report RESULTS --differences` shows them", counted(all, "question"))
    })
}

pub(super) fn heading(table: &Table<'_>) -> String {
    let side = if table.about == Party::Server { "Servers" } else { "Clients" };
    let differ = table.questions.iter().filter(|question| !question.is_alike).count();
    let all = counted(table.questions.len() as u64, "question");
    format!("{side}: {differ} of {all} answered differently")
}

fn answers(text: &mut String, question: &Question<'_>, table: &Table<'_>, width: usize) {
    let name = plain(question.name);
    let answers = question.by_answer(&table.columns);
    if question.is_alike {
        wrapped(text, &format!("  {name}: "), &format!("{}, all alike", question.common()), width);
        return;
    }
    let _ = writeln!(text, "  {name}");
    for (answer, columns) in answers {
        wrapped(text, "    ", &format!("{answer}  ←  {}", columns.join(", ")), width);
    }
}

fn wrapped(text: &mut String, label: &str, words: &str, width: usize) {
    // A name that is cut in two cannot be searched for.
    let options = textwrap::Options::new(width)
        .initial_indent(label)
        .subsequent_indent("      ")
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    for line in textwrap::wrap(words, options) {
        let _ = writeln!(text, "{}", line.trim_end());
    }
}
