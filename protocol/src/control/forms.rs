//! The forms in which acts are written, and what of them is checked while they are read.

use super::{
    Bytes, CloseWith, ControlPayload, DEFAULT_SEEN_WAIT_MS, LONGEST_SEEN_WAIT_MS, MOST_FRAGMENTS, MOST_TIMES,
    SeenWhen, Send, True,
};
use crate::{
    close::LONGEST_REASON,
    payload::{Fill, Payload, PayloadError},
    seen::Until,
};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SendForm {
    text: Option<String>,
    hex: Option<String>,
    fill: Option<Fill>,
    times: Option<usize>,
    fragments: Option<Vec<usize>>,
    ping_between: Option<bool>,
    wait: Option<bool>,
}

impl TryFrom<SendForm> for Send {
    type Error = String;

    fn try_from(form: SendForm) -> Result<Self, String> {
        let payload =
            Payload::from_forms(form.text, form.hex.as_deref(), form.fill).map_err(in_act("send"))?;
        if let Some(times) = form.times {
            if times > MOST_TIMES {
                return Err(format!("send: `times` is {times}; at most {MOST_TIMES} is allowed"));
            }
            // A variable that is not known is found before anything was sent.
            payload.bytes_of_round(0).map_err(in_act("send"))?;
        }
        if form.ping_between.is_some() && form.fragments.is_none() {
            return Err("send: `ping_between` needs `fragments` to stand between".to_owned());
        }
        if form.fragments.as_ref().is_some_and(Vec::is_empty) {
            return Err("send: `fragments` is empty; a message has at least one frame".to_owned());
        }
        if let Some(count) = form.fragments.as_ref().map(Vec::len).filter(|count| *count > MOST_FRAGMENTS) {
            return Err(format!(
                "send: `fragments` names {count} frames; at most {MOST_FRAGMENTS} are allowed"
            ));
        }
        Ok(Self {
            payload,
            times: form.times,
            fragments: form.fragments,
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
    fill: Option<Fill>,
}

impl TryFrom<PayloadForm> for ControlPayload {
    type Error = String;

    fn try_from(form: PayloadForm) -> Result<Self, String> {
        let nothing = form.text.is_none() && form.hex.is_none() && form.fill.is_none();
        if nothing {
            return Ok(Self(Vec::new()));
        }
        let payload =
            Payload::from_forms(form.text, form.hex.as_deref(), form.fill).map_err(in_act("ping"))?;
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

impl TryFrom<HexForm> for Bytes {
    type Error = String;

    fn try_from(form: HexForm) -> Result<Self, String> {
        hex::decode(form.hex).map(Self).map_err(|error| format!("raw: `hex` is not hexadecimal: {error}"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CloseForm {
    code: Option<u16>,
    reason: Option<String>,
}

impl TryFrom<CloseForm> for CloseWith {
    type Error = String;

    fn try_from(form: CloseForm) -> Result<Self, String> {
        let reason = form.reason.unwrap_or_default();
        if form.code.is_none() && !reason.is_empty() {
            return Err("close: a reason needs a code before it".to_owned());
        }
        if reason.len() > LONGEST_REASON {
            let len = reason.len();
            return Err(format!("close: a reason of {len} bytes; {LONGEST_REASON} fit into a close frame"));
        }
        Ok(Self { code: form.code, reason })
    }
}

impl TryFrom<bool> for True {
    type Error = &'static str;

    fn try_from(value: bool) -> Result<Self, Self::Error> {
        if value { Ok(Self) } else { Err("only `true` makes sense here; leave the act out instead") }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeenForm {
    #[serde(default)]
    until: Until,
    within_ms: Option<u64>,
}

impl TryFrom<Value> for SeenWhen {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        if value == Value::Bool(true) {
            return Ok(Self { until: Until::default(), within_ms: 0 });
        }
        let form: SeenForm = serde_json::from_value(value).map_err(|error| format!("seen: {error}"))?;
        let within_ms = form.within_ms.unwrap_or(DEFAULT_SEEN_WAIT_MS);
        if within_ms > LONGEST_SEEN_WAIT_MS {
            return Err(format!(
                "seen: `within_ms` is {within_ms}; at most {LONGEST_SEEN_WAIT_MS} is allowed"
            ));
        }
        Ok(Self { until: form.until, within_ms })
    }
}

fn in_act(name: &'static str) -> impl Fn(PayloadError) -> String {
    move |error| format!("{name}: {error}")
}
