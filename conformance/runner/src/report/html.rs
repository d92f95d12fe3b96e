//! `matrix.html`: everything of a run in one file that needs nothing else, neither a network nor a server.
//!
//! The page is put together from three files beside this one; what it shows is in it as JSON, and a script makes the page
//! from that. Its security policy allows that script and that style, by their hashes, and nothing else: whatever text a
//! client, a server or a suite brings along stays text.

use super::blame::blame;
use super::command::{Commands, quoted};
use super::difference::Difference;
use super::frozen::kept;
use super::observations::observations;
use super::overview::Overview;
use super::terminal::{Style, terminal};
use super::text::{accounted, asked, faults, profile, revision, shortfall, sign, spared, unexpected};
use crate::results::{Outcome, Recorded, TestResult, Verdict};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;

const TEMPLATE: &str = include_str!("matrix.html");
const STYLE: &str = include_str!("matrix.css");
const SCRIPT: &str = include_str!("matrix.js");

/// The page.
#[must_use]
pub fn html(recorded: &Recorded, difference: Option<&Difference>) -> String {
    let data = in_a_script(&data(recorded, difference));
    let plain = in_an_element(&terminal(recorded, difference, Style { colours: false, width: 100 }));
    let (style, script) = (hash(STYLE), hash(SCRIPT));
    // In one pass, so that nothing that was put in is looked at again.
    let mut page =
        String::with_capacity(TEMPLATE.len() + STYLE.len() + SCRIPT.len() + data.len() + plain.len());
    for (i, part) in TEMPLATE.split("@@").enumerate() {
        page.push_str(match part {
            _ if i % 2 == 0 => part,
            "style" => STYLE,
            "script" => SCRIPT,
            "data" => &data,
            "plain" => &plain,
            "style-hash" => &style,
            "script-hash" => &script,
            other => unreachable!("the template has a place for {other}"),
        });
    }
    page
}

fn data(recorded: &Recorded, difference: Option<&Difference>) -> Value {
    let header = &recorded.header;
    let overview = Overview::of(recorded);
    let commands = Commands::of(header);
    let clients: Vec<_> = overview
        .clients
        .iter()
        .map(|name| {
            let told = header.clients.iter().find(|client| client.name == **name);
            json!({"name": name, "told": told, "option": commands.client(name)})
        })
        .collect();
    let servers: Vec<_> = overview
        .servers
        .iter()
        .map(|name| {
            let told = header.servers.iter().find(|server| server.name == **name);
            json!({"name": name, "told": told, "option": commands.server(name)})
        })
        .collect();
    let tests: Vec<_> = overview
        .tests
        .iter()
        .map(|test| json!({"id": test.id, "profile": profile(test.id), "told": test.told, "word": quoted(test.id)}))
        .collect();
    json!({
        "run": {
            "started": header.started,
            "crosswire": header.crosswire,
            "revision": revision(recorded),
            "system": header.system,
            "list": header.list,
            "time_scale": header.time_scale,
            "command": header.command.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "),
            "planned": header.planned,
            "recorded": recorded.results.len(),
            "accounted": accounted(recorded),
            "unexpected": unexpected(recorded),
            "sign": {"kind": sign(recorded).name(), "mark": sign(recorded).mark()},
            "frozen": kept(header, &overview),
            "asked": header.servers.iter().flat_map(asked).collect::<Vec<_>>(),
            "heavy": header.heavy,
            "spared": spared(header),
            "incomplete": shortfall(recorded),
            "faults": faults(recorded),
            "ms": recorded.footer.as_ref().map(|footer| footer.ms),
        },
        "skipped": header.skipped,
        "clients": clients,
        "servers": servers,
        "tests": tests,
        "options": commands.options(),
        "verdicts": Verdict::ALL.map(Verdict::name),
        "outcomes": Outcome::ALL.map(Outcome::name),
        "observations": observations(recorded, &overview),
        "results": results(recorded, &overview),
        "difference": difference,
    })
}

/// A list for each result, which is far shorter than an object: places of client, server and test, the round, places of
/// verdict and outcome, milliseconds, and an object where there is more to tell.
fn results(recorded: &Recorded, overview: &Overview<'_>) -> Vec<Value> {
    let places = |names: &[&str]| -> HashMap<String, usize> {
        names.iter().enumerate().map(|(i, name)| ((*name).to_owned(), i)).collect()
    };
    let clients = places(&overview.clients);
    let servers = places(&overview.servers);
    let tests = places(&overview.tests.iter().map(|test| test.id).collect::<Vec<_>>());
    let hints = blame(recorded);
    let place_of = |result: &TestResult| {
        let verdict = Verdict::ALL.iter().position(|verdict| *verdict == result.verdict);
        let outcome = Outcome::ALL.iter().position(|outcome| *outcome == result.outcome);
        (verdict, outcome)
    };
    let mut all = Vec::with_capacity(recorded.results.len());
    for result in &recorded.results {
        let (verdict, outcome) = place_of(result);
        let mut row = vec![
            json!(clients[&result.client]),
            json!(servers[&result.server]),
            json!(tests[&result.test]),
            json!(result.attempt),
            json!(verdict),
            json!(outcome),
            json!((result.ms * 10.0).round() / 10.0),
        ];
        let key = (result.client.clone(), result.server.clone(), result.test.clone());
        row.extend(more(result, hints.get(&key)));
        all.push(Value::Array(row));
    }
    all
}

fn more(result: &TestResult, hint: Option<&super::blame::Blame>) -> Option<Value> {
    let mut more = serde_json::Map::new();
    let mut put = |name: &str, value: Value| {
        let is_empty = match &value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(fields) => fields.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        };
        if !is_empty {
            more.insert(name.to_owned(), value);
        }
    };
    put("reason", json!(result.reason));
    put("known", json!(result.known));
    put("notes", json!(result.notes));
    put("observed", json!(result.observed));
    put("transcript", json!(result.transcript));
    put("seen", json!(result.seen));
    put("stderr", json!(result.stderr));
    if super::overview::is_failure(result.verdict) {
        put("blame", json!(hint));
    }
    (!more.is_empty()).then_some(Value::Object(more))
}

/// JSON that cannot end the element that it stands in.
fn in_a_script(data: &Value) -> String {
    data.to_string().replace('<', "\\u003c")
}

fn in_an_element(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// What a security policy calls a script or a style by.
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}
