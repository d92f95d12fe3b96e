//! What a page's scripts do, from Rust: values of JavaScript, listeners, and the server of these tests.

use crosswire_in_page::{JsRun, catalogue, run};
use gloo_net::http::Request;
use js_sys::{Function, JSON, Object, Promise, Reflect};
use serde_json::{Value, json};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;

/// The server that `tools/test-wasm` has started.
pub(crate) struct Server {
    pub(crate) url: String,
    ready: Value,
}

impl Server {
    /// As a page tells of it.
    pub(crate) fn whole(&self) -> Value {
        let of = |name: &str| self.ready[name].clone();
        json!({"name": of("name"), "version": of("version"), "url": self.url, "control": of("control"),
               "can": of("can"), "limits": of("limits")})
    }
}

/// Its ready line stands where this page came from.
pub(crate) async fn server() -> Server {
    let file = Request::get("/.servers").send().await.unwrap().text().await.unwrap();
    let line = file.lines().find_map(|line| line.strip_prefix("main ")).unwrap();
    let ready = serde_json::from_str::<Value>(line).unwrap()["ready"].take();
    Server { url: ready["url"].as_str().unwrap().to_owned(), ready }
}

/// A value of JavaScript.
pub(crate) fn js(value: &Value) -> JsValue {
    JSON::parse(&value.to_string()).unwrap()
}

/// What a value of JavaScript says.
pub(crate) fn value(js: &JsValue) -> Value {
    serde_json::from_str(&JSON::stringify(js).unwrap().as_string().unwrap()).unwrap()
}

/// The ids that begin like this.
pub(crate) fn ids(beginning: &str) -> Vec<String> {
    let told = value(&catalogue().unwrap());
    let all = told["tests"].as_array().unwrap().iter();
    let all = all.map(|test| test["id"].as_str().unwrap().to_owned());
    all.filter(|id| id.starts_with(beginning)).collect()
}

/// A run, and what its listeners were told so far.
pub(crate) struct Started {
    pub(crate) run: JsRun,
    pub(crate) results: Rc<RefCell<Vec<Value>>>,
    pub(crate) begun: Rc<RefCell<Vec<String>>>,
}

/// Begins a run. It takes its time on a busy machine.
pub(crate) fn started(
    selection: &[impl AsRef<str>],
    server: &Value,
    mut options: Value,
) -> Result<Started, JsValue> {
    let results = Rc::new(RefCell::new(Vec::new()));
    let begun = Rc::new(RefCell::new(Vec::new()));
    let (to_results, to_begun) = (Rc::clone(&results), Rc::clone(&begun));
    let on_result = listener(move |result| to_results.borrow_mut().push(value(&result)));
    let on_begin = listener(move |id| to_begun.borrow_mut().push(id.as_string().unwrap()));
    options["browser"] = json!({"name": "chromium", "runtime": "Chromium 156"});
    if options.get("timeScale").is_none() {
        options["timeScale"] = json!(4);
    }
    let options = js(&options);
    Reflect::set(&options, &"onBegin".into(), &on_begin)?;
    let ids: Vec<&str> = selection.iter().map(AsRef::as_ref).collect();
    let run = run(&js(&json!(ids)), &js(server), &options, &on_result)?;
    Ok(Started { run, results, begun })
}

pub(crate) fn started_with_a_faulty_listener(server: &Value) -> Result<JsRun, JsValue> {
    let options = js(&json!({"browser": {"name": "chromium", "runtime": "Chromium 156"}}));
    let faulty = Function::new_with_args("result", "throw new Error('a faulty listener')");
    run(&js(&json!(["core/echo"])), &js(server), &options, &faulty)
}

/// It is told things for as long as the page lives.
fn listener(listen: impl FnMut(JsValue) + 'static) -> Function {
    Closure::<dyn FnMut(JsValue)>::new(listen).into_js_value().unchecked_into()
}

/// The words of what was thrown.
pub(crate) fn thrown(result: Result<Started, JsValue>) -> String {
    words(&result.err().unwrap())
}

/// The words of why a promise was rejected.
pub(crate) async fn rejected(promise: Promise) -> String {
    words(&JsFuture::from(promise).await.unwrap_err())
}

fn words(error: &JsValue) -> String {
    String::from(error.unchecked_ref::<Object>().to_string())
}
