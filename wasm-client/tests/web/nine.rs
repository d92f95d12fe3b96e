//! The study's nine tests, as a user of the client would write them: no list, no driver.

use super::support::{Server, within};
use crosswire_wasm_client::{CloseCode, CloseFrame, Closed, Message, Status};
use futures_util::future::join;
use gloo_net::http::Request;
use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::RequestMode;

/// The server listens on its port
#[wasm_bindgen_test]
async fn listens() {
    let server = Server::find().await;
    // A page may not read what another origin answers, but it may know that there is an answer.
    let request = Request::get(&server.page("/healthz")).mode(RequestMode::NoCors);
    within(request.send()).await.unwrap();
}

/// A client connects
#[wasm_bindgen_test]
async fn connects() {
    let server = Server::find().await;
    let client = server.connect("/ws").await;
    assert_eq!(client.connection.status(), Status::Open);
    close(client.connection).await;
}

/// The first message from the server is the welcome
#[wasm_bindgen_test]
async fn welcome() {
    let server = Server::find().await;
    let mut client = server.connect("/ws").await;
    let welcome: Value = client.next().await.json().unwrap();
    assert_eq!(welcome["type"], "welcome");
    assert!(welcome["connection"].is_string() && welcome["server"].is_string(), "{welcome}");
    client.expect_nothing_else().await;
    close(client.connection).await;
}

/// A client sends a message and gets it back unchanged
#[wasm_bindgen_test]
async fn echo() {
    let server = Server::find().await;
    let mut client = server.welcomed().await;
    for text in ["hello", "ä😀\0", ""] {
        client.connection.send_text(text).await.unwrap();
        assert_eq!(client.next().await, Message::Text(text.to_owned()));
    }
    client.connection.send_bytes(&[0, 255]).await.unwrap();
    assert_eq!(client.next().await, Message::Binary(vec![0, 255]));
    client.expect_nothing_else().await;
    close(client.connection).await;
}

/// The server sends a message that nobody asked for
#[wasm_bindgen_test]
async fn push() {
    let server = Server::find().await;
    let (mut a, mut b) = (server.welcomed().await, server.welcomed().await);
    a.act(json!([{"send": {"text": "news"}}])).await;
    assert_eq!(a.text().await, "news");
    b.expect_nothing_else().await;
    close(a.connection).await;
    close(b.connection).await;
}

/// A client closes with 1000, gets 1000 back, and the connection ends cleanly
#[wasm_bindgen_test]
async fn close_1000() {
    let server = Server::find().await;
    let client = server.welcomed().await;
    let closed = within(client.connection.close(CloseFrame::new(1000, "done").unwrap())).await;
    assert_eq!(closed, Closed { code: CloseCode::NORMAL, reason: "done".to_owned(), clean: true });
    assert_eq!(client.connection.status(), Status::Closed(closed));
}

/// Many messages sent without waiting come back complete and in order
#[wasm_bindgen_test]
async fn many_to_server() {
    let server = Server::find().await;
    let mut client = server.welcomed().await;
    let sender = client.connection.clone();
    let send = async {
        for i in 0..1000 {
            sender.send_text(&format!("message {i}")).await.unwrap();
        }
    };
    let receive = async {
        for i in 0..1000 {
            assert_eq!(client.text().await, format!("message {i}"));
        }
    };
    within(join(send, receive)).await;
    client.expect_nothing_else().await;
    close(client.connection).await;
}

/// Many messages pushed by the server arrive complete and in order
#[wasm_bindgen_test]
async fn many_to_client() {
    let server = Server::find().await;
    let mut client = server.welcomed().await;
    client.act(json!([{"send": {"text": "message ${i}", "times": 1000}}])).await;
    for i in 0..1000 {
        assert_eq!(client.text().await, format!("message {i}"));
    }
    client.expect_nothing_else().await;
    close(client.connection).await;
}

/// Many clients are independent of one another
#[wasm_bindgen_test]
async fn many_clients() {
    let server = Server::find().await;
    let mut clients = Vec::new();
    for i in 0..20 {
        clients.push((i, server.welcomed().await));
    }
    for (i, client) in &clients {
        client.connection.send_text(&format!("from {i}")).await.unwrap();
    }
    let (_, unlucky) = clients.swap_remove(7);
    unlucky.act(json!([{"drop": true}])).await;
    assert_eq!(within(unlucky.connection.closed()).await.code, Closed::NO_FRAME);
    for (i, mut client) in clients {
        assert_eq!(client.text().await, format!("from {i}"));
        client.expect_nothing_else().await;
        close(client.connection).await;
    }
}

#[wasm_bindgen_test]
fn these_are_the_nine_of_the_list() {
    let list: Value = serde_json::from_str(include_str!("../../../conformance/suites/core.json")).unwrap();
    let tests = list["tests"].as_array().unwrap().iter();
    let expected: Vec<_> = tests
        .map(|test| {
            let name = test["id"].as_str().unwrap().strip_prefix("core/").unwrap().replace('-', "_");
            (test["title"].as_str().unwrap(), name)
        })
        .collect();
    let lines: Vec<&str> = include_str!("nine.rs").lines().collect();
    let here: Vec<_> = lines
        .windows(3)
        .filter(|lines| lines[0].starts_with("/// ") && lines[1] == "#[wasm_bindgen_test]")
        .map(|lines| {
            let name = lines[2].strip_prefix("async fn ").and_then(|rest| rest.strip_suffix("() {")).unwrap();
            (&lines[0][4..], name.to_owned())
        })
        .collect();
    assert_eq!(here, expected);
}

async fn close(connection: crosswire_wasm_client::Connection) {
    let closed = within(connection.close(CloseFrame::normal())).await;
    assert_eq!((closed.code, closed.clean), (CloseCode::NORMAL, true));
}
