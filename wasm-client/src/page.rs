//! What the page, or the worker, says about itself.

use js_sys::{JSON, Reflect};
use wasm_bindgen::JsValue;

/// A part of `location`; outside of browsers there is none.
fn location(part: &str) -> Option<String> {
    let location = Reflect::get(&js_sys::global(), &"location".into()).ok()?;
    Reflect::get(&location, &part.into()).ok()?.as_string()
}

/// Its address.
pub(crate) fn address() -> Option<String> {
    location("href")
}

/// The origin that a server is told.
pub(crate) fn origin() -> String {
    location("origin").unwrap_or_else(|| "null".to_owned())
}

/// What was thrown, in words.
pub(crate) fn words_of(thrown: &JsValue) -> String {
    let message = Reflect::get(thrown, &"message".into()).ok().and_then(|message| message.as_string());
    message
        .or_else(|| JSON::stringify(thrown).ok().and_then(|text| text.as_string()))
        .unwrap_or_else(|| "the browser does not say why".to_owned())
}
