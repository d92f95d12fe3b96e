//! What is counted, and how it is read: `GET /metrics`.

use crosswire_protocol::{
    close::CloseCode,
    seen::{Counts, Ended},
};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};

/// The media type of [`Metrics::text`].
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Everything that is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    /// Sessions that are open.
    pub(crate) sessions: Gauge,
    /// Bytes that wait in all outboxes, measured when asked.
    pub(crate) outbox_bytes: Gauge,
    /// From clients.
    pub(crate) received: Flow,
    /// To clients.
    pub(crate) sent: Flow,
    opened: Counter,
    ended: Family<HowLabel, Counter>,
    closes: Family<CloseLabel, Counter>,
    violations: Family<CodeLabel, Counter>,
    refused: Family<ReasonLabel, Counter>,
    accept_errors: Counter,
}

/// One direction.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    text: Counter,
    binary: Counter,
    ping: Counter,
    pong: Counter,
    bytes: Counter,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct HowLabel {
    how: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CloseLabel {
    by: &'static str,
    code: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CodeLabel {
    code: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabel {
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabel {
    kind: &'static str,
}

impl Flow {
    pub(crate) fn add(&self, counts: &Counts) {
        for (counter, count) in [
            (&self.text, counts.text),
            (&self.binary, counts.binary),
            (&self.ping, counts.ping),
            (&self.pong, counts.pong),
            (&self.bytes, counts.bytes),
        ] {
            if count > 0 {
                counter.inc_by(count);
            }
        }
    }

    /// A flow whose counters are the members of these families, looked up once and not at every message.
    fn register(registry: &mut Registry, verb: &str) -> Self {
        let messages = Family::<KindLabel, Counter>::default();
        let controls = Family::<KindLabel, Counter>::default();
        let flow = Self {
            text: messages.get_or_create_owned(&KindLabel { kind: "text" }),
            binary: messages.get_or_create_owned(&KindLabel { kind: "binary" }),
            ping: controls.get_or_create_owned(&KindLabel { kind: "ping" }),
            pong: controls.get_or_create_owned(&KindLabel { kind: "pong" }),
            bytes: Counter::default(),
        };
        registry.register(format!("messages_{verb}"), format!("Messages {verb}, by kind"), messages);
        registry.register(format!("control_frames_{verb}"), format!("Pings and pongs {verb}"), controls);
        registry.register_with_unit(
            format!("payload_{verb}"),
            format!("Payload of messages {verb}"),
            Unit::Bytes,
            flow.bytes.clone(),
        );
        flow
    }
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("crosswire");
        let received = Flow::register(&mut registry, "received");
        let sent = Flow::register(&mut registry, "sent");
        let metrics = Self {
            registry: Registry::default(),
            sessions: Gauge::default(),
            outbox_bytes: Gauge::default(),
            received,
            sent,
            opened: Counter::default(),
            ended: Family::default(),
            closes: Family::default(),
            violations: Family::default(),
            refused: Family::default(),
            accept_errors: Counter::default(),
        };
        registry.register("sessions", "Sessions that are open", metrics.sessions.clone());
        registry.register_with_unit(
            "outbox",
            "Bytes that wait to be sent in all sessions",
            Unit::Bytes,
            metrics.outbox_bytes.clone(),
        );
        registry.register("sessions_opened", "Handshakes that became sessions", metrics.opened.clone());
        registry.register(
            "sessions_ended",
            "Sessions that are over, by how they ended",
            metrics.ended.clone(),
        );
        registry.register(
            "closes",
            "Close frames, by who sent them and code (0: none)",
            metrics.closes.clone(),
        );
        registry.register(
            "violations",
            "Sessions ended for what their client sent, by close code",
            metrics.violations.clone(),
        );
        registry.register("requests_refused", "Requests refused, by reason", metrics.refused.clone());
        registry.register(
            "accept_errors",
            "Connections that could not be accepted",
            metrics.accept_errors.clone(),
        );
        Self { registry, ..metrics }
    }

    pub(crate) fn session_opened(&self) {
        self.sessions.inc();
        self.opened.inc();
    }

    pub(crate) fn session_ended(&self, ended: Ended) {
        self.sessions.dec();
        self.ended.get_or_create(&HowLabel { how: ended.name() }).inc();
    }

    pub(crate) fn close_received(&self, code: Option<CloseCode>) {
        self.closes.get_or_create(&CloseLabel { by: "client", code: code.map_or(0, |code| code.0) }).inc();
    }

    pub(crate) fn close_sent(&self, code: Option<CloseCode>) {
        self.closes.get_or_create(&CloseLabel { by: "server", code: code.map_or(0, |code| code.0) }).inc();
    }

    pub(crate) fn violation(&self, code: CloseCode) {
        self.violations.get_or_create(&CodeLabel { code: code.0 }).inc();
    }

    pub(crate) fn refused(&self, reason: &'static str) {
        self.refused.get_or_create(&ReasonLabel { reason }).inc();
    }

    pub(crate) fn accept_failed(&self) {
        self.accept_errors.inc();
    }

    /// All of it, as Prometheus reads it.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // A string takes whatever is written to it.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_units_follow_the_conventions() {
        let metrics = Metrics::new();
        metrics.session_opened();
        metrics.refused("bad_key");
        metrics.received.add(&Counts { text: 2, bytes: 10, ..Counts::default() });
        let text = metrics.text();
        for line in [
            "crosswire_sessions 1",
            "crosswire_sessions_opened_total 1",
            "crosswire_messages_received_total{kind=\"text\"} 2",
            "crosswire_payload_received_bytes_total 10",
            "crosswire_requests_refused_total{reason=\"bad_key\"} 1",
            "# UNIT crosswire_outbox_bytes bytes",
            "# EOF",
        ] {
            assert!(text.lines().any(|found| found == line), "no line `{line}` in\n{text}");
        }
    }
}
