//! What the server saw of a connection, kept while it lives and for a while after, for `seen`.

use crate::{framing::Message, session::CloseReason};
use crosswire_protocol::{
    digest::{Digest, Kind},
    seen::{Close, Counts, Ended, Handshake, Seen, Tally, Until},
};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// One connection's journal.
#[derive(Debug)]
pub(crate) struct Journal {
    handshake: Handshake,
    pages: Mutex<Pages>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Pages {
    received: Side,
    sent: Side,
    last_pong: Option<Vec<u8>>,
    close: Option<Close>,
    ended: Option<Ended>,
}

#[derive(Debug, Default)]
struct Side {
    counts: Counts,
    digest: Digest,
}

impl Side {
    fn add(&mut self, message: Message<'_>) {
        match message.kind {
            Kind::Text => self.counts.text += 1,
            Kind::Binary => self.counts.binary += 1,
        }
        self.counts.bytes += message.payload.len() as u64;
        self.digest.add(message.kind, message.payload);
    }

    #[cfg(feature = "mutants")]
    const fn messages(&self) -> u64 {
        self.counts.text + self.counts.binary
    }

    fn tally(&self) -> Tally {
        let Counts { text, binary, ping, pong, bytes } = self.counts;
        Tally { text, binary, ping, pong, bytes, sha256: self.digest.hex() }
    }
}

impl Journal {
    pub(crate) fn new(handshake: Handshake) -> Self {
        Self { handshake, pages: Mutex::default(), changed: Notify::new() }
    }

    pub(crate) fn received(&self, message: Message<'_>) {
        self.write(|pages| pages.received.add(message));
    }

    pub(crate) fn received_ping(&self) {
        self.write(|pages| pages.received.counts.ping += 1);
    }

    pub(crate) fn received_pong(&self, payload: &[u8]) {
        self.write(|pages| {
            pages.received.counts.pong += 1;
            pages.last_pong = Some(payload.to_vec());
        });
    }

    pub(crate) fn received_close(&self, reason: &CloseReason) {
        let close =
            Close { code: reason.code.map(|code| code.0), reason: reason.reason.clone().into_owned() };
        self.write(|pages| pages.close = Some(close));
    }

    pub(crate) fn sent(&self, message: Message<'_>) {
        self.write(|pages| pages.sent.add(message));
    }

    pub(crate) fn sent_ping(&self) {
        self.write(|pages| pages.sent.counts.ping += 1);
    }

    pub(crate) fn sent_pong(&self) {
        self.write(|pages| pages.sent.counts.pong += 1);
    }

    /// The connection has ended.
    pub(crate) fn ended(&self, ended: Ended) {
        self.write(|pages| pages.ended = Some(ended));
    }

    /// The server's view, as it stands.
    pub(crate) fn seen(&self) -> Seen {
        let pages = self.lock();
        Seen {
            handshake: self.handshake.clone(),
            received: pages.received.tally(),
            sent: pages.sent.tally(),
            last_pong: pages.last_pong.as_ref().map(hex::encode),
            close: pages.close.clone(),
            open: pages.ended.is_none(),
            ended: pages.ended,
        }
    }

    /// Waits until what `until` names is reached. Whoever calls this bounds the wait.
    pub(crate) async fn reached(&self, until: &Until) {
        self.wait(|pages| pages.reach(until)).await;
    }

    async fn wait(&self, is_reached: impl Fn(&Pages) -> bool) {
        loop {
            let changed = self.changed.notified();
            if is_reached(&self.lock()) {
                return;
            }
            changed.await;
        }
    }

    /// How many messages were sent.
    #[cfg(feature = "mutants")]
    pub(crate) fn messages_sent(&self) -> u64 {
        self.lock().sent.messages()
    }

    /// Waits until more messages were sent than these, or none can be any more.
    #[cfg(feature = "mutants")]
    pub(crate) async fn sent_more_than(&self, messages: u64) {
        self.wait(|pages| pages.sent.messages() > messages || pages.ended.is_some()).await;
    }

    fn write(&self, change: impl FnOnce(&mut Pages)) {
        change(&mut self.lock());
        self.changed.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pages {
    fn reach(&self, until: &Until) -> bool {
        until.ended.is_none_or(|ended| ended == self.ended.is_some())
            && until.close.is_none_or(|close| close == self.close.is_some())
            && until.received.is_none_or(|counts| counts.is_reached_by(&self.received.counts))
            && until.sent.is_none_or(|counts| counts.is_reached_by(&self.sent.counts))
    }
}
