//! Whether the client is still there.

use super::{about, ended, seen, server, time};
use crate::support::{Client, Frame, TestServer};
use serde_json::json;
use std::time::Duration;
use tokio::time::sleep;

const ROUND: Duration = Duration::from_secs(25);

async fn expect_ping_after_a_round(client: &mut Client) {
    let (duration, ()) = time(client.expect(Frame::ping([]))).await;
    assert!(about(duration, ROUND), "{duration:?}");
}

#[tokio::test(start_paused = true)]
async fn a_ping_is_sent_every_25_s_on_ws_and_on_control() {
    let server = TestServer::new();
    for path in ["/ws", "/control"] {
        let mut client = server.open(path).await;
        if path == "/ws" {
            client.welcome().await;
        }
        for _ in 0..20 {
            expect_ping_after_a_round(&mut client).await;
            client.send(Frame::pong([])).await;
        }
        client.close().await;
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn no_ping_is_sent_on_echo() {
    let server = TestServer::new();
    let mut client = server.open("/echo").await;
    sleep(Duration::from_secs(3600)).await;
    client.send(Frame::text("still here")).await;
    client.expect(Frame::text("still here")).await;
    client.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_silent_for_two_rounds_is_dropped() {
    let server = TestServer::with_journal();
    let mut client = server.talk("/ws?tag=t").await;
    expect_ping_after_a_round(&mut client).await;
    expect_ping_after_a_round(&mut client).await;
    let (duration, ()) = time(client.expect_end()).await;
    assert!(about(duration, ROUND), "{duration:?}");
    let mut control = server.open("/control").await;
    assert_eq!(ended(&mut control, "t").await, "timed_out");
    control.close().await;
    drop(client);
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn anything_at_all_counts_as_heard() {
    let server = TestServer::new();
    // A pong, a ping, a message, and the bytes of a frame that is not whole.
    for bytes in [
        Frame::pong("unasked").masked(),
        Frame::ping("").masked(),
        Frame::text("hello").masked(),
        Frame::binary([0; 100]).masked(),
    ] {
        let mut client = server.talk("/ws").await;
        let mut pieces = bytes.chunks(bytes.len().div_ceil(6));
        for piece in &mut pieces {
            // Just before the second silent round is over.
            sleep(2 * ROUND - Duration::from_secs(1)).await;
            client.raw.send(piece).await;
        }
        assert_eq!(server.census().sessions, 1);
        while client.frame().await.is_some_and(|frame| frame.opcode == 9) {}
        drop(client);
        server.sessions(0).await;
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_interval_of_nothing_is_no_heartbeat() {
    let server = server();
    let mut client = server.talk("/ws").await;
    sleep(Duration::from_secs(3600)).await;
    client.send(Frame::text("still here")).await;
    client.expect(Frame::text("still here")).await;
    client.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn no_ping_follows_the_close_frame() {
    let server = TestServer::with(|config| config.close_timeout = Duration::from_secs(100));
    let mut client = server.talk("/ws?tag=t").await;
    let mut control = server.open("/control").await;
    super::act(&mut control, "t", json!([{"close": {"code": 4000}}])).await;
    control.close().await;
    client.expect_close(Some(4000)).await;
    let (duration, ()) = time(client.expect_end()).await;
    assert!(about(duration, Duration::from_secs(100)), "{duration:?}");
    drop(client);
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_while_its_socket_is_left_alone_is_missed_by_the_next_ping() {
    let server = TestServer::with_journal();
    let client = server.talk("/ws?tag=t").await;
    let mut control = server.open("/control").await;
    super::act(&mut control, "t", json!([{"stop_reading": true}])).await;
    control.close().await;
    drop(client);
    server.sessions(0).await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_client_whose_socket_is_left_alone_on_purpose_is_not_dropped() {
    let server = TestServer::with_journal();
    let mut client = server.talk("/ws?tag=t").await;
    let mut control = server.open("/control").await;
    super::act(&mut control, "t", json!([{"stop_reading": true}])).await;
    control.close().await;
    sleep(10 * ROUND).await;
    let mut control = server.open("/control").await;
    assert_eq!(
        seen(&mut control, "t").await["sent"]["ping"],
        10,
        "pings go on, and their answers are not missed"
    );
    for _ in 0..10 {
        client.expect(Frame::ping([])).await;
    }
    super::act(&mut control, "t", json!([{"start_reading": true}])).await;
    client.send(Frame::text("heard")).await;
    client.expect(Frame::text("heard")).await;
    client.close().await;
    control.close().await;
    server.stop().await;
}
