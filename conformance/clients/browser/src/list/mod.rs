//! The list of tests, stepped and judged in the page that is tested.

mod catalogue;
mod control;
mod judge;

pub use catalogue::{Catalogue, Entry, Known};
pub use judge::{Server, judge};
