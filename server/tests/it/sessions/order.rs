//! In which order acts, answers and echoes come, also with several at work.

use super::{act, ended, seen_ended, send_until_stalled, server, time};
use crate::support::Frame;
use serde_json::json;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn answers_come_in_the_order_of_the_commands_with_their_ids() {
    let server = server();
    let mut control = server.open("/control").await;
    let client = server.talk("/ws?tag=t").await;
    let ids = [json!(1), json!("two"), json!(null), json!({"three": [3]}), json!(4.5), json!(true)];
    for (i, id) in ids.iter().enumerate() {
        // The first ones take longest.
        let command = json!({"id": id, "to": "t", "act": [{"wait_ms": 600 - 100 * i}]});
        control.send(Frame::text(command.to_string())).await;
    }
    for id in ids {
        assert_eq!(control.json().await, json!({"id": id, "ok": true}));
    }
    client.close().await;
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_acts_of_two_commands_do_not_mix() {
    let server = server();
    let mut control = server.open("/control").await;
    let mut client = server.talk("/ws?tag=t").await;
    for i in 0..3 {
        let acts = json!([{"send": {"text": format!("{i}a")}}, {"wait_ms": 50}, {"send": {"text": format!("{i}b")}}]);
        control.send(Frame::text(json!({"to": "t", "act": acts}).to_string())).await;
    }
    for expected in ["0a", "0b", "1a", "1b", "2a", "2b"] {
        client.expect(Frame::text(expected)).await;
    }
    for _ in 0..3 {
        assert_eq!(control.json().await["ok"], true);
    }
    client.close().await;
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn after_the_answer_an_echo_finds_everything_before_it() {
    let server = server();
    let mut control = server.open("/control").await;
    let mut client = server.talk("/ws?tag=t").await;
    for round in 0..50 {
        act(&mut control, "t", json!([{"send": {"text": "pushed ${i}", "times": 10}}, {"ping": {}}])).await;
        client.send(Frame::text(format!("fence {round}"))).await;
        for i in 0..10 {
            client.expect(Frame::text(format!("pushed {i}"))).await;
        }
        client.expect(Frame::ping([])).await;
        client.expect(Frame::text(format!("fence {round}"))).await;
    }
    client.close().await;
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_echo_does_not_overtake_what_waits_in_the_outbox() {
    let server = server();
    let mut control = server.open("/control").await;
    let mut client = server.talk("/ws?tag=t").await;
    // Nobody reads yet, so that the encoder's room is taken and the last message has to stay in the outbox.
    let fill = json!({"fill": {"len": 70_000, "as": "text"}, "times": 3});
    act(&mut control, "t", json!([{"send": fill}, {"send": {"text": "pushed"}}])).await;
    client.send(Frame::text("fence")).await;
    for _ in 0..3 {
        assert_eq!(client.frame().await.unwrap().payload.len(), 70_000);
    }
    client.expect(Frame::text("pushed")).await;
    client.expect(Frame::text("fence")).await;
    client.close().await;
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn two_control_sessions_act_on_one_connection_each_in_its_own_order() {
    let server = server();
    let (mut one, mut other) = (server.open("/control").await, server.open("/control").await);
    let mut client = server.talk("/ws?tag=t").await;
    let script = |name: &str| json!([{"send": {"text": format!("{name}${{i}}"), "times": 5000}}]);
    let reading = async {
        let mut next = [0, 0];
        for _ in 0..10_000 {
            let frame = client.frame().await.unwrap();
            let text = std::str::from_utf8(&frame.payload).unwrap();
            let (name, number) = text.split_at(1);
            let counter = &mut next[usize::from(name == "b")];
            assert_eq!(number.parse(), Ok(*counter), "{text}");
            *counter += 1;
        }
        assert_eq!(next, [5000, 5000]);
    };
    tokio::join!(act(&mut one, "t", script("a")), act(&mut other, "t", script("b")), reading);
    client.close().await;
    one.close().await;
    other.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_script_goes_on_when_its_author_is_gone() {
    let server = server();
    let mut author = server.open("/control?tag=author").await;
    let mut client = server.talk("/ws?tag=t").await;
    let acts = json!([{"send": {"text": "first"}}, {"wait_ms": 1000}, {"send": {"text": "second"}}]);
    author.send(Frame::text(json!({"to": "t", "act": acts}).to_string())).await;
    client.expect(Frame::text("first")).await;
    drop(author);
    client.expect(Frame::text("second")).await;
    let mut control = server.open("/control").await;
    assert_eq!(ended(&mut control, "author").await, "vanished");
    client.close().await;
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_control_session_is_closed_in_the_middle_of_its_script() {
    let server = server();
    let mut author = server.open("/control?tag=author").await;
    let mut control = server.open("/control").await;
    let acts = json!([{"seen": {"until": {"ended": true}, "within_ms": 10_000}}]);
    author.send(Frame::text(json!({"to": "author", "act": acts}).to_string())).await;
    // Its answer would take ten seconds; the closing handshake does not wait for it.
    act(&mut control, "author", json!([{"wait_ms": 10}, {"close": {"code": 4000}}])).await;
    let (duration, ()) = time(async {
        author.expect_close(Some(4000)).await;
        author.close_answer(4000).await;
    })
    .await;
    assert!(duration < Duration::from_millis(5), "{duration:?}");
    assert_eq!(ended(&mut control, "author").await, "clean");
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_rest_of_a_script_never_reaches_a_newcomer_that_took_the_tag() {
    let server = server();
    let mut control = server.open("/control").await;
    let mut old = server.talk("/ws?tag=t").await;
    let acts = json!([{"send": {"text": "one"}}, {"wait_ms": 1000}, {"send": {"text": "two"}}]);
    control.send(Frame::text(json!({"id": 1, "to": "t", "act": acts}).to_string())).await;
    old.expect(Frame::text("one")).await;
    old.close().await;
    server.sessions(1).await;
    // A name is looked up once, when the script begins.
    let mut new = server.talk("/ws?tag=t").await;
    let answer = control.json().await;
    assert_eq!((&answer["error"], &answer["done"]), (&json!("not_open"), &json!(2)));
    new.send(Frame::text("fence")).await;
    new.expect(Frame::text("fence")).await;
    new.close().await;
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_script_whose_connection_is_gone_stops_there() {
    let server = server();
    let mut control = server.open("/control").await;
    let mut client = server.talk("/ws?tag=t").await;
    let acts = json!([{"send": {"text": "one"}}, {"wait_ms": 1000}, {"send": {"text": "two"}}, {"ping": {}}]);
    control.send(Frame::text(json!({"id": 1, "to": "t", "act": acts}).to_string())).await;
    client.expect(Frame::text("one")).await;
    drop(client);
    let answer = control.json().await;
    assert_eq!((&answer["error"], &answer["done"]), (&json!("not_open"), &json!(2)));
    let seen = seen_ended(&mut control, "t").await;
    // The welcome and the first message: the second was never put into a frame.
    assert_eq!(seen["sent"]["text"], 2);
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_message_behind_a_stalled_client_waits_its_turn_and_no_longer() {
    let server = server();
    let mut control = server.open("/control").await;
    let mut client = server.open("/echo?tag=t").await;
    let echo = Frame::binary([7; 1000]);
    let sent = send_until_stalled(&mut client, &echo.masked().repeat(2000)).await;
    act(&mut control, "t", json!([{"send": {"text": "behind"}}])).await;
    let mut frames = 0;
    let (duration, ()) = time(async {
        while client.frame().await.unwrap() != Frame::text("behind") {
            frames += 1;
        }
    })
    .await;
    assert!(duration < Duration::from_millis(5), "{duration:?}");
    assert!(frames * echo.masked().len() <= sent, "{frames} echoes of {sent} bytes");
    drop(client);
    control.close().await;
    server.stop().await;
}
