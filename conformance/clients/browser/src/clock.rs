//! The page's clock, which never goes back.

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;
}

/// Milliseconds since the page began.
pub(crate) fn milliseconds() -> f64 {
    now()
}
