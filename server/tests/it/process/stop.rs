//! How the program stops, and what its exit code says.

use super::{Process, ask, connect, open, program};
use crate::support::{Client, Raw};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// A server that is not under test, and its address.
async fn serving(flags: &[&str]) -> (Process, String) {
    let mut process = Process::start(program(&[&["--listen", "127.0.0.1:0"], flags].concat()));
    let line = process.says("connect").await;
    let address =
        line.split("ws://").nth(1).expect("an address").strip_suffix("/ws").expect("a path").to_owned();
    process.says("stop").await;
    (process, address)
}

async fn talk(address: &str) -> Client<TcpStream> {
    let mut client =
        Client::open(TcpStream::connect(address).await.expect("a server that listens"), "/ws", &[]).await;
    client.welcome().await;
    client
}

#[tokio::test]
async fn the_end_of_standard_input_stops_it_within_2_s_whoever_is_connected() {
    let (process, ready) = Process::under_test(&[]).await;
    // One that answers, one that does not, one in the middle of its handshake, and one that says nothing.
    let mut polite = open(&ready, "/ws").await;
    polite.welcome().await;
    let mut mute = open(&ready, "/echo").await;
    let mut half = Raw::new(connect(&ready).await);
    half.send("GET /ws HTTP/1.1\r\nHost: loc").await;
    let silent = connect(&ready).await;
    let begin = Instant::now();
    let closing = async {
        polite.expect_close(Some(1001)).await;
        polite.send(crate::support::Frame::close(1001, "")).await;
        polite.expect_end().await;
    };
    let (left, ()) = tokio::join!(process.stop(), closing);
    let duration = begin.elapsed();
    assert!(duration < Duration::from_secs(2), "{duration:?}");
    assert_eq!((left.code, &*left.output), (Some(0), ""));
    mute.expect_close(Some(1001)).await;
    drop((mute, half, silent));
}

#[tokio::test]
async fn nobody_connected_it_stops_at_once() {
    let (process, _) = Process::under_test(&[]).await;
    let begin = Instant::now();
    let left = process.stop().await;
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
    assert_eq!((left.code, &*left.errors), (Some(0), ""));
}

#[tokio::test]
async fn a_signal_drains_and_the_exit_code_is_0() {
    for signal in ["TERM", "INT"] {
        let (process, address) = serving(&[]).await;
        let mut client = talk(&address).await;
        process.signal(signal).await;
        client.expect_close(Some(1001)).await;
        let (late, answer) =
            (TcpStream::connect(&address).await.unwrap(), "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let mut late = Raw::new(late);
        late.send(answer).await;
        assert_eq!(late.answer().await.status, 503);
        drop(late);
        client.send(crate::support::Frame::close(1001, "")).await;
        client.expect_end().await;
        drop(client);
        let left = process.left().await;
        assert_eq!((left.code, left.errors.trim()), (Some(0), ""), "SIG{signal}");
    }
}

#[tokio::test]
async fn sessions_that_had_to_be_cut_are_counted_on_one_line_and_the_exit_code_is_3() {
    for (flags, words) in [
        (["--drain-timeout", "100ms", "--log", "warn"], "these sessions are cut sessions=2"),
        (["--drain-timeout", "0s", "--log", "warn"], "these sessions are cut sessions=2"),
        (
            ["--drain-timeout", "0s", "--log", "off"],
            "2 sessions were still open when the drain's time was over",
        ),
    ] {
        let (process, address) = serving(&flags).await;
        let mut mute = [talk(&address).await, talk(&address).await];
        process.signal("TERM").await;
        let left = process.left().await;
        assert_eq!((left.code, left.errors.trim().lines().count()), (Some(3), 1), "{}", left.errors);
        assert!(left.errors.contains(words), "{}", left.errors);
        for client in &mut mute {
            client.expect_close(Some(1001)).await;
            client.expect_end().await;
        }
    }
}

#[tokio::test]
async fn under_test_a_drain_that_was_set_is_not_shortened_and_cut_sessions_are_exit_code_0() {
    let (process, ready) = Process::under_test(&["--drain-timeout", "1s", "--log", "off"]).await;
    let mute = open(&ready, "/echo").await;
    let begin = Instant::now();
    let left = process.stop().await;
    assert!(begin.elapsed() >= Duration::from_secs(1), "{:?}", begin.elapsed());
    assert_eq!((left.code, &*left.errors), (Some(0), ""));
    drop(mute);
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once_with_130() {
    for signals in [["TERM", "TERM"], ["INT", "TERM"]] {
        let (process, address) = serving(&[]).await;
        let mut client = talk(&address).await;
        let begin = Instant::now();
        process.signal(signals[0]).await;
        client.expect_close(Some(1001)).await;
        process.signal(signals[1]).await;
        let left = process.left().await;
        assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
        assert_eq!((left.code, left.errors.trim()), (Some(130), ""));
        drop(client);
    }
}

#[tokio::test]
async fn under_test_a_signal_stops_it_too() {
    let (process, ready) = Process::under_test(&[]).await;
    let health = ask(&ready, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert_eq!(health.status, 200);
    process.signal("TERM").await;
    assert_eq!(process.left().await.code, Some(0));
}
