//! The mutants that a test fails on.

use super::{
    Kill, Registry,
    fields::{Fault, Fields},
    read::known,
};
use crate::json::pointer;
use serde_json::Value;

/// `["echo-altered", {"mutant": "close-answered-tcp-open", "needs": ["waits-for-tcp-end"]}]`
pub(super) fn read(fields: &mut Fields<'_>, registry: &Registry) -> Result<Vec<Kill>, Fault> {
    let at = fields.at("kills");
    let wanted = "a list of mutants, each its name or {\"mutant\":name,\"needs\":[capabilities of a client]}";
    let kills = fields.optional("kills", wanted, Value::as_array)?.map_or(&[][..], Vec::as_slice);
    if registry.is_own && kills.is_empty() {
        return Err(Fault::new(&at, "a test names at least one mutant that it fails on, in `kills`"));
    }
    let read = |(i, kill)| read_one(kill, &pointer(&at, &usize::to_string(&i)), wanted, registry);
    kills.iter().enumerate().map(read).collect()
}

fn read_one(kill: &Value, at: &str, wanted: &str, registry: &Registry) -> Result<Kill, Fault> {
    let kill = match kill {
        Value::String(mutant) => Kill { mutant: mutant.clone(), needs_client: Vec::new() },
        Value::Object(_) => {
            let mut fields = Fields::of(kill, at)?;
            let mutant = fields.text("mutant")?.to_owned();
            let needs = fields.at("needs");
            let needs_client = known(fields.texts("needs")?, &registry.client, &needs)?;
            if needs_client.is_empty() {
                let message = "what any client sees needs nothing: write the mutant's name alone";
                return Err(Fault::new(needs, message));
            }
            fields.end()?;
            Kill { mutant, needs_client }
        }
        _ => return Err(Fault::new(at, format!("`kills` is {wanted}"))),
    };
    let is_unknown = registry.mutants.as_ref().is_some_and(|known| !known.contains(&kill.mutant));
    if is_unknown {
        let message = format!(
            "there is no mutant `{}`; conformance/mutants.json has them, and `kills` may be left out",
            kill.mutant
        );
        return Err(Fault::new(at, message));
    }
    Ok(kill)
}
