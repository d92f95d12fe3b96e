//! `crosswire step`

use super::{AS_EXPECTED, NOT_AS_EXPECTED, Outcome, StepArguments, Stop};
use crate::{clients, manifest, servers, step as stepping};
use std::{env, path::Path};
use tokio::io::BufReader;

/// The variable with the ready line of a server that runs already.
const READY: &str = "CROSSWIRE_READY";

pub(super) async fn step(arguments: StepArguments) -> Outcome {
    let mut clients = Vec::new();
    for path in &arguments.client {
        clients.extend(manifest::read(Path::new(path), manifest::Side::Clients).map_err(Stop::usage)?);
    }
    clients.extend(clients::all().map_err(Stop::usage)?);
    let stepping = stepping::Stepping {
        catalogue: arguments.selection.catalogue()?,
        clients,
        server: servers::reference().map_err(Stop::usage)?,
        ready: env::var(READY).ok().filter(|line| !line.is_empty()),
        time_scale: arguments.time_scale,
    };
    let ended = stepping::step(stepping, BufReader::new(tokio::io::stdin()), tokio::io::stdout()).await;
    ended.map(|()| AS_EXPECTED).map_err(|message| Stop { code: NOT_AS_EXPECTED, message })
}
