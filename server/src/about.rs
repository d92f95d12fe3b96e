//! What the server says of itself: in the ready line, and to pages at `/about`.

use crate::{
    attend::SERVER,
    config::{Config, LONGEST_ECHO},
};
use serde_json::json;
use std::collections::BTreeMap;

/// The capabilities of this server, by the names of the registry.
const CAN: &[&str] = &[
    "bare-echo",
    "control",
    "control-any-code",
    "control-close-without-code",
    "control-drop",
    "control-finish",
    "control-fragments",
    "control-ping",
    "control-raw",
    "control-reading",
    "echo",
    "no-extensions",
    "origins",
    "push",
    "routes",
    "scenarios",
    "subprotocols",
    "welcome",
];
/// What it can besides with a journal.
const CAN_WITH_JOURNAL: &[&str] = &["journal", "journal-pings"];

/// Its name and its version.
pub(crate) fn name_and_version() -> (&'static str, &'static str) {
    SERVER.split_once('/').unwrap_or((SERVER, ""))
}

/// What it can do as it was started.
pub(crate) fn can(config: &Config) -> Vec<String> {
    let journal = CAN_WITH_JOURNAL.iter().filter(|_| config.journal);
    CAN.iter().chain(journal).map(|name| (*name).to_owned()).collect()
}

/// Its limits, by their names.
pub(crate) fn limits(config: &Config) -> BTreeMap<String, u64> {
    let limits = [
        ("max_message", config.max_message),
        ("max_frame", config.max_frame),
        ("max_fragments", config.max_fragments),
        ("max_echo", LONGEST_ECHO.max(config.max_message)),
        ("outbox_mark", config.outbox_mark),
        ("max_pushes", config.max_pushes),
        ("max_push_bytes", config.max_push_bytes),
        ("max_sessions", config.max_sessions),
        ("head_timeout_ms", config.head_timeout.as_millis() as usize),
        ("close_timeout_ms", config.close_timeout.as_millis() as usize),
    ];
    limits.into_iter().map(|(name, limit)| (name.to_owned(), limit as u64)).collect()
}

/// The answer at `/about`. Addresses and the token are the ready line's alone.
pub(crate) fn page(config: &Config, has_results: bool) -> String {
    let (name, version) = name_and_version();
    let (can, limits) = (can(config), limits(config));
    json!({ "name": name, "version": version, "can": can, "limits": limits, "results": has_results })
        .to_string()
        + "\n"
}
