//! What connections of a mutant share, and do to one another.

use super::Mutant;
use crate::{
    connections::{Connection, Connections},
    handshake::judge::Endpoint,
    places::{Place, Places},
    session::{End, Item},
};
use crosswire_protocol::seen::Ended;
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio_util::sync::CancellationToken;

/// With more open sessions than this the server is under load.
const LOAD: usize = 50;

/// What the connections of one server share.
#[derive(Debug)]
pub(crate) struct Oddities {
    pub(crate) mutant: Mutant,
    connections: Arc<Connections>,
    sessions: Arc<Places>,
    /// How many conversations there were.
    opened: AtomicUsize,
    /// How many messages came under load.
    under_load: AtomicUsize,
    /// Places that are never given back.
    leaked: Mutex<Vec<Place>>,
    /// The turn of the one client at a time.
    one_client: Arc<Semaphore>,
    /// The turn of the one handshake at a time.
    one_handshake: Semaphore,
}

/// What a session of a mutant knows of the others.
#[derive(Debug, Clone)]
pub(crate) struct Share {
    pub(crate) mutant: Mutant,
    /// Its conversation's number, from one on.
    pub(crate) number: usize,
    id: String,
    oddities: Arc<Oddities>,
    /// Its turn, where clients have to take turns.
    _turn: Option<Arc<OwnedSemaphorePermit>>,
}

impl Oddities {
    pub(crate) fn new(mutant: Mutant, connections: Arc<Connections>, sessions: Arc<Places>) -> Self {
        Self {
            mutant,
            connections,
            sessions,
            opened: AtomicUsize::new(0),
            under_load: AtomicUsize::new(0),
            leaked: Mutex::default(),
            one_client: Arc::new(Semaphore::new(1)),
            one_handshake: Semaphore::new(1),
        }
    }

    /// Waits until no other handshake is incomplete, where that matters. To be kept until this one is complete.
    pub(crate) async fn handshake_turn(&self) -> Option<SemaphorePermit<'_>> {
        match self.mutant {
            Mutant::StalledHandshakeBlocks => self.one_handshake.acquire().await.ok(),
            _ => None,
        }
    }

    /// Waits until no other client has a conversation, where that matters.
    pub(crate) async fn client_turn(
        &self,
        endpoint: Endpoint,
        closed: &CancellationToken,
    ) -> Option<OwnedSemaphorePermit> {
        if self.mutant.on(endpoint) != Mutant::OneClientAtATime {
            return None;
        }
        tokio::select! {
            turn = self.one_client.clone().acquire_owned() => turn.ok(),
            () = closed.cancelled() => None,
        }
    }

    /// What a session is given that is about to begin.
    pub(crate) fn share(
        self: &Arc<Self>,
        endpoint: Endpoint,
        id: &str,
        turn: Option<OwnedSemaphorePermit>,
    ) -> Share {
        let is_conversation = matches!(endpoint, Endpoint::Talk | Endpoint::Echo);
        let before = self.opened.fetch_add(usize::from(is_conversation), Ordering::Relaxed);
        Share {
            mutant: self.mutant.on(endpoint),
            number: before + 1,
            id: id.to_owned(),
            oddities: self.clone(),
            _turn: turn.map(Arc::new),
        }
    }

    /// A session has ended. Gives its place back, or keeps it.
    pub(crate) fn after(&self, end: &End, connection: &Connection, place: Place) {
        // Whoever is cut with all others did not lose its connection.
        let is_lost = matches!(end.ended, Ended::Vanished | Ended::Cut) && !connection.outbox.is_cut();
        match self.mutant.on(connection.endpoint) {
            Mutant::SlotLeakedByDrop if is_lost => {
                self.leaked.lock().unwrap_or_else(PoisonError::into_inner).push(place);
            }
            Mutant::DeathKillsNeighbours if is_lost => {
                self.connections.for_each_other(&connection.id, |other| other.outbox.cut());
            }
            _ => {}
        }
    }
}

impl Share {
    /// Whether the message that has just come is lost, under load.
    pub(crate) fn loses_under_load(&self) -> bool {
        self.mutant == Mutant::RandomDropUnderLoad
            && self.oddities.sessions.taken() > LOAD
            && self.oddities.under_load.fetch_add(1, Ordering::Relaxed) % 10 == 9
    }

    /// Sends an item to one other conversation.
    pub(crate) fn to_neighbour(&self, item: Item) {
        self.oddities.connections.to_neighbour(&self.id, item);
    }
}

impl Connections {
    /// The registry of this mutant.
    pub(crate) fn wrong_as(mut self, mutant: Mutant) -> Self {
        self.mutant = mutant;
        self
    }

    /// What is pushed to one connection reaches others as well.
    pub(crate) fn spread(&self, connection: &Connection, item: &Item) {
        if !matches!(item, Item::Message { .. }) {
            return;
        }
        match self.mutant.on(connection.endpoint) {
            Mutant::PushToEveryone => self.for_each_other(&connection.id, |other| {
                let _ = other.outbox.offer(item.clone());
            }),
            Mutant::PushToNeighbour => self.to_neighbour(&connection.id, item.clone()),
            _ => {}
        }
    }

    /// Sends an item to the oldest of the other conversations.
    fn to_neighbour(&self, id: &str, item: Item) {
        let mut oldest: Option<(u64, Arc<crate::session::Outbox>)> = None;
        self.for_each_other(id, |other| {
            let number = other.id.trim_start_matches('~').parse().unwrap_or(u64::MAX);
            if oldest.as_ref().is_none_or(|(least, _)| number < *least) {
                oldest = Some((number, other.outbox.clone()));
            }
        });
        if let Some((_, outbox)) = oldest {
            let _ = outbox.offer(item);
        }
    }

    /// Visits every conversation but this one.
    fn for_each_other(&self, id: &str, mut visit: impl FnMut(&Connection)) {
        self.for_each(|other| {
            if other.id != id && matches!(other.endpoint, Endpoint::Talk | Endpoint::Echo) {
                visit(other);
            }
        });
    }
}
