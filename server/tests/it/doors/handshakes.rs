//! Handshakes that are in order, however they are written, and those that only look like it.

use crate::support::{Client, Frame, Request, TestServer};

/// Opens a session with this request; the head of the 101.
async fn open(server: &TestServer, request: &Request) -> Client {
    let mut raw = server.connect().await;
    raw.send(request.bytes()).await;
    let handshake = raw.head().await;
    assert!(handshake.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{handshake}\n{request:?}");
    Client { raw, handshake }
}

async fn refused(server: &TestServer, request: &Request) -> String {
    server.ask(request.bytes()).await.error()
}

#[tokio::test(start_paused = true)]
async fn a_handshake_may_be_written_in_many_ways() {
    let ws = || Request::handshake("/echo");
    let server = TestServer::new();
    for request in [
        Request::get("/echo")
            .line("HOST:localhost")
            .without("Host")
            .line("host: localhost")
            .line("uPGRADE:WebSocket")
            .line("cONNECTION:\tuPGRADE \t")
            .line("sec-websocket-VERSION:13")
            .line("SEC-WEBSOCKET-KEY:   dGhlIHNhbXBsZSBub25jZQ==   "),
        ws().set("Connection", "keep-alive, Upgrade"),
        ws().set("Connection", ",, keep-alive ,\tUPGRADE,"),
        ws().set("Connection", "keep-alive").with("Connection", "x").with("Connection", "Upgrade"),
        ws().set("Upgrade", "WebSocket, foo"),
        ws().set("Upgrade", "h2c").with("Upgrade", "websocket"),
        ws().set("Sec-WebSocket-Version", " 13 "),
        ws().with("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"),
        ws().with("Content-Length", "0"),
        ws().with("Expect", "100-continue"),
        ws().line("Empty:"),
        ws().with("X-Any", "ä€ \u{80}"),
        ws().set("Host", "localhost:"),
        ws().set("Host", "[::1]"),
    ] {
        let mut client = open(&server, &request).await;
        assert!(client.handshake.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
        assert!(!client.handshake.contains("extensions"), "no extension is agreed to");
        client.send(Frame::text("hello")).await;
        client.expect(Frame::text("hello")).await;
        client.close().await;
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn line_ends_may_be_bare_and_empty_lines_may_come_first() {
    let server = TestServer::new();
    let request = String::from_utf8(Request::handshake("/echo").bytes()).unwrap();
    // RFC 9112 2.2: "a recipient MAY recognize a single LF as a line terminator", and a server "SHOULD ignore at least
    // one empty line (CRLF) received prior to the request-line".
    for text in [request.replace("\r\n", "\n"), format!("\r\n{request}"), format!("\r\n\n\r\n{request}")] {
        let mut raw = server.connect().await;
        raw.send(&text).await;
        assert!(raw.head().await.starts_with("HTTP/1.1 101 "), "{text:?}");
    }
    server.sessions(0).await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn paths_and_queries_may_be_percent_encoded_and_targets_absolute() {
    let server = TestServer::new();
    for target in [
        "/%65cho",
        "/ech%6F",
        "/echo?",
        "/echo?&&x&=&a=b=c",
        "/echo?%zz",
        "http://localhost/echo",
        "http://127.0.0.1:9001/echo?tag=t",
        "ws://localhost:80/echo",
        "HTTPS://[::1]/echo",
        "/?x",
        "http://localhost",
        "http://localhost?x",
    ] {
        drop(open(&server, &Request::handshake(target)).await);
        server.sessions(0).await;
    }
    for target in
        ["/Echo", "/echo/", "//echo", "/echo%2F", "/%2Fecho", "/echo%3Fx", "/e%63ho%00", "/%ff", "/x/../echo"]
    {
        assert_eq!(refused(&server, &Request::handshake(target)).await, "unknown_path", "{target}");
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_authority_of_an_absolute_target_wins_over_host() {
    let server = TestServer::new();
    for (target, host, expected) in [
        ("http://evil.example/ws", "localhost", "wrong_host"),
        ("http://evil.example", "localhost", "wrong_host"),
        ("http:///ws", "localhost", "not_http"),
        ("http://a b/ws", "localhost", "not_http"),
        ("http://user@localhost/ws", "localhost", "bad_host"),
        ("http://localhost:x/ws", "localhost", "bad_host"),
        // It must be there and in order all the same.
        ("http://localhost/ws", "", "bad_host"),
        ("http://localhost/ws", "a b", "bad_host"),
    ] {
        let request = Request::handshake(target).set("Host", host);
        assert_eq!(refused(&server, &request).await, expected, "{target} of {host:?}");
    }
    drop(open(&server, &Request::handshake("http://localhost/ws").set("Host", "evil.example")).await);
    server.sessions(0).await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn headers_that_may_come_once_come_once() {
    let server = TestServer::new();
    let ws = || Request::handshake("/ws");
    for (request, expected) in [
        (ws().with("Host", "127.0.0.1:9001"), "bad_host"),
        (ws().with("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), "bad_key"),
        (ws().with("Sec-WebSocket-Version", "13"), "version"),
        (ws().set("Sec-WebSocket-Version", "13, 8"), "version"),
        (ws().set("Sec-WebSocket-Version", ""), "version"),
        (ws().set("Sec-WebSocket-Version", "013"), "version"),
        (ws().without("Sec-WebSocket-Version"), "version"),
        (ws().set("Upgrade", ""), "not_an_upgrade"),
        (ws().set("Upgrade", "websocket/13"), "not_an_upgrade"),
        (ws().set("Connection", ""), "not_an_upgrade"),
        (ws().set("Connection", "upgraded, up grade"), "not_an_upgrade"),
        (ws().set("Host", ""), "bad_host"),
    ] {
        assert_eq!(refused(&server, &request).await, expected, "{request:?}");
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn refuses_a_key_that_is_not_sixteen_bytes_in_base64() {
    let server = TestServer::new();
    for key in [
        "",
        "dGhlIHNhbXBsZSBub25jZQ",
        "dGhlIHNhbXBsZSBub25jZQ=",
        "dGhlIHNhbXBsZSBub25j",
        "dGhlIHNhbXBsZSBub25jZSE=",
        "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==",
        "dGhlIHNhbXBsZSBub25j ZQ==",
        "-_hlIHNhbXBsZSBub25jZQ==",
        "ä",
    ] {
        let request = Request::handshake("/ws").set("Sec-WebSocket-Key", key);
        assert_eq!(refused(&server, &request).await, "bad_key", "{key}");
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn subprotocols_may_come_in_several_lines_and_the_first_known_one_is_agreed_to() {
    let server = TestServer::new();
    let offer = |target: &str, lines: &[&str]| {
        lines.iter().fold(Request::handshake(target), |it, line| it.with("Sec-WebSocket-Protocol", line))
    };
    for (target, lines, agreed) in [
        ("/ws", &["crosswire.v1.plain"][..], Some("crosswire.v1.plain")),
        ("/ws", &["chat, crosswire.v1.plain"], Some("crosswire.v1.plain")),
        ("/ws", &["chat", "superchat,", ",crosswire.v1.plain"], Some("crosswire.v1.plain")),
        ("/echo", &["chat, superchat"], Some("chat")),
        ("/ws", &[], None),
    ] {
        let client = open(&server, &offer(target, lines)).await;
        let line = client.handshake.split("\r\n").find_map(|it| it.strip_prefix("sec-websocket-protocol: "));
        assert_eq!(line, agreed, "{lines:?}");
        drop(client);
    }
    for lines in [
        &["chat"][..],
        &[""],
        &[","],
        &["crosswire.v1.plain", "crosswire.v1.plain"],
        &["crosswire.v1.plain, a b"],
        &["crosswire.v1.plain, (a)"],
        &["Crosswire.V1.Plain"],
        &["crosswire.v1.plain, ä"],
    ] {
        assert_eq!(refused(&server, &offer("/ws", lines)).await, "subprotocol", "{lines:?}");
    }
    server.sessions(0).await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn refuses_a_handshake_with_a_body() {
    let server = TestServer::new();
    for request in [
        Request { body: b"hello".to_vec(), ..Request::handshake("/ws").with("Content-Length", "5") },
        Request {
            body: b"0\r\n\r\n".to_vec(),
            ..Request::handshake("/ws").with("Transfer-Encoding", "chunked")
        },
    ] {
        let answer = server.ask(request.bytes()).await;
        assert_eq!(answer.error(), "not_an_upgrade");
        assert!(answer.body.contains("no body"), "{answer:?}");
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn bytes_behind_the_handshake_belong_to_the_session() {
    let server = TestServer::new();
    let frames: Vec<_> = (0..100).map(|i| Frame::text(format!("message {i}"))).collect();
    let mut bytes = Request::handshake("/echo").bytes();
    bytes.extend(frames.iter().flat_map(Frame::masked));
    // Half of the last frame comes later.
    let (now, later) = bytes.split_at(bytes.len() - 5);
    let mut raw = server.connect().await;
    raw.send(now).await;
    assert!(raw.head().await.starts_with("HTTP/1.1 101 "));
    for frame in &frames[..99] {
        assert_eq!(raw.take_when(Frame::parse).await.as_ref(), Some(frame));
    }
    raw.send(later).await;
    assert_eq!(raw.take_when(Frame::parse).await.as_ref(), frames.last());
    drop(raw);
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_web_socket_at_the_front_page_is_the_conversation() {
    let server = TestServer::new();
    server.talk("/").await.close().await;
    // A request there that is no whole handshake wants the page, and one that is and has a fault is told so.
    let page = server.ask(Request::get("/").with("Upgrade", "websocket").bytes()).await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let request = Request::handshake("/").without("Sec-WebSocket-Key");
    assert_eq!(refused(&server, &request).await, "bad_key");
    server.stop().await;
}
