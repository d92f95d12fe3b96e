//! Writing a run down as it goes: line by line, so that a run that is killed still tells what it knew.
//!
//! Whether it can be written is found out before anything is started; the results of the run before are replaced only when
//! there is a run to write down.

use crate::{
    results::{Fault, Footer, Git, Header, Line, Outcome, TestResult, Times, Verdict},
    run::Ended,
};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};
use tokio::{process::Command, time::timeout};

/// Told of every result as it comes.
pub type Watch = Box<dyn FnMut(&TestResult, u64, u64) + Send>;

/// The results, and what is made of them; those of the run before go when there are others.
pub(crate) const RESULTS: &str = "results.ndjson";
pub(crate) const REPORTS: [&str; 3] = ["matrix.html", "summary.md", "junit.xml"];
/// The results, until there is something in them.
const UNBEGUN: &str = "results.ndjson.new";

/// A file of results that is being written.
pub struct Record {
    file: File,
    folder: PathBuf,
    /// Whether the folder was made for it.
    made_folder: bool,
    has_begun: bool,
    watch: Watch,
    planned: u64,
    verdicts: BTreeMap<Verdict, u64>,
    outcomes: BTreeMap<Outcome, u64>,
    /// Whether a result that counts was not as expected.
    has_surprised: bool,
    written: u64,
    failed: Option<io::Error>,
}

impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Record")
            .field("planned", &self.planned)
            .field("written", &self.written)
            .finish_non_exhaustive()
    }
}

impl Record {
    /// Makes sure that results can be written into a folder.
    ///
    /// # Errors
    /// Where they cannot.
    pub fn create(folder: &Path, watch: Watch) -> io::Result<Self> {
        let made_folder = !folder.exists();
        fs::create_dir_all(folder)?;
        Ok(Self {
            file: File::create(folder.join(UNBEGUN))?,
            folder: folder.to_owned(),
            made_folder,
            has_begun: false,
            watch,
            planned: 0,
            verdicts: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            has_surprised: false,
            written: 0,
            failed: None,
        })
    }

    /// Begins a run. The results of the run before are replaced when the header of this one is written.
    ///
    /// # Errors
    /// Where it cannot be: then those of the run before are still there.
    pub(crate) fn begin(&mut self, header: Header) -> io::Result<()> {
        self.planned = header.planned;
        self.write(&Line::Header(Box::new(header)));
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        fs::rename(self.folder.join(UNBEGUN), self.folder.join(RESULTS))?;
        self.has_begun = true;
        for report in REPORTS {
            // Where it was not there, so much the better.
            let _ = fs::remove_file(self.folder.join(report));
        }
        Ok(())
    }

    /// Writes a result down. One that does not count changes nothing of how the run ended.
    pub(crate) fn add(&mut self, result: TestResult, counts: bool) {
        self.has_surprised |= counts && matches!(result.outcome, Outcome::Regression | Outcome::Fixed);
        *self.verdicts.entry(result.verdict).or_default() += 1;
        *self.outcomes.entry(result.outcome).or_default() += 1;
        self.written += 1;
        (self.watch)(&result, self.written, self.planned);
        self.write(&Line::Result(Box::new(result)));
    }

    pub(crate) fn end(
        mut self,
        took: Duration,
        times: Times,
        interrupted: bool,
        faults: Vec<Fault>,
    ) -> Ended {
        let mut ended = Ended {
            is_as_expected: faults.is_empty() && !self.has_surprised,
            has_passed: self.verdicts.contains_key(&Verdict::Pass),
            interrupted,
            unwritten: None,
        };
        let footer = Footer {
            planned: self.planned,
            verdicts: std::mem::take(&mut self.verdicts),
            outcomes: std::mem::take(&mut self.outcomes),
            ms: milliseconds(took),
            times,
            interrupted,
            faults,
        };
        self.write(&Line::Footer(footer));
        ended.unwritten = self.failed.take().map(|error| error.to_string());
        ended
    }

    /// One write a line, so that no line is ever half there unless the machine stops in the middle of it.
    fn write(&mut self, line: &Line) {
        let written = serde_json::to_string(line).map_err(io::Error::other).and_then(|mut text| {
            text.push('\n');
            self.file.write_all(text.as_bytes())
        });
        if let Err(error) = written {
            self.failed.get_or_insert(error);
        }
    }
}

impl Drop for Record {
    /// A run that was not begun leaves nothing behind.
    fn drop(&mut self) {
        if !self.has_begun {
            let _ = fs::remove_file(self.folder.join(UNBEGUN));
            if self.made_folder {
                let _ = fs::remove_dir(&self.folder);
            }
        }
    }
}

/// A time as results have it: milliseconds, to the hundredth.
pub(crate) fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e5).round() / 100.0
}

/// The time, as RFC 3339 has it.
pub(crate) fn now() -> String {
    let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = date(days);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

/// The date so many days after the first of January 1970, in the Gregorian calendar.
fn date(days: u64) -> (u64, u64, u64) {
    // Counted from the first of March of the year 0, so that a leap day is a year's last.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

/// The state of the repository that we are in, if we are in one.
pub(crate) async fn git() -> Option<Git> {
    let ask = |arguments: &'static [&'static str]| async move {
        let output =
            timeout(Duration::from_secs(2), Command::new("git").args(arguments).output()).await.ok()?.ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let (revision, status) =
        tokio::join!(ask(&["rev-parse", "--short=12", "HEAD"]), ask(&["status", "--porcelain"]));
    Some(Git { revision: revision?, dirty: status.is_none_or(|status| !status.is_empty()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_dates() {
        for (days, wanted) in
            [(0, (1970, 1, 1)), (59, (1970, 3, 1)), (11_016, (2000, 2, 29)), (20_778, (2026, 11, 21))]
        {
            assert_eq!(date(days), wanted);
        }
    }
}
