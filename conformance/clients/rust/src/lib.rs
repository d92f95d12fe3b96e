//! The driver of tokio-tungstenite. It does with the library what `conformance/drivers.md` lets it be told, and reports
//! what happened; it knows nothing of tests and judges nothing.
//!
//! ```text
//! standard input → input → command → driver ─┬→ connection (one task each) ─┬→ output → standard output
//!                                            └──────────────────────────────┘
//! ```
//!
//! | to see | read |
//! |---|---|
//! | how the library is used | `connection/open.rs`, `connection/mod.rs`, `connection/writing.rs` |
//! | what a command may say | `command.rs` |
//! | what is reported, and in which words | `event.rs` |
//! | which capabilities the driver has | `hello.rs` |

mod command;
mod connection;
mod driver;
mod event;
mod hello;
mod input;
mod output;
mod payload;

pub use driver::run;

/// How long a line of the protocol may be, in either direction.
const LONGEST_LINE: usize = 4 << 20;
