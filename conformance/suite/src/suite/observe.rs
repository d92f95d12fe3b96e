//! `observe`: what is written down of a connection, and never judged.

use super::{
    fields::{Fault, Fields},
    step::{Observe, Observed},
    verb::{until, within},
};
use crate::judgement::Party;

/// What can be looked at, and what is in it. What a server saw is its own matter.
pub const OBSERVED: [(&str, &[&str]); 5] = [
    ("opening", &["/is", "/subprotocol", "/extensions", "/status", "/error"]),
    ("answer", &["/is", "/error"]),
    ("next", &["/is", "/kind", "/len", "/code", "/reason", "/clean"]),
    ("closed", &["/code", "/reason", "/clean"]),
    ("seen", &[]),
];

pub(super) fn read(on: String, fields: &mut Fields<'_>) -> Result<Observe, Fault> {
    let of = fields.text("of")?;
    let Some((of, places)) = OBSERVED.into_iter().find(|(name, _)| *name == of) else {
        let known = OBSERVED.map(|(name, _)| name).join(", ");
        return Err(Fault::new(
            fields.at("of"),
            format!("`{of}` is nothing that can be observed; known: {known}"),
        ));
    };
    let at = fields.optional("at", "a JSON pointer, which begins with /", |at| {
        at.as_str().filter(|at| at.starts_with('/')).map(str::to_owned)
    })?;
    if let Some(at) = at.as_deref().filter(|at| of != "seen" && !places.contains(at)) {
        let message = format!("`{of}` has nothing at `{at}`; known: {}", places.join(", "));
        return Err(Fault::new(fields.at("at"), message));
    }
    if of != "seen" && fields.has("until") {
        return Err(Fault::new(fields.at("until"), "only what the server saw, `seen`, is waited for so"));
    }
    let about = fields.optional("about", "client or server", |about| match about.as_str() {
        Some("client") => Some(Party::Client),
        Some("server") => Some(Party::Server),
        _ => None,
    })?;
    Ok(Observe {
        on,
        name: fields.text("as")?.to_owned(),
        about: about.unwrap_or(Party::Client),
        of: match of {
            "opening" => Observed::Opening,
            "answer" => Observed::Answer,
            "next" => Observed::Next,
            "closed" => Observed::Closed,
            _ => Observed::Seen(until(fields)?),
        },
        at: at.unwrap_or_default(),
        within_ms: within(fields)?,
    })
}
