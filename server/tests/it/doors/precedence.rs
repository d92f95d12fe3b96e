//! Which refusal wins where a request has earned several: the earlier row of the table.

use crate::support::{Client, Request, TestServer};

/// What spoils a request, in the order of the table. Two of one group cannot be in one request.
struct Fault {
    name: &'static str,
    group: &'static str,
    spoil: fn(Request) -> Request,
}

const fn fault(name: &'static str, group: &'static str, spoil: fn(Request) -> Request) -> Fault {
    Fault { name, group, spoil }
}

const HEAD: &[Fault] = &[
    fault("not_http", "line", |request| {
        let mut request = request;
        request.lines.insert(0, "no colon".to_owned());
        request
    }),
    fault("target_too_long", "length", |request| request.query(&format!("pad={}", "x".repeat(8 << 10)))),
    fault("head_too_long", "pad", |request| request.with("A", &"x".repeat(16 << 10))),
    fault("http_version", "version of HTTP", |request| request.version("HTTP/1.0")),
    fault("bad_host", "host", |request| request.set("Host", "a b")),
    fault("wrong_host", "host", |request| request.set("Host", "evil.example")),
    fault("unknown_path", "path", |request| {
        let target = request.target.replacen("/control", "/nowhere", 1).replacen("/push", "/nowhere", 1);
        Request { target, ..request }
    }),
    fault("method", "method", |request| request.method("DELETE")),
];

const HANDSHAKE: &[Fault] = &[
    fault("not_an_upgrade", "upgrade", |request| request.set("Connection", "keep-alive")),
    fault("version", "version", |request| request.set("Sec-WebSocket-Version", "12")),
    fault("bad_key", "key", |request| request.without("Sec-WebSocket-Key")),
    fault("origin", "origin", |request| request.with("Origin", "https://evil.example")),
    fault("unauthorized", "token", |request| request.query("token=wrong")),
    fault("subprotocol", "subprotocol", |request| request.with("Sec-WebSocket-Protocol", "not a token")),
    fault("bad_tag", "tag", |request| request.query("tag=")),
    fault("tag_in_use", "tag", |request| request.query("tag=taken")),
    // The server is full, or drains, in the tests below.
    fault("crowd", "crowd", |request| request),
];

const PUSH: &[Fault] = &[
    fault("origin", "origin", |request| request.with("Origin", "https://evil.example")),
    fault("unauthorized", "token", |request| request.query("token=wrong")),
    fault("too_large", "length of the body", |request| {
        let body = vec![0xff; (1 << 20) + 1];
        Request { body, ..request.set("Content-Length", "1048577") }
    }),
    fault("not_utf8", "text", |request| {
        let body = if request.body.len() > 1 { request.body } else { vec![0xff] };
        Request { body, ..request }
    }),
    fault("unknown_connection", "to", |request| request.query("to=nobody")),
];

/// Every two faults that fit into one request: the earlier wins. `crowd` is what the server itself adds.
async fn earlier_wins(server: &TestServer, good: &Request, faults: &[&Fault], crowd: Option<&str>) {
    for (i, first) in faults.iter().enumerate() {
        for second in &faults[i..] {
            if first.group == second.group && first.name != second.name {
                continue;
            }
            let request = (second.spoil)(good.clone());
            // One fault alone, where both are the same.
            let request = if first.name == second.name { request } else { (first.spoil)(request) };
            let expected = match (first.name, crowd) {
                ("crowd", Some(crowd)) => crowd,
                ("crowd", None) => continue,
                (name, _) => name,
            };
            let answer = server.ask(request.bytes()).await;
            assert_eq!(answer.error(), expected, "{} and {}", first.name, second.name);
        }
    }
}

async fn handshakes(server: &TestServer, taken: &mut Client, crowd: Option<&str>) {
    let faults: Vec<_> = HEAD.iter().chain(HANDSHAKE).collect();
    earlier_wins(server, &Request::handshake("/control"), &faults, crowd).await;
    // The session that has the tag was there all the time.
    assert!(taken.raw.try_send("").await);
}

#[tokio::test(start_paused = true)]
async fn of_any_two_faults_of_a_handshake_the_earlier_row_is_named() {
    let server = TestServer::new();
    let mut taken = server.talk("/ws?tag=taken").await;
    handshakes(&server, &mut taken, None).await;
    taken.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn of_any_two_faults_the_earlier_row_is_named_by_a_full_server_too() {
    let server = TestServer::with(|config| config.max_sessions = 1);
    let mut taken = server.talk("/ws?tag=taken").await;
    handshakes(&server, &mut taken, Some("full")).await;
    taken.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn of_any_two_faults_the_earlier_row_is_named_by_a_draining_server_too() {
    let server = TestServer::with(|config| config.max_sessions = 1);
    let mut taken = server.talk("/ws?tag=taken").await;
    server.shutdown.drain();
    taken.expect_close(Some(1001)).await;
    // A server that is full and drains says that it drains: waiting for a place would be in vain.
    handshakes(&server, &mut taken, Some("draining")).await;
    drop(taken);
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn of_any_two_faults_of_a_push_the_earlier_row_is_named() {
    let server = TestServer::new();
    let faults: Vec<_> = HEAD.iter().chain(PUSH).collect();
    earlier_wins(&server, &Request::push("/push", "x"), &faults, None).await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_version_of_http_that_cannot_be_read_is_named_after_the_length_of_its_target() {
    let server = TestServer::new();
    for version in ["HTTP/1.0", "HTTP/2.0", "HTTP/3"] {
        let request = Request::get(&format!("/{}", "x".repeat(8 << 10))).version(version);
        assert_eq!(server.ask(request.bytes()).await.error(), "target_too_long", "{version}");
    }
    server.stop().await;
}
