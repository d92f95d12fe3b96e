//! The nine things of the plain protocol, told to mutants: each must fail on those that `conformance/suites/core.json`
//! says it kills, and the healthy one passes.

use super::server;
use crate::{nine, support::TestServer};
use crosswire_server::mutants::Mutant;
use serde_json::Value;
use std::{future::Future, pin::Pin};

type Story = fn(TestServer) -> Pin<Box<dyn Future<Output = ()> + Send>>;

const STORIES: [(&str, Story); 8] = [
    ("core/connects", |server| Box::pin(nine::connect(server))),
    ("core/welcome", |server| Box::pin(nine::welcome(server))),
    ("core/echo", |server| Box::pin(nine::echo(server))),
    ("core/push", |server| Box::pin(nine::push(server))),
    ("core/close-1000", |server| Box::pin(nine::close(server))),
    ("core/many-to-server", |server| Box::pin(nine::many_to_server(server))),
    ("core/many-to-client", |server| Box::pin(nine::many_to_client(server))),
    ("core/many-clients", |server| Box::pin(nine::many_clients(server))),
];

/// Whether a server passes.
async fn passes(story: Story, mutant: Mutant) -> bool {
    let mut running = tokio::task::JoinSet::new();
    running.spawn(story(server(mutant)));
    running.join_next().await.is_some_and(|told| told.is_ok())
}

/// The mutants that a test of the suite claims to kill; one that is unknown here fails the test.
fn killed_by(id: &str) -> Vec<Mutant> {
    let suite: Value =
        serde_json::from_str(include_str!("../../../../conformance/suites/core.json")).expect("JSON");
    let tests = suite["tests"].as_array().expect("a list of tests");
    let test = tests.iter().find(|test| test["id"] == id).expect("a test with this id");
    let names = test["kills"].as_array().expect("a list of names").iter();
    names.map(|name| name.as_str().unwrap_or_default().parse().expect("a mutant")).collect()
}

#[tokio::test(start_paused = true)]
async fn the_healthy_one_passes() {
    for (id, story) in STORIES {
        assert!(passes(story, Mutant::Healthy).await, "{id}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_fails_on_the_mutants_that_it_kills() {
    for (id, story) in STORIES {
        for mutant in killed_by(id) {
            assert!(!passes(story, mutant).await, "{id} does not kill {}", mutant.name());
        }
    }
}
