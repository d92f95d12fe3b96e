//! The forms in which acts are written, and what of them is checked while they are read.

use super::{
    Act, Bytes, CloseWith, ControlPayload, DEFAULT_SEEN_WAIT_MS, LONGEST_SEEN_WAIT_MS, LONGEST_WAIT_MS,
    MOST_FRAGMENTS, MOST_TIMES, SeenWhen, Send, True,
};
use crate::{
    close::LONGEST_REASON,
    payload::{Fill, LONGEST_FILL, Payload, PayloadError},
    seen::Until,
    strict::{AtMost, Object, object, perhaps_object},
};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};
use std::fmt;

impl<'de> Deserialize<'de> for Act {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ActVisitor)
    }
}

struct ActVisitor;

impl<'de> Visitor<'de> for ActVisitor {
    type Value = Act;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"an act: an object with one key, like {"ping":{}}"#)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Act, A::Error> {
        let Some(name) = map.next_key::<String>()? else {
            return Err(A::Error::custom("the object is empty; an act has one key, its name"));
        };
        let act = match &*name {
            "send" => Act::Send(map.next_value()?),
            "ping" => Act::Ping(map.next_value()?),
            "pong" => Act::Pong(map.next_value()?),
            "close" => Act::Close(map.next_value()?),
            "drop" => Act::Drop(map.next_value()?),
            "finish" => Act::Finish(map.next_value()?),
            "wait_ms" => Act::WaitMs(map.next_value::<AtMost<LONGEST_WAIT_MS>>()?.0),
            "raw" => Act::Raw(map.next_value()?),
            "glue" => Act::Glue(map.next_value()?),
            "trickle" => Act::Trickle(map.next_value()?),
            "stop_reading" => Act::StopReading(map.next_value()?),
            "start_reading" => Act::StartReading(map.next_value()?),
            "seen" => Act::Seen(map.next_value()?),
            _ => {
                let names = Act::NAMES.join(", ");
                return Err(A::Error::custom(format!("no act is called `{name}`; the acts are {names}")));
            }
        };
        match map.next_key::<String>()? {
            None => Ok(act),
            Some(more) => Err(A::Error::custom(format!(
                "`{name}` and `{more}` in one object; each act is an object of its own"
            ))),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SendForm {
    text: Option<String>,
    hex: Option<String>,
    #[serde(default, deserialize_with = "perhaps_object")]
    fill: Option<Fill>,
    times: Option<AtMost<{ MOST_TIMES as u64 }>>,
    fragments: Option<Vec<AtMost<{ LONGEST_FILL as u64 }>>>,
    ping_between: Option<bool>,
    wait: Option<bool>,
}

impl TryFrom<Object<SendForm>> for Send {
    type Error = String;

    fn try_from(Object(form): Object<SendForm>) -> Result<Self, String> {
        let payload = Payload::from_forms(form.text, form.hex.as_deref(), form.fill).map_err(in_words)?;
        if form.times.is_some() {
            // A variable that is not known is found before anything was sent.
            payload.bytes_of_round(0).map_err(in_words)?;
        }
        if form.ping_between.is_some() && form.fragments.is_none() {
            return Err("`ping_between` needs `fragments` to stand between".to_owned());
        }
        if form.fragments.as_ref().is_some_and(Vec::is_empty) {
            return Err("`fragments` is empty; a message has at least one frame".to_owned());
        }
        if let Some(count) = form.fragments.as_ref().map(Vec::len).filter(|count| *count > MOST_FRAGMENTS) {
            return Err(format!("`fragments` names {count} frames; at most {MOST_FRAGMENTS} are allowed"));
        }
        Ok(Self {
            payload,
            times: form.times.map(AtMost::size),
            fragments: form.fragments.map(|sizes| sizes.into_iter().map(AtMost::size).collect()),
            ping_between: form.ping_between.unwrap_or(false),
            wait: form.wait.unwrap_or(true),
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PayloadForm {
    text: Option<String>,
    hex: Option<String>,
    #[serde(default, deserialize_with = "perhaps_object")]
    fill: Option<Fill>,
}

impl TryFrom<Object<PayloadForm>> for ControlPayload {
    type Error = String;

    fn try_from(Object(form): Object<PayloadForm>) -> Result<Self, String> {
        let nothing = form.text.is_none() && form.hex.is_none() && form.fill.is_none();
        if nothing {
            return Ok(Self(Vec::new()));
        }
        let payload = Payload::from_forms(form.text, form.hex.as_deref(), form.fill).map_err(in_words)?;
        let bytes = payload.bytes().into_owned();
        if bytes.len() > 125 {
            let len = bytes.len();
            return Err(format!(
                "a ping or pong of {len} bytes; RFC 6455 allows 125 (send a longer one with `raw`)"
            ));
        }
        Ok(Self(bytes))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HexForm {
    hex: String,
}

impl TryFrom<Object<HexForm>> for Bytes {
    type Error = String;

    fn try_from(Object(form): Object<HexForm>) -> Result<Self, String> {
        hex::decode(form.hex).map(Self).map_err(|error| format!("`hex` is not hexadecimal: {error}"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CloseForm {
    code: Option<AtMost<{ u16::MAX as u64 }>>,
    reason: Option<String>,
}

impl TryFrom<Object<CloseForm>> for CloseWith {
    type Error = String;

    fn try_from(Object(form): Object<CloseForm>) -> Result<Self, String> {
        let reason = form.reason.unwrap_or_default();
        if form.code.is_none() && !reason.is_empty() {
            return Err("a reason needs a code before it".to_owned());
        }
        if reason.len() > LONGEST_REASON {
            let len = reason.len();
            return Err(format!("a reason of {len} bytes; {LONGEST_REASON} fit into a close frame"));
        }
        let code = form.code.and_then(|code| u16::try_from(code.0).ok());
        Ok(Self { code, reason })
    }
}

const ONLY_TRUE: &str = "only `true` makes sense here; leave the act out instead";

impl TryFrom<bool> for True {
    type Error = &'static str;

    fn try_from(value: bool) -> Result<Self, Self::Error> {
        if value { Ok(Self) } else { Err(ONLY_TRUE) }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeenForm {
    #[serde(default, deserialize_with = "object")]
    until: Until,
    within_ms: Option<AtMost<LONGEST_SEEN_WAIT_MS>>,
}

impl<'de> Deserialize<'de> for SeenWhen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SeenVisitor)
    }
}

struct SeenVisitor;

impl<'de> Visitor<'de> for SeenVisitor {
    type Value = SeenWhen;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`true`, or an object with `until` and `within_ms`")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<SeenWhen, E> {
        if value { Ok(SeenWhen { until: Until::default(), within_ms: 0 }) } else { Err(E::custom(ONLY_TRUE)) }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SeenWhen, A::Error> {
        let SeenForm { until, within_ms } = SeenForm::deserialize(MapAccessDeserializer::new(map))?;
        Ok(SeenWhen { until, within_ms: within_ms.map_or(DEFAULT_SEEN_WAIT_MS, |within| within.0) })
    }
}

fn in_words(error: PayloadError) -> String {
    error.to_string()
}
