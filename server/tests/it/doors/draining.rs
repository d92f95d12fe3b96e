//! A server that goes away: it says so to everybody who comes, until its last session is over.

use crate::support::{Answer, Client, Frame, Request, TestServer, client::taken};
use crosswire_server::Stopped;
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

async fn ask(server: &TestServer, request: Request) -> Answer {
    server.ask(request.bytes()).await
}

/// A server that drains, and the session that it waits for.
async fn draining() -> (TestServer, Client) {
    let server = TestServer::new();
    let mut last = server.talk("/ws?tag=last").await;
    server.shutdown.drain();
    assert_eq!(last.expect_close(Some(1001)).await, "the server is going away");
    (server, last)
}

#[tokio::test(start_paused = true)]
async fn while_the_last_session_closes_newcomers_get_503() {
    let (server, mut last) = draining().await;
    for target in ["/", "/ws", "/echo", "/control", "/ws?tag=new"] {
        let answer = ask(&server, Request::handshake(target)).await;
        assert_eq!(
            (answer.status, &*answer.error(), answer.header("retry-after")),
            (503, "draining", Some("1")),
            "{target}"
        );
    }
    last.send(Frame::close(1001, "")).await;
    last.expect_end().await;
    drop(last);
    assert_eq!(server.stop().await, Stopped::Drained);
}

#[tokio::test(start_paused = true)]
async fn while_the_last_session_closes_healthz_says_503_and_how_many_are_left() {
    let (server, last) = draining().await;
    let answer = ask(&server, Request::get("/healthz")).await;
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!((answer.status, body), (503, json!({"status": "draining", "sessions": 1})));
    assert_eq!(server.census().sessions, 1);
    // The other pages are as ever: somebody may want to watch.
    assert_eq!(ask(&server, Request::get("/")).await.status, 200);
    assert_eq!(server.metrics().await["crosswire_sessions"], 1);
    drop(last);
    assert_eq!(server.stop().await, Stopped::Drained);
}

#[tokio::test(start_paused = true)]
async fn when_the_drain_is_over_nobody_is_accepted_any_more() {
    let (mut server, mut last) = draining().await;
    assert!(server.listens());
    last.send(Frame::close(1001, "")).await;
    last.expect_end().await;
    drop(last);
    assert_eq!(server.stopped().await, Stopped::Drained);
    assert!(!server.listens());
}

#[tokio::test(start_paused = true)]
async fn a_server_without_sessions_drains_at_once() {
    let mut server = TestServer::new();
    let begun = Instant::now();
    server.shutdown.drain();
    assert_eq!(server.stopped().await, Stopped::Drained);
    assert_eq!(begun.elapsed(), Duration::ZERO);
    assert!(!server.listens());
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_was_half_said_when_the_drain_began_gets_503() {
    let (server, last) = draining().await;
    let mut raw = server.connect().await;
    let head = Request::handshake("/ws").bytes();
    raw.send(&head[..40]).await;
    raw.send(&head[40..]).await;
    assert_eq!(raw.answer().await.error(), "draining");
    drop(last);
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_session_that_does_not_answer_is_cut_when_its_time_is_over() {
    let server = TestServer::with(|config| {
        config.drain_timeout = Duration::from_secs(2);
        config.close_timeout = Duration::from_secs(60);
    });
    let begun = Instant::now();
    let session = server.talk("/ws").await;
    assert_eq!(server.stop().await, Stopped::Cut { sessions: 1 });
    assert_eq!(begun.elapsed().as_secs(), 2);
    drop(session);
}

#[tokio::test(start_paused = true)]
async fn who_is_not_done_asking_when_the_drain_is_over_gets_503_and_leaves_nothing_behind() {
    let server = TestServer::new();
    let mut silent = server.connect().await;
    let mut half = server.connect().await;
    half.send("GET /ws HTTP/1.1\r\nHost:").await;
    let mut body = server.connect().await;
    let mut push = Request::push("/push", "hello");
    push.body.truncate(2);
    body.send(push.bytes()).await;
    taken().await;
    let begun = Instant::now();
    assert_eq!(server.stop().await, Stopped::Drained);
    assert!(begun.elapsed() < Duration::from_secs(2));
    for raw in [&mut silent, &mut half, &mut body] {
        let answer = raw.answer().await;
        assert_eq!((answer.status, &*answer.error()), (503, "draining"));
    }
}
