//! A run seen as a grid: clients down, servers across, in each cell a row for each test.

use crate::results::{Outcome, Recorded, Test, TestResult, Verdict};
use std::collections::{BTreeMap, HashMap};

/// The grid. Whatever the header names is in it, whether there is a result for it or not, so that no denominator shrinks
/// with what is missing.
#[derive(Debug)]
pub(super) struct Overview<'a> {
    pub(super) clients: Vec<&'a str>,
    pub(super) servers: Vec<&'a str>,
    pub(super) tests: Vec<Planned<'a>>,
    /// By client, then by server.
    pub(super) cells: Vec<Cell<'a>>,
    pub(super) sums: Sums,
}

/// A test of the grid. `told` is missing where a result names a test that the header does not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Planned<'a> {
    pub(super) id: &'a str,
    pub(super) told: Option<&'a Test>,
}

/// One client against one server.
#[derive(Debug)]
pub(super) struct Cell<'a> {
    pub(super) client: usize,
    pub(super) server: usize,
    /// In the order of the tests, without those that the pair is spared.
    pub(super) rows: Vec<Row<'a>>,
    pub(super) sums: Sums,
}

/// One test of a cell: every round of it, from the first.
#[derive(Debug, Clone, Default)]
pub(super) struct Row<'a> {
    pub(super) test: usize,
    pub(super) rounds: Vec<&'a TestResult>,
}

/// How many there are of what. A test that was repeated counts once, with its worst round.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) tests: u64,
    pub(super) verdicts: BTreeMap<Verdict, u64>,
    pub(super) outcomes: BTreeMap<Outcome, u64>,
    /// Planned, and without a result.
    pub(super) missing: u64,
    pub(super) must_passed: u64,
    /// Every `must` that is not unsupported, those without a result too.
    pub(super) must_applicable: u64,
}

impl<'a> Overview<'a> {
    pub(super) fn of(recorded: &'a Recorded) -> Self {
        let header = &recorded.header;
        let clients = names(header.clients.iter().map(|c| &c.name), recorded, |r| &r.client);
        let servers = names(header.servers.iter().map(|s| &s.name), recorded, |r| &r.server);
        let ids = names(header.tests.iter().map(|t| &t.id), recorded, |r| &r.test);
        let told: HashMap<&str, &Test> = header.tests.iter().map(|test| (test.id.as_str(), test)).collect();
        let tests: Vec<_> = ids.iter().map(|id| Planned { id, told: told.get(id).copied() }).collect();

        let place = |names: &[&'a str]| -> HashMap<&'a str, usize> {
            names.iter().enumerate().map(|(i, name)| (*name, i)).collect()
        };
        let (client_at, server_at, test_at) = (place(&clients), place(&servers), place(&ids));
        let mut cells: Vec<Cell<'a>> = Vec::new();
        for client in 0..clients.len() {
            for server in 0..servers.len() {
                let rows = (0..tests.len()).map(|test| Row { test, rounds: Vec::new() }).collect();
                cells.push(Cell { client, server, rows, sums: Sums::default() });
            }
        }
        for result in &recorded.results {
            let cell = client_at[result.client.as_str()] * servers.len() + server_at[result.server.as_str()];
            cells[cell].rows[test_at[result.test.as_str()]].rounds.push(result);
        }
        let mut sums = Sums::default();
        for cell in &mut cells {
            let (client, server) = (clients[cell.client], servers[cell.server]);
            let is_spared = |row: &Row<'_>| {
                let heavy = header.heavy.as_ref();
                row.rounds.is_empty()
                    && heavy.is_some_and(|heavy| heavy.spares(client, server, tests[row.test].id))
            };
            cell.rows.retain(|row| !is_spared(row));
            for row in &mut cell.rows {
                row.rounds.sort_by_key(|result| result.attempt);
                cell.sums.count(row, tests[row.test].told);
            }
            sums.add(&cell.sums);
        }
        Self { clients, servers, tests, cells, sums }
    }

    pub(super) fn cell(&self, client: usize, server: usize) -> &Cell<'a> {
        &self.cells[client * self.servers.len() + server]
    }

    /// One test of a cell, where the pair was to have it.
    pub(super) fn row(&self, client: usize, server: usize, test: usize) -> Option<&Row<'a>> {
        let rows = &self.cell(client, server).rows;
        let place = rows.binary_search_by_key(&test, |row| row.test).ok()?;
        rows.get(place)
    }
}

/// The names that the header tells, and behind them those that only results tell.
fn names<'a>(
    told: impl Iterator<Item = &'a String>,
    recorded: &'a Recorded,
    of: impl Fn(&'a TestResult) -> &'a String,
) -> Vec<&'a str> {
    let mut known = std::collections::HashSet::new();
    told.chain(recorded.results.iter().map(of))
        .map(String::as_str)
        .filter(|name| known.insert(*name))
        .collect()
}

impl<'a> Row<'a> {
    /// The round that counts: the worst, and the earliest of those. None where there is no result.
    pub(super) fn worst(&self) -> Option<&'a TestResult> {
        // `max_by_key` gives the last of equals.
        self.rounds.iter().rev().copied().max_by_key(|r| (weight_of_outcome(r.outcome), weight(r.verdict)))
    }

    /// Whether someone should look at it: a result that is not as it should be, or none at all.
    pub(super) fn is_unexpected(&self) -> bool {
        self.worst().is_none_or(|result| result.outcome != Outcome::Ok || result.verdict == Verdict::NotRun)
    }

    /// `failed in 2 of 5 rounds`, where rounds differ.
    pub(super) fn rounds_in_words(&self) -> Option<String> {
        let failed = self.rounds.iter().filter(|round| is_failure(round.verdict)).count();
        let all = self.rounds.len();
        (all > 1).then(|| format!("failed in {failed} of {all} rounds"))
    }
}

/// Whether the verdict says that something went wrong while the test ran.
pub(super) const fn is_failure(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Fail | Verdict::Timeout | Verdict::Crash | Verdict::HarnessError)
}

const fn weight_of_outcome(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Ok => 0,
        Outcome::Known => 1,
        Outcome::Fixed => 2,
        Outcome::Regression => 3,
    }
}

const fn weight(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::Unsupported => 1,
        Verdict::NotRun => 2,
        Verdict::Fail => 3,
        Verdict::Timeout => 4,
        Verdict::Crash => 5,
        Verdict::HarnessError => 6,
    }
}

impl Sums {
    fn count(&mut self, row: &Row<'_>, test: Option<&Test>) {
        self.tests += 1;
        let worst = row.worst();
        match worst {
            Some(result) => {
                *self.verdicts.entry(result.verdict).or_default() += 1;
                *self.outcomes.entry(result.outcome).or_default() += 1;
            }
            None => self.missing += 1,
        }
        let verdict = worst.map(|result| result.verdict);
        if test.is_some_and(|test| test.level == "must") && verdict != Some(Verdict::Unsupported) {
            self.must_applicable += 1;
            self.must_passed += u64::from(verdict == Some(Verdict::Pass));
        }
    }

    fn add(&mut self, other: &Self) {
        self.tests += other.tests;
        self.missing += other.missing;
        self.must_passed += other.must_passed;
        self.must_applicable += other.must_applicable;
        for (verdict, n) in &other.verdicts {
            *self.verdicts.entry(*verdict).or_default() += n;
        }
        for (outcome, n) in &other.outcomes {
            *self.outcomes.entry(*outcome).or_default() += n;
        }
    }

    pub(super) fn verdict(&self, verdict: Verdict) -> u64 {
        self.verdicts.get(&verdict).copied().unwrap_or_default()
    }

    pub(super) fn outcome(&self, outcome: Outcome) -> u64 {
        self.outcomes.get(&outcome).copied().unwrap_or_default()
    }

    /// Whether every `must` passes and the sign says that something does not.
    pub(super) fn has_other_failures(&self) -> bool {
        self.must_passed == self.must_applicable
            && self.must_applicable > 0
            && matches!(self.sign(), Sign::Known | Sign::Regression)
    }

    /// One sign for all of it.
    pub(super) fn sign(&self) -> Sign {
        if self.outcome(Outcome::Regression) > 0 {
            Sign::Regression
        } else if self.missing > 0 {
            Sign::Missing
        } else if self.outcome(Outcome::Fixed) > 0 {
            Sign::Fixed
        } else if self.outcome(Outcome::Known) > 0 {
            Sign::Known
        } else if self.verdict(Verdict::Pass) > 0 {
            Sign::Ok
        } else {
            Sign::Nothing
        }
    }
}

/// What a cell comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Ok,
    Known,
    Fixed,
    Regression,
    Missing,
    Nothing,
}

impl Sign {
    pub(super) const ALL: [Self; 6] =
        [Self::Ok, Self::Known, Self::Fixed, Self::Regression, Self::Missing, Self::Nothing];

    pub(super) const fn mark(self) -> &'static str {
        match self {
            Self::Ok => "✓",
            Self::Known => "~",
            Self::Fixed => "!",
            Self::Regression => "✗",
            Self::Missing => "?",
            Self::Nothing => "–",
        }
    }

    /// What it is called in the page's style.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Known => "known",
            Self::Fixed => "fixed",
            Self::Regression => "regression",
            Self::Missing => "missing",
            Self::Nothing => "nothing",
        }
    }

    pub(super) const fn meaning(self) -> &'static str {
        match self {
            Self::Ok => "as expected",
            Self::Known => "fails as known",
            Self::Fixed => "passes though listed as failing",
            Self::Regression => "not as expected",
            Self::Missing => "results are missing",
            Self::Nothing => "nothing passed, nothing failed",
        }
    }
}
