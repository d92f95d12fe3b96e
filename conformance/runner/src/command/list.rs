//! `crosswire list`

use super::{AS_EXPECTED, ListArguments, Outcome, say};
use serde_json::json;
use std::fmt::Write as _;

pub(super) fn list(arguments: &ListArguments) -> Outcome {
    let catalogue = arguments.selection.catalogue()?;
    let mut text = String::new();
    let widest = catalogue.entries.iter().map(|entry| entry.test.id.len()).max().unwrap_or_default();
    for entry in &catalogue.entries {
        let test = &entry.test;
        // A string takes whatever is written to it.
        if arguments.json {
            let line = json!({
                "id": test.id, "rev": entry.rev, "title": test.title, "why": test.why, "level": test.level.name(),
                "spec": test.spec, "needs": {"client": test.needs_client, "server": test.needs_server},
                "kills": test.kills, "formerly": test.formerly,
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
