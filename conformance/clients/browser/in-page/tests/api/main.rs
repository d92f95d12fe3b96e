//! What a page's scripts are given, in a real browser against a real server: `tools/test-wasm` starts both.

#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "what cannot be read fails its test")]

mod page;

use crosswire_in_page::{catalogue, probe};
use page::{Server, Started, ids, js, rejected, started, thrown};
use serde_json::{Value, json};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// A server that sends a hundred messages before it echoes: whoever wants an echo gets something else.
fn chatterbox(server: &Server) -> Value {
    json!({"name": "chatterbox", "url": format!("{}/scenario/glued", server.url), "exact": true, "can": ["echo"]})
}

#[wasm_bindgen_test]
fn the_catalogue_is_an_object_of_the_page() {
    let told: Value = page::value(&catalogue().unwrap());
    let tests = told["tests"].as_array().unwrap();
    assert!(tests.len() > 100);
    assert_eq!(tests[0]["id"], "core/listens");
    assert_eq!(tests[0]["steps"], json!([{"do": "listen"}]));
}

#[wasm_bindgen_test]
async fn the_nine_pass_and_each_result_is_told_as_it_comes() {
    let server = page::server().await;
    let Started { run, results, begun } = started(&ids("core/"), &server.whole(), json!({})).unwrap();
    assert!(run.is_running());
    JsFuture::from(run.finished()).await.unwrap();
    assert!(!run.is_running());
    let results = results.take();
    assert_eq!(results.len(), 9);
    assert_eq!(begun.take().len(), 9);
    for result in &results {
        assert_eq!((&result["verdict"], &result["outcome"]), (&json!("pass"), &json!("ok")), "{result}");
        assert_eq!((&result["client"], &result["attempt"]), (&json!("chromium"), &json!(1)));
    }
    let lines: Vec<Value> = run.ndjson().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 11);
    assert_eq!((&lines[0]["type"], &lines[0]["planned"]), (&json!("header"), &json!(9)));
    assert_eq!(lines[10]["verdicts"], json!({"pass": 9}));
}

#[wasm_bindgen_test]
async fn a_failure_says_what_was_wanted_what_came_and_what_was_said() {
    let server = page::server().await;
    let Started { run, results, .. } = started(&["core/echo"], &chatterbox(&server), json!({})).unwrap();
    JsFuture::from(run.finished()).await.unwrap();
    let result = results.take().remove(0);
    assert_eq!((&result["verdict"], &result["outcome"]), (&json!("fail"), &json!("regression")), "{result}");
    let reason = &result["reason"];
    assert_eq!((&reason["code"], &reason["step"]), (&json!("mismatch"), &json!("/2")), "{reason}");
    assert!(reason["want"].as_str().unwrap().contains("hello"));
    assert!(reason["got"].as_str().unwrap().contains("message 0"));
    assert!(result["transcript"].as_array().unwrap().len() > 3);
}

#[wasm_bindgen_test]
async fn a_second_round_stays_beside_the_first() {
    let server = page::server().await;
    let Started { run, results, .. } = started(&["core/echo"], &server.whole(), json!({})).unwrap();
    JsFuture::from(run.finished()).await.unwrap();
    JsFuture::from(run.again(&js(&json!(["core/echo"])))).await.unwrap();
    let attempts: Vec<_> = results.take().iter().map(|result| result["attempt"].clone()).collect();
    assert_eq!(attempts, [1, 2]);
    assert_eq!(run.ndjson().lines().count(), 4);
}

#[wasm_bindgen_test]
async fn what_cannot_be_run_says_why_and_what_to_do() {
    let server = page::server().await;
    let mut without = server.whole();
    without["control"] = Value::Null;
    let selection = ["core/push", "core/echo", "edges/limit-counts-bytes"];
    let Started { run, results, .. } = started(&selection, &without, json!({})).unwrap();
    JsFuture::from(run.finished()).await.unwrap();
    let mut results = results.take();
    results.sort_by_key(|result| result["test"].to_string());
    let of = |i: usize| (results[i]["verdict"].as_str().unwrap(), results[i]["reason"]["message"].as_str());
    assert_eq!(of(0), ("pass", None));
    assert_eq!(of(1).0, "unsupported");
    assert!(of(1).1.unwrap().contains("open the page from the server"));
    assert_eq!(of(2), ("unsupported", Some("it needs a server started with --max-message=1000")));
}

#[wasm_bindgen_test]
async fn a_run_that_is_cancelled_accounts_for_every_test() {
    let server = page::server().await;
    let Started { run, results, .. } = started(&ids("core/"), &server.whole(), json!({})).unwrap();
    run.cancel();
    JsFuture::from(run.finished()).await.unwrap();
    let verdicts: Vec<_> = results.take().iter().map(|result| result["verdict"].clone()).collect();
    assert_eq!(verdicts, vec!["not_run"; 9]);
    assert!(run.ndjson().contains("\"interrupted\":true"));
    // What was in the way of nothing is in the way of nothing.
    JsFuture::from(run.again(&js(&json!(["core/echo"])))).await.unwrap();
    assert_eq!(results.take()[0]["verdict"], "pass");
}

#[wasm_bindgen_test]
async fn a_run_in_progress_is_not_run_again_and_its_file_says_that_it_is_incomplete() {
    let server = page::server().await;
    let Started { run, .. } = started(&ids("core/"), &server.whole(), json!({})).unwrap();
    let told = rejected(run.again(&js(&json!(["core/echo"])))).await;
    assert!(told.contains("tests are running"), "{told}");
    assert!(run.ndjson().contains("\"planned\":9") && !run.ndjson().contains("\"footer\""));
    JsFuture::from(run.finished()).await.unwrap();
}

#[wasm_bindgen_test]
async fn mistakes_are_told_before_anything_runs() {
    let server = page::server().await;
    let good = server.whole();
    let mut unknown = good.clone();
    unknown["colour"] = json!("red");
    for (selection, server, options, words) in [
        (&["core/ech"][..], &good, json!({}), "there is no test `core/ech`"),
        (&[], &good, json!({}), "no test is selected"),
        (&["core/echo", "core/echo"], &good, json!({}), "selected twice"),
        (&["core/echo"], &unknown, json!({}), "unknown field `colour`"),
        (&["core/echo"], &json!("ws://h"), json!({}), "the server cannot be understood"),
        (&["core/echo"], &good, json!({"concurrent": 0}), "from 1 to 16"),
        (&["core/echo"], &good, json!({"timeScale": 0}), "more than 0"),
        (&["core/echo"], &good, json!({"timescale": 2}), "unknown field `timescale`"),
    ] {
        let told = thrown(started(selection, server, options));
        assert!(told.contains(words), "{told}");
    }
}

#[wasm_bindgen_test]
async fn what_a_listener_throws_ends_the_run_and_is_handed_on() {
    let server = page::server().await;
    let run = page::started_with_a_faulty_listener(&server.whole()).unwrap();
    let told = rejected(run.finished()).await;
    assert!(told.contains("faulty listener"), "{told}");
    assert!(!run.is_running());
}

#[wasm_bindgen_test]
async fn a_server_that_says_nothing_of_itself_is_asked() {
    let server = page::server().await;
    let asked = async |path: &str| {
        let probed = JsFuture::from(probe(format!("{}{path}", server.url))).await.unwrap();
        page::value(&probed)
    };
    assert_eq!(asked("/ws").await["can"], json!(["welcome", "echo"]));
    let echo = asked("/echo").await;
    assert_eq!(
        (&echo["can"], &echo["longest"], &echo["notes"]),
        (&json!(["echo"]), &Value::Null, &json!([]))
    );
    let glued = asked("/scenario/glued").await;
    assert_eq!(glued["can"], json!([]));
    assert!(glued["notes"][0].as_str().unwrap().contains("not taken for a server that echoes"), "{glued}");
    let told = rejected(probe("ws://127.0.0.1:1/".to_owned())).await;
    assert!(told.contains("could not be opened"), "{told}");
}
