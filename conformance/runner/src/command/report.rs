//! `crosswire report`, and the writing of reports.

use super::{AS_EXPECTED, NOT_AS_EXPECTED, Outcome, Stop, say, style};
use crate::{
    record::RESULTS,
    report::{Difference, differences, html, junit, markdown, terminal},
    results::{self, Outcome as Held, Recorded, ResultsError, TestResult, Verdict},
    text,
};
use crosswire_suite::suite::Level;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

pub(super) fn report(
    path: &Path,
    against: Option<&Path>,
    out: Option<&Path>,
    shows_differences: bool,
) -> Outcome {
    let recorded = load(path)?;
    let difference = compare(&recorded, against)?;
    if let Some(out) = out {
        write(&recorded, difference.as_ref(), out).map_err(|error| cannot_write(out, &error))?;
    }
    if shows_differences {
        say(&match differences(&recorded, style()) {
            none if none.is_empty() => "no test of this run has observed anything\n".to_owned(),
            some => some,
        });
    } else {
        show(&recorded, difference.as_ref());
    }
    Ok(if is_as_expected(&recorded) { AS_EXPECTED } else { NOT_AS_EXPECTED })
}

/// Shows a run on standard output.
pub(super) fn show(recorded: &Recorded, difference: Option<&Difference>) {
    say(&terminal(recorded, difference, style()));
    let has_regressions = recorded.results.iter().any(|result| result.outcome == Held::Regression);
    if has_regressions && is_as_expected(recorded) {
        say(&format!("  only `{}` counts for the exit code\n", fail_on(recorded).name()));
    }
}

/// Whether the run has ended with 0. One that did not end is as wrong as one that did not go as expected, and so is one in
/// which nothing passes: it proves nothing.
fn is_as_expected(recorded: &Recorded) -> bool {
    let fail_on = fail_on(recorded);
    let level = |id: &str| recorded.header.tests.iter().find(|test| test.id == id).map(|test| &*test.level);
    // What the header does not name counts.
    let counts = |id: &str| {
        let level = Level::NAMES.iter().find(|(name, _)| Some(*name) == level(id));
        level.is_none_or(|(_, level)| *level <= fail_on)
    };
    let is_wrong = |result: &TestResult| {
        matches!(result.outcome, Held::Regression | Held::Fixed) && counts(&result.test)
    };
    recorded.footer.as_ref().is_some_and(|footer| footer.faults.is_empty() && !footer.interrupted)
        && recorded.results.iter().any(|result| result.verdict == Verdict::Pass)
        && !recorded.results.iter().any(is_wrong)
}

/// The lowest level that counted in the run, as its command says.
fn fail_on(recorded: &Recorded) -> Level {
    let mut words = recorded.header.command.iter().map(String::as_str);
    let mut fail_on = Level::May;
    while let Some(word) = words.next() {
        let value = if word == "--fail-on" { words.next() } else { word.strip_prefix("--fail-on=") };
        let named = value.and_then(|value| Level::NAMES.iter().find(|(name, _)| *name == value));
        fail_on = named.map_or(fail_on, |(_, level)| *level);
    }
    fail_on
}

/// Reads a run that was written down.
pub(super) fn load(path: &Path) -> Result<Recorded, Stop> {
    let file: PathBuf = if path.is_dir() { path.join(RESULTS) } else { path.to_owned() };
    let wrong = |error: String| Stop::usage(format!("{}: {error}", file.display()));
    let bytes = fs::read(&file).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            wrong("it is not there; `crosswire run` writes it into the folder that `--out` names".to_owned())
        }
        _ => wrong(error.to_string()),
    })?;
    if let Some(other) = text::other_than_plain(&bytes) {
        return Err(wrong(other.to_owned()));
    }
    results::read(&String::from_utf8_lossy(&bytes)).map_err(|error| match error {
        ResultsError::BadLine { line: 1, .. } => {
            wrong(format!("{error}; these are no results, as `crosswire run` writes them into {RESULTS}"))
        }
        error => wrong(error.to_string()),
    })
}

/// The difference from an earlier run, where one was named.
pub(super) fn compare(recorded: &Recorded, against: Option<&Path>) -> Result<Option<Difference>, Stop> {
    against.map(|path| load(path).map(|earlier| Difference::between(&earlier, recorded))).transpose()
}

/// Writes every report of a run into a folder.
pub(super) fn write(recorded: &Recorded, difference: Option<&Difference>, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    write_whole(folder, "junit.xml", &junit(recorded))?;
    write_whole(folder, "summary.md", &markdown(recorded, difference))?;
    write_whole(folder, "matrix.html", &html(recorded, difference))
}

/// Writes a file whole or not at all: half a report looks like one, and says something else.
fn write_whole(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    let unfinished = folder.join(format!("{name}.new"));
    let written = fs::write(&unfinished, text).and_then(|()| fs::rename(&unfinished, folder.join(name)));
    if written.is_err() {
        // Where it was never there, so much the better.
        let _ = fs::remove_file(&unfinished);
    }
    written
}

pub(super) fn cannot_write(folder: &Path, error: &io::Error) -> Stop {
    let why = match error.kind() {
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            "it is a file, or lies in one; give a folder".to_owned()
        }
        _ => error.to_string(),
    };
    Stop::usage(format!("the results cannot be written to {}: {why}", folder.display()))
}
