//! The driver of a browser's WebSocket, by way of the client in `wasm-client`. It does what `conformance/drivers.md` lets it
//! be told and reports what happened; it knows nothing of tests and judges nothing.
//!
//! ```text
//! lines → command → driver ─┬→ connection (a task each) ─┬→ event → lines
//!                           └────────────────────────────┘
//! ```
//!
//! Lines come from wherever the page gets them: from a runner outside of the browser, or from [`list`], where the stepper
//! runs in the same page.
//!
//! | to see | read |
//! |---|---|
//! | how the client is used | `connection.rs` |
//! | what a command may say | `command.rs` |
//! | what is reported, and in which words | `event.rs` |
//! | what a browser can do | `capabilities.rs` |
//! | how a test is stepped in a page | `list/judge.rs` |
//! | the driver as a page's script sees it (feature `driven`) | `driven.rs` |

mod capabilities;
mod clock;
mod command;
mod connection;
#[cfg(feature = "driven")]
mod driven;
mod driver;
mod event;
mod hello;
#[cfg(feature = "list")]
pub mod list;
mod payload;

pub use driver::Driver;
pub use hello::Introduction;

/// How long a line of the protocol may be, in either direction.
const LONGEST_LINE: usize = 4 << 20;
