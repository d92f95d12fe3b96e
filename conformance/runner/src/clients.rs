//! The clients that there are: the one inside this program, and those whose manifests are found.

use crate::{
    build::Build,
    child::Start,
    manifest::{self, Entry, Side},
};
use std::{env, path::Path};

/// The name in runs of the client inside this program.
pub const INSIDE: &str = "rust-tokio-tungstenite";

/// The client inside this program.
const OWN: &str = include_str!("../../clients/rust/impl.json");
const OWN_KNOWN: &str = include_str!("../../clients/rust/known.json");

/// Every client that was found: first the one inside this program, then those of the repository that surrounds us.
///
/// # Errors
/// A manifest that cannot be read, by its name.
pub fn all() -> Result<Vec<Entry>, String> {
    let own = Path::new("clients/rust/impl.json");
    let mut clients = manifest::parse(OWN, own, Side::Clients, |_| Ok(OWN_KNOWN.to_owned()))?;
    let program = env::current_exe().map_err(|error| format!("this program cannot be found: {error}"))?;
    for client in &mut clients {
        client.start = Start { command: vec![program.clone().into(), "client".into()], folder: None };
        client.build = Build::default();
    }
    for client in manifest::found(Side::Clients)? {
        if clients.iter().all(|known| known.name != client.name) {
            clients.push(client);
        }
    }
    Ok(clients)
}
