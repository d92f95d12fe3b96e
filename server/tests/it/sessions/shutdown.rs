//! The end of the server, and what its sessions and newcomers are told.

use super::{about, act, server, time};
use crate::support::{Client, Frame, TestServer, client::handshake};
use crosswire_server::Stopped;
use serde_json::json;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn every_session_gets_1001_and_the_server_has_drained_when_all_have_answered() {
    let server = TestServer::new();
    let mut clients = Vec::new();
    for path in ["/ws", "/echo", "/control"] {
        let mut client = server.open(path).await;
        if path == "/ws" {
            client.welcome().await;
        }
        clients.push(client);
    }
    server.shutdown.drain();
    for mut client in clients {
        assert_eq!(client.expect_close(Some(1001)).await, "the server is going away");
        client.close_answer(1001).await;
    }
    assert_eq!(server.stop().await, Stopped::Drained);
}

#[tokio::test(start_paused = true)]
async fn what_was_queued_leaves_before_the_1001() {
    let server = server();
    let mut client = server.open("/echo?tag=t").await;
    let mut control = server.open("/control").await;
    let fill = json!({"fill": {"len": 100_000, "as": "text"}, "times": 8});
    act(&mut control, "t", json!([{ "send": fill }])).await;
    control.close().await;
    server.shutdown.drain();
    for _ in 0..8 {
        assert_eq!(client.frame().await.unwrap().payload.len(), 100_000);
    }
    client.expect_close(Some(1001)).await;
    client.close_answer(1001).await;
    assert_eq!(server.stop().await, Stopped::Drained);
}

#[tokio::test(start_paused = true)]
async fn a_server_without_sessions_has_drained_at_once() {
    let server = TestServer::new();
    let (duration, stopped) = time(server.stop()).await;
    assert_eq!(stopped, Stopped::Drained);
    assert!(duration < Duration::from_millis(5), "{duration:?}");
}

#[tokio::test(start_paused = true)]
async fn sessions_that_do_not_answer_are_cut_when_the_time_is_over() {
    // The drain's time, the time for an answer, and what comes first.
    for (drain, answer) in [(10, 100), (3, 5)] {
        let server = TestServer::with(|config| {
            config.drain_timeout = Duration::from_secs(drain);
            config.close_timeout = Duration::from_secs(answer);
        });
        let mute = [server.talk("/ws").await, server.talk("/ws").await];
        let mut polite = server.talk("/ws").await;
        server.shutdown.drain();
        polite.expect_close(Some(1001)).await;
        polite.close_answer(1001).await;
        let (duration, stopped) = time(server.stop()).await;
        assert_eq!(stopped, Stopped::Cut { sessions: 2 });
        assert!(about(duration, Duration::from_secs(drain)), "{duration:?}");
        for mut client in mute {
            client.expect_close(Some(1001)).await;
            client.expect_end().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_that_runs_out_of_its_own_time_is_not_counted_as_cut() {
    let server = TestServer::new();
    let mut mute = server.talk("/ws").await;
    let (duration, stopped) = time(server.stop()).await;
    assert_eq!(stopped, Stopped::Drained);
    assert!(about(duration, Duration::from_secs(5)), "{duration:?}");
    mute.expect_close(Some(1001)).await;
    mute.expect_end().await;
}

#[tokio::test(start_paused = true)]
async fn a_second_word_ends_the_server_at_once() {
    for drain_first in [true, false] {
        let mut server = TestServer::new();
        let mut client = server.talk("/ws").await;
        if drain_first {
            server.shutdown.drain();
            client.expect_close(Some(1001)).await;
        }
        server.shutdown.end_now();
        let (duration, stopped) = time(server.stopped()).await;
        assert_eq!(stopped, Stopped::AtOnce);
        assert!(duration < Duration::from_millis(5), "{duration:?}");
        client.expect_end().await;
        server.sessions(0).await;
        assert_eq!(server.census().names, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_comes_during_the_drain_is_told_503() {
    let server = TestServer::new();
    let mut client = server.talk("/ws").await;
    server.shutdown.drain();
    client.expect_close(Some(1001)).await;
    for path in ["/ws", "/echo", "/control"] {
        let refused = server.ask(handshake(path, &[])).await;
        assert_eq!((refused.status, refused.error()), (503, "draining".to_owned()));
        assert!(refused.header("retry-after").is_some());
    }
    let health = server.ask("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert_eq!((health.status, health.body.contains("draining")), (503, true));
    client.close_answer(1001).await;
    assert_eq!(server.stop().await, Stopped::Drained);
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_ends_during_the_drain_is_told_503() {
    let server = TestServer::new();
    let mut client = server.talk("/ws").await;
    let mut half = server.connect().await;
    let bytes = handshake("/ws", &[]);
    let (first, rest) = bytes.split_at(40);
    half.send(first).await;
    server.shutdown.drain();
    client.expect_close(Some(1001)).await;
    half.send(rest).await;
    let refused = half.answer().await;
    assert_eq!((refused.status, refused.error()), (503, "draining".to_owned()));
    drop(half);
    client.close_answer(1001).await;
    assert_eq!(server.stop().await, Stopped::Drained);
}

#[tokio::test(start_paused = true)]
async fn a_session_whose_101_is_not_taken_yet_is_told_1001_behind_it() {
    let server = TestServer::new();
    // So narrow a pipe that the 101 waits for its reader.
    let mut raw = server.connect_with_pipe(1).await;
    raw.send(handshake("/ws", &[])).await;
    server.sessions(1).await;
    server.shutdown.drain();
    assert!(raw.head().await.starts_with("HTTP/1.1 101 "));
    let mut client = Client { raw, handshake: String::new() };
    client.welcome().await;
    client.expect_close(Some(1001)).await;
    client.close_answer(1001).await;
    assert_eq!(server.stop().await, Stopped::Drained);
}

#[tokio::test(start_paused = true)]
async fn a_half_sent_handshake_does_not_hold_up_the_end() {
    let mut server = TestServer::new();
    let mut half = server.connect().await;
    half.send("GET /ws HT").await;
    server.shutdown.drain();
    let (duration, stopped) = time(server.stopped()).await;
    assert_eq!(stopped, Stopped::Drained);
    assert!(duration <= Duration::from_millis(1005), "{duration:?}");
}

#[tokio::test(start_paused = true)]
async fn a_session_whose_socket_is_left_alone_is_cut_like_any_other() {
    let server = server();
    let mut client = server.open("/echo?tag=t").await;
    let mut control = server.open("/control").await;
    act(&mut control, "t", json!([{"stop_reading": true}])).await;
    control.close().await;
    let (duration, stopped) = time(server.stop()).await;
    assert_eq!(stopped, Stopped::Drained);
    assert!(about(duration, Duration::from_secs(5)), "{duration:?}");
    client.expect_close(Some(1001)).await;
    client.expect_end().await;
}

#[tokio::test(start_paused = true)]
async fn control_sessions_in_the_middle_of_a_script_drain_as_quickly_as_others() {
    let server = server();
    let mut control = server.open("/control?tag=me").await;
    let acts = json!([{"seen": {"until": {"ended": true}, "within_ms": 10_000}}]);
    control.send(Frame::text(json!({"to": "me", "act": acts}).to_string())).await;
    server.shutdown.drain();
    let (duration, ()) = time(async {
        control.expect_close(Some(1001)).await;
        control.close_answer(1001).await;
    })
    .await;
    assert!(duration < Duration::from_millis(5), "{duration:?}");
    assert_eq!(server.stop().await, Stopped::Drained);
}
