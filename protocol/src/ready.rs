//! The one line by which a server under test says that it is listening.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `{"ready":{…}}`, printed once on standard output when every address is bound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadyLine {
    /// What the server says of itself.
    pub ready: Ready,
}

impl ReadyLine {
    /// The line, without its end.
    pub fn to_json(&self) -> String {
        crate::to_json(self)
    }
}

/// Where a server is and what it can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// The first address, as `ws://host:port` without a path.
    pub url: String,
    /// Every address, in the order of the flags.
    pub urls: Vec<String>,
    /// The control endpoint with its token, where the server has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control: Option<String>,
    /// The program's name.
    pub name: String,
    /// The program's version.
    pub version: String,
    /// Capabilities, by the names of the closed registry.
    pub can: Vec<String>,
    /// Limits in force that a test may need to know, in bytes, milliseconds or counts as their names say.
    pub limits: BTreeMap<String, u64>,
}
