//! Heads at the edge of what HTTP/1.1 allows.

use crate::support::{Request, TestServer};

async fn error(server: &TestServer, bytes: impl AsRef<[u8]>) -> String {
    server.ask(bytes).await.error()
}

#[tokio::test(start_paused = true)]
async fn refuses_lines_that_are_no_headers() {
    let server = TestServer::new();
    for line in [
        "no colon",
        // RFC 9112 5.1: "A server MUST reject … any received request message that contains whitespace between a header
        // field name and colon".
        "A : b",
        "A\t: b",
        // RFC 9112 5.2: a server "MUST either reject the message by sending a 400 (Bad Request)" or replace the fold.
        "A: b\r\n c",
        "A: b\r\n\tc",
        ": b",
        "A(: b",
        "Ä: b",
        "A: b\0c",
        "A: b\rc",
        "A: b\u{7f}c",
    ] {
        // RFC 9112 2.2: whitespace before the first header is no header.
        for (request, at) in
            [(Request::handshake("/ws").line(line), "last"), (Request::get("/").line(line), "page")]
        {
            assert_eq!(error(&server, request.bytes()).await, "not_http", "{line:?} {at}");
        }
    }
    let mut request = Request::get("/");
    request.lines.insert(0, " A: b".to_owned());
    assert_eq!(error(&server, request.bytes()).await, "not_http");
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn refuses_request_lines_that_are_none() {
    let server = TestServer::new();
    for (line, expected) in [
        ("hello", "not_http"),
        ("GET", "not_http"),
        ("GET /ws", "not_http"),
        ("GET  /ws HTTP/1.1", "not_http"),
        ("GET /ws  HTTP/1.1", "not_http"),
        ("GET /ws HTTP/1.1 ", "not_http"),
        ("GET\t/ws\tHTTP/1.1", "not_http"),
        (" GET /ws HTTP/1.1", "not_http"),
        ("G(T /ws HTTP/1.1", "not_http"),
        ("GET /w s HTTP/1.1", "not_http"),
        ("GET /ws http/1.1", "not_http"),
        ("GET /ws HTTP", "not_http"),
        ("GET /ws HTTPS/1.1", "not_http"),
        ("GET /ws HTTP/1.0", "http_version"),
        ("GET /ws HTTP/1.2", "http_version"),
        ("GET /ws HTTP/0.9", "http_version"),
        ("GET /ws HTTP/2", "http_version"),
        ("PRI * HTTP/2.0", "http_version"),
        ("get /ws HTTP/1.1", "method"),
        ("BREW /ws HTTP/1.1", "method"),
        ("GET * HTTP/1.1", "unknown_path"),
        ("GET ws HTTP/1.1", "unknown_path"),
        ("CONNECT localhost:80 HTTP/1.1", "unknown_path"),
        ("GET ftp://localhost/ws HTTP/1.1", "unknown_path"),
    ] {
        for before in ["", "\r\n"] {
            let request = format!("{before}{line}\r\nHost: localhost\r\n\r\n");
            assert_eq!(error(&server, &request).await, expected, "{request:?}");
        }
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_greeting_of_tls_is_told_that_this_is_plain_http() {
    let server = TestServer::new();
    let answer = server.ask(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03").await;
    assert_eq!(answer.error(), "not_http");
    assert!(answer.body.contains("ws://"), "{}", answer.body);
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_target_of_8_kib_and_a_head_of_16_kib_are_read_and_a_byte_more_is_not() {
    let server = TestServer::new();
    let target = |len: usize| Request::get(&format!("/?{}", "x".repeat(len - 2))).bytes();
    assert_eq!(server.ask(target(8192)).await.status, 200);
    assert_eq!(error(&server, target(8193)).await, "target_too_long");
    let start = Request::get("/").with("A", "").bytes().len();
    let head = |len: usize| Request::get("/").with("A", &"x".repeat(len - start)).bytes();
    assert_eq!(server.ask(head(16384)).await.status, 200);
    assert_eq!(error(&server, head(16385)).await, "head_too_long");
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_long_target_is_named_even_where_it_has_no_end() {
    let server = TestServer::new();
    for before in ["", "\r\n"] {
        let request = format!("{before}GET /{}", "x".repeat(20_000));
        assert_eq!(error(&server, request).await, "target_too_long");
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_head_may_have_128_lines_for_a_page_as_for_a_handshake() {
    let server = TestServer::new();
    let lines = |request: Request, count: usize| {
        (request.lines.len()..count).fold(request, |request, i| request.with(&format!("X-{i}"), "")).bytes()
    };
    assert_eq!(server.ask(lines(Request::get("/"), 128)).await.status, 200);
    assert_eq!(error(&server, lines(Request::get("/"), 129)).await, "head_too_long");
    let mut raw = server.connect().await;
    raw.send(lines(Request::handshake("/ws"), 128)).await;
    assert!(raw.head().await.starts_with("HTTP/1.1 101 "));
    drop(raw);
    assert_eq!(error(&server, lines(Request::handshake("/ws"), 129)).await, "head_too_long");
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_head_as_long_as_the_configuration_allows_is_read_for_a_page_too() {
    let server = TestServer::with(|config| config.max_head = 1 << 20);
    let request = Request::get("/").with("A", &"x".repeat(1_000_000));
    assert_eq!(server.ask(request.bytes()).await.status, 200);
    server.stop().await;
}
