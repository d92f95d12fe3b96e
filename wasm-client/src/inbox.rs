//! What has arrived and waits to be read. A browser cannot be told to read more slowly, so there is a bound.

use std::collections::VecDeque;

/// What a message costs besides its content, so that a flood of empty ones reaches the bound too.
const OVERHEAD: usize = 64;

/// Messages in the order in which they arrived.
#[derive(Debug)]
pub(crate) struct Inbox<T> {
    messages: VecDeque<(T, usize)>,
    size: usize,
    limit: usize,
}

/// There was no room for a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;

impl<T> Inbox<T> {
    pub(crate) const fn with_limit(limit: usize) -> Self {
        Self { messages: VecDeque::new(), size: 0, limit }
    }

    /// Takes a message of a size. One message always fits, however long it is.
    pub(crate) fn push(&mut self, message: T, size: usize) -> Result<(), Full> {
        let size = size.saturating_add(OVERHEAD);
        if !self.messages.is_empty() && self.size.saturating_add(size) > self.limit {
            return Err(Full);
        }
        self.size += size;
        self.messages.push_back((message, size));
        Ok(())
    }

    pub(crate) fn pop(&mut self) -> Option<T> {
        let (message, size) = self.messages.pop_front()?;
        self.size -= size;
        Some(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_order() {
        let mut inbox = Inbox::with_limit(1000);
        for i in 0..3 {
            inbox.push(i, 1).unwrap();
        }
        assert_eq!([inbox.pop(), inbox.pop(), inbox.pop(), inbox.pop()], [Some(0), Some(1), Some(2), None]);
    }

    #[test]
    fn takes_no_more_than_its_limit_and_has_room_again_when_it_was_read() {
        let mut inbox = Inbox::with_limit(2 * (100 + OVERHEAD));
        assert_eq!([100, 100, 0].map(|size| inbox.push((), size)), [Ok(()), Ok(()), Err(Full)]);
        inbox.pop();
        assert_eq!([101, 100].map(|size| inbox.push((), size)), [Err(Full), Ok(())]);
    }

    #[test]
    fn one_message_always_fits() {
        let mut inbox = Inbox::with_limit(0);
        assert_eq!(inbox.push((), usize::MAX - OVERHEAD), Ok(()));
        assert_eq!(inbox.push((), 0), Err(Full));
        assert_eq!(inbox.pop(), Some(()));
        assert_eq!(inbox.push((), 0), Ok(()));
    }

    #[test]
    fn empty_messages_count() {
        let mut inbox = Inbox::with_limit(10 * OVERHEAD);
        assert_eq!((0..).take_while(|_| inbox.push((), 0).is_ok()).count(), 10);
    }
}
