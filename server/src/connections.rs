//! Every open session, by its names; and the journals of those that have ended.

use crate::{
    framing::{FrameWriter as _, Frames, Framing as _, Message},
    handshake::judge::Endpoint,
    journal::Journal,
    session::{CloseReason, Encoded, Item, Outbox},
};
use bytes::Bytes;
use crosswire_protocol::{digest::Kind, seen::Ended};
use std::{
    collections::{HashMap, VecDeque},
    hash::{BuildHasher as _, RandomState},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

/// How many parts the registry has, so that sessions on different cores seldom meet at one lock.
const SHARDS: usize = 16;

/// How long a journal is kept after its session has ended.
const MEMORY: Duration = Duration::from_secs(60);

/// How many journals of ended sessions are kept.
const MOST_MEMORIES: usize = 10_000;

/// The registry.
#[derive(Debug)]
pub(crate) struct Connections {
    shards: [Mutex<HashMap<String, Arc<Connection>>>; SHARDS],
    hasher: RandomState,
    next_id: AtomicU64,
    /// No new session is let in.
    draining: AtomicBool,
    ended: Mutex<VecDeque<Memory>>,
    #[cfg(feature = "mutants")]
    pub(crate) mutant: crate::mutants::Mutant,
}

/// A session as others see it.
#[derive(Debug)]
pub(crate) struct Connection {
    /// The server's own name for it.
    pub(crate) id: String,
    /// The client's.
    pub(crate) tag: Option<String>,
    /// Which conversation it holds.
    pub(crate) endpoint: Endpoint,
    /// What waits to be sent on it.
    pub(crate) outbox: Arc<Outbox>,
    /// What it has seen.
    pub(crate) journal: Option<Arc<Journal>>,
}

#[derive(Debug)]
struct Memory {
    id: String,
    tag: Option<String>,
    journal: Arc<Journal>,
    since: Instant,
}

/// Why a session was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotAdmitted {
    /// Another connection has the tag.
    TagInUse,
    /// The server is going away.
    Draining,
}

/// What a name stands for.
#[derive(Debug)]
pub(crate) enum Known {
    /// An open session.
    Open(Arc<Connection>),
    /// A session that has ended, and what it had seen.
    Ended(Arc<Journal>),
}

/// A session's place in the registry, given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Registration {
    connections: Arc<Connections>,
    connection: Arc<Connection>,
    /// How it ended, once it was let in: only then is there anything to remember.
    ended: Option<Ended>,
}

impl Registration {
    /// The session, as others see it.
    #[cfg(feature = "mutants")]
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The session is over: its names are free, and then everybody who waits for its end is told.
    pub(crate) fn end(mut self, ended: Ended) {
        self.ended = Some(ended);
    }
}

impl Connections {
    pub(crate) fn new() -> Self {
        Self {
            shards: Default::default(),
            hasher: RandomState::new(),
            next_id: AtomicU64::new(1),
            draining: AtomicBool::new(false),
            ended: Mutex::default(),
            #[cfg(feature = "mutants")]
            mutant: crate::mutants::Mutant::Healthy,
        }
    }

    /// A name that no connection has, and that no client can take: a tag has no `~`. It needs no escape in a URL.
    pub(crate) fn new_id(&self) -> String {
        format!("~{}", self.next_id.fetch_add(1, Ordering::Relaxed))
    }

    /// Lets a session in, under its id and under its tag.
    pub(crate) fn admit(self: &Arc<Self>, connection: Connection) -> Result<Registration, NotAdmitted> {
        let connection = Arc::new(connection);
        if let Some(tag) = &connection.tag {
            let mut shard = self.shard(tag);
            if shard.contains_key(tag) {
                return Err(NotAdmitted::TagInUse);
            }
            shard.insert(tag.clone(), connection.clone());
        }
        // From here on the names are given back whatever happens.
        let mut registration = Registration { connections: self.clone(), connection, ended: None };
        let connection = &registration.connection;
        let mut shard = self.shard(&connection.id);
        // Looked at under the lock: whoever drains sets it first and then visits every shard, so that a session is
        // either turned away here or told there.
        if self.draining.load(Ordering::SeqCst) {
            return Err(NotAdmitted::Draining);
        }
        shard.insert(connection.id.clone(), connection.clone());
        drop(shard);
        // What anybody says later counts instead; where nobody does, not even the handshake's answer was taken.
        registration.ended = Some(Ended::Vanished);
        Ok(registration)
    }

    /// Why a session with this tag would be turned away now.
    pub(crate) fn may_admit(&self, tag: Option<&str>) -> Result<(), NotAdmitted> {
        if tag.is_some_and(|tag| self.shard(tag).contains_key(tag)) {
            return Err(NotAdmitted::TagInUse);
        }
        if self.is_draining() { Err(NotAdmitted::Draining) } else { Ok(()) }
    }

    /// The open session with this tag or id, or the last one that had it.
    pub(crate) fn find(&self, name: &str) -> Option<Known> {
        if let Some(connection) = self.shard(name).get(name) {
            return Some(Known::Open(connection.clone()));
        }
        let mut ended = self.ended();
        forget_old(&mut ended, Instant::now());
        ended
            .iter()
            .rev()
            .find(|memory| memory.id == name || memory.tag.as_deref() == Some(name))
            .map(|memory| Known::Ended(memory.journal.clone()))
    }

    /// Sends a text to every plain connection. Gives the number of those that took it.
    pub(crate) fn push_to_all(&self, text: Bytes) -> usize {
        let encoded = encode_text(&text);
        let mut taken = 0;
        self.for_each(|connection| {
            if connection.endpoint == Endpoint::Talk
                && connection.outbox.push(Item::Encoded(encoded.clone())).is_ok()
            {
                taken += 1;
            }
        });
        taken
    }

    /// Lets nobody in any more, and tells everybody that it is over.
    pub(crate) fn drain(&self, reason: &CloseReason) {
        self.draining.store(true, Ordering::SeqCst);
        self.for_each(|connection| {
            connection.outbox.close(reason.clone());
        });
    }

    /// Whether nobody is let in any more.
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }

    /// Ends every session at once. Gives their number.
    pub(crate) fn cut_all(&self) -> usize {
        let mut cut = 0;
        self.for_each(|connection| {
            connection.outbox.cut();
            cut += 1;
        });
        cut
    }

    /// How many names are taken: ids and tags.
    pub(crate) fn names(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).len()).sum()
    }

    /// How many bytes wait in all outboxes.
    pub(crate) fn outbox_bytes(&self) -> usize {
        let mut bytes = 0;
        self.for_each(|connection| bytes += connection.outbox.depth());
        bytes
    }

    /// Visits every session once, shard by shard.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(&Connection)) {
        for shard in &self.shards {
            let connections = lock(shard);
            // A tagged connection stands here under both its names.
            connections
                .iter()
                .filter(|(name, connection)| **name == connection.id)
                .for_each(|(_, it)| visit(it));
        }
    }

    fn shard(&self, name: &str) -> MutexGuard<'_, HashMap<String, Arc<Connection>>> {
        let shard = self.hasher.hash_one(name) as usize % SHARDS;
        lock(&self.shards[shard])
    }

    fn ended(&self) -> MutexGuard<'_, VecDeque<Memory>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let Connection { id, tag, journal, .. } = &*self.connection;
        let kept = self.ended.zip(journal.as_ref());
        // The journal is kept before the names are free, so that there is no moment at which nothing is known.
        if let Some((_, journal)) = kept {
            let since = Instant::now();
            let mut ended = self.connections.ended();
            forget_old(&mut ended, since);
            if ended.len() == MOST_MEMORIES {
                ended.pop_front();
            }
            ended.push_back(Memory { id: id.clone(), tag: tag.clone(), journal: journal.clone(), since });
        }
        #[cfg(feature = "mutants")]
        let tag = tag.as_ref().filter(|_| self.connections.mutant != crate::mutants::Mutant::TagNotFreed);
        #[cfg(not(feature = "mutants"))]
        let tag = tag.as_ref();
        for name in [Some(id), tag].into_iter().flatten() {
            self.connections.shard(name).remove(name);
        }
        // Last of all: whoever hears of the end may use the tag again at once.
        if let Some((ended, journal)) = kept {
            journal.ended(ended);
        }
    }
}

fn forget_old(ended: &mut VecDeque<Memory>, now: Instant) {
    while ended.front().is_some_and(|memory| now.duration_since(memory.since) > MEMORY) {
        ended.pop_front();
    }
}

fn lock<T>(shard: &Mutex<T>) -> MutexGuard<'_, T> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A text message as a frame that any number of sessions can send.
fn encode_text(text: &[u8]) -> Encoded {
    let mut wire = Vec::new();
    let (_, mut writer) = Frames::halves(crate::framing::Limits::NONE);
    writer.write_message(Message { kind: Kind::Text, payload: text }, &mut wire);
    Encoded { payload_at: wire.len() - text.len(), wire: wire.into(), kind: Kind::Text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Bounds;

    fn connection(connections: &Connections, tag: Option<&str>) -> Connection {
        Connection {
            id: connections.new_id(),
            tag: tag.map(str::to_owned),
            endpoint: Endpoint::Talk,
            outbox: Arc::new(Outbox::new(Bounds { messages: 10, bytes: 1000 })),
            journal: None,
        }
    }

    #[test]
    fn a_tag_names_one_connection_and_is_free_again_when_that_ends() {
        let connections = Arc::new(Connections::new());
        let first = connections.admit(connection(&connections, Some("t"))).unwrap();
        let second = connections.admit(connection(&connections, Some("t")));
        assert_eq!(second.unwrap_err(), NotAdmitted::TagInUse);
        assert!(matches!(connections.find("t"), Some(Known::Open(found)) if found.id == first.connection.id));
        drop(first);
        assert!(connections.find("t").is_none());
        assert!(connections.admit(connection(&connections, Some("t"))).is_ok());
    }

    #[test]
    fn whoever_is_turned_away_leaves_no_name_behind() {
        let connections = Arc::new(Connections::new());
        connections.drain(&CloseReason::new(crosswire_protocol::close::CloseCode::GOING_AWAY, ""));
        let admitted = connections.admit(connection(&connections, Some("t")));
        assert_eq!(admitted.unwrap_err(), NotAdmitted::Draining);
        assert!(connections.shards.iter().all(|shard| lock(shard).is_empty()));
    }

    #[test]
    fn a_push_reaches_everybody_once() {
        let connections = Arc::new(Connections::new());
        let tagged = connections.admit(connection(&connections, Some("t"))).unwrap();
        let untagged = connections.admit(connection(&connections, None)).unwrap();
        assert_eq!(connections.push_to_all(Bytes::from_static(b"hello")), 2);
        for registration in [&tagged, &untagged] {
            let outbox = &registration.connection.outbox;
            assert!(
                matches!(outbox.take(|_| true), Some(Item::Encoded(it)) if &it.wire[..] == b"\x81\x05hello")
            );
            assert!(outbox.take(|_| true).is_none());
        }
    }
}
