//! The driver protocol, spoken with the driver in the browser.

#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "what cannot be read fails its test")]

use crosswire_browser::{Driver, Introduction};
use futures_channel::mpsc;
use futures_util::{
    StreamExt as _,
    future::{Either, select},
};
use gloo_net::http::Request;
use gloo_timers::future::TimeoutFuture;
use serde_json::{Value, json};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// Nothing takes longer than this.
const DEADLINE_MS: u32 = 20_000;

#[wasm_bindgen_test]
async fn introduces_itself_as_often_as_it_is_asked() {
    let mut told = Told::start().await;
    for _ in 0..2 {
        told.tell(json!({"cmd": "hello", "protocol": 1}));
        let hello = told.line().await["hello"].take();
        assert_eq!((&hello["client"], &hello["origin"]), (&json!("tested"), &json!("http://me")));
        assert!(hello["capabilities"].as_array().unwrap().contains(&json!("react")));
    }
    told.tell(json!({"cmd": "hello", "protocol": 2}));
    assert!(told.line().await["error"]["message"].is_string());
    assert!(!told.driver.tell(r#"{"cmd":"bye"}"#));
}

#[wasm_bindgen_test]
async fn speaks_as_the_example_does() {
    let mut told = Told::start().await;
    told.open("/echo", json!({})).await;
    told.tell(json!({"cmd": "send", "seq": 7, "c": 2, "on": "a", "text": "hello"}));
    let mut events = vec![told.line().await, told.line().await];
    told.tell(
        json!({"cmd": "close", "seq": 7, "c": 3, "on": "a", "code": 1000, "reason": "", "within_ms": 2000}),
    );
    events.extend([told.line().await, told.line().await]);
    told.tell(json!({"cmd": "end", "seq": 7, "c": 4}));
    events.push(told.line().await);
    for event in &mut events {
        *event = event["event"].take();
        assert!(event.as_object_mut().unwrap().remove("ms").unwrap().as_f64().unwrap() > 0.0);
    }
    let expected = json!([
        {"seq": 7, "n": 2, "c": 2, "on": "a", "is": "done"},
        {"seq": 7, "n": 3, "on": "a", "is": "received", "text": "hello"},
        {"seq": 7, "n": 4, "c": 3, "on": "a", "is": "done"},
        {"seq": 7, "n": 5, "on": "a", "is": "closed", "code": 1000, "reason": "", "clean": true},
        {"seq": 7, "n": 6, "c": 4, "is": "ended"},
    ]);
    assert_eq!(Value::from(events), expected);
}

#[wasm_bindgen_test]
async fn what_it_does_not_know_it_says_and_goes_on() {
    let mut told = Told::start().await;
    told.tell(json!({"cmd": "dance", "seq": 7, "c": 9}));
    let error = told.line().await["error"].take();
    assert_eq!((&error["seq"], &error["c"]), (&json!(7), &json!(9)));
    assert!(error["message"].as_str().unwrap().contains("dance"));
    told.open("/echo", json!({})).await;
}

#[wasm_bindgen_test]
async fn what_no_browser_does_fails() {
    let mut told = Told::start().await;
    told.open("/echo", json!({})).await;
    for (command, words) in [
        (json!({"cmd": "ping", "hex": ""}), "ping"),
        (json!({"cmd": "pong", "hex": "00"}), "pongs"),
        (json!({"cmd": "drop"}), "cut TCP"),
        (json!({"cmd": "stop_reading"}), "always reads"),
        (json!({"cmd": "start_reading"}), "always reads"),
        (json!({"cmd": "send", "text": "ab", "fragments": [1, 1]}), "frames"),
        (json!({"cmd": "close", "code": 1001, "within_ms": 100}), "does not close with 1001"),
        (
            json!({"cmd": "close", "code": 1000, "reason": "x".repeat(124), "within_ms": 100}),
            "at most 123 bytes",
        ),
    ] {
        let answer = told.ask(command).await;
        assert_eq!(answer["is"], "failed", "{answer}");
        assert!(answer["error"].as_str().unwrap().contains(words), "{answer}");
    }
    for more in [json!({"headers": [["a", "b"]]}), json!({"max_message": 5}), json!({"reading": false})] {
        let answer = told.ask_to_open("b", "/echo", more).await;
        assert_eq!((&answer["is"], &answer["status"]), (&json!("refused"), &Value::Null));
    }
}

#[wasm_bindgen_test]
async fn says_why_a_connection_was_refused() {
    let mut told = Told::start().await;
    for (path, words) in [
        ("/scenario/refuse", "could not be opened"),
        ("/scenario/no-answer", "within 150 ms"),
        ("#", "a part behind a #"),
    ] {
        let answer = told.ask_to_open("a", path, json!({"within_ms": 150})).await;
        assert_eq!(answer["is"], "refused");
        assert!(answer["error"].as_str().unwrap().contains(words), "{answer}");
    }
    let answer =
        told.ask_to_open("a", "/scenario/no-answer", json!({"within_ms": 60_000, "abandon": true})).await;
    assert!(answer["error"].as_str().unwrap().contains("was closed before it was open"), "{answer}");
    let answer = told.ask(json!({"cmd": "send", "text": ""})).await;
    assert_eq!(answer["error"], "the connection was never open");
    told.open("/echo", json!({})).await;
    let answer = told.ask_to_open("a", "/echo", json!({})).await;
    assert_eq!(answer["error"], "the test has a connection `a` already");
}

#[wasm_bindgen_test]
async fn many_senders_keep_each_their_order() {
    let mut told = Told::start().await;
    told.open("/echo", json!({})).await;
    let messages: Vec<_> = (0..30).map(|i| json!({"text": i.to_string()})).collect();
    let answer = told.ask(json!({"cmd": "send_many", "senders": 3, "messages": messages})).await;
    assert_eq!(answer["is"], "done");
    let mut last = [-1; 3];
    for _ in 0..30 {
        let i: i32 = told.event("received").await["text"].as_str().unwrap().parse().unwrap();
        let of_its_sender = &mut last[i as usize % 3];
        assert!(*of_its_sender < i, "{i} came behind {of_its_sender}");
        *of_its_sender = i;
    }
    assert_eq!(last, [27, 28, 29]);
}

#[wasm_bindgen_test]
async fn reacts_to_the_next_message_once() {
    let mut told = Told::start().await;
    told.open("/echo", json!({})).await;
    let then = [
        json!({"cmd": "send", "seq": 7, "c": 900, "on": "a", "text": "reaction"}),
        json!({"cmd": "close", "seq": 7, "c": 901, "on": "a", "code": 4000, "within_ms": 2000}),
    ];
    assert_eq!(told.ask(json!({"cmd": "react", "then": then})).await["is"], "done");
    told.ask(json!({"cmd": "send", "text": "x"})).await;
    for c in [900, 901] {
        assert_eq!(told.answer(c).await["is"], "done");
    }
    assert_eq!(told.event("closed").await["code"], 4000);
}

#[wasm_bindgen_test]
async fn tells_long_messages_by_their_hash_unless_all_is_wanted() {
    let mut told = Told::start().await;
    told.open("/echo", json!({})).await;
    told.ask(json!({"cmd": "send", "fill": {"len": 4097, "as": "binary"}})).await;
    let event = told.event("received").await;
    assert_eq!((&event["kind"], &event["len"]), (&json!("binary"), &json!(4097)));
    assert_eq!(event["head"].as_str().unwrap().len(), 128);
    let answer = told.ask_to_open("b", "/echo", json!({"data": "full"})).await;
    assert_eq!(answer["is"], "opened");
    told.ask(json!({"cmd": "send", "on": "b", "fill": {"len": 100_000, "as": "text"}})).await;
    assert_eq!(told.event("received").await["text"].as_str().unwrap().len(), 100_000);
}

#[wasm_bindgen_test]
async fn waits_for_the_answer_to_a_close_as_long_as_it_is_told() {
    let mut told = Told::start().await;
    told.open("/scenario/never-answers-close", json!({})).await;
    assert_eq!(told.ask(json!({"cmd": "close", "code": 1000, "within_ms": 150})).await["is"], "done");
    let closed = told.event("closed").await;
    assert_eq!((&closed["code"], &closed["clean"]), (&json!(1006), &json!(false)));
    let answer = told.ask(json!({"cmd": "send", "text": "late"})).await;
    assert_eq!(answer["is"], "failed");
    assert_eq!(told.ask(json!({"cmd": "close", "within_ms": 150})).await["is"], "done");
}

#[wasm_bindgen_test]
async fn listens() {
    let mut told = Told::start().await;
    let url = told.url.clone();
    assert_eq!(told.ask_of_none(json!({"cmd": "listen", "url": url})).await["is"], "listened");
    for url in ["ws://127.0.0.1:2", "nonsense"] {
        assert_eq!(told.ask_of_none(json!({"cmd": "listen", "url": url})).await["is"], "failed", "{url}");
    }
}

#[wasm_bindgen_test]
async fn an_end_lets_go_of_everything_and_nothing_comes_behind_it() {
    let mut told = Told::start().await;
    let tag = format!("let-go-{}", js_sys::Date::now());
    told.open(&format!("/echo?tag={tag}"), json!({})).await;
    // Answers to these are on their way when it ends, and one is waited for without an end.
    told.tell(json!({"cmd": "send", "seq": 7, "c": 800, "on": "a", "text": "x"}));
    let url = told.at("/scenario/no-answer");
    told.tell(json!({"cmd": "open", "seq": 7, "c": 801, "on": "b", "url": url, "within_ms": 60_000}));
    told.tell(json!({"cmd": "end", "seq": 7, "c": 802}));
    while told.line().await["event"]["is"] != "ended" {}
    // The next test is another one, in which the same names are free.
    told.seq = 8;
    let url = told.control.clone();
    let answer = told.ask(json!({"cmd": "open", "on": "a", "url": url, "within_ms": 20_000})).await;
    assert_eq!(answer["is"], "opened");
    let seen =
        json!({"id": 1, "to": tag, "act": [{"seen": {"until": {"ended": true}, "within_ms": 10_000}}]});
    told.ask(json!({"cmd": "send", "text": seen.to_string()})).await;
    let answer: Value = serde_json::from_str(told.event("received").await["text"].as_str().unwrap()).unwrap();
    assert_eq!(answer["ok"], true, "{answer}");
}

/// The driver, and what it has said.
struct Told {
    driver: Driver,
    lines: mpsc::Receiver<String>,
    unread: Vec<Value>,
    url: String,
    control: String,
    seq: u64,
    commands: u64,
}

impl Told {
    async fn start() -> Self {
        let file = Request::get("/.servers").send().await.unwrap().text().await.unwrap();
        let line = file.lines().find_map(|line| line.strip_prefix("main ")).unwrap();
        let ready: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| ready["ready"][name].as_str().unwrap().to_owned();
        let (said, lines) = mpsc::channel(1 << 16);
        let introduction = Introduction {
            client: "tested".to_owned(),
            browser: "a browser".to_owned(),
            origin: Some("http://me".to_owned()),
        };
        let driver = Driver::new(introduction, move |line| said.clone().try_send(line).unwrap());
        let (url, control) = (text("url"), text("control"));
        Self { driver, lines, unread: Vec::new(), url, control, seq: 7, commands: 100 }
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    fn tell(&mut self, command: Value) {
        assert!(self.driver.tell(&command.to_string()));
    }

    async fn line(&mut self) -> Value {
        match select(self.lines.next(), TimeoutFuture::new(DEADLINE_MS)).await {
            Either::Left((line, _)) => serde_json::from_str(&line.unwrap()).unwrap(),
            Either::Right(_) => panic!("nothing was said in {DEADLINE_MS} ms"),
        }
    }

    /// The next event for which something is true; others are kept.
    async fn find(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.unread.iter().position(&wanted) {
            return self.unread.remove(at);
        }
        loop {
            let event = self.line().await["event"].take();
            assert!(event.is_object(), "an error where an event was expected");
            if wanted(&event) {
                return event;
            }
            self.unread.push(event);
        }
    }

    async fn event(&mut self, is: &str) -> Value {
        let seq = self.seq;
        self.find(|event| event["seq"] == seq && event["is"] == is).await
    }

    async fn answer(&mut self, c: u64) -> Value {
        let seq = self.seq;
        self.find(|event| event["seq"] == seq && event["c"] == c).await
    }

    /// Tells a command for connection `a`, unless it names another, and waits for its answer.
    async fn ask(&mut self, mut command: Value) -> Value {
        if command["on"].is_null() {
            command["on"] = json!("a");
        }
        self.ask_of_none(command).await
    }

    async fn ask_of_none(&mut self, mut command: Value) -> Value {
        self.commands += 1;
        let c = self.commands;
        command["seq"] = json!(self.seq);
        command["c"] = json!(c);
        self.tell(command);
        self.answer(c).await
    }

    async fn ask_to_open(&mut self, on: &str, path: &str, more: Value) -> Value {
        let mut command = json!({"cmd": "open", "on": on, "url": self.at(path), "within_ms": 10_000});
        command.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.ask(command).await
    }

    async fn open(&mut self, path: &str, more: Value) {
        let answer = self.ask_to_open("a", path, more).await;
        assert_eq!(answer["is"], "opened", "{answer}");
    }
}
