//! The program `crosswire-mutant`, over loopback TCP.

use crate::{
    process::{Process, end_of, open, run, without_settings},
    support::Frame,
};
use crosswire_server::mutants::Mutant;
use serde_json::json;
use std::io::ErrorKind;
use tokio::{net::TcpStream, process::Command};

pub(super) const SHOWN: [Mutant; 2] = [Mutant::RefusesConnections, Mutant::ResetInsteadOfFin];

fn program(flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crosswire-mutant"));
    command.args(flags);
    without_settings(&mut command);
    command
}

fn under_test(mutant: &str) -> Command {
    program(&["--mutant", mutant, "--under-test", "--journal"])
}

#[tokio::test]
async fn says_that_it_is_ready_and_listens_no_longer() {
    let (process, ready) = Process::ready(under_test("refuses-connections")).await;
    let address = ready.url.strip_prefix("ws://").unwrap();
    assert_eq!(TcpStream::connect(address).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    assert_eq!(process.stop().await.code, Some(0));
}

#[tokio::test]
async fn resets_behind_the_close_frames_and_says_so_in_its_journal() {
    for (mutant, resets, ended) in [("none", false, "clean"), ("reset-instead-of-fin", true, "cut")] {
        let (process, ready) = Process::ready(under_test(mutant)).await;
        let mut control = open(&ready, "/control").await;
        let mut client = open(&ready, "/ws?tag=t").await;
        client.welcome().await;
        client.send(Frame::close(1000, "")).await;
        client.expect_close(Some(1000)).await;
        assert_eq!(end_of(&mut client.raw.stream).await.is_err(), resets, "{mutant}");
        drop(client);
        let act = json!([{"seen": {"until": {"ended": true}, "within_ms": 2000}}]);
        let answer = control.command(json!({"id": 1, "to": "t", "act": act})).await;
        assert_eq!(answer["seen"]["ended"], ended, "{answer}");
        assert_eq!(process.stop().await.code, Some(0));
    }
}

#[tokio::test]
async fn the_journal_tells_what_was_sent_and_not_what_should_have_been() {
    let (process, ready) = Process::ready(under_test("echo-twice")).await;
    let mut control = open(&ready, "/control").await;
    let mut client = open(&ready, "/echo?tag=t").await;
    client.send(Frame::text("hello")).await;
    client.expect(Frame::text("hello")).await;
    client.expect(Frame::text("hello")).await;
    let seen = control.command(json!({"id": 1, "to": "t", "act": [{"seen": true}]})).await["seen"].take();
    assert_eq!((&seen["received"]["text"], &seen["sent"]["text"]), (&json!(1), &json!(2)));
    assert_eq!(process.stop().await.code, Some(0));
}

#[tokio::test]
async fn lists_its_mutants_and_refuses_a_name_that_there_is_not() {
    let left = run(program(&["--list"])).await;
    assert_eq!(left.code, Some(0));
    for mutant in Mutant::ALL {
        assert!(left.output.contains(mutant.name()) && left.output.contains(mutant.sentence()));
    }
    let left = run(program(&["--mutant", "echo-alterd"])).await;
    let told = "crosswire-server: there is no mutant `echo-alterd`; the nearest name is echo-altered (--list tells them all)\n";
    assert_eq!((left.code, &*left.errors), (Some(2), told));
}
