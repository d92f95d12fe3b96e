//! Every row of the table of refusals, as it stands on the wire.

use crate::support::{Answer, Client, Raw, Request, TestServer};
use std::{collections::BTreeMap, path::Path};

const TABLE: &[(&str, u16)] = include!("table.rs");

/// How the server stands when the request comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Open,
    /// A connection has the tag `taken`.
    Talking,
    /// Its one session is taken.
    Full,
    /// It drains, and a session has not closed yet.
    Draining,
    /// What it was given for results is something else.
    Mistaken,
}

/// A row, and bytes that lead to it.
struct Row {
    name: &'static str,
    standing: Standing,
    request: Vec<u8>,
    /// Headers that this row alone has.
    headers: &'static [(&'static str, &'static str)],
    /// What the message has to say, so that its reader knows what to do.
    says: &'static str,
}

fn row(name: &'static str, request: Request, says: &'static str) -> Row {
    Row { name, standing: Standing::Open, request: request.bytes(), headers: &[], says }
}

fn rows() -> Vec<Row> {
    let upgrade =
        &[("upgrade", "websocket"), ("sec-websocket-version", "13"), ("connection", "upgrade, close")];
    let control = Request::handshake("/control");
    let ws = Request::handshake("/ws");
    let mut slow_push = Request::push("/push", "half");
    slow_push.body.truncate(2);
    vec![
        Row { request: b"GET /ws HT".to_vec(), ..row("slow_head", ws.clone(), "within 5 s") },
        row("not_http", ws.clone().line("no colon"), "GET /ws HTTP/1.1"),
        row("target_too_long", Request::get(&format!("/{}", "x".repeat(8 << 10))), "8192 bytes"),
        row("head_too_long", ws.clone().with("A", &"x".repeat(16 << 10)), "16384 bytes"),
        row("http_version", ws.clone().version("HTTP/1.0"), "HTTP/1.1"),
        row("bad_host", ws.clone().without("Host"), "`Host`"),
        row("wrong_host", ws.clone().set("Host", "evil.example"), "--allow-host evil.example"),
        row("unknown_path", Request::handshake("/nowhere"), "/ws, /echo"),
        Row {
            headers: &[("allow", "GET, HEAD, OPTIONS")],
            ..row("method", ws.clone().method("POST"), "GET, HEAD, OPTIONS")
        },
        Row { headers: upgrade, ..row("not_an_upgrade", Request::get("/ws"), "`Upgrade: websocket`") },
        Row { headers: upgrade, ..row("version", ws.clone().set("Sec-WebSocket-Version", "8"), "13") },
        row("bad_key", ws.clone().set("Sec-WebSocket-Key", "short"), "sixteen bytes in base64"),
        row("origin", ws.clone().with("Origin", "http://evil.example"), "--allow-origin"),
        Row {
            headers: &[("www-authenticate", "Bearer realm=\"crosswire control\"")],
            ..row("unauthorized", control.query("token=wrong"), "`Authorization: Bearer …`")
        },
        row("subprotocol", ws.clone().with("Sec-WebSocket-Protocol", "nobody.knows"), "crosswire.v1.plain"),
        row("bad_tag", ws.clone().query("tag=a%20b"), "1 to 64 letters"),
        Row {
            standing: Standing::Talking,
            ..row("tag_in_use", ws.clone().query("tag=taken"), "choose another")
        },
        Row {
            standing: Standing::Draining,
            headers: &[("retry-after", "1")],
            ..row("draining", ws.clone(), "connect again")
        },
        Row {
            standing: Standing::Full,
            headers: &[("retry-after", "1")],
            ..row("full", ws, "--max-sessions")
        },
        row("slow_body", slow_push, "within 30 s"),
        row("too_large", Request::push("/push", vec![b'x'; (1 << 20) + 1]), "1048576 bytes"),
        row("not_utf8", Request::push("/push", [0xff]), "UTF-8"),
        row("unknown_connection", Request::push("/push?to=nobody", "x"), "/ws?tag=nobody"),
        row("no_results", Request::get("/results"), "`crosswire matrix`"),
        Row {
            standing: Standing::Mistaken,
            ..row("bad_results", Request::get("/results"), "Cargo.toml is not the results of a run: line 1")
        },
    ]
}

/// Headers that say something to some refusals, and nothing to the others.
const SPECIAL: &[&str] = &["allow", "upgrade", "sec-websocket-version", "www-authenticate", "retry-after"];

/// A server that stands like this, and the session that makes it so.
async fn server(standing: Standing) -> (TestServer, Option<Client>) {
    let server = TestServer::with(|config| {
        if standing == Standing::Full {
            config.max_sessions = 1;
        }
        let results = if standing == Standing::Mistaken { "Cargo.toml" } else { "nowhere/results.ndjson" };
        config.results = Path::new(env!("CARGO_MANIFEST_DIR")).join(results);
    });
    let session = if matches!(standing, Standing::Open | Standing::Mistaken) {
        None
    } else {
        Some(server.talk("/ws?tag=taken").await)
    };
    if standing == Standing::Draining {
        server.shutdown.drain();
    }
    (server, session)
}

/// Sends a request and reads the whole answer. The server must have ended its side after it, and still read: who closes
/// over unread bytes sends a reset, which could overtake the answer.
async fn ask(raw: &mut Raw, request: &[u8]) -> Answer {
    raw.try_send(request).await;
    let answer = raw.answer().await;
    assert!(raw.try_send("more").await, "the server has closed where it should only have ended its side");
    answer
}

#[test]
fn every_row_of_the_table_has_a_request_that_leads_to_it() {
    let names: Vec<_> = rows().iter().map(|row| row.name).collect();
    let expected: Vec<_> = TABLE.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, expected);
}

#[tokio::test(start_paused = true)]
async fn every_refusal_has_its_status_its_headers_and_a_body_that_says_what_to_do() {
    for row in rows() {
        let name = row.name;
        let (server, session) = server(row.standing).await;
        let mut raw = server.connect().await;
        check(&row, ask(&mut raw, &row.request).await);
        let refused = server.refused().await;
        assert_eq!(
            refused,
            BTreeMap::from([(name.to_owned(), 1)]),
            "{name} is counted once, and nothing else"
        );
        if let Some(mut session) = session {
            session.try_close().await;
        }
        server.stop().await;
    }
}

fn check(row: &Row, answer: Answer) {
    let name = row.name;
    let (_, status) = TABLE.iter().find(|(it, _)| *it == name).expect("a row");
    assert_eq!((answer.status, answer.error().as_str()), (*status, name));
    let body: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
    let keys: Vec<_> = body.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["error", "message"]);
    assert!(
        body["message"].as_str().expect("a message").contains(row.says),
        "{name} does not say {:?}: {body}",
        row.says
    );
    assert!(answer.body.ends_with("}\n"), "{name}: a line in a terminal ends");
    let length = answer.body.len().to_string();
    assert_eq!(answer.header("content-length"), Some(&*length), "{name}: nothing comes behind the body");
    assert_eq!(answer.header("content-type"), Some("application/json"), "{name}");
    assert!(answer.header("date").is_some_and(|date| date.ends_with(" GMT")), "{name}: {answer:?}");
    for (header, value) in row.headers {
        assert_eq!(answer.header(header), Some(*value), "{name}");
    }
    for header in SPECIAL {
        let is_expected = row.headers.iter().any(|(it, _)| it == header);
        assert_eq!(answer.header(header).is_some(), is_expected, "{name}: {header}");
    }
    let connection =
        row.headers.iter().find(|(it, _)| *it == "connection").map_or("close", |(_, value)| value);
    assert_eq!(answer.header("connection"), Some(connection), "{name}");
    let mut names: Vec<_> = answer.headers.iter().map(|(name, _)| name).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), answer.headers.len(), "{name}: no header comes twice: {answer:?}");
}

#[tokio::test(start_paused = true)]
async fn refusals_of_head_have_everything_but_the_body() {
    for (request, status) in [
        (Request::new("HEAD", "/ws"), 426),
        (Request::new("HEAD", "/nowhere"), 404),
        (Request::new("HEAD", "/push"), 405),
        (Request::new("HEAD", "/").without("Host"), 400),
        (Request::new("HEAD", "/").version("HTTP/2.0"), 505),
        (Request::new("HEAD", "/").line("no colon"), 400),
        (Request::new("HEAD", "/").with("A", &"x".repeat(16 << 10)), 431),
    ] {
        let server = TestServer::new();
        let without = server.ask(request.bytes()).await;
        assert_eq!((without.status, &*without.body), (status, ""), "{request:?}");
        let length: usize = without.header("content-length").unwrap().parse().unwrap();
        assert!(length > 20, "{without:?}");
        server.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_ends_the_connection_in_the_middle_of_a_head_is_told_so() {
    let server = TestServer::new();
    let mut raw = server.connect().await;
    raw.send("GET /ws HTTP/1.1\r\nHost:").await;
    raw.finish().await;
    let answer = raw.answer().await;
    assert_eq!((answer.status, &*answer.error()), (400, "not_http"));
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_and_leaves_is_told_nothing() {
    let server = TestServer::new();
    let mut raw = server.connect().await;
    raw.finish().await;
    assert_eq!(raw.rest().await, b"");
    assert_eq!(server.refused().await, BTreeMap::new());
    server.stop().await;
}
