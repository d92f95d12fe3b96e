//! What is logged: a line a connection, and nothing of what was said.

use super::{Process, ask, connect, open, program};
use crate::support::{Frame, Raw, client::handshake};
use crosswire_protocol::ready::{Ready, ReadyLine};
use serde_json::{Value, json};
use std::process::Stdio;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    process::Child,
};

const SECRET: &str = "Xq7-payload-secret";

/// One of each kind of connection, with a secret in every place where one may stand.
async fn conversation(ready: &Ready) {
    let mut client = open(ready, "/ws?tag=named&other=Xq7-query-secret").await;
    client.welcome().await;
    client.send(Frame::text(SECRET)).await;
    client.expect(Frame::text(SECRET)).await;
    client.send(Frame::ping(SECRET)).await;
    client.expect(Frame::pong(SECRET)).await;
    client.send(Frame::close(1000, SECRET)).await;
    client.expect_close(Some(1000)).await;
    client.expect_end().await;
    drop(client);

    let token = ready.control.as_deref().expect("a control address").split_once("token=").expect("a token").1;
    let mut control = open(ready, &format!("/control?token={token}")).await;
    let answer = control.command(json!({"to": "nobody", "act": [{"send": {"text": SECRET}}]})).await;
    assert_eq!(answer["error"], "unknown_connection");
    control.close().await;

    let mut wrong = open(ready, "/echo").await;
    wrong.raw.send(Frame::text(SECRET).unmasked()).await;
    wrong.expect_close(Some(1002)).await;
    wrong.expect_end().await;
    drop(wrong);

    let push = format!(
        "POST /push?token={token} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{SECRET}",
        SECRET.len()
    );
    assert_eq!(ask(ready, &push).await.status, 200);
    let mut refused = Raw::new(connect(ready).await);
    refused.send(handshake("/nowhere?token=Xq7-token-secret", &[("Cookie", SECRET)])).await;
    assert_eq!(refused.answer().await.status, 404);
    drop(refused);
    let mut refused = Raw::new(connect(ready).await);
    refused.send(handshake("/control?token=Xq7-token-secret", &[("Authorization", SECRET)])).await;
    assert_eq!(refused.answer().await.status, 401);
}

fn assert_no_secret(errors: &str, ready: &Ready) {
    let token = ready.control.as_deref().expect("a control address").split_once("token=").expect("a token").1;
    for secret in ["Xq7", token] {
        assert!(!errors.contains(secret), "`{secret}` stands in the log:\n{errors}");
    }
}

#[tokio::test]
async fn by_default_nothing_is_logged() {
    let (process, ready) = Process::under_test(&[]).await;
    conversation(&ready).await;
    assert_eq!(process.stop().await.errors, "");
}

#[tokio::test]
async fn at_info_each_connection_leaves_one_line_and_no_secret() {
    let (process, ready) = Process::under_test(&["--log", "info"]).await;
    conversation(&ready).await;
    let errors = process.stop().await.errors;
    assert_no_secret(&errors, &ready);
    let sessions: Vec<&str> = errors.lines().filter(|line| line.contains(" session ")).collect();
    assert_eq!(sessions.len(), 3, "{errors}");
    let of =
        |path: &str| sessions.iter().find(|line| line.contains(&format!("path=\"{path}\""))).expect("a line");
    let named = of("/ws");
    for part in [
        "id=\"~1\"",
        "tag=\"named\"",
        "peer=127.0.0.1:",
        "path=\"/ws\"",
        "ended=\"clean\"",
        "why=\"closed with 1000\"",
        "messages_in=1",
        "bytes_in=18",
        "messages_out=2",
    ] {
        assert!(named.contains(part), "no {part} in {named}");
    }
    assert!(of("/control").contains("ended=\"clean\""), "{errors}");
    assert!(of("/echo").contains("ended=\"violation\" why=\"1002: a frame from"), "{errors}");
    assert_eq!(errors.lines().filter(|line| line.contains("refused")).count(), 2, "{errors}");
    assert!(
        errors.contains("reason=\"unknown_path\"") && errors.contains("reason=\"unauthorized\""),
        "{errors}"
    );
    assert!(!errors.contains('\u{1b}'), "colours without a terminal");
}

#[tokio::test]
async fn at_debug_no_secret_is_logged_either() {
    let (process, ready) = Process::under_test(&["--log", "debug"]).await;
    conversation(&ready).await;
    assert_no_secret(&process.stop().await.errors, &ready);
}

#[tokio::test]
async fn as_json_each_line_is_an_object() {
    let (process, ready) = Process::under_test(&["--log", "info", "--log-format", "json"]).await;
    conversation(&ready).await;
    let errors = process.stop().await.errors;
    assert_no_secret(&errors, &ready);
    let lines: Vec<Value> = errors
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let sessions: Vec<&Value> = lines.iter().filter(|line| line["message"] == "session").collect();
    assert_eq!(sessions.len(), 3, "{errors}");
    let named = sessions.iter().find(|line| line["path"] == "/ws").expect("a line");
    assert_eq!(
        (&named["tag"], &named["path"], &named["ended"]),
        (&json!("named"), &json!("/ws"), &json!("clean"))
    );
    assert_eq!(
        (&named["messages_in"], &named["bytes_in"], &named["messages_out"]),
        (&json!(1), &json!(18), &json!(2))
    );
    assert_eq!(named["level"], "INFO");
}

/// A server whose standard error is left to the test, and where it listens.
async fn with_errors_left_alone(flags: &[&str]) -> (Child, Ready) {
    let mut command = program(&[&["--under-test"], flags].concat());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().expect("a program that starts");
    let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    output.read_line(&mut line).await.expect("UTF-8");
    let ready: ReadyLine = serde_json::from_str(&line).expect("a ready line");
    child.stdout = Some(output.into_inner());
    (child, ready.ready)
}

/// Ends its standard input; gives its exit code, and what else it printed.
async fn stop(mut child: Child) -> (Option<i32>, String) {
    drop(child.stdin.take());
    let mut output = String::new();
    child.stdout.take().expect("a pipe").read_to_string(&mut output).await.expect("UTF-8");
    let status = tokio::time::timeout(super::LIFETIME, child.wait()).await.expect("an end in time");
    (status.expect("a child").code(), output)
}

/// One connection that keeps nothing open.
async fn be_refused(ready: &Ready) -> u16 {
    let mut refused = Raw::new(connect(ready).await);
    refused.send(handshake("/nowhere", &[])).await;
    refused.answer().await.status
}

#[tokio::test]
async fn a_standard_error_that_is_closed_disturbs_nobody() {
    for format in ["text", "json"] {
        let flags = ["--log", "info", "--log-format", format];
        let (mut child, ready) = with_errors_left_alone(&flags).await;
        drop(child.stderr.take());
        for _ in 0..50 {
            let health = ask(&ready, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
            assert_eq!(health.status, 200);
            assert_eq!(be_refused(&ready).await, 404);
        }
        let mut client = open(&ready, "/ws").await;
        client.welcome().await;
        client.close().await;
        assert_eq!(stop(child).await, (Some(0), String::new()), "{format}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn sessions_that_are_cut_are_exit_code_3_with_a_standard_error_that_is_closed_too() {
    for format in ["text", "json"] {
        let flags =
            ["--listen", "127.0.0.1:0", "--drain-timeout", "50ms", "--log", "info", "--log-format", format];
        let mut command = program(&flags);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("a program that starts");
        let mut errors = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let mut listening = None;
        while let Some(line) = errors.next_line().await.expect("UTF-8") {
            if line.contains("connect ") {
                let url = line.split("ws://").nth(1).and_then(|rest| rest.strip_suffix("/ws"));
                listening = url.map(str::to_owned);
            }
            if line.contains("  stop ") {
                break;
            }
        }
        drop(errors);
        let stream = tokio::net::TcpStream::connect(listening.expect("an address")).await.expect("a server");
        let mut mute = crate::support::Client::open(stream, "/ws", &[]).await;
        mute.welcome().await;
        let script = format!("kill -TERM {}", child.id().expect("a process that was not waited for"));
        let killed = tokio::process::Command::new("sh").args(["-c", &script]).status().await;
        assert!(killed.expect("a shell").success());
        let status = tokio::time::timeout(super::LIFETIME, child.wait()).await.expect("an end in time");
        assert_eq!(status.expect("a child").code(), Some(3), "{format}");
    }
}

#[tokio::test]
async fn a_standard_error_that_nobody_reads_holds_nobody_up() {
    let (mut child, ready) = with_errors_left_alone(&["--log", "info"]).await;
    let errors = child.stderr.take();
    for _ in 0..3000 {
        assert_eq!(be_refused(&ready).await, 404);
    }
    // Nor does it hold up the end, nor land elsewhere.
    assert_eq!(stop(child).await, (Some(0), String::new()));
    drop(errors);
}

#[tokio::test]
async fn lines_that_were_lost_are_counted_for_whoever_reads_at_the_end() {
    let (mut child, ready) = with_errors_left_alone(&["--log", "info"]).await;
    let mut errors = child.stderr.take().expect("a pipe");
    // More than the pipe and the queue hold.
    let sent = 11_000;
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let ready = ready.clone();
        clients.spawn(async move {
            for _ in 0..sent / 10 {
                assert_eq!(be_refused(&ready).await, 404);
            }
        });
    }
    while let Some(done) = clients.join_next().await {
        done.expect("an answer to each");
    }
    let mut told = String::new();
    let (end, read) = tokio::join!(stop(child), errors.read_to_string(&mut told));
    read.expect("UTF-8");
    assert_eq!(end, (Some(0), String::new()));
    let last = told.lines().last().expect("a last word");
    let lost = last.strip_prefix("crosswire-server: ").and_then(|last| last.split_once(" lines were lost"));
    let lost: usize = lost.expect(last).0.parse().expect("a number");
    let refusals = told.lines().filter(|line| line.contains("unknown_path")).count();
    assert!(lost > 0 && refusals + lost >= sent, "{refusals} lines, {lost} lost");
}
