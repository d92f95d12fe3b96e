//! The driver as JavaScript sees it, in the page that `bridge/` serves.

use crate::{Driver, Introduction};
use js_sys::Function;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

/// A driver that is told lines, and gives its own to a function.
#[wasm_bindgen(js_name = Driver)]
#[derive(Debug)]
#[expect(unnameable_types, reason = "only JavaScript names it")]
pub struct Driven(Driver);

#[wasm_bindgen(js_class = Driver)]
impl Driven {
    /// A driver of this name in this browser, whose handshakes carry this origin.
    #[wasm_bindgen(constructor)]
    pub fn new(client: String, browser: String, origin: String, write: Function) -> Self {
        let introduction = Introduction { client, browser, origin: Some(origin) };
        Self(Driver::new(introduction, move |line| {
            // What the page's script throws is in its console already, and is nothing to the driver.
            let _ = write.call1(&JsValue::UNDEFINED, &line.into());
        }))
    }

    /// Carries out a line. Whether it goes on: after `bye` it does not.
    pub fn tell(&mut self, line: &str) -> bool {
        self.0.tell(line)
    }
}
