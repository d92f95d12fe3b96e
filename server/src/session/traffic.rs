//! What has passed over one connection, counted here first and reported to the metrics once a turn.

use crate::{framing::Message, metrics::Metrics};
use crosswire_protocol::{digest::Kind, seen::Counts};

/// Both directions of a connection.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Traffic {
    /// From the client.
    pub(crate) received: Way,
    /// To the client.
    pub(crate) sent: Way,
}

/// One direction.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Way {
    counts: Counts,
    reported: Counts,
    /// Pings, counted by whoever handles them.
    pub(crate) ping: u64,
    /// Pongs.
    pub(crate) pong: u64,
}

impl Way {
    pub(super) const fn add(&mut self, message: Message<'_>) {
        match message.kind {
            Kind::Text => self.counts.text += 1,
            Kind::Binary => self.counts.binary += 1,
        }
        self.counts.bytes += message.payload.len() as u64;
    }

    /// Everything since the connection opened.
    pub(crate) const fn total(&self) -> Counts {
        Counts { ping: self.ping, pong: self.pong, ..self.counts }
    }

    /// What has come since the last report.
    fn news(&mut self) -> Option<Counts> {
        let total = self.total();
        if total == self.reported {
            return None;
        }
        let before = std::mem::replace(&mut self.reported, total);
        Some(Counts {
            text: total.text - before.text,
            binary: total.binary - before.binary,
            ping: total.ping - before.ping,
            pong: total.pong - before.pong,
            bytes: total.bytes - before.bytes,
        })
    }
}

impl Traffic {
    pub(super) fn report(&mut self, metrics: &Metrics) {
        if let Some(news) = self.received.news() {
            metrics.received.add(&news);
        }
        if let Some(news) = self.sent.news() {
            metrics.sent.add(&news);
        }
    }
}
