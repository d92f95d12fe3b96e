//! Nothing of a connection that is over is left in the page, however it ended.

use super::support::{Server, within};
use crosswire_wasm_client::{CloseFrame, Connection, Options};
use gloo_timers::future::TimeoutFuture;
use serde_json::json;
use std::{
    pin::{Pin, pin},
    time::Duration,
};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen(module = "/tests/web/leaks.js")]
extern "C" {
    fn listeners() -> i32;
    #[wasm_bindgen(js_name = listenersAdded)]
    fn listeners_added() -> i32;
    fn timers() -> i32;
}

#[wasm_bindgen_test]
async fn listeners_are_there_while_a_connection_is() {
    let server = Server::find().await;
    let before = listeners();
    let connection = within(Connection::open(&server.at("/echo"))).await.unwrap();
    assert_eq!(listeners() - before, 3);
    let clone = connection.clone();
    drop(connection);
    assert_eq!(listeners() - before, 3);
    drop(clone);
    assert_eq!(listeners() - before, 0);
}

#[wasm_bindgen_test]
async fn nothing_is_left_of_a_connection_however_it_ends() {
    let server = Server::find().await;
    for round in 0..2 {
        for end in ENDINGS {
            let (before, added) = ((listeners(), timers()), listeners_added());
            let held = end(&server).await;
            // What is over has nothing in the page, also where somebody still holds it. The deadline of a test's own wait is
            // cleared when the wait is over.
            assert_eq!((listeners(), timers()), before, "round {round}, held: {held:?}");
            drop(held);
            assert_eq!((listeners(), timers()), before, "round {round}, dropped");
            assert!(listeners_added() > added, "this has counted nothing");
        }
    }
}

#[wasm_bindgen_test]
async fn nothing_is_kept_of_many_connections() {
    let server = Server::find().await;
    // What is made once stays: so the first rounds are not counted.
    let mut counts = Vec::new();
    for _ in 0..4 {
        for _ in 0..25 {
            closed(&server).await;
            dropped(&server).await;
        }
        // Tasks that are over are freed in a turn of their own.
        TimeoutFuture::new(0).await;
        counts.push(wasm_bindgen::externref_heap_live_count());
    }
    assert!(
        counts[1] >= counts[2] && counts[2] >= counts[3],
        "values of JavaScript that are held: {counts:?}"
    );
}

const ENDINGS: [Ending; 9] = [
    closed,
    closed_while_it_opens,
    closed_while_it_asks_for_room,
    dropped,
    dropped_while_it_opens,
    refused,
    too_slow,
    cut,
    unanswered,
];

/// Ends a connection, and gives it back where somebody may still hold it.
type Ending = for<'a> fn(&'a Server) -> Pin<Box<dyn Future<Output = Option<Connection>> + 'a>>;

/// Makes an asynchronous function one that a list can hold.
macro_rules! endings {
    ($(async fn $name:ident($server:ident: &Server) -> Option<Connection> $body:block)*) => {
        $(fn $name($server: &Server) -> Pin<Box<dyn Future<Output = Option<Connection>> + '_>> {
            Box::pin(async move $body)
        })*
    };
}

endings! {
    async fn closed(server: &Server) -> Option<Connection> {
        let client = server.connect("/echo").await;
        client.connection.send_text("hello").await.unwrap();
        within(client.connection.close(CloseFrame::normal())).await;
        Some(client.connection)
    }

    async fn closed_while_it_opens(server: &Server) -> Option<Connection> {
        let connection = Connection::begin(&server.at("/scenario/no-answer"), &Options::new()).unwrap();
        within(connection.close(CloseFrame::normal())).await;
        Some(connection)
    }

    async fn closed_while_it_asks_for_room(server: &Server) -> Option<Connection> {
        let client = server.connect_with("/echo", &Options::new().high_water_mark(0)).await;
        let sender = client.connection.clone();
        let send = pin!(sender.send_bytes(&[7; 100_000]));
        assert!(futures_util::poll!(send).is_pending());
        within(client.connection.close(CloseFrame::normal())).await;
        Some(client.connection)
    }

    async fn dropped(server: &Server) -> Option<Connection> {
        let client = server.connect_with("/echo", &Options::new().high_water_mark(0)).await;
        let send = pin!(client.connection.send_bytes(&[7; 100_000]));
        // It asks for room, and nobody waits for it any more.
        assert!(futures_util::poll!(send).is_pending());
        None
    }

    async fn dropped_while_it_opens(server: &Server) -> Option<Connection> {
        drop(Connection::begin(&server.at("/scenario/no-answer"), &Options::new()).unwrap());
        None
    }

    async fn refused(server: &Server) -> Option<Connection> {
        let connection = Connection::begin(&server.at("/scenario/refuse"), &Options::new()).unwrap();
        within(connection.opened()).await.unwrap_err();
        Some(connection)
    }

    async fn too_slow(server: &Server) -> Option<Connection> {
        let options = Options::new().open_within(Duration::from_millis(50));
        let connection = Connection::begin(&server.at("/scenario/no-answer"), &options).unwrap();
        within(connection.opened()).await.unwrap_err();
        Some(connection)
    }

    async fn cut(server: &Server) -> Option<Connection> {
        let client = server.welcomed().await;
        client.act(json!([{"drop": true}])).await;
        within(client.connection.closed()).await;
        Some(client.connection)
    }

    async fn unanswered(server: &Server) -> Option<Connection> {
        let options = Options::new().close_within(Duration::from_millis(50));
        let client = server.connect_with("/scenario/never-answers-close", &options).await;
        within(client.connection.close(CloseFrame::normal())).await;
        Some(client.connection)
    }
}
