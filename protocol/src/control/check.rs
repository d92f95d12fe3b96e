//! Reading a command, and holding it against what its types cannot say.

use super::{Act, CloseWith, Command, Id, LONGEST_GLUE, LONGEST_TRICKLE, MOST_ACTS, Send};
use crate::{
    strict::Object,
    wire::{fragments_len, frame_len},
};
use serde::{Deserialize, de::IgnoredAny};

/// Reads a command; what is wrong with it is said in words that its author can use.
///
/// The command's id is given back even when the rest cannot be read, so that its author can tell which one failed.
pub fn parse(text: &str) -> Result<Command, (Id, String)> {
    // A reading of its own: where another field is wrong, the id may stand behind it.
    let id = serde_json::from_str(text).map(|Object(IdForm { id })| id).map_err(|error| {
        (Id::default(), format!("a command is one JSON object: {error}; it looks like {SHAPE}"))
    })?;
    match read(text) {
        Ok(CommandForm { _id, to, act }) => Ok(Command { id, to, act }),
        Err(message) => Err((id, message)),
    }
}

const SHAPE: &str = r#"{"id":1,"to":"TAG","act":[{"send":{"text":"hi"}}]}"#;

#[derive(Deserialize)]
struct IdForm {
    #[serde(default)]
    id: Id,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommandForm {
    /// Read already.
    #[serde(default, rename = "id")]
    _id: IgnoredAny,
    to: String,
    act: Vec<Act>,
}

fn read(text: &str) -> Result<CommandForm, String> {
    let mut json = serde_json::Deserializer::from_str(text);
    let Object(form): Object<CommandForm> = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let place =
            if error.path().iter().next().is_some() { format!("{}: ", error.path()) } else { String::new() };
        let message = without_line(error.inner());
        format!("{place}{message}; a command looks like {SHAPE}")
    })?;
    check(&form.act, "act", None, &mut 0)?;
    Ok(form)
}

/// The path says better where it is: a command is seldom written in more than one line.
fn without_line(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let line = format!(" at line {} column {}", error.line(), error.column());
    message.strip_suffix(&line).map(str::to_owned).unwrap_or(message)
}

/// What cannot be said in the types: bounds, and which acts have bytes that can be glued or trickled.
fn check(acts: &[Act], list: &str, outer: Option<&str>, count: &mut usize) -> Result<(), String> {
    let mut closed = false;
    for (i, act) in acts.iter().enumerate() {
        *count += 1;
        if *count > MOST_ACTS {
            return Err(format!("{list}[{i}]: more than {MOST_ACTS} acts in one command"));
        }
        let name = act.name();
        if let Some(outer) = outer {
            let has_bytes =
                matches!(act, Act::Send(_) | Act::Ping(_) | Act::Pong(_) | Act::Close(_) | Act::Raw(_));
            if !has_bytes {
                return Err(format!(
                    "{list}[{i}]: `{name}` has no place inside `{outer}`: only send, ping, pong, close and raw have \
                     bytes"
                ));
            }
            if closed && !matches!(act, Act::Raw(_)) {
                return Err(format!(
                    "{list}[{i}]: `{name}` has no place behind `close` inside `{outer}`: only raw bytes may follow a \
                     close frame"
                ));
            }
            closed |= matches!(act, Act::Close(_));
        }
        let (inner, most) = match act {
            Act::Glue(inner) => (inner, LONGEST_GLUE),
            Act::Trickle(inner) => (inner, LONGEST_TRICKLE),
            _ => continue,
        };
        let place = format!("{list}[{i}].{name}");
        check(inner, &place, Some(name), count)?;
        check_bytes(inner, name, most).map_err(|message| format!("{place}: {message}"))?;
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
