//! Buffers that sessions borrow while they need one, so that an idle session holds none.
//!
//! Each thread keeps a few. A session takes one when bytes begin to gather and gives it back when they are gone; a buffer
//! that has grown large is freed instead, so that a flood of large messages leaves nothing behind.

use std::cell::RefCell;

/// How many spare buffers a thread keeps.
const KEPT: usize = 16;

/// The largest buffer that is kept.
const LARGEST_KEPT: usize = 256 << 10;

thread_local! {
    static SPARE: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// An empty buffer, perhaps with room in it.
pub(crate) fn take() -> Vec<u8> {
    SPARE.with_borrow_mut(Vec::pop).unwrap_or_default()
}

/// Takes a buffer that is no longer needed.
pub(crate) fn give_back(mut buffer: Vec<u8>) {
    if buffer.capacity() == 0 || buffer.capacity() > LARGEST_KEPT {
        return;
    }
    buffer.clear();
    SPARE.with_borrow_mut(|spare| {
        if spare.len() < KEPT {
            spare.push(buffer);
        }
    });
}
