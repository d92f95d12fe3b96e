//! What a browser can do, by the names of the registry. `build.rs` reads this file too.

/// Everything else no browser lets a page do: pings, headers, the status of a refusal, other close codes, frames, cutting
/// TCP, leaving a socket alone, and a limit for what arrives. The client takes text as strings of Rust, and those are
/// always Unicode, so there is no `invalid-text` either.
pub(crate) const CAPABILITIES: [&str; 6] =
    ["close-without-code", "many-senders", "react", "abandon", "extensions-shown", "waits-for-tcp-end"];
