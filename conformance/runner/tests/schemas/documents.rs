//! What documents show as JSON is what the schemas allow.

use crate::schema::{Schema, conformance};
use crosswire_runner::results::{Outcome, Verdict};
use serde_json::Value;
use std::fs;

const PAGES: [&str; 8] = [
    "../README.md",
    "../docs/add-a-test.md",
    "../docs/protocol.md",
    "../docs/results.md",
    "../docs/your-own.md",
    "README.md",
    "drivers.md",
    "servers.md",
];

fn page(name: &str) -> String {
    fs::read_to_string(conformance().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The schema of a value, by what is in it.
fn schema_of(value: &Value) -> Option<&'static str> {
    let has = |field: &str| value.get(field).is_some();
    let schemas = [
        (has("profile"), "suite.schema.json"),
        (has("steps"), "suite.schema.json#/$defs/test"),
        (has("clients") || has("servers"), "impl.schema.json"),
        (has("known"), "known.schema.json"),
        (has("list"), "frozen.schema.json"),
    ];
    schemas.into_iter().find(|(is, _)| *is).map(|(_, schema)| schema)
}

#[test]
fn what_is_shown_in_full_is_valid() {
    let mut held = 0;
    for name in PAGES {
        for block in page(name).split("```json\n").skip(1) {
            let text = block.split("```").next().unwrap();
            if text.contains('…') {
                continue;
            }
            let value: Value =
                serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}: {text}"));
            if let Some(schema) = schema_of(&value) {
                Schema::named(schema).assert_allows(&value, name);
                held += 1;
            }
        }
    }
    assert!(held >= 6, "only {held} pieces of JSON are held against a schema");
}

#[test]
fn the_lines_of_the_driver_protocol_are_valid() {
    let drivers = page("drivers.md");
    let schema = Schema::named("driver.schema.json");
    let mut held = 0;
    for block in drivers.split("```\n").skip(1).step_by(2) {
        // A line that is broken to be read goes on where no arrow stands.
        let lines = block.lines().fold(Vec::<String>::new(), |mut lines, line| {
            match (line.strip_prefix("-> ").or_else(|| line.strip_prefix("<- ")), lines.last_mut()) {
                (Some(line), _) => lines.push(line.to_owned()),
                (None, Some(last)) => last.push_str(line.trim_start()),
                (None, None) => {}
            }
            lines
        });
        let read = |line: &String| match serde_json::from_str::<Value>(line) {
            Ok(value) => Some(value),
            // Something is left out.
            Err(_) if line.contains('…') => None,
            Err(error) => panic!("{error}: {line}"),
        };
        let lines: Vec<_> = lines.iter().filter_map(read).collect();
        // What is answered by an error is there to show what no driver knows.
        let unknown: Vec<_> = lines.iter().filter_map(|line| line.get("error")?.get("c")).collect();
        for line in &lines {
            if line.get("cmd").is_some() && unknown.contains(&&line["c"]) {
                assert!(!schema.allows(line), "{line}");
            } else {
                schema.assert_allows(line, &line.to_string());
            }
            held += 1;
        }
    }
    assert!(held >= 12, "{held}");
}

#[test]
fn the_tables_of_verdicts_and_outcomes_are_complete() {
    let results = page("../docs/results.md");
    let names = |head: &str| -> Vec<String> {
        let table = results.split("\n\n").find(|part| part.starts_with(head)).unwrap().to_owned();
        table.lines().skip(2).map(|row| row.split('`').nth(1).unwrap().to_owned()).collect()
    };
    assert_eq!(names("| verdict |"), Verdict::ALL.map(Verdict::name));
    assert_eq!(names("| outcome |"), Outcome::ALL.map(Outcome::name));
}

#[test]
fn what_a_page_refers_to_is_there() {
    for name in PAGES {
        let folder = conformance().join(name).parent().unwrap().to_owned();
        for link in page(name).split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            let (file, anchor) =
                link.split_once('#').map_or((link, None), |(file, anchor)| (file, Some(anchor)));
            if link.starts_with("http") || file.is_empty() && anchor.is_none() {
                continue;
            }
            let target = if file.is_empty() { conformance().join(name) } else { folder.join(file) };
            assert!(target.exists(), "{name}: there is no {link}");
            if let Some(anchor) = anchor {
                let text = fs::read_to_string(&target).unwrap();
                let headings = text.lines().filter(|line| line.starts_with('#'));
                let mut anchors = headings.map(|line| {
                    let heading = line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
                    heading.chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect::<String>()
                });
                assert!(anchors.any(|found| found == anchor), "{name}: no heading for {link}");
            }
        }
    }
}
