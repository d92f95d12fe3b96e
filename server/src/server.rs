//! The whole server: its listeners, what its connections share, and its end.

use crate::{
    attend::attend,
    config::Config,
    connections::Connections,
    handshake::doors::{Doors, Token},
    listener::Listener,
    metrics::Metrics,
    places::Places,
    results::Results,
    session::CloseReason,
    shutdown::{Shutdown, Stopped},
    tasks::Tasks,
};
use crosswire_protocol::close::CloseCode;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// What every connection of a server shares.
#[derive(Debug)]
pub(crate) struct House {
    pub(crate) config: Config,
    pub(crate) doors: Doors,
    pub(crate) connections: Arc<Connections>,
    pub(crate) metrics: Arc<Metrics>,
    /// What is shown of other languages.
    pub(crate) results: Results,
    /// A place for each session.
    pub(crate) sessions: Arc<Places>,
    /// A permit for each connection, whatever becomes of it.
    sockets: Arc<Semaphore>,
    /// The drain is over: whoever is not done asking is told so.
    pub(crate) closed: CancellationToken,
    pub(crate) tasks: Tasks,
    #[cfg(feature = "mutants")]
    pub(crate) oddities: Arc<crate::mutants::Oddities>,
}

/// A server that has its configuration and waits for its listeners.
#[derive(Debug, Clone)]
pub struct Server(Arc<House>);

/// What is alive in a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Census {
    /// Sessions that hold a place.
    pub sessions: usize,
    /// Tasks that are not over.
    pub tasks: usize,
    /// Tags and ids that are taken.
    pub names: usize,
    /// Bytes that wait in outboxes.
    pub outbox_bytes: usize,
}

/// After an accept that failed for want of something, so long is waited for it to come back; at most.
const LONGEST_ACCEPT_PAUSE: Duration = Duration::from_secs(1);
const SHORTEST_ACCEPT_PAUSE: Duration = Duration::from_millis(5);

/// How long sessions have to come to their turn after they were cut, on a machine that is busy.
const ONE_TURN: Duration = Duration::from_secs(1);

impl Server {
    /// A server. `only_loopback` says whether nobody but this machine can reach its listeners.
    ///
    /// # Errors
    /// When the operating system gives no random numbers for the token.
    pub fn new(config: Config, only_loopback: bool) -> Result<Self, getrandom::Error> {
        let doors = Doors {
            hosts: config.allow_hosts.clone(),
            origins: config.allow_origins.clone(),
            only_loopback,
            token: Token::random()?,
        };
        let connections = Connections::new();
        #[cfg(feature = "mutants")]
        let connections = connections.wrong_as(config.mutant);
        let (connections, sessions) = (Arc::new(connections), Arc::new(Places::new(config.max_sessions)));
        Ok(Self(Arc::new(House {
            doors,
            #[cfg(feature = "mutants")]
            oddities: Arc::new(crate::mutants::Oddities::new(
                config.mutant,
                connections.clone(),
                sessions.clone(),
            )),
            connections,
            metrics: Arc::new(Metrics::new()),
            results: Results::at(&config.results),
            sessions,
            sockets: Arc::new(Semaphore::new(config.max_sessions + config.max_handshakes)),
            closed: CancellationToken::new(),
            tasks: Tasks::default(),
            config,
        })))
    }

    /// The token of this start, for the ready line and the banner.
    pub fn token(&self) -> &str {
        self.0.doors.token.reveal()
    }

    /// What is alive in this server now. After [`Server::serve`] has returned nothing should be.
    pub fn census(&self) -> Census {
        let (names, outbox_bytes) = (self.0.connections.names(), self.0.connections.outbox_bytes());
        Census { sessions: self.0.open_sessions(), tasks: self.0.tasks.open(), names, outbox_bytes }
    }

    /// Serves until it is told to stop.
    pub async fn serve<L: Listener>(&self, listeners: Vec<L>, shutdown: Shutdown) -> Stopped {
        let house = &self.0;
        for listener in listeners {
            let accepting = accept_all(house.clone(), listener);
            house.tasks.begin(accepting);
        }
        shutdown.drain_asked().await;
        let stopped = tokio::select! {
            // Told to end at once means just that, also where both were asked for.
            biased;
            () = shutdown.end_asked() => Stopped::AtOnce,
            stopped = house.drain() => stopped,
        };
        house.closed.cancel();
        house.connections.cut_all();
        if stopped != Stopped::AtOnce {
            // Sessions that are cut wait for nothing, and only want their turn.
            let _ = timeout(ONE_TURN, house.sessions.all_free()).await;
            // What is left are refusals and pages: an answer each, and then the time that its client has to hear it.
            // Whoever wants a short drain wants a short end.
            let patience = (house.config.short_linger() * 2).min(house.config.drain_timeout);
            let _ = timeout(patience, house.tasks.all_over()).await;
        }
        stopped
    }
}

impl House {
    /// Closes every session. Until that is done, new connections are still accepted, to be told why they may not stay.
    async fn drain(&self) -> Stopped {
        let open = self.open_sessions();
        info!(sessions = open, "draining");
        let reason = CloseReason::new(CloseCode::GOING_AWAY, "the server is going away");
        self.connections.drain(&reason);
        if timeout(self.config.drain_timeout, self.sessions.all_free()).await.is_ok() {
            return Stopped::Drained;
        }
        let sessions = self.open_sessions();
        warn!(sessions, "the drain's time is over; these sessions are cut");
        Stopped::Cut { sessions }
    }

    pub(crate) fn open_sessions(&self) -> usize {
        self.sessions.taken()
    }
}

/// Accepts until it is told to stop. A failure of one connection concerns nobody else.
async fn accept_all<L: Listener>(house: Arc<House>, mut listener: L) {
    let mut pause = SHORTEST_ACCEPT_PAUSE;
    loop {
        let next = async {
            let accepted = listener.accept().await;
            // Behind the accept: a listener to which nobody comes must not keep a permit from the others.
            (house.sockets.clone().acquire_owned().await, accepted)
        };
        let (permit, accepted) = tokio::select! {
            () = house.closed.cancelled() => return,
            next = next => next,
        };
        // The semaphore is never closed.
        let Ok(permit) = permit else { return };
        match accepted {
            Ok((stream, peer)) => {
                pause = SHORTEST_ACCEPT_PAUSE;
                house.tasks.begin(attend(house.clone(), stream, peer, permit));
            }
            Err(error) => {
                house.metrics.accept_failed();
                if is_the_peers_fault(&error) {
                    continue;
                }
                warn!(%error, "a connection could not be accepted; waiting for {} ms", pause.as_millis());
                tokio::select! {
                    () = house.closed.cancelled() => return,
                    () = sleep(pause) => {}
                }
                pause = (pause * 2).min(LONGEST_ACCEPT_PAUSE);
            }
        }
    }
}

/// Whether an accept failed because the connection was gone before it was taken.
fn is_the_peers_fault(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
