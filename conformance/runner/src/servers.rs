//! The servers that there are: the reference server inside this program, and those whose manifests are found.

use crate::{
    build::Build,
    child::Start,
    manifest::{self, Side},
    plan::{Program, Under},
};
use std::{collections::BTreeMap, env};

/// The reference server's name in runs.
pub const REFERENCE: &str = "crosswire";

/// The flags that a test may set: the reference server has them all.
pub(crate) const REFERENCE_FLAGS: [&str; 4] = ["allow-origin", "journal", "max-message", "max-sessions"];

/// The reference server, which is inside this program.
///
/// # Errors
/// Where this program cannot be found.
pub fn reference() -> Result<Program, String> {
    let program = env::current_exe().map_err(|error| format!("this program cannot be found: {error}"))?;
    Ok(Program {
        name: REFERENCE.to_owned(),
        language: "rust".to_owned(),
        library: "crosswire".to_owned(),
        start: Start { command: vec![program.into(), "serve".into(), "--under-test".into()], folder: None },
        build: Build::default(),
        flags: REFERENCE_FLAGS.map(str::to_owned).to_vec(),
        known: Vec::new(),
        known_file: None,
        guests: BTreeMap::new(),
        asked_as: None,
    })
}

/// Every server that was found: first the reference server, then those of the repository that surrounds us.
///
/// # Errors
/// A manifest that cannot be read, by its name.
pub fn all() -> Result<Vec<Program>, String> {
    let mut servers = vec![reference()?];
    servers.extend(manifest::found(Side::Servers)?);
    Ok(servers)
}

impl From<Program> for Under {
    fn from(program: Program) -> Self {
        Self::Program(Box::new(program))
    }
}
