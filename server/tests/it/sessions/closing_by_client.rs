//! The client closes first, or leaves.

use super::{about, act, ended, seen_ended, send_until_stalled, server, sha256, time};
use crate::support::{Frame, TestServer};
use serde_json::json;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn every_code_that_may_be_sent_comes_back_with_its_reason() {
    let server = server();
    let mut control = server.open("/control").await;
    for code in
        [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
    {
        let mut client = server.open("/echo?tag=t").await;
        client.send(Frame::close(code, "because")).await;
        assert_eq!(client.expect_close(Some(code)).await, "because");
        client.expect_end().await;
        drop(client);
        let seen = seen_ended(&mut control, "t").await;
        assert_eq!(seen["close"], json!({"code": code, "reason": "because"}));
        assert_eq!(seen["ended"], "clean");
    }
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_close_frame_without_a_code_is_answered_without_one() {
    let server = server();
    let mut control = server.open("/control").await;
    let mut client = server.open("/echo?tag=t").await;
    client.send(Frame::close_without_code()).await;
    client.expect_close(None).await;
    client.expect_end().await;
    drop(client);
    let seen = seen_ended(&mut control, "t").await;
    assert_eq!((&seen["close"], &seen["ended"]), (&json!({"code": null, "reason": ""}), &json!("clean")));
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_longest_reason_comes_back_whole() {
    let server = TestServer::new();
    let mut client = server.open("/echo").await;
    let reason = "ä".repeat(61) + "!";
    client.send(Frame::close(1000, &reason)).await;
    assert_eq!(client.expect_close(Some(1000)).await, reason);
    client.expect_end().await;
    drop(client);
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_before_the_close_frame_is_echoed_before_the_answer() {
    let server = TestServer::new();
    let mut client = server.open("/echo").await;
    let messages: Vec<Frame> = (0..500).map(|i| Frame::text(format!("{i}"))).collect();
    let mut bytes: Vec<u8> = messages.iter().flat_map(Frame::masked).collect();
    bytes.extend(Frame::close(1000, "").masked());
    client.raw.send(bytes).await;
    for message in messages {
        client.expect(message).await;
    }
    client.expect_close(Some(1000)).await;
    client.expect_end().await;
    drop(client);
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_follows_the_clients_own_close_frame_is_not_looked_at() {
    let server = server();
    let mut control = server.open("/control").await;
    let mut client = server.open("/echo?tag=t").await;
    let after = [Frame::text("late").masked(), Frame::ping("late").masked(), b"\xff\xff garbage".to_vec()];
    client.raw.send([Frame::close(1000, "").masked(), after.concat()].concat()).await;
    client.expect_close(Some(1000)).await;
    client.expect_end().await;
    drop(client);
    let seen = seen_ended(&mut control, "t").await;
    assert_eq!((&seen["received"]["text"], &seen["received"]["ping"]), (&json!(0), &json!(0)));
    assert_eq!(seen["ended"], "clean");
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_fin_right_behind_the_close_frame_changes_nothing() {
    let server = server();
    let mut control = server.open("/control").await;
    let mut client = server.open("/echo?tag=t").await;
    client.raw.send([Frame::text("last").masked(), Frame::close(3001, "bye").masked()].concat()).await;
    client.raw.finish().await;
    client.expect(Frame::text("last")).await;
    assert_eq!(client.expect_close(Some(3001)).await, "bye");
    client.expect_end().await;
    assert_eq!(ended(&mut control, "t").await, "clean");
    drop(client);
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_queued_before_the_clients_close_frame_and_fin_leaves_first() {
    let server = server();
    let mut control = server.open("/control").await;
    let mut client = server.open("/echo?tag=t").await;
    // More than the encoder takes ahead, so that most of it waits in the outbox when the close frame comes.
    let fill = json!({"fill": {"len": 100_000, "as": "binary"}, "times": 8});
    act(&mut control, "t", json!([{"send": fill}])).await;
    client.send(Frame::close(1000, "")).await;
    client.raw.finish().await;
    for i in 0..8 {
        assert_eq!(client.frame().await.map(|frame| frame.payload.len()), Some(100_000), "message {i}");
    }
    client.expect_close(Some(1000)).await;
    client.expect_end().await;
    assert_eq!(ended(&mut control, "t").await, "clean");
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_fin_without_a_close_frame_leaves_the_echoes_that_were_earned() {
    let server = server();
    let mut control = server.open("/control").await;
    let mut client = server.open("/echo?tag=t").await;
    let messages: Vec<Frame> = (0..60).map(|i| Frame::binary(vec![i; 1000])).collect();
    client.raw.send(messages.iter().flat_map(Frame::masked).collect::<Vec<_>>()).await;
    client.raw.finish().await;
    for message in &messages {
        client.expect(message.clone()).await;
    }
    client.expect_end().await;
    let seen = seen_ended(&mut control, "t").await;
    assert_eq!((&seen["ended"], &seen["close"]), (&json!("vanished"), &json!(null)));
    assert_eq!(seen["sent"]["sha256"], sha256(&messages));
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_fin_behind_more_than_the_mark_leaves_every_echo_too() {
    let server = server();
    let mut client = server.open("/echo").await;
    let message = Frame::binary([7; 50_000]);
    let bytes = message.masked().repeat(7);
    assert_eq!(send_until_stalled(&mut client, &bytes).await, bytes.len());
    client.raw.finish().await;
    for _ in 0..7 {
        client.expect(message.clone()).await;
    }
    client.expect_end().await;
    drop(client);
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_fin_in_the_middle_of_a_frame_or_of_a_message_is_a_client_that_vanished() {
    let server = server();
    let mut control = server.open("/control").await;
    let frame = Frame::text("never whole").masked();
    let mut beginnings: Vec<Vec<u8>> = (1..frame.len()).map(|len| frame[..len].to_vec()).collect();
    beginnings.push(Frame::text("never whole").unfinished().masked());
    for beginning in beginnings {
        let mut client = server.open("/echo?tag=t").await;
        client.raw.send(&beginning).await;
        client.raw.finish().await;
        client.expect_end().await;
        let seen = seen_ended(&mut control, "t").await;
        assert_eq!((&seen["ended"], &seen["received"]["text"]), (&json!("vanished"), &json!(0)));
    }
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_gone_without_a_word_has_vanished() {
    let server = server();
    let mut control = server.open("/control").await;
    let client = server.talk("/ws?tag=t").await;
    drop(client);
    assert_eq!(ended(&mut control, "t").await, "vanished");
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_breaks_the_protocol_is_told_so_and_has_ended_in_violation() {
    let server = server();
    let mut control = server.open("/control").await;
    let mut client = server.open("/echo?tag=t").await;
    client.raw.send([Frame::text("earned").masked(), Frame::text("not masked").unmasked()].concat()).await;
    client.expect(Frame::text("earned")).await;
    assert_eq!(client.expect_close(Some(1002)).await, "a frame from the client is not masked");
    client.expect_end().await;
    drop(client);
    assert_eq!(ended(&mut control, "t").await, "violation");
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_closes_and_takes_no_answer_has_not_ended_clean() {
    let server = TestServer::with(|config| {
        config.journal = true;
        config.write_timeout = Duration::from_secs(5);
    });
    let mut control = server.open("/control").await;
    let mut client = server.open("/echo?tag=t").await;
    let message = Frame::binary([7; 50_000]);
    // More than the pipe holds, less than the mark: all of it is answered, and the answers stay where they are.
    let bytes = [message.masked().repeat(4), Frame::close(1000, "").masked()].concat();
    client.raw.send(bytes).await;
    let (duration, seen) = time(seen_ended(&mut control, "t")).await;
    assert!(about(duration, Duration::from_secs(5)), "{duration:?}");
    assert_eq!((&seen["ended"], &seen["close"]["code"]), (&json!("timed_out"), &json!(1000)));
    drop(client);
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_closes_and_then_reads_slowly_gets_all_that_it_has_earned() {
    let server = server();
    let mut control = server.open("/control").await;
    let mut client = server.open("/echo?tag=t").await;
    let message = Frame::binary([7; 50_000]);
    client.raw.send([message.masked().repeat(4), Frame::close(1000, "").masked()].concat()).await;
    // Longer in all than --close-timeout and --write-timeout together, and never still for as long as either.
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_secs(20)).await;
        client.expect(message.clone()).await;
    }
    client.expect(message).await;
    client.expect_close(Some(1000)).await;
    client.expect_end().await;
    drop(client);
    assert_eq!(ended(&mut control, "t").await, "clean");
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_closes_and_is_gone_before_its_answer_has_not_ended_clean() {
    let server = server();
    let mut control = server.open("/control").await;
    let mut client = server.open("/echo?tag=t").await;
    let message = Frame::binary([7; 50_000]);
    client.raw.send([message.masked().repeat(4), Frame::close(1000, "").masked()].concat()).await;
    let wait = json!([{"seen": {"until": {"close": true}}}]);
    assert_eq!(control.command(json!({"to": "t", "act": wait})).await["ok"], true);
    drop(client);
    assert_eq!(ended(&mut control, "t").await, "vanished");
    control.close().await;
    server.stop().await;
}
