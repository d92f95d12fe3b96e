//! The `crosswire` command: it runs the shared list against clients and servers, judges, compares and reports.
//!
//! | to see | read |
//! |---|---|
//! | what a run writes down, line by line | [`results`] |
//! | how that is shown | [`report`] |

pub mod report;
pub mod results;
