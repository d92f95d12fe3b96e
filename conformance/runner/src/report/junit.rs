//! `junit.xml`, which continuous integration shows: a suite for each client and server, a case for each result.

use super::command::Commands;
use super::overview::{Overview, Planned};
use super::text::{faults, plain, profile, shortfall};
use crate::results::{Fault, Outcome, Reason, Recorded, TestResult, Verdict};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::fmt::Write as _;
use std::time::Duration;

/// The report as JUnit's XML. What was planned and has no result is an error, so that an incomplete run is no success.
#[must_use]
pub fn junit(recorded: &Recorded) -> String {
    let overview = Overview::of(recorded);
    let commands = Commands::of(&recorded.header);
    let mut report = Report::new("crosswire");
    if let Some(footer) = &recorded.footer {
        report.set_time(duration(footer.ms));
    }
    for cell in &overview.cells {
        let (client, server) = (overview.clients[cell.client], overview.servers[cell.server]);
        let mut suite = TestSuite::new(xml(&format!("{client} × {server}")));
        suite.add_property(("client", xml(client).as_str()));
        suite.add_property(("server", xml(server).as_str()));
        suite.add_property(("started", xml(&recorded.header.started).as_str()));
        if let Some(frozen) = &recorded.header.frozen {
            suite.add_property(("frozen", xml(&frozen.list).as_str()));
        }
        if let Some(shortfall) = shortfall(recorded) {
            suite.add_property(("incomplete", xml(&shortfall).as_str()));
        }
        for row in &cell.rows {
            let test = &overview.tests[row.test];
            for result in &row.rounds {
                let name = match row.rounds.len() {
                    1 => test.id.to_owned(),
                    _ => format!("{} (round {})", test.id, result.attempt),
                };
                let mut case = case(&name, test, status(test, result, &commands));
                case.set_time(duration(result.ms));
                if !result.stderr.is_empty() {
                    case.set_system_err(xml(&result.stderr));
                }
                if let Some(said) = said(result) {
                    case.set_system_out(xml(&said));
                }
                suite.add_test_case(case);
            }
            if row.rounds.is_empty() {
                let mut missing = TestCaseStatus::non_success(NonSuccessKind::Error);
                missing
                    .set_type("no_result")
                    .set_message("the run is incomplete: there is no result of this test");
                suite.add_test_case(case(test.id, test, missing));
            }
        }
        report.add_test_suite(suite);
    }
    if let faults @ [_, ..] = faults(recorded) {
        let mut suite = TestSuite::new("beside the tests");
        for Fault { by, message } in faults {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_type("fault").set_message(xml(message));
            suite.add_test_case(TestCase::new(xml(&by.in_words()), status));
        }
        report.add_test_suite(suite);
    }
    if !recorded.header.skipped.is_empty() {
        let mut suite = TestSuite::new("skipped");
        for skipped in &recorded.header.skipped {
            let mut status = TestCaseStatus::skipped();
            status.set_message(xml(&skipped.why));
            let name = format!("{} {}", skipped.role.name(), skipped.name);
            suite.add_test_case(TestCase::new(xml(&name), status));
        }
        report.add_test_suite(suite);
    }
    // Writing to memory fails only where the clock of the report cannot be written, and none is set.
    report.to_string().unwrap_or_default()
}

fn case(name: &str, test: &Planned<'_>, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(xml(name), status);
    case.set_classname(xml(profile(test.id)));
    case
}

fn status(test: &Planned<'_>, result: &TestResult, commands: &Commands) -> TestCaseStatus {
    let mut status = match (result.outcome, result.verdict) {
        (Outcome::Fixed, _) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status
                .set_type("fixed")
                .set_message("it passes, and is listed among the known failures: remove the entry");
            return status;
        }
        (Outcome::Known, _) | (_, Verdict::Unsupported) => TestCaseStatus::skipped(),
        (_, Verdict::Pass) => return TestCaseStatus::success(),
        (_, Verdict::Fail) => TestCaseStatus::non_success(NonSuccessKind::Failure),
        (_, Verdict::Timeout | Verdict::Crash | Verdict::HarnessError | Verdict::NotRun) => {
            TestCaseStatus::non_success(NonSuccessKind::Error)
        }
    };
    let message = match (&result.known, &result.reason) {
        (Some(known), _) if result.outcome == Outcome::Known => format!("{} ({})", known.reason, known.link),
        (_, Some(reason)) => reason.message.clone(),
        _ => result.verdict.name().to_owned(),
    };
    let kind = result.reason.as_ref().map_or_else(|| result.verdict.name(), |reason| reason.code.as_str());
    status
        .set_type(xml(kind))
        .set_message(xml(&message))
        .set_description(xml(&description(test, result, commands)));
    status
}

fn description(test: &Planned<'_>, result: &TestResult, commands: &Commands) -> String {
    let mut text = String::new();
    if let Some(told) = test.told {
        let _ = writeln!(text, "{}\n{}", told.title, told.why);
    }
    if let Some(Reason { step, at, want, got, .. }) = &result.reason {
        if let Some(step) = step {
            let step = test.told.map_or_else(|| step.clone(), |told| super::step::at(&told.steps, step));
            let _ = writeln!(text, "step {step}");
        }
        for (label, value) in [("at", at), ("want", want), ("got", got)] {
            if let Some(value) = value {
                let _ = writeln!(text, "{label}: {value}");
            }
        }
    }
    let _ = writeln!(text, "rerun: {}", commands.rerun(&result.client, &result.server, &result.test));
    text
}

fn said(result: &TestResult) -> Option<String> {
    let mut text = String::new();
    for note in &result.notes {
        let _ = writeln!(text, "note: {note}");
    }
    for said in &result.transcript {
        let on = said.on.as_deref().map(|on| format!(" [{on}]")).unwrap_or_default();
        let _ =
            writeln!(text, "{:9.1} ms  {} → {}{on}  {}", said.ms, said.by.name(), said.to.name(), said.what);
    }
    (!text.is_empty()).then_some(text)
}

/// XML has no way to write most control characters: they are written out, line by line.
fn xml(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(plain).collect();
    lines.join("\n")
}

fn duration(ms: f64) -> Duration {
    Duration::try_from_secs_f64(ms / 1_000.0).unwrap_or_default()
}
