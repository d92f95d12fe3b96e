//! When two values are the same, in every language.

use serde_json::{Number, Value};
use std::cmp::Ordering;

/// Whether two values are the same: numbers by value (1 is 1.0, 0 is -0), strings by code point, objects by their members
/// in any order. `true` is not 1.
pub fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => order(a, b) == Some(Ordering::Equal),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        (Value::Null | Value::Bool(_) | Value::String(_), _) => a == b,
        _ => false,
    }
}

/// The order of two numbers, exactly: a double is never compared with a rounded integer.
pub(super) fn order(a: &Number, b: &Number) -> Option<Ordering> {
    match (integer(a), integer(b)) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        // At least one has a fraction, or is beyond 2^126: then it differs from every 64-bit integer by more than
        // rounding the other one changes.
        _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
    }
}

/// A number without a fraction.
pub(super) fn integer(number: &Number) -> Option<i128> {
    if let Some(integer) = number.as_i128() {
        return Some(integer);
    }
    let double = number.as_f64().filter(|double| double.fract() == 0.0)?;
    // Every integral double below 2^126 is an i128.
    (double.abs() < 2.0_f64.powi(126)).then_some(double as i128)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn value(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn numbers_are_compared_by_value() {
        for (a, b) in [("1", "1.0"), ("0", "-0"), ("0", "-0.0"), ("100", "1e2"), ("-5", "-5.0")] {
            assert!(same(&value(a), &value(b)), "{a} {b}");
        }
        for (a, b) in [
            ("9007199254740993", "9007199254740992.0"),
            ("18446744073709551615", "18446744073709551616.0"),
            ("1", "1.5"),
            ("1e300", "1"),
        ] {
            assert!(!same(&value(a), &value(b)), "{a} {b}");
        }
    }

    #[test]
    fn booleans_are_no_numbers_and_null_is_nothing_else() {
        for (a, b) in [
            (json!(true), json!(1)),
            (json!(false), json!(0)),
            (json!(null), json!(0)),
            (json!("1"), json!(1)),
        ] {
            assert!(!same(&a, &b), "{a} {b}");
        }
    }

    #[test]
    fn strings_are_compared_by_code_point_and_not_normalised() {
        assert!(!same(&json!("\u{e9}"), &json!("e\u{301}")));
    }
}
