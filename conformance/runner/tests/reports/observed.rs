//! What tests observed, side by side.

use crate::{HOSTILE, commands_of_a_terminal, data, plain, run::Run};
use crosswire_runner::report::{Style, differences, html, markdown};
use crosswire_runner::results::{Observed, Party, Recorded, TestResult, Verdict};
use serde_json::{Value, json};

fn answer(name: &str, about: Party, value: Option<Value>) -> impl Fn(&mut TestResult) + use<> {
    let observed = Observed { name: name.to_owned(), about, value };
    move |result| result.observed.push(observed.clone())
}

/// Three clients and two servers: what a reset is reported as, and who compresses.
fn three() -> Run {
    let code = |code: u64| answer("code", Party::Client, Some(json!(code)));
    let clean = answer("clean", Party::Client, Some(json!(false)));
    let compresses = |value: Option<Value>| answer("compresses", Party::Server, value);
    Run::of(&["go", "python", "node"], &["rust", "dotnet"], &["p/reset", "p/handshake"])
        .with("go", "*", "p/reset", code(1006))
        .with("python", "*", "p/reset", code(1006))
        .with("node", "rust", "p/reset", code(1005))
        .with("node", "dotnet", "p/reset", code(1006))
        .with("*", "*", "p/reset", clean)
        .with("*", "rust", "p/handshake", compresses(Some(json!([]))))
        .with("go", "dotnet", "p/handshake", compresses(None))
        .with("python", "dotnet", "p/handshake", compresses(Some(json!(["deflate"]))))
        .with("node", "dotnet", "p/handshake", compresses(Some(json!(["deflate"]))))
}

fn shown(recorded: &Recorded) -> String {
    differences(recorded, Style::PLAIN)
}

fn has(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.lines().any(|found| found == *line), "{line:?} is not in\n{text}");
    }
}

#[test]
fn answers_stand_side_by_side_and_those_that_are_alike_in_a_line() {
    let text = shown(&three().recorded());
    has(
        &text,
        &[
            "Clients: 1 of 2 questions answered differently",
            "    1006  ←  go, python",
            "    1005; 1006 with dotnet  ←  node",
            "  clean: false, all alike",
            "Servers: 1 of 1 question answered differently",
            "    []  ←  rust",
            // Who has not asked it tells nothing of a server.
            "    [\"deflate\"]  ←  dotnet",
        ],
    );
}

#[test]
fn the_terminal_says_only_that_there_are_some() {
    let text = plain(&three().recorded());
    assert!(text.contains("differences: 2 of 3 questions are answered differently;"), "{text}");
    assert!(!text.contains("1005"), "{text}");
    assert!(!plain(&Run::nine().recorded()).contains("differences"));
}

#[test]
fn the_summary_marks_what_most_do_not_do() {
    let run = three().with("node", "*", "p/reset", |result| result.observed[0].value = Some(json!(1001)));
    let text = markdown(&run.recorded(), None);
    assert!(text.contains("| 1006 | 1006 | **1001** |"), "{text}");
    assert!(text.contains("All alike:"), "{text}");
    assert!(!markdown(&Run::nine().recorded(), None).contains("<details>"));
}

#[test]
fn the_page_has_the_tables() {
    let tables = &data(&html(&three().recorded(), None))["observations"];
    assert_eq!(tables[0]["about"], "client");
    assert_eq!(tables[0]["columns"], json!(["go", "python", "node"]));
    let question = &tables[0]["questions"][0];
    assert_eq!((&question["as"], &question["is_alike"]), (&json!("code"), &json!(false)));
    let cell = json!({"value": "1005", "but": [["1006", ["dotnet"]]], "differs": true});
    assert_eq!(question["cells"][2], cell);
    assert_eq!(tables[1]["questions"][0]["cells"][1]["value"], "[\"deflate\"]");
}

#[test]
fn nothing_and_null_are_two_answers_and_unsupported_is_none() {
    let run = Run::of(&["go", "python", "node"], &["rust"], &["p/close"])
        .with("go", "*", "*", answer("code", Party::Client, None))
        .with("python", "*", "*", answer("code", Party::Client, Some(Value::Null)))
        .verdict("node", "rust", "p/close", Verdict::Unsupported);
    let recorded = run.recorded();
    has(&shown(&recorded), &["    nothing  ←  go", "    null  ←  python"]);
    let tables = &data(&html(&recorded, None))["observations"];
    assert_eq!(tables[0]["questions"][0]["cells"][2], Value::Null);
}

#[test]
fn what_a_driver_said_that_lied_is_in_no_table() {
    let run = three().verdict("node", "*", "p/reset", Verdict::HarnessError);
    let text = shown(&run.recorded());
    has(&text, &["  code: 1006, all alike"]);
    assert!(!text.contains("1005"), "{text}");
}

#[test]
fn hostile_answers_stay_text() {
    let run = Run::of(&["go"], &["rust"], &["p/x"]).with(
        "*",
        "*",
        "*",
        answer(HOSTILE, Party::Client, Some(json!(HOSTILE))),
    );
    let recorded = run.recorded();
    assert!(commands_of_a_terminal(&shown(&recorded)).is_empty());
    assert!(!markdown(&recorded, None).contains("<b onclick"));
    assert!(!html(&recorded, None).contains("<b onclick"));
}
