//! One test of one client against one server: what can be said before it, the test, and what is written down of it.

use super::{Kind, Missing, Seat};
use crate::{
    catalogue::Entry,
    driver::{Begun, Driver, Unfit},
    known::Known,
    one::{Setting, judge},
    record::milliseconds,
    results::{KnownBy, Outcome, Reason, TestResult, Verdict},
};
use crosswire_suite::stepper::Judgement;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::sync::watch;

/// A client and a server that meet.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// The client.
    pub seat: &'a Seat,
    /// The server.
    pub kind: &'a Kind,
}

impl<'a> Pair<'a> {
    /// Why the test cannot be run with these two, where one of them lacks something.
    pub fn lacks(&self, entry: &Entry) -> Option<Reason> {
        let client = self.seat.hello.as_ref()?;
        let server = self.kind.main.as_ref().ok()?;
        let of = |needs: &[String], has: &dyn Fn(&str) -> bool| -> Vec<String> {
            needs.iter().filter(|name| !has(name)).cloned().collect()
        };
        let lacks_client =
            of(&entry.test.needs_client, &|name| client.capabilities.iter().any(|has| has == name));
        let mut lacks_server = of(&entry.test.needs_server, &|name| server.can.contains(name));
        lacks_server.extend(self.kind.lacks_flag(entry).map(|flag| format!("--{flag}")));
        let sent = entry.test.longest_sent;
        if server.longest.is_some_and(|longest| longest < sent) {
            lacks_server.push(format!("messages of {sent} bytes"));
        }
        let (who, names) = match (&lacks_client[..], &lacks_server[..]) {
            ([], []) => return None,
            ([], names) => ("server", names),
            (names, _) => ("client", names),
        };
        let told = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let reason = Reason::new("missing_capability", format!("the {who} lacks {told}"));
        Some(Reason { want: Some(format!("{who}: {}", names.join(", "))), ..reason })
    }

    /// The entry among the known failures of either that is about a test; the client's first.
    pub fn known(&self, entry: &Entry) -> Option<&'a Known> {
        let (client, server) = (&self.seat.client, &self.kind.under);
        let mut entries = client.known.iter().chain(server.known());
        entries.find(|known| known.is_about(&entry.test.id, &client.name, server.name()))
    }

    /// Carries out a test. Where its number is given, the driver has chosen it.
    pub async fn run(
        self,
        entry: &Entry,
        seq: Option<u64>,
        setting: &Setting,
        interrupt: &watch::Receiver<bool>,
    ) -> TestResult {
        let not_run =
            |message: String| self.result(entry, Verdict::NotRun, Some(Reason::new("not_run", message)));
        if let Some(Missing { why, .. }) = self.seat.missing().await {
            return not_run(why);
        }
        if let Err(Missing { why, .. }) = &self.kind.main {
            return not_run(why.clone());
        }
        if let Some(reason) = self.lacks(entry) {
            return self.result(entry, Verdict::Unsupported, Some(reason));
        }
        if *interrupt.borrow() {
            return not_run("the run was interrupted before it was begun".to_owned());
        }
        let is_browser = self.seat.is_browser();
        let lent = match self.kind.server_for(entry, is_browser).await {
            Ok(lent) => lent,
            Err(Missing { why, .. }) => return not_run(format!("its server could not be started: {why}")),
        };
        let server = Arc::clone(&lent.server);
        if server.was_gone() && server.is_gone().await {
            return not_run(format!(
                "its server was there when the run began; nobody listens at {} now",
                server.url
            ));
        }
        let driver = match self.seat.usable().await {
            Ok(driver) => driver,
            Err(Unfit::Missing(Missing { why, .. })) => return not_run(why),
            Err(Unfit::Pretends(_, why)) => {
                return self.result(entry, Verdict::HarnessError, Some(Reason::new("never_refuses", why)));
            }
        };
        let begun = match seq {
            Some(seq) => driver.begin_as(seq),
            None => self.seat.begin(&driver).await,
        };
        let seq = begun.seq;
        let judged = self.judge(entry, begun, &driver, &server, setting, interrupt.clone()).await;
        // Of a server that is not there any more, no failure is a known one.
        let has_failed = judged.as_ref().is_some_and(|(judgement, _)| judgement.verdict != Verdict::Pass);
        let is_gone = has_failed && server.is_gone().await;
        if self.kind.is_alone(entry, is_browser) {
            let has_passed = judged.as_ref().is_some_and(|(judgement, _)| judgement.verdict == Verdict::Pass);
            self.kind.give_back(entry, lent, has_passed).await;
        }
        let Some((judgement, took)) = judged else {
            return not_run("the run was interrupted in the middle of it".to_owned());
        };
        if matches!(judgement.verdict, Verdict::Pass | Verdict::Fail) {
            driver.fate.judged();
        }
        let errors = match judgement.verdict {
            Verdict::Pass => String::new(),
            Verdict::Fail => of_test(&driver.errors.text(), seq),
            Verdict::Crash => driver.errors.last_words().await,
            _ => driver.errors.text(),
        };
        let mut result = self.told(entry, judgement, took, errors);
        if is_gone {
            result.outcome = Outcome::of(result.verdict, false);
            result.known = None;
            result
                .notes
                .push("nobody listened at the server's address any more when this was over".to_owned());
        }
        result
    }

    async fn judge(
        self,
        entry: &Entry,
        begun: Begun,
        driver: &Driver,
        server: &crate::server::Server,
        setting: &Setting,
        mut interrupt: watch::Receiver<bool>,
    ) -> Option<(Judgement, Duration)> {
        tokio::select! {
            judged = judge(&entry.test, self.kind.endpoint(entry), begun, driver, server, setting) => Some(judged),
            _ = interrupt.wait_for(|is_interrupted| *is_interrupted) => None,
        }
    }

    /// A result of which only the verdict and its reason are known.
    fn result(self, entry: &Entry, verdict: Verdict, reason: Option<Reason>) -> TestResult {
        let known = self.known(entry);
        let is_excused = known.is_some_and(|known| !(known.sometimes && verdict == Verdict::Pass));
        let outcome = Outcome::of(verdict, is_excused);
        let told = |known: &Known| KnownBy { reason: known.reason.clone(), link: known.link.clone() };
        TestResult {
            client: self.seat.client.name.clone(),
            server: self.kind.under.name().to_owned(),
            test: entry.test.id.clone(),
            attempt: 1,
            verdict,
            outcome,
            ms: 0.0,
            reason,
            known: known.filter(|_| matches!(outcome, Outcome::Known | Outcome::Fixed)).map(told),
            notes: Vec::new(),
            observed: Vec::new(),
            transcript: Vec::new(),
            seen: BTreeMap::new(),
            stderr: String::new(),
        }
    }

    /// A result, from what the judge said.
    fn told(self, entry: &Entry, judgement: Judgement, took: Duration, stderr: String) -> TestResult {
        let is_pass = judgement.verdict == Verdict::Pass;
        let mut result = self.result(entry, judgement.verdict, judgement.reason);
        result.ms = milliseconds(took);
        result.notes = judgement.notes;
        result.observed = judgement.observed;
        if !is_pass {
            result.transcript = judgement.transcript;
            result.seen = judgement.seen;
        }
        result.stderr = stderr;
        result
    }
}

/// What a driver has written to standard error, without what it says of other tests: several run at once, and a failure is
/// not explained by the error of its neighbour.
fn of_test(errors: &str, seq: u64) -> String {
    let is_of_another = |line: &str| {
        let numbers = line.split("test").skip(1).filter_map(|behind| {
            let digits = behind.strip_prefix(['=', ' '])?;
            let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
            digits[..end].parse::<u64>().ok()
        });
        let numbers: Vec<_> = numbers.collect();
        !numbers.is_empty() && !numbers.contains(&seq)
    };
    errors.lines().filter(|line| !is_of_another(line)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::of_test;

    #[test]
    fn what_a_driver_says_of_another_test_explains_nothing() {
        let errors = "starting\ntest 8, connection a: reset\ntest 78, connection a: masked\n\
                      level=INFO test=8 error=\"limit\"\nlevel=INFO test=9 error=\"cut\"\nthe latest news";
        let of_eight =
            "starting\ntest 8, connection a: reset\nlevel=INFO test=8 error=\"limit\"\nthe latest news";
        assert_eq!(of_test(errors, 8), of_eight);
    }
}
