//! The server closes first, or both do at once.

use super::{about, act, ended, seen_ended, server, time};
use crate::support::{Client, Frame, TestServer};
use serde_json::{Value, json};
use std::time::Duration;

/// A server, a connection on `/echo` with the tag `t`, and a control session.
async fn stage() -> (TestServer, Client, Client) {
    let server = server();
    let (control, client) = (server.open("/control").await, server.open("/echo?tag=t").await);
    (server, client, control)
}

async fn leave(server: TestServer, control: Client) {
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn closes_with_every_code_also_those_that_may_not_be_sent() {
    let server = server();
    let mut control = server.open("/control").await;
    let special = [0, 1, 999, 1016, 1999, 2000, 2999, 3000, 3999, 4000, 4499, 4500, 4999, 5000, 65535];
    for code in (1000..=1015).chain(special) {
        let mut client = server.open("/echo?tag=t").await;
        act(&mut control, "t", json!([{"close": {"code": code, "reason": "ä reason"}}])).await;
        assert_eq!(client.expect_close(Some(code)).await, "ä reason");
        client.send(Frame::close(1000, "")).await;
        client.expect_end().await;
        drop(client);
        assert_eq!(ended(&mut control, "t").await, "clean", "{code}");
    }
    leave(server, control).await;
}

#[tokio::test(start_paused = true)]
async fn closes_with_a_code_and_no_reason_and_with_neither() {
    for (with, code) in [(json!({"code": 4001}), Some(4001)), (json!({}), None)] {
        let (server, mut client, mut control) = stage().await;
        act(&mut control, "t", json!([{ "close": with }])).await;
        assert_eq!(client.expect_close(code).await, "");
        client.send(Frame::close_without_code()).await;
        client.expect_end().await;
        drop(client);
        let seen = seen_ended(&mut control, "t").await;
        assert_eq!((&seen["close"]["code"], &seen["ended"]), (&Value::Null, &json!("clean")));
        leave(server, control).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_queued_before_the_close_leaves_first_and_in_order() {
    let (server, mut client, mut control) = stage().await;
    let acts = json!([{"send": {"text": "message ${i}", "times": 1000}}, {"ping": {"text": "p"}}, {"close": {"code": 4000}}]);
    act(&mut control, "t", acts).await;
    for i in 0..1000 {
        client.expect(Frame::text(format!("message {i}"))).await;
    }
    client.expect(Frame::ping("p")).await;
    client.expect_close(Some(4000)).await;
    client.close_answer(4000).await;
    assert_eq!(ended(&mut control, "t").await, "clean");
    leave(server, control).await;
}

#[tokio::test(start_paused = true)]
async fn echoes_that_were_earned_before_the_close_leave_first() {
    let (server, mut client, mut control) = stage().await;
    client.raw.send(Frame::text("earned").masked().repeat(100)).await;
    let wait = json!({"seen": {"until": {"received": {"text": 100}}}});
    let answer = control.command(json!({"to": "t", "act": [wait, {"close": {"code": 1001}}]})).await;
    assert_eq!(answer["ok"], true);
    for _ in 0..100 {
        client.expect(Frame::text("earned")).await;
    }
    client.expect_close(Some(1001)).await;
    client.close_answer(1001).await;
    leave(server, control).await;
}

#[tokio::test(start_paused = true)]
async fn data_that_arrives_after_the_servers_close_frame_is_counted_and_not_answered() {
    let (server, mut client, mut control) = stage().await;
    act(&mut control, "t", json!([{"close": {"code": 4000}}])).await;
    client.expect_close(Some(4000)).await;
    client.raw.send(Frame::text("late").masked().repeat(3)).await;
    client.send(Frame::ping("late")).await;
    client.send(Frame::binary(vec![1; 300_000])).await;
    client.close_answer(4000).await;
    let seen = seen_ended(&mut control, "t").await;
    assert_eq!((&seen["received"]["text"], &seen["received"]["binary"]), (&json!(3), &json!(1)));
    assert_eq!((&seen["sent"]["text"], &seen["sent"]["pong"]), (&json!(0), &json!(0)));
    assert_eq!(seen["ended"], "clean");
    leave(server, control).await;
}

#[tokio::test(start_paused = true)]
async fn close_frames_that_cross_answer_each_other() {
    let (server, mut client, mut control) = stage().await;
    // The server does not read the client's close frame until its own is on its way.
    act(&mut control, "t", json!([{"stop_reading": true}])).await;
    client.send(Frame::close(3000, "mine")).await;
    act(&mut control, "t", json!([{"close": {"code": 4000, "reason": "yours"}}, {"start_reading": true}]))
        .await;
    assert_eq!(client.expect_close(Some(4000)).await, "yours");
    client.expect_end().await;
    drop(client);
    let seen = seen_ended(&mut control, "t").await;
    assert_eq!(seen["close"], json!({"code": 3000, "reason": "mine"}));
    assert_eq!(seen["ended"], "clean");
    leave(server, control).await;
}

#[tokio::test(start_paused = true)]
async fn a_close_that_waits_behind_messages_answers_the_clients_own() {
    let (server, mut client, mut control) = stage().await;
    let fill = json!({"fill": {"len": 100_000, "as": "binary"}, "times": 8});
    act(&mut control, "t", json!([{"send": fill}, {"close": {"code": 4000}}])).await;
    client.send(Frame::close(1000, "")).await;
    for _ in 0..8 {
        assert_eq!(client.frame().await.unwrap().payload.len(), 100_000);
    }
    client.expect_close(Some(4000)).await;
    client.expect_end().await;
    drop(client);
    assert_eq!(ended(&mut control, "t").await, "clean");
    leave(server, control).await;
}

#[tokio::test(start_paused = true)]
async fn a_close_frame_that_is_never_answered_is_waited_for_5_s() {
    let (server, mut client, mut control) = stage().await;
    act(&mut control, "t", json!([{"close": {"code": 4000}}])).await;
    client.expect_close(Some(4000)).await;
    let (duration, ()) = time(client.expect_end()).await;
    assert!(about(duration, Duration::from_secs(5)), "{duration:?}");
    assert_eq!(ended(&mut control, "t").await, "timed_out");
    drop(client);
    leave(server, control).await;
}

#[tokio::test(start_paused = true)]
async fn data_instead_of_an_answer_does_not_prolong_the_wait() {
    let (server, mut client, mut control) = stage().await;
    act(&mut control, "t", json!([{"close": {"code": 4000}}])).await;
    client.expect_close(Some(4000)).await;
    let (duration, ()) = time(async {
        while client.raw.try_send(Frame::text("still talking").masked()).await {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
    assert!(duration <= Duration::from_millis(5200), "{duration:?}");
    assert_eq!(ended(&mut control, "t").await, "timed_out");
    leave(server, control).await;
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_within_the_time_is_a_clean_end() {
    let (server, mut client, mut control) = stage().await;
    act(&mut control, "t", json!([{"close": {"code": 4000}}])).await;
    client.expect_close(Some(4000)).await;
    tokio::time::sleep(Duration::from_millis(4900)).await;
    client.close_answer(4000).await;
    assert_eq!(ended(&mut control, "t").await, "clean");
    leave(server, control).await;
}

#[tokio::test(start_paused = true)]
async fn a_fin_instead_of_an_answer_is_a_client_that_vanished() {
    let (server, mut client, mut control) = stage().await;
    act(&mut control, "t", json!([{"close": {"code": 4000}}])).await;
    client.expect_close(Some(4000)).await;
    client.raw.finish().await;
    let (duration, ()) = time(client.expect_end()).await;
    assert!(duration < Duration::from_millis(5), "{duration:?}");
    assert_eq!(ended(&mut control, "t").await, "vanished");
    leave(server, control).await;
}

#[tokio::test(start_paused = true)]
async fn a_violation_instead_of_an_answer_ends_the_wait() {
    let (server, mut client, mut control) = stage().await;
    act(&mut control, "t", json!([{"close": {"code": 4000}}])).await;
    client.expect_close(Some(4000)).await;
    client.raw.send(Frame::text("not masked").unmasked()).await;
    let (duration, ()) = time(client.expect_end()).await;
    assert!(duration < Duration::from_millis(5), "{duration:?}");
    drop(client);
    assert_eq!(ended(&mut control, "t").await, "violation");
    leave(server, control).await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_keeps_tcp_open_after_the_closing_handshake_is_left_after_5_s() {
    for by_client in [true, false] {
        let (server, mut client, mut control) = stage().await;
        if !by_client {
            act(&mut control, "t", json!([{"close": {"code": 1000}}])).await;
        }
        client.send(Frame::close(1000, "")).await;
        client.expect_close(Some(1000)).await;
        // The server has ended its side, and reads away what still comes.
        client.expect_end().await;
        client.raw.send(vec![0; 100_000]).await;
        let (duration, ended) = time(ended(&mut control, "t")).await;
        assert!(about(duration, Duration::from_secs(5)), "{duration:?}");
        assert_eq!(ended, "timed_out");
        assert!(!client.raw.try_send("nobody is there any more").await);
        leave(server, control).await;
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_first_reason_to_close_counts() {
    let (server, mut client, mut control) = stage().await;
    let acts = json!([{"close": {"code": 4000}}, {"close": {"code": 4001}}]);
    let answer = control.command(json!({"to": "t", "act": acts})).await;
    assert_eq!((&answer["error"], &answer["done"]), (&json!("not_open"), &json!(1)));
    client.expect_close(Some(4000)).await;
    client.close_answer(1000).await;
    leave(server, control).await;
}
