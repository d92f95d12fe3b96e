//! What is served over plain HTTP: one request a connection.

use crate::support::{Answer, Frame, Request, TestServer};
use crosswire_server::{Config, Server, Shutdown, Stopped, bind};
use std::collections::BTreeMap;
use tokio::net::TcpStream;

#[tokio::test(start_paused = true)]
async fn healthz_says_how_it_is_and_how_many_are_here() {
    let server = TestServer::new();
    let client = server.talk("/ws").await;
    let answer = server.ask(Request::get("/healthz").bytes()).await;
    assert_eq!((answer.status, &*answer.body), (200, "{\"sessions\":1,\"status\":\"serving\"}\n"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    client.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn metrics_count_what_really_happened() {
    let server = TestServer::new();
    let mut client = server.talk("/ws?tag=t").await;
    client.send(Frame::text("hello")).await;
    client.expect(Frame::text("hello")).await;
    client.send(Frame::binary([1, 2, 3])).await;
    client.expect(Frame::binary([1, 2, 3])).await;
    client.send(Frame::ping("p")).await;
    client.expect(Frame::pong("p")).await;
    server.ask(Request::push("/push", "pushed").bytes()).await;
    client.expect(Frame::text("pushed")).await;
    client.close().await;
    let mut broken = server.talk("/ws").await;
    broken.raw.send(Frame::text("not masked").unmasked()).await;
    broken.expect_close(Some(1002)).await;
    drop(broken);
    server.sessions(0).await;
    let open = server.open("/echo").await;
    for _ in 0..3 {
        server.ask(Request::get("/nowhere").bytes()).await;
    }
    server.ask(Request::push("/push?to=nobody", "x").bytes()).await;
    server.ask(Request::handshake("/ws").without("Sec-WebSocket-Key").bytes()).await;

    let metrics = server.metrics().await;
    let welcomes: u64 = 2;
    for (name, expected) in [
        ("crosswire_sessions", 1),
        ("crosswire_sessions_opened_total", 3),
        ("crosswire_messages_received_total{kind=\"text\"}", 1),
        ("crosswire_messages_received_total{kind=\"binary\"}", 1),
        ("crosswire_messages_sent_total{kind=\"text\"}", 2 + welcomes),
        ("crosswire_messages_sent_total{kind=\"binary\"}", 1),
        ("crosswire_control_frames_received_total{kind=\"ping\"}", 1),
        ("crosswire_control_frames_sent_total{kind=\"pong\"}", 1),
        ("crosswire_payload_received_bytes_total", 8),
        ("crosswire_closes_total{by=\"client\",code=\"1000\"}", 1),
        ("crosswire_closes_total{by=\"server\",code=\"1000\"}", 1),
        ("crosswire_closes_total{by=\"server\",code=\"1002\"}", 1),
        ("crosswire_violations_total{code=\"1002\"}", 1),
        ("crosswire_accept_errors_total", 0),
        ("crosswire_outbox_bytes", 0),
    ] {
        assert_eq!(metrics.get(name), Some(&expected), "{name} in {metrics:#?}");
    }
    let expected = [("unknown_path", 3), ("unknown_connection", 1), ("bad_key", 1)];
    let expected: BTreeMap<_, _> = expected.map(|(name, count)| (name.to_owned(), count)).into();
    assert_eq!(server.refused().await, expected);
    open.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn metrics_are_open_metrics() {
    let server = TestServer::new();
    let page = server.ask(Request::get("/metrics").bytes()).await;
    let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!((page.status, page.header("content-type")), (200, Some(media_type)));
    assert!(page.body.ends_with("# EOF\n"));
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn head_gets_the_headers_of_get_and_no_body() {
    let server = TestServer::new();
    for target in ["/", "/healthz", "/metrics", "/ws", "/nowhere", "/?x", "http://localhost/"] {
        let with = server.ask(Request::get(target).bytes()).await.without_date();
        let without = server.ask(Request::new("HEAD", target).bytes()).await.without_date();
        assert_eq!(without.body, "", "{target}");
        if target == "/ws" || target == "/metrics" {
            // Their bodies differ: one says that a handshake is a GET, the other counts that.
            assert_eq!(without.status, with.status);
            continue;
        }
        assert_eq!(without, Answer { body: String::new(), ..with }, "{target}");
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn options_names_the_methods_of_a_path() {
    let server = TestServer::new();
    for (target, allow) in [
        ("*", "GET, HEAD, POST, OPTIONS"),
        ("/", "GET, HEAD, OPTIONS"),
        ("/ws", "GET, HEAD, OPTIONS"),
        ("/echo", "GET, HEAD, OPTIONS"),
        ("/control?token=x", "GET, HEAD, OPTIONS"),
        ("/healthz", "GET, HEAD, OPTIONS"),
        ("/push", "POST, OPTIONS"),
    ] {
        let answer = server.ask(Request::new("OPTIONS", target).bytes()).await;
        assert_eq!(
            (answer.status, answer.header("allow"), &*answer.body),
            (204, Some(allow), ""),
            "{target}"
        );
        // RFC 9110 8.6: "A server MUST NOT send a Content-Length header field in any response with a status code of
        // 1xx (Informational) or 204 (No Content)."
        assert_eq!(answer.header("content-length"), None, "{target}");
        assert!(answer.header("date").is_some());
    }
    let answer = server.ask(Request::new("OPTIONS", "/nowhere").bytes()).await;
    assert_eq!(answer.error(), "unknown_path");
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn other_methods_are_told_which_ones_there_are() {
    let server = TestServer::new();
    for (method, target, allow) in [
        ("POST", "/", "GET, HEAD, OPTIONS"),
        ("PUT", "/healthz", "GET, HEAD, OPTIONS"),
        ("DELETE", "/metrics", "GET, HEAD, OPTIONS"),
        ("PATCH", "/ws", "GET, HEAD, OPTIONS"),
        ("TRACE", "/echo", "GET, HEAD, OPTIONS"),
        ("GET", "/push", "POST, OPTIONS"),
        ("PUT", "/push", "POST, OPTIONS"),
    ] {
        let answer = server.ask(Request::new(method, target).bytes()).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some(allow)), "{method} {target}");
        assert!(answer.body.contains(method), "{}", answer.body);
    }
    server.stop().await;
}

/// Framings that hyper would answer with an empty body, for every page and method that it is given.
#[tokio::test(start_paused = true)]
async fn trouble_with_the_length_of_a_body_is_refused_in_our_words() {
    let server = TestServer::new();
    for lines in [
        &["Content-Length: x"][..],
        &["Content-Length:"],
        &["Content-Length: ,1"],
        &["Content-Length: 1, 1"],
        &["Content-Length: 1", "Content-Length: 2"],
        &["Content-Length: 1", "Content-Length: 1"],
        &["Content-Length: 1", "Content-Length:"],
        &["Content-Length: -1"],
        &["Content-Length: +1"],
        &["Content-Length: 0x1"],
        &["Content-Length: 99999999999999999999"],
        &["Content-Length: 18446744073709551615"],
        &["Transfer-Encoding:"],
        &["Transfer-Encoding: gzip"],
        &["Transfer-Encoding: gzip, chunked"],
        &["Transfer-Encoding: chunked, chunked"],
        &["Transfer-Encoding: chunked,"],
        &["Transfer-Encoding: chunked", "Transfer-Encoding:"],
        &["Transfer-Encoding: chunked", "Content-Length: 1"],
        &["Content-Length:", "Transfer-Encoding: chunked"],
    ] {
        for (method, target) in
            [("POST", "/push"), ("GET", "/"), ("HEAD", "/healthz"), ("OPTIONS", "*"), ("OPTIONS", "/ws")]
        {
            let request =
                lines.iter().fold(Request::new(method, target), |request, line| request.line(*line));
            let answer = server.ask(request.bytes()).await;
            assert_eq!(answer.status, 400, "{method} {target} {lines:?}: {answer:?}");
            if method != "HEAD" {
                assert_eq!(answer.error(), "not_http", "{lines:?}");
            }
        }
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn targets_that_hyper_cannot_read_are_refused_in_our_words() {
    let server = TestServer::new();
    for method in ["GET", "HEAD", "OPTIONS"] {
        for target in ["/?a\u{fe}\u{ff}", "/?\"<>`{}|\\^", "http://localhost:/", "/#x", "/?ä#"] {
            let answer = server.ask(Request::new(method, target).bytes()).await;
            let is_ours = answer.status < 300 || method == "HEAD" || !answer.error().is_empty();
            assert!(is_ours, "{method} {target}: {answer:?}");
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn a_second_request_on_the_connection_is_not_answered_and_resets_nothing() {
    let mut listeners = bind("127.0.0.1:0").await.unwrap();
    let address = listeners[0].local_addr().unwrap();
    let server = Server::new(Config::standard(), true).unwrap();
    let shutdown = Shutdown::new();
    let running = server.serve(vec![listeners.remove(0)], shutdown.clone());
    let asking = async {
        for first in [Request::get("/healthz"), Request::get("/nowhere"), Request::push("/push", "x")] {
            let mut raw = crate::support::Raw::new(TcpStream::connect(address).await.unwrap());
            // The second is still on its way when the first is answered, and long enough for a reset to follow.
            let second = Request::push("/push", "x".repeat(200_000));
            raw.send([first.bytes(), second.bytes()].concat()).await;
            raw.finish().await;
            let answer = raw.answer().await;
            assert_eq!(answer.header("connection"), Some("close"));
            let length = answer.body.len().to_string();
            assert_eq!(answer.header("content-length"), Some(&*length), "{answer:?}");
        }
        shutdown.drain();
    };
    let (stopped, ()) = tokio::join!(running, asking);
    assert_eq!(stopped, Stopped::Drained);
}
