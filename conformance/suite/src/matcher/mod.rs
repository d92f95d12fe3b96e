//! What matches what: one rule at every depth.
//!
//! Objects are open, arrays exact, numbers compare by value, strings by code point. An object with a single key that
//! begins with `$` is an operator; one with two keys is plain, whatever they are called. A pattern is checked once, when it
//! is loaded ([`Matcher::parse`]), so that a broken one is a broken test and never a mismatch.

mod assign;
mod compare;
mod parse;
mod run;

pub use compare::same;
pub use parse::{OPERATORS, PatternError};
pub use run::{Bindings, Mismatch};

use serde_json::Value;

/// A pattern.
#[derive(Debug, Clone, PartialEq)]
pub enum Matcher {
    /// The same value; for numbers, by value.
    Value(Value),
    /// An array of just these.
    Array(Vec<Self>),
    /// An object with these members, and perhaps others.
    Object {
        /// What each member has to be.
        members: Vec<(String, Member)>,
        /// Whether others are forbidden.
        closed: bool,
    },
    /// Any value that is there.
    Any,
    /// A value of one of these types.
    Type(Vec<Type>),
    /// Any of these.
    OneOf(Vec<Self>),
    /// A number within bounds.
    Range(Range),
    /// A string that begins so.
    Prefix(String),
    /// A string whose length in bytes of UTF-8 matches.
    Utf8Len(Box<Self>),
    /// An array or object whose size matches.
    Count(Box<Self>),
    /// An array whose elements match these, each one of them, in any order.
    Unordered(Vec<Self>),
    /// An array among whose elements are these, each a different one.
    Contains(Vec<Self>),
    /// What matches is bound to a name, if the whole match succeeds.
    Capture {
        /// The name.
        name: String,
        /// What has to match.
        inner: Box<Self>,
    },
    /// The value that was bound to a name.
    Ref(String),
    /// Any other value than the one that was bound to a name.
    NotRef(String),
}

/// What a member of an object has to be.
#[derive(Debug, Clone, PartialEq)]
pub enum Member {
    /// There, and matching.
    Required(Matcher),
    /// Not there, or matching.
    Optional(Matcher),
    /// Not there.
    Absent,
}

/// The types of JSON, and integers among the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    /// A string.
    String,
    /// Any number.
    Number,
    /// A number without a fraction: 1.0 is one.
    Integer,
    /// `true` or `false`, which are no numbers.
    Boolean,
    /// `null`.
    Null,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// Bounds of a number.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Range {
    /// Greater than this.
    pub gt: Option<serde_json::Number>,
    /// At least this.
    pub gte: Option<serde_json::Number>,
    /// Less than this.
    pub lt: Option<serde_json::Number>,
    /// At most this.
    pub lte: Option<serde_json::Number>,
}

impl Type {
    /// Every type by its name.
    pub const NAMES: [(&str, Self); 7] = [
        ("string", Self::String),
        ("number", Self::Number),
        ("integer", Self::Integer),
        ("boolean", Self::Boolean),
        ("null", Self::Null),
        ("array", Self::Array),
        ("object", Self::Object),
    ];
}
