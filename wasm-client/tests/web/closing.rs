//! How connections end.

use super::support::{Server, is_firefox, now, within};
use crosswire_wasm_client::{CloseCode, CloseError, CloseFrame, Closed, Message, Options};
use serde_json::json;
use std::time::Duration;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn the_server_sees_the_code_and_the_reason() {
    let server = Server::find().await;
    let longest = "ä".repeat(61) + "x";
    for (code, reason) in [(1000, ""), (3000, "bye"), (3999, "ä😀"), (4000, ""), (4999, &*longest)] {
        let client = server.connect("/echo").await;
        let closed = within(client.connection.close(CloseFrame::new(code, reason).unwrap())).await;
        assert_eq!(closed, Closed { code: CloseCode(code), reason: reason.to_owned(), clean: true });
        let seen = client.seen(json!({"ended": true})).await;
        assert_eq!(seen["close"], json!({"code": code, "reason": reason}));
        assert_eq!(seen["ended"], "clean");
    }
}

#[wasm_bindgen_test]
async fn a_close_may_say_nothing() {
    let server = Server::find().await;
    let client = server.connect("/echo").await;
    let closed = within(client.connection.close(CloseFrame::empty())).await;
    assert_eq!(closed, Closed { code: Closed::NO_CODE, reason: String::new(), clean: true });
}

#[wasm_bindgen_test]
async fn what_a_browser_does_not_send_leaves_the_connection_as_it_is() {
    let server = Server::find().await;
    let mut client = server.connect("/echo").await;
    assert_eq!(CloseFrame::new(1001, ""), Err(CloseError::CodeNotAllowed { code: 1001 }));
    assert_eq!(CloseFrame::new(1000, &"x".repeat(124)), Err(CloseError::ReasonTooLong { bytes: 124 }));
    client.expect_nothing_else().await;
}

#[wasm_bindgen_test]
async fn the_server_closes_with_every_code_that_it_may_send() {
    let server = Server::find().await;
    let codes = (1000..=1003).chain(1007..=1014).chain([3000, 3999, 4000, 4499, 4500, 4999]);
    for code in codes {
        let client = server.connect("/echo").await;
        client.act(json!([{"close": {"code": code, "reason": "bye"}}])).await;
        let closed = within(client.connection.closed()).await;
        assert_eq!(closed, Closed { code: CloseCode(code), reason: "bye".to_owned(), clean: true });
        assert_eq!(client.seen(json!({"ended": true})).await["ended"], "clean", "{code}");
    }
    let client = server.connect("/echo").await;
    client.act(json!([{"close": {}}])).await;
    let closed = within(client.connection.closed()).await;
    assert_eq!(closed, Closed { code: Closed::NO_CODE, reason: String::new(), clean: true });
}

#[wasm_bindgen_test]
async fn messages_before_the_end_are_still_there_after_it() {
    let server = Server::find().await;
    let mut client = server.connect("/scenario/message-then-close").await;
    let closed = within(client.connection.closed()).await;
    assert_eq!((closed.code, closed.clean), (CloseCode::NORMAL, true));
    assert!(matches!(client.next().await, Message::Text(_)));
    assert_eq!(within(futures_util::StreamExt::next(&mut client.connection)).await, None);
}

#[wasm_bindgen_test]
async fn a_server_that_vanishes_is_seen() {
    let server = Server::find().await;
    for scenario in ["/scenario/vanishes", "/scenario/quiet-end"] {
        let Some(client) = server.connect_to_what_ends(scenario).await else { continue };
        let closed = within(client.connection.closed()).await;
        assert_eq!(closed, Closed { code: Closed::NO_FRAME, reason: String::new(), clean: false });
    }
    let client = server.welcomed().await;
    client.act(json!([{"drop": true}])).await;
    assert!(!within(client.connection.closed()).await.clean);
}

#[wasm_bindgen_test]
async fn frames_that_break_the_protocol_end_the_connection() {
    let server = Server::find().await;
    for scenario in ["masked", "reserved-bits", "bad-utf8", "huge-length"] {
        if scenario == "masked" && is_firefox() {
            // It takes them.
            continue;
        }
        let Some(client) = server.connect_to_what_ends(&format!("/scenario/{scenario}")).await else {
            continue;
        };
        let closed = within(client.connection.closed()).await;
        // Which code a page is shown is each browser's own choice.
        assert!(matches!(closed.code.0, 1002 | 1006 | 1007 | 1009), "{scenario}: {closed}");
        assert_ne!((closed.code.0, closed.clean), (1006, true), "{scenario}");
    }
}

#[wasm_bindgen_test]
async fn a_close_that_is_not_answered_is_waited_for_no_longer_than_was_said() {
    let server = Server::find().await;
    let options = Options::new().close_within(Duration::from_millis(200));
    let client = server.connect_with("/scenario/never-answers-close", &options).await;
    let begun = now();
    let closed = within(client.connection.close(CloseFrame::normal())).await;
    assert_eq!(closed, Closed { code: Closed::NO_FRAME, reason: String::new(), clean: false });
    // The two clocks may differ by a millisecond.
    assert!((199.0..5000.0).contains(&(now() - begun)), "{}", now() - begun);
}

#[wasm_bindgen_test]
async fn an_answer_that_is_late_is_waited_for() {
    let server = Server::find().await;
    let client = server.connect("/scenario/answers-close-late").await;
    let closed = within(client.connection.close(CloseFrame::new(4000, "so long").unwrap())).await;
    assert_eq!((closed.code, closed.clean), (CloseCode(4000), true));
}

#[wasm_bindgen_test]
async fn closing_again_changes_nothing() {
    let server = Server::find().await;
    let client = server.connect("/echo").await;
    let frame = |code| CloseFrame::new(code, "").unwrap();
    client.connection.begin_closing(&frame(4001));
    let closed = within(client.connection.close(frame(4002))).await;
    assert_eq!(closed.code, CloseCode(4001));
    assert_eq!(within(client.connection.close(frame(4003))).await, closed);
}

#[wasm_bindgen_test]
async fn a_connection_that_nobody_holds_any_more_is_closed_with_1000() {
    let server = Server::find().await;
    let mut client = server.connect("/echo").await;
    let clone = client.connection.clone();
    drop(std::mem::replace(&mut client.connection, clone));
    client.expect_nothing_else().await;
    let (other, tag) = (server.connect("/echo").await.connection, client.tag.clone());
    drop(std::mem::replace(&mut client.connection, other));
    let seen = server.act(&tag, json!([{"seen": {"until": {"ended": true}, "within_ms": 10_000}}])).await;
    assert_eq!(seen["seen"]["close"], json!({"code": 1000, "reason": ""}));
}
