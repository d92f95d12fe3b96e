//! A step of a test, in a line.

use serde_json::Value;

/// The step at a pointer such as `/3` or `/0/steps/1`: `4: expect a text "hello"`, `1.2: connect a`.
pub(super) fn at(steps: &Value, pointer: &str) -> String {
    let places: Vec<_> = pointer.split('/').filter_map(|part| part.parse::<u64>().ok()).collect();
    let place = match places.as_slice() {
        [] => pointer.to_owned(),
        places => places.iter().map(|i| i.saturating_add(1).to_string()).collect::<Vec<_>>().join("."),
    };
    match steps.pointer(pointer) {
        Some(step) => format!("{place}: {}", line(step)),
        None => place,
    }
}

/// `expect a text "hello"`: the verb, the connection, and the rest as it is written.
fn line(step: &Value) -> String {
    let Some(fields) = step.as_object() else { return step.to_string() };
    let mut words = Vec::new();
    for name in ["do", "on"] {
        if let Some(Value::String(word)) = fields.get(name) {
            words.push(word.clone());
        }
    }
    for (name, value) in fields {
        if name == "do" || (name == "on" && value.is_string()) {
            continue;
        }
        words.push(match value {
            Value::Array(inner) if matches!(name.as_str(), "steps" | "lists") => {
                format!("{name} [{}]", inner.len())
            }
            _ => format!("{name} {value}"),
        });
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::at;
    use serde_json::json;

    #[test]
    fn a_step_is_named_by_its_place_and_what_it_does() {
        let steps = json!([{"do": "repeat", "times": 2, "steps": [{"do": "connect", "on": "a"}]}, {"do": "fence", "on": "a"}]);
        assert_eq!(at(&steps, "/1"), "2: fence a");
        assert_eq!(at(&steps, "/0"), "1: repeat steps [1] times 2");
        assert_eq!(at(&steps, "/0/steps/0"), "1.1: connect a");
        assert_eq!(at(&steps, "/9"), "10");
    }
}
