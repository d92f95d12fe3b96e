//! Names in strings: `${i}`, `${name}`, and `$${` for a literal `${`.

use crate::matcher::Bindings;
use serde_json::{Map, Value};

/// What names stand for at a step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names<'a> {
    /// Variables and captures.
    pub(crate) bindings: &'a Bindings,
    /// The round of the innermost repetition.
    pub(crate) round: Option<u64>,
}

/// Who counts `${i}` in a text, and undoes its escapes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counts {
    Runner,
    Server,
}

impl Names<'_> {
    /// Puts what names stand for into a text.
    ///
    /// # Errors
    /// For a name that nothing has bound.
    pub(crate) fn fill(self, text: &str) -> Result<String, String> {
        self.fill_as(text, Counts::Runner)
    }

    /// The same for every string of a value, keys aside. What stands in a `$literal` is left alone.
    pub(super) fn fill_value(self, value: &Value) -> Result<Value, String> {
        match value {
            Value::String(text) => self.fill(text).map(Value::String),
            Value::Array(values) => values.iter().map(|value| self.fill_value(value)).collect(),
            Value::Object(members) if members.len() == 1 && members.contains_key("$literal") => {
                Ok(value.clone())
            }
            Value::Object(members) => members
                .iter()
                .map(|(key, value)| Ok((key.clone(), self.fill_value(value)?)))
                .collect::<Result<Map<_, _>, _>>()
                .map(Value::Object),
            value => Ok(value.clone()),
        }
    }

    /// JSON that is sent: `{"$ref":"name"}` stands for a value.
    pub(super) fn fill_json(self, value: &Value) -> Result<Value, String> {
        match value {
            Value::Object(members) if members.len() == 1 && members.contains_key("$ref") => {
                let name = members["$ref"].as_str().unwrap_or_default();
                self.bindings.get(name).cloned().ok_or_else(|| format!("nothing has bound `{name}`"))
            }
            Value::Array(values) => values.iter().map(|value| self.fill_json(value)).collect(),
            Value::Object(members) => members
                .iter()
                .map(|(key, value)| Ok((key.clone(), self.fill_json(value)?)))
                .collect::<Result<Map<_, _>, _>>()
                .map(Value::Object),
            Value::String(text) => self.fill(text).map(Value::String),
            value => Ok(value.clone()),
        }
    }

    /// Acts for the server, which counts `${i}` itself in a `send` with `times`: there it is left to it, escapes and all.
    pub(super) fn fill_acts(self, acts: &[Value]) -> Result<Vec<Value>, String> {
        acts.iter().map(|act| self.fill_act(act)).collect()
    }

    fn fill_act(self, act: &Value) -> Result<Value, String> {
        match act {
            Value::Object(members) => members
                .iter()
                .map(|(key, value)| {
                    let counts_itself = value.get("times").is_some();
                    let value = match value {
                        Value::Object(fields) if counts_itself => fields
                            .iter()
                            .map(|(field, value)| {
                                let value = match value {
                                    Value::String(text) => Value::String(self.fill_as(text, Counts::Server)?),
                                    value => value.clone(),
                                };
                                Ok((field.clone(), value))
                            })
                            .collect::<Result<Map<_, _>, String>>()
                            .map(Value::Object)?,
                        value => self.fill_act(value)?,
                    };
                    Ok((key.clone(), value))
                })
                .collect::<Result<Map<_, _>, _>>()
                .map(Value::Object),
            Value::Array(values) => self.fill_acts(values).map(Value::Array),
            value => self.fill_value(value),
        }
    }

    fn fill_as(self, text: &str, counts: Counts) -> Result<String, String> {
        if !text.contains("${") {
            return Ok(text.to_owned());
        }
        let mut made = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            let (before, behind) = (&rest[..at], &rest[at + 2..]);
            if let Some(unescaped) = before.strip_suffix('$') {
                made.push_str(if counts == Counts::Server { before } else { unescaped });
                made.push_str("${");
                rest = behind;
                continue;
            }
            made.push_str(before);
            let (name, behind) =
                behind.split_once('}').ok_or_else(|| format!("`${{{behind}` has no closing brace"))?;
            if counts == Counts::Server && name == "i" {
                made.push_str("${i}");
            } else {
                made.push_str(&self.value_of(name)?);
            }
            rest = behind;
        }
        made.push_str(rest);
        Ok(made)
    }

    fn value_of(self, name: &str) -> Result<String, String> {
        match (name, self.round, self.bindings.get(name)) {
            ("i", Some(round), _) => Ok(round.to_string()),
            ("i", None, _) => Err("`${i}` counts rounds, and this step is in no repetition".to_owned()),
            (_, _, Some(Value::String(text))) => Ok(text.clone()),
            (_, _, Some(value)) => Ok(value.to_string()),
            (_, _, None) => Err(format!("nothing has bound `{name}`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with(round: Option<u64>, then: impl FnOnce(Names<'_>)) {
        let bindings = Bindings::from([("t".to_owned(), json!("topic")), ("n".to_owned(), json!(7))]);
        then(Names { bindings: &bindings, round });
    }

    #[test]
    fn names_rounds_and_literals_are_told_apart() {
        with(Some(3), |names| {
            assert_eq!(names.fill("a${i}b${t}c${n}d$${i}").unwrap(), "a3btopicc7d${i}");
            assert!(names.fill("${nobody}").unwrap_err().contains("nobody"));
            assert!(names.fill("${open").unwrap_err().contains("closing brace"));
        });
        with(None, |names| assert!(names.fill("${i}").unwrap_err().contains("no repetition")));
    }

    #[test]
    fn values_are_put_in_for_references_where_json_is_sent() {
        with(None, |names| {
            let made = names.fill_json(&json!({"to": {"$ref": "n"}, "text": "${t}"})).unwrap();
            assert_eq!(made, json!({"to": 7, "text": "topic"}));
        });
    }

    #[test]
    fn what_the_server_counts_is_left_to_it() {
        with(Some(1), |names| {
            let acts =
                [json!({"send": {"text": "${t} ${i}", "times": 2}}), json!({"send": {"text": "${i}"}})];
            let wanted =
                [json!({"send": {"text": "topic ${i}", "times": 2}}), json!({"send": {"text": "1"}})];
            assert_eq!(names.fill_acts(&acts).unwrap(), wanted);
        });
    }
}
