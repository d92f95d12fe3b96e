//! How a connection is opened, and what it may hold.

use crate::OpenError;
use std::time::Duration;

/// How a connection is opened, and what it may hold. The defaults suit most pages.
///
/// ```
/// # use crosswire_wasm_client::Options;
/// # use std::time::Duration;
/// let options = Options::new().subprotocol("crosswire.v1.plain").open_within(Duration::from_secs(3));
/// ```
#[derive(Debug, Clone)]
pub struct Options {
    pub(crate) subprotocols: Vec<String>,
    pub(crate) open_within: Duration,
    pub(crate) close_within: Duration,
    pub(crate) high_water_mark: u32,
    pub(crate) unread_limit: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            subprotocols: Vec::new(),
            open_within: Duration::from_secs(10),
            close_within: Duration::from_secs(5),
            high_water_mark: 256 << 10,
            unread_limit: 64 << 20,
        }
    }
}

impl Options {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Offers a subprotocol, behind those that were offered before. Without one the server decides what is spoken.
    #[must_use]
    pub fn subprotocol(mut self, name: impl Into<String>) -> Self {
        self.subprotocols.push(name.into());
        self
    }

    /// How long the handshake may take; 10 s where nothing is said. A browser alone waits for minutes, and a
    /// handshake that hangs holds up every other to the same address.
    #[must_use]
    pub const fn open_within(mut self, within: Duration) -> Self {
        self.open_within = within;
        self
    }

    /// How long the server may take to answer a close; 5 s where nothing is said. A browser alone waits for a minute.
    #[must_use]
    pub const fn close_within(mut self, within: Duration) -> Self {
        self.close_within = within;
        self
    }

    /// How many bytes may wait in the browser before a send waits too; 256 KiB where nothing is said. Less holds a sender
    /// back sooner, more keeps a fast connection busy.
    #[must_use]
    pub const fn high_water_mark(mut self, bytes: u32) -> Self {
        self.high_water_mark = bytes;
        self
    }

    /// How many bytes may have arrived and not been read; 64 MiB where nothing is said. No browser lets a page hold its
    /// server back, so what is too much ends the connection, with 4008. One message always fits.
    #[must_use]
    pub const fn unread_limit(mut self, bytes: usize) -> Self {
        self.unread_limit = bytes;
        self
    }

    /// Refuses what no browser offers, before the browser does so in fewer words.
    pub(crate) fn check(&self) -> Result<(), OpenError> {
        for (i, name) in self.subprotocols.iter().enumerate() {
            let why = if !is_token(name) {
                "a name is made of letters, digits and !#$%&'*+-.^_`|~, and is not empty"
            } else if self.subprotocols[..i].iter().any(|other| other.eq_ignore_ascii_case(name)) {
                "it is offered twice"
            } else {
                continue;
            };
            return Err(OpenError::BadSubprotocol { name: name.clone(), why });
        }
        Ok(())
    }
}

/// A token of RFC 9110 section 5.6.2.
fn is_token(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offering(names: &[&str]) -> Result<(), OpenError> {
        names.iter().fold(Options::new(), |options, name| options.subprotocol(*name)).check()
    }

    #[test]
    fn tokens_are_offered_in_their_order() {
        assert_eq!(offering(&[]), Ok(()));
        assert_eq!(offering(&["crosswire.v1.plain", "chat", "!~"]), Ok(()));
        let options = Options::new().subprotocol("b").subprotocol("a");
        assert_eq!(options.subprotocols, ["b", "a"]);
    }

    #[test]
    fn what_is_no_token_is_refused_by_name() {
        for name in ["", " ", "a b", "a,b", "ä", "a/b", "\"a\""] {
            let error = offering(&["chat", name]).unwrap_err();
            assert!(
                matches!(&error, OpenError::BadSubprotocol { name: told, .. } if told == name),
                "{error}"
            );
        }
    }

    #[test]
    fn an_offer_names_each_once() {
        let error = offering(&["chat", "soap", "Chat"]).unwrap_err();
        assert_eq!(error.to_string(), "`Chat` cannot be offered as a subprotocol: it is offered twice");
    }
}
