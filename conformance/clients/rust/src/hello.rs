//! How the driver introduces itself.

use serde_json::{Value, json};

/// The name in `impl.json`.
const CLIENT: &str = "rust-tokio-tungstenite";
/// A test holds it against Cargo.lock.
const LIBRARY: &str = "tokio-tungstenite 0.30.0";
/// How many tests may run at once.
const MAX_CONCURRENT: u32 = 64;
/// All there are but `invalid-text`: the library takes text as strings, and those are always UTF-8.
const CAPABILITIES: [&str; 15] = [
    "ping",
    "pong",
    "abort",
    "headers",
    "handshake-status",
    "close-any-code",
    "close-without-code",
    "fragments",
    "many-senders",
    "stop-reading",
    "react",
    "message-limit",
    "abandon",
    "extensions-shown",
    "waits-for-tcp-end",
];

/// The answer to `hello`.
pub(crate) fn hello() -> Value {
    json!({"hello": {
        "client": CLIENT,
        "language": "rust",
        "runtime": concat!("rust ", env!("CARGO_PKG_RUST_VERSION")),
        "library": LIBRARY,
        "max_concurrent": MAX_CONCURRENT,
        "origin": null,
        "capabilities": CAPABILITIES,
    }})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_version_that_is_locked() {
        let lock = include_str!("../../../../Cargo.lock");
        let (name, version) = LIBRARY.split_once(' ').unwrap();
        let locked = format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n");
        assert!(lock.contains(&locked), "Cargo.lock has another {name} than {version}");
    }

    #[test]
    fn has_every_capability_but_invalid_text() {
        let registry: Value = serde_json::from_str(include_str!("../../../capabilities.json")).unwrap();
        let mut registered: Vec<&str> =
            registry["client"].as_object().unwrap().keys().map(|k| &**k).collect();
        registered.retain(|name| *name != "invalid-text");
        let mut ours = CAPABILITIES.to_vec();
        ours.sort_unstable();
        registered.sort_unstable();
        assert_eq!(ours, registered);
    }

    #[test]
    fn has_the_name_of_the_manifest() {
        let manifest: Value = serde_json::from_str(include_str!("../impl.json")).unwrap();
        assert_eq!(manifest["clients"][0]["name"], CLIENT);
    }
}
