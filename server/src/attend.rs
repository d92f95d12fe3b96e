//! One connection, from its acceptance to its end.

#[cfg(not(feature = "mutants"))]
use crate::handshake::judge::judge;
use crate::{
    admission::{Admitted, admit},
    connections::Registration,
    framing::Frames,
    handshake::{
        head::{self, Head},
        judge::{Endpoint, Verdict},
        refusal::{Kind, Refusal},
    },
    http,
    listener::Peer,
    places::Place,
    scenario::{Act, misanswer},
    server::House,
    session::{End, Session, Traffic},
    stream::Stream,
};
#[cfg(feature = "mutants")]
use crate::{mutants, session::Link};
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
    let Opened { session, id, tag, path, registration, place } = opened;
    house.metrics.session_opened();
    let (end, traffic) = session.run().await;
    house.metrics.session_ended(end.ended);
    log_end(&id, tag.as_deref(), peer, path, &end, &traffic);
    // Whoever hears of the end finds a free place.
    #[cfg(feature = "mutants")]
    house.oddities.after(&end, registration.connection(), place);
    #[cfg(not(feature = "mutants"))]
    drop(place);
    drop(socket);
    registration.end(end.ended);
}

/// A session that is about to begin, and its places.
struct Opened<S> {
    session: Session<S, Frames>,
    id: String,
    tag: Option<String>,
    path: &'static str,
    registration: Registration,
    place: Place,
}

/// Reads what the peer wants. Gives a session, or answers everything else itself.
async fn open<S: Stream>(house: &Arc<House>, mut stream: S, peer: Peer) -> Option<Opened<S>> {
    #[cfg(feature = "mutants")]
    let _until_answered = house.oddities.handshake_turn().await;
    let arrived = tokio::select! {
        biased;
        arrived = head::read(&mut stream, house.config.head_limits()) => match arrived {
            Some(arrived) => arrived,
            None => {
                info!(%peer, why = "the client left before it had asked for anything", "left");
                return None;
            }
        },
        () = house.closed.cancelled() => {
            refuse(house, stream, peer, None, &draining(), true).await;
            return None;
        }
    };
    let judged = match &arrived.head {
        #[cfg(not(feature = "mutants"))]
        Ok(head) => judge(head, &house.doors, stream.scheme()).map(|verdict| (head, verdict)),
        #[cfg(feature = "mutants")]
        Ok(head) => mutants::judge(house.config.mutant, head, &house.doors, stream.scheme())
            .map(|verdict| (head, verdict)),
        Err(refusal) => Err(refusal.clone()),
    };
    #[cfg(feature = "mutants")]
    let (mut turn, mut endpoint) = (None, Endpoint::Control);
    let opening = match judged {
        Ok((head, Verdict::Http(page))) => {
            http::answer(house, page, head, arrived.bytes.clone(), stream, peer).await;
            return None;
        }
        Ok((head, Verdict::Upgrade(upgrade))) => {
            if let Endpoint::Scenario(scenario) = upgrade.endpoint
                && let Act::Answer(answer) = scenario.act
            {
                info!(%peer, path = scenario.path, "misanswered");
                #[cfg(feature = "mutants")]
                let head = &house.config.mutant.misread(head);
                misanswer(answer, head, stream, house.config.write_timeout, house.config.short_linger())
                    .await;
                return None;
            }
            #[cfg(feature = "mutants")]
            {
                endpoint = upgrade.endpoint;
                turn = house.oddities.client_turn(endpoint, &house.closed).await;
            }
            admit(house, head, upgrade)
        }
        Err(refusal) => Err(refusal),
    };
    let admitted = match opening {
        Ok(admitted) => admitted,
        Err(refusal) => {
            let path = arrived.head.as_ref().ok().and_then(Head::path);
            refuse(house, stream, peer, path.as_deref(), &refusal, !arrived.asks_for_no_body()).await;
            return None;
        }
    };
    let Admitted { answer, dialect, rules, link, id, tag, path, registration, place } = admitted;
    if !matches!(timeout(house.config.write_timeout, stream.write_all(&answer)).await, Ok(Ok(()))) {
        info!(id, %peer, path, why = "the client did not take the answer to its handshake", "left");
        return None;
    }
    let mut behind = arrived.bytes;
    behind.drain(..arrived.end);
    #[cfg(feature = "mutants")]
    let link = Link { share: Some(house.oddities.share(endpoint, &id, turn)), ..link };
    let session = Session::new(stream, behind, dialect, rules, link);
    Some(Opened { session, id, tag, path, registration, place })
}

/// What everybody is told who comes while the server goes away, or is not done asking when it is gone.
pub(crate) fn draining() -> Refusal {
    Refusal::new(Kind::Draining, "the server is going away; connect again when it is back")
}

/// Turns a request away, in such a way that the answer arrives.
async fn refuse<S: Stream>(
    house: &House,
    mut stream: S,
    peer: Peer,
    path: Option<&str>,
    refusal: &Refusal,
    with_body: bool,
) {
    house.metrics.refused(refusal.kind.name());
    info!(%peer, path, status = refusal.kind.status().as_u16(), reason = refusal.kind.name(), "refused");
    let answer = refusal.bytes(with_body);
    let written = timeout(house.config.write_timeout, async {
        stream.write_all(&answer).await?;
        stream.shutdown().await
    });
    if matches!(written.await, Ok(Ok(()))) {
        read_away(&mut stream, house.config.short_linger()).await;
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
fn log_end(id: &str, tag: Option<&str>, peer: Peer, path: &str, end: &End, traffic: &Traffic) {
    let (received, sent) = (traffic.received.total(), traffic.sent.total());
    info!(
        id,
        tag,
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
