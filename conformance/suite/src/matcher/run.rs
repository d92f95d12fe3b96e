//! Holding a value against a pattern.

use super::{
    Matcher, Member, Range, Type,
    assign::assign,
    compare::{integer, order, same},
};
use crate::json::pointer;
use serde_json::{Map, Number, Value};
use std::{cmp::Ordering, collections::BTreeMap};

/// What captures have bound.
pub type Bindings = BTreeMap<String, Value>;

/// Where a value first differs from a pattern.
#[derive(Debug, Clone, PartialEq)]
pub struct Mismatch {
    /// The place in the value, as a JSON pointer.
    pub at: String,
    /// What would have matched.
    pub want: String,
    /// What was there; nothing, where a member or an element is missing.
    pub got: Option<Value>,
}

impl Matcher {
    /// Holds a value against this pattern. What it captures is bound if all of it matches, and only then.
    ///
    /// # Errors
    /// The first place where the value differs.
    pub fn hold(&self, value: &Value, bindings: &mut Bindings) -> Result<(), Mismatch> {
        let mut captured = Bindings::new();
        self.run(value, "", bindings, &mut captured)?;
        bindings.append(&mut captured);
        Ok(())
    }

    fn run(
        &self,
        value: &Value,
        at: &str,
        bound: &Bindings,
        captured: &mut Bindings,
    ) -> Result<(), Mismatch> {
        let differs = |want: String| Err(Mismatch { at: at.to_owned(), want, got: Some(value.clone()) });
        let require =
            |matches: bool, want: &dyn Fn() -> String| if matches { Ok(()) } else { differs(want()) };
        match self {
            Self::Value(wanted) => require(same(wanted, value), &|| wanted.to_string()),
            Self::Any => Ok(()),
            Self::Type(types) => require(types.iter().any(|wanted| wanted.is_of(value)), &|| {
                types.iter().map(|wanted| wanted.name()).collect::<Vec<_>>().join(" or ")
            }),
            Self::Array(patterns) => {
                let Value::Array(values) = value else { return differs("an array".to_owned()) };
                for (i, (pattern, value)) in patterns.iter().zip(values).enumerate() {
                    pattern.run(value, &pointer(at, &i.to_string()), bound, captured)?;
                }
                require(patterns.len() == values.len(), &|| format!("an array of {}", patterns.len()))
            }
            Self::Object { members, closed } => {
                let Value::Object(object) = value else { return differs("an object".to_owned()) };
                run_object(members, *closed, object, at, bound, captured)
            }
            Self::OneOf(patterns) => {
                for pattern in patterns {
                    let mut of_this = Bindings::new();
                    if pattern.run(value, at, bound, &mut of_this).is_ok() {
                        captured.append(&mut of_this);
                        return Ok(());
                    }
                }
                differs(format!("one of {} alternatives", patterns.len()))
            }
            Self::Range(range) => match value {
                Value::Number(number) if range.holds(number) => Ok(()),
                _ => differs(range.to_words()),
            },
            Self::Prefix(prefix) => {
                require(value.as_str().is_some_and(|text| text.starts_with(prefix)), &|| {
                    format!("a string that begins with {prefix:?}")
                })
            }
            Self::Utf8Len(pattern) => match value {
                Value::String(text) => pattern.run_size(text.len(), "bytes of UTF-8", at, bound, captured),
                _ => differs("a string".to_owned()),
            },
            Self::Count(pattern) => match value {
                Value::Array(values) => pattern.run_size(values.len(), "elements", at, bound, captured),
                Value::Object(members) => pattern.run_size(members.len(), "members", at, bound, captured),
                _ => differs("an array or an object".to_owned()),
            },
            Self::Unordered(patterns) => match value {
                Value::Array(values) if values.len() == patterns.len() => {
                    run_assigned(patterns, values, at, bound, captured, "these elements in any order")
                }
                _ => differs(format!("an array of {}", patterns.len())),
            },
            Self::Contains(patterns) => match value {
                Value::Array(values) => {
                    run_assigned(patterns, values, at, bound, captured, "these among its elements")
                }
                _ => differs("an array".to_owned()),
            },
            Self::Capture { name, inner } => {
                inner.run(value, at, bound, captured)?;
                captured.insert(name.clone(), value.clone());
                Ok(())
            }
            Self::Ref(name) => match bound.get(name) {
                Some(bound) => {
                    require(same(bound, value), &|| format!("{bound}, which was bound to `{name}`"))
                }
                None => differs(format!("what was bound to `{name}`, but nothing was")),
            },
            Self::NotRef(name) => match bound.get(name) {
                Some(bound) => require(!same(bound, value), &|| {
                    format!("anything but {bound}, which was bound to `{name}`")
                }),
                None => differs(format!("anything but what was bound to `{name}`, but nothing was")),
            },
        }
    }

    fn run_size(
        &self,
        size: usize,
        unit: &str,
        at: &str,
        bound: &Bindings,
        captured: &mut Bindings,
    ) -> Result<(), Mismatch> {
        self.run(&Value::from(size), at, bound, captured)
            .map_err(|mismatch| Mismatch { want: format!("{} {unit}", mismatch.want), ..mismatch })
    }
}

fn run_object(
    members: &[(String, Member)],
    closed: bool,
    object: &Map<String, Value>,
    at: &str,
    bound: &Bindings,
    captured: &mut Bindings,
) -> Result<(), Mismatch> {
    for (key, member) in members {
        let at = pointer(at, key);
        match (member, object.get(key)) {
            (Member::Required(pattern) | Member::Optional(pattern), Some(value)) => {
                pattern.run(value, &at, bound, captured)?;
            }
            (Member::Required(_), None) => {
                return Err(Mismatch { at, want: "a member".to_owned(), got: None });
            }
            (Member::Absent, Some(value)) => {
                return Err(Mismatch { at, want: "no such member".to_owned(), got: Some(value.clone()) });
            }
            (Member::Optional(_) | Member::Absent, None) => {}
        }
    }
    let stranger = object.iter().find(|(key, _)| closed && !members.iter().any(|(known, _)| known == *key));
    match stranger {
        Some((key, value)) => Err(Mismatch {
            at: pointer(at, key),
            want: "no such member".to_owned(),
            got: Some(value.clone()),
        }),
        None => Ok(()),
    }
}

/// Elements are matched one to one; what is captured is what the chosen pairs capture.
fn run_assigned(
    patterns: &[Matcher],
    values: &[Value],
    at: &str,
    bound: &Bindings,
    captured: &mut Bindings,
    want: &str,
) -> Result<(), Mismatch> {
    let fits: Vec<Vec<bool>> = patterns
        .iter()
        .map(|pattern| {
            values.iter().map(|value| pattern.run(value, at, bound, &mut Bindings::new()).is_ok()).collect()
        })
        .collect();
    let Some(chosen) = assign(&fits) else {
        return Err(Mismatch {
            at: at.to_owned(),
            want: want.to_owned(),
            got: Some(Value::Array(values.to_vec())),
        });
    };
    for (pattern, element) in patterns.iter().zip(chosen) {
        pattern.run(&values[element], &pointer(at, &element.to_string()), bound, captured)?;
    }
    Ok(())
}

impl Type {
    fn is_of(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Integer, Value::Number(number)) => {
                integer(number).is_some() || number.as_f64().is_some_and(|double| double.fract() == 0.0)
            }
            (Self::Number, Value::Number(_))
            | (Self::String, Value::String(_))
            | (Self::Boolean, Value::Bool(_))
            | (Self::Null, Value::Null)
            | (Self::Array, Value::Array(_))
            | (Self::Object, Value::Object(_)) => true,
            _ => false,
        }
    }

    fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, known)| *known == self).map_or("", |(name, _)| name)
    }
}

impl Range {
    fn holds(&self, number: &Number) -> bool {
        let compare = |bound: &Option<Number>, fits: fn(Ordering) -> bool| {
            bound.as_ref().is_none_or(|bound| order(number, bound).is_some_and(fits))
        };
        compare(&self.gt, Ordering::is_gt)
            && compare(&self.gte, Ordering::is_ge)
            && compare(&self.lt, Ordering::is_lt)
            && compare(&self.lte, Ordering::is_le)
    }

    fn to_words(&self) -> String {
        let bounds = [("> ", &self.gt), (">= ", &self.gte), ("< ", &self.lt), ("<= ", &self.lte)];
        let words: Vec<_> = bounds
            .iter()
            .filter_map(|(sign, bound)| bound.as_ref().map(|bound| format!("{sign}{bound}")))
            .collect();
        format!("a number {}", words.join(" and "))
    }
}
