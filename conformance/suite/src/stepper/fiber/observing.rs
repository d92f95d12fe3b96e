//! What a test asks to be written down. Whatever it is, and whether it comes at all, no test fails by it.

use super::{Progress, Stepper, Wait, begin::seen_act, wait::Checked};
use crate::{
    driver::{Closed, Message},
    judgement::Observed as Answer,
    stepper::{Connection, connection::State},
    suite::{Observe, Observed, Step},
};
use crosswire_protocol::digest::Kind;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// How much longer than the server itself the judge waits for what it saw.
const GRACE_MS: u64 = 1000;

impl Observe {
    pub(super) fn answered(&self, value: Option<Value>) -> Answer {
        let value = value.and_then(|value| value.pointer(&self.at).cloned());
        Answer { name: self.name.clone(), about: self.about, value }
    }
}

impl Stepper {
    pub(super) fn begin_observing(
        &mut self,
        observe: &Observe,
        connection: usize,
    ) -> Option<(Wait, Duration)> {
        let call = match &observe.of {
            Observed::Seen(until) => {
                let act = seen_act(until.as_ref(), self.scaled_ms(observe.within_ms));
                self.call(connection, vec![act])
            }
            _ => None,
        };
        let grace = if call.is_some() { GRACE_MS } else { 0 };
        Some((Wait::Observed { connection, call }, self.scaled(observe.within_ms + grace)))
    }

    pub(super) fn check_observed(
        &mut self,
        connection: usize,
        call: Option<u64>,
        observe: &Observe,
    ) -> Checked {
        // Who was told not to read has its welcome before everything else.
        if !self.connections[connection].inbox.is_empty() {
            self.take_late_welcome(connection)?;
        }
        let observed = &mut self.connections[connection];
        let is_refused = observed.state == State::Refused;
        let value = match &observe.of {
            Observed::Opening => Some(opening(observed)),
            Observed::Answer => observed.answer.as_ref().map(|answer| match answer {
                Ok(()) => json!({"is": "done"}),
                Err(error) => json!({"is": "failed", "error": error}),
            }),
            Observed::Next | Observed::Closed if is_refused => None,
            Observed::Next => match (observed.inbox.pop_front(), &observed.closed) {
                (Some(message), _) => Some(told(&message)),
                (None, Some(closed)) => Some(ended(closed)),
                (None, None) => return Ok(Progress::Pending),
            },
            Observed::Closed => match &observed.closed {
                Some(closed) => Some(ended(closed)),
                None => return Ok(Progress::Pending),
            },
            Observed::Seen(_) => match call.map(|call| self.answers.remove(&call)) {
                Some(None) => return Ok(Progress::Pending),
                Some(Some(Ok(mut answer))) => answer.get_mut("seen").map(Value::take).map(by_header),
                Some(Some(Err(_))) | None => None,
            },
        };
        let value = value.map(|value| self.without_addresses(value, connection));
        self.observed.push(observe.answered(value));
        Ok(Progress::Done)
    }

    /// Keeps what the client said to a command that was allowed to fail.
    pub(super) fn keep_answer(&mut self, c: u64, step: &Step) {
        let Some(told) = self.commands.get(&c) else { return };
        if let Some(connection) = told.connection {
            let connection = &mut self.connections[connection];
            connection.answer.clone_from(&told.answer);
            connection.client_ends_it |= matches!(step, Step::Close { .. }) && told.answer == Some(Ok(()));
        }
    }

    /// Ports and tags are others in each run; two clients that say the same shall say the same.
    fn without_addresses(&self, value: Value, connection: usize) -> Value {
        match value {
            Value::String(text) => {
                let text = match &self.connections[connection].tag {
                    Some(tag) => text.replace(tag, "TAG"),
                    None => text,
                };
                let hosts = self.world.others.values().chain([&self.world.url]).map(|url| host(url));
                Value::String(hosts.fold(text, |text, host| without_ports(&text, host)))
            }
            Value::Array(values) => {
                values.into_iter().map(|value| self.without_addresses(value, connection)).collect()
            }
            Value::Object(members) => members
                .into_iter()
                .map(|(key, value)| (key, self.without_addresses(value, connection)))
                .collect::<Map<_, _>>()
                .into(),
            value => value,
        }
    }
}

fn opening(connection: &Connection) -> Value {
    match (&connection.refusal, connection.state) {
        (Some(error), State::Refused) => {
            json!({"is": "refused", "status": connection.status, "error": error})
        }
        _ => {
            let (subprotocol, extensions) = (&connection.subprotocol, &connection.extensions);
            json!({"is": "opened", "subprotocol": subprotocol, "extensions": extensions})
        }
    }
}

fn told(message: &Message) -> Value {
    let kind = match message.kind {
        Kind::Text => "text",
        Kind::Binary => "binary",
    };
    json!({"is": "received", "kind": kind, "len": message.length})
}

fn ended(closed: &Closed) -> Value {
    json!({"is": "closed", "code": closed.code, "reason": closed.reason, "clean": closed.clean})
}

/// What a server saw, with headers to be found by their names, in lower-case letters.
fn by_header(mut seen: Value) -> Value {
    if let Some(headers) = seen.pointer_mut("/handshake/headers") {
        let pairs = headers.take();
        let pairs = pairs.as_array().into_iter().flatten();
        let named = pairs.filter_map(|pair| Some((pair[0].as_str()?.to_ascii_lowercase(), pair[1].clone())));
        *headers = named.collect::<Map<_, _>>().into();
    }
    seen
}

/// The host of an address, without its port.
fn host(url: &str) -> &str {
    let behind = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = behind.split(['/', '?']).next().unwrap_or(behind);
    authority.rsplit_once(':').map_or(authority, |(host, _)| host)
}

/// A text in which every port of a host is the word PORT.
fn without_ports(text: &str, host: &str) -> String {
    let before_port = format!("{host}:");
    let mut parts = text.split(&before_port);
    let mut made = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|digit: char| digit.is_ascii_digit());
        made.push_str(host);
        made.push(':');
        made.push_str(if rest.len() < part.len() { "PORT" } else { "" });
        made.push_str(rest);
    }
    made
}

#[cfg(test)]
mod tests {
    use super::{host, without_ports};

    #[test]
    fn a_port_is_a_word() {
        assert_eq!(host("ws://127.0.0.1:4123/ws?a=b:c"), "127.0.0.1");
        assert_eq!(host("ws://server"), "server");
        let told = without_ports("dial 127.0.0.1:4123: refused by 127.0.0.1: 9", "127.0.0.1");
        assert_eq!(told, "dial 127.0.0.1:PORT: refused by 127.0.0.1: 9");
    }
}
