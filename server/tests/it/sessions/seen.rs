//! The server's own view: exact while a connection lives, and kept for a while after.

use super::{act, ended, seen, seen_ended, server, sha256, time};
use crate::support::{Client, Frame, TestServer};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn counts_and_hashes_are_exact_in_both_directions() {
    let server = server();
    let mut control = server.open("/control").await;
    let mut client = server.open("/ws?tag=t").await;
    let mut sent = vec![client.frame().await.unwrap()];
    let received = [Frame::text("ä"), Frame::binary([0; 70_000]), Frame::text(""), Frame::binary([1, 2])];
    for message in &received {
        client.send(message.clone()).await;
        client.expect(message.clone()).await;
        sent.push(message.clone());
    }
    // In fragments, with a ping between them: one message all the same.
    client.send(Frame::text("in ").unfinished()).await;
    client.send(Frame::ping("!")).await;
    client.send(Frame::continuation("parts")).await;
    client.expect(Frame::pong("!")).await;
    client.expect(Frame::text("in parts")).await;
    sent.push(Frame::text("in parts"));
    let received: Vec<Frame> = received.into_iter().chain([Frame::text("in parts")]).collect();
    client.send(Frame::pong("unasked")).await;
    act(
        &mut control,
        "t",
        json!([{"send": {"text": "pushed", "fragments": [1, 5]}}, {"ping": {}}, {"pong": {}}]),
    )
    .await;
    sent.push(Frame::text("pushed"));
    client.expect(Frame::text("p").unfinished()).await;
    client.expect(Frame::continuation("ushed")).await;
    client.expect(Frame::ping([])).await;
    client.expect(Frame::pong([])).await;

    let bytes = |messages: &[Frame]| messages.iter().map(|message| message.payload.len()).sum::<usize>();
    let expected_received = json!({
        "text": 3, "binary": 2, "ping": 1, "pong": 1, "bytes": bytes(&received), "sha256": sha256(&received),
    });
    let expected_sent = json!({
        "text": 5, "binary": 2, "ping": 1, "pong": 2, "bytes": bytes(&sent), "sha256": sha256(&sent),
    });
    let view = seen(&mut control, "t").await;
    assert_eq!((&view["received"], &view["sent"]), (&expected_received, &expected_sent));
    assert_eq!((&view["open"], &view["ended"], &view["close"]), (&json!(true), &Value::Null, &Value::Null));
    client.send(Frame::close(4100, "ende")).await;
    client.expect_close(Some(4100)).await;
    client.expect_end().await;
    drop(client);
    let view = seen_ended(&mut control, "t").await;
    assert_eq!((&view["received"], &view["sent"]), (&expected_received, &expected_sent));
    assert_eq!((&view["ended"], &view["close"]), (&json!("clean"), &json!({"code": 4100, "reason": "ende"})));
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn pushes_over_http_are_seen_as_sent() {
    let server = server();
    let mut control = server.open("/control").await;
    let mut client = server.open("/ws?tag=t").await;
    let welcome = client.frame().await.unwrap();
    for target in ["/push", "/push?to=t"] {
        let request = format!("POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\npushed");
        assert_eq!(server.ask(request).await.status, 200);
        client.expect(Frame::text("pushed")).await;
    }
    let sent = &seen(&mut control, "t").await["sent"];
    assert_eq!(sent["text"], 3);
    assert_eq!(sent["sha256"], sha256(&[welcome, Frame::text("pushed"), Frame::text("pushed")]));
    client.close().await;
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_last_pong_is_kept_as_hex() {
    let server = server();
    let mut control = server.open("/control").await;
    let mut client = server.open("/echo?tag=t").await;
    assert_eq!(seen(&mut control, "t").await["last_pong"], Value::Null);
    for (payload, hex) in [(&b"p"[..], "70"), (b"\x00\xff", "00ff"), (b"", "")] {
        client.send(Frame::pong(payload)).await;
        client.send(Frame::text("fence")).await;
        client.expect(Frame::text("fence")).await;
        assert_eq!(seen(&mut control, "t").await["last_pong"], hex);
    }
    client.close().await;
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_handshake_is_kept_as_it_was_sent() {
    let server = server();
    let mut control = server.open("/control").await;
    let headers = [
        ("X-Twice", "one"),
        ("x-tWICE", "two"),
        ("Sec-WebSocket-Protocol", "unknown, crosswire.v1.plain"),
        ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"),
    ];
    let client = Client::open(server.connect().await.stream, "/ws?other=%20x&tag=t", &headers).await;
    let view = seen(&mut control, "t").await;
    let handshake = &view["handshake"];
    assert_eq!(handshake["target"], "/ws?other=%20x&tag=t");
    let expected = json!([
        ["Host", "127.0.0.1:9001"],
        ["Upgrade", "websocket"],
        ["Connection", "Upgrade"],
        ["Sec-WebSocket-Version", "13"],
        ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
        ["X-Twice", "one"],
        ["x-tWICE", "two"],
        ["Sec-WebSocket-Protocol", "unknown, crosswire.v1.plain"],
        ["Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"],
    ]);
    assert_eq!(handshake["headers"], expected);
    assert_eq!(
        (&handshake["subprotocol"], &handshake["extensions"]),
        (&json!("crosswire.v1.plain"), &json!([]))
    );
    drop(client);
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn waits_for_counts_for_the_close_frame_and_for_the_end() {
    let server = server();
    let mut control = server.open("/control").await;
    let mut client = server.open("/echo?tag=t").await;
    let until = |what: Value| json!({"to": "t", "act": [{"seen": {"until": what, "within_ms": 10_000}}]});
    let later = async {
        for frame in [Frame::text("abc"), Frame::binary([1]), Frame::ping(""), Frame::pong("")] {
            tokio::time::sleep(Duration::from_millis(100)).await;
            client.send(frame).await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        client.send(Frame::close(1000, "")).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        drop(client);
    };
    let waiting = async {
        let mut times = Vec::new();
        for what in [
            json!({"received": {"text": 1, "bytes": 3}}),
            json!({"received": {"binary": 1}, "sent": {"binary": 1, "bytes": 4}}),
            json!({"received": {"ping": 1}, "sent": {"pong": 1}}),
            json!({"received": {"pong": 1}}),
            json!({"close": true}),
            json!({"ended": true}),
            // What has been reached is answered at once.
            json!({"ended": true, "close": true, "received": {"text": 1}}),
        ] {
            let (duration, answer) = time(control.command(until(what))).await;
            assert_eq!(answer["ok"], true, "{answer}");
            times.push(duration.as_millis() / 10);
        }
        times
    };
    let (times, ()) = tokio::join!(waiting, later);
    assert_eq!(times, [10, 10, 10, 10, 10, 10, 0]);
    let now = control
        .command(json!({"to": "t", "act": [{"seen": {"until": {"ended": false}, "within_ms": 0}}]}))
        .await;
    assert_eq!(now["error"], "not_reached");
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_last_of_two_views_is_the_one_that_is_answered() {
    let server = server();
    let mut control = server.open("/control").await;
    let mut client = server.open("/echo?tag=t").await;
    let acts = json!([{"seen": true}, {"ping": {}}, {"seen": {"until": {"sent": {"ping": 1}}}}]);
    let answer = control.command(json!({"to": "t", "act": acts})).await;
    assert_eq!(answer["seen"]["sent"]["ping"], 1);
    client.expect(Frame::ping([])).await;
    client.close().await;
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn is_kept_for_60_s_after_the_end_and_gone_after() {
    let server = server();
    let mut control = server.open("/control").await;
    let client = server.open("/echo?tag=t").await;
    drop(client);
    assert_eq!(ended(&mut control, "t").await, "vanished");
    tokio::time::sleep(Duration::from_millis(59_900)).await;
    assert_eq!(ended(&mut control, "t").await, "vanished");
    tokio::time::sleep(Duration::from_millis(200)).await;
    let answer = control.command(json!({"to": "t", "act": [{"seen": true}]})).await;
    assert_eq!(answer["error"], "unknown_connection");
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn of_those_that_have_ended_at_most_10_000_are_kept() {
    let server = server();
    let mut control = server.open("/control").await;
    for i in 0..=10_000 {
        drop(server.open(&format!("/echo?tag=t{i}")).await);
    }
    server.sessions(1).await;
    let answer = control.command(json!({"to": "t0", "act": [{"seen": true}]})).await;
    assert_eq!(answer["error"], "unknown_connection", "the oldest makes room");
    assert_eq!(ended(&mut control, "t1").await, "vanished");
    assert_eq!(ended(&mut control, "t10000").await, "vanished");
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_handshake_leaves_nothing_to_see() {
    let server = TestServer::with(|config| {
        config.journal = true;
        config.max_sessions = 1;
    });
    let mut control = server.open("/control").await;
    let refused = server.ask(crate::support::client::handshake("/ws?tag=t", &[])).await;
    assert_eq!(refused.error(), "full");
    let answer = control.command(json!({"to": "t", "act": [{"seen": true}]})).await;
    assert_eq!(answer["error"], "unknown_connection");
    control.close().await;
    server.stop().await;
}
