//! The schemas in `conformance/schema`, held against what is read and written: they say neither more nor less.

#![expect(clippy::unwrap_used, reason = "what cannot be had fails its test")]

mod broken;
mod changes;
mod documents;
mod files;
mod lines;
mod names;
mod schema;
mod strict;
