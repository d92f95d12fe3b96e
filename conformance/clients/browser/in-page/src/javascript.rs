//! The functions that a page's scripts call. What each is for is written in `crosswire-tests.d.ts`.

use crate::{
    Browser, Record, Target, catalogue as told, probe as probing,
    run::{Runs, Watcher},
};
use crosswire_browser::list::{Catalogue, user_agent};
use crosswire_suite::results::TestResult;
use js_sys::{Date, Function, JSON, Math, Promise, TypeError};
use serde::{Deserialize, de::DeserializeOwned};
use std::{cell::RefCell, collections::BTreeSet, rc::Rc};
use wasm_bindgen::{JsCast as _, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::future_to_promise;

const CONCURRENT: usize = 4;
const MOST_CONCURRENT: usize = 16;
/// Nobody waits longer for what does not come.
const LARGEST_SCALE: f64 = 100.0;

thread_local! {
    /// It is read once, when it is first asked for.
    static LIST: RefCell<Option<Rc<Catalogue>>> = const { RefCell::new(None) };
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Options {
    browser: Browser,
    time_scale: Option<f64>,
    concurrent: Option<usize>,
}

/// `crosswireTests.catalogue()`
///
/// # Errors
/// Never, as a test sees to; so everywhere here as the declarations have it.
#[wasm_bindgen]
pub fn catalogue() -> Result<JsValue, JsValue> {
    JSON::parse(&told::told(&*list()?).to_string())
}

/// `crosswireTests.probe(address)`
#[wasm_bindgen]
pub fn probe(address: String) -> Promise {
    future_to_promise(async move {
        let probed = probing::probe(&address).await.map_err(|why| js_sys::Error::new(&why))?;
        to_script(&probed)
    })
}

/// `crosswireTests.run(selection, server, options, onResult)`
///
/// # Errors
/// What is wrong with what it is given.
#[wasm_bindgen]
pub fn run(
    selection: &JsValue,
    server: &JsValue,
    options: &JsValue,
    on_result: &JsValue,
) -> Result<JsRun, JsValue> {
    let list = list()?;
    let ids = selected(selection, &list)?;
    let target: Target = read("the server", server)?;
    let on_begin = js_sys::Reflect::get(options, &"onBegin".into()).ok().filter(|it| !it.is_undefined());
    // A function is not part of what JSON tells of an object.
    let Options { browser, time_scale, concurrent } = read("the options", options)?;
    let time_scale = time_scale.unwrap_or(1.0);
    if !(time_scale > 0.0 && time_scale <= LARGEST_SCALE) {
        return Err(mistake(&format!("`timeScale` is more than 0 and at most {LARGEST_SCALE}")));
    }
    let concurrent = concurrent.unwrap_or(CONCURRENT);
    if !(1..=MOST_CONCURRENT).contains(&concurrent) {
        return Err(mistake(&format!("`concurrent` is a number from 1 to {MOST_CONCURRENT}")));
    }
    let listeners = Rc::new(Listeners {
        on_result: function("onResult", on_result)?,
        on_begin: on_begin.map(|it| function("onBegin", &it)).transpose()?,
    });
    let record = Record::begin(&browser, &target, String::from(Date::new_0().to_iso_string()), time_scale);
    // Two pages that begin in the same millisecond must not use the same names.
    let unique = format!("{:x}-{:x}", Date::now() as u64, (Math::random() * f64::from(u32::MAX)) as u32);
    let runs = Rc::new(Runs::new(list, target, time_scale, unique, record));
    let finished = begin(&runs, ids, concurrent, &listeners);
    Ok(JsRun { runs, concurrent, listeners, finished })
}

/// `Run`
#[wasm_bindgen(js_name = Run)]
#[derive(Debug)]
pub struct JsRun {
    runs: Rc<Runs>,
    concurrent: usize,
    listeners: Rc<Listeners>,
    finished: Promise,
}

#[wasm_bindgen(js_class = Run)]
impl JsRun {
    /// `run.finished`
    #[wasm_bindgen(getter)]
    pub fn finished(&self) -> Promise {
        self.finished.clone()
    }

    /// `run.isRunning`
    #[wasm_bindgen(getter, js_name = isRunning)]
    pub fn is_running(&self) -> bool {
        self.runs.is_running()
    }

    /// `run.cancel()`
    pub fn cancel(&self) {
        self.runs.cancel();
    }

    /// `run.again(selection)`
    pub fn again(&self, selection: &JsValue) -> Promise {
        if self.runs.is_running() {
            return Promise::reject(&mistake("tests are running; wait for them, or cancel them first"));
        }
        match list().and_then(|list| selected(selection, &list)) {
            Ok(ids) => begin(&self.runs, ids, self.concurrent, &self.listeners),
            Err(mistake) => Promise::reject(&mistake),
        }
    }

    /// `run.ndjson()`
    pub fn ndjson(&self) -> String {
        self.runs.text()
    }
}

#[derive(Debug)]
struct Listeners {
    on_result: Function,
    on_begin: Option<Function>,
}

impl Watcher for Listeners {
    fn begun(&self, id: &str) -> Result<(), JsValue> {
        self.on_begin
            .as_ref()
            .map_or(Ok(JsValue::UNDEFINED), |it| it.call1(&JsValue::UNDEFINED, &id.into()))
            .map(drop)
    }

    fn judged(&self, result: &TestResult) -> Result<(), JsValue> {
        self.on_result.call1(&JsValue::UNDEFINED, &to_script(result)?).map(drop)
    }
}

/// The work goes on whether or not anybody holds the run.
fn begin(runs: &Rc<Runs>, ids: Vec<String>, concurrent: usize, listeners: &Rc<Listeners>) -> Promise {
    let (runs, listeners) = (Rc::clone(runs), Rc::clone(listeners));
    let until = runs.expect(&ids);
    future_to_promise(async move {
        runs.run(ids, until, concurrent, now, &*listeners).await.map(|()| JsValue::UNDEFINED)
    })
}

fn list() -> Result<Rc<Catalogue>, JsValue> {
    LIST.with_borrow_mut(|list| match list {
        Some(list) => Ok(Rc::clone(list)),
        None => {
            let own = Catalogue::own(&user_agent())
                .map_err(|faults| js_sys::Error::new(&format!("the list is broken: {faults:?}")))?;
            Ok(Rc::clone(list.insert(Rc::new(own))))
        }
    })
}

fn selected(selection: &JsValue, list: &Catalogue) -> Result<Vec<String>, JsValue> {
    let ids: Vec<String> = read("the selection", selection)?;
    if ids.is_empty() {
        return Err(mistake("no test is selected; give the ids of some"));
    }
    let mut known = BTreeSet::new();
    for id in &ids {
        if list.named(id).is_none() {
            return Err(mistake(&format!("there is no test `{id}`; catalogue() tells which there are")));
        }
        if !known.insert(id) {
            return Err(mistake(&format!("`{id}` is selected twice; again() runs it once more")));
        }
    }
    Ok(ids)
}

fn read<T: DeserializeOwned>(what: &str, value: &JsValue) -> Result<T, JsValue> {
    let text = JSON::stringify(value)?;
    let text = text.as_string().unwrap_or_default();
    serde_json::from_str(&text).map_err(|error| mistake(&format!("{what} cannot be understood: {error}")))
}

fn to_script(value: &impl serde::Serialize) -> Result<JsValue, JsValue> {
    let text = serde_json::to_string(value).map_err(|error| js_sys::Error::new(&error.to_string()))?;
    JSON::parse(&text)
}

fn function(name: &str, value: &JsValue) -> Result<Function, JsValue> {
    value.dyn_ref().cloned().ok_or_else(|| mistake(&format!("`{name}` is a function")))
}

fn mistake(message: &str) -> JsValue {
    TypeError::new(message).into()
}
