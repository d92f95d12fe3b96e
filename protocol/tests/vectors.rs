//! The vectors are the same tables as data, for every language. They are written from the code and held against it.

use crosswire_protocol::close::{Reconnect, TABLE};
use serde_json::{Value, json};

#[test]
fn the_close_codes_that_other_languages_read_are_those_of_the_table() {
    let vectors: Value = serde_json::from_str(include_str!("../vectors/close_codes.json")).unwrap();
    let rows: Vec<Value> = TABLE
        .iter()
        .map(|row| {
            json!({"code": row.code, "name": row.name, "text": row.text, "reconnect": row.reconnect == Reconnect::Yes})
        })
        .collect();
    assert_eq!(vectors["codes"], Value::Array(rows));
}
