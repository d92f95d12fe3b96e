//! How the driver introduces itself.

use crate::capabilities::CAPABILITIES;
use serde_json::{Value, json};

/// How many tests may run at once. A browser opens one connection to an address at a time, and delays the next where
/// many wait, so more would only measure that.
const MAX_CONCURRENT: u32 = 6;

/// Which browser it is, for whoever drives it.
#[derive(Debug, Clone)]
pub struct Introduction {
    /// The name in a manifest.
    pub client: String,
    /// The browser and its version, such as `chromium 156`.
    pub browser: String,
    /// The origin that its handshakes carry.
    pub origin: Option<String>,
}

impl Introduction {
    /// The answer to `hello`.
    pub(crate) fn line(&self) -> Value {
        json!({"hello": {
            "client": self.client,
            "language": "wasm",
            "runtime": self.browser,
            "library": concat!("crosswire-wasm-client ", env!("CARGO_PKG_VERSION")),
            "max_concurrent": MAX_CONCURRENT,
            "origin": self.origin,
            "capabilities": CAPABILITIES,
        }})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_the_registry_knows() {
        let registry: Value = serde_json::from_str(include_str!("../../../capabilities.json")).unwrap();
        for name in CAPABILITIES {
            assert!(registry["client"][name].is_string(), "{name}");
        }
    }
}
