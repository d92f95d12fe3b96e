//! Where to look first when a test fails: what the other pairs of the run say about it. It is a hint beside a verdict, and
//! never changes one.

use super::overview::{Overview, is_failure};
use crate::results::{Recorded, Verdict};
use std::collections::HashMap;

/// Where to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Suspect {
    /// The client: it fails against every server, where others pass.
    Client,
    /// The client or the test: nobody else ran it.
    ClientOrTest,
    /// The server: every client fails against it, and passes against others.
    Server,
    /// The server or the test: no other server tells.
    ServerOrTest,
    /// The test, or the runner: everybody fails everywhere.
    Test,
    /// What these two say to each other: either passes with somebody else.
    Pair,
    /// The client's driver, which died, hung or broke its protocol.
    Driver,
}

/// A hint for one failure.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Blame {
    /// Where to look.
    pub suspect: Suspect,
    /// Why there, in a sentence.
    pub because: String,
}

/// A hint for each client, server and test that failed, where the run has enough in it to give one.
#[must_use]
pub fn blame(recorded: &Recorded) -> HashMap<(String, String, String), Blame> {
    let overview = Overview::of(recorded);
    let mut hints = HashMap::new();
    for (test, planned) in overview.tests.iter().enumerate() {
        let grid = Grid { overview: &overview, test };
        for cell in &overview.cells {
            if let Some(hint) = grid.hint(cell.client, cell.server) {
                let (client, server) = (overview.clients[cell.client], overview.servers[cell.server]);
                hints.insert((client.to_owned(), server.to_owned(), planned.id.to_owned()), hint);
            }
        }
    }
    hints
}

/// One test across all pairs.
struct Grid<'a> {
    overview: &'a Overview<'a>,
    test: usize,
}

/// How many of some pairs passed, and how many failed; what did not run tells nothing.
#[derive(Clone, Copy)]
struct Tally {
    passed: usize,
    failed: usize,
}

impl Grid<'_> {
    fn verdict(&self, client: usize, server: usize) -> Option<Verdict> {
        self.overview.row(client, server, self.test)?.worst().map(|result| result.verdict)
    }

    fn tally(&self, pairs: impl Iterator<Item = (usize, usize)>) -> Tally {
        let mut tally = Tally { passed: 0, failed: 0 };
        for verdict in pairs.filter_map(|(client, server)| self.verdict(client, server)) {
            tally.passed += usize::from(verdict == Verdict::Pass);
            tally.failed += usize::from(is_failure(verdict));
        }
        tally
    }

    fn hint(&self, client: usize, server: usize) -> Option<Blame> {
        let verdict = self.verdict(client, server).filter(|verdict| is_failure(*verdict))?;
        if verdict != Verdict::Fail {
            let what = match verdict {
                Verdict::Timeout => "stopped answering",
                Verdict::Crash => "ended",
                _ => "broke its protocol",
            };
            let because = format!("the driver of {} {what}: look there", self.overview.clients[client]);
            return Some(Blame { suspect: Suspect::Driver, because });
        }
        let (clients, servers) = (self.overview.clients.len(), self.overview.servers.len());
        let across = self.tally((0..servers).map(|server| (client, server)));
        let down = self.tally((0..clients).map(|client| (client, server)));
        let all =
            self.tally((0..clients).flat_map(|client| (0..servers).map(move |server| (client, server))));
        let (client, server) = (self.overview.clients[client], self.overview.servers[server]);
        let client_always = across.passed == 0 && across.failed > 1;
        let server_always = down.passed == 0 && down.failed > 1;
        let (suspect, because) = match (client_always, server_always) {
            (true, true) if all.passed == 0 => (
                Suspect::Test,
                format!(
                    "all {} pairs that ran it fail: look at the test, or at what all of them share",
                    all.failed
                ),
            ),
            (true, true) => (
                Suspect::Pair,
                format!(
                    "{client} fails against all {} servers, and all {} clients fail against {server}: look at both",
                    across.failed, down.failed
                ),
            ),
            (true, false) if all.passed == 0 => (
                Suspect::ClientOrTest,
                format!(
                    "{client} fails against all {} servers, and no client passes: look at the client or the test",
                    across.failed
                ),
            ),
            (true, false) => (
                Suspect::Client,
                format!("{client} fails against all {} servers: look at the client", across.failed),
            ),
            (false, true) if all.passed == 0 => (
                Suspect::ServerOrTest,
                format!(
                    "all {} clients fail against {server}, and no server passes: look at the server or the test",
                    down.failed
                ),
            ),
            (false, true) => (
                Suspect::Server,
                format!(
                    "all {} clients fail against {server}, and not against others: look at the server",
                    down.failed
                ),
            ),
            (false, false) if across.passed > 0 && down.passed > 0 => (
                Suspect::Pair,
                format!(
                    "{client} and {server} both pass with others: look at what these two say to each other"
                ),
            ),
            (false, false) if across.passed > 0 => {
                (Suspect::Server, format!("{client} passes against other servers: look at {server}"))
            }
            (false, false) if down.passed > 0 => {
                (Suspect::Client, format!("other clients pass against {server}: look at {client}"))
            }
            // One pair that ran it, or too few to say anything.
            (false, false) => return None,
        };
        Some(Blame { suspect, because })
    }
}
