//! The shared list of tests, in Rust: reading it strictly, and deciding what matches.
//!
//! Nothing here does I/O, reads a clock or draws a random number, so that the same judgement is passed in the runner and
//! in a browser.
//!
//! | to see | read |
//! |---|---|
//! | how JSON is read so that nothing in it is lost or guessed | [`json`] |
//! | what matches what | [`matcher`] |
//! | what a suite, a test and a step may say | [`suite`] |
//! | payloads that are kept in files | [`fixtures`] |

pub mod fixtures;
pub mod json;
pub mod matcher;
pub mod suite;
