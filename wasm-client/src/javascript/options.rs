//! `ConnectionOptions`.

use super::error::mistake;
use crate::Options;
use js_sys::{Array, JsString, Object, Reflect};
use std::time::Duration;
use wasm_bindgen::{JsCast as _, JsValue};

const KNOWN: [&str; 5] = ["subprotocols", "openWithin", "closeWithin", "highWaterMark", "unreadLimit"];

/// Reads options; `undefined` is the default, of all of them and of each.
pub(super) fn read(options: &JsValue) -> Result<Options, JsValue> {
    let mut read = Options::new();
    if options.is_undefined() {
        return Ok(read);
    }
    let options = options.dyn_ref::<Object>().ok_or_else(|| mistake("options are an object"))?;
    for name in Object::keys(options).iter().filter_map(|name| name.as_string()) {
        if !KNOWN.contains(&&*name) {
            return Err(mistake(&format!("there is no option `{name}`; known are {}", KNOWN.join(", "))));
        }
    }
    let given = |name: &str| Reflect::get(options, &name.into()).map(given);
    if let Some(names) = given("subprotocols")? {
        for name in strings(&names)? {
            read = read.subprotocol(name);
        }
    }
    if let Some(ms) = given("openWithin")? {
        read = read.open_within(duration("openWithin", &ms)?);
    }
    if let Some(ms) = given("closeWithin")? {
        read = read.close_within(duration("closeWithin", &ms)?);
    }
    if let Some(bytes) = given("highWaterMark")? {
        read = read.high_water_mark(number("highWaterMark", &bytes)? as u32);
    }
    if let Some(bytes) = given("unreadLimit")? {
        read = read.unread_limit(number("unreadLimit", &bytes)? as usize);
    }
    Ok(read)
}

fn given(value: JsValue) -> Option<JsValue> {
    if value.is_undefined() { None } else { Some(value) }
}

fn strings(names: &JsValue) -> Result<Vec<String>, JsValue> {
    let wrong = || mistake("`subprotocols` is an array of strings");
    let names = names.dyn_ref::<Array>().ok_or_else(wrong)?;
    names.iter().map(|name| name.dyn_ref::<JsString>().map(String::from).ok_or_else(wrong)).collect()
}

fn duration(name: &str, ms: &JsValue) -> Result<Duration, JsValue> {
    number(name, ms).map(|ms| Duration::from_millis(ms as u64))
}

/// What is more than a type holds is as much as it holds: `Infinity` sets no bound.
fn number(name: &str, value: &JsValue) -> Result<f64, JsValue> {
    let number = value.as_f64().filter(|number| *number >= 0.0);
    number.ok_or_else(|| mistake(&format!("`{name}` is a number, and not below 0")))
}
