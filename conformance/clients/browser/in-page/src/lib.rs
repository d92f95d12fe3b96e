//! The list of tests for the scripts of a page: what there is, running it in this browser against a server, and writing down
//! what came of it as `crosswire` itself does.
//!
//! ```text
//! script → javascript ─┬→ catalogue              what there is
//!                      ├→ probe                  what a server can do that does not say so
//!                      └→ run ─┬→ fit            what cannot be run, and why
//!                              ├→ judge (crosswire-browser)
//!                              └→ record         results.ndjson
//! ```
//!
//! What each function is for is written in `crosswire-tests.d.ts`, for those who call it.

mod catalogue;
mod fit;
mod javascript;
mod probe;
mod record;
mod run;
mod target;

pub use javascript::{JsRun, catalogue, probe, run};
pub use record::{Browser, Record};
pub use target::Target;
