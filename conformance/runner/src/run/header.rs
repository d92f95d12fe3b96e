//! What a run says of itself before its first result.

use super::{Kind, Seat};
use crate::{
    plan::{Plan, Under},
    record,
    results::{Client, FORMAT, Header, Heavy, Server, Skipped, Test},
};

/// The first line of the results.
pub(super) async fn header(
    plan: &Plan,
    seats: &[Seat],
    kinds: &[Kind],
    skipped: Vec<Skipped>,
    heavy: Option<Heavy>,
    planned: u64,
) -> Header {
    let mut clients = Vec::new();
    for seat in seats {
        let hello = seat.hello.as_ref();
        clients.push(Client {
            name: seat.client.name.clone(),
            language: seat.client.language.clone(),
            library: hello.map_or_else(|| seat.client.library.clone(), |hello| hello.library.clone()),
            runtime: hello.map(|hello| hello.runtime.clone()).unwrap_or_default(),
            capabilities: hello.map(|hello| hello.capabilities.clone()).unwrap_or_default(),
            missing: seat.missing().await.map(|missing| missing.why),
            asked_as: seat.client.asked_as.clone(),
        });
    }
    let servers = kinds.iter().map(|kind| {
        let server = kind.main.as_ref().ok();
        Server {
            name: kind.under.name().to_owned(),
            version: server.map(|server| server.version.clone()).unwrap_or_default(),
            can: server.map(|server| server.can.iter().cloned().collect()).unwrap_or_default(),
            probed: kind.probed,
            notes: kind.notes.clone(),
            missing: kind.main.as_ref().err().map(|missing| missing.why.clone()),
            asked_as: match &kind.under {
                Under::Program(program) => program.asked_as.clone(),
                Under::Address { .. } => None,
            },
        }
    });
    let tests = plan.catalogue.entries.iter().map(|entry| Test::of(&entry.test, &entry.rev, &entry.steps));
    Header {
        format: FORMAT,
        started: record::now(),
        crosswire: env!("CARGO_PKG_VERSION").to_owned(),
        git: record::git().await,
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        list: plan.catalogue.hash(),
        frozen: plan.catalogue.frozen.clone(),
        time_scale: plan.time_scale,
        command: plan.command.clone(),
        planned,
        heavy,
        clients,
        servers: servers.collect(),
        tests: tests.collect(),
        skipped,
        selected: plan.selected.clone(),
    }
}
