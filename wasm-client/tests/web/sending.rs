//! Sending: what comes back, what waits, and what fails.

use super::support::{Server, within};
use crosswire_wasm_client::{CloseFrame, Connection, Message, Options, SendError, Status};
use futures_util::{
    StreamExt as _,
    future::{join, join_all},
};
use gloo_timers::future::TimeoutFuture;
use serde_json::{Value, json};
use std::cell::Cell;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn json_comes_back() {
    let server = Server::find().await;
    let mut client = server.connect("/echo").await;
    let value = json!({"a": [1, 2.5, null], "ä": {"deep": true}});
    client.connection.send_json(&value).await.unwrap();
    assert_eq!(client.next().await.json::<Value>().unwrap(), value);
}

#[wasm_bindgen_test]
async fn what_is_not_json_is_not_sent() {
    let server = Server::find().await;
    let mut client = server.connect("/echo").await;
    let no_key = std::collections::BTreeMap::from([(vec![1], 1)]);
    let error = client.connection.send_json(&no_key).await.unwrap_err();
    assert!(matches!(error, SendError::NotJson(_)), "{error}");
    client.expect_nothing_else().await;
}

#[wasm_bindgen_test]
async fn five_megabytes_come_back() {
    let server = Server::find().await;
    let mut client = server.connect("/echo").await;
    let bytes: Vec<u8> = (0..251).cycle().take(5_000_000).collect();
    let text: String = ('a'..='z').cycle().take(5_000_000).collect();
    for message in [Message::Binary(bytes), Message::Text(text)] {
        let sent = match &message {
            Message::Binary(bytes) => client.connection.send_bytes(bytes).await,
            Message::Text(text) => client.connection.send_text(text).await,
        };
        sent.unwrap();
        assert!(client.next().await == message, "another message came back");
    }
}

#[wasm_bindgen_test]
async fn ten_thousand_echoes_come_back_one_by_one() {
    let server = Server::find().await;
    let mut client = server.connect("/echo").await;
    for i in 0..10_000 {
        let text = format!("message {i}");
        client.connection.send_text(&text).await.unwrap();
        assert_eq!(client.text().await, text);
    }
}

#[wasm_bindgen_test]
async fn ten_thousand_messages_come_back_in_order() {
    let server = Server::find().await;
    let mut client = server.connect("/echo").await;
    let sender = client.connection.clone();
    let send = async {
        for i in 0..10_000 {
            sender.send_text(&format!("message {i}")).await.unwrap();
        }
    };
    let receive = async {
        for i in 0..10_000 {
            assert_eq!(client.text().await, format!("message {i}"));
        }
    };
    within(join(send, receive)).await;
}

#[wasm_bindgen_test]
async fn a_send_waits_while_the_server_does_not_read() {
    const SIZE: usize = 256 << 10;
    const MESSAGES: u64 = 256;
    let server = Server::find().await;
    let mark = 128 << 10;
    let mut client = server.connect_with("/echo", &Options::new().high_water_mark(mark)).await;
    client.act(json!([{"stop_reading": true}])).await;
    let sender = client.connection.clone();
    let (sent, most) = (Cell::new(0), Cell::new(0));
    let send = async {
        let message = vec![7; SIZE];
        while sent.get() < MESSAGES {
            sender.send_bytes(&message).await.unwrap();
            most.set(most.get().max(sender.buffered_amount()));
            sent.set(sent.get() + 1);
        }
    };
    let look = async {
        // What lies between the two has no room for 64 MiB, however long the server leaves them alone.
        let until = json!([{"seen": {"until": {"received": {"binary": MESSAGES}}, "within_ms": 500}}]);
        let error = server_refuses(&server, &client.tag, until).await;
        assert_eq!(error, "not_reached");
        assert!(sent.get() < MESSAGES, "all was sent to a server that does not read");
        client.act(json!([{"start_reading": true}])).await;
        for _ in 0..MESSAGES {
            assert_eq!(client.next().await.as_bytes().len(), SIZE);
        }
    };
    within(join(send, look)).await;
    assert_eq!(sent.get(), MESSAGES);
    assert!(most.get() <= mark, "{} bytes waited when a send was done", most.get());
}

#[wasm_bindgen_test]
async fn sends_that_wait_are_all_woken() {
    let server = Server::find().await;
    let mut client = server.connect_with("/echo", &Options::new().high_water_mark(0)).await;
    let sender = client.connection.clone();
    let sends = (0..100).map(|i| {
        let sender = sender.clone();
        async move { sender.send_text(&format!("message {i}")).await }
    });
    let sent = within(join_all(sends)).await;
    assert!(sent.iter().all(Result::is_ok), "{sent:?}");
    for i in 0..100 {
        assert_eq!(client.text().await, format!("message {i}"));
    }
}

#[wasm_bindgen_test]
async fn a_send_that_waits_when_the_connection_is_cut_fails() {
    let server = Server::find().await;
    let client = server.connect_with("/echo", &Options::new().high_water_mark(0)).await;
    client.act(json!([{"stop_reading": true}])).await;
    let send = async {
        let message = vec![7; 256 << 10];
        loop {
            if let Err(error) = client.connection.send_bytes(&message).await {
                return error;
            }
        }
    };
    let cut = async {
        let until = json!([{"seen": {"until": {"received": {"binary": 1000}}, "within_ms": 500}}]);
        server_refuses(&server, &client.tag, until).await;
        client.act(json!([{"drop": true}])).await;
    };
    let (error, ()) = within(join(send, cut)).await;
    let SendError::LeftBehind { closed, bytes } = &error else { panic!("{error:?}") };
    assert!(!closed.clean && *bytes > 0, "{error}");
}

#[wasm_bindgen_test]
async fn sends_nothing_before_it_is_open_while_it_closes_and_afterwards() {
    let server = Server::find().await;
    let connection = Connection::begin(&server.at("/echo"), &Options::new()).unwrap();
    assert!(matches!(connection.send_text("early").await, Err(SendError::NotOpenYet)));
    within(connection.opened()).await.unwrap();
    connection.begin_closing(&CloseFrame::normal());
    assert!(matches!(connection.send_bytes(b"late").await, Err(SendError::Closing)));
    let closed = within(connection.closed()).await;
    let error = connection.send_json(&1).await.unwrap_err();
    assert!(matches!(&error, SendError::Closed(told) if *told == closed), "{error:?}");
    assert_eq!(
        error.to_string(),
        "the connection is over (closed with 1000 (the conversation is over)), so nothing was sent. Open another one to say more"
    );
}

#[wasm_bindgen_test]
async fn sends_nothing_when_the_server_has_said_that_it_closes() {
    let server = Server::find().await;
    let client = server.connect("/echo").await;
    // It leaves the answer unread, and so the end is not there yet.
    client.act(json!([{"stop_reading": true}, {"close": {"code": 4000}}])).await;
    within(async {
        // No event tells of this.
        while client.connection.status() != Status::Closing {
            TimeoutFuture::new(1).await;
        }
    })
    .await;
    assert!(matches!(client.connection.send_text("late").await, Err(SendError::Closing)));
}

#[wasm_bindgen_test]
async fn what_was_sent_before_a_close_arrives() {
    let server = Server::find().await;
    let client = server.connect("/echo").await;
    for i in 0..100 {
        client.connection.send_text(&format!("message {i}")).await.unwrap();
    }
    within(client.connection.close(CloseFrame::normal())).await;
    let seen = client.seen(json!({"ended": true})).await;
    assert_eq!((&seen["received"]["text"], &seen["ended"]), (&json!(100), &json!("clean")));
}

/// The word with which the server refuses an act.
async fn server_refuses(server: &Server, tag: &str, acts: Value) -> String {
    let mut control = within(Connection::open(&server.control)).await.unwrap();
    control.send_json(&json!({"id": 1, "to": tag, "act": acts})).await.unwrap();
    let answer: Value = within(control.next()).await.unwrap().json().unwrap();
    answer["error"].as_str().expect("a refusal").to_owned()
}
