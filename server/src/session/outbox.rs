//! What waits to be sent on a connection, and the one place where its end is decided.
//!
//! An [`Outbox`] is shared: the session drains it, everybody else offers to it. It is bounded by messages and bytes. Its
//! close slot takes the first reason to end and no second; nothing is accepted behind it.

use super::item::{CloseReason, Item, Queued};
use futures_util::task::AtomicWaker;
use std::{
    collections::VecDeque,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::Waker,
};
use tokio::sync::Notify;

/// Why something was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// There is no room now.
    Full,
    /// The connection is closing or gone.
    Closed,
}

/// The bounds of an outbox.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// The most messages that wait.
    pub(crate) messages: usize,
    /// The most bytes that wait; one item of any size fits when nothing else waits.
    pub(crate) bytes: usize,
}

/// What waits to be sent on one connection.
#[derive(Debug)]
pub(crate) struct Outbox {
    bounds: Bounds,
    state: Mutex<State>,
    /// Set whenever the session has something to look at, so that it takes the lock only then.
    news: AtomicBool,
    /// A copy of `State::bytes`, for the session's mark.
    bytes: AtomicUsize,
    /// What the session has taken and not yet written.
    unsent: AtomicUsize,
    /// Whether `/control` has stopped the session's reading.
    reading_stopped: AtomicBool,
    /// Whether the session is to end at once.
    cut: AtomicBool,
    session: AtomicWaker,
    room: Notify,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Item>,
    bytes: usize,
    /// The close slot.
    closing: bool,
    /// The session has ended.
    gone: bool,
}

impl Outbox {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            state: Mutex::default(),
            news: AtomicBool::new(false),
            bytes: AtomicUsize::new(0),
            unsent: AtomicUsize::new(0),
            reading_stopped: AtomicBool::new(false),
            cut: AtomicBool::new(false),
            session: AtomicWaker::new(),
            room: Notify::new(),
        }
    }

    /// Takes an item if there is room.
    pub(crate) fn offer(&self, item: Item) -> Result<(), (Refused, Item)> {
        let cost = item.cost();
        let mut state = self.lock();
        if state.gone || (state.closing && !item.may_follow_close()) {
            return Err((Refused::Closed, item));
        }
        let fits = state.queue.is_empty()
            || (state.queue.len() < self.bounds.messages && state.bytes + cost <= self.bounds.bytes);
        if !fits && !matches!(item, Item::Drop | Item::Finish) {
            return Err((Refused::Full, item));
        }
        state.closing |= item.closes();
        state.queue.push_back(item);
        state.bytes += cost;
        self.bytes.store(state.bytes, Ordering::Relaxed);
        drop(state);
        self.wake();
        Ok(())
    }

    /// Takes what the session begins with, before anybody else can reach it: it has no bounds.
    pub(crate) fn prepare(&self, item: Item) {
        let mut state = self.lock();
        state.closing |= item.closes();
        state.bytes += item.cost();
        self.bytes.store(state.bytes, Ordering::Relaxed);
        state.queue.push_back(item);
        self.news.store(true, Ordering::Release);
    }

    /// The session leaves its socket unread from the start.
    pub(crate) fn never_read(&self) {
        self.reading_stopped.store(true, Ordering::Relaxed);
    }

    /// Takes a message that nobody asked for; where there is no room for it the connection ends with 4008.
    pub(crate) fn push(&self, item: Item) -> Result<(), Refused> {
        self.offer(item).map_err(|(refused, _)| {
            if refused == Refused::Full {
                self.close(CloseReason::SLOW_READER);
            }
            refused
        })
    }

    /// Takes an item, waiting for room. Whoever calls this bounds the wait.
    pub(crate) async fn send(&self, mut item: Item) -> Result<(), Refused> {
        loop {
            let room = self.room.notified();
            match self.offer(item) {
                Ok(()) => return Ok(()),
                Err((Refused::Full, back)) => item = back,
                Err((refused, _)) => return Err(refused),
            }
            room.await;
        }
    }

    /// Puts a reason into the close slot. The first one counts; says whether this was it.
    pub(crate) fn close(&self, reason: CloseReason) -> bool {
        let mut state = self.lock();
        if state.closing || state.gone {
            return false;
        }
        state.closing = true;
        if reason.queued == Queued::Dropped {
            state.queue.clear();
            state.bytes = 0;
        }
        let item = Item::Close(reason);
        state.bytes += item.cost();
        self.bytes.store(state.bytes, Ordering::Relaxed);
        state.queue.push_back(item);
        drop(state);
        self.room.notify_waiters();
        self.wake();
        true
    }

    /// The session takes the next item. None is taken that `may_take` declines; it stays first in the queue.
    pub(crate) fn take(&self, may_take: impl FnOnce(&Item) -> bool) -> Option<Item> {
        let mut state = self.lock();
        if !state.queue.front().is_some_and(may_take) {
            return None;
        }
        let item = state.queue.pop_front()?;
        state.bytes -= item.cost();
        self.bytes.store(state.bytes, Ordering::Relaxed);
        if state.queue.is_empty() && state.queue.capacity() > 64 {
            state.queue = VecDeque::new();
        }
        drop(state);
        self.room.notify_waiters();
        Some(item)
    }

    /// Whether there may be something that was not looked at since the last call.
    pub(crate) fn has_news(&self) -> bool {
        self.news.load(Ordering::Relaxed) && self.news.swap(false, Ordering::Acquire)
    }

    /// The session ends at once, without a farewell.
    pub(crate) fn cut(&self) {
        self.cut.store(true, Ordering::Relaxed);
        self.wake();
    }

    /// Whether the session was told to end at once.
    pub(crate) fn is_cut(&self) -> bool {
        self.cut.load(Ordering::Relaxed)
    }

    /// Notes how many bytes the session has encoded and not yet written.
    pub(crate) fn note_unsent(&self, bytes: usize) {
        self.unsent.store(bytes, Ordering::Relaxed);
    }

    /// How many bytes wait, here and in the session.
    pub(crate) fn depth(&self) -> usize {
        self.bytes() + self.unsent.load(Ordering::Relaxed)
    }

    /// How many bytes wait here.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Whether the session should leave its socket unread.
    pub(crate) fn is_reading_stopped(&self) -> bool {
        self.reading_stopped.load(Ordering::Relaxed)
    }

    /// Stops or resumes the session's reading, at once.
    pub(crate) fn stop_reading(&self, stop: bool) -> Result<(), Refused> {
        if self.lock().gone {
            return Err(Refused::Closed);
        }
        self.reading_stopped.store(stop, Ordering::Relaxed);
        self.wake();
        Ok(())
    }

    /// The session is over: what still waits is dropped, and whoever waits for room learns it.
    pub(crate) fn end(&self) {
        let mut state = self.lock();
        state.gone = true;
        state.queue = VecDeque::new();
        state.bytes = 0;
        drop(state);
        self.bytes.store(0, Ordering::Relaxed);
        self.room.notify_waiters();
    }

    /// The session registers for being woken.
    pub(crate) fn register(&self, waker: &Waker) {
        self.session.register(waker);
    }

    fn wake(&self) {
        self.news.store(true, Ordering::Release);
        self.session.wake();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while the lock is held, and if it did the state would still be whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::item::Fragments, *};
    use bytes::Bytes;
    use crosswire_protocol::{close::CloseCode, digest::Kind};

    fn text(payload: &'static str) -> Item {
        Item::Message { kind: Kind::Text, payload: Bytes::from_static(payload.as_bytes()), fragments: None }
    }

    fn outbox(messages: usize, bytes: usize) -> Outbox {
        Outbox::new(Bounds { messages, bytes })
    }

    fn take(outbox: &Outbox) -> Option<Item> {
        outbox.take(|_| true)
    }

    #[test]
    fn is_bounded_by_messages_and_by_bytes() {
        let few = outbox(2, 100);
        assert!(few.offer(text("a")).is_ok() && few.offer(text("b")).is_ok());
        assert!(matches!(few.offer(text("c")), Err((Refused::Full, _))));
        // Three bytes are five with their header.
        let small = outbox(10, 8);
        assert!(small.offer(text("abc")).is_ok());
        assert!(matches!(small.offer(text("de")), Err((Refused::Full, _))));
        assert!(small.offer(text("d")).is_ok());
    }

    #[test]
    fn one_item_of_any_size_fits_when_nothing_else_waits() {
        let small = outbox(10, 4);
        assert!(small.offer(text("abcdefgh")).is_ok());
        assert_eq!(small.bytes(), 10);
        assert!(take(&small).is_some());
        assert_eq!(small.bytes(), 0);
    }

    #[test]
    fn empty_messages_fragments_and_control_frames_take_room_too() {
        let fragments = Some(Fragments::new(&[0; 100], true));
        let cut = Item::Message { kind: Kind::Text, payload: Bytes::new(), fragments };
        let closing = CloseReason::new(CloseCode::NORMAL, "bye");
        for (item, wire) in [
            (text(""), 2),
            (cut, 100 * 2 + 99 * 2),
            (Item::Ping(Bytes::from_static(b"p")), 3),
            (Item::Pong(Bytes::new()), 2),
            (Item::Raw(Bytes::from_static(b"raw")), 3),
            (Item::Glue(vec![text("a"), Item::Ping(Bytes::new())]), 5),
            (Item::Close(closing.clone()), 7),
        ] {
            let outbox = outbox(10, 1000);
            assert!(outbox.offer(item).is_ok());
            assert_eq!(outbox.bytes(), wire);
            assert!(take(&outbox).is_some());
            assert_eq!(outbox.bytes(), 0);
        }
        let outbox = outbox(10, 1000);
        assert!(outbox.close(closing));
        assert_eq!(outbox.bytes(), 7);
        assert!(take(&outbox).is_some());
        assert_eq!(outbox.bytes(), 0);
    }

    #[test]
    fn a_push_that_finds_no_room_ends_the_connection_with_4008_and_drops_what_waits() {
        let few = outbox(1, 100);
        assert_eq!(few.push(text("a")), Ok(()));
        assert_eq!(few.push(text("b")), Err(Refused::Full));
        assert!(
            matches!(take(&few), Some(Item::Close(reason)) if reason.code == Some(CloseCode::SLOW_READER))
        );
        assert!(take(&few).is_none());
        assert_eq!(few.push(text("c")), Err(Refused::Closed));
    }

    #[test]
    fn the_close_slot_takes_one_reason_behind_what_was_accepted() {
        let outbox = outbox(10, 100);
        assert!(outbox.offer(text("a")).is_ok());
        assert!(outbox.close(CloseReason::new(CloseCode::GOING_AWAY, "first")));
        assert!(!outbox.close(CloseReason::new(CloseCode::NORMAL, "second")));
        assert!(matches!(outbox.offer(text("b")), Err((Refused::Closed, _))));
        assert!(outbox.offer(Item::Drop).is_ok(), "TCP may be cut after a close");
        assert!(matches!(take(&outbox), Some(Item::Message { .. })));
        assert!(matches!(take(&outbox), Some(Item::Close(reason)) if reason.reason == "first"));
    }

    #[tokio::test]
    async fn whoever_waits_for_room_is_let_in_or_told_that_the_session_is_over() {
        let outbox = outbox(1, 100);
        assert!(outbox.offer(text("a")).is_ok());
        let (sent, taken) = tokio::join!(outbox.send(text("b")), async { take(&outbox).is_some() });
        assert_eq!((sent, taken), (Ok(()), true));
        let (sent, ()) = tokio::join!(outbox.send(text("c")), async { outbox.end() });
        assert_eq!(sent, Err(Refused::Closed));
    }
}
