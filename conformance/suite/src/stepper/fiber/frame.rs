//! A close frame that is there, or is not, in words: `want an object, got null` helps nobody.

use crate::stepper::payload::{Difference, Unmet};
use serde_json::Value;

/// What differs, in words where it is the close frame that the server saw.
pub(super) fn in_words(unmet: Unmet, pattern: &Value, seen: &Value) -> Unmet {
    match unmet {
        Unmet::Differs(Difference { at: Some(at), .. }) if at == "/close" => Unmet::Differs(Difference {
            want: frame(&pattern["close"]),
            got: frame(&seen["close"]),
            at: Some(at),
        }),
        unmet => unmet,
    }
}

fn frame(close: &Value) -> String {
    let Some(members) = close.as_object() else {
        return if close.is_null() { "no close frame".to_owned() } else { close.to_string() };
    };
    let mut words = match members.get("code") {
        Some(Value::Number(code)) => format!("a close frame with {code}"),
        Some(Value::Null) => "a close frame without a code".to_owned(),
        Some(pattern) => format!("a close frame whose code is {pattern}"),
        None => "a close frame".to_owned(),
    };
    if let Some(reason) = members.get("reason").filter(|reason| **reason != "") {
        words.push_str(&format!(" and the reason {reason}"));
    }
    words
}
