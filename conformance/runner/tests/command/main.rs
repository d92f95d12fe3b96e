//! The `crosswire` command as its users have it: what it says, what it writes, and with which code it ends.

#![expect(clippy::unwrap_used, reason = "what cannot be had fails its test")]

mod frozen;
mod ran;
mod stranger;
mod strangers;
