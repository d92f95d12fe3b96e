//! Known failures: what a library does wrong, with the reason and the place where that is proven.

use crate::catalogue::selects;
use serde::Deserialize;

/// An entry among the known failures of a client or of a server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Which tests; `*` stands for anything.
    pub test: String,
    /// Against which servers; every one, where it is not there.
    #[serde(default = "any")]
    pub server: String,
    /// With which clients; every one, where it is not there.
    #[serde(default = "any")]
    pub client: String,
    /// Whether they pass now and then: a race of the library's, which nobody can lose on purpose.
    #[serde(default)]
    pub sometimes: bool,
    /// Why they fail.
    pub reason: String,
    /// Where that is proven.
    pub link: String,
}

fn any() -> String {
    "*".to_owned()
}

impl Known {
    /// Whether what is said to prove it can be looked up.
    pub fn link_is_an_address(&self) -> bool {
        ["https://", "http://"].iter().any(|scheme| self.link.starts_with(scheme))
    }

    /// Whether it excuses many tests, whatever becomes of them.
    pub fn is_any_race(&self) -> bool {
        self.sometimes && self.test.contains('*')
    }

    /// Whether it is about this test with this client against this server.
    pub fn is_about(&self, test: &str, client: &str, server: &str) -> bool {
        selects(&self.test, test) && selects(&self.client, client) && selects(&self.server, server)
    }
}
