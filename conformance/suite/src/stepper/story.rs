//! What was said on a connection, by the client and by the server: where the two cannot both be true.

use super::connection::Connection;
use crate::driver::Message;
use crosswire_protocol::{
    digest::{Digest, Kind},
    seen::{Ended, Seen, Tally},
};

/// The messages of one direction.
#[derive(Debug, Default, Clone)]
pub(super) struct Story {
    text: u64,
    binary: u64,
    bytes: u64,
    digest: Digest,
}

impl Story {
    pub(super) fn add(&mut self, message: &Message) {
        match message.kind {
            Kind::Text => self.text += 1,
            Kind::Binary => self.binary += 1,
        }
        self.bytes += message.length;
        self.digest.add_hashed(message.kind, message.length, &message.sha256);
    }

    const fn messages(&self) -> u64 {
        self.text + self.binary
    }

    const fn counts(&self) -> [u64; 3] {
        [self.text, self.binary, self.bytes]
    }

    /// Whether it is just this, in this order.
    fn is(&self, tally: &Tally) -> bool {
        self.counts() == counts(tally) && self.digest.hex() == tally.sha256
    }

    fn to_words(&self, verb: &str) -> String {
        format!("{verb} {} messages, {} bytes", self.messages(), self.bytes)
    }
}

/// Where two stories cannot both be true.
#[derive(Debug)]
pub(super) struct Contradiction {
    /// What they are about.
    pub(super) about: &'static str,
    /// What the client tells.
    pub(super) client: String,
    /// What the server saw.
    pub(super) server: String,
}

/// Holds the client's story of a connection against the server's.
pub(super) fn contradiction(connection: &Connection, seen: &Seen) -> Option<Contradiction> {
    about_the_handshake(connection, seen)
        .or_else(|| about_the_end(connection, seen))
        .or_else(|| about_what_was_sent(connection, seen))
        .or_else(|| about_what_was_received(connection, seen))
}

fn about_the_handshake(connection: &Connection, seen: &Seen) -> Option<Contradiction> {
    // A scenario answers in bytes of its own.
    let shown = connection.extensions.as_ref().filter(|_| !connection.told_server.is_scenario)?;
    let (client, server) = (agreed(shown), agreed(&seen.handshake.extensions));
    let words = |agreed: &[String]| if agreed.is_empty() { "none".to_owned() } else { agreed.join(", ") };
    (client != server).then(|| Contradiction {
        about: "which extensions were agreed on",
        client: words(&client),
        server: words(&server),
    })
}

/// Extensions one by one, however they were put into headers.
fn agreed(headers: &[String]) -> Vec<String> {
    let parts = headers.iter().flat_map(|header| header.split(','));
    let without_blanks = |part: &str| part.split_whitespace().collect::<String>();
    parts.map(without_blanks).filter(|part| !part.is_empty()).collect()
}

fn about_the_end(connection: &Connection, seen: &Seen) -> Option<Contradiction> {
    let about = "how it ended";
    let closed = connection.closed.as_ref()?;
    // A server that does not read sees neither a close frame nor an end.
    if connection.told_server.stops_reading {
        return None;
    }
    if seen.open {
        return Some(Contradiction { about, client: "closed".to_owned(), server: "still open".to_owned() });
    }
    // Who is told of a violation, or cut, may well have answered a close frame that nobody reads any more.
    let is_listened_to = !matches!(seen.ended, Some(Ended::Violation | Ended::Cut));
    (closed.clean && seen.close.is_none() && is_listened_to).then(|| Contradiction {
        about,
        client: "close frames went both ways".to_owned(),
        server: format!("{}, no close frame came", seen.ended.map_or("not over", Ended::name)),
    })
}

fn about_what_was_sent(connection: &Connection, seen: &Seen) -> Option<Contradiction> {
    let arrived = counts(&seen.received);
    let (mut sent, mut as_far) = (Story::default(), None);
    for message in connection.sent.values().flatten() {
        if sent.messages() == arrived[0] + arrived[1] {
            as_far = Some(sent.clone());
        }
        sent.add(message);
    }
    // What a client sent before its own close frame has arrived; what it sent while the server closed may not have.
    let must_be_all =
        seen.ended == Some(Ended::Clean) && connection.client_ends_it && !connection.told_server.ends;
    let is_short = (0..3).any(|i| arrived[i] < sent.counts()[i]);
    let is_known = !connection.sent_at_once && connection.perhaps_sent.messages() == 0;
    let is_possible = if is_known {
        as_far.as_ref().unwrap_or(&sent).is(&seen.received)
    } else {
        (0..3).all(|i| arrived[i] <= sent.counts()[i] + connection.perhaps_sent.counts()[i])
    };
    (!is_possible || (must_be_all && is_short)).then(|| Contradiction {
        about: "what it sent",
        client: sent.to_words("sent"),
        server: words_of(&seen.received, "received"),
    })
}

fn about_what_was_received(connection: &Connection, seen: &Seen) -> Option<Contradiction> {
    // Of bytes past its codec the server's journal knows nothing.
    if connection.told_server.sends_raw {
        return None;
    }
    let (received, given) = (&connection.received, counts(&seen.sent));
    let is_too_much = (0..3).any(|i| received.counts()[i] > given[i]);
    let is_other = received.counts() == given && !received.is(&seen.sent);
    // After its own close frame a client may drop what still arrives; so may one that a message was too long for.
    let is_clean =
        seen.ended == Some(Ended::Clean) && connection.closed.as_ref().is_some_and(|closed| closed.clean);
    let must_be_all =
        is_clean && connection.told_server.ends && !connection.client_ends_it && !connection.has_limit;
    (is_too_much || is_other || (must_be_all && received.counts() != given)).then(|| Contradiction {
        about: "what it received",
        client: received.to_words("received"),
        server: words_of(&seen.sent, "sent"),
    })
}

const fn counts(tally: &Tally) -> [u64; 3] {
    [tally.text, tally.binary, tally.bytes]
}

fn words_of(tally: &Tally, verb: &str) -> String {
    format!("{verb} {} messages, {} bytes", tally.text + tally.binary, tally.bytes)
}
