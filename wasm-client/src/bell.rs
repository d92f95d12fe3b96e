//! Waking whoever waits for something.

use std::{
    cell::RefCell,
    task::{Context, Poll, Waker},
};

/// Tasks that wait for the same thing. Each looks for itself, whenever it is woken, whether it has come.
#[derive(Debug, Default)]
pub(crate) struct Bell(RefCell<Vec<Waker>>);

impl Bell {
    /// Wakes everybody.
    pub(crate) fn ring(&self) {
        // Taken first: whoever is woken may wait again at once.
        for waker in self.0.take() {
            waker.wake();
        }
    }

    /// Is ready with what `look` has found; until then the task is woken at each ring.
    pub(crate) fn poll<T>(&self, context: &Context<'_>, look: impl FnOnce() -> Option<T>) -> Poll<T> {
        if let Some(found) = look() {
            return Poll::Ready(found);
        }
        let mut waiting = self.0.borrow_mut();
        // A task that looks often, because it waits for something else besides, stands here once.
        if !waiting.iter().any(|waker| waker.will_wake(context.waker())) {
            waiting.push(context.waker().clone());
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::task::noop_waker_ref;

    #[test]
    fn a_task_that_looks_often_waits_once() {
        let bell = Bell::default();
        let context = Context::from_waker(noop_waker_ref());
        for _ in 0..3 {
            assert_eq!(bell.poll(&context, || None::<()>), Poll::Pending);
        }
        assert_eq!(bell.0.borrow().len(), 1);
        bell.ring();
        assert_eq!(bell.0.borrow().len(), 0);
        assert_eq!(bell.poll(&context, || Some(1)), Poll::Ready(1));
        assert_eq!(bell.0.borrow().len(), 0);
    }
}
