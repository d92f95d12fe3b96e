//! The shared list of tests, in Rust: reading it strictly, and deciding what matches.
//!
//! Nothing here does I/O, reads a clock or draws a random number, so that the same judgement is passed in the runner and
//! in a browser.
//!
//! | to see | read |
//! |---|---|
//! | how JSON is read so that nothing in it is lost or guessed | [`json`] |
//! | what matches what | [`matcher`] |
//! | what a driver is told and reports | [`driver`] |
//! | what came of a test, and why | [`judgement`] |
//! | how a test is carried out and judged | [`stepper`] |
//! | what a suite, a test and a step may say | [`suite`] |
//! | what a run writes down | [`results`] |
//! | payloads that are kept in files | [`fixtures`] |

pub mod driver;
pub mod fixtures;
pub mod json;
pub mod judgement;
pub mod matcher;
pub mod results;
pub mod stepper;
pub mod suite;
