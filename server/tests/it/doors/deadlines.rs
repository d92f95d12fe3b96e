//! A head, and a body, have so much time and not more.

use crate::support::{Frame, Raw, Request, TestServer, client::within};
use std::time::Duration;
use tokio::time::{Instant, advance, sleep_until};

const HEAD: Duration = Duration::from_secs(5);

/// The server answers 408 at exactly this moment and not before.
async fn expect_408_after(raw: &mut Raw, begun: Instant, deadline: Duration) {
    let answer = raw.answer().await;
    assert_eq!((answer.status, &*answer.error()), (408, "slow_head"));
    // The clock of tokio ticks in milliseconds.
    let taken = begun.elapsed();
    assert!((deadline..deadline + Duration::from_millis(2)).contains(&taken), "after {taken:?}");
}

#[tokio::test(start_paused = true)]
async fn who_sends_nothing_or_half_a_head_gets_408_when_the_time_is_over() {
    for sent in ["", "G", "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"] {
        let server = TestServer::new();
        let begun = Instant::now();
        let mut raw = server.connect().await;
        raw.send(sent).await;
        expect_408_after(&mut raw, begun, HEAD).await;
        server.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_time_of_a_head_is_the_one_that_is_configured() {
    let limit = Duration::from_millis(250);
    let server = TestServer::with(|config| config.head_timeout = limit);
    let begun = Instant::now();
    let mut raw = server.connect().await;
    let answer = raw.answer().await;
    assert!(answer.body.contains("within 0.25 s"), "{}", answer.body);
    assert!((limit..limit + Duration::from_millis(2)).contains(&begun.elapsed()));
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_trickle_of_bytes_does_not_prolong_the_time_of_a_head() {
    let server = TestServer::new();
    let begun = Instant::now();
    let mut raw = server.connect().await;
    let head = Request::handshake("/ws").bytes();
    // A byte every 100 ms would need 16 s.
    for byte in head.iter().take(49) {
        raw.send([*byte]).await;
        sleep_until(Instant::now() + Duration::from_millis(100)).await;
    }
    expect_408_after(&mut raw, begun, HEAD).await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_head_that_ends_at_the_last_moment_is_in_time() {
    let server = TestServer::new();
    let mut raw = server.connect().await;
    let head = Request::handshake("/ws").bytes();
    let (last, rest) = head.split_last().unwrap();
    raw.send(rest).await;
    advance(HEAD - Duration::from_millis(2)).await;
    raw.send([*last]).await;
    assert!(raw.head().await.starts_with("HTTP/1.1 101 "));
    drop(raw);
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stops_is_answered_408_after_the_write_timeout() {
    let server = TestServer::new();
    let begun = Instant::now();
    let mut raw = server.connect().await;
    let mut request = Request::push("/push", "hello");
    request.body.truncate(3);
    raw.send(request.bytes()).await;
    let answer = raw.answer().await;
    assert_eq!((answer.status, &*answer.error()), (408, "slow_body"));
    assert_eq!(begun.elapsed().as_secs(), 30);
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn two_thousand_half_open_handshakes_get_408_and_disturb_nobody() {
    let server = TestServer::new();
    let mut session = server.talk("/ws").await;
    let begun = Instant::now();
    let mut half_open: Vec<Raw> = Vec::new();
    for i in 0..2000 {
        let mut raw = server.connect_with_pipe(4096).await;
        raw.send(&Request::handshake("/ws").bytes()[..i % 150]).await;
        half_open.push(raw);
    }
    assert!(begun.elapsed() < HEAD);
    while begun.elapsed() < HEAD + Duration::from_secs(1) {
        let asked = Instant::now();
        session.send(Frame::text("still there?")).await;
        session.expect(Frame::text("still there?")).await;
        assert!(asked.elapsed() < Duration::from_millis(10), "the session waits for the handshakes");
        advance(Duration::from_millis(50)).await;
    }
    for mut raw in half_open {
        assert_eq!(within(raw.answer()).await.error(), "slow_head");
    }
    assert_eq!(server.refused().await["slow_head"], 2000);
    session.close().await;
    server.stop().await;
}
