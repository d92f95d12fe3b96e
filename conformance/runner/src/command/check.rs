//! `crosswire check`

use super::{AS_EXPECTED, Outcome, Stop, say};
use crate::catalogue::Catalogue;
use std::path::Path;

pub(super) fn check(folder: Option<&Path>) -> Outcome {
    let read = folder.map_or_else(Catalogue::own, Catalogue::read);
    match read {
        Ok(catalogue) => {
            let profiles: std::collections::BTreeSet<_> =
                catalogue.entries.iter().map(|entry| entry.profile.as_str()).collect();
            let names: Vec<_> = profiles.into_iter().collect();
            let tests = match catalogue.entries.len() {
                1 => "1 test is".to_owned(),
                many => format!("{many} tests are"),
            };
            say(&format!("{tests} in order: {}\n", names.join(", ")));
            Ok(AS_EXPECTED)
        }
        Err(broken) => {
            let lines: Vec<_> = broken.iter().map(ToString::to_string).collect();
            let count: usize = broken.iter().map(|file| file.faults.len()).sum();
            let plural = if count == 1 { "fault" } else { "faults" };
            Err(Stop::usage(format!("{count} {plural}\n{}", lines.join("\n"))))
        }
    }
}
