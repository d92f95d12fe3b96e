//! Who may come in: every visitor, at every door, with every token, near and far.

use crate::support::{Request, TestServer};

/// What the request says about who sends it.
const ORIGINS: &[(&str, Visitor)] = &[
    ("", Visitor::Program),
    ("http://127.0.0.1:9001", Visitor::Page),
    ("HTTP://127.0.0.1:9001", Visitor::Page),
    ("http://localhost:3000", Visitor::Page),
    ("http://localhost", Visitor::Page),
    ("https://app.example", Visitor::Page),
    ("https://app.example:443", Visitor::Page),
    ("null", Visitor::Nobody),
    ("http://evil.example", Visitor::Stranger),
    ("https://127.0.0.1:9001", Visitor::Stranger),
    ("http://127.0.0.1:9002", Visitor::Stranger),
    ("http://127.0.0.1", Visitor::Stranger),
    ("https://localhost:3000", Visitor::Stranger),
    ("https://app.example:444", Visitor::Stranger),
    ("http://app.example", Visitor::Stranger),
    ("http://127.0.0.1:9001.evil.example", Visitor::Stranger),
    ("http://localhost.evil.example:3000", Visitor::Stranger),
    ("http://evil.example/http://127.0.0.1:9001", Visitor::Stranger),
    ("http://user@127.0.0.1:9001", Visitor::Stranger),
    ("file://", Visitor::Stranger),
    ("Null", Visitor::Stranger),
    (" ", Visitor::Stranger),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visitor {
    Program,
    /// Of this server, or listed.
    Page,
    Nobody,
    Stranger,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    None,
    WrongInQuery,
    WrongInHeader,
    RightInQuery,
    RightInHeader,
}

const TOKENS: &[Token] =
    &[Token::None, Token::WrongInQuery, Token::WrongInHeader, Token::RightInQuery, Token::RightInHeader];

/// The table of the design, row by row: `None` lets in.
fn expected(door: &str, only_loopback: bool, visitor: Visitor, token: Token) -> Option<&'static str> {
    let has_token = matches!(token, Token::RightInQuery | Token::RightInHeader);
    let is_guarded = door == "/control" || door == "/push";
    match (visitor, is_guarded) {
        (Visitor::Stranger, _) => Some("origin"),
        (Visitor::Nobody, false) if !only_loopback => Some("origin"),
        (Visitor::Nobody, true) if !has_token => Some("origin"),
        (_, false) => None,
        (Visitor::Program, true) if only_loopback && token == Token::None => None,
        (_, true) if has_token => None,
        (_, true) => Some("unauthorized"),
    }
}

fn request(server: &TestServer, door: &str, origin: &str, token: Token) -> Request {
    let request = if door == "/push" { Request::push(door, "x") } else { Request::handshake(door) };
    let request = match origin {
        "" => request,
        " " => request.with("Origin", ""),
        origin => request.with("Origin", origin),
    };
    let right = server.server.token();
    let wrong = "0".repeat(32);
    match token {
        Token::None => request,
        Token::WrongInQuery => request.query(&format!("token={wrong}")),
        Token::WrongInHeader => request.with("Authorization", &format!("Bearer {wrong}")),
        Token::RightInQuery => request.query(&format!("token={right}")),
        Token::RightInHeader => request.with("authorization", &format!("bearer {right}")),
    }
}

/// Whether somebody was let in, or the name of the refusal.
async fn outcome(server: &TestServer, request: Request) -> Option<String> {
    let mut raw = server.connect().await;
    raw.send(request.bytes()).await;
    // A session that was let in ends with its client, anything else by itself.
    raw.finish().await;
    let answer = raw.rest().await;
    let text = String::from_utf8_lossy(&answer);
    if text.starts_with("HTTP/1.1 101 ") || text.starts_with("HTTP/1.1 200 ") {
        return None;
    }
    Some(crate::support::Answer::parse(answer).error())
}

#[tokio::test(start_paused = true)]
async fn every_visitor_is_let_in_or_turned_away_by_the_table() {
    for only_loopback in [true, false] {
        let allow = |config: &mut crosswire_server::Config| {
            config.allow_origins =
                ["http://localhost:*", "https://app.example"].map(|origin| origin.parse().unwrap()).to_vec();
        };
        let server = TestServer::start(allow, only_loopback);
        for door in ["/", "/ws", "/echo", "/control", "/push"] {
            for (origin, visitor) in ORIGINS {
                for token in TOKENS {
                    let expected = expected(door, only_loopback, *visitor, *token).map(str::to_owned);
                    let outcome = outcome(&server, request(&server, door, origin, *token)).await;
                    let shown = format!("{door} from {origin:?} with {token:?}, loopback: {only_loopback}");
                    assert_eq!(outcome, expected, "{shown}");
                }
            }
        }
        server.sessions(0).await;
        server.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn null_that_is_listed_is_as_welcome_as_any_other_page() {
    for only_loopback in [true, false] {
        let server =
            TestServer::start(|config| config.allow_origins = vec!["null".parse().unwrap()], only_loopback);
        for (door, token, expected) in [
            ("/ws", Token::None, None),
            ("/echo", Token::None, None),
            ("/control", Token::None, Some("unauthorized")),
            ("/push", Token::WrongInQuery, Some("unauthorized")),
            ("/control", Token::RightInQuery, None),
            ("/push", Token::RightInHeader, None),
        ] {
            let outcome = outcome(&server, request(&server, door, "null", token)).await;
            assert_eq!(outcome.as_deref(), expected, "{door} with {token:?}");
        }
        server.sessions(0).await;
        server.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn two_origins_are_no_page_at_all() {
    let server = TestServer::new();
    let own = "http://127.0.0.1:9001";
    let request = Request::handshake("/ws").with("Origin", own).with("Origin", own);
    assert_eq!(outcome(&server, request).await.as_deref(), Some("origin"));
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_own_page_of_a_server_is_one_of_the_host_that_the_request_names() {
    let server = TestServer::with(|config| config.allow_hosts = vec!["lab.example".parse().unwrap()]);
    for (target, host, origin, expected) in [
        ("/ws", "lab.example", "http://lab.example", None),
        ("/ws", "LAB.example:80", "http://lab.example", None),
        ("/ws", "[::1]:9001", "http://[::1]:9001", None),
        ("/ws", "lab.example:81", "http://lab.example", Some("origin")),
        // The authority of an absolute target counts, and not `Host`.
        ("http://lab.example/ws", "localhost", "http://lab.example", None),
        ("http://lab.example/ws", "localhost", "http://localhost", Some("origin")),
    ] {
        let request = Request::handshake(target).set("Host", host).with("Origin", origin);
        assert_eq!(outcome(&server, request).await.as_deref(), expected, "{target} of {host} from {origin}");
    }
    server.sessions(0).await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_token_in_the_query_counts_before_the_one_in_the_headers() {
    let server = TestServer::new();
    let right = format!("Bearer {}", server.server.token());
    let request = Request::handshake("/control?token=wrong").with("Authorization", &right);
    assert_eq!(outcome(&server, request).await.as_deref(), Some("unauthorized"));
    let request = Request::handshake("/control").with("Authorization", "Basic eA==");
    assert_eq!(outcome(&server, request).await, None, "another scheme is no token");
    server.sessions(0).await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_page_from_disk_is_told_that_the_token_lets_it_in() {
    let server = TestServer::new();
    let answer = server.ask(Request::handshake("/control").with("Origin", "null").bytes()).await;
    assert_eq!(answer.status, 403);
    assert!(answer.body.contains("?token="), "{}", answer.body);
    server.stop().await;
}
