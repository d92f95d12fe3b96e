//! More clients than there are places.

use crate::support::{Frame, Request, TestServer, client::taken};
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn who_finds_every_session_taken_gets_503_until_somebody_leaves() {
    let server = TestServer::with(|config| config.max_sessions = 3);
    let mut sessions = Vec::new();
    // Every endpoint's sessions count alike.
    for target in ["/ws?tag=t", "/echo", "/control"] {
        sessions.push(server.open(target).await);
    }
    for target in ["/ws", "/echo", "/control"] {
        let answer = server.ask(Request::handshake(target).bytes()).await;
        assert_eq!((answer.status, &*answer.error(), answer.header("retry-after")), (503, "full", Some("1")));
    }
    // Pages are no sessions.
    let healthy = server.ask(Request::get("/healthz").bytes()).await;
    assert_eq!((healthy.status, &*healthy.body), (200, "{\"sessions\":3,\"status\":\"serving\"}\n"));
    sessions.pop().unwrap().close().await;
    server.sessions(2).await;
    let next = server.talk("/ws").await;
    assert_eq!(server.ask(Request::handshake("/ws").bytes()).await.error(), "full");
    next.close().await;
    let mut first = sessions.remove(0);
    first.welcome().await;
    first.close().await;
    sessions.remove(0).close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_handshake_leaves_neither_name_nor_journal_behind() {
    let server = TestServer::with(|config| {
        config.max_sessions = 2;
        config.journal = true;
    });
    let mut control = server.open("/control").await;
    let mut client = server.talk("/ws?tag=t").await;
    client.send(Frame::text("hello")).await;
    client.expect(Frame::text("hello")).await;
    client.close().await;
    server.sessions(1).await;
    let other = server.talk("/ws").await;
    assert_eq!(server.ask(Request::handshake("/ws?tag=t").bytes()).await.error(), "full");
    assert_eq!(server.ask(Request::handshake("/ws?tag=u").bytes()).await.error(), "full");
    // What is remembered of `t` is the session that it was, not the handshake that came to nothing.
    let seen = control.command(json!({"id": 1, "to": "t", "act": [{"seen": {}}]})).await;
    assert_eq!(
        (&seen["seen"]["open"], &seen["seen"]["received"]["text"]),
        (&json!(false), &json!(1)),
        "{seen}"
    );
    let seen = control.command(json!({"id": 2, "to": "u", "act": [{"seen": {}}]})).await;
    assert_eq!(seen["error"], "unknown_connection");
    other.close().await;
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn above_the_most_handshakes_accepting_pauses_and_goes_on() {
    let server = TestServer::with(|config| {
        config.max_sessions = 1;
        config.max_handshakes = 2;
    });
    let begun = Instant::now();
    let mut waiting = Vec::new();
    for _ in 0..3 {
        waiting.push(server.connect().await);
    }
    // The fourth lies in the backlog, although its head is whole.
    let mut fourth = server.connect().await;
    fourth.send(Request::get("/healthz").bytes()).await;
    taken().await;
    assert_eq!(server.census().tasks, 4, "one task accepts, three attend");
    assert_eq!(fourth.answer().await.status, 200);
    // It came in when the others were told that their time was over, and had been given a second to hear it.
    assert_eq!(begun.elapsed().as_secs(), 6);
    for mut raw in waiting {
        assert_eq!(raw.answer().await.error(), "slow_head");
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn who_leaves_in_the_middle_of_a_handshake_frees_a_place_at_once() {
    let server = TestServer::with(|config| {
        config.max_sessions = 1;
        config.max_handshakes = 1;
    });
    let begun = Instant::now();
    let (first, _second) = (server.connect().await, server.connect().await);
    let mut third = server.connect().await;
    third.send(Request::get("/healthz").bytes()).await;
    taken().await;
    drop(first);
    assert_eq!(third.answer().await.status, 200);
    assert_eq!(begun.elapsed(), Duration::ZERO);
    server.stop().await;
}
