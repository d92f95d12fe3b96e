//! One connection, from its acceptance to its end.

use crate::{
    config::LONGEST_ECHO,
    connections::{Connection, NotAdmitted, Registration},
    dialect::{Control, Dialect},
    framing::{Frames, Limits},
    handshake::{
        head::{self, Head},
        judge::{Endpoint, Upgrade, Verdict, judge},
        refusal::{Kind, Refusal},
        switching_protocols,
    },
    http,
    journal::Journal,
    listener::Peer,
    places::Place,
    server::House,
    session::{Bounds, End, Link, Outbox, Rules, Session, Traffic},
    stream::Stream,
};
use crosswire_protocol::{seen::Handshake, welcome::Welcome};
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::OwnedSemaphorePermit,
    time::timeout,
};
use tracing::info;

/// Who the server says it is.
pub(crate) const SERVER: &str = concat!("crosswire/", env!("CARGO_PKG_VERSION"));

/// Looks after a connection to its end.
pub(crate) async fn attend<S: Stream>(
    house: Arc<House>,
    stream: S,
    peer: Peer,
    socket: OwnedSemaphorePermit,
) {
    // What a handshake needs is large and soon over; on the heap it does not weigh on the session that follows.
    let Some(opened) = Box::pin(open(&house, stream, peer)).await else { return };
    let Opened { session, name, path, registration, place } = opened;
    house.metrics.session_opened();
    let (end, traffic) = session.run().await;
    house.metrics.session_ended(end.ended);
    log_end(&name, peer, path, &end, &traffic);
    // Whoever hears of the end finds a free place.
    drop((place, socket));
    registration.end(end.ended);
}

/// A session that is about to begin, and its places.
struct Opened<S> {
    session: Session<S, Frames>,
    name: String,
    path: &'static str,
    registration: Registration,
    place: Place,
}

/// Reads what the peer wants. Gives a session, or answers everything else itself.
async fn open<S: Stream>(house: &Arc<House>, mut stream: S, peer: Peer) -> Option<Opened<S>> {
    let arrived = tokio::select! {
        biased;
        arrived = head::read(&mut stream, house.config.head_limits()) => arrived?,
        () = house.closed.cancelled() => {
            refuse(house, stream, peer, &draining(), true).await;
            return None;
        }
    };
    let judged = match &arrived.head {
        Ok(head) => judge(head, &house.doors, stream.scheme()).map(|verdict| (head, verdict)),
        Err(refusal) => Err(refusal.clone()),
    };
    let opening = match judged {
        Ok((head, Verdict::Http(page))) => {
            http::answer(house, page, head, arrived.bytes.clone(), stream, peer).await;
            return None;
        }
        Ok((head, Verdict::Upgrade(upgrade))) => admit(house, head, upgrade),
        Err(refusal) => Err(refusal),
    };
    let admitted = match opening {
        Ok(admitted) => admitted,
        Err(refusal) => {
            refuse(house, stream, peer, &refusal, !arrived.asks_for_no_body()).await;
            return None;
        }
    };
    let Admitted { answer, dialect, rules, link, name, path, registration, place } = admitted;
    // A peer that takes not even this was never there.
    timeout(house.config.write_timeout, stream.write_all(&answer)).await.ok()?.ok()?;
    let mut behind = arrived.bytes;
    behind.drain(..arrived.end);
    let session = Session::new(stream, behind, dialect, rules, link);
    Some(Opened { session, name, path, registration, place })
}

/// A handshake that was let in.
struct Admitted {
    answer: Vec<u8>,
    dialect: Dialect,
    rules: Rules,
    link: Link,
    name: String,
    path: &'static str,
    registration: Registration,
    place: Place,
}

fn admit(house: &Arc<House>, head: &Head, upgrade: Upgrade) -> Result<Admitted, Refusal> {
    let config = &house.config;
    let answer = switching_protocols(&upgrade);
    let Upgrade { endpoint, subprotocol, tag, .. } = upgrade;
    let id = house.connections.new_id();
    let journal = config.journal.then(|| Arc::new(Journal::new(handshake(head, subprotocol))));
    let bounds = Bounds { messages: config.max_pushes, bytes: config.max_push_bytes };
    let outbox = Arc::new(Outbox::new(bounds));
    let connection = Connection {
        id: id.clone(),
        tag: tag.clone(),
        endpoint,
        outbox: outbox.clone(),
        journal: journal.clone(),
    };
    let refused = |refused| match refused {
        NotAdmitted::TagInUse => {
            let message = "another connection has this tag; choose another, or wait until that one has ended";
            Refusal::new(Kind::TagInUse, message)
        }
        NotAdmitted::Draining => draining(),
    };
    // The place comes first, so that a client that finds none never holds its tag, not even for a moment.
    let Some(place) = house.sessions.take() else {
        house.connections.may_admit(tag.as_deref()).map_err(refused)?;
        let most = config.max_sessions;
        let message = format!("all {most} sessions are taken; try again, or raise --max-sessions");
        return Err(Refusal::new(Kind::Full, message));
    };
    let registration = house.connections.admit(connection).map_err(refused)?;
    let (dialect, path) = match endpoint {
        Endpoint::Talk => {
            (Dialect::Plain(Welcome { connection: id.clone(), server: SERVER.to_owned() }), "/ws")
        }
        Endpoint::Echo => (Dialect::Echo, "/echo"),
        Endpoint::Control => {
            let control = Control::new(house.connections.clone(), config.write_timeout);
            (Dialect::Control(control), "/control")
        }
    };
    let link = Link { outbox, journal, metrics: house.metrics.clone() };
    let name = tag.unwrap_or(id);
    Ok(Admitted { answer, dialect, rules: rules(house, endpoint), link, name, path, registration, place })
}

/// The numbers that an endpoint's sessions live by.
fn rules(house: &House, endpoint: Endpoint) -> Rules {
    let config = &house.config;
    let limits = match endpoint {
        Endpoint::Talk => {
            Limits { message: config.max_message, frame: config.max_frame, fragments: config.max_fragments }
        }
        // Wire-level suites send 16 MiB, and a message in as many frames as it has bytes. A command for /control may
        // hold a payload twice as long as itself in hex.
        Endpoint::Echo | Endpoint::Control => {
            let longest = LONGEST_ECHO.max(config.max_message);
            Limits { message: longest, frame: longest, fragments: usize::MAX }
        }
    };
    Rules {
        limits,
        outbox_mark: config.outbox_mark,
        write_timeout: config.write_timeout,
        // `/echo` sends nothing of its own.
        ping_interval: config.ping_interval.filter(|_| endpoint != Endpoint::Echo),
        close_timeout: config.close_timeout,
        linger: config.linger,
    }
}

fn handshake(head: &Head, subprotocol: Option<String>) -> Handshake {
    let headers = head.headers.iter();
    Handshake {
        target: head.target.clone(),
        headers: headers
            .map(|(name, value)| (name.clone(), String::from_utf8_lossy(value).into_owned()))
            .collect(),
        subprotocol,
        extensions: Vec::new(),
    }
}

/// What everybody is told who comes while the server goes away, or is not done asking when it is gone.
pub(crate) fn draining() -> Refusal {
    Refusal::new(Kind::Draining, "the server is going away; connect again when it is back")
}

/// Turns a request away, in such a way that the answer arrives.
async fn refuse<S: Stream>(house: &House, mut stream: S, peer: Peer, refusal: &Refusal, with_body: bool) {
    house.metrics.refused(refusal.kind.name());
    info!(%peer, status = refusal.kind.status().as_u16(), reason = refusal.kind.name(), "refused");
    let answer = refusal.bytes(with_body);
    let written = timeout(house.config.write_timeout, async {
        stream.write_all(&answer).await?;
        stream.shutdown().await
    });
    if matches!(written.await, Ok(Ok(()))) {
        read_away(&mut stream, house.config.linger).await;
    }
}

/// Reads what still comes until the peer has ended its side: closing over unread bytes would send a reset, and that
/// could overtake what was just written.
pub(crate) async fn read_away<S: Stream>(stream: &mut S, linger: Duration) {
    let mut scrap = [0; 1024];
    let until_end = async { while matches!(stream.read(&mut scrap).await, Ok(read) if read > 0) {} };
    let _ = timeout(linger, until_end).await;
}

/// The one line that a session leaves in the log: how it ended and what it did, nothing of what was said.
fn log_end(name: &str, peer: Peer, path: &str, end: &End, traffic: &Traffic) {
    let (received, sent) = (traffic.received.total(), traffic.sent.total());
    info!(
        id = name,
        %peer,
        path,
        ended = end.ended.name(),
        why = &*end.why,
        messages_in = received.text + received.binary,
        bytes_in = received.bytes,
        messages_out = sent.text + sent.binary,
        bytes_out = sent.bytes,
        "session"
    );
}
