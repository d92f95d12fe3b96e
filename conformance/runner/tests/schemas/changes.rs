//! Values with one thing changed: what a reader refuses of them its schema must refuse, and the other way round.

use serde_json::{Value, json};

/// What stands in place of a value.
fn others(of: &Value) -> Vec<Value> {
    let mut others = vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(1),
        json!(1.5),
        json!(70_000_000),
        json!(2_000_000_000_u64),
        json!(""),
        json!(" "),
        json!("zz"),
        json!([]),
        json!([1]),
        json!(["zz"]),
        json!({}),
        json!({"zz": 1}),
    ];
    others.retain(|other| other != of);
    others
}

/// Calls `visit` with the value as it is after each change at each place from `within` on, and with the place. What
/// `is_opaque` says of a place is left alone, with everything in it.
pub(crate) fn each_change(
    value: &Value,
    within: &str,
    is_opaque: fn(&str) -> bool,
    mut visit: impl FnMut(&Value, &str),
) {
    let mut places = Vec::new();
    walk(value.pointer(within).unwrap(), within.to_owned(), is_opaque, &mut places);
    for place in places {
        let found = value.pointer(&place).unwrap();
        for other in others(found) {
            let mut changed = value.clone();
            *changed.pointer_mut(&place).unwrap() = other;
            visit(&changed, &place);
        }
        for field in found.as_object().into_iter().flatten().map(|(field, _)| field) {
            let mut changed = value.clone();
            changed.pointer_mut(&place).unwrap().as_object_mut().unwrap().remove(field);
            visit(&changed, &place);
        }
        if found.is_object() {
            let mut changed = value.clone();
            changed.pointer_mut(&place).unwrap()["stranger"] = json!(1);
            visit(&changed, &place);
        }
        for (i, element) in found.as_array().into_iter().flatten().enumerate() {
            let mut changed = value.clone();
            let list = changed.pointer_mut(&place).unwrap().as_array_mut().unwrap();
            list.remove(i);
            visit(&changed, &place);
            let list = changed.pointer_mut(&place).unwrap().as_array_mut().unwrap();
            list.extend([element.clone(), element.clone()]);
            visit(&changed, &place);
        }
    }
}

fn walk(value: &Value, at: String, is_opaque: fn(&str) -> bool, places: &mut Vec<String>) {
    if is_opaque(&at) {
        return;
    }
    match value {
        Value::Object(members) => {
            for (key, inner) in members {
                let key = key.replace('~', "~0").replace('/', "~1");
                walk(inner, format!("{at}/{key}"), is_opaque, places);
            }
        }
        // One element stands for those like it.
        Value::Array(values) => {
            for (i, inner) in values.iter().enumerate().take(2) {
                walk(inner, format!("{at}/{i}"), is_opaque, places);
            }
        }
        _ => {}
    }
    places.push(at);
}
