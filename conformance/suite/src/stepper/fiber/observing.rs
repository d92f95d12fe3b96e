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
                let urls = self.world.others.values().chain([&self.world.url]);
                Value::String(urls.fold(without_keys(&text), |text, url| without_ports(&text, url)))
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

/// A text in which the port of an address is the word PORT, however it is written beside the host.
fn without_ports(text: &str, url: &str) -> String {
    let behind = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = behind.split(['/', '?']).next().unwrap_or(behind);
    match authority.rsplit_once(':') {
        Some((_, port)) => replaced(text, port, "PORT"),
        None => text.to_owned(),
    }
}

/// A text in which the keys of handshakes, sixteen bytes in base64, are the word KEY.
fn without_keys(text: &str) -> String {
    let is_of_base64 = |character: char| character.is_ascii_alphanumeric() || matches!(character, '+' | '/');
    let mut made = text.to_owned();
    for (at, _) in text.match_indices("==") {
        let word = text[..at].rsplit(|character| !is_of_base64(character)).next().unwrap_or_default();
        if word.len() == 22 {
            made = made.replace(&format!("{word}=="), "KEY");
        }
    }
    made
}

/// A text in which a number is a word; where it is a part of a longer one it stays.
fn replaced(text: &str, number: &str, by: &str) -> String {
    let is_digit = |character: char| character.is_ascii_digit();
    let mut made = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find(is_digit) {
        let end = rest[begin..].find(|character| !is_digit(character)).map_or(rest.len(), |end| begin + end);
        made.push_str(&rest[..begin]);
        made.push_str(if rest[begin..end] == *number { by } else { &rest[begin..end] });
        rest = &rest[end..];
    }
    made.push_str(rest);
    made
}

#[cfg(test)]
mod tests {
    use super::{without_keys, without_ports};

    #[test]
    fn a_port_is_a_word() {
        let told = without_ports(
            "dial ws://127.0.0.1:4123/ws: refused ('127.0.0.1', 4123), 14123 µs",
            "ws://127.0.0.1:4123/ws?a=b:c",
        );
        assert_eq!(told, "dial ws://127.0.0.1:PORT/ws: refused ('127.0.0.1', PORT), 14123 µs");
        assert_eq!(without_ports("server: 80", "ws://server"), "server: 80");
    }

    #[test]
    fn a_key_is_a_word() {
        let told =
            without_keys("invalid accept \"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\", key \"rx/StLVhXXmhKl4IdrXdwQ==\"");
        assert_eq!(told, "invalid accept \"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\", key \"KEY\"");
    }
}
