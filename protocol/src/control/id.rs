//! What a command is known by.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The `id` of a command: any JSON value, kept as it was written, so that no number loses a digit on its way back.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Id(Box<RawValue>);

impl Id {
    /// The JSON as it was written; `null` where there was none.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }
}

impl PartialEq for Id {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}
