//! How long the last fragment of the last message was that was not empty: what the reader knows and a session is not told. Some
//! libraries end every message in fragments with an empty one, of which nothing can be lost.
//!
//! A message is given and handled in one call on one thread, so that a note between the two needs no place in either.

use std::cell::Cell;

thread_local! {
    static LAST: Cell<Option<usize>> = const { Cell::new(None) };
}

/// The message that is given next came in fragments, the last that is not empty so long.
pub(crate) fn note(len: usize) {
    LAST.set(Some(len));
}

/// Takes the note, where there is one.
pub(crate) fn take() -> Option<usize> {
    LAST.take()
}
