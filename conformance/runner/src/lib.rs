//! The `crosswire` command: it runs the shared list against clients and servers, judges, compares and reports.
//!
//! ```text
//! command → plan → run ─┬→ driver (a process each) ─┐
//!                       ├→ server (a process each) ─┼→ one test: events in, commands out; crosswire-suite judges
//!                       │        └→ control ────────┘
//!                       └→ record → results.ndjson → report
//! ```
//!
//! | to see | read |
//! |---|---|
//! | what can be asked for | [`command`] |
//! | the list, from inside this program or from a folder | [`catalogue`] |
//! | lists of tests that never change | [`frozen`] |
//! | which clients and servers there are | [`clients`], [`servers`], [`manifest`], [`build`] |
//! | how tests are spread over drivers and servers | [`run`] |
//! | how one test meets its driver, its server and the judge | [`one`] |
//! | how a test framework has its rows judged | [`step`] |
//! | how a test is followed frame by frame | [`trace`] |
//! | how a driver is kept to its protocol | [`driver`], `introduction` |
//! | what becomes of one that breaks | [`fate`], `run/seat.rs` |
//! | how each mutant is shown to be killed | [`mutants`] |
//! | what a run writes down, line by line | [`results`] |
//! | what everybody has had of the processors | `processor` |
//! | how that is shown | [`report`] |

pub mod build;
pub mod catalogue;
pub mod child;
pub mod clients;
pub mod command;
pub mod control;
pub mod driver;
pub mod fate;
pub mod frozen;
mod introduction;
pub mod known;
pub mod lines;
pub mod manifest;
pub mod mutants;
mod nobody;
pub mod one;
pub mod plan;
pub mod probe;
mod processor;
pub mod record;
pub mod report;
pub mod results;
pub mod run;
pub mod server;
pub mod servers;
pub mod step;
mod tasks;
mod text;
pub mod trace;
pub mod version;
