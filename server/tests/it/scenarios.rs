//! Every scenario does what its line in the specification says.

use crate::support::{Client, Frame, Opcode, Raw, Request, TestServer, Then, client::handshake};
use crosswire_server::Config;
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

/// Opens a scenario whose 101 is the usual one.
async fn open(server: &TestServer, name: &str) -> Client {
    server.open(&format!("/scenario/{name}?tag=t")).await
}

/// Asks for a scenario, and gives the bytes as they come.
async fn ask(server: &TestServer, name: &str) -> Raw {
    let mut raw = server.connect().await;
    raw.send(handshake(&format!("/scenario/{name}"), &[])).await;
    raw
}

/// The client has come through: what it sends comes back.
async fn expect_echo(client: &mut Client) {
    client.send(Frame::text("still here")).await;
    client.expect(Frame::text("still here")).await;
}

#[tokio::test(start_paused = true)]
async fn the_list_can_be_read_by_pages_that_may_talk_to_the_server() {
    let allow = |config: &mut Config| config.allow_origins = vec!["http://lab.example".parse().unwrap()];
    for (only_loopback, origin, may) in [
        (true, "null", true),
        (false, "null", false),
        (true, "http://lab.example", true),
        (false, "http://lab.example", true),
        (true, "http://localhost", true),
        (true, "http://evil.example", false),
    ] {
        let server = TestServer::start(allow, only_loopback);
        let list = server
            .ask(Request::get("/scenario").set("Host", "localhost").with("Origin", origin).bytes())
            .await;
        assert_eq!(
            list.header("access-control-allow-origin"),
            may.then_some(origin),
            "{only_loopback} {origin}"
        );
        assert_eq!((list.status, list.header("vary")), (200, Some("origin")));
        server.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn each_one_is_listed_and_named_in_this_file() {
    let server = TestServer::new();
    let list = server.ask("GET /scenario HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let list: serde_json::Value = serde_json::from_str(&list.body).expect("JSON");
    let scenarios = list["scenarios"].as_array().expect("a list");
    assert_eq!(scenarios.len(), 25);
    for scenario in scenarios {
        let name =
            scenario["path"].as_str().and_then(|path| path.strip_prefix("/scenario/")).expect("a path");
        assert!(include_str!("scenarios.rs").contains(&format!("\"{name}\"")), "{name} has no test");
    }
    let unknown = server.ask(handshake("/scenario/unheard-of", &[])).await;
    assert_eq!((unknown.status, &*unknown.error()), (404, "unknown_path"));
    server.stop().await;
}

/// How long each of the server's writes is, to a client that closes right behind its handshake.
async fn writes(name: &str) -> Vec<usize> {
    let server = TestServer::scripted();
    let close = Frame::close(1000, "").masked();
    let heard = server.play_in_session(&format!("/scenario/{name}"), [close], Then::Finishes).await;
    server.stop().await;
    heard.writes
}

#[tokio::test(start_paused = true)]
async fn early_sends_the_welcome_in_the_write_of_the_101() {
    let server = TestServer::new();
    let mut client = open(&server, "early").await;
    let len = client.handshake.len();
    client.welcome().await;
    expect_echo(&mut client).await;
    client.close().await;
    server.stop().await;
    assert!(writes("early").await[0] > len, "the welcome came with the 101");
}

#[tokio::test(start_paused = true)]
async fn trickle_sends_the_end_of_its_head_and_everything_behind_it_byte_by_byte() {
    let server = TestServer::new();
    let mut client = open(&server, "trickle").await;
    let len = client.handshake.len();
    client.expect(Frame::text("one byte at a time")).await;
    assert_eq!(client.expect_close(Some(1000)).await, "that was all");
    client.send(Frame::close(1000, "")).await;
    client.expect_end().await;
    server.stop().await;
    let writes = writes("trickle").await;
    assert_eq!(writes[0], len - 40, "the head, but for its end");
    assert!(writes[1..].iter().all(|len| *len == 1), "each byte alone");
}

#[tokio::test(start_paused = true)]
async fn glued_sends_a_hundred_messages_in_one_write() {
    let server = TestServer::new();
    let mut client = open(&server, "glued").await;
    let messages: Vec<_> = (0..100).map(|i| Frame::text(format!("message {i}"))).collect();
    let len: usize = messages.iter().map(|message| message.unmasked().len()).sum();
    for message in messages {
        client.expect(message).await;
    }
    expect_echo(&mut client).await;
    client.close().await;
    server.stop().await;
    assert_eq!(writes("glued").await[1], len, "all in one write, behind the 101");
}

#[tokio::test(start_paused = true)]
async fn fragmented_sends_pings_between_frames_and_an_empty_last_one() {
    let server = TestServer::with_journal();
    let mut client = open(&server, "fragmented").await;
    let mut text = Vec::new();
    let mut frames = 0;
    loop {
        let frame = client.frame().await.expect("a frame");
        if frame.opcode == Opcode::Ping as u8 {
            client.send(Frame::pong(frame.payload)).await;
            continue;
        }
        frames += 1;
        assert_eq!(frame.opcode == Opcode::Text as u8, frames == 1, "{frame:?}");
        text.extend_from_slice(&frame.payload);
        if frame.fin {
            assert!(frame.payload.is_empty(), "the last one is empty");
            break;
        }
    }
    assert_eq!((text, frames), (b"in many frames".to_vec(), 6));
    expect_echo(&mut client).await;
    let mut control = server.open("/control").await;
    let seen = control.command(json!({"to": "t", "act": [{"seen": true}]})).await;
    assert_eq!((&seen["seen"]["sent"]["ping"], &seen["seen"]["received"]["pong"]), (&json!(5), &json!(5)));
    control.close().await;
    client.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn split_character_cuts_inside_characters() {
    let server = TestServer::new();
    let mut client = open(&server, "split-character").await;
    let mut pieces = Vec::new();
    while pieces.last().is_none_or(|last: &Frame| !last.fin) {
        pieces.push(client.frame().await.expect("a frame"));
    }
    assert!(std::str::from_utf8(&pieces[0].payload).is_err(), "the first frame ends inside a character");
    let whole: Vec<u8> = pieces.iter().flat_map(|piece| piece.payload.clone()).collect();
    assert_eq!(String::from_utf8(whole).as_deref(), Ok("\u{1f600}\u{e9}!"));
    expect_echo(&mut client).await;
    client.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_message_and_a_close_leave_in_one_write_also_with_the_101() {
    let server = TestServer::new();
    for (name, code, reason) in
        [("close-after-101", 4001, "closed at once"), ("message-then-close", 1000, "that was all")]
    {
        let mut client = open(&server, name).await;
        let (message, close) = (Frame::text("last words"), Frame::close(code, reason));
        let len = message.unmasked().len() + close.unmasked().len();
        client.expect(message).await;
        client.expect(close.clone()).await;
        client.send(close).await;
        client.expect_end().await;
        let expected = if name == "close-after-101" {
            vec![client.handshake.len() + len]
        } else {
            vec![client.handshake.len(), len]
        };
        assert_eq!(writes(name).await, expected, "{name}");
        drop(client);
        server.sessions(0).await;
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_handshake_without_an_answer_stays_open_until_the_client_leaves_or_the_time_is_over() {
    let server = TestServer::new();
    for (name, expected) in
        [("no-answer", ""), ("half-answer", "HTTP/1.1 101 Switching Protocols\r\nupgrade: webso")]
    {
        let begun = Instant::now();
        let mut raw = ask(&server, name).await;
        assert_eq!(raw.rest().await, expected.as_bytes());
        assert_eq!(begun.elapsed().as_secs(), 30, "until --write-timeout");
    }
    drop(ask(&server, "no-answer").await);
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn answers_to_handshakes_are_wrong_in_one_thing() {
    let server = TestServer::new();
    let right = server.open("/echo").await.handshake;
    let accept = |answer: &str| {
        answer.lines().find_map(|line| line.strip_prefix("sec-websocket-accept: ")).map(str::to_owned)
    };
    let wrong = open(&server, "wrong-accept").await.handshake;
    assert!(accept(&wrong).is_some() && accept(&wrong) != accept(&right), "{wrong}");
    server.sessions(0).await;
    let subprotocol = open(&server, "unasked-subprotocol").await.handshake;
    assert!(subprotocol.contains("\r\nsec-websocket-protocol: nobody.asked.for.this\r\n"), "{subprotocol}");
    assert_eq!(accept(&subprotocol), accept(&right));
    server.sessions(0).await;
    for (name, chosen) in [("ignored-subprotocols", false), ("glued", true)] {
        let mut raw = server.connect().await;
        raw.send(handshake(&format!("/scenario/{name}"), &[("Sec-WebSocket-Protocol", "mine")])).await;
        let head = raw.head().await;
        assert_eq!(head.contains("\r\nsec-websocket-protocol: mine\r\n"), chosen, "{head}");
        drop(raw);
        server.sessions(0).await;
    }
    let extension = open(&server, "unasked-extension").await.handshake;
    assert!(extension.contains("\r\nsec-websocket-extensions: x-nobody-asked\r\n"), "{extension}");
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn redirect_sends_the_client_to_another_origin() {
    let server = TestServer::new();
    let elsewhere = ask(&server, "redirect").await.answer().await;
    assert_eq!((elsewhere.status, elsewhere.header("location")), (302, Some("http://localhost:9001/ws")));
    let asked = ask(&server, "redirect?to=ws%3A%2F%2F127.0.0.1%3A1%2Fws").await.answer().await;
    assert_eq!(asked.header("location"), Some("ws://127.0.0.1:1/ws"));
    let wrong = ask(&server, "redirect?to=a%0D%0Ab").await.answer().await;
    assert_eq!((wrong.status, &*wrong.error()), (400, "bad_scenario"));
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn refuse_refuses_with_the_status_that_is_asked_for() {
    let server = TestServer::new();
    for (query, status) in [("", 403), ("?status=401", 401), ("?status=404", 404), ("?status=503", 503)] {
        let answer = ask(&server, &format!("refuse{query}")).await.answer().await;
        assert_eq!((answer.status, &*answer.error()), (status, "refuse"));
        assert_eq!(answer.header("www-authenticate").is_some(), status == 401);
    }
    for status in ["200", "101", "600", "x", ""] {
        let answer = ask(&server, &format!("refuse?status={status}")).await.answer().await;
        assert_eq!((answer.status, &*answer.error()), (400, "bad_scenario"), "{status}");
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_close_frame_is_answered_late_or_never() {
    let server = TestServer::new();
    let mut late = open(&server, "answers-close-late").await;
    expect_echo(&mut late).await;
    late.send(Frame::close(1000, "")).await;
    let begun = Instant::now();
    late.expect_close(Some(1000)).await;
    assert_eq!(begun.elapsed(), Duration::from_millis(500));
    late.expect_end().await;
    drop(late);
    server.sessions(0).await;

    let mut never = open(&server, "never-answers-close").await;
    expect_echo(&mut never).await;
    never.send(Frame::close(1000, "")).await;
    let begun = Instant::now();
    never.expect_end().await;
    assert_eq!(begun.elapsed().as_secs(), 30, "until --write-timeout");
    drop(never);
    server.sessions(0).await;

    let mut left = open(&server, "never-answers-close").await;
    left.send(Frame::close(1000, "")).await;
    left.raw.finish().await;
    let begun = Instant::now();
    left.expect_end().await;
    assert!(begun.elapsed() < Duration::from_secs(1), "a client that has left is not waited for");
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn tcp_ends_without_a_close_frame_behind_the_last_words() {
    let server = TestServer::with_journal();
    for name in ["vanishes", "quiet-end"] {
        let mut client = open(&server, name).await;
        client.expect(Frame::text("last words")).await;
        client.expect_end().await;
        drop(client);
        let mut control = server.open("/control").await;
        let act = json!([{"seen": {"until": {"ended": true}}}]);
        let seen = control.command(json!({"to": "t", "act": act})).await;
        assert_eq!(seen["seen"]["ended"], "cut", "{seen}");
        control.close().await;
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn never_reads_lets_the_client_stall() {
    let server = TestServer::new();
    let mut client = open(&server, "never-reads").await;
    client.expect(Frame::text("nothing will be read")).await;
    let flood = Frame::text("x".repeat(1000)).masked().repeat(200);
    let sent = tokio::time::timeout(Duration::from_secs(10), client.raw.try_send(&flood)).await;
    assert!(sent.is_err(), "more was taken than fits between the two");
    drop(client);
    let mut control = server.open("/control").await;
    control.command(json!({"to": "t", "act": [{"drop": true}]})).await;
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn pings_come_every_10_ms_and_need_no_answer() {
    let server = TestServer::new();
    let mut client = open(&server, "pings").await;
    let begun = Instant::now();
    for _ in 0..100 {
        client.expect(Frame::ping([])).await;
    }
    assert_eq!(begun.elapsed().as_millis() / 100, 10);
    client.send(Frame::close(1000, "")).await;
    while client.frame().await.is_some_and(|frame| frame.opcode == Opcode::Ping as u8) {}
    client.expect_end().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn frames_that_break_the_rules_come_as_they_are_told() {
    let server = TestServer::new();
    for (name, bytes) in [
        ("masked", &b"\x81\x85\0\0\0\0hello"[..]),
        ("reserved-bits", b"\xc1\x05hello"),
        ("bad-utf8", b"\x81\x02\xc3\x28"),
        ("huge-length", b"\x82\x7f\x40\0\0\0\0\0\0\0hello"),
    ] {
        let mut raw = ask(&server, name).await;
        raw.head().await;
        let found = raw.take_when(|read| read.starts_with(bytes).then_some(((), bytes.len()))).await;
        assert!(found.is_some(), "{name}");
        // The client says what it thinks of that, and is answered as usual.
        raw.send(Frame::close(1002, "").masked()).await;
        assert_eq!(raw.rest().await, Frame::close(1002, "").unmasked(), "{name}");
    }
    server.stop().await;
}
