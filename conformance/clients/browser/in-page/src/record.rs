//! What came of the tests, as `crosswire` itself writes it down: a file that `crosswire report` reads.

use crate::target::Target;
use crosswire_browser::list::{CAPABILITIES, Catalogue, Entry};
use crosswire_suite::{
    judgement::{Reason, Verdict},
    results::{Client, FORMAT, Footer, Header, KnownBy, Line, Outcome, Selected, Test, TestResult, Times},
    stepper::Judgement,
    suite::hash_of_list,
};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The browser that the page is in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Browser {
    /// The client's name in the results: `chromium`.
    pub name: String,
    /// With its version: `Chromium 156`.
    pub runtime: String,
    /// What it runs on, as far as it tells.
    #[serde(default)]
    pub system: String,
}

/// Results, as they come.
#[derive(Debug)]
pub struct Record {
    header: Header,
    results: Vec<TestResult>,
    ms: f64,
    interrupted: bool,
}

impl Record {
    /// A record of nothing yet. The time is as RFC 3339 has it.
    pub fn begin(browser: &Browser, target: &Target, started: String, time_scale: f64) -> Self {
        let client = Client {
            name: browser.name.clone(),
            language: "wasm".to_owned(),
            library: concat!("crosswire-wasm-client ", env!("CARGO_PKG_VERSION")).to_owned(),
            runtime: browser.runtime.clone(),
            capabilities: CAPABILITIES.iter().map(|name| (*name).to_owned()).collect(),
            missing: None,
            asked_as: None,
        };
        // The address is what a command needs that runs a test again.
        let command = ["crosswire", "page", "--server-url", &target.url];
        let header = Header {
            format: FORMAT,
            started,
            crosswire: env!("CARGO_PKG_VERSION").to_owned(),
            git: None,
            system: browser.system.clone(),
            list: String::new(),
            frozen: None,
            time_scale,
            command: command.map(str::to_owned).to_vec(),
            clients: vec![client],
            servers: vec![target.told()],
            tests: Vec::new(),
            planned: 0,
            heavy: None,
            skipped: Vec::new(),
            // One client, one server, and the tests that a visitor has chosen.
            selected: [Selected::Tests, Selected::Clients, Selected::Servers].into(),
        };
        Self { header, results: Vec::new(), ms: 0.0, interrupted: false }
    }

    /// What came of a test, from what the judge said or from what it lacks.
    pub(crate) fn result(&self, entry: &Entry, judgement: Judgement, ms: f64) -> TestResult {
        let Judgement { verdict, reason, notes, observed, transcript, seen } = judgement;
        let is_pass = verdict == Verdict::Pass;
        let known = entry.known.as_ref().filter(|known| !(known.sometimes && is_pass));
        let outcome = Outcome::of(verdict, known.is_some());
        let is_told = matches!(outcome, Outcome::Known | Outcome::Fixed);
        let known = known.filter(|_| is_told);
        TestResult {
            client: self.header.clients[0].name.clone(),
            server: self.header.servers[0].name.clone(),
            test: entry.test.id.clone(),
            attempt: 1 + self.results.iter().filter(|result| result.test == entry.test.id).count() as u64,
            verdict,
            outcome,
            ms: (ms * 100.0).round() / 100.0,
            reason,
            known: known.map(|known| KnownBy { reason: known.reason.clone(), link: known.link.clone() }),
            notes,
            observed,
            transcript: if is_pass { Vec::new() } else { transcript },
            seen: if is_pass { BTreeMap::new() } else { seen },
            stderr: String::new(),
        }
    }

    pub(crate) fn add(&mut self, result: TestResult) {
        self.results.push(result);
    }

    /// A round of tests is over, which took so long.
    pub(crate) fn end(&mut self, ms: f64, was_interrupted: bool) {
        self.ms = ((self.ms + ms) * 100.0).round() / 100.0;
        self.interrupted |= was_interrupted;
    }

    /// The file. While tests run it has no footer, and reports say that it is incomplete.
    pub(crate) fn text(&self, list: &Catalogue, still_to_come: usize) -> String {
        let ids: BTreeSet<&str> = self.results.iter().map(|result| &*result.test).collect();
        let entries: Vec<&Entry> =
            list.entries.iter().filter(|entry| ids.contains(&*entry.test.id)).collect();
        let planned = (self.results.len() + still_to_come) as u64;
        let header = Header {
            list: hash_of_list(entries.iter().map(|entry| (&*entry.test.id, &*entry.rev))),
            tests: entries.into_iter().map(|entry| Test::of(&entry.test, &entry.rev, &entry.steps)).collect(),
            planned,
            ..self.header.clone()
        };
        let mut lines = vec![Line::Header(Box::new(header))];
        lines.extend(self.results.iter().map(|result| Line::Result(Box::new(result.clone()))));
        if still_to_come == 0 {
            lines.push(Line::Footer(self.footer(planned)));
        }
        let text = |line: &Line| serde_json::to_string(line).unwrap_or_default() + "\n";
        lines.iter().map(text).collect()
    }

    fn footer(&self, planned: u64) -> Footer {
        let (mut verdicts, mut outcomes) = (BTreeMap::new(), BTreeMap::new());
        for result in &self.results {
            *verdicts.entry(result.verdict).or_default() += 1;
            *outcomes.entry(result.outcome).or_default() += 1;
        }
        let clients = [(self.header.clients[0].name.clone(), self.ms)].into();
        Footer {
            planned,
            verdicts,
            outcomes,
            ms: self.ms,
            times: Times { clients, ..Times::default() },
            interrupted: self.interrupted,
            faults: Vec::new(),
        }
    }
}

/// A judgement without a test: nothing was said.
pub(crate) fn without(verdict: Verdict, reason: Reason) -> Judgement {
    Judgement {
        verdict,
        reason: Some(reason),
        notes: Vec::new(),
        observed: Vec::new(),
        transcript: Vec::new(),
        seen: BTreeMap::new(),
    }
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests {
    use super::*;
    use crosswire_runner::results::read;

    fn record() -> (Record, Catalogue) {
        let browser = Browser {
            name: "chromium".to_owned(),
            runtime: "Chromium 156".to_owned(),
            system: String::new(),
        };
        let target =
            Target { name: "crosswire".to_owned(), url: "ws://127.0.0.1:9".to_owned(), ..Target::default() };
        (
            Record::begin(&browser, &target, "2026-11-21T19:40:22.123Z".to_owned(), 1.0),
            Catalogue::own("Chrome/156.0.0.0").unwrap(),
        )
    }

    fn judged(verdict: Verdict) -> Judgement {
        without(verdict, Reason::new("mismatch", "other words"))
    }

    fn add(record: &mut Record, list: &Catalogue, id: &str, verdict: Verdict) {
        let result = record.result(list.named(id).unwrap(), judged(verdict), 1.234_56);
        record.add(result);
    }

    #[test]
    fn the_runner_reads_what_is_written() {
        let (mut record, list) = record();
        add(&mut record, &list, "core/echo", Verdict::Fail);
        add(&mut record, &list, "core/listens", Verdict::Pass);
        add(&mut record, &list, "edges/bad-utf8-told", Verdict::Fail);
        record.end(12.0, false);
        let read = read(&record.text(&list, 0)).unwrap();
        assert_eq!(read.incomplete, None);
        assert_eq!(
            read.header.tests.iter().map(|test| &*test.id).collect::<Vec<_>>(),
            ["core/listens", "core/echo", "edges/bad-utf8-told"]
        );
        let outcomes: Vec<_> = read.results.iter().map(|result| result.outcome).collect();
        assert_eq!(outcomes, [Outcome::Regression, Outcome::Ok, Outcome::Known]);
        assert_eq!(read.results[0].ms, 1.23);
        assert!(read.results[2].known.is_some() && read.results[0].known.is_none());
    }

    #[test]
    fn a_test_that_was_run_again_has_two_rounds_and_neither_hides_the_other() {
        let (mut record, list) = record();
        add(&mut record, &list, "core/echo", Verdict::Fail);
        add(&mut record, &list, "core/echo", Verdict::Pass);
        let read = read(&record.text(&list, 0)).unwrap();
        let rounds: Vec<_> = read.results.iter().map(|result| (result.attempt, result.verdict)).collect();
        assert_eq!(rounds, [(1, Verdict::Fail), (2, Verdict::Pass)]);
    }

    #[test]
    fn a_run_that_goes_on_is_incomplete() {
        let (mut record, list) = record();
        add(&mut record, &list, "core/echo", Verdict::Pass);
        let read = read(&record.text(&list, 3)).unwrap();
        assert!(read.incomplete.unwrap().contains("1 of 4 results"));
    }

    #[test]
    fn a_known_failure_that_passes_is_fixed() {
        let (record, list) = record();
        let result = record.result(list.named("edges/bad-utf8-told").unwrap(), judged(Verdict::Pass), 1.0);
        assert_eq!(result.outcome, Outcome::Fixed);
        assert!(result.known.is_some());
    }

    #[test]
    fn a_failure_that_is_known_of_some_runs_may_pass() {
        let (record, _) = record();
        let list = Catalogue::own("Firefox/153.0").unwrap();
        let sometimes = |entry: &&Entry| entry.known.as_ref().is_some_and(|known| known.sometimes);
        let entry = list.entries.iter().find(sometimes).unwrap();
        assert_eq!(record.result(entry, judged(Verdict::Pass), 1.0).outcome, Outcome::Ok);
        assert_eq!(record.result(entry, judged(Verdict::Fail), 1.0).outcome, Outcome::Known);
    }
}
