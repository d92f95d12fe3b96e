//! The client in a browser, against the reference server: `just test-wasm` starts both.
//!
//! Tests stand in public modules because the runner finds them as exports of the wasm file.

#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "what cannot be read fails its test")]

pub mod closing;
pub mod javascript;
pub mod leaks;
pub mod nine;
pub mod opening;
pub mod reading;
pub mod sending;
mod support;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
