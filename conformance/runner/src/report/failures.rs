//! What did not come out as it should, with those together that failed in the same way: one entry of a report instead of
//! seventy.

use super::blame::{Blame, blame};
use super::overview::Overview;
use super::text::counted;
use crate::results::{Outcome, Recorded, TestResult, Verdict};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

/// A test that came out the same way for some pairs.
#[derive(Debug)]
pub(super) struct Failure<'a> {
    /// Into the tests of the overview.
    pub(super) test: usize,
    /// How many other tests came out so: what kept one from being run has kept many.
    pub(super) others: u64,
    /// The first of them.
    pub(super) first: &'a TestResult,
    /// `failed in 2 of 5 rounds`, of the first.
    pub(super) rounds: Option<String>,
    /// Client and server, into the overview.
    pub(super) pairs: Vec<(usize, usize)>,
    /// Different hints, with how many of the pairs they are for.
    pub(super) blame: Vec<(Blame, usize)>,
}

/// Every failure: what fails the run first, then what was not run, then what was known; of each, what most pairs share
/// first. Unsupported is none.
pub(super) fn failures<'a>(recorded: &'a Recorded, overview: &Overview<'a>) -> Vec<Failure<'a>> {
    let mut hints = blame(recorded);
    let mut found: Vec<Failure<'a>> = Vec::new();
    let mut places: HashMap<_, usize> = HashMap::new();
    let mut tests: Vec<HashSet<usize>> = Vec::new();
    for cell in &overview.cells {
        for row in cell.rows.iter().filter(|row| row.is_unexpected()) {
            let Some(first) = row.worst() else { continue };
            let why = first.reason.as_ref().map(|r| (&r.code, &r.step, &r.at, &r.want, &r.got));
            let was_not_run = first.verdict == Verdict::NotRun;
            let test = (!was_not_run).then_some(row.test);
            let words = first.reason.as_ref().filter(|_| was_not_run).map(|reason| &reason.message);
            let place =
                *places.entry((test, first.verdict, first.outcome, why, words)).or_insert_with(|| {
                    let (pairs, blame) = (Vec::new(), Vec::new());
                    let rounds = row.rounds_in_words();
                    found.push(Failure { test: row.test, others: 0, first, rounds, pairs, blame });
                    tests.push(HashSet::new());
                    found.len() - 1
                });
            let failure = &mut found[place];
            tests[place].insert(row.test);
            failure.others = tests[place].len() as u64 - 1;
            if !failure.pairs.contains(&(cell.client, cell.server)) {
                failure.pairs.push((cell.client, cell.server));
            }
            let key = (first.client.clone(), first.server.clone(), first.test.clone());
            let Some(hint) = hints.remove(&key) else { continue };
            match failure.blame.iter_mut().find(|(other, _)| *other == hint) {
                Some((_, pairs)) => *pairs += 1,
                None => failure.blame.push((hint, 1)),
            }
        }
    }
    found.sort_by_key(|failure| (urgency(failure.first), Reverse(failure.pairs.len()), failure.test));
    found
}

impl Failure<'_> {
    /// ` and 12 other tests`, where there are others.
    pub(super) fn and_others(&self) -> String {
        match self.others {
            0 => String::new(),
            others => format!(" and {}", counted(others, "other test")),
        }
    }

    /// Where to look: one hint of each kind, with how many pairs it is for where that is not all or one.
    pub(super) fn looks(&self) -> Vec<String> {
        let mut looks = Vec::new();
        let mut told = Vec::new();
        for (hint, of) in &self.blame {
            if told.contains(&hint.suspect) {
                continue;
            }
            told.push(hint.suspect);
            let alike = self.blame.iter().filter(|(other, _)| other.suspect == hint.suspect);
            let more = alike.map(|(_, pairs)| pairs).sum::<usize>() - of;
            looks.push(match (more, self.blame.len(), *of) {
                (0, 1, _) | (0, _, 1) => hint.because.clone(),
                (0, _, of) => format!("{} ({of} of these)", hint.because),
                (more, ..) => format!("{}; so with {}", hint.because, counted(more as u64, "more pair")),
            });
        }
        looks
    }
}

/// What is to be read first.
const fn urgency(result: &TestResult) -> u8 {
    match (result.outcome, result.verdict) {
        (_, Verdict::NotRun) => 2,
        (Outcome::Regression, _) => 0,
        (Outcome::Fixed, _) => 1,
        (Outcome::Known | Outcome::Ok, _) => 3,
    }
}

/// What pairs lack, each with how many tests are unsupported for it; the most first.
pub(super) fn lacking<'a>(results: impl Iterator<Item = &'a TestResult>) -> Vec<(String, u64)> {
    let mut lacking: HashMap<String, u64> = HashMap::new();
    for result in results.filter(|result| result.verdict == Verdict::Unsupported) {
        let reason = result.reason.as_ref();
        let what = reason.map_or("no reason told", |r| r.want.as_deref().unwrap_or(&r.message));
        *lacking.entry(what.to_owned()).or_default() += 1;
    }
    let mut lacking: Vec<_> = lacking.into_iter().collect();
    lacking.sort_by(|(a, n), (b, m)| m.cmp(n).then_with(|| a.cmp(b)));
    lacking
}

/// `go against rust`, `go against 12 servers`, `12 pairs of 6 clients and 3 servers`.
pub(super) fn pairs(overview: &Overview<'_>, pairs: &[(usize, usize)]) -> String {
    let distinct = |mut all: Vec<usize>| {
        all.sort_unstable();
        all.dedup();
        all
    };
    let clients = distinct(pairs.iter().map(|(client, _)| *client).collect());
    let servers = distinct(pairs.iter().map(|(_, server)| *server).collect());
    let name = |all: &[usize], names: &[&str], noun: &str| match all {
        few if few.len() <= 3 => few.iter().map(|i| names[*i]).collect::<Vec<_>>().join(", "),
        all if all.len() == names.len() => format!("all {} {noun}s", names.len()),
        many => format!("{} of {} {noun}s", many.len(), names.len()),
    };
    let clients_named = name(&clients, &overview.clients, "client");
    let servers_named = name(&servers, &overview.servers, "server");
    let sum = if pairs.len() == clients.len() * servers.len() {
        String::new()
    } else {
        format!(", {} pairs", pairs.len())
    };
    format!("{clients_named} against {servers_named}{sum}")
}
