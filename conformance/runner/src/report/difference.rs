//! What is different from an earlier run, and what else changed meanwhile: a test that fails now and was rewritten tells
//! something else than one that fails now because a client's library is new.

use super::overview::{Overview, Row, is_failure};
use super::text::{revision, shortfall};
use crate::results::{Recorded, Role, Selected, Verdict};
use std::collections::{HashMap, HashSet};

/// A run compared with an earlier one.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// When the earlier run began.
    pub since: String,
    /// The state of the repository at the earlier run.
    pub since_revision: String,
    /// What one of the two lacks: where something is missing, less can be compared.
    pub incomplete: Option<String>,
    /// What came out differently, for the clients, servers and tests of both runs.
    pub moved: Vec<Moved>,
    /// How many came out as before.
    pub unchanged: u64,
    /// How many of these ran a test that changed all the same.
    pub unchanged_in_changed_tests: u64,
    /// The tests themselves.
    pub tests: Roster,
    /// The clients; a changed one has another library or runtime.
    pub clients: Roster,
    /// The servers; a changed one has another version.
    pub servers: Roster,
}

/// What of one kind came, went or changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Roster {
    /// In this run only.
    pub new: Vec<String>,
    /// In the earlier run only.
    pub removed: Vec<String>,
    /// In both, and not the same.
    pub changed: Vec<Changed>,
}

/// Something that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Changed {
    /// Its name or id.
    pub name: String,
    /// Its version or revision at the earlier run.
    pub from: String,
    /// Its version or revision now.
    pub to: String,
}

/// A client, a server and a test whose verdict is another.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Moved {
    /// The client.
    pub client: String,
    /// The server.
    pub server: String,
    /// The test's id.
    pub test: String,
    /// Where to.
    pub way: Way,
    /// The earlier verdict.
    pub from: Verdict,
    /// The verdict now.
    pub to: Verdict,
    /// What else is not the same; empty where nothing that is written down is.
    pub beside: Vec<Cause>,
}

/// In which way a verdict changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// It did not fail, and fails now.
    Regressed,
    /// It passed, and is unsupported now or was not run.
    Lost,
    /// It did not pass, and passes now.
    Fixed,
    /// Neither: it fails in another way, or no longer fails without passing.
    Other,
}

/// What may have changed a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The test says something else.
    Test,
    /// The client has another library or runtime.
    Client,
    /// The server has another version.
    Server,
}

impl Way {
    /// Every way, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Regressed, Self::Lost, Self::Fixed, Self::Other];

    /// Its name, as it is shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Regressed => "regressed",
            Self::Lost => "lost",
            Self::Fixed => "fixed",
            Self::Other => "changed",
        }
    }

    const fn of(from: Verdict, to: Verdict) -> Self {
        match (from, to) {
            (_, Verdict::Pass) => Self::Fixed,
            (Verdict::Pass, Verdict::Unsupported | Verdict::NotRun) => Self::Lost,
            _ if !is_failure(from) && is_failure(to) => Self::Regressed,
            _ => Self::Other,
        }
    }
}

impl Cause {
    /// `test changed`.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Test => "test changed",
            Self::Client => "client changed",
            Self::Server => "server changed",
        }
    }
}

impl Moved {
    /// `test changed, client changed`, or that nothing is known to have.
    #[must_use]
    pub fn causes(&self) -> String {
        if self.beside.is_empty() {
            return "test, client and server say they are the same".to_owned();
        }
        self.beside.iter().map(|cause| cause.words()).collect::<Vec<_>>().join(", ")
    }
}

impl Roster {
    /// Of names with their versions.
    fn compare(old: Vec<(String, String)>, new: Vec<(String, String)>) -> Self {
        let now: HashSet<&str> = new.iter().map(|(name, _)| name.as_str()).collect();
        let gone = old.iter().filter(|(name, _)| !now.contains(name.as_str()));
        let removed = gone.map(|(name, _)| name.clone()).collect();
        let before: HashMap<String, String> = old.into_iter().collect();
        let mut roster = Self { removed, ..Self::default() };
        for (name, to) in new {
            match before.get(&name) {
                None => roster.new.push(name),
                // A client that could not be started tells no version: that is no other version.
                Some(from) if *from != to && !from.is_empty() && !to.is_empty() => {
                    roster.changed.push(Changed { name, from: from.clone(), to });
                }
                Some(_) => {}
            }
        }
        roster
    }

    fn changes(&self, name: &str) -> bool {
        self.changed.iter().any(|changed| changed.name == name)
    }

    /// Whether there is nothing to say.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.new.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

impl Difference {
    /// What is different in `new` from `old`.
    #[must_use]
    pub fn between(old: &Recorded, new: &Recorded) -> Self {
        let mut difference = Self {
            since: old.header.started.clone(),
            since_revision: revision(old),
            incomplete: incomplete(old, new),
            moved: Vec::new(),
            unchanged: 0,
            unchanged_in_changed_tests: 0,
            tests: Roster::compare(tests(old), tests(new)),
            clients: Roster::compare(clients(old), clients(new)),
            servers: Roster::compare(servers(old), servers(new)),
        };
        difference.forget_what_was_not_asked_for(old, new);
        difference.compare(old, new);
        difference
    }

    /// What only one of the runs has came or went only where the other was asked for everything, and could have it.
    fn forget_what_was_not_asked_for(&mut self, old: &Recorded, new: &Recorded) {
        let rosters = [
            (Selected::Tests, None, &mut self.tests),
            (Selected::Clients, Some(Role::Client), &mut self.clients),
            (Selected::Servers, Some(Role::Server), &mut self.servers),
        ];
        for (what, role, roster) in rosters {
            let could_have = |run: &Recorded, name: &String| {
                let mut skipped = run.header.skipped.iter();
                !run.header.selected.contains(&what)
                    && !skipped.any(|skipped| Some(skipped.role) == role && skipped.name == *name)
            };
            roster.removed.retain(|name| could_have(new, name));
            roster.new.retain(|name| could_have(old, name));
        }
    }

    fn compare(&mut self, old: &Recorded, new: &Recorded) {
        let old = Overview::of(old);
        let new = Overview::of(new);
        let mut before: HashMap<(&str, &str, &str), Verdict> = HashMap::new();
        each_row(&old, |key, row| {
            if let Some(worst) = row.worst() {
                before.insert(key, worst.verdict);
            }
        });
        each_row(&new, |(client, server, test), row| {
            let (Some(from), Some(now)) = (before.get(&(client, server, test)), row.worst()) else { return };
            let (from, to) = (*from, now.verdict);
            if from == to {
                self.unchanged += 1;
                self.unchanged_in_changed_tests += u64::from(self.tests.changes(test));
                return;
            }
            let beside = [
                (Cause::Test, self.tests.changes(test)),
                (Cause::Client, self.clients.changes(client)),
                (Cause::Server, self.servers.changes(server)),
            ];
            self.moved.push(Moved {
                client: client.to_owned(),
                server: server.to_owned(),
                test: test.to_owned(),
                way: Way::of(from, to),
                from,
                to,
                beside: beside.into_iter().filter(|(_, changed)| *changed).map(|(cause, _)| cause).collect(),
            });
        });
    }

    /// What moved in one way.
    pub fn ways(&self, way: Way) -> impl Iterator<Item = &Moved> {
        self.moved.iter().filter(move |moved| moved.way == way)
    }

    /// Every roster that has something to say, with what it is of.
    pub fn rosters(&self) -> impl Iterator<Item = (&'static str, &Roster)> {
        [("test", &self.tests), ("client", &self.clients), ("server", &self.servers)]
            .into_iter()
            .filter(|(_, roster)| !roster.is_empty())
    }

    /// `2 regressed, 1 fixed, 996 as before`.
    #[must_use]
    pub fn sums(&self) -> String {
        if self.moved.is_empty() && self.unchanged == 0 {
            return "no test of a client against a server is in both".to_owned();
        }
        let mut sums: Vec<String> = Way::ALL
            .into_iter()
            .map(|way| (way, self.ways(way).count()))
            .filter(|(way, n)| *n > 0 || *way == Way::Regressed)
            .map(|(way, n)| format!("{} {}", super::text::grouped(n as u64), way.name()))
            .collect();
        sums.push(format!("{} as before", super::text::grouped(self.unchanged)));
        sums.join(", ")
    }
}

fn tests(run: &Recorded) -> Vec<(String, String)> {
    run.header.tests.iter().map(|test| (test.id.clone(), test.rev.clone())).collect()
}

fn clients(run: &Recorded) -> Vec<(String, String)> {
    run.header
        .clients
        .iter()
        .map(|client| (client.name.clone(), both(&client.library, &client.runtime)))
        .collect()
}

fn servers(run: &Recorded) -> Vec<(String, String)> {
    run.header.servers.iter().map(|server| (server.name.clone(), server.version.clone())).collect()
}

fn both(library: &str, runtime: &str) -> String {
    [library, runtime].into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(", ")
}

fn incomplete(old: &Recorded, new: &Recorded) -> Option<String> {
    match (shortfall(old), shortfall(new)) {
        (None, None) => None,
        (Some(old), None) => Some(format!("the earlier run is incomplete: {old}")),
        (None, Some(new)) => Some(format!("this run is incomplete: {new}")),
        (Some(old), Some(new)) => {
            Some(format!("both runs are incomplete; the earlier: {old}; this one: {new}"))
        }
    }
}

fn each_row<'a>(overview: &Overview<'a>, mut visit: impl FnMut((&'a str, &'a str, &'a str), &Row<'a>)) {
    for cell in &overview.cells {
        for row in &cell.rows {
            let (client, server) = (overview.clients[cell.client], overview.servers[cell.server]);
            visit((client, server, overview.tests[row.test].id), row);
        }
    }
}
