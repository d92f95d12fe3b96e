//! What the page asks of its server: what it is, and what came of the tests in other languages.

use crate::support::{Answer, Request, TestServer};
use serde_json::Value;
use std::path::PathBuf;

const RUN: &str = concat!(
    r#"{"type":"header","format":1,"started":"2026-11-21T00:00:00Z","git":null,"clients":[{"name":"go","language":"go","library":"g"}],"servers":[{"name":"crosswire","version":"1"}],"tests":[{"id":"core/echo","rev":"0"}]}"#,
    "\n",
    r#"{"type":"result","client":"go","server":"crosswire","test":"core/echo","attempt":1,"verdict":"pass","outcome":"ok","ms":1,"stderr":"secret"}"#,
    "\n",
    r#"{"type":"footer","interrupted":false}"#,
    "\n"
);

/// A file of results, for as long as it is held.
struct ResultsFile(PathBuf);

impl Drop for ResultsFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A server whose file of results holds this.
fn with_results(name: &str, text: &str) -> (TestServer, ResultsFile) {
    let path = std::env::temp_dir().join(format!("crosswire-{}-{name}.ndjson", std::process::id()));
    std::fs::write(&path, text).expect("the folder for what is temporary can be written to");
    (TestServer::with(|config| config.results.clone_from(&path)), ResultsFile(path))
}

fn without_results(config: &mut crosswire_server::Config) {
    config.results = "nowhere/results.ndjson".into();
}

fn json(answer: &Answer) -> Value {
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    serde_json::from_str(&answer.body).expect("the answer is JSON")
}

#[tokio::test(start_paused = true)]
async fn about_says_what_the_ready_line_says_and_no_secret() {
    let server = TestServer::with(without_results);
    let answer = server.ask(Request::get("/about").bytes()).await;
    let about = json(&answer);
    assert_eq!(about["name"], "crosswire");
    assert_eq!(about["limits"]["max_message"], 1 << 20);
    assert_eq!(about["results"], false);
    let can: Vec<_> = about["can"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(can.contains(&"scenarios") && !can.contains(&"journal"), "{can:?}");
    assert!(!answer.body.contains(server.server.token()));
    server.stop().await;

    let server = TestServer::with(|config| config.journal = true);
    let about = json(&server.ask(Request::get("/about").bytes()).await);
    assert!(about["can"].as_array().unwrap().contains(&"journal".into()));
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_page_from_elsewhere_reads_about_where_it_may_come_in() {
    let server = TestServer::with(|config| {
        without_results(config);
        config.allow_origins = vec!["http://lab.example".parse().unwrap()];
    });
    for (origin, may) in [("null", true), ("http://lab.example", true), ("http://evil.example", false)] {
        let answer = server.ask(Request::get("/about").with("Origin", origin).bytes()).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("access-control-allow-origin"), may.then_some(origin), "{origin}");
        assert_eq!(answer.header("vary"), Some("origin"));
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn results_are_told_without_what_the_page_does_not_need() {
    let (server, file) = with_results("told", RUN);
    let about = json(&server.ask(Request::get("/about").bytes()).await);
    assert_eq!(about["results"], true);
    let answer = server.ask(Request::get("/results").bytes()).await;
    let told = json(&answer);
    assert_eq!(told["results"], serde_json::json!([[0, 0, 0, "pass", "ok"]]));
    assert_eq!(told["complete"], true);
    assert!(!answer.body.contains("secret"));
    // The file is read anew each time.
    std::fs::write(&file.0, RUN.replace("\"pass\"", "\"fail\"")).unwrap();
    let told = json(&server.ask(Request::get("/results").bytes()).await);
    assert_eq!(told["results"][0][3], "fail");
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn results_are_for_those_who_may_use_the_control_endpoint() {
    let (server, _file) = with_results("guarded", RUN);
    let token = server.server.token().to_owned();
    let ask = async |target: &str, origin: &str| {
        server.ask(Request::get(target).with("Origin", origin).bytes()).await
    };
    for origin in ["null", "http://evil.example"] {
        let answer = ask("/results", origin).await;
        assert_eq!((answer.status, &*answer.error()), (403, "origin"), "{origin}");
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    let answer = ask(&format!("/results?token={token}"), "null").await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some("null")));
    assert_eq!(ask("/results?token=wrong", "null").await.status, 403);
    server.stop().await;
}
