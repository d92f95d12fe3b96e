//! The reference server, and waiting for no longer than a test may take.

use crosswire_wasm_client::{Connection, Message, OpenError, Options};
use futures_util::{
    StreamExt as _,
    future::{Either, select},
};
use gloo_net::http::Request;
use gloo_timers::future::TimeoutFuture;
use serde_json::{Value, json};
use std::{
    pin::pin,
    sync::atomic::{AtomicU32, Ordering},
};
use wasm_bindgen::JsValue;

/// Nothing takes longer than this.
const DEADLINE_MS: u32 = 20_000;

/// The server of this run.
#[derive(Debug)]
pub(crate) struct Server {
    /// Where it listens, without a path.
    pub(crate) url: String,
    /// Its control endpoint, with the token.
    pub(crate) control: String,
}

impl Server {
    /// Reads its ready line, which stands where the page with these tests came from.
    pub(crate) async fn find() -> Self {
        let file = within(Request::get("/.servers").send()).await.unwrap();
        assert!(file.ok(), "there is no server for these tests: `just test-wasm` starts one");
        let text = file.text().await.unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("main ")).unwrap();
        let mut line: Value = serde_json::from_str(line).unwrap();
        let mut text = |name: &str| match line["ready"][name].take() {
            Value::String(text) => text,
            other => panic!("{name} is {other}"),
        };
        Self { url: text("url"), control: text("control") }
    }

    /// The URL of a path.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// The same page of the server over HTTP.
    pub(crate) fn page(&self, path: &str) -> String {
        self.at(path).replacen("ws:", "http:", 1)
    }

    /// A connection to a path of its own name.
    pub(crate) async fn connect(&self, path: &str) -> Named<'_> {
        self.connect_with(path, &Options::new()).await
    }

    pub(crate) async fn connect_with(&self, path: &str, options: &Options) -> Named<'_> {
        self.try_to_connect(path, options).await.unwrap()
    }

    /// Of a connection that ends right behind its handshake Firefox says that it could not be opened: then there is none.
    pub(crate) async fn connect_to_what_ends(&self, path: &str) -> Option<Named<'_>> {
        match self.try_to_connect(path, &Options::new()).await {
            Ok(named) => Some(named),
            Err(OpenError::Refused { .. }) if is_firefox() => None,
            Err(other) => panic!("{path}: {other}"),
        }
    }

    async fn try_to_connect(&self, path: &str, options: &Options) -> Result<Named<'_>, OpenError> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        // The page's own address makes a second run against the same server another one.
        let page = js_sys::Date::now() as u64;
        let tag = format!("{page}-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let url = self.at(&format!("{path}?tag={tag}"));
        let connection = within(Connection::open_with(&url, options)).await?;
        Ok(Named { connection, tag, server: self })
    }

    /// A connection to `/ws` whose welcome has been read.
    pub(crate) async fn welcomed(&self) -> Named<'_> {
        let mut named = self.connect("/ws").await;
        named.text().await;
        named
    }

    /// Has the server act on a connection, and gives back its answer.
    pub(crate) async fn act(&self, tag: &str, acts: Value) -> Value {
        let mut control = within(Connection::open(&self.control)).await.unwrap();
        control.send_json(&json!({"id": 1, "to": tag, "act": acts})).await.unwrap();
        let answer: Value = next(&mut control).await.json().unwrap();
        assert_eq!(answer["ok"], true, "{answer}");
        answer
    }
}

/// A connection that the server knows by a name.
#[derive(Debug)]
pub(crate) struct Named<'a> {
    pub(crate) connection: Connection,
    pub(crate) tag: String,
    server: &'a Server,
}

impl Named<'_> {
    pub(crate) async fn next(&mut self) -> Message {
        next(&mut self.connection).await
    }

    pub(crate) async fn text(&mut self) -> String {
        match self.next().await {
            Message::Text(text) => text,
            Message::Binary(bytes) => panic!("{bytes:?} is not a text"),
        }
    }

    /// Has the server act on it.
    pub(crate) async fn act(&self, acts: Value) -> Value {
        self.server.act(&self.tag, acts).await
    }

    /// What the server saw of it, once something is true.
    pub(crate) async fn seen(&self, until: Value) -> Value {
        self.act(json!([{"seen": {"until": until, "within_ms": 10_000}}])).await["seen"].take()
    }

    /// The echo of a last word is the very next message.
    pub(crate) async fn expect_nothing_else(&mut self) {
        self.connection.send_text("last word").await.unwrap();
        assert_eq!(self.text().await, "last word");
    }
}

async fn next(connection: &mut Connection) -> Message {
    within(connection.next()).await.expect("a message before the end")
}

/// Which has ways of its own.
pub(crate) fn is_firefox() -> bool {
    let of = |of: &JsValue, name: &str| js_sys::Reflect::get(of, &name.into()).unwrap();
    let user_agent = of(&of(&js_sys::global(), "navigator"), "userAgent").as_string();
    user_agent.is_some_and(|words| words.contains("Firefox/"))
}

/// Waits, and not for ever.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    match select(pin!(future), TimeoutFuture::new(DEADLINE_MS)).await {
        Either::Left((done, _)) => done,
        Either::Right(_) => panic!("nothing has come in {DEADLINE_MS} ms"),
    }
}

/// Now, in milliseconds.
pub(crate) fn now() -> f64 {
    js_sys::Date::now()
}
