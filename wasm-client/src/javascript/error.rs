//! Errors, as JavaScript sees them: `ConnectionError` for what can go wrong, `TypeError` for mistakes in the code.

use crate::{CloseError, OpenError, SendError};
use js_sys::{Error, Reflect, TypeError};
use std::fmt::Display;
use wasm_bindgen::JsValue;

/// An error with a word of its own, for programs.
pub(super) trait Coded: Display {
    /// The word.
    fn code(&self) -> &'static str;
}

impl Coded for OpenError {
    fn code(&self) -> &'static str {
        match self {
            Self::BadUrl { .. } => "bad-url",
            Self::MixedContent { .. } => "mixed-content",
            Self::BadSubprotocol { .. } => "bad-subprotocol",
            Self::Refused { .. } => "refused",
            Self::TooSlow { .. } => "too-slow",
            Self::ClosedBeforeOpen { .. } => "closed-before-open",
        }
    }
}

impl Coded for SendError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotOpenYet => "not-open-yet",
            Self::Closing => "closing",
            Self::Closed(_) => "closed",
            Self::LeftBehind { .. } => "left-behind",
            Self::NotAMessage(_) => "not-a-message",
            Self::NotJson(_) => "not-json",
        }
    }
}

impl Coded for CloseError {
    fn code(&self) -> &'static str {
        match self {
            Self::CodeNotAllowed { .. } => "code-not-allowed",
            Self::ReasonTooLong { .. } => "reason-too-long",
        }
    }
}

/// `ConnectionError`.
pub(super) fn error(error: &impl Coded) -> JsValue {
    let thrown = Error::new(&error.to_string());
    thrown.set_name("ConnectionError");
    let set = Reflect::set(&thrown, &"code".into(), &error.code().into());
    debug_assert_eq!(set, Ok(true), "a new error takes every field");
    thrown.into()
}

/// What the one who wrote the code has to mend.
pub(super) fn mistake(words: &str) -> JsValue {
    TypeError::new(words).into()
}
