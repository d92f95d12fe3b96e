//! The server that is tested, as the page knows it.

use crosswire_browser::list::{Entry, Server};
use crosswire_suite::results;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A server, and what the page may do to it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Target {
    /// Its name in the results.
    pub name: String,
    /// Its version, where it tells.
    #[serde(default)]
    pub version: String,
    /// Where it is: `ws://host:port`, or the whole address where `exact`.
    pub url: String,
    /// Whether all connections go to just that address, whatever a test says of paths.
    #[serde(default)]
    pub exact: bool,
    /// Its control endpoint, the token in it; none where the page has no token.
    #[serde(default)]
    pub control: Option<String>,
    /// What it can do.
    pub can: Vec<String>,
    /// Its limits, as it tells them.
    #[serde(default)]
    pub limits: BTreeMap<String, u64>,
    /// Whether what it can do was found out by asking it.
    #[serde(default)]
    pub probed: bool,
    /// What asking it has shown beside that.
    #[serde(default)]
    pub notes: Vec<String>,
    /// The longest message that it takes, where asking it has shown one.
    #[serde(default)]
    pub longest: Option<u64>,
    /// Why the page may not ask it anything over HTTP, where it may not.
    #[serde(default)]
    pub no_http: Option<String>,
}

impl Target {
    /// As the judge of a test knows it. What the server can do only at its control endpoint it cannot without that.
    pub(crate) fn server(&self) -> Server {
        Server::new(self.url.clone(), self.control.clone(), self.can_now())
    }

    /// What it can do for this page.
    pub(crate) fn can_now(&self) -> Vec<String> {
        let can = self.can.iter().filter(|name| self.control.is_some() || !is_control(name));
        can.cloned().collect()
    }

    /// A test as it is run there.
    pub(crate) fn aimed(&self, entry: &Entry) -> Entry {
        let mut entry = entry.clone();
        if self.exact {
            entry.endpoint.clear();
        }
        entry
    }

    /// As results tell of it.
    pub(crate) fn told(&self) -> results::Server {
        results::Server {
            name: self.name.clone(),
            version: self.version.clone(),
            can: self.can.clone(),
            probed: self.probed,
            notes: self.notes.clone(),
            missing: None,
            asked_as: None,
        }
    }
}

/// Whether a capability is one of the control endpoint.
pub(crate) fn is_control(capability: &str) -> bool {
    ["control", "journal"].iter().any(|kind| capability.split('-').next() == Some(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_the_token_nothing_is_left_of_what_needs_it() {
        let can = ["echo", "control", "control-drop", "journal-pings", "scenarios"].map(str::to_owned);
        let mut target = Target { can: can.to_vec(), ..Target::default() };
        assert_eq!(target.can_now(), ["echo", "scenarios"]);
        target.control = Some("ws://h/control?token=x".to_owned());
        assert_eq!(target.server().can(), can);
    }
}
