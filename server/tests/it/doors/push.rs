//! `POST /push`: from a request's body to messages.

use crate::support::{Answer, Frame, Request, TestServer, client::taken};

const LONGEST: usize = 1 << 20;

fn chunked(target: &str, body: &str) -> Request {
    let request = Request::new("POST", target).with("Transfer-Encoding", "chunked");
    Request { body: body.as_bytes().to_vec(), ..request }
}

/// Sends from one task and reads in the same, for bodies that are longer than the pipe.
async fn ask(server: &TestServer, request: Request) -> Answer {
    let raw = server.connect().await;
    let (reader, mut writer) = tokio::io::split(raw.stream);
    let bytes = request.bytes();
    let sending = async move {
        let _ = tokio::io::AsyncWriteExt::write_all(&mut writer, &bytes).await;
        writer
    };
    let reading = async move {
        let (mut reader, mut bytes) = (reader, Vec::new());
        tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut bytes).await.expect("an end");
        bytes
    };
    let (_, bytes) = tokio::join!(sending, reading);
    Answer::parse(bytes)
}

#[tokio::test(start_paused = true)]
async fn a_push_goes_to_every_conversation_and_to_no_other_connection() {
    let server = TestServer::new();
    let (mut one, mut two) = (server.talk("/ws").await, server.talk("/ws?tag=two").await);
    let (mut echo, mut control) = (server.open("/echo?tag=e").await, server.open("/control?tag=c").await);
    let answer = server.ask(Request::push("/push", "hello").bytes()).await;
    assert_eq!((answer.status, &*answer.body), (200, "{\"delivered\":2}\n"));
    one.expect(Frame::text("hello")).await;
    two.expect(Frame::text("hello")).await;
    for name in ["e", "c"] {
        let answer = server.ask(Request::push(&format!("/push?to={name}"), "x").bytes()).await;
        assert_eq!((answer.status, &*answer.error()), (404, "unknown_connection"));
    }
    echo.send(Frame::text("only this")).await;
    echo.expect(Frame::text("only this")).await;
    control.send(Frame::ping("")).await;
    control.expect(Frame::pong("")).await;
    for client in [one, two, echo, control] {
        client.close().await;
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_push_to_nobody_is_delivered_to_nobody() {
    let server = TestServer::new();
    assert_eq!(server.ask(Request::push("/push", "x").bytes()).await.body, "{\"delivered\":0}\n");
    // A parameter that names nobody is not the same as none.
    assert_eq!(server.ask(Request::push("/push?to=", "x").bytes()).await.error(), "unknown_connection");
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_empty_body_is_an_empty_message() {
    let server = TestServer::new();
    let mut client = server.talk("/ws").await;
    for request in [Request::push("/push", ""), Request::new("POST", "/push"), chunked("/push", "0\r\n\r\n")]
    {
        assert_eq!(server.ask(request.bytes()).await.body, "{\"delivered\":1}\n");
        client.expect(Frame::text("")).await;
    }
    client.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_chunked_body_is_one_message() {
    let server = TestServer::new();
    let mut client = server.talk("/ws").await;
    let body = "1\r\nh\r\n4;name=\"value\"\r\nell\u{0}\r\n2\r\nä\r\n0\r\nTrailer: x\r\n\r\n";
    let answer = server.ask(chunked("/push", body).bytes()).await;
    assert_eq!((answer.status, &*answer.body), (200, "{\"delivered\":1}\n"));
    client.expect(Frame::text("hell\0ä")).await;
    client.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn chunks_that_are_none_and_bodies_that_end_early_are_refused_in_our_words() {
    let server = TestServer::new();
    for request in [
        chunked("/push", "zz\r\n"),
        chunked("/push", "-1\r\n"),
        chunked("/push", "1\r\nhello\r\n0\r\n\r\n"),
        chunked("/push", "FFFFFFFFFFFFFFFFF\r\n"),
        chunked("/push", "5\r\nhel"),
        chunked("/push", ""),
        Request { body: b"hel".to_vec(), ..Request::new("POST", "/push").with("Content-Length", "5") },
    ] {
        let mut raw = server.connect().await;
        raw.send(request.bytes()).await;
        raw.finish().await;
        let answer = raw.answer().await;
        assert_eq!((answer.status, &*answer.error()), (400, "not_http"), "{request:?}");
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_body_of_1_mib_is_pushed_and_a_byte_more_is_not() {
    let server = TestServer::new();
    let mut client = server.talk("/ws").await;
    let longest = "x".repeat(LONGEST);
    let whole_chunk = |len: usize| chunked("/push", &format!("{len:x}\r\n{}\r\n0\r\n\r\n", "x".repeat(len)));
    for request in [Request::push("/push", &longest), whole_chunk(LONGEST)] {
        assert_eq!(ask(&server, request).await.body, "{\"delivered\":1}\n");
        client.expect(Frame::text(&longest)).await;
    }
    for request in [Request::push("/push", longest + "x"), whole_chunk(LONGEST + 1)] {
        let answer = ask(&server, request).await;
        assert_eq!((answer.status, &*answer.error()), (413, "too_large"));
    }
    client.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_100_is_told_to_go_on() {
    let server = TestServer::new();
    let mut client = server.talk("/ws").await;
    let mut request = Request::push("/push", "hello").with("Expect", "100-continue");
    let body = std::mem::take(&mut request.body);
    let mut raw = server.connect().await;
    raw.send(request.bytes()).await;
    assert_eq!(raw.head().await, "HTTP/1.1 100 Continue\r\n\r\n");
    raw.send(body).await;
    assert_eq!(raw.answer().await.body, "{\"delivered\":1}\n");
    client.expect(Frame::text("hello")).await;
    client.close().await;
    server.stop().await;
}

/// RFC 9110 10.1.1: a server that will not take the body answers with the final status instead of 100.
#[tokio::test(start_paused = true)]
async fn who_waits_for_100_in_vain_is_told_why_at_once() {
    let server = TestServer::new();
    let expect = |target: &str, length: &str| {
        Request::new("POST", target).with("Content-Length", length).with("Expect", "100-continue")
    };
    for (request, status) in [
        (expect("/push", "1048577"), 413),
        (expect("/push", "9223372036854775807"), 413),
        (expect("/push", "1").with("Origin", "http://evil.example"), 403),
        (expect("/push?token=wrong", "1048577"), 401),
        (expect("/nowhere", "1"), 404),
    ] {
        let answer = server.ask(request.bytes()).await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(!answer.error().is_empty());
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_not_utf_8_is_refused_and_pushed_to_nobody() {
    let server = TestServer::new();
    let mut client = server.talk("/ws").await;
    for body in [&b"\xff"[..], b"ok \xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf"] {
        let answer = server.ask(Request::push("/push", body).bytes()).await;
        assert_eq!((answer.status, &*answer.error()), (400, "not_utf8"), "{body:?}");
    }
    server.ask(Request::push("/push", "text").bytes()).await;
    client.expect(Frame::text("text")).await;
    client.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_push_to_a_connection_that_is_closing_finds_nobody() {
    let server = TestServer::new();
    let mut client = server.talk("/ws?tag=t").await;
    client.send(Frame::close(1000, "")).await;
    taken().await;
    let answer = server.ask(Request::push("/push?to=t", "x").bytes()).await;
    assert_eq!((answer.status, &*answer.error()), (404, "unknown_connection"));
    client.expect_close(Some(1000)).await;
    drop(client);
    server.stop().await;
}
