//! Pushes to a client that never reads: bounded by messages and by bytes, then 4008.

use super::{act, seen_ended, server};
use crate::support::{Client, Frame, TestServer};
use serde_json::json;
use std::time::Duration;

async fn push(server: &TestServer, to: &str, body: &[u8]) -> u16 {
    let head =
        format!("POST /push?to={to} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", body.len());
    server.ask([head.as_bytes(), body].concat()).await.status
}

/// Reads to the close frame. Gives the messages before it.
async fn messages_until_4008(client: &mut Client) -> Vec<Frame> {
    let mut messages = Vec::new();
    loop {
        let frame = client.frame().await.expect("a close frame");
        if frame.opcode == 8 {
            assert_eq!(frame.close_code(), Some(4008));
            assert_eq!(&frame.payload[2..], b"pushed messages were not read in time");
            return messages;
        }
        messages.push(frame);
    }
}

#[tokio::test(start_paused = true)]
async fn too_many_pushes_to_a_client_that_does_not_read_end_in_4008() {
    let server = TestServer::with(|config| {
        config.journal = true;
        config.ping_interval = None;
        // What TCP and the encoder hold is not in the outbox; so many bytes of it are never reached here.
        config.max_push_bytes = 64 << 20;
    });
    let mut client = server.talk("/ws?tag=t").await;
    let mut control = server.open("/control").await;
    let mut pushed = 0;
    while push(&server, "t", &[b'x'; 1000]).await == 200 {
        pushed += 1;
    }
    assert!(pushed >= 1024, "{pushed}");
    let messages = messages_until_4008(&mut client).await;
    // What had left the outbox arrives: at most what the pipe and the encoder hold; what waited in it does not.
    assert_eq!(messages.len(), pushed - 1024);
    assert!(messages.iter().all(|message| message.payload.len() == 1000));
    client.send(Frame::close(4008, "")).await;
    client.expect_end().await;
    drop(client);
    let seen = seen_ended(&mut control, "t").await;
    assert_eq!((&seen["ended"], &seen["sent"]["text"]), (&json!("clean"), &json!(messages.len() + 1)));
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn too_many_pushed_bytes_end_in_4008() {
    let server = server();
    let mut client = server.talk("/ws?tag=t").await;
    // The first is taken to be encoded, the second fits because nothing else waits, the third does not.
    let body = vec![b'x'; 1 << 20];
    assert_eq!(push(&server, "t", &body).await, 200);
    assert_eq!(push(&server, "t", &body).await, 200);
    assert_eq!(push(&server, "t", b"one byte too many").await, 404);
    let messages = messages_until_4008(&mut client).await;
    assert_eq!(messages.len(), 1);
    assert!(messages[0].payload == body);
    client.send(Frame::close(4008, "")).await;
    client.expect_end().await;
    drop(client);
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn one_message_of_the_largest_size_always_fits() {
    let server = TestServer::with(|config| {
        config.max_push_bytes = 1;
        config.max_pushes = 1;
    });
    let mut client = server.talk("/ws?tag=t").await;
    let body = vec![b'x'; 1 << 20];
    assert_eq!(push(&server, "t", &body).await, 200);
    let frame = client.frame().await.unwrap();
    assert!(frame.payload == body);
    client.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn echoes_are_never_a_reason_to_close() {
    let server = TestServer::with(|config| {
        config.max_push_bytes = 1;
        config.max_pushes = 1;
    });
    let mut client = server.talk("/ws").await;
    let message = Frame::binary(vec![1; 20_000]);
    client.raw.send(message.masked().repeat(15)).await;
    for _ in 0..15 {
        client.expect(message.clone()).await;
    }
    client.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_neighbour_is_answered_while_a_client_that_never_reads_is_pushed_out() {
    let server = server();
    let mute = server.talk("/ws?tag=mute").await;
    let mut neighbour = server.talk("/ws?tag=neighbour").await;
    let mut control = server.open("/control").await;
    let begin = tokio::time::Instant::now();
    for i in 0..40 {
        // The first ones have room, the last ones find a connection that is closing.
        let status = push(&server, "mute", &[b'x'; 100_000]).await;
        assert!(status == 404 || (status == 200 && i < 20), "push {i}: {status}");
        neighbour.send(Frame::text(format!("{i}"))).await;
        neighbour.expect(Frame::text(format!("{i}"))).await;
        act(&mut control, "neighbour", json!([{"send": {"text": "pushed"}}])).await;
        neighbour.expect(Frame::text("pushed")).await;
    }
    assert!(begin.elapsed() < Duration::from_millis(1), "somebody waited for the one that never reads");
    assert_eq!(push(&server, "mute", b"gone").await, 404);
    // It takes neither the close frame nor what was before it.
    server.sessions(2).await;
    assert_eq!(seen_ended(&mut control, "mute").await["ended"], "timed_out");
    drop(mute);
    neighbour.close().await;
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_push_to_all_ends_only_the_one_that_has_no_room() {
    let server = server();
    let mute = server.talk("/ws?tag=mute").await;
    let mut reader = server.talk("/ws").await;
    let head = "POST /push HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n";
    let request = [head.as_bytes(), &[b'x'; 100_000]].concat();
    let mut delivered = Vec::new();
    for _ in 0..20 {
        delivered.push(server.ask(&request).await.body);
        assert_eq!(reader.frame().await.unwrap().payload.len(), 100_000);
    }
    assert_eq!(delivered.first().unwrap(), "{\"delivered\":2}\n");
    assert_eq!(delivered.last().unwrap(), "{\"delivered\":1}\n");
    assert!(delivered.is_sorted_by(|a, b| a >= b), "{delivered:?}");
    drop(mute);
    reader.close().await;
    server.stop().await;
}
