//! Reading an object field by field, so that none is forgotten and none is misspelt.

use crate::json::pointer;
use serde_json::{Map, Value};
use std::{collections::BTreeSet, fmt};

/// What is wrong in a file: where, and what is allowed there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The place, as a JSON pointer.
    pub at: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl Fault {
    pub(crate) fn new(at: impl Into<String>, message: impl Into<String>) -> Self {
        Self { at: at.into(), message: message.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", if self.at.is_empty() { "/" } else { &self.at }, self.message)
    }
}

/// An object that is being read. Each field is taken once; [`Fields::end`] refuses what nobody has taken.
pub(crate) struct Fields<'a> {
    object: &'a Map<String, Value>,
    at: String,
    taken: BTreeSet<&'static str>,
}

impl<'a> Fields<'a> {
    pub(crate) fn of(value: &'a Value, at: &str) -> Result<Self, Fault> {
        let object = value.as_object().ok_or_else(|| Fault::new(at, "an object is wanted here"))?;
        Ok(Self { object, at: at.to_owned(), taken: BTreeSet::new() })
    }

    /// Where a field stands.
    pub(crate) fn at(&self, name: &str) -> String {
        pointer(&self.at, name)
    }

    /// Where the object stands.
    pub(crate) fn place(&self) -> &str {
        &self.at
    }

    pub(crate) fn value(&mut self, name: &'static str) -> Option<&'a Value> {
        self.taken.insert(name);
        self.object.get(name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.object.contains_key(name)
    }

    pub(crate) fn required(&mut self, name: &'static str) -> Result<&'a Value, Fault> {
        let missing = Fault::new(&self.at, format!("the field `{name}` is missing"));
        self.value(name).ok_or(missing)
    }

    /// A field that may be missing, read by a function.
    pub(crate) fn optional<T>(
        &mut self,
        name: &'static str,
        wanted: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, Fault> {
        let Some(value) = self.value(name) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| Fault::new(self.at(name), format!("`{name}` is {wanted}")))
    }

    pub(crate) fn text(&mut self, name: &'static str) -> Result<&'a str, Fault> {
        self.required(name)?;
        let text = self.optional(name, "a text that is not empty", |value| {
            value.as_str().filter(|text| !text.trim().is_empty())
        })?;
        Ok(text.unwrap_or_default())
    }

    pub(crate) fn optional_text(&mut self, name: &'static str) -> Result<Option<String>, Fault> {
        self.optional(name, "a text", |value| value.as_str().map(str::to_owned))
    }

    pub(crate) fn flag(&mut self, name: &'static str) -> Result<Option<bool>, Fault> {
        self.optional(name, "true or false", Value::as_bool)
    }

    /// A whole number within bounds.
    pub(crate) fn number(&mut self, name: &'static str, least: u64, most: u64) -> Result<Option<u64>, Fault> {
        let wanted = format!("a whole number from {least} to {most}");
        self.optional(name, &wanted, |value| value.as_u64().filter(|number| (least..=most).contains(number)))
    }

    pub(crate) fn texts(&mut self, name: &'static str) -> Result<Option<Vec<String>>, Fault> {
        self.optional(name, "a list of texts", |value| {
            value.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect()
        })
    }

    /// An object whose values are texts, in its order.
    pub(crate) fn text_pairs(&mut self, name: &'static str) -> Result<Vec<(String, String)>, Fault> {
        let pairs = self.optional(name, "an object of texts", |value| {
            let pairs = value.as_object()?.iter();
            pairs.map(|(key, text)| Some((key.clone(), text.as_str()?.to_owned()))).collect()
        })?;
        Ok(pairs.unwrap_or_default())
    }

    /// Where editors find the schema of a file, which is theirs alone.
    pub(crate) fn schema(&mut self) -> Result<(), Fault> {
        self.optional_text("$schema").map(drop)
    }

    /// Nothing may be left that nobody has asked for.
    pub(crate) fn end(self) -> Result<(), Fault> {
        let stranger = self.object.keys().find(|key| !self.taken.contains(key.as_str()));
        match stranger {
            None => Ok(()),
            Some(key) => {
                let known: Vec<_> = self.taken.iter().copied().collect();
                Err(Fault::new(
                    self.at(key),
                    format!("`{key}` is not known here; known: {}", known.join(", ")),
                ))
            }
        }
    }
}
