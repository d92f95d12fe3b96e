//! A running hash over a conversation, so that two ends can compare what was said without saying it again.

use sha2::{Digest as _, Sha256};
use std::fmt;

/// The two kinds of message that RFC 6455 knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// UTF-8 text.
    Text,
    /// Bytes.
    Binary,
}

impl Kind {
    /// The byte that stands for this kind in a [`Digest`].
    const fn letter(self) -> u8 {
        match self {
            Self::Text => b't',
            Self::Binary => b'b',
        }
    }
}

/// SHA-256 over the messages of one direction, in order.
///
/// Each message adds one byte of kind (`t` or `b`), its length as eight bytes, most significant first, and the SHA-256 of
/// its payload: so whoever kept only a long payload's hash can follow too. No two conversations share their input: `"ab"`
/// and `"a"`, `"b"` differ. How a message was cut into frames does not enter, because no receiver is promised to see it.
#[derive(Clone, Default)]
pub struct Digest(Sha256);

impl Digest {
    /// Adds one message.
    pub fn add(&mut self, kind: Kind, payload: &[u8]) {
        self.add_hashed(kind, payload.len() as u64, &Sha256::digest(payload).into());
    }

    /// Adds one message of which only its length and the SHA-256 of its payload are known.
    pub fn add_hashed(&mut self, kind: Kind, length: u64, payload: &[u8; 32]) {
        self.0.update([kind.letter()]);
        self.0.update(length.to_be_bytes());
        self.0.update(payload);
    }

    /// The hash of everything added so far, in lower-case hex.
    pub fn hex(&self) -> String {
        hex::encode(self.0.clone().finalize())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Digest").field(&self.hex()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(messages: &[(Kind, &[u8])]) -> String {
        let mut digest = Digest::default();
        for (kind, payload) in messages {
            digest.add(*kind, payload);
        }
        digest.hex()
    }

    #[test]
    fn of_no_message_is_the_hash_of_nothing() {
        assert_eq!(digest(&[]), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn follows_its_written_definition() {
        let payload = Sha256::digest(b"hello");
        let by_hand = hex::encode(Sha256::digest([b"t\0\0\0\0\0\0\0\x05", &payload[..]].concat()));
        assert_eq!(digest(&[(Kind::Text, b"hello")]), by_hand);
    }

    #[test]
    fn tells_kinds_and_boundaries_apart() {
        let whole = digest(&[(Kind::Text, b"ab")]);
        assert_ne!(whole, digest(&[(Kind::Text, b"a"), (Kind::Text, b"b")]));
        assert_ne!(whole, digest(&[(Kind::Binary, b"ab")]));
        assert_ne!(whole, digest(&[(Kind::Text, b"ba")]));
    }
}
