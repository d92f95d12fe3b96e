//! JSON, read strictly: a key that stands twice, or a number that other languages would round, is an error with its place.

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt;

/// The largest integer that every language keeps exactly when it reads JSON numbers as doubles: 2^53.
pub const LARGEST_INTEGER: u64 = 1 << 53;

/// Why a text is not JSON that every language reads alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError(String);

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for JsonError {}

/// Reads a text that a person has written for all languages.
///
/// # Errors
/// Where it is not JSON, has a key twice, or a number beyond 2^53; the error names line and column.
pub fn read(text: &str) -> Result<Value, JsonError> {
    let error = |error: serde_json::Error| JsonError(error.to_string());
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Strict.deserialize(&mut deserializer).map_err(error)?;
    deserializer.end().map_err(error)?;
    Ok(value)
}

/// Writes a key or an index behind a JSON pointer (RFC 6901).
pub fn pointer(parent: &str, token: &str) -> String {
    format!("{parent}/{}", token.replace('~', "~0").replace('/', "~1"))
}

struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        if value > LARGEST_INTEGER {
            return Err(E::custom(TOO_LARGE));
        }
        Ok(value.into())
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        if value.unsigned_abs() > LARGEST_INTEGER {
            return Err(E::custom(TOO_LARGE));
        }
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        // An integer too long for 64 bits arrives here, already rounded.
        let is_large_integer = value.fract() == 0.0 && value.abs() > LARGEST_INTEGER as f64;
        if is_large_integer {
            return Err(E::custom(TOO_LARGE));
        }
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number that is none"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = sequence.next_element_seed(Self)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(Self)?;
            if object.contains_key(&key) {
                return Err(A::Error::custom(format!("the key `{key}` stands twice in one object")));
            }
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

const TOO_LARGE: &str = "a number beyond 2^53, which some languages round; write it as a string";

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        read(text).unwrap_err().to_string()
    }

    #[test]
    fn reads_what_every_language_reads_alike() {
        let text = r#"{"a":[1,-2,1.5,true,null,"\u00e9"],"b":{"c":{}}}"#;
        assert_eq!(read(text), Ok(serde_json::from_str(text).unwrap()));
        assert!(read("9007199254740992").is_ok() && read("-9007199254740992").is_ok() && read("0.1").is_ok());
    }

    #[test]
    fn refuses_what_languages_read_differently_and_names_the_place() {
        assert_eq!(
            refusal(r#"{"a":1,"b":{"c":1,"c":2}}"#),
            "the key `c` stands twice in one object at line 1 column 24"
        );
        for number in ["9007199254740993", "-9007199254740993", "18446744073709551616", "1e300"] {
            assert!(refusal(number).contains("beyond 2^53"), "{number}: {}", refusal(number));
        }
        assert!(refusal("1e400").contains("out of range"));
        assert!(
            refusal(r#""\ud800""#).contains("surrogate") || refusal(r#""\ud800""#).contains("hex escape")
        );
        assert!(refusal("{} {}").contains("trailing"));
        assert!(refusal("").contains("EOF"));
    }

    #[test]
    fn pointers_escape_what_has_a_meaning_in_them() {
        assert_eq!(pointer("/a", "b/c~d"), "/a/b~1c~0d");
    }
}
