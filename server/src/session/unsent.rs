//! Bytes that are encoded and not yet written.

use crate::blocks;

/// So many written bytes may stand before those that are not.
const WRITTEN_KEPT: usize = 64 << 10;

/// A buffer that is borrowed while there is something in it.
#[derive(Debug, Default)]
pub(super) struct Unsent {
    bytes: Vec<u8>,
    written: usize,
    /// How many bytes, from `written` on, leave one at a time.
    one_by_one: usize,
}

impl Unsent {
    pub(super) const fn len(&self) -> usize {
        self.bytes.len() - self.written
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[cfg(test)]
    pub(super) const fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Where frames are appended.
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        if self.bytes.capacity() == 0 {
            self.bytes = blocks::take();
        }
        &mut self.bytes
    }

    /// What has been appended so far leaves one byte at a time.
    pub(super) const fn trickle(&mut self) {
        self.one_by_one = self.len();
    }

    pub(super) const fn is_one_by_one(&self) -> bool {
        self.one_by_one > 0
    }

    /// What the next write should take.
    pub(super) fn next(&self) -> &[u8] {
        let end = if self.is_one_by_one() { self.written + 1 } else { self.bytes.len() };
        &self.bytes[self.written..end]
    }

    /// So many bytes were written.
    pub(super) fn advance(&mut self, written: usize) {
        self.written += written;
        self.one_by_one = self.one_by_one.saturating_sub(written);
        if self.written == self.bytes.len() {
            self.written = 0;
            blocks::give_back(std::mem::take(&mut self.bytes));
        } else if self.written >= WRITTEN_KEPT && self.written >= self.len() {
            // A peer that reads as fast as it sends may never let the buffer run empty: what is written goes all the
            // same. No more is moved than has been written, so that each byte is moved once at most.
            self.bytes.drain(..self.written);
            self.written = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_that_never_runs_empty_does_not_grow() {
        let mut unsent = Unsent::default();
        let mut next = 0_u8;
        unsent.buffer().push(next);
        for _ in 0..10_000 {
            for _ in 0..10_000 {
                next = next.wrapping_add(1);
                unsent.buffer().push(next);
            }
            // All but the last byte.
            unsent.advance(unsent.len() - 1);
            assert_eq!(unsent.next(), [next]);
        }
        assert!(unsent.capacity() <= 4 * WRITTEN_KEPT, "{} bytes", unsent.capacity());
    }

    #[test]
    fn hands_out_everything_at_once_or_byte_by_byte() {
        let mut unsent = Unsent::default();
        unsent.buffer().extend_from_slice(b"abc");
        assert_eq!(unsent.next(), b"abc");
        unsent.trickle();
        assert_eq!(unsent.next(), b"a");
        unsent.advance(1);
        unsent.buffer().extend_from_slice(b"de");
        assert_eq!((unsent.next(), unsent.len()), (&b"b"[..], 4));
        unsent.advance(1);
        unsent.advance(1);
        assert_eq!(unsent.next(), b"de");
        unsent.advance(2);
        assert!(unsent.is_empty());
    }
}
