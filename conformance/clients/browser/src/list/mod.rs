//! The list of tests, stepped and judged in the page that is tested.

mod catalogue;
mod control;
mod judge;

pub use catalogue::{Catalogue, Entry, Known};
pub use judge::{Server, judge};

/// What this browser calls itself, for whom it asks.
pub fn user_agent() -> String {
    web_sys::window().and_then(|window| window.navigator().user_agent().ok()).unwrap_or_default()
}

/// What a browser can do, by the names of the registry.
pub const CAPABILITIES: &[&str] = &crate::capabilities::CAPABILITIES;
