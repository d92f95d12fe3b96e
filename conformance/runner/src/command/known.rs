//! `crosswire known update`: the known failures of a run, written where they belong, for a person to add the reasons.

use super::{AS_EXPECTED, Outcome, Stop, report, say};
use crate::{
    catalogue::selects,
    clients,
    manifest::{self, Entry, Side},
    results::{self, Recorded, Verdict},
    text,
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// What `reason` and `link` say until somebody has looked: an entry without them is refused when it is read.
const EMPTY: &str = "";

pub(super) fn update(results: &Path, manifests: &[std::path::PathBuf]) -> Outcome {
    let recorded = report::load(results)?;
    let mut owners: Vec<Entry> = Vec::new();
    let ran = |name: &str| recorded.header.clients.iter().any(|client| client.name == name);
    for path in manifests {
        let of_it = manifest::read(path, Side::Clients).map_err(Stop::usage)?;
        if !of_it.iter().any(|entry| ran(&entry.name)) {
            let names = |names: Vec<&str>| names.join(", ");
            return Err(Stop::usage(format!(
                "{}: none of its clients ({}) is in this run, which has {}; nothing was changed",
                path.display(),
                names(of_it.iter().map(|entry| entry.name.as_str()).collect()),
                names(recorded.header.clients.iter().map(|client| client.name.as_str()).collect()),
            )));
        }
        owners.extend(of_it);
    }
    owners.extend(clients::all().map_err(Stop::usage)?);
    let mut text = String::new();
    for client in &recorded.header.clients {
        let Some(owner) = owners.iter().find(|owner| owner.name == client.name) else { continue };
        let failing = failing(&recorded, &client.name);
        let fixed = fixed(&recorded, &client.name);
        if failing.is_empty() && fixed.is_empty() {
            continue;
        }
        let Some(file) = &owner.known_file else {
            text.push_str(&format!(
                "{}: its manifest names no `known` file; add \"known\": \"known.json\"\n",
                owner.name
            ));
            continue;
        };
        let (added, removed) = rewrite(file, &failing, &fixed)?;
        text.push_str(&format!("{}: {added} added, {removed} removed, in {}\n", owner.name, file.display()));
        if added > 0 {
            text.push_str("  each new entry needs a `reason` and a `link` before it is read\n");
        }
    }
    if text.is_empty() {
        text.push_str("nothing to change: every failure is listed, and every listed test fails\n");
    }
    say(&text);
    Ok(AS_EXPECTED)
}

/// The tests that fail and are not listed, each with the servers that it fails against; `*` for all that it ran against.
fn failing(recorded: &Recorded, client: &str) -> Vec<(String, String)> {
    let mut servers: BTreeMap<&str, (BTreeSet<&str>, BTreeSet<&str>)> = BTreeMap::new();
    for result in recorded.results.iter().filter(|result| result.client == client) {
        let (failed, passed) = servers.entry(&result.test).or_default();
        match (result.verdict, result.outcome) {
            (Verdict::Fail, results::Outcome::Regression) => failed.insert(&result.server),
            (Verdict::Pass, _) => passed.insert(&result.server),
            _ => false,
        };
    }
    let mut found = Vec::new();
    for (test, (failed, passed)) in servers {
        if failed.is_empty() {
            continue;
        }
        if passed.is_empty() {
            found.push((test.to_owned(), "*".to_owned()));
        } else {
            found.extend(failed.into_iter().map(|server| (test.to_owned(), server.to_owned())));
        }
    }
    found
}

/// The tests that are listed and pass.
fn fixed(recorded: &Recorded, client: &str) -> Vec<(String, String)> {
    let results = recorded.results.iter().filter(|result| result.client == client);
    let fixed = results.filter(|result| result.outcome == results::Outcome::Fixed);
    fixed.map(|result| (result.test.clone(), result.server.clone())).collect()
}

/// Adds and removes entries. What stays stays as it is; an entry for several tests or servers goes only by hand.
fn rewrite(
    file: &Path,
    failing: &[(String, String)],
    fixed: &[(String, String)],
) -> Result<(usize, usize), Stop> {
    let wrong = |error: String| Stop::usage(format!("{}: {error}", file.display()));
    let text = match text::read(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            r#"{"format": 1, "known": []}"#.to_owned()
        }
        Err(error) => return Err(wrong(error.to_string())),
    };
    let value: Value = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    let entries = value["known"].as_array().cloned().unwrap_or_default();
    let before = entries.len();
    let is_fixed = |entry: &Value| {
        let (test, server) = (&entry["test"], entry["server"].as_str().unwrap_or("*"));
        fixed.iter().any(|(fixed, on)| *test == **fixed && selects(server, on))
    };
    let mut kept: Vec<Value> = entries.into_iter().filter(|entry| !is_fixed(entry)).collect();
    let removed = before - kept.len();
    for (test, server) in failing {
        let mut entry = json!({"test": test});
        if server != "*" {
            entry["server"] = json!(server);
        }
        (entry["reason"], entry["link"]) = (json!(EMPTY), json!(EMPTY));
        kept.push(entry);
    }
    let lines: Vec<_> = kept.iter().map(|entry| format!("    {}", in_order(entry))).collect();
    let text = format!("{{\n  \"format\": 1,\n  \"known\": [\n{}\n  ]\n}}\n", lines.join(",\n"));
    // Beside it first: a file that is half written would be worse than one that is old.
    let beside = file.with_extension("json.new");
    fs::write(&beside, text)
        .and_then(|()| fs::rename(&beside, file))
        .map_err(|error| wrong(error.to_string()))?;
    Ok((failing.len(), removed))
}

/// An entry on one line, in the order in which people write them.
fn in_order(entry: &Value) -> String {
    let fields = ["test", "server", "client", "sometimes", "reason", "link"];
    let told = fields.iter().filter_map(|name| Some(format!("\"{name}\": {}", entry.get(name)?)));
    format!("{{{}}}", told.collect::<Vec<_>>().join(", "))
}
