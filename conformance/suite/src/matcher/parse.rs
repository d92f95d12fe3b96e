//! From a pattern as it is written to a pattern that is checked.

use super::{Matcher, Member, Range, Type, compare::order};
use crate::json::pointer;
use serde_json::{Map, Value};
use std::{cmp::Ordering, collections::BTreeSet, fmt};

/// The operators, by their names.
pub const OPERATORS: [&str; 16] = [
    "$any",
    "$type",
    "$absent",
    "$optional",
    "$exact",
    "$literal",
    "$one_of",
    "$range",
    "$prefix",
    "$utf8_len",
    "$count",
    "$unordered",
    "$contains",
    "$capture",
    "$ref",
    "$not_ref",
];

/// Why a pattern is broken: where in it, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    /// The place, as a JSON pointer.
    pub at: String,
    /// What is wrong, and what is allowed.
    pub message: String,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", if self.at.is_empty() { "/" } else { &self.at }, self.message)
    }
}

impl std::error::Error for PatternError {}

impl Matcher {
    /// Checks a pattern. `bound` are the names that earlier steps have bound; those that this one binds are added to it.
    ///
    /// # Errors
    /// For an unknown operator or an operand that is not one; for `$absent` or `$optional` anywhere but as a member of an
    /// object; for a `$ref` to a name that no earlier step binds; for a second capture of a name.
    pub fn parse(pattern: &Value, bound: &mut BTreeSet<String>) -> Result<Self, PatternError> {
        let mut parser = Parser { bound, binds: BTreeSet::new() };
        let matcher = parser.pattern(pattern, "", false)?;
        let binds = parser.binds;
        bound.extend(binds);
        Ok(matcher)
    }
}

struct Parser<'a> {
    bound: &'a BTreeSet<String>,
    /// What this pattern binds: not to be referred to before the whole match has succeeded.
    binds: BTreeSet<String>,
}

impl Parser<'_> {
    fn pattern(&mut self, pattern: &Value, at: &str, closed: bool) -> Result<Matcher, PatternError> {
        match pattern {
            Value::Array(_) => Ok(Matcher::Array(self.list(pattern, at, closed)?)),
            Value::Object(object) => match operator(object) {
                Some((name, operand)) => self.operator(name, operand, &pointer(at, name), closed),
                None => self.object(object, at, closed),
            },
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                Ok(Matcher::Value(pattern.clone()))
            }
        }
    }

    fn object(
        &mut self,
        object: &Map<String, Value>,
        at: &str,
        closed: bool,
    ) -> Result<Matcher, PatternError> {
        let mut members = Vec::new();
        for (key, pattern) in object {
            let at = pointer(at, key);
            let member = match pattern.as_object().and_then(operator) {
                Some(("$absent", Value::Bool(true))) => Member::Absent,
                Some(("$absent", _)) => return Err(broken(&pointer(&at, "$absent"), "`$absent` takes true")),
                Some(("$optional", inner)) => {
                    Member::Optional(self.pattern(inner, &pointer(&at, "$optional"), closed)?)
                }
                _ => Member::Required(self.pattern(pattern, &at, closed)?),
            };
            members.push((key.clone(), member));
        }
        Ok(Matcher::Object { members, closed })
    }

    fn operator(
        &mut self,
        name: &str,
        operand: &Value,
        at: &str,
        closed: bool,
    ) -> Result<Matcher, PatternError> {
        match name {
            "$any" if *operand == Value::Bool(true) => Ok(Matcher::Any),
            "$any" => Err(broken(at, "`$any` takes true")),
            "$type" => types(operand, at).map(Matcher::Type),
            "$exact" => self.pattern(operand, at, true),
            "$literal" => Ok(Matcher::Value(operand.clone())),
            "$one_of" => {
                self.list(operand, at, closed).and_then(|list| not_empty(list, at)).map(Matcher::OneOf)
            }
            "$range" => range(operand, at).map(Matcher::Range),
            "$prefix" => text(operand, at).map(Matcher::Prefix),
            "$utf8_len" => self.number(operand, at).map(Matcher::Utf8Len),
            "$count" => self.number(operand, at).map(Matcher::Count),
            "$unordered" => self.list(operand, at, closed).map(Matcher::Unordered),
            "$contains" => {
                self.list(operand, at, closed).and_then(|list| not_empty(list, at)).map(Matcher::Contains)
            }
            "$capture" => self.capture(operand, at, closed),
            "$ref" => self.reference(operand, at).map(Matcher::Ref),
            "$not_ref" => self.reference(operand, at).map(Matcher::NotRef),
            "$absent" | "$optional" => {
                Err(broken(at, format!("`{name}` has a meaning only as the value of an object's member")))
            }
            _ => Err(broken(
                at,
                format!(
                    "`{name}` is not an operator; known: {}; write {{\"$literal\":…}} around an object that has such a key",
                    OPERATORS.join(", ")
                ),
            )),
        }
    }

    fn list(&mut self, operand: &Value, at: &str, closed: bool) -> Result<Vec<Matcher>, PatternError> {
        let list = operand.as_array().ok_or_else(|| broken(at, "a list is wanted here"))?;
        list.iter()
            .enumerate()
            .map(|(i, pattern)| self.pattern(pattern, &pointer(at, &i.to_string()), closed))
            .collect()
    }

    /// A length: a number, or a pattern for one.
    fn number(&mut self, operand: &Value, at: &str) -> Result<Box<Matcher>, PatternError> {
        let is_pattern = operand.as_object().is_some_and(|object| operator(object).is_some());
        if operand.as_u64().is_some() || is_pattern {
            return self.pattern(operand, at, false).map(Box::new);
        }
        Err(broken(at, "a number, or an operator for one, is wanted here"))
    }

    fn capture(&mut self, operand: &Value, at: &str, closed: bool) -> Result<Matcher, PatternError> {
        let (name, inner) = match operand {
            Value::String(name) => (name.clone(), Matcher::Any),
            Value::Object(object) => {
                let name = object.get("as").map(|name| text(name, &pointer(at, "as"))).transpose()?;
                let inner = object
                    .get("match")
                    .map(|inner| self.pattern(inner, &pointer(at, "match"), closed))
                    .transpose()?;
                match (name, inner, object.len()) {
                    (Some(name), Some(inner), 2) => (name, inner),
                    _ => {
                        return Err(broken(
                            at,
                            "`$capture` takes a name, or {\"as\":name,\"match\":pattern}",
                        ));
                    }
                }
            }
            _ => return Err(broken(at, "`$capture` takes a name, or {\"as\":name,\"match\":pattern}")),
        };
        if self.bound.contains(&name) || !self.binds.insert(name.clone()) {
            return Err(broken(at, format!("`{name}` is captured a second time; choose another name")));
        }
        Ok(Matcher::Capture { name, inner: Box::new(inner) })
    }

    fn reference(&self, operand: &Value, at: &str) -> Result<String, PatternError> {
        let name = text(operand, at)?;
        if !self.bound.contains(&name) {
            return Err(broken(at, format!("nothing has been bound to `{name}` before this step")));
        }
        Ok(name)
    }
}

/// An object with a single key that begins with `$`.
fn operator(object: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut entries = object.iter();
    match (entries.next(), entries.next()) {
        (Some((key, operand)), None) if key.starts_with('$') => Some((key, operand)),
        _ => None,
    }
}

fn types(operand: &Value, at: &str) -> Result<Vec<Type>, PatternError> {
    let allowed = "`$type` takes one of string number integer boolean null array object, or a list of them";
    let one = |name: &Value| {
        let found = Type::NAMES.iter().find(|(known, _)| name == known);
        found.map(|(_, found)| *found).ok_or_else(|| broken(at, allowed))
    };
    match operand {
        Value::Array(names) if !names.is_empty() => names.iter().map(one).collect(),
        name => Ok(vec![one(name)?]),
    }
}

fn range(operand: &Value, at: &str) -> Result<Range, PatternError> {
    let wrong = || broken(at, "`$range` takes at least one of gt, gte, lt and lte, each a number");
    let object = operand.as_object().filter(|object| !object.is_empty()).ok_or_else(wrong)?;
    let mut range = Range::default();
    for (key, bound) in object {
        let Value::Number(bound) = bound else { return Err(wrong()) };
        let place = match key.as_str() {
            "gt" => &mut range.gt,
            "gte" => &mut range.gte,
            "lt" => &mut range.lt,
            "lte" => &mut range.lte,
            _ => return Err(wrong()),
        };
        *place = Some(bound.clone());
    }
    if is_empty(&range) {
        return Err(broken(at, "no number is within these bounds, so that nothing can match"));
    }
    Ok(range)
}

/// Whether one bound shuts out what another demands.
fn is_empty(range: &Range) -> bool {
    let low = [(&range.gt, false), (&range.gte, true)];
    let high = [(&range.lt, false), (&range.lte, true)];
    low.into_iter().any(|(low, low_is_in)| {
        high.into_iter().any(|(high, high_is_in)| {
            let (Some(low), Some(high)) = (low, high) else { return false };
            match order(low, high) {
                Some(Ordering::Greater) => true,
                Some(Ordering::Equal) => !(low_is_in && high_is_in),
                Some(Ordering::Less) | None => false,
            }
        })
    })
}

fn text(operand: &Value, at: &str) -> Result<String, PatternError> {
    operand.as_str().map(str::to_owned).ok_or_else(|| broken(at, "a string is wanted here"))
}

fn not_empty(list: Vec<Matcher>, at: &str) -> Result<Vec<Matcher>, PatternError> {
    if list.is_empty() { Err(broken(at, "an empty list can never match, or always does")) } else { Ok(list) }
}

fn broken(at: &str, message: impl Into<String>) -> PatternError {
    PatternError { at: at.to_owned(), message: message.into() }
}
