//! `crosswire list`

use super::{AS_EXPECTED, ListArguments, Outcome, Stop, say};
use crate::{catalogue::Entry, frozen::Frozen};
use crosswire_suite::suite::Kill;
use serde_json::{Value, json};
use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

pub(super) fn list(arguments: &ListArguments) -> Outcome {
    let catalogue = arguments.selection.catalogue()?;
    if let Some(path) = &arguments.freeze {
        return freeze(path, arguments.draft, &catalogue.entries);
    }
    let mut text = String::new();
    let widest = catalogue.entries.iter().map(|entry| entry.test.id.len()).max().unwrap_or_default();
    for entry in &catalogue.entries {
        let test = &entry.test;
        // A string takes whatever is written to it.
        if arguments.json {
            let kills: Vec<_> = test.kills.iter().map(written).collect();
            let line = json!({
                "id": test.id, "rev": entry.rev, "title": test.title, "why": test.why, "level": test.level.name(),
                "spec": test.spec, "needs": {"client": test.needs_client, "server": test.needs_server},
                "kills": kills, "formerly": test.formerly,
            });
            let _ = writeln!(text, "{line}");
        } else {
            let needs: Vec<_> =
                test.needs_client.iter().chain(&test.needs_server).map(String::as_str).collect();
            let needs = if needs.is_empty() { String::new() } else { format!("  [{}]", needs.join(" ")) };
            let _ = writeln!(text, "{:widest$}  {:<6}  {}{needs}", test.id, test.level.name(), test.title);
        }
    }
    say(&text);
    Ok(AS_EXPECTED)
}

/// As it stands in the suite.
fn written(Kill { mutant, needs_client }: &Kill) -> Value {
    if needs_client.is_empty() { json!(mutant) } else { json!({"mutant": mutant, "needs": needs_client}) }
}

fn freeze(path: &Path, draft: bool, entries: &[Entry]) -> Outcome {
    let text = path.to_string_lossy();
    let path =
        PathBuf::from(if text.ends_with(".json") { text.into_owned() } else { format!("{text}.json") });
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let cannot = |error| Stop::usage(format!("{}: {error}", path.display()));
    let list = Frozen::of(name.clone(), draft, entries);
    if let Some(why) = list.takes_a_name(&path) {
        return Err(Stop::usage(format!("{}: {why}", path.display())));
    }
    list.write(&path).map_err(cannot)?;
    let how = if draft { "a draft, to be frozen again as its tests change" } else { "frozen" };
    say(&format!("{name}: {} tests in {}, {how}\n", entries.len(), path.display()));
    Ok(AS_EXPECTED)
}
