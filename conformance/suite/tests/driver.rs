//! Lines of drivers: what is read from good ones, and what is said of bad ones.

use crosswire_protocol::digest::Kind;
use crosswire_suite::driver::{
    Closed, Command, Event, Happened, LONGEST_LINE, Line, Message, Open, Order, Sent, read_line,
};
use serde_json::json;

fn event(fields: &str) -> String {
    format!(r#"{{"event":{{"seq":7,"n":2,{fields}}}}}"#)
}

fn happened(fields: &str) -> Happened {
    match read_line(&event(fields)) {
        Ok(Line::Event(event)) => event.is,
        other => panic!("{fields}: {other:?}"),
    }
}

#[test]
fn every_event_is_read() {
    let binary = Message::whole(Kind::Binary, vec![0, 255]);
    let pong = Happened::Pong { payload: vec![0xab] };
    let closed = Happened::Closed(Closed { code: 1005, reason: String::new(), clean: true });
    let extensions = Some(vec!["permessage-deflate".to_owned()]);
    let error = "no route".to_owned();
    for (fields, wanted) in [
        (r#""c":1,"on":"a","is":"opened""#, Happened::Opened { subprotocol: None, extensions: None }),
        (
            r#""c":1,"ms":0.8,"on":"a","is":"opened","subprotocol":"s","extensions":["permessage-deflate"]"#,
            Happened::Opened { subprotocol: Some("s".to_owned()), extensions },
        ),
        (
            r#""c":1,"on":"a","is":"refused","error":"no route","status":404"#,
            Happened::Refused { error: error.clone(), status: Some(404) },
        ),
        (
            r#""c":1,"on":"a","is":"refused","error":"no route","status":null"#,
            Happened::Refused { error: error.clone(), status: None },
        ),
        (r#""c":2,"on":"a","is":"done""#, Happened::Done),
        (r#""c":2,"on":"a","is":"failed","error":"no route""#, Happened::Failed { error: error.clone() }),
        (r#""c":2,"is":"failed","error":"no route""#, Happened::Failed { error }),
        (
            r#""on":"a","is":"received","text":"é""#,
            Happened::Received(Message::whole(Kind::Text, "é".into())),
        ),
        (r#""on":"a","is":"received","text":"""#, Happened::Received(Message::whole(Kind::Text, Vec::new()))),
        (r#""on":"a","is":"received","base64":"AP8=""#, Happened::Received(binary)),
        (r#""on":"a","is":"pong","hex":"ab""#, pong),
        (r#""on":"a","is":"closed","code":1005,"reason":"","clean":true"#, closed),
        (r#""c":1,"is":"listened""#, Happened::Listened),
        (r#""c":9,"is":"ended""#, Happened::Ended),
    ] {
        assert_eq!(happened(fields), wanted, "{fields}");
    }
}

#[test]
fn a_long_message_is_the_same_however_it_is_reported() {
    let whole = Message::whole(Kind::Text, vec![b'x'; 5000]);
    let (sha256, head) = (hex::encode(whole.sha256), hex::encode([b'x'; 64]));
    let fields =
        format!(r#""on":"a","is":"received","kind":"text","len":5000,"sha256":"{sha256}","head":"{head}""#);
    let Happened::Received(reported) = happened(&fields) else { panic!("{fields}") };
    assert!(reported.is(&whole) && reported.payload.is_none());
    assert_eq!(reported.head, whole.head);
    let other = Message::whole(Kind::Binary, vec![b'x'; 5000]);
    assert!(!reported.is(&other));
}

#[test]
fn an_event_is_placed_in_its_test() {
    let line = read_line(&event(r#""c":3,"on":"client 7","is":"done""#)).unwrap();
    let wanted = Event { seq: 7, n: 2, c: Some(3), on: Some("client 7".to_owned()), is: Happened::Done };
    assert_eq!(line, Line::Event(wanted));
}

#[test]
fn a_hello_and_an_error_are_read() {
    let hello = r#"{"hello":{"client":"go-gorilla","language":"go","runtime":"go1.26","library":"gorilla/websocket 1.5.3","max_concurrent":64,"origin":null,"capabilities":["ping"]}}"#;
    let Ok(Line::Hello(hello)) = read_line(hello) else { panic!("{hello}") };
    assert_eq!((hello.client.as_str(), hello.max_concurrent, hello.origin), ("go-gorilla", 64, None));
    let Ok(Line::Error(error)) = read_line(r#"{"error":{"message":"no `hop`","seq":7,"c":9}}"#) else {
        panic!()
    };
    assert_eq!((error.seq, error.c), (Some(7), Some(9)));
    let Ok(Line::Error(error)) = read_line(" {\"error\":{\"message\":\"not JSON\"}}\r\n") else { panic!() };
    assert_eq!((error.seq, error.c), (None, None));
}

#[test]
fn what_is_wrong_with_a_line_is_told_to_the_one_who_writes_the_driver() {
    let hash = "0".repeat(64);
    let long = |more: &str| format!(r#""on":"a","is":"received","kind":"text","len":5000,{more}"#);
    let rows = [
        (String::new(), "EOF"),
        ("listening on 9001".to_owned(), "expected value"),
        ("{}".to_owned(), "expected value"),
        (r#"{"happened":{}}"#.to_owned(), "unknown variant `happened`"),
        (r#"{"event":{"seq":7,"n":1,"c":1,"is":"ended"}} {"#.to_owned(), "trailing characters"),
        (r#"{"hello":{"client":"x"}}"#.to_owned(), "missing field `language`"),
        (
            r#"{"hello":{"client":"x","language":"x","runtime":"x","library":"x","max_concurrent":0,"origin":null,"capabilities":[]}}"#
                .to_owned(),
            "at least one test at once",
        ),
        (r#"{"error":{"seq":7}}"#.to_owned(), "missing field `message`"),
        (r#"{"event":{"n":1,"c":1,"is":"ended"}}"#.to_owned(), "missing field `seq`"),
        (r#"{"event":{"seq":7,"c":1,"is":"ended"}}"#.to_owned(), "missing field `n`"),
        (r#"{"event":{"seq":7,"n":-1,"c":1,"is":"ended"}}"#.to_owned(), "invalid value"),
        (r#"{"event":{"seq":7,"n":1,"n":2,"c":1,"is":"ended"}}"#.to_owned(), "duplicate field `n`"),
        (event(r#""on":"a""#), "missing field `is`"),
        (event(r#""on":"a","is":"opend""#), "no event is `opend`"),
        (event(r#""on":"a","is":"done","tag":"x""#), "unknown field `tag`"),
        (event(r#""c":1,"is":"opened""#), "names no connection"),
        (event(r#""is":"closed","code":1000,"reason":"","clean":true"#), "names no connection"),
        (event(r#""on":"a","is":"done","text":"x""#), "`done` has no `text`"),
        (event(r#""on":"a","is":"opened","error":"x""#), "`opened` has no `error`"),
        (event(r#""on":"a","is":"refused""#), "`error` is missing"),
        (event(r#""on":"a","is":"refused","error":"x","status":"404""#), "invalid type"),
        (event(r#""on":"a","is":"failed""#), "`error` is missing"),
        (event(r#""on":"a","is":"closed","reason":"","clean":true"#), "`code` is missing"),
        (event(r#""on":"a","is":"closed","code":1000,"clean":true"#), "`reason` is missing"),
        (event(r#""on":"a","is":"closed","code":1000,"reason":"""#), "`clean` is missing"),
        (event(r#""on":"a","is":"closed","code":65536,"reason":"","clean":true"#), "65536"),
        (event(r#""on":"a","is":"pong""#), "`hex` is missing"),
        (event(r#""on":"a","is":"pong","hex":"a""#), "`hex` is not hexadecimal digits"),
        (event(r#""on":"a","is":"received""#), "exactly one of `text`"),
        (event(r#""on":"a","is":"received","text":"x","base64":"AA==""#), "exactly one of `text`"),
        (event(r#""on":"a","is":"received","base64":"A""#), "`base64` is not"),
        (event(r#""on":"a","is":"received","text":"\ud800""#), "hex escape"),
        (event(r#""on":"a","is":"received","text":"x","len":1"#), "`received` has no `len`"),
        (event(&long(&format!(r#""sha256":"{hash}""#))), "`head` is missing"),
        (event(&long(r#""sha256":"00","head":"""#)), "64 hexadecimal digits"),
        (event(&long(&format!(r#""sha256":"{hash}","head":"00""#))), "the first 64 bytes"),
        (
            event(&format!(r#""on":"a","is":"received","kind":"utf8","len":1,"sha256":"{hash}","head":"00""#)),
            "text or binary, not `utf8`",
        ),
        (format!("\"{}\"", "x".repeat(LONGEST_LINE)), "at most 4194304 are allowed"),
    ];
    for (line, says) in rows {
        let said = read_line(&line).expect_err(says);
        assert!(said.contains(says), "{line:.200}: {said}");
    }
}

#[test]
fn commands_are_written_as_the_protocol_shows_them() {
    let written = |order| serde_json::to_value(Command { seq: 7, c: 2, order }).unwrap();
    let on = || "a".to_owned();
    let open = Open { on: on(), url: "ws://s/ws".to_owned(), within_ms: 2000, ..Open::default() };
    let then = Command {
        seq: 7,
        c: 1,
        order: Order::Close { on: on(), within_ms: 5, code: None, reason: String::new() },
    };
    for (order, wanted) in [
        (Order::Open(open), json!({"cmd": "open", "on": "a", "url": "ws://s/ws", "within_ms": 2000})),
        (
            Order::Send { on: on(), payload: Sent::Text("hello".to_owned()), fragments: Some(vec![2, 3]) },
            json!({"cmd": "send", "on": "a", "text": "hello", "fragments": [2, 3]}),
        ),
        (
            Order::SendMany { on: on(), senders: 2, messages: vec![Sent::Base64("AA==".to_owned())] },
            json!({"cmd": "send_many", "on": "a", "senders": 2, "messages": [{"base64": "AA=="}]}),
        ),
        (
            Order::Close { on: on(), within_ms: 2000, code: Some(1000), reason: "r".to_owned() },
            json!({"cmd": "close", "on": "a", "within_ms": 2000, "code": 1000, "reason": "r"}),
        ),
        (Order::Ping { on: on(), hex: "00".to_owned() }, json!({"cmd": "ping", "on": "a", "hex": "00"})),
        (Order::StopReading { on: on() }, json!({"cmd": "stop_reading", "on": "a"})),
        (
            Order::React { on: on(), then: vec![then] },
            json!({"cmd": "react", "on": "a", "then": [{"cmd": "close", "seq": 7, "c": 1, "on": "a", "within_ms": 5}]}),
        ),
        (Order::Listen { url: "ws://s".to_owned() }, json!({"cmd": "listen", "url": "ws://s"})),
        (Order::End, json!({"cmd": "end"})),
    ] {
        let mut wanted = wanted;
        (wanted["seq"], wanted["c"]) = (json!(7), json!(2));
        assert_eq!(written(order), wanted);
    }
}
