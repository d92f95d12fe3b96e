//! Every way in which a command fails, and that none of them ends the control session.

use super::{act, ended, send_until_stalled, server, time};
use crate::support::{Client, Frame, TestServer};
use serde_json::{Value, json};
use std::time::Duration;

/// The failure's name, its count of acts done, and its message.
fn failure(answer: &Value) -> (&str, u64, &str) {
    let text = |name: &str| answer[name].as_str().unwrap_or_else(|| panic!("no {name}: {answer}"));
    (text("error"), answer["done"].as_u64().expect("a count"), text("message"))
}

/// Whatever went before, the control session goes on.
async fn goes_on(control: &mut Client) {
    act(control, "t", json!([])).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_no_command_is_answered_and_the_session_goes_on() {
    let server = server();
    let mut control = server.open("/control").await;
    let client = server.talk("/ws?tag=t").await;
    for line in [
        "",
        "nonsense",
        "[]",
        r#"["t",[]]"#,
        r#"[null,"t",[]]"#,
        "null",
        "{}",
        r#"{"to":"t"}"#,
        r#"{"to":"t","act":{}}"#,
        r#"{"to":"t","act":[{}]}"#,
        r#"{"to":"t","act":[{"ping":{},"pong":{}}]}"#,
        r#"{"to":"t","act":["drop"]}"#,
        r#"{"to":"t","act":[{"send":{}}]}"#,
        r#"{"to":"t","act":[{"send":{"hex":"0"}}]}"#,
        r#"{"to":"t","act":[{"send":{"text":"x","times":1000001}}]}"#,
        r#"{"to":"t","act":[{"send":{"text":"x","fragments":[]}}]}"#,
        r#"{"to":"t","act":[{"send":{"fill":{"len":67108865,"as":"text"}}}]}"#,
        r#"{"to":"t","act":[{"close":{"code":70000}}]}"#,
        r#"{"to":"t","act":[{"wait_ms":-1}]}"#,
        r#"{"to":"t","act":[{"seen":{"within_ms":10001}}]}"#,
        r#"{"to":"t","act":[{"seen":false}]}"#,
        r#"{"to":"t","act":[{"glue":[{"wait_ms":1}]}]}"#,
        r#"{"to":"t","act":[{"ping":{}}]} and more"#,
    ] {
        control.send(Frame::text(line)).await;
        let answer = control.json().await;
        let (error, done, message) = failure(&answer);
        assert_eq!((error, done), ("bad_command", 0), "{line}");
        assert!(message.len() > 10, "{line}: {message}");
        assert_eq!(answer["id"], Value::Null);
        goes_on(&mut control).await;
    }
    control.send(Frame::binary(json!({"to": "t", "act": []}).to_string())).await;
    assert_eq!(failure(&control.json().await).0, "bad_command");
    goes_on(&mut control).await;
    client.close().await;
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_id_comes_back_as_it_was_written_to_the_last_digit() {
    let server = server();
    let mut control = server.open("/control").await;
    let client = server.talk("/ws?tag=t").await;
    for id in ["123456789012345678901234567890", "1.50", r#"{"b": 1,"a":[null]}"#] {
        for (rest, answer) in [
            (r#""to":"t","act":[]"#, r#","ok":true}"#),
            (r#""to":"t","act":[{"nope":1}]"#, r#","error":"bad_command","#),
            (r#""to":"nobody","act":[]"#, r#","error":"unknown_connection","#),
        ] {
            control.send(Frame::text(format!(r#"{{{rest},"id":{id}}}"#))).await;
            let frame = control.frame().await.unwrap();
            let text = String::from_utf8_lossy(&frame.payload);
            assert!(text.starts_with(&format!(r#"{{"id":{id}{answer}"#)), "{text}");
        }
    }
    client.close().await;
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_command_with_a_wrong_act_does_none_of_its_acts() {
    let server = server();
    let mut control = server.open("/control").await;
    let mut client = server.talk("/ws?tag=t").await;
    let acts = json!([{"send": {"text": "must not be sent"}}, {"sned": {}}]);
    let answer = control.command(json!({"id": 5, "to": "t", "act": acts})).await;
    assert_eq!((failure(&answer).0, failure(&answer).1, &answer["id"]), ("bad_command", 0, &json!(5)));
    let many: Vec<Value> = (0..1001).map(|_| json!({"ping": {}})).collect();
    let answer = control.command(json!({"to": "t", "act": many})).await;
    assert!(failure(&answer).2.contains("1000"), "{answer}");
    client.send(Frame::text("fence")).await;
    client.expect(Frame::text("fence")).await;
    client.close().await;
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn fragments_that_do_not_add_up_are_a_bad_command_behind_the_acts_before_it() {
    let server = server();
    let mut control = server.open("/control").await;
    let mut client = server.talk("/ws?tag=t").await;
    for (wrong, place) in [
        (json!({"send": {"text": "abc", "fragments": [1, 1]}}), "act[1].send: "),
        (json!({"send": {"text": "${i}", "times": 11, "fragments": [2]}}), "act[1].send: "),
        (json!({"glue": [{"send": {"text": "abc", "fragments": [4]}}]}), "act[1].glue[0].send: "),
        (
            json!({"trickle": [{"ping": {}}, {"send": {"text": "", "fragments": [4]}}]}),
            "act[1].trickle[1].send: ",
        ),
    ] {
        let answer = control.command(json!({"to": "t", "act": [{"ping": {}}, wrong]})).await;
        let (error, done, message) = failure(&answer);
        assert_eq!((error, done), ("bad_command", 1));
        assert!(message.starts_with(place) && message.contains("add up"), "{message}");
        client.expect(Frame::ping([])).await;
    }
    client.close().await;
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn nothing_but_raw_bytes_may_stand_behind_a_close_that_is_glued() {
    let server = server();
    let mut control = server.open("/control").await;
    let client = server.talk("/ws?tag=t").await;
    for outer in ["glue", "trickle"] {
        for behind in [json!({"send": {"text": "x"}}), json!({"ping": {}}), json!({"close": {}})] {
            let acts = json!([{outer: [{"close": {"code": 4000}}, behind]}]);
            let answer = control.command(json!({"to": "t", "act": acts})).await;
            assert_eq!(failure(&answer).0, "bad_command");
            assert!(failure(&answer).2.contains("behind `close`"), "{answer}");
        }
    }
    client.close().await;
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_name_that_nobody_has_is_an_unknown_connection() {
    let server = server();
    let mut control = server.open("/control").await;
    for act in [
        json!([{"ping": {}}]),
        json!([{"seen": true}]),
        json!([{"stop_reading": true}]),
        json!([{"wait_ms": 1}, {"drop": true}]),
        // Even where no act needs the connection: a name that is misspelt is never right.
        json!([{"wait_ms": 1}]),
        json!([]),
    ] {
        let answer = control.command(json!({"id": [1], "to": "nobody", "act": act})).await;
        let (error, done, message) = failure(&answer);
        assert_eq!((error, done, &answer["id"]), ("unknown_connection", 0, &json!([1])));
        assert!(message.contains("`nobody`"), "{message}");
    }
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_closing_or_has_ended_is_not_open() {
    let server = server();
    let mut control = server.open("/control").await;
    let mut client = server.talk("/ws?tag=t").await;
    act(&mut control, "t", json!([{"close": {"code": 4000}}])).await;
    let acts = ["send", "ping", "pong", "close"].map(|name| match name {
        "send" => json!({"send": {"text": "x"}}),
        name => json!({name: {}}),
    });
    for act in acts.into_iter().chain([json!({"glue": [{"ping": {}}]}), json!({"trickle": [{"ping": {}}]})]) {
        let answer = control.command(json!({"to": "t", "act": [{"wait_ms": 0}, act]})).await;
        assert_eq!((failure(&answer).0, failure(&answer).1), ("not_open", 1), "{answer}");
    }
    client.expect_close(Some(4000)).await;
    client.close_answer(4000).await;
    assert_eq!(ended(&mut control, "t").await, "clean");
    for act in [
        json!({"send": {"text": "x"}}),
        json!({"raw": {"hex": "00"}}),
        json!({"drop": true}),
        json!({"finish": true}),
        json!({"stop_reading": true}),
        json!({"start_reading": true}),
    ] {
        let answer = control.command(json!({"to": "t", "act": [act]})).await;
        assert_eq!((failure(&answer).0, failure(&answer).1), ("not_open", 0), "{answer}");
    }
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_act_that_does_not_wait_for_room_overflows() {
    let server = server();
    let mut control = server.open("/control").await;
    let mut client = server.open("/echo?tag=t").await;
    let fill = json!({"fill": {"len": 1 << 20, "as": "binary"}, "times": 9, "wait": false});
    let answer =
        control.command(json!({"to": "t", "act": [{"wait_ms": 0}, {"send": fill}, {"ping": {}}]})).await;
    assert_eq!((failure(&answer).0, failure(&answer).1), ("overflow", 1));
    assert!(failure(&answer).2.contains("4008"), "{answer}");
    while client.frame().await.is_some_and(|frame| frame.opcode == 2) {}
    client.close_answer(4008).await;
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_act_that_finds_no_room_for_30_s_is_given_up() {
    let server = TestServer::with(|config| {
        config.journal = true;
        config.ping_interval = None;
        config.max_pushes = 1;
    });
    let mut control = server.open("/control").await;
    let mut client = server.open("/echo?tag=t").await;
    // What the client takes keeps it alive; it is not enough to make room.
    act(&mut control, "t", json!([{"send": {"fill": {"len": 4 << 20, "as": "binary"}}}])).await;
    act(&mut control, "t", json!([{"send": {"text": "waits"}}])).await;
    let reading = async {
        tokio::time::sleep(Duration::from_secs(20)).await;
        use tokio::io::AsyncReadExt as _;
        client.raw.stream.read_exact(&mut [0; 1000]).await.unwrap();
    };
    let command = json!({"to": "t", "act": [{"wait_ms": 0}, {"send": {"text": "no room"}}]});
    let ((duration, answer), _) = tokio::join!(time(control.command(command)), reading);
    assert_eq!((failure(&answer).0, failure(&answer).1), ("no_room", 1));
    assert!(super::about(duration, Duration::from_secs(30)), "{duration:?}");
    drop(client);
    assert_eq!(ended(&mut control, "t").await, "vanished");
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_room_learns_that_the_connection_has_ended() {
    let server = server();
    let mut control = server.open("/control").await;
    let client = server.open("/echo?tag=t").await;
    let fill = json!({"fill": {"len": 100_000, "as": "binary"}, "times": 100});
    let command = json!({"to": "t", "act": [{"send": fill}, {"ping": {}}]});
    let leaving = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        drop(client);
    };
    let ((duration, answer), ()) = tokio::join!(time(control.command(command)), leaving);
    assert_eq!((failure(&answer).0, failure(&answer).1), ("not_open", 0));
    assert!(super::about(duration, Duration::from_secs(1)), "{duration:?}");
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn seen_needs_a_journal() {
    let server = TestServer::new();
    let mut control = server.open("/control").await;
    let client = server.talk("/ws?tag=t").await;
    let answer = control.command(json!({"to": "t", "act": [{"ping": {}}, {"seen": true}]})).await;
    assert_eq!((failure(&answer).0, failure(&answer).1), ("no_journal", 1));
    assert!(failure(&answer).2.contains("--journal"), "{answer}");
    drop(client);
    server.sessions(1).await;
    // Nothing was kept, so nothing is known.
    let answer = control.command(json!({"to": "t", "act": [{"seen": true}]})).await;
    assert_eq!(failure(&answer).0, "unknown_connection");
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_not_reached_in_time_is_answered_with_how_far_it_came() {
    let server = server();
    let mut control = server.open("/control").await;
    let mut client = server.talk("/ws?tag=t").await;
    client.send(Frame::text("one")).await;
    client.expect(Frame::text("one")).await;
    for (within, waited) in [(json!(300), 300), (json!(0), 0), (Value::Null, 2000)] {
        let mut when = json!({"until": {"received": {"text": 2}}, "within_ms": within});
        if within.is_null() {
            when.as_object_mut().unwrap().remove("within_ms");
        }
        let command = json!({"to": "t", "act": [{"ping": {}}, {"seen": when}, {"drop": true}]});
        let (duration, answer) = time(control.command(command)).await;
        assert_eq!((failure(&answer).0, failure(&answer).1), ("not_reached", 1));
        assert_eq!(answer["seen"]["received"]["text"], 1);
        assert!(super::about(duration, Duration::from_millis(waited)), "{duration:?}");
        client.expect(Frame::ping([])).await;
    }
    client.close().await;
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_stalled_harms_no_command_to_another() {
    let server = server();
    let mut control = server.open("/control").await;
    let mut stalled = server.open("/echo?tag=stalled").await;
    send_until_stalled(&mut stalled, &Frame::binary([7; 1000]).masked().repeat(2000)).await;
    let mut client = server.talk("/ws?tag=t").await;
    act(&mut control, "t", json!([{"send": {"text": "x"}}])).await;
    client.expect(Frame::text("x")).await;
    drop(stalled);
    client.close().await;
    control.close().await;
    server.stop().await;
}
