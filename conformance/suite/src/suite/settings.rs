//! What a test may set of its server: `{"max_message": 1000}` is passed as `--max-message=1000`.

use super::fields::{Fault, Fields};
use serde_json::{Map, Value};

/// The longest message that the reference server can be told to take, in bytes.
const LONGEST_MESSAGE: u64 = 256 << 20;
/// More than any machine has ports for.
const MOST_SESSIONS: u64 = 1_000_000;

/// The settings, as they are passed. A journal is none: it is kept wherever a server has one.
pub(super) fn read(fields: &mut Fields<'_>) -> Result<Map<String, Value>, Fault> {
    let at = fields.at("server_config");
    let Some(value) = fields.value("server_config") else { return Ok(Map::new()) };
    let mut settings = Fields::of(value, &at)?;
    settings.number("max_message", 1, LONGEST_MESSAGE)?;
    settings.number("max_sessions", 1, MOST_SESSIONS)?;
    if settings.has("allow_origin") {
        settings.text("allow_origin")?;
    }
    // So that whoever misspells it is told its name.
    settings.value("allow_origin");
    settings.end()?;
    Ok(value.as_object().cloned().unwrap_or_default())
}
