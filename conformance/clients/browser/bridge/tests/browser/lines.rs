//! Lines, on their way to the page and back.

use crate::{bridge::Bridge, echo};
use serde_json::json;
use std::{io::Write as _, sync::mpsc::sync_channel, thread, time::Duration};

const LONGEST: usize = 4 << 20;

pub(crate) fn introduces_itself() {
    let mut bridge = Bridge::start();
    let hello = bridge.hello();
    assert_eq!((&hello["client"], &hello["language"]), (&json!("browser-chromium"), &json!("wasm")));
    assert!(hello["runtime"].as_str().unwrap().starts_with("chromium 1"), "{hello}");
    assert!(hello["origin"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{hello}");
    assert!((1..=8).contains(&hello["max_concurrent"].as_u64().unwrap()), "{hello}");
    // What the runner asks behind every hello.
    bridge.tell(&json!({"cmd": "juggle", "seq": 1, "c": 1, "on": "a"}));
    bridge.tell(&json!({"cmd": "send", "seq": 1, "c": 2, "on": "a", "text": "", "volume": 11}));
    for c in [1, 2] {
        let error = bridge.line()["error"].take();
        assert_eq!((&error["seq"], &error["c"]), (&json!(1), &json!(c)));
    }
}

pub(crate) fn garbage() {
    let mut bridge = Bridge::start();
    bridge.hello();
    for line in [&b"this is no JSON\n"[..], b"\n", b"\xff\xfe\n", b"[]\n", b"{\"cmd\":7}\n"] {
        bridge.tell_bytes(line);
        let error = bridge.line();
        assert!(error["error"]["message"].is_string(), "{error}");
    }
    let answer = bridge.ask(json!({"cmd": "listen", "seq": 2, "url": "nonsense"}));
    assert_eq!(answer["event"]["is"], "failed");
}

pub(crate) fn longest() {
    let mut bridge = Bridge::start();
    bridge.hello();
    let url = echo::serve();
    let open = json!({"cmd": "open", "seq": 2, "on": "a", "url": url, "within_ms": 30_000, "data": "full"});
    assert_eq!(bridge.ask(open)["event"]["is"], "opened");
    // An event has more around its payload than a command: so much less is sent that both fit.
    let text = "x".repeat(LONGEST - 2048);
    bridge.tell(&json!({"cmd": "send", "seq": 2, "c": 900, "on": "a", "text": text}));
    loop {
        let event = bridge.line()["event"].take();
        if event["is"] == "received" {
            assert_eq!(event["text"].as_str().map(str::len), Some(text.len()), "it came in full");
            break;
        }
    }
    let line = |length: usize| {
        let empty = json!({"cmd": "send", "seq": 2, "c": 901, "on": "b", "text": ""}).to_string();
        empty.replace("\"text\":\"\"", &format!("\"text\":\"{}\"", "y".repeat(length - empty.len())))
    };
    bridge.tell_text(&line(LONGEST));
    assert_eq!(bridge.line()["event"]["is"], "failed", "there is no connection `b`, and the line was read");
    bridge.tell_text(&line(LONGEST + 1));
    let error = bridge.line();
    assert!(error["error"]["message"].as_str().unwrap().contains("4194304"), "{error}");
}

pub(crate) fn unread() {
    const MESSAGES: u64 = 64;
    let mut bridge = Bridge::start();
    bridge.hello();
    let url = echo::serve();
    let open = json!({"cmd": "open", "seq": 2, "on": "a", "url": url, "within_ms": 30_000, "data": "full"});
    assert_eq!(bridge.ask(open)["event"]["is"], "opened");
    let mut input = bridge.input.take().unwrap();
    let (tell, told) = sync_channel(1);
    let telling = thread::spawn(move || {
        for c in 0..MESSAGES {
            let text = format!("{c:03}{}", "z".repeat(1 << 20));
            let line = json!({"cmd": "send", "seq": 2, "c": 100 + c, "on": "a", "text": text});
            input.write_all(format!("{line}\n").as_bytes()).unwrap();
        }
        tell.send(()).unwrap();
        input
    });
    // As long as nobody reads what comes out, not everything is let in.
    assert!(told.recv_timeout(Duration::from_secs(3)).is_err(), "64 MiB were gathered somewhere");
    let mut next = 0;
    while next < MESSAGES {
        let event = bridge.line()["event"].take();
        if event["is"] == "received" {
            assert_eq!(&event["text"].as_str().unwrap()[..3], format!("{next:03}"));
            next += 1;
        }
    }
    bridge.input = Some(telling.join().unwrap());
}

pub(crate) fn whole_test() {
    let mut bridge = Bridge::start();
    bridge.hello();
    let url = echo::serve();
    let open = json!({"cmd": "open", "seq": 2, "on": "a", "url": url, "within_ms": 30_000});
    assert_eq!(bridge.ask(open)["event"]["is"], "opened");
    let close = json!({"cmd": "close", "seq": 2, "on": "a", "code": 1000, "within_ms": 30_000});
    assert_eq!(bridge.ask(close)["event"]["is"], "done");
    let closed = bridge.line()["event"].take();
    assert_eq!((&closed["code"], &closed["clean"]), (&json!(1000), &json!(true)), "{closed}");
    assert_eq!(bridge.ask(json!({"cmd": "end", "seq": 2}))["event"]["is"], "ended");
    bridge.tell(&json!({"cmd": "bye"}));
    let (status, errors) = bridge.end();
    assert!(status.success(), "{errors}");
}
