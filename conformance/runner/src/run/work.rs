//! What there is to do: which tests each client has with each server.

use super::{Kind, Seat, order};
use crate::{catalogue::Entry, clients, plan::Plan, results::Heavy, servers};
use crosswire_suite::suite::weight;

/// A test that weighs as much as so many light ones is heavy: one that moves 4 MiB, say, or opens forty connections.
pub(super) const HEAVY: u32 = 3;

/// A test, with the server that it is for, in one of its rounds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Task<'a> {
    pub(super) kind: &'a Kind,
    pub(super) entry: &'a Entry,
    pub(super) attempt: u64,
}

/// The heavy tests, where several clients meet several servers and not every pair was asked for. The project's own server
/// and its Rust client cost the least and have the fewest faults, so they are what the others have them with.
pub(super) fn heavy(plan: &Plan, seats: &[Seat], kinds: &[Kind]) -> Option<Heavy> {
    if plan.every_pair || seats.len() < 2 || kinds.len() < 2 {
        return None;
    }
    let heavy = plan.catalogue.entries.iter().filter(|entry| is_heavy(entry));
    let heavy = Heavy {
        tests: heavy.map(|entry| entry.test.id.clone()).collect(),
        client: preferred(seats.iter().map(|seat| seat.client.name.as_str()), clients::INSIDE)?,
        server: preferred(kinds.iter().map(|kind| kind.under.name()), servers::REFERENCE)?,
    };
    (!heavy.tests.is_empty()).then_some(heavy)
}

/// Whether a test is heavy.
pub(super) fn is_heavy(entry: &Entry) -> bool {
    weight(&entry.test.steps) >= HEAVY
}

/// One by its name, or the first where it is not among them.
fn preferred<'a>(mut names: impl Iterator<Item = &'a str> + Clone, name: &str) -> Option<String> {
    let first = names.clone().next();
    names.find(|one| *one == name).or(first).map(str::to_owned)
}

/// What a client has to do, in its order. The first begins with the first server, the second with the second: all at the same
/// one would wait for it, above all where a test wants a server to itself.
pub(super) fn of_client<'a>(
    plan: &'a Plan,
    index: usize,
    seat: &Seat,
    kinds: &'a [Kind],
    heavy: Option<&Heavy>,
) -> Vec<Task<'a>> {
    let mut work = Vec::new();
    let first = index.checked_rem(kinds.len()).unwrap_or(0);
    let (behind, ahead) = kinds.split_at(first);
    for kind in ahead.iter().chain(behind) {
        let is_spared = |entry: &&Entry| {
            heavy.is_some_and(|heavy| heavy.spares(&seat.client.name, kind.under.name(), &entry.test.id))
        };
        for attempt in 1..=plan.repeat {
            let entries = plan.catalogue.entries.iter().filter(|entry| !is_spared(entry));
            work.extend(entries.map(|entry| Task { kind, entry, attempt }));
        }
    }
    if let Some(seed) = plan.shuffle {
        order::shuffle(&mut work, seed);
    }
    work
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heavy_tests_are_few_and_none_of_the_core() {
        let own = crate::catalogue::Catalogue::own().unwrap();
        let heavy: Vec<_> =
            own.entries.iter().filter(|entry| is_heavy(entry)).map(|entry| &entry.test.id).collect();
        assert!((5..20).contains(&heavy.len()), "{heavy:?}");
        assert!(heavy.iter().all(|id| !id.starts_with("core/")), "{heavy:?}");
    }

    #[test]
    fn the_preferred_one_is_taken_where_it_is_there() {
        let names = ["one", "two"];
        assert_eq!(preferred(names.into_iter(), "two").as_deref(), Some("two"));
        assert_eq!(preferred(names.into_iter(), "three").as_deref(), Some("one"));
    }

    #[test]
    fn everybody_has_a_heavy_test_once() {
        let heavy = Heavy {
            tests: ["edges/heavy".to_owned()].into(),
            client: "a".to_owned(),
            server: "x".to_owned(),
        };
        let has = |client, server| !heavy.spares(client, server, "edges/heavy");
        assert!(has("a", "x") && has("a", "y") && has("b", "x") && !has("b", "y"));
        assert!(!heavy.spares("b", "y", "core/echo"));
    }
}
