//! Reading a command, and holding it against what its types cannot say.

use super::{Act, CloseWith, Command, LONGEST_GLUE, LONGEST_TRICKLE, LONGEST_WAIT_MS, MOST_ACTS, Send};
use crate::wire::{fragments_len, frame_len};
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

/// Glued and trickled bytes are gathered first, so they have a bound. They are counted as they will leave, headers and all:
/// a million empty messages are two million bytes.
fn check_bytes(acts: &[Act], name: &str, most: usize) -> Result<(), String> {
    let bytes = acts.iter().map(wire_len).fold(0, usize::saturating_add);
    if bytes > most {
        return Err(format!("`{name}` makes {bytes} bytes, headers included; at most {most} are allowed"));
    }
    Ok(())
}

/// The bytes that an act puts on the wire.
fn wire_len(act: &Act) -> usize {
    match act {
        Act::Send(Send { payload, times, fragments, ping_between, .. }) => {
            let round = match fragments {
                Some(sizes) => fragments_len(sizes, *ping_between),
                None => frame_len(payload.longest_round(*times)),
            };
            round.saturating_mul(times.unwrap_or(1))
        }
        Act::Ping(payload) | Act::Pong(payload) => frame_len(payload.0.len()),
        Act::Close(CloseWith { code, reason }) => frame_len(code.map_or(0, |_| 2 + reason.len())),
        Act::Raw(raw) => raw.0.len(),
        Act::Drop(_)
        | Act::Finish(_)
        | Act::WaitMs(_)
        | Act::Glue(_)
        | Act::Trickle(_)
        | Act::StopReading(_)
        | Act::StartReading(_)
        | Act::Seen(_) => 0,
    }
}
