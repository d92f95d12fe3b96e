//! What only TCP can show: FIN, RST, and what becomes of bytes that nobody has read.

use super::{Process, end_of, open};
use crate::support::{Client, Frame};
use serde_json::json;
use std::io::ErrorKind;
use tokio::io::AsyncWriteExt as _;

async fn act(control: &mut Client<tokio::net::TcpStream>, acts: serde_json::Value) {
    let answer = control.command(json!({"to": "t", "act": acts})).await;
    assert_eq!(answer["ok"], true, "{answer}");
}

#[tokio::test]
async fn drop_is_a_reset_and_finish_is_not() {
    let (process, ready) = Process::under_test(&["--journal"]).await;
    let mut control = open(&ready, "/control").await;
    for _ in 0..20 {
        let mut client = open(&ready, "/echo?tag=t").await;
        act(&mut control, json!([{"send": {"text": "last"}}])).await;
        client.expect(Frame::text("last")).await;
        act(&mut control, json!([{"drop": true}])).await;
        assert_eq!(end_of(&mut client.raw.stream).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
        act(&mut control, json!([{"seen": {"until": {"ended": true}}}])).await;

        let mut client = open(&ready, "/echo?tag=t").await;
        act(&mut control, json!([{"finish": true}])).await;
        assert_eq!(end_of(&mut client.raw.stream).await.unwrap(), 0);
        client.raw.finish().await;
        act(&mut control, json!([{"seen": {"until": {"ended": true}}}])).await;
    }
    control.close().await;
    assert_eq!(process.stop().await.code, Some(0));
}

#[tokio::test]
async fn a_closing_handshake_ends_in_fin_from_either_end() {
    let (process, ready) = Process::under_test(&["--journal"]).await;
    let mut control = open(&ready, "/control").await;
    for by_client in [true, false].repeat(10) {
        let mut client = open(&ready, "/echo?tag=t").await;
        if !by_client {
            act(&mut control, json!([{"close": {"code": 1000}}])).await;
        }
        // Data behind the close frame must not turn the end into a reset either.
        client.raw.send([Frame::close(1000, "").masked(), vec![0; 20_000]].concat()).await;
        client.expect_close(Some(1000)).await;
        assert_eq!(end_of(&mut client.raw.stream).await.unwrap(), 0);
        drop(client);
        act(&mut control, json!([{"seen": {"until": {"ended": true}}}])).await;
    }
    control.close().await;
    assert_eq!(process.stop().await.code, Some(0));
}

#[tokio::test]
async fn a_violation_with_megabytes_behind_it_still_lets_its_close_frame_arrive() {
    let (process, ready) = Process::under_test(&[]).await;
    for _ in 0..20 {
        let client = open(&ready, "/echo").await;
        let bytes =
            [Frame::text("earned").masked(), Frame::text("not masked").unmasked(), vec![0; 4 << 20]].concat();
        let (reading, mut writing) = client.raw.stream.into_split();
        let sending = async {
            let sent = writing.write_all(&bytes).await;
            (sent, writing)
        };
        let mut reader = Client {
            raw: crate::support::Raw::new(tokio::io::join(reading, tokio::io::sink())),
            handshake: client.handshake,
        };
        let reading = async {
            reader.expect(Frame::text("earned")).await;
            reader.expect_close(Some(1002)).await;
            end_of(&mut reader.raw.stream).await
        };
        let ((sent, writing), end) = tokio::join!(sending, reading);
        assert_eq!((sent.unwrap(), end.unwrap()), ((), 0));
        drop(writing);
    }
    assert_eq!(process.stop().await.code, Some(0));
}

#[tokio::test]
async fn a_violation_whose_sender_reads_only_afterwards_still_lets_its_close_frame_arrive() {
    let (process, ready) = Process::under_test(&[]).await;
    let mut client = open(&ready, "/echo").await;
    client.raw.send([Frame::text("not masked").unmasked(), vec![0; 4 << 20]].concat()).await;
    client.expect_close(Some(1002)).await;
    assert_eq!(end_of(&mut client.raw.stream).await.unwrap(), 0);
    drop(client);
    assert_eq!(process.stop().await.code, Some(0));
}

#[tokio::test]
async fn a_client_that_sends_64_mib_before_it_reads_gets_all_of_it() {
    let (process, ready) = Process::under_test(&[]).await;
    let client = open(&ready, "/echo").await;
    let message = Frame::binary(vec![9; 100_000]);
    let (reading, mut writing) = client.raw.stream.into_split();
    let wire = message.masked();
    // Stalls: nobody reads until the server has taken nothing for a while.
    let mut sent = 0;
    let bytes = wire.repeat(671);
    while let Ok(written) =
        tokio::time::timeout(std::time::Duration::from_millis(300), writing.write(&bytes[sent..])).await
    {
        sent += written.unwrap();
    }
    assert!(sent < bytes.len(), "a server that holds 64 MiB for one client");
    let sending = async {
        writing.write_all(&bytes[sent..]).await.unwrap();
        writing
    };
    let mut reader = Client {
        raw: crate::support::Raw::new(tokio::io::join(reading, tokio::io::sink())),
        handshake: client.handshake,
    };
    let reading = async {
        for _ in 0..671 {
            assert!(reader.frame().await.unwrap() == message);
        }
    };
    let (writing, ()) = tokio::join!(sending, reading);
    drop(writing);
    assert_eq!(process.stop().await.code, Some(0));
}

#[tokio::test]
async fn a_client_that_resets_is_seen_to_have_vanished() {
    let (process, ready) = Process::under_test(&["--journal"]).await;
    let mut control = open(&ready, "/control").await;
    let client = open(&ready, "/ws?tag=t").await;
    // What has arrived and was not read makes closing a reset. (The welcome may have been read with the head.)
    act(&mut control, json!([{"send": {"text": "never read"}}])).await;
    client.raw.stream.peek(&mut [0]).await.unwrap();
    drop(client);
    let seen = json!({"to": "t", "act": [{"seen": {"until": {"ended": true}}}]});
    assert_eq!(control.command(seen).await["seen"]["ended"], "vanished");
    control.close().await;
    assert_eq!(process.stop().await.code, Some(0));
}
