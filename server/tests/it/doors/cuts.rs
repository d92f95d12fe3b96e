//! The answer is the same whichever way the request's bytes are cut.

use crate::support::{Frame, Raw, Request, TestServer, client::taken};

/// Requests that between them take every way through the doors. The server's heads are short here, so that the long
/// ones can be cut at every byte too.
fn requests() -> Vec<(&'static str, Vec<u8>)> {
    let talk = [Frame::text("hello").masked(), Frame::close(1000, "").masked()].concat();
    let and_talk = |request: Request| [request.bytes(), talk.clone()].concat();
    let chunks = "1\r\nh\r\n4;x=y\r\nello\r\n0\r\nTrailer: x\r\n\r\n";
    let chunked = Request::new("POST", "/push").with("Transfer-Encoding", "chunked");
    let echo = Request::handshake("/echo");
    vec![
        ("a handshake with frames behind it", and_talk(echo.clone())),
        ("a handshake behind empty lines", [b"\r\n\n".to_vec(), and_talk(echo.clone())].concat()),
        ("an absolute target", and_talk(Request::handshake("http://localhost/echo?tag=t"))),
        ("a page", Request::get("/").bytes()),
        ("a page of HEAD", Request::new("HEAD", "/healthz").bytes()),
        ("OPTIONS", Request::new("OPTIONS", "*").bytes()),
        ("a push", Request::push("/push", "hello").bytes()),
        ("a chunked push", [&*chunked.bytes(), chunks.as_bytes()].concat()),
        ("a chunk that is none", [&*chunked.bytes(), b"zz\r\nhello"].concat()),
        ("a push that is not text", Request::push("/push", [0xff, 0xfe]).bytes()),
        ("a push to nobody", Request::push("/push?to=nobody", "x").bytes()),
        ("garbage", b"\x00\x01\x02\x03\xff\xfe garbage\r\n\r\n".to_vec()),
        ("a greeting of TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec()),
        ("another version", b"GET /echo-of-something-long HTTP/2.0\r\n\r\n".to_vec()),
        ("another version behind an empty line", b"\r\nGET /ws HTTP/2.0\r\n\r\n".to_vec()),
        ("a version and a word", b"GET /aaaaaaaaaaaaaaaaaaaa HTTP/2.0 and more\r\n\r\n".to_vec()),
        ("a version that begins well", b"GET /aaaaaaaaaaaaaaaaaaa HTTP/1.12 \r\n\r\n".to_vec()),
        ("another protocol", b"GET /ws GOPHER/1.1\r\n\r\n".to_vec()),
        ("a line without colon", Request::get("/").line("no colon").bytes()),
        ("a folded line", Request::get("/").line("A: b\r\n c").bytes()),
        ("a long target", Request::get(&format!("/{}", "x".repeat(1100))).bytes()),
        (
            "a long target behind an empty line",
            [b"\r\n", &*Request::get(&format!("/{}", "x".repeat(1100))).bytes()].concat(),
        ),
        ("a long head", Request::get("/").with("A", &"x".repeat(1100)).bytes()),
        ("many headers", format!("GET / HTTP/1.1\r\n{}\r\n", "A:\r\n".repeat(129)).into_bytes()),
        ("no host", Request::get("/").without("Host").bytes()),
        ("another host", Request::get("/").set("Host", "evil.example").bytes()),
        ("no path", Request::get("/nowhere").bytes()),
        ("no method", Request::new("DELETE", "/").bytes()),
        ("no upgrade", Request::get("/ws").bytes()),
        ("a version of the protocol", echo.clone().set("Sec-WebSocket-Version", "8").bytes()),
        ("no key", echo.clone().without("Sec-WebSocket-Key").bytes()),
        ("an origin", echo.clone().with("Origin", "http://evil.example").bytes()),
        ("no token", Request::handshake("/control?token=x").bytes()),
        ("a subprotocol", Request::handshake("/ws").with("Sec-WebSocket-Protocol", "x").bytes()),
        ("a tag", echo.query("tag=%20").bytes()),
    ]
}

/// Everything that came back, without what differs from second to second.
async fn answer(raw: &mut Raw) -> String {
    let bytes = raw.rest().await;
    let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    text.split("\r\n").filter(|line| !line.starts_with("date: ")).collect::<Vec<_>>().join("\r\n")
}

fn server() -> TestServer {
    TestServer::with(|config| config.max_head = 1024)
}

/// What the whole request gets when it comes at once.
async fn whole(server: &TestServer, name: &str, request: &[u8]) -> String {
    let mut raw = server.connect().await;
    raw.send(request).await;
    let whole = answer(&mut raw).await;
    assert!(whole.starts_with("HTTP/1.1 "), "{name}: {whole:?}");
    assert!(!whole.starts_with("HTTP/1.1 408 "), "{name} is not whole");
    whole
}

#[tokio::test(start_paused = true)]
async fn the_answer_is_the_same_cut_at_every_single_byte() {
    let server = server();
    for (name, request) in requests() {
        let whole = whole(&server, name, &request).await;
        for at in 1..request.len() {
            let mut raw = server.connect().await;
            raw.send(&request[..at]).await;
            taken().await;
            raw.try_send(&request[at..]).await;
            assert_eq!(answer(&mut raw).await, whole, "{name}, cut after {at} bytes");
        }
        server.sessions(0).await;
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_answer_is_the_same_byte_by_byte() {
    let server = server();
    for (name, request) in requests() {
        let whole = whole(&server, name, &request).await;
        for piece in [1, 2, 3, 5, 64] {
            let mut raw = server.connect().await;
            raw.send_in_pieces(&request, piece).await;
            assert_eq!(answer(&mut raw).await, whole, "{name}, in pieces of {piece}");
            server.sessions(0).await;
        }
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_head_of_every_length_around_the_limit_gets_the_same_answer_in_every_piece() {
    let server = server();
    let start = Request::get("/").with("A", "").bytes().len();
    for (len, status) in [(1023, "200"), (1024, "200"), (1025, "431"), (1026, "431")] {
        let request = Request::get("/").with("A", &"x".repeat(len - start)).bytes();
        assert_eq!(request.len(), len);
        for piece in [1, 7, 1000, 2000] {
            let mut raw = server.connect().await;
            raw.send_in_pieces(&request, piece).await;
            let answer = answer(&mut raw).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{len} bytes by {piece}: {answer}");
        }
    }
    server.stop().await;
}
