//! What `for await (const message of connection)` goes through.

use super::object;
use crate::Connection;
use js_sys::Promise;
use std::future::poll_fn;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::future_to_promise;

/// An `AsyncIterableIterator<Message>`.
#[wasm_bindgen(js_name = Messages, skip_typescript, private)]
#[derive(Debug)]
pub struct JsMessages(Connection);

impl JsMessages {
    pub(super) fn of(connection: &Connection) -> Self {
        Self(connection.clone())
    }
}

#[wasm_bindgen(js_class = Messages)]
impl JsMessages {
    /// `messages.next()`
    pub fn next(&self) -> Promise {
        let connection = self.0.clone();
        future_to_promise(async move {
            let arrived = poll_fn(|context| connection.poll_arrived(context)).await;
            Ok(result(arrived))
        })
    }

    /// `messages.return()`: a loop was left. The connection stays as it is, and another loop goes on.
    #[wasm_bindgen(js_name = "return")]
    pub fn leave(&self) -> Promise {
        Promise::resolve(&result(None))
    }

    /// `messages[Symbol.asyncIterator]()`
    #[wasm_bindgen(js_name = "[Symbol.asyncIterator]")]
    pub fn messages(&self) -> Self {
        Self(self.0.clone())
    }
}

/// An `IteratorResult`.
fn result(arrived: Option<JsValue>) -> JsValue {
    let done = arrived.is_none();
    object([("value", arrived.unwrap_or_default()), ("done", done.into())])
}
