//! Where connections go: the address of the server, and what a test says about path and query.

use crate::test_of;
use crosswire_suite::{
    driver::Order,
    stepper::{Action, Stepper, World},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Where the first connection goes.
fn opened(url: &str, endpoint: &str, can: &[&str], more: &Value) -> String {
    let mut step = json!({"do": "connect", "on": "a"});
    step.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let world = World {
        seq: 1,
        unique: "u".to_owned(),
        endpoint: endpoint.to_owned(),
        url: url.to_owned(),
        others: BTreeMap::new(),
        server: can.iter().map(|name| (*name).to_owned()).collect(),
        client: BTreeSet::new(),
        time_scale: 1.0,
        fixtures: Arc::default(),
    };
    let mut stepper = Stepper::new(&test_of(&json!([step])), world);
    match stepper.poll_action() {
        Some(Action::Tell(command)) => match command.order {
            Order::Open(open) => open.url,
            order => panic!("{order:?}"),
        },
        action => panic!("{action:?}"),
    }
}

#[test]
fn a_server_that_is_started_has_paths() {
    let at = |more: Value| opened("ws://h:1", "/ws", &[], &more);
    assert_eq!(at(json!({})), "ws://h:1/ws");
    assert_eq!(at(json!({"path": "/echo"})), "ws://h:1/echo");
    assert_eq!(at(json!({"path": "/ws?x=1", "query": {"a": "b c"}})), "ws://h:1/ws?x=1&a=b%20c");
    assert_eq!(opened("ws://h:1", "/ws", &["control"], &json!({})), "ws://h:1/ws?tag=u-0");
}

#[test]
fn a_server_that_runs_already_is_met_where_its_address_says() {
    let at = |url: &str, more: Value| opened(url, "", &[], &more);
    for url in
        ["ws://h:1", "ws://h:1/", "ws://h:1/chat", "ws://h:1/chat/", "ws://h:1/chat?room=1", "ws://[::1]:1/a"]
    {
        assert_eq!(at(url, json!({})), url);
    }
    assert_eq!(at("ws://h:1", json!({"query": {"a": "b"}})), "ws://h:1/?a=b");
    assert_eq!(at("ws://h:1/chat", json!({"query": {"a": "b"}})), "ws://h:1/chat?a=b");
    assert_eq!(at("ws://h:1/chat?room=1", json!({"query": {"a": "b"}})), "ws://h:1/chat?room=1&a=b");
    for url in ["ws://h:1", "ws://h:1/chat", "ws://h:1/chat?room=/1", "ws://h:1?room=1"] {
        assert_eq!(at(url, json!({"path": "/rooms"})), "ws://h:1/rooms");
    }
}
