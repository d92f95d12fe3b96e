//! Reading a command, and holding it against what its types cannot say.

use super::{Act, Command, LONGEST_GLUE, LONGEST_TRICKLE, LONGEST_WAIT_MS, MOST_ACTS};
use crate::payload::Payload;
use serde_json::Value;

/// Reads a command; what is wrong with it is said in words that its author can use.
///
/// The command's id is given back even when the rest cannot be read, so that its author can tell which one failed.
pub fn parse(text: &str) -> Result<Command, (Value, String)> {
    let value: Value = serde_json::from_str(text)
        .map_err(|error| (Value::Null, format!("a command is one JSON object: {error}")))?;
    let id = value.get("id").cloned().unwrap_or_default();
    let command: Command = serde_json::from_value(value).map_err(|error| {
        let shape = r#"{"id":1,"to":"TAG","act":[{"send":{"text":"hi"}}]}"#;
        (id.clone(), format!("{error}; a command looks like {shape}"))
    })?;
    let mut count = 0;
    check(&command.act, Place::Top, &mut count).map_err(|message| (id, message))?;
    Ok(command)
}

/// Where an act stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Top,
    Inside(&'static str),
}

/// What cannot be said in the types: bounds, and which acts have bytes that can be glued or trickled.
fn check(acts: &[Act], place: Place, count: &mut usize) -> Result<(), String> {
    let mut closed = false;
    for act in acts {
        *count += 1;
        if *count > MOST_ACTS {
            return Err(format!("more than {MOST_ACTS} acts in one command"));
        }
        if let Place::Inside(outer) = place {
            let has_bytes =
                matches!(act, Act::Send(_) | Act::Ping(_) | Act::Pong(_) | Act::Close(_) | Act::Raw(_));
            if !has_bytes {
                let inner = act.name();
                return Err(format!(
                    "`{inner}` has no place inside `{outer}`: only send, ping, pong, close and raw have bytes"
                ));
            }
            if closed && !matches!(act, Act::Raw(_)) {
                let inner = act.name();
                return Err(format!(
                    "`{inner}` has no place behind `close` inside `{outer}`: only raw bytes may follow a close frame"
                ));
            }
            closed |= matches!(act, Act::Close(_));
        }
        match act {
            Act::WaitMs(wait) if *wait > LONGEST_WAIT_MS => {
                return Err(format!("`wait_ms` is {wait}; at most {LONGEST_WAIT_MS} is allowed"));
            }
            Act::Glue(inner) => {
                check(inner, Place::Inside("glue"), count)?;
                check_bytes(inner, "glue", LONGEST_GLUE)?;
            }
            Act::Trickle(inner) => {
                check(inner, Place::Inside("trickle"), count)?;
                check_bytes(inner, "trickle", LONGEST_TRICKLE)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Glued and trickled bytes are gathered first, so they have a bound.
fn check_bytes(acts: &[Act], name: &str, most: usize) -> Result<(), String> {
    let bytes: usize = acts
        .iter()
        .map(|act| match act {
            Act::Send(send) => payload_len(&send.payload).saturating_mul(send.times.unwrap_or(1)),
            Act::Raw(raw) => raw.0.len(),
            _ => 0,
        })
        .fold(0, usize::saturating_add);
    if bytes > most {
        return Err(format!("`{name}` holds {bytes} bytes; at most {most} are allowed"));
    }
    Ok(())
}

const fn payload_len(payload: &Payload) -> usize {
    match payload {
        Payload::Text(text) => text.len(),
        Payload::Bytes(bytes) => bytes.len(),
        Payload::Fill(fill) => fill.len,
    }
}
