//! The driver protocol, spoken with the program over its standard input and output.

mod support;

#[path = "support/program.rs"]
mod program;

use program::{DEADLINE, Driver, PROGRAM, with};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use support::ReferenceServer;

#[test]
fn introduces_itself_as_often_as_it_is_asked() {
    let mut driver = Driver::start();
    for _ in 0..2 {
        driver.write(&json!({"cmd": "hello", "protocol": 1}));
        let hello = driver.line()["hello"].take();
        assert_eq!(hello["client"], "rust-tokio-tungstenite");
        assert_eq!(hello["origin"], Value::Null);
        assert!(hello["capabilities"].as_array().unwrap().contains(&json!("abandon")));
    }
    driver.write(&json!({"cmd": "hello", "protocol": 2}));
    assert!(driver.line()["error"]["message"].is_string());
    driver.finish();
}

#[test]
fn speaks_as_the_example_does() {
    let server = ReferenceServer::start();
    let mut driver = Driver::start();
    let url = server.at("/echo?tag=r3f9-7-1");
    driver.write(&json!({"cmd": "open", "seq": 7, "c": 1, "on": "a", "url": url, "within_ms": 2000}));
    driver.write(&json!({"cmd": "send", "seq": 7, "c": 2, "on": "a", "text": "hello"}));
    let mut events: Vec<Value> = (0..3).map(|_| driver.line()["event"].take()).collect();
    driver.write(
        &json!({"cmd": "close", "seq": 7, "c": 3, "on": "a", "code": 1000, "reason": "", "within_ms": 2000}),
    );
    events.extend((0..2).map(|_| driver.line()["event"].take()));
    driver.write(&json!({"cmd": "end", "seq": 7, "c": 4}));
    events.push(driver.line()["event"].take());
    for event in &mut events {
        assert!(event.as_object_mut().unwrap().remove("ms").unwrap().as_f64().unwrap() >= 0.0);
    }
    let expected = json!([
        {"seq": 7, "n": 1, "c": 1, "on": "a", "is": "opened", "subprotocol": null, "extensions": []},
        {"seq": 7, "n": 2, "c": 2, "on": "a", "is": "done"},
        {"seq": 7, "n": 3, "on": "a", "is": "received", "text": "hello"},
        {"seq": 7, "n": 4, "c": 3, "on": "a", "is": "done"},
        {"seq": 7, "n": 5, "on": "a", "is": "closed", "code": 1000, "reason": "", "clean": true},
        {"seq": 7, "n": 6, "c": 4, "is": "ended"},
    ]);
    assert_eq!(Value::from(events), expected);
    driver.finish();
}

#[test]
fn sends_every_payload() {
    let server = ReferenceServer::start();
    let mut driver = Driver::start();
    driver.open("a", &server.at("/echo"));
    for (payload, received) in [
        (json!({"text": "ä😀\0"}), json!({"text": "ä😀\0"})),
        (json!({"text": ""}), json!({"text": ""})),
        (json!({"base64": "AP8="}), json!({"base64": "AP8="})),
        (json!({"fill": {"len": 28, "as": "text"}}), json!({"text": "abcdefghijklmnopqrstuvwxyzab"})),
        (json!({"fill": {"len": 3, "as": "binary"}}), json!({"base64": "AAEC"})),
        (json!({"text": "abc", "fragments": [1, 0, 2]}), json!({"text": "abc"})),
        (json!({"base64": "AP8=", "fragments": [2]}), json!({"base64": "AP8="})),
    ] {
        driver.done(with(json!({"cmd": "send", "on": "a"}), payload));
        let event = driver.event("received");
        for (name, value) in received.as_object().unwrap() {
            assert_eq!(event[name], *value);
        }
    }
    let failed = driver.failed(json!({"cmd": "send", "on": "a", "text": "abc", "fragments": [1, 1]}));
    assert_eq!(failed, "the sizes of the fragments do not add up to 3 bytes");
    driver.finish();
}

#[test]
fn tells_long_messages_by_their_hash() {
    let server = ReferenceServer::start();
    let mut driver = Driver::start();
    driver.open("a", &server.at("/echo"));
    driver.done(json!({"cmd": "send", "on": "a", "fill": {"len": 5_000_000, "as": "binary"}}));
    let event = driver.event("received");
    assert_eq!((&event["kind"], &event["len"]), (&json!("binary"), &json!(5_000_000)));
    assert_eq!(event["sha256"], SHA256_OF_FIVE_MILLION);
    assert_eq!(event["head"].as_str().unwrap().len(), 128);
    assert_eq!((&event["text"], &event["base64"]), (&Value::Null, &Value::Null));
    driver.done(json!({"cmd": "send", "on": "a", "fill": {"len": 4096, "as": "text"}}));
    assert_eq!(driver.event("received")["text"].as_str().unwrap().len(), 4096);
    driver.open_with("full", &server.at("/echo"), json!({"data": "full"}));
    driver.done(json!({"cmd": "send", "on": "full", "fill": {"len": 2_000_000, "as": "text"}}));
    assert_eq!(driver.event("received")["text"].as_str().unwrap().len(), 2_000_000);
    driver.finish();
}

/// Of bytes that are their place modulo 251.
const SHA256_OF_FIVE_MILLION: &str = "d9b380b7e7b4216832cfebb75dbef64d95d592bcad101548204a03d9e0ddce70";

#[test]
fn pings_and_shows_pongs() {
    let server = ReferenceServer::start();
    let mut driver = Driver::start();
    driver.open("a", &server.at("/echo?tag=a"));
    driver.done(json!({"cmd": "ping", "on": "a", "hex": "00ff"}));
    assert_eq!(driver.event("pong")["hex"], "00ff");
    driver.done(json!({"cmd": "pong", "on": "a", "hex": "70"}));
    let seen = driver.seen(&server, "a", json!({"received": {"pong": 1}}));
    assert_eq!((&seen["last_pong"], &seen["received"]["ping"]), (&json!("70"), &json!(1)));
    driver.finish();
}

#[test]
fn answers_every_ping_though_it_is_told_to_send_pongs() {
    let server = ReferenceServer::start();
    let mut driver = Driver::start();
    driver.open("a", &server.at("/echo?tag=a"));
    driver.open("control", &server.control);
    let script = json!({"id": 1, "to": "a", "act": vec![json!({"ping": {}}); 500]}).to_string();
    driver.tell(json!({"cmd": "send", "on": "control", "text": script}));
    for _ in 0..500 {
        driver.tell(json!({"cmd": "pong", "on": "a", "hex": "70"}));
    }
    assert_eq!(driver.event("received")["text"], r#"{"id":1,"ok":true}"#);
    let seen = driver.seen(&server, "a", json!({"received": {"pong": 1000}}));
    assert_eq!(seen["received"]["pong"], 1000);
    driver.finish();
}

#[test]
fn shows_what_was_agreed_on() {
    let server = ReferenceServer::start();
    let mut driver = Driver::start();
    let more = json!({"subprotocols": ["chat", "soap"], "headers": [["X-One", "1"], ["X-One", "2"]]});
    let opened = driver.open_with("a", &server.at("/echo?tag=a"), more);
    assert_eq!(opened["subprotocol"], "chat");
    let seen = driver.seen(&server, "a", json!({"received": {"text": 0}}));
    let headers: Vec<_> = seen["handshake"]["headers"].as_array().unwrap().clone();
    for wanted in
        [json!(["x-one", "1"]), json!(["x-one", "2"]), json!(["Sec-WebSocket-Protocol", "chat, soap"])]
    {
        assert!(headers.contains(&wanted), "{wanted} is not in {headers:?}");
    }
    let opened = driver.open("b", &server.at("/scenario/unasked-extension"));
    assert_eq!(opened["extensions"].as_array().unwrap().len(), 1, "the library does not refuse it");
    driver.finish();
}

#[test]
fn reports_why_a_connection_was_refused() {
    let server = ReferenceServer::start();
    let mut driver = Driver::start();
    let scenario = |name: &str| server.at(&format!("/scenario/{name}"));
    for (url, status, words) in [
        (scenario("refuse?status=403"), json!(403), "HTTP error: 403 Forbidden"),
        (scenario("redirect"), json!(302), "HTTP error: 302 Found"),
        (scenario("wrong-accept"), Value::Null, "Key mismatch"),
        (scenario("unasked-subprotocol"), Value::Null, "SubProtocol error"),
        ("ws://127.0.0.1:1/".to_owned(), Value::Null, "IO error"),
        ("wss://127.0.0.1:1/".to_owned(), Value::Null, "error"),
        ("nonsense".to_owned(), Value::Null, "URL error"),
        (" ".to_owned(), Value::Null, "HTTP format error"),
    ] {
        let refused = driver.ask(json!({"cmd": "open", "on": "a", "url": url, "within_ms": 5000}));
        assert_eq!((&refused["is"], &refused["status"]), (&json!("refused"), &status), "{refused}");
        assert!(refused["error"].as_str().unwrap().contains(words), "{refused}");
    }
    let refused = driver.ask(json!({"cmd": "open", "on": "a", "url": server.at("/ws"), "within_ms": 5000,
        "headers": [["bad name", ""]]}));
    assert_eq!(refused["is"], "refused");
    assert!(driver.failed(json!({"cmd": "send", "on": "a", "text": ""})).contains("closed"));
    driver.finish();
}

#[test]
fn gives_up_what_does_not_open() {
    let server = ReferenceServer::start();
    let mut driver = Driver::start();
    let url = server.at("/scenario/no-answer");
    let start = Instant::now();
    let refused = driver.ask(json!({"cmd": "open", "on": "a", "url": url, "within_ms": 150}));
    assert_eq!((&refused["is"], &refused["error"]), (&json!("refused"), &json!("not open within 150ms")));
    assert!(start.elapsed() >= Duration::from_millis(150));
    let start = Instant::now();
    let refused =
        driver.ask(json!({"cmd": "open", "on": "a", "url": url, "within_ms": 60_000, "abandon": true}));
    assert_eq!((&refused["is"], &refused["error"]), (&json!("refused"), &json!("given up, as it was told")));
    assert!(start.elapsed() < DEADLINE);
    driver.open("a", &server.at("/echo"));
    let again = driver.ask(json!({"cmd": "open", "on": "a", "url": url, "within_ms": 150}));
    assert_eq!(
        (&again["is"], &again["error"]),
        (&json!("refused"), &json!("the test has a connection `a` already"))
    );
    driver.finish();
}

#[test]
fn closes_with_any_code_and_without() {
    let server = ReferenceServer::start();
    let mut driver = Driver::start();
    for (fields, code, reason) in [
        (json!({"code": 1000}), 1000, ""),
        (json!({"code": 1014, "reason": "gateway"}), 1014, "gateway"),
        (json!({"code": 4999, "reason": "ä"}), 4999, "ä"),
        (json!({}), 1005, ""),
    ] {
        driver.open("a", &server.at("/echo"));
        driver.done(with(json!({"cmd": "close", "on": "a", "within_ms": 5000}), fields));
        driver.closed(code, reason, true);
    }
    driver.finish();
}

#[test]
fn reports_how_the_peer_ended_it() {
    let server = ReferenceServer::start();
    let mut driver = Driver::start();
    for (scenario, code, clean) in [
        ("close-after-101", 4001, true),
        ("message-then-close", 1000, true),
        ("vanishes", 1006, false),
        ("quiet-end", 1006, false),
        ("masked", 1006, false),
        ("bad-utf8", 1006, false),
        ("huge-length", 1006, false),
    ] {
        driver.open("a", &server.at(&format!("/scenario/{scenario}")));
        let closed = driver.event("closed");
        assert_eq!(
            (&closed["code"], &closed["clean"]),
            (&json!(code), &json!(clean)),
            "{scenario}: {closed}"
        );
    }
    driver.open("a", &server.at("/echo?tag=a"));
    driver.control(&server, json!({"to": "a", "act": [{"close": {}}]}));
    driver.closed(1005, "", true);
    driver.finish();
}

#[test]
fn an_answer_in_many_pieces_is_an_attack_to_the_library() {
    let server = ReferenceServer::start();
    let mut driver = Driver::start();
    // How many pieces it sees is chance.
    for _ in 0..20 {
        let open =
            json!({"cmd": "open", "on": "a", "url": server.at("/scenario/trickle"), "within_ms": 10_000});
        let answer = driver.ask(open);
        if answer["is"] == "opened" {
            driver.closed(1000, "that was all", true);
        } else {
            assert_eq!(
                (&answer["is"], &answer["error"]),
                (&json!("refused"), &json!("Attack attempt detected"))
            );
        }
    }
    driver.finish();
}

#[test]
fn sends_what_the_library_does_not_check() {
    let server = ReferenceServer::start();
    let mut driver = Driver::start();
    for wrong in [
        json!({"cmd": "ping", "on": "a", "hex": "00".repeat(126)}),
        json!({"cmd": "close", "on": "a", "code": 1000, "reason": "x".repeat(124), "within_ms": 5000}),
        json!({"cmd": "close", "on": "a", "code": 1005, "within_ms": 5000}),
    ] {
        driver.open("a", &server.at("/echo"));
        driver.done(wrong);
        assert_eq!(driver.event("closed")["code"], 1002);
    }
    driver.finish();
}

#[test]
fn a_code_that_the_library_does_not_know_becomes_1002() {
    let server = ReferenceServer::start();
    let mut driver = Driver::start();
    for (sent, shown) in [(1012, 1012), (1014, 1002), (1005, 1002), (4000, 4000)] {
        driver.open("a", &server.at("/echo?tag=a"));
        driver.control(&server, json!({"to": "a", "act": [{"close": {"code": sent}}]}));
        assert_eq!(driver.event("closed")["code"], shown, "{sent}");
        driver.seen(&server, "a", json!({"ended": true}));
    }
    driver.finish();
}

#[test]
fn cuts_what_does_not_answer_a_close() {
    let server = ReferenceServer::start();
    let mut driver = Driver::start();
    driver.open("a", &server.at("/scenario/never-answers-close"));
    let start = Instant::now();
    driver.done(json!({"cmd": "close", "on": "a", "code": 1000, "within_ms": 200}));
    driver.closed(1006, "", false);
    assert!(start.elapsed() >= Duration::from_millis(200));
    driver.open("b", &server.at("/scenario/answers-close-late"));
    driver.done(json!({"cmd": "close", "on": "b", "code": 1000, "within_ms": 5000}));
    driver.closed(1000, "", true);
    driver.finish();
}

#[test]
fn says_in_the_librarys_words_what_cannot_be_done_any_more() {
    let server = ReferenceServer::start();
    let mut driver = Driver::start();
    driver.open("a", &server.at("/scenario/answers-close-late"));
    driver.done(json!({"cmd": "close", "on": "a", "code": 1000, "within_ms": 5000}));
    let words = driver.failed(json!({"cmd": "send", "on": "a", "text": "late"}));
    assert_eq!(words, "WebSocket protocol error: Sending after closing is not allowed");
    driver.done(json!({"cmd": "close", "on": "a", "code": 1000, "within_ms": 5000}));
    driver.closed(1000, "", true);
    let words = driver.failed(json!({"cmd": "send", "on": "a", "text": "later"}));
    assert_eq!(words, "Trying to work with closed connection");
    driver.done(json!({"cmd": "close", "on": "a", "code": 1000, "within_ms": 5000}));
    assert_eq!(driver.failed(json!({"cmd": "drop", "on": "a"})), words);
    let words = driver.failed(json!({"cmd": "send", "on": "nobody", "text": ""}));
    assert_eq!(words, "the test has no connection `nobody`");
    driver.finish();
}

#[test]
fn drops_without_a_close_frame_behind_what_was_sent() {
    let server = ReferenceServer::start();
    let mut driver = Driver::start();
    driver.open("a", &server.at("/echo"));
    let sent: Vec<u64> =
        (0..200).map(|_| driver.tell(json!({"cmd": "send", "on": "a", "text": "x"}))).collect();
    driver.done(json!({"cmd": "drop", "on": "a"}));
    for c in sent {
        assert_eq!(driver.answer(c)["is"], "done");
    }
    driver.closed(1006, "", false);
    // The server has nothing to send, and so nothing fails, before it has read all of it.
    driver.open("b", &server.at("/echo?tag=b"));
    let (text, fragments) = ("x".repeat(200), vec![1; 200]);
    let c = driver.tell(json!({"cmd": "send", "on": "b", "text": text, "fragments": fragments}));
    driver.done(json!({"cmd": "drop", "on": "b"}));
    assert_eq!(driver.answer(c)["is"], "done");
    driver.closed(1006, "", false);
    let seen = driver.seen(&server, "b", json!({"ended": true}));
    assert_eq!((&seen["ended"], &seen["received"]["text"]), (&json!("vanished"), &json!(1)));
    driver.finish();
}

#[test]
fn reads_while_it_writes() {
    let server = ReferenceServer::start();
    let mut driver = Driver::start();
    driver.open("a", &server.at("/echo"));
    let sent = flood(&mut driver);
    for c in sent {
        assert_eq!(driver.answer(c)["is"], "done");
        assert_eq!(driver.event("received")["len"], MEBIBYTE);
    }
    driver.finish();
}

#[test]
fn starts_reading_while_a_send_is_blocked() {
    let server = ReferenceServer::start();
    let mut driver = Driver::start();
    driver.open_with("a", &server.at("/echo"), json!({"reading": false}));
    let sent = flood(&mut driver);
    driver.done(json!({"cmd": "start_reading", "on": "a"}));
    driver.done(json!({"cmd": "stop_reading", "on": "a"}));
    driver.done(json!({"cmd": "start_reading", "on": "a"}));
    for c in sent {
        assert_eq!(driver.answer(c)["is"], "done");
        assert_eq!(driver.event("received")["len"], MEBIBYTE);
    }
    driver.done(json!({"cmd": "close", "on": "a", "code": 1000, "within_ms": 5000}));
    driver.closed(1000, "", true);
    driver.finish();
}

#[test]
fn ends_while_a_send_is_blocked() {
    let server = ReferenceServer::start();
    let mut driver = Driver::start();
    driver.open("a", &server.at("/scenario/never-reads"));
    driver.open("b", &server.at("/scenario/never-reads"));
    let on = |name: &str| json!({"cmd": "send", "on": name, "fill": {"len": 16 << 20, "as": "binary"}});
    let (a, behind_a, b) = (driver.tell(on("a")), driver.tell(on("a")), driver.tell(on("b")));
    driver.event("received");
    driver.event("received");
    driver.done(json!({"cmd": "drop", "on": "a"}));
    assert_eq!(
        (&driver.answer(a)["is"], &driver.answer(behind_a)["is"]),
        (&json!("failed"), &json!("failed"))
    );
    driver.closed(1006, "", false);
    let close = driver.tell(json!({"cmd": "close", "on": "b", "within_ms": 200}));
    assert_eq!((&driver.answer(b)["is"], &driver.answer(close)["is"]), (&json!("failed"), &json!("failed")));
    driver.closed(1006, "", false);
    driver.finish();
}

#[test]
fn reads_nothing_until_it_is_told_to() {
    let server = ReferenceServer::start();
    let mut driver = Driver::start();
    driver.open_with("a", &server.at("/ws"), json!({"reading": false}));
    driver.open("b", &server.at("/echo"));
    driver.done(json!({"cmd": "send", "on": "b", "text": "meanwhile"}));
    assert_eq!(driver.event("received")["on"], "b", "the welcome was there first");
    driver.done(json!({"cmd": "start_reading", "on": "a"}));
    assert_eq!(driver.event("received")["on"], "a");
    driver.finish();
}

#[test]
fn reacts_to_the_next_message_once() {
    let server = ReferenceServer::start();
    let mut driver = Driver::start();
    driver.open("a", &server.at("/echo"));
    let then = json!([
        {"cmd": "send", "c": 1001, "text": "reaction"},
        {"cmd": "close", "c": 1002, "code": 4000, "reason": "enough", "within_ms": 5000},
    ]);
    driver.done(json!({"cmd": "react", "on": "a", "then": [then[0]]}));
    driver.done(json!({"cmd": "send", "on": "a", "text": "action"}));
    assert_eq!(driver.event("received")["text"], "action");
    assert_eq!(driver.answer(1001)["is"], "done");
    assert_eq!(driver.event("received")["text"], "reaction");
    driver.done(json!({"cmd": "react", "on": "a", "then": [then[1]]}));
    driver.done(json!({"cmd": "send", "on": "a", "text": "action"}));
    assert_eq!(driver.answer(1002)["is"], "done");
    driver.closed(4000, "enough", true);

    driver.open("b", &server.at("/echo"));
    driver.done(json!({"cmd": "react", "on": "b", "then": [{"cmd": "send", "c": 1003, "text": ""}]}));
    driver.done(json!({"cmd": "close", "on": "b", "within_ms": 5000}));
    assert_eq!(driver.answer(1003)["is"], "failed", "no message came");
    driver.closed(1005, "", true);
    driver.finish();
}

#[test]
fn limits_what_it_accepts() {
    let server = ReferenceServer::start();
    let mut driver = Driver::start();
    driver.open_with("a", &server.at("/echo"), json!({"max_message": 10}));
    driver.done(json!({"cmd": "send", "on": "a", "text": "0123456789"}));
    assert_eq!(driver.event("received")["text"], "0123456789");
    driver.done(json!({"cmd": "send", "on": "a", "text": "0123456789a"}));
    driver.closed(1006, "", false);
    driver.finish();
}

#[test]
fn many_senders_send_each_in_its_order() {
    let server = ReferenceServer::start();
    let mut driver = Driver::start();
    driver.open("a", &server.at("/echo"));
    let messages: Vec<Value> = (0..100).map(|i| json!({"text": i.to_string()})).collect();
    driver.done(json!({"cmd": "send_many", "on": "a", "senders": 7, "messages": messages}));
    let mut of_sender: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for _ in 0..100 {
        let i: u64 = driver.event("received")["text"].as_str().unwrap().parse().unwrap();
        of_sender.entry(i % 7).or_default().push(i);
    }
    assert!(of_sender.values().all(|sent| sent.is_sorted()), "{of_sender:?}");
    driver.done(json!({"cmd": "send_many", "on": "a", "senders": 3, "messages": []}));
    driver.finish();
}

#[test]
fn a_thousand_sends_are_a_thousand_answers_and_echoes_in_order() {
    let server = ReferenceServer::start();
    let mut driver = Driver::start();
    driver.open("a", &server.at("/echo"));
    let text = |i: usize| format!("message {i}");
    let sent: Vec<u64> =
        (0..1000).map(|i| driver.tell(json!({"cmd": "send", "on": "a", "text": text(i)}))).collect();
    driver.tell(json!({"cmd": "close", "on": "a", "within_ms": 10_000}));
    for (i, c) in sent.into_iter().enumerate() {
        assert_eq!(driver.answer(c)["is"], "done");
        assert_eq!(driver.event("received")["text"], text(i));
    }
    driver.finish();
}

#[test]
fn answers_what_is_no_command_and_goes_on() {
    let server = ReferenceServer::start();
    let mut driver = Driver::start();
    let endless = "x".repeat(5 << 20);
    for (line, seq, c) in [
        (r#"{"cmd":"fly","seq":7,"c":9}"#, json!(7), json!(9)),
        (r#"{"cmd":"send","seq":7,"c":9,"on":"a","text":"","loudly":true}"#, json!(7), json!(9)),
        (r#"{"cmd":"send","seq":7,"c":9,"on":"a","invalid_text":"ff"}"#, json!(7), json!(9)),
        (r#"{"cmd":"end","seq":7}"#, json!(7), Value::Null),
        (r#"{"seq":-1,"c":9}"#, Value::Null, json!(9)),
        ("garbage", Value::Null, Value::Null),
        ("", Value::Null, Value::Null),
        (&endless, Value::Null, Value::Null),
    ] {
        driver.write_line(line);
        let error = driver.line()["error"].take();
        assert!(error["message"].is_string(), "{line:.80}: {error}");
        assert_eq!((&error["seq"], &error["c"]), (&seq, &c), "{line:.80}");
    }
    driver.open("a", &server.at("/echo"));
    driver.finish();
}

#[test]
fn connections_and_tests_do_not_wait_for_one_another() {
    let server = ReferenceServer::start();
    let mut driver = Driver::start();
    let stuck =
        json!({"cmd": "open", "on": "stuck", "url": server.at("/scenario/no-answer"), "within_ms": 60_000});
    driver.tell(stuck.clone());
    driver.tell(json!({"cmd": "send", "on": "stuck", "text": "waits"}));
    driver.open("a", &server.at("/echo"));
    driver.seq = 2;
    driver.tell(stuck);
    driver.open("a", &server.at("/echo"));
    for seq in [1, 2] {
        driver.seq = seq;
        driver.done(json!({"cmd": "send", "on": "a", "text": seq.to_string()}));
    }
    for seq in [2, 1] {
        driver.seq = seq;
        assert_eq!(driver.event("received")["text"], seq.to_string());
    }
    driver.end();
    driver.seq = 2;
    driver.done(json!({"cmd": "send", "on": "a", "text": "still there"}));
    assert_eq!(driver.event("received")["text"], "still there");
    driver.end();
    driver.finish_with_unanswered();
}

#[test]
fn ends_a_test_with_connections_open() {
    let server = ReferenceServer::start();
    let mut driver = Driver::start();
    driver.open("a", &server.at("/scenario/pings?tag=a"));
    driver.open("b", &server.at("/echo"));
    driver.end();
    driver.seq = 2;
    let seen = driver.seen(&server, "a", json!({"ended": true}));
    assert_eq!(seen["ended"], "vanished");
    driver.finish();
}

#[test]
fn listens_to_whether_something_listens() {
    let server = ReferenceServer::start();
    let mut driver = Driver::start();
    let listened = driver.ask(json!({"cmd": "listen", "url": server.at("/ws")}));
    assert_eq!((&listened["is"], &listened["on"]), (&json!("listened"), &Value::Null));
    for url in ["ws://127.0.0.1:1/", "nonsense here", "/path"] {
        assert_eq!(driver.ask(json!({"cmd": "listen", "url": url}))["is"], "failed");
    }
    driver.finish();
}

#[test]
fn ends_with_its_standard_input() {
    let server = ReferenceServer::start();
    let mut driver = Driver::start();
    driver.open("a", &server.at("/scenario/pings"));
    driver.input = None;
    assert!(driver.wait().success());
    let status = Command::new(PROGRAM).arg("--help").stderr(Stdio::null()).status().unwrap();
    assert_eq!(status.code(), Some(2), "it takes no arguments");
}

const MEBIBYTE: usize = 1 << 20;

/// More than the buffers between two programs hold, each way.
fn flood(driver: &mut Driver) -> Vec<u64> {
    let fill = json!({"len": MEBIBYTE, "as": "binary"});
    (0..32).map(|_| driver.tell(json!({"cmd": "send", "on": "a", "fill": fill}))).collect()
}
