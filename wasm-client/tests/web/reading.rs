//! Reading what arrives.

use super::support::{Server, within};
use crosswire_wasm_client::{CloseCode, Message, Options};
use futures_util::{StreamExt as _, future::join};
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn what_came_with_the_handshake_is_not_lost() {
    let server = Server::find().await;
    for (scenario, messages) in [("early", 1), ("glued", 100), ("close-after-101", 1), ("trickle", 1)] {
        let mut client = server.connect(&format!("/scenario/{scenario}")).await;
        for _ in 0..messages {
            client.text().await;
        }
    }
}

#[wasm_bindgen_test]
async fn fragments_are_put_together() {
    let server = Server::find().await;
    let mut client = server.connect("/echo").await;
    let text = "ä😀 in pieces";
    let sizes = vec![1; text.len()];
    client.act(json!([{"send": {"text": text, "fragments": sizes, "ping_between": true}}])).await;
    assert_eq!(client.text().await, text);
}

#[wasm_bindgen_test]
async fn each_message_is_given_to_one_reader() {
    let server = Server::find().await;
    let client = server.connect("/echo").await;
    client.act(json!([{"send": {"text": "${i}", "times": 100}}, {"close": {"code": 1000}}])).await;
    let (one, other) = (client.connection.clone(), client.connection.clone());
    let (one, other) = within(join(one.collect::<Vec<_>>(), other.collect::<Vec<_>>())).await;
    let mut all: Vec<u32> = one.iter().chain(&other).map(|message| message.json().unwrap()).collect();
    all.sort_unstable();
    assert!(all.iter().copied().eq(0..100), "{all:?}");
}

#[wasm_bindgen_test]
async fn what_nobody_reads_ends_the_connection_when_it_is_too_much() {
    let server = Server::find().await;
    let mut client = server.connect_with("/echo", &Options::new().unread_limit(10_000)).await;
    client.act(json!([{"send": {"fill": {"len": 1000, "as": "text"}, "times": 20}}])).await;
    let closed = within(client.connection.closed()).await;
    assert_eq!((closed.code, closed.clean), (CloseCode::SLOW_READER, true));
    assert_eq!(client.seen(json!({"ended": true})).await["close"]["code"], 4008);
    // What had room is there.
    let rest: Vec<Message> = within((&mut client.connection).collect()).await;
    assert_eq!(rest.len(), 9);
}

#[wasm_bindgen_test]
async fn what_is_read_makes_room() {
    let server = Server::find().await;
    let mut client = server.connect_with("/echo", &Options::new().unread_limit(10_000)).await;
    for _ in 0..100 {
        client.act(json!([{"send": {"fill": {"len": 5000, "as": "binary"}}}])).await;
        assert_eq!(client.next().await.as_bytes().len(), 5000);
    }
    assert!(client.connection.status().is_open());
}
