//! `crosswire report`, and the writing of reports.

use super::{AS_EXPECTED, NOT_AS_EXPECTED, Outcome, Stop, say, style};
use crate::{
    record::RESULTS,
    report::{Difference, differences, html, junit, markdown, terminal},
    results::{self, Outcome as Held, Recorded, ResultsError},
};
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
        say(&terminal(&recorded, difference.as_ref(), style()));
    }
    let is_wrong = |outcome: &Held| matches!(outcome, Held::Regression | Held::Fixed);
    // A run that did not end is as wrong as one that did not go as expected.
    let has_faults = recorded.footer.as_ref().is_none_or(|footer| !footer.faults.is_empty());
    let is_wrong = has_faults || recorded.results.iter().any(|result| is_wrong(&result.outcome));
    Ok(if is_wrong { NOT_AS_EXPECTED } else { AS_EXPECTED })
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
    fs::write(folder.join("junit.xml"), junit(recorded))?;
    fs::write(folder.join("summary.md"), markdown(recorded, difference))?;
    fs::write(folder.join("matrix.html"), html(recorded, difference))
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
