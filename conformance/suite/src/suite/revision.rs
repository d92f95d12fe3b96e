//! What a test says, as a short name: other words, another name.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The hash of a test as it is written, in the canonical form of RFC 8785: what spaces and order do not change.
pub fn revision(test: &Value) -> String {
    let canonical = serde_json_canonicalizer::to_vec(test).unwrap_or_default();
    hex::encode(&Sha256::digest(canonical)[..8])
}

/// The hash of a whole list, from the ids and revisions of its tests.
pub fn hash_of_list<'a>(tests: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut hash = Sha256::new();
    for (id, rev) in tests {
        hash.update(format!("{id} {rev}\n"));
    }
    hex::encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_of_what_a_test_says_and_not_of_how() {
        let one = serde_json::from_str(r#"{"b": 1.0, "a": [true]}"#).unwrap();
        let other = serde_json::from_str(r#"{"a":[true],"b":1}"#).unwrap();
        assert_eq!(revision(&one), revision(&other));
        assert_ne!(revision(&one), revision(&serde_json::from_str(r#"{"a":[true],"b":2}"#).unwrap()));
    }
}
