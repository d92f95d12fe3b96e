//! From the lines of a file to a run.

use super::{FORMAT, Footer, Header, Line, TestResult};
use std::collections::HashSet;

/// A run as it was written down.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// What was run.
    pub header: Header,
    /// What came of it, in the order in which it came.
    pub results: Vec<TestResult>,
    /// The sums; missing where the run did not end.
    pub footer: Option<Footer>,
    /// What is incomplete about the file, in a sentence for people.
    pub incomplete: Option<String>,
}

/// Why a text is not the results of a run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResultsError {
    /// There is nothing.
    #[error("the file is empty: it has not even the header of a run")]
    Empty,
    /// There is less than a header.
    #[error("the file ends in the middle of its first line, the header, and tells nothing of the run")]
    NoHeader,
    /// A line is not one that is known.
    #[error("line {line}: {message}: {quoted}")]
    BadLine {
        /// Which, from 1.
        line: usize,
        /// What is wrong with it.
        message: String,
        /// Its beginning.
        quoted: String,
    },
    /// A line that is in order stands where it cannot.
    #[error("line {line}: {message}")]
    Misplaced {
        /// Which, from 1.
        line: usize,
        /// Why not.
        message: String,
    },
}

/// Reads a file of results. A last line that was cut in the middle is not an error but an incomplete run: whoever was
/// killed while writing still tells what it knew.
///
/// # Errors
/// Where a line is broken that is not the last, or lines do not belong together.
pub fn read(text: &str) -> Result<Recorded, ResultsError> {
    let lines: Vec<&str> = text.lines().collect();
    let is_cut = !text.ends_with('\n');
    let mut recorded: Option<Recorded> = None;
    let mut keys = HashSet::new();
    for (i, line) in lines.iter().enumerate() {
        let number = i + 1;
        let misplaced = |message: String| Err(ResultsError::Misplaced { line: number, message });
        let parsed = match serde_json::from_str::<Line>(line) {
            Ok(parsed) => parsed,
            Err(_) if is_cut && number == lines.len() && recorded.is_some() => {
                if let Some(recorded) = &mut recorded {
                    recorded.incomplete = Some(format!("line {number} is cut in the middle"));
                }
                break;
            }
            Err(error) if is_cut && number == 1 && error.is_eof() => return Err(ResultsError::NoHeader),
            Err(error) => {
                // A format of another shape is told by its number all the same.
                if let Some(format) = format_of(line).filter(|format| number == 1 && *format != FORMAT) {
                    return misplaced(unknown(format));
                }
                let quoted = line.chars().take(120).collect();
                return Err(ResultsError::BadLine { line: number, message: error.to_string(), quoted });
            }
        };
        match (parsed, &mut recorded) {
            (Line::Header(header), None) if header.format == FORMAT => {
                recorded =
                    Some(Recorded { header: *header, results: Vec::new(), footer: None, incomplete: None });
            }
            (Line::Header(header), None) => {
                return misplaced(unknown(header.format));
            }
            (Line::Header(_), Some(_)) => return misplaced("a second header".to_owned()),
            (_, None) => return misplaced("the first line must be the header of a run".to_owned()),
            (_, Some(Recorded { footer: Some(_), .. })) => {
                return misplaced("nothing may follow the footer".to_owned());
            }
            (Line::Result(result), Some(recorded)) => {
                if let Some((what, name)) = unnamed(&recorded.header, &result) {
                    return misplaced(format!(
                        "a result of the {what} `{name}`, whom the header does not name"
                    ));
                }
                let key = (result.client.clone(), result.server.clone(), result.test.clone(), result.attempt);
                if !keys.insert(key) {
                    return misplaced(format!(
                        "a second result of {} with {} against {}",
                        result.test, result.client, result.server
                    ));
                }
                recorded.results.push(*result);
            }
            (Line::Footer(footer), Some(recorded)) => {
                let sum: u64 = footer.verdicts.values().sum();
                if sum != footer.planned || recorded.results.len() as u64 != footer.planned {
                    return misplaced(format!(
                        "the footer says {} planned and {sum} by verdict, and there are {} results",
                        footer.planned,
                        recorded.results.len()
                    ));
                }
                recorded.footer = Some(footer);
            }
        }
    }
    let mut recorded = recorded.ok_or(ResultsError::Empty)?;
    if recorded.footer.is_none() {
        let (found, planned) = (recorded.results.len(), recorded.header.planned);
        let cut = recorded.incomplete.take().map(|cut| format!("; {cut}")).unwrap_or_default();
        recorded.incomplete =
            Some(format!("the run did not end: {found} of {planned} results are there, and no footer{cut}"));
    }
    Ok(recorded)
}

/// The client or the server of a result that is not of this run.
fn unnamed<'a>(header: &Header, result: &'a TestResult) -> Option<(&'static str, &'a str)> {
    if !header.clients.iter().any(|client| client.name == result.client) {
        return Some(("client", &result.client));
    }
    let is_named = header.servers.iter().any(|server| server.name == result.server);
    (!is_named).then_some(("server", &result.server))
}

fn format_of(header: &str) -> Option<u64> {
    serde_json::from_str::<serde_json::Value>(header).ok()?.get("format")?.as_u64()
}

fn unknown(format: u64) -> String {
    format!("format {format} is not known; this reads format {FORMAT}")
}
