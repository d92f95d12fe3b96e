//! Tags and ids, and who is reached by them.

use super::{act, ended, seen, server};
use crate::support::{Client, Frame, client::handshake};
use serde_json::json;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn a_connection_is_reached_by_its_tag_and_by_its_id() {
    let server = server();
    let mut control = server.open("/control").await;
    let mut client = server.open("/ws?tag=A-Z_0.9").await;
    let id = client.welcome().await;
    for name in ["A-Z_0.9", &id] {
        act(&mut control, name, json!([{"send": {"text": name}}])).await;
        client.expect(Frame::text(name)).await;
    }
    drop(client);
    assert_eq!(ended(&mut control, &id).await, "vanished");
    assert_eq!(ended(&mut control, "A-Z_0.9").await, "vanished");
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn ids_are_never_used_again() {
    let server = server();
    let mut ids = std::collections::HashSet::new();
    for _ in 0..50 {
        let mut client = server.open("/ws").await;
        assert!(ids.insert(client.welcome().await));
        client.close().await;
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_tag_can_be_used_again_as_soon_as_its_connection_is_seen_to_have_ended() {
    let server = server();
    let mut control = server.open("/control").await;
    for _ in 0..100 {
        let client = server.talk("/ws?tag=t").await;
        drop(client);
        assert_eq!(ended(&mut control, "t").await, "vanished");
    }
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_tag_that_was_used_before_reaches_the_newcomer() {
    let server = server();
    let mut control = server.open("/control").await;
    let mut old = server.open("/ws?tag=t").await;
    let old_id = old.welcome().await;
    old.send(Frame::text("said by the old one")).await;
    old.expect(Frame::text("said by the old one")).await;
    old.close().await;
    assert_eq!(ended(&mut control, "t").await, "clean");

    let mut new = server.open("/ws?tag=t").await;
    let new_id = new.welcome().await;
    act(&mut control, "t", json!([{"send": {"text": "for the new one"}}])).await;
    new.expect(Frame::text("for the new one")).await;
    assert_eq!(seen(&mut control, "t").await["received"]["text"], 0);
    // By its id the old one is still remembered as itself.
    assert_eq!(seen(&mut control, &old_id).await["received"]["text"], 1);
    new.close().await;
    assert_eq!(ended(&mut control, "t").await, "clean");
    assert_eq!(seen(&mut control, "t").await["handshake"], seen(&mut control, &new_id).await["handshake"]);
    assert_eq!(seen(&mut control, "t").await["received"]["text"], 0, "the last one that had the tag");
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_script_stays_with_the_connection_that_it_began_on() {
    let server = server();
    let mut control = server.open("/control").await;
    for (act, error) in [
        (json!({"send": {"text": "for the old one"}}), json!("not_open")),
        (json!({"stop_reading": true}), json!("not_open")),
        (json!({"drop": true}), json!("not_open")),
        (json!({"wait_ms": 1}), json!(null)),
    ] {
        let old = server.talk("/ws?tag=t").await;
        let command = json!({"to": "t", "act": [{"wait_ms": 1000}, act]});
        let newcomer = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            old.close().await;
            server.sessions(1).await;
            server.talk("/ws?tag=t").await
        };
        let (answer, mut new) = tokio::join!(control.command(command), newcomer);
        assert_eq!(answer["error"], error, "{answer}");
        new.send(Frame::text("fence")).await;
        new.expect(Frame::text("fence")).await;
        new.close().await;
        assert_eq!(ended(&mut control, "t").await, "clean");
    }
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_script_sees_its_connection_after_its_end_whoever_has_the_tag_then() {
    let server = server();
    let mut control = server.open("/control").await;
    let mut old = server.talk("/ws?tag=t").await;
    old.send(Frame::text("said by the old one")).await;
    old.expect(Frame::text("said by the old one")).await;
    let until = json!({"until": {"ended": true}, "within_ms": 500});
    let command =
        json!({"to": "t", "act": [{"drop": true}, {"seen": until}, {"wait_ms": 1000}, {"seen": true}]});
    let newcomer = async {
        old.raw.rest().await;
        server.sessions(1).await;
        server.talk("/ws?tag=t").await
    };
    let (answer, new) = tokio::join!(control.command(command), newcomer);
    assert_eq!((&answer["ok"], &answer["seen"]["ended"]), (&json!(true), &json!("cut")), "{answer}");
    assert_eq!(answer["seen"]["received"]["text"], 1);
    new.close().await;

    // Also a script that began when its connection had ended.
    assert_eq!(ended(&mut control, "t").await, "clean");
    let command = json!({"to": "t", "act": [{"wait_ms": 1}, {"seen": true}]});
    assert_eq!(control.command(command).await["seen"]["ended"], "clean");
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_with_a_tag_in_use_changes_nothing() {
    let server = server();
    let mut control = server.open("/control").await;
    let mut first = server.talk("/ws?tag=t").await;
    let refused = server.ask(handshake("/ws?tag=t", &[])).await;
    assert_eq!((refused.status, refused.error()), (409, "tag_in_use".to_owned()));
    act(&mut control, "t", json!([{"send": {"text": "for the first one"}}])).await;
    first.expect(Frame::text("for the first one")).await;
    first.close().await;
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_tag_is_known_before_the_101_is_sent() {
    let server = server();
    let mut control = server.open("/control").await;
    // So narrow a pipe that the 101 is not taken before somebody reads.
    let mut raw = server.connect_with_pipe(1).await;
    raw.send(handshake("/echo?tag=t", &[])).await;
    let waits = json!([{"send": {"text": "early"}}]);
    let command = json!({"id": 1, "to": "t", "act": waits});
    while control.command(command.clone()).await["ok"] != true {
        tokio::task::yield_now().await;
    }
    assert!(raw.head().await.starts_with("HTTP/1.1 101 "));
    let mut client = Client { raw, handshake: String::new() };
    client.expect(Frame::text("early")).await;
    client.close().await;
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn echo_and_control_connections_have_names_too() {
    let server = server();
    let mut control = server.open("/control?tag=controller").await;
    let mut echo = server.open("/echo?tag=echo").await;
    let mut other = server.open("/control?tag=other").await;
    act(&mut control, "echo", json!([{"send": {"text": "x"}}])).await;
    echo.expect(Frame::text("x")).await;
    act(&mut control, "other", json!([{"send": {"text": "x"}}])).await;
    other.expect(Frame::text("x")).await;
    echo.close().await;
    other.close().await;
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_control_session_acts_on_itself() {
    let server = server();
    let mut control = server.open("/control?tag=me").await;
    let command =
        json!({"id": 1, "to": "me", "act": [{"ping": {"text": "p"}}, {"send": {"text": "to myself"}}]});
    control.send(Frame::text(command.to_string())).await;
    // The answer belongs to the session, the acts to its outbox; both arrive.
    let mut frames =
        [control.frame().await.unwrap(), control.frame().await.unwrap(), control.frame().await.unwrap()];
    frames.sort_by_key(|frame| frame.payload.len());
    let [ping, text, answer] = frames;
    assert_eq!((ping, text), (Frame::ping("p"), Frame::text("to myself")));
    assert_eq!(answer, Frame::text(r#"{"id":1,"ok":true}"#));
    assert_eq!(seen(&mut control, "me").await["open"], true);

    let command = json!({"id": 2, "to": "me", "act": [{"close": {"code": 4000}}]});
    control.send(Frame::text(command.to_string())).await;
    let mut frame = control.frame().await.unwrap();
    if frame.opcode == 1 {
        frame = control.frame().await.unwrap();
    }
    assert_eq!(frame.close_code(), Some(4000));
    control.close_answer(4000).await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_control_session_can_cut_itself_off() {
    let server = server();
    let mut control = server.open("/control?tag=me").await;
    let command = json!({"id": 1, "to": "me", "act": [{"wait_ms": 10}, {"drop": true}, {"wait_ms": 2000}]});
    control.send(Frame::text(command.to_string())).await;
    control.raw.rest().await;
    let mut control = server.open("/control").await;
    assert_eq!(ended(&mut control, "me").await, "cut");
    control.close().await;
    server.stop().await;
}
