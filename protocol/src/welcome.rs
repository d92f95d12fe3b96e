//! The first message of every plain conversation.

use serde::{Deserialize, Serialize};

/// `{"type":"welcome","connection":"<id>","server":"<name>/<version>"}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "welcome")]
pub struct Welcome {
    /// The server's own name for this connection, unique within the server process.
    pub connection: String,
    /// Who is answering, as `name/version`.
    pub server: String,
}

impl Welcome {
    /// The message.
    pub fn to_json(&self) -> String {
        crate::to_json(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_as_the_specification_shows_it() {
        let welcome = Welcome { connection: "c1".to_owned(), server: "crosswire/0.1.0".to_owned() };
        assert_eq!(welcome.to_json(), r#"{"type":"welcome","connection":"c1","server":"crosswire/0.1.0"}"#);
    }
}
