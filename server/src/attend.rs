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
    let Opened { session, name, path, journal, registration, permit } = opened;
    house.metrics.session_opened();
    let (end, traffic) = session.run().await;
    if let Some(journal) = &journal {
        journal.ended(end.ended);
    }
    house.metrics.session_ended(end.ended);
    log_end(&name, peer, path, &end, &traffic);
    drop((registration, permit, socket));
}

/// A session that is about to begin, and its places.
struct Opened<S> {
    session: Session<S, Frames>,
    name: String,
    path: &'static str,
    journal: Option<Arc<Journal>>,
    registration: Registration,
    permit: OwnedSemaphorePermit,
}

/// Reads what the peer wants. Gives a session, or answers everything else itself.
async fn open<S: Stream>(house: &Arc<House>, mut stream: S, peer: Peer) -> Option<Opened<S>> {
    let arrived = head::read(&mut stream, house.config.head_limits()).await?;
    let judged = match &arrived.head {
        Ok(head) => judge(head, &house.doors, stream.scheme()).map(|verdict| (head, verdict)),
        Err(refusal) => Err(refusal.clone()),
    };
    let opening = match judged {
        Ok((head, Verdict::Http(page))) => match http::check_framing(head) {
            Ok(()) => {
                http::answer(house, page, head, arrived.bytes.clone(), stream, peer).await;
                return None;
            }
            Err(refusal) => Err(refusal),
        },
        Ok((head, Verdict::Upgrade(upgrade))) => admit(house, head, upgrade),
        Err(refusal) => Err(refusal),
    };
    let admitted = match opening {
        Ok(admitted) => admitted,
        Err(refusal) => {
            let is_head = matches!(&arrived.head, Ok(head) if head.method == "HEAD");
            refuse(house, stream, peer, &refusal, !is_head).await;
            return None;
        }
    };
    let Admitted { answer, dialect, rules, link, name, path, registration, permit } = admitted;
    // A peer that takes not even this was never there.
    timeout(house.config.write_timeout, stream.write_all(&answer)).await.ok()?.ok()?;
    let mut behind = arrived.bytes;
    behind.drain(..arrived.end);
    let journal = link.journal.clone();
    let session = Session::new(stream, behind, dialect, rules, link);
    Some(Opened { session, name, path, journal, registration, permit })
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
    permit: OwnedSemaphorePermit,
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
    let draining = || Refusal::new(Kind::Draining, "the server is going away; connect again when it is back");
    let registration = house.connections.admit(connection).map_err(|refused| match refused {
        NotAdmitted::TagInUse => {
            let message = "another connection has this tag; choose another, or wait until that one has ended";
            Refusal::new(Kind::TagInUse, message)
        }
        NotAdmitted::Draining => draining(),
    })?;
    let permit = house.sessions.clone().try_acquire_owned().map_err(|_| {
        if house.connections.is_draining() {
            return draining();
        }
        let most = config.max_sessions;
        Refusal::new(Kind::Full, format!("all {most} sessions are taken; try again, or raise --max-sessions"))
    })?;
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
    Ok(Admitted { answer, dialect, rules: rules(house, endpoint), link, name, path, registration, permit })
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
