//! The page for people, what it loads, and who is told the token.

use crate::support::{Answer, Request, TestServer};

fn token_in(page: &Answer) -> Option<&str> {
    let (_, rest) = page.body.split_once("<meta name=\"crosswire-token\" content=\"")?;
    rest.split_once('"').map(|(token, _)| token)
}

#[tokio::test(start_paused = true)]
async fn there_is_a_page_for_people() {
    let server = TestServer::new();
    let page = server.ask(Request::get("/").bytes()).await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(page.body.starts_with("<!doctype html>") && page.body.contains("<main>"), "{}", page.body);
    assert!(page.body.contains("<meta name=\"crosswire\" content=\"crosswire/"), "{}", page.body);
    assert_eq!(page.header("connection"), Some("close"));
    // It holds a token, and with the next start another.
    assert_eq!(page.header("cache-control"), Some("no-store"));
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_page_may_run_its_own_files_only_and_nobody_may_frame_it() {
    let server = TestServer::new();
    let page = server.ask(Request::get("/").bytes()).await;
    let policy = page.header("content-security-policy").unwrap();
    assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
    for rule in [
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "style-src 'self'",
        "connect-src 'self' ws: wss:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.split("; ").any(|found| found.trim() == rule), "{rule} in {policy}");
    }
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-embedder-policy", "require-corp"),
    ] {
        assert_eq!(page.header(name), Some(value));
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_the_page_loads_is_served_beside_it_as_what_it_is() {
    let server = TestServer::new();
    for (target, media_type) in
        [("/style.css", "text/css; charset=utf-8"), ("/scripts/start.js", "text/javascript; charset=utf-8")]
    {
        let file = server.ask(Request::get(target).bytes()).await;
        assert_eq!((file.status, file.header("content-type")), (200, Some(media_type)), "{target}");
        assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(file.header("cache-control"), Some("no-cache"));
        assert!(!file.body.is_empty());
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_file_that_the_browser_has_is_not_sent_again() {
    let server = TestServer::new();
    let ask =
        async |known: &str| server.ask(Request::get("/style.css").with("If-None-Match", known).bytes()).await;
    let tag = ask("\"another\"").await.header("etag").unwrap().to_owned();
    for known in [tag.clone(), format!("W/{tag}"), format!("\"another\", {tag}"), "*".to_owned()] {
        let answer = ask(&known).await;
        assert_eq!((answer.status, &*answer.body), (304, ""), "{known}");
        assert_eq!(answer.header("etag"), Some(&*tag));
    }
    assert_eq!(ask("\"another\"").await.status, 200);
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn of_the_folder_of_the_page_only_its_files_are_served() {
    let server = TestServer::new();
    for target in [
        "/index.html",
        "/Cargo.toml",
        "/build.rs",
        "/src/lib.rs",
        "/scripts",
        "/scripts/",
        "/scripts/../Cargo.toml",
        "/scripts/%2e%2e/Cargo.toml",
        "/built/.gitignore",
        "/style.css/",
        "//style.css",
    ] {
        let answer = server.ask(Request::get(target).bytes()).await;
        assert_eq!((answer.status, &*answer.error()), (404, "unknown_path"), "{target}");
    }
    let answer = server.ask(Request::new("POST", "/style.css").bytes()).await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD, OPTIONS")));
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_page_has_the_token_where_it_is_asked_for_by_a_name_of_this_machine() {
    let server = TestServer::with(|config| config.allow_hosts = vec!["lab.example".parse().unwrap()]);
    for host in
        ["localhost", "LOCALHOST:9001", "127.0.0.1:9001", "127.1.2.3", "[::1]:9001", "[::ffff:127.0.0.1]"]
    {
        let page = server.ask(Request::get("/").set("Host", host).bytes()).await;
        assert_eq!(token_in(&page), Some(server.server.token()), "{host}");
    }
    for host in ["lab.example", "10.1.2.3:9001", "0.0.0.0", "[::]", "[2001:db8::1]"] {
        let page = server.ask(Request::get("/").set("Host", host).bytes()).await;
        assert_eq!((page.status, token_in(&page)), (200, None), "{host}");
    }
    // An absolute target names the host, whatever the header says.
    let page = server.ask(Request::get("http://lab.example/").set("Host", "localhost").bytes()).await;
    assert_eq!((page.status, token_in(&page)), (200, None));
    // A name that is not served gets no page at all.
    let refused = server.ask(Request::get("/").set("Host", "evil.example").bytes()).await;
    assert_eq!((&*refused.error(), token_in(&refused)), ("wrong_host", None));
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_page_has_no_token_where_others_can_reach_the_server() {
    let server = TestServer::start(|_| (), false);
    let page = server.ask(Request::get("/").set("Host", "127.0.0.1:9001").bytes()).await;
    assert_eq!((page.status, token_in(&page)), (200, None));
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_page_has_no_token_for_whoever_comes_through_a_proxy() {
    let server = TestServer::new();
    for name in ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP"] {
        let page = server.ask(Request::get("/").with(name, "x").bytes()).await;
        assert_eq!((page.status, token_in(&page)), (200, None), "{name}");
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn no_file_holds_the_token_for_a_script_can_be_included_by_any_site() {
    let server = TestServer::new();
    for target in ["/style.css", "/scripts/home.js", "/scripts/start.js", "/built/crosswire.js"] {
        let file = server.ask(Request::get(target).bytes()).await;
        assert!(!file.body.contains(server.server.token()), "{target}");
    }
    server.stop().await;
}
