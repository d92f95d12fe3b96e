//! Manifests: `impl.json` of a client or of a server, one entry a library, found without being listed anywhere.

use crate::{
    build::{Build, Tool},
    child::Start,
    known::Known,
    servers::REFERENCE_FLAGS,
    text,
};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    env, fs, io,
    path::{Path, PathBuf},
};

/// The format of manifests and of known failures.
const FORMAT: u64 = 1;

/// An entry of a manifest.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its language.
    pub language: String,
    /// Its library.
    pub library: String,
    /// How it is started.
    pub start: Start,
    /// How it is built, for whoever has not.
    pub build: Build,
    /// Flags that may be passed to it.
    pub flags: Vec<String>,
    /// What it is known to do wrong.
    pub known: Vec<Known>,
    /// The file that lists that.
    pub known_file: Option<PathBuf>,
    /// What those are known to do wrong who may join it, by their names.
    pub guests: BTreeMap<String, Vec<Known>>,
    /// What finds it, where its name does not: the path of its manifest, and behind a `#` its name where there are several.
    pub asked_as: Option<String>,
}

/// Whose manifests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Drivers.
    Clients,
    /// Servers under test.
    Servers,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    // For editors.
    #[serde(default, rename = "$schema")]
    _schema: String,
    format: u64,
    #[serde(default)]
    tools: Vec<Tool>,
    #[serde(default)]
    clients: Vec<Described>,
    #[serde(default)]
    servers: Vec<Described>,
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
    #[serde(default)]
    made: Option<String>,
    run: Vec<String>,
    #[serde(default)]
    flags: Vec<String>,
    #[serde(default)]
    known: Option<String>,
    #[serde(default)]
    guests: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KnownFile {
    #[serde(default, rename = "$schema")]
    _schema: String,
    format: u64,
    known: Vec<Known>,
}

impl Side {
    const fn folder(self) -> &'static str {
        match self {
            Self::Clients => "conformance/clients",
            Self::Servers => "conformance/servers",
        }
    }

    const fn field(self) -> &'static str {
        match self {
            Self::Clients => "clients",
            Self::Servers => "servers",
        }
    }

    /// One of them.
    pub const fn one(self) -> &'static str {
        match self {
            Self::Clients => "client",
            Self::Servers => "server",
        }
    }
}

impl Entry {
    /// One that is known by its command alone.
    pub fn of_command(name: String, start: Start) -> Self {
        Self {
            name,
            language: String::new(),
            library: String::new(),
            start,
            build: Build::default(),
            flags: Vec::new(),
            known: Vec::new(),
            known_file: None,
            guests: BTreeMap::new(),
            asked_as: None,
        }
    }

    /// Who has joined it under a name: what is known of such a guest, or else what is known of its host.
    pub fn guest(&self, name: &str) -> Self {
        // The second of a name has a number behind it.
        let is_its =
            |its: &str| name.strip_prefix(its).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
        let known = self.guests.iter().find(|(its, _)| is_its(its)).map_or(&self.known, |(_, known)| known);
        Self { name: name.to_owned(), known: known.clone(), ..self.clone() }
    }
}

/// The entries of a manifest.
///
/// # Errors
/// What is wrong with it, with the file.
pub fn read(path: &Path, side: Side) -> Result<Vec<Entry>, String> {
    let text = text::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    parse(&text, path, side, |known| text::read(&folder.join(known)))
}

/// The entries of a manifest that somebody names by its path, or the one of them whose name stands behind a `#`. None, where
/// it is no path of a manifest.
///
/// # Errors
/// What is wrong with it, with the file, or that it has no such entry.
pub fn named(asked: &str, side: Side) -> Result<Option<Vec<Entry>>, String> {
    let (path, name) = match asked.split_once(".json#") {
        Some((stem, name)) => (format!("{stem}.json"), Some(name)),
        None if asked.ends_with(".json") => (asked.to_owned(), None),
        None => return Ok(None),
    };
    let mut entries = read(Path::new(&path), side)?;
    let is_one = entries.len() == 1;
    for entry in &mut entries {
        entry.asked_as = Some(if is_one { path.clone() } else { format!("{path}#{}", entry.name) });
    }
    let Some(name) = name else { return Ok(Some(entries)) };
    let names = entries.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>().join(", ");
    entries.retain(|entry| entry.name == name);
    if entries.is_empty() {
        return Err(format!("{path}: there is no {} `{name}` in it; it has {names}", side.one()));
    }
    Ok(Some(entries))
}

/// The entries of every manifest of the repository that we are in, if we are in one.
///
/// # Errors
/// What is wrong with one of them.
pub fn found(side: Side) -> Result<Vec<Entry>, String> {
    let Some(root) = root() else { return Ok(Vec::new()) };
    let folders = fs::read_dir(root.join(side.folder()));
    let mut paths: Vec<PathBuf> = folders
        .into_iter()
        .flatten()
        .filter_map(|folder| Some(folder.ok()?.path().join("impl.json")))
        .filter(|manifest| manifest.is_file())
        .collect();
    paths.sort();
    let mut entries = Vec::new();
    for path in paths {
        entries.extend(read(&path, side)?);
    }
    Ok(entries)
}

/// The root of the repository that we are in.
pub fn root() -> Option<PathBuf> {
    root_around(&env::current_dir().ok()?)
}

fn root_around(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().find(|folder| folder.join("conformance/clients").is_dir()).map(Path::to_owned)
}

/// The entries of a manifest's text; its known failures are read with `known`.
///
/// # Errors
/// What is wrong with it, with the file.
pub fn parse(
    text: &str,
    path: &Path,
    side: Side,
    known: impl Fn(&str) -> io::Result<String>,
) -> Result<Vec<Entry>, String> {
    let wrong = |message: String| format!("{}: {message}", path.display());
    let manifest: Manifest = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
    if manifest.format != FORMAT {
        return Err(wrong(format!("format {} is not known; this reads format {FORMAT}", manifest.format)));
    }
    let described = match side {
        Side::Clients => manifest.clients,
        Side::Servers => manifest.servers,
    };
    if described.is_empty() {
        return Err(wrong(format!("`{}` is empty: it lists the libraries of this folder", side.field())));
    }
    // The folder of `impl.json` alone is written as nothing.
    let folder =
        path.parent().map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
    let folder = folder.map(|folder| fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned()));
    // A manifest of a repository means that one, wherever we are.
    let around = folder.as_deref().and_then(root_around).or_else(root);
    let root = around.map(|root| root.display().to_string()).unwrap_or_else(|| ".".to_owned());
    let placed = |word: &str| word.replace("{root}", &root);
    let known_in = |file: &str, field: &str, name: &str| {
        let text = known(file).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => wrong(format!(
                "`{field}` is {file}, which is not there; write {{\"format\":1,\"known\":[]}} into it, or leave \
                 `{field}` out"
            )),
            _ => wrong(format!("`{field}` is {file}: {error}")),
        })?;
        read_known(&text).map_err(|error| format!("{file} of {name}: {error}"))
    };
    let mut entries = Vec::new();
    for described in described {
        let name = &described.name;
        if described.run.is_empty() {
            return Err(wrong(format!("`run` of `{name}` is empty: it is the command that starts it")));
        }
        if let Some(flag) = described.flags.iter().find(|flag| !REFERENCE_FLAGS.contains(&flag.as_str())) {
            let known = REFERENCE_FLAGS.join(", ");
            return Err(wrong(format!(
                "`{flag}` of `{name}` is no flag that a test may set; known: {known}"
            )));
        }
        let known = match &described.known {
            None => Vec::new(),
            Some(file) => known_in(file, "known", name)?,
        };
        let guests = described.guests.iter().map(|(guest, file)| {
            known_in(file, &format!("guests.{guest}"), guest).map(|known| (guest.clone(), known))
        });
        let guests = guests.collect::<Result<_, _>>()?;
        let here = folder.clone().unwrap_or_default();
        entries.push(Entry {
            start: Start {
                command: described.run.iter().map(|word| placed(word).into()).collect(),
                folder: folder.clone(),
            },
            build: Build {
                command: described.build.iter().map(|word| placed(word)).collect(),
                made: described.made.map(|made| here.join(placed(&made))),
                tools: manifest.tools.clone(),
            },
            name: described.name,
            language: described.language,
            library: described.library,
            flags: described.flags,
            known,
            known_file: described.known.map(|file| here.join(file)),
            guests,
            asked_as: None,
        });
    }
    Ok(entries)
}

fn read_known(text: &str) -> Result<Vec<Known>, String> {
    let file: KnownFile = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if file.format != FORMAT {
        return Err(format!("format {} is not known; this reads format {FORMAT}", file.format));
    }
    for Known { test, reason, link, .. } in &file.known {
        for (name, value) in [("reason", reason), ("link", link)] {
            if value.trim().is_empty() {
                return Err(format!(
                    "the entry for `{test}` has no `{name}`: say why it fails, and where that is proven"
                ));
            }
        }
    }
    if let Some(Known { test, .. }) = file.known.iter().find(|known| known.is_any_race()) {
        return Err(format!(
            "the entry for `{test}` is `sometimes` and for many tests, so that it would never be found to be needless: name the tests, each in an entry"
        ));
    }
    match file.known.iter().find(|known| !known.link_is_an_address()) {
        Some(Known { test, link, .. }) => Err(format!(
            "the link of the entry for `{test}` is no address that begins with https://: `{link}`"
        )),
        None => Ok(file.known),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_has_a_reason_an_address_and_a_test_of_its_own_where_it_is_a_race() {
        let read = |entry: &str| read_known(&format!("{{\"format\":1,\"known\":[{entry}]}}"));
        let entry = r#"{"test":"a/b","sometimes":true,"reason":"a race","link":"https://example.org"}"#;
        assert_eq!(read(entry).map(|known| known.len()), Ok(1));
        for (part, instead, why) in [
            ("a race", " ", "has no `reason`"),
            ("https://example.org", "example.org", "no address that begins with https://: `example.org`"),
            ("a/b", "a/*", "the entry for `a/*` is `sometimes` and for many tests"),
        ] {
            let error = read(&entry.replace(part, instead)).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
