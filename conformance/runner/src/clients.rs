//! The clients that there are: the one inside this program, and those whose manifests are found.

use crate::{catalogue::selects, child::Start};
use serde::Deserialize;
use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

/// The format of manifests and of known failures.
const FORMAT: u64 = 1;
/// The client inside this program.
const OWN: &str = include_str!("../../clients/rust/impl.json");
const OWN_KNOWN: &str = include_str!("../../clients/rust/known.json");

/// A client that can be started.
#[derive(Debug, Clone)]
pub struct Client {
    /// Its name.
    pub name: String,
    /// Its language.
    pub language: String,
    /// Its library.
    pub library: String,
    /// How it is started.
    pub start: Start,
    /// The command that builds it, for whoever has not.
    pub build: Vec<String>,
    /// Its known failures.
    pub known: Vec<Known>,
}

/// An entry among the known failures.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Which tests; `*` stands for anything.
    pub test: String,
    /// Against which servers; every one, where it is not there.
    #[serde(default = "any")]
    pub server: String,
    /// Why they fail.
    pub reason: String,
    /// Where that is proven.
    pub link: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    format: u64,
    clients: Vec<Described>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Described {
    name: String,
    language: String,
    library: String,
    #[serde(rename = "homepage")]
    _homepage: String,
    #[serde(default)]
    build: Vec<String>,
    run: Vec<String>,
    #[serde(default)]
    known: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KnownFile {
    format: u64,
    known: Vec<Known>,
}

fn any() -> String {
    "*".to_owned()
}

impl Known {
    /// Whether it is about this test against this server.
    pub fn is_about(&self, test: &str, server: &str) -> bool {
        selects(&self.test, test) && selects(&self.server, server)
    }
}

/// Every client that was found: first the one inside this program, then those of the repository that surrounds us.
///
/// # Errors
/// A manifest that cannot be read, by its name.
pub fn all() -> Result<Vec<Client>, String> {
    let mut clients = read(OWN, Path::new("clients/rust/impl.json"), |_| Ok(OWN_KNOWN.to_owned()))?;
    let program = env::current_exe().map_err(|error| format!("this program cannot be found: {error}"))?;
    for client in &mut clients {
        client.start = Start { command: vec![program.clone().into(), "client".into()], folder: None };
        client.build.clear();
    }
    for manifest in manifests() {
        for client in from_manifest(&manifest)? {
            if clients.iter().all(|known| known.name != client.name) {
                clients.push(client);
            }
        }
    }
    Ok(clients)
}

/// The clients of one manifest.
///
/// # Errors
/// What is wrong with it.
pub fn from_manifest(path: &Path) -> Result<Vec<Client>, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    read(&text, path, |known| fs::read_to_string(folder.join(known)))
}

/// The manifests of the repository that we are in, if we are in one.
fn manifests() -> Vec<PathBuf> {
    let Some(root) = root() else { return Vec::new() };
    let folders = fs::read_dir(root.join("conformance/clients"));
    let mut found: Vec<_> = folders
        .into_iter()
        .flatten()
        .filter_map(|folder| Some(folder.ok()?.path().join("impl.json")))
        .filter(|manifest| manifest.is_file())
        .collect();
    found.sort();
    found
}

/// The root of the repository that we are in.
pub fn root() -> Option<PathBuf> {
    let here = env::current_dir().ok()?;
    here.ancestors().find(|folder| folder.join("conformance/clients").is_dir()).map(Path::to_owned)
}

fn read(text: &str, path: &Path, known: impl Fn(&str) -> io::Result<String>) -> Result<Vec<Client>, String> {
    let wrong = |message: String| format!("{}: {message}", path.display());
    let manifest: Manifest = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
    if manifest.format != FORMAT {
        return Err(wrong(format!("format {} is not known; this reads format {FORMAT}", manifest.format)));
    }
    let folder = path.parent().map(|folder| fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned()));
    let root = root().map(|root| root.display().to_string()).unwrap_or_default();
    let mut clients = Vec::new();
    for described in manifest.clients {
        if described.run.is_empty() {
            return Err(wrong(format!(
                "`run` of `{}` is empty: it is the command that starts the driver",
                described.name
            )));
        }
        let entries = match &described.known {
            None => Vec::new(),
            Some(file) => {
                let text = known(file).map_err(|error| wrong(format!("`known` is {file}: {error}")))?;
                let read: KnownFile = serde_json::from_str(&text)
                    .map_err(|error| format!("{file} of {}: {error}", described.name))?;
                if read.format != FORMAT {
                    return Err(wrong(format!("{file}: format {} is not known", read.format)));
                }
                read.known
            }
        };
        let command = described.run.iter().map(|word| word.replace("{root}", &root).into()).collect();
        clients.push(Client {
            name: described.name,
            language: described.language,
            library: described.library,
            start: Start { command, folder: folder.clone() },
            build: described.build,
            known: entries,
        });
    }
    Ok(clients)
}
