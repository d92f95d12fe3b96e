//! What connections do to one another, to those that come after them, and to the server.

use super::{LONG, heard, server};
use crate::support::{Frame, Request, TestServer};
use crosswire_server::mutants::Mutant;
use serde_json::json;
use tokio::time::{Instant, timeout};

pub(super) const SHOWN: [Mutant; 10] = [
    Mutant::SecondConnectionWrong,
    Mutant::OneClientAtATime,
    Mutant::DeathKillsNeighbours,
    Mutant::StalledHandshakeBlocks,
    Mutant::SlotLeakedByDrop,
    Mutant::TagNotFreed,
    Mutant::ControlAnswersEarly,
    Mutant::ReadsOnUnderPressure,
    Mutant::RandomDropUnderLoad,
    Mutant::CloseAnsweredTcpOpen,
];

/// Whether something comes to its end soon.
async fn soon<T>(future: impl Future<Output = T>) -> bool {
    timeout(LONG, future).await.is_ok()
}

#[tokio::test(start_paused = true)]
async fn half_of_the_connections_are_wrong() {
    let server = server(Mutant::SecondConnectionWrong);
    for back in ["hello", "helln", "helln", "hello"] {
        // Control connections do not count.
        drop(server.open("/control").await);
        let mut client = server.talk("/ws").await;
        client.send(Frame::text("hello")).await;
        client.expect(Frame::text(back)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_client_waits_for_the_end_of_the_first() {
    let server = server(Mutant::OneClientAtATime);
    let first = server.talk("/ws").await;
    assert!(soon(server.open("/control")).await, "control is right");
    assert!(!soon(server.talk("/ws")).await);
    first.close().await;
    assert!(soon(server.talk("/ws")).await);
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_takes_all_others_with_it() {
    for mutant in [Mutant::Healthy, Mutant::DeathKillsNeighbours] {
        let server = server(mutant);
        let (closed, lost, mut other) =
            (server.talk("/ws").await, server.talk("/ws?tag=t").await, server.open("/echo").await);
        let mut control = server.open("/control").await;
        closed.close().await;
        assert!(!soon(other.frame()).await, "a connection that is closed takes nobody with it");
        assert_eq!(control.command(json!({"id": 1, "to": "t", "act": [{"drop": true}]})).await["ok"], true);
        drop(lost);
        assert_eq!(soon(other.frame()).await, mutant == Mutant::DeathKillsNeighbours);
        assert!(!soon(control.frame()).await, "control is right");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stalled_handshake_keeps_others_out() {
    for mutant in [Mutant::Healthy, Mutant::StalledHandshakeBlocks] {
        let server = server(mutant);
        let mut stalled = server.connect().await;
        stalled.send("GET /ws HTTP/1.1\r\n").await;
        assert_eq!(soon(server.talk("/ws")).await, mutant == Mutant::Healthy);
        stalled.send(&Request::handshake("/ws").bytes()["GET /ws HTTP/1.1\r\n".len()..]).await;
        assert!(soon(server.talk("/ws")).await, "once it is complete others are let in");
        let mut unanswered = server.connect().await;
        unanswered.send(Request::handshake("/scenario/no-answer").bytes()).await;
        assert_eq!(soon(server.talk("/ws")).await, mutant == Mutant::Healthy);
        drop(unanswered);
        assert!(soon(server.talk("/ws")).await, "once its client is gone others are let in");
    }
}

#[tokio::test(start_paused = true)]
async fn places_and_tags_are_not_given_back() {
    for (mutant, after_loss, after_close) in [
        (Mutant::Healthy, "101", "101"),
        (Mutant::SlotLeakedByDrop, "503", "101"),
        (Mutant::TagNotFreed, "409", "409"),
    ] {
        for (closes, expected) in [(false, after_loss), (true, after_close)] {
            let server = TestServer::with(|config| (config.mutant, config.max_sessions) = (mutant, 1));
            let client = server.talk("/ws?tag=t").await;
            if closes {
                client.close().await;
            } else {
                drop(client);
            }
            tokio::time::sleep(LONG).await;
            let mut raw = server.connect().await;
            raw.send(Request::handshake("/ws?tag=t").bytes()).await;
            let head = raw.head().await;
            assert!(head.contains(&format!("HTTP/1.1 {expected} ")), "{}: {head}", mutant.name());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn control_answers_before_it_has_done_anything() {
    for mutant in [Mutant::Healthy, Mutant::ControlAnswersEarly] {
        let server = server(mutant);
        let mut client = server.talk("/ws?tag=t").await;
        let mut control = server.open("/control").await;
        let begun = Instant::now();
        let acts = json!([{"wait_ms": 500}, {"send": {"text": "news"}}]);
        assert_eq!(
            control.command(json!({"id": 7, "to": "t", "act": acts})).await,
            json!({"id": 7, "ok": true})
        );
        assert_eq!(begun.elapsed() < LONG / 4, mutant == Mutant::ControlAnswersEarly);
        client.expect(Frame::text("news")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn echoes_are_dropped_when_nobody_reads_them() {
    const MESSAGES: usize = 4096;
    let message = Frame::binary(vec![7; 1 << 10]).masked();
    for mutant in [Mutant::Healthy, Mutant::ReadsOnUnderPressure] {
        let mut client = server(mutant).open("/echo").await;
        let all: Vec<u8> = message.repeat(MESSAGES);
        let is_taken = timeout(LONG, tokio::io::AsyncWriteExt::write_all(&mut client.raw.stream, &all)).await;
        assert_eq!(is_taken.is_ok(), mutant == Mutant::ReadsOnUnderPressure);
        if is_taken.is_ok() {
            assert!(heard(&mut client).await.len() < MESSAGES / 2);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_tenth_message_is_lost_under_load() {
    for (mutant, clients, lost) in
        [(Mutant::Healthy, 60, 0), (Mutant::RandomDropUnderLoad, 60, 6), (Mutant::RandomDropUnderLoad, 50, 0)]
    {
        let server = server(mutant);
        let mut open = Vec::new();
        for _ in 0..clients {
            open.push(server.open("/echo").await);
        }
        let mut answered = 0;
        for client in &mut open {
            client.send(Frame::text("hello")).await;
            answered += heard(client).await.len();
        }
        assert_eq!(clients - answered, lost, "{}", mutant.name());
    }
}

#[tokio::test(start_paused = true)]
async fn tcp_stays_open_behind_the_close_frames() {
    for mutant in [Mutant::Healthy, Mutant::CloseAnsweredTcpOpen] {
        let mut client = server(mutant).talk("/ws").await;
        client.send(Frame::close(1000, "")).await;
        client.expect_close(Some(1000)).await;
        assert_eq!(soon(client.frame()).await, mutant == Mutant::Healthy);
    }
}
