//! What is logged: a line a connection, and nothing of what was said.

use super::{Process, ask, connect, open};
use crate::support::{Frame, Raw, client::handshake};
use crosswire_protocol::ready::Ready;
use serde_json::{Value, json};

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
