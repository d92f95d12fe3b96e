//! The list as it is run: the project's own suites, which are inside this program, or a folder of somebody's own.

use crate::{frozen, results::Frozen, text};
use crosswire_suite::{
    fixtures::Fixtures,
    json,
    suite::{Fault, Registry, Test, hash_of_list, read, revision},
};
use serde_json::Value;
use std::{collections::BTreeMap, fs, io, path::Path, sync::Arc};

/// Every suite of the project, by its file's name.
const SUITES: [(&str, &str); 9] = [
    ("suites/core.json", include_str!("../../suites/core.json")),
    ("suites/edges-content.json", include_str!("../../suites/edges-content.json")),
    ("suites/edges-order.json", include_str!("../../suites/edges-order.json")),
    ("suites/edges-arrival.json", include_str!("../../suites/edges-arrival.json")),
    ("suites/edges-control.json", include_str!("../../suites/edges-control.json")),
    ("suites/edges-closing.json", include_str!("../../suites/edges-closing.json")),
    ("suites/edges-opening.json", include_str!("../../suites/edges-opening.json")),
    ("suites/edges-many.json", include_str!("../../suites/edges-many.json")),
    ("suites/differences.json", include_str!("../../suites/differences.json")),
];
const CAPABILITIES: &str = include_str!("../../capabilities.json");
const MUTANTS: &str = include_str!("../../mutants.json");
const FIXTURES: &str = include_str!("../../fixtures/fixtures.json");

/// A list of tests, in order.
#[derive(Debug, Clone)]
pub struct Catalogue {
    /// The tests.
    pub entries: Vec<Entry>,
    /// Payload files.
    pub fixtures: Arc<Fixtures>,
    /// The frozen list that it is, where it is exactly one.
    pub frozen: Option<Frozen>,
}

/// A test, as it is run and as it is written.
#[derive(Debug, Clone)]
pub struct Entry {
    /// As it is run.
    pub test: Arc<Test>,
    /// Its profile.
    pub profile: String,
    /// Where its connections go.
    pub endpoint: String,
    /// The hash of what it says.
    pub rev: String,
    /// Its steps as they are written.
    pub steps: Value,
}

/// What is wrong with a file of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The file.
    pub file: String,
    /// What is wrong in it, each with its place.
    pub faults: Vec<Fault>,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, fault) in self.faults.iter().enumerate() {
            let end = if i == 0 { "" } else { "\n" };
            match &*fault.at {
                "" => write!(f, "{end}{}: {}", self.file, fault.message)?,
                _ => write!(f, "{end}{}#{fault}", self.file)?,
            }
        }
        Ok(())
    }
}

impl Catalogue {
    /// The project's own.
    ///
    /// # Errors
    /// What is wrong with it: nothing, as a test sees to.
    pub fn own() -> Result<Self, Vec<Broken>> {
        let registry = Registry { is_own: true, ..registry()? };
        let fixtures = fixtures("fixtures/fixtures.json", FIXTURES, |name| match name {
            "every-byte.bin" => Some(include_bytes!("../../fixtures/every-byte.bin").to_vec()),
            "odd.json" => Some(include_bytes!("../../fixtures/odd.json").to_vec()),
            "utf8-every-width.txt" => Some(include_bytes!("../../fixtures/utf8-every-width.txt").to_vec()),
            _ => None,
        })?;
        let files = SUITES.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        Self::of(files, &registry, fixtures)
    }

    /// The suites of a folder: every `*.json` in it, and `fixtures/fixtures.json` where it is there.
    ///
    /// # Errors
    /// Every file that is broken, with everything that is wrong in it.
    pub fn read(folder: &Path) -> Result<Self, Vec<Broken>> {
        let broken = |file: &Path, error: &io::Error| {
            let message = match error.kind() {
                io::ErrorKind::NotFound => "it is not there".to_owned(),
                io::ErrorKind::NotADirectory => "it is not a folder; give the one with the suites".to_owned(),
                _ => error.to_string(),
            };
            let fault = Fault { at: String::new(), message };
            vec![Broken { file: file.display().to_string(), faults: vec![fault] }]
        };
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder).map_err(|error| broken(folder, &error))? {
            let path = entry.map_err(|error| broken(folder, &error))?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                paths.push(path);
            }
        }
        paths.sort();
        if paths.is_empty() {
            let nothing = io::Error::other("there is no suite in this folder: no file ends in .json");
            return Err(broken(folder, &nothing));
        }
        let mut files = Vec::new();
        for path in paths {
            let text = text::read(&path).map_err(|error| broken(&path, &error))?;
            // A frozen list may stand beside the suites that it is of.
            if frozen::is_list(&text).map_err(|error| broken(&path, &io::Error::other(error)))? {
                continue;
            }
            files.push((path.display().to_string(), text));
        }
        if files.is_empty() {
            let nothing =
                io::Error::other("there is no suite in this folder: every file in it is a frozen list");
            return Err(broken(folder, &nothing));
        }
        let beside = folder.join("fixtures");
        let index = beside.join("fixtures.json");
        let fixtures = match text::read(&index) {
            Ok(text) => {
                fixtures(&index.display().to_string(), &text, |name| fs::read(beside.join(name)).ok())?
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Fixtures::default(),
            Err(error) => return Err(broken(&index, &error)),
        };
        Self::of(files, &registry()?, fixtures)
    }

    fn of(
        files: Vec<(String, String)>,
        registry: &Registry,
        fixtures: Fixtures,
    ) -> Result<Self, Vec<Broken>> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut files_of: BTreeMap<String, String> = BTreeMap::new();
        let mut broken = Vec::new();
        for (file, text) in files {
            let read = read(&text, registry).and_then(|suite| {
                let missing = fixtures.missing_in(&suite);
                if missing.is_empty() { Ok(suite) } else { Err(missing) }
            });
            let suite = match read {
                Ok(suite) => suite,
                Err(faults) => {
                    broken.push(Broken { file, faults });
                    continue;
                }
            };
            let written: Value = json::read(&text).unwrap_or_default();
            for (i, test) in suite.tests.into_iter().enumerate() {
                if let Some(message) = clash(&files_of, &test.id) {
                    let fault = Fault { at: format!("/tests/{i}/id"), message };
                    broken.push(Broken { file: file.clone(), faults: vec![fault] });
                    continue;
                }
                files_of.insert(test.id.clone(), file.clone());
                let written = &written["tests"][i];
                entries.push(Entry {
                    rev: revision(written),
                    steps: written["steps"].clone(),
                    test: Arc::new(test),
                    profile: suite.profile.clone(),
                    endpoint: suite.endpoint.clone(),
                });
            }
        }
        if broken.is_empty() {
            Ok(Self { entries, fixtures: Arc::new(fixtures), frozen: None })
        } else {
            Err(broken)
        }
    }

    /// Only the tests that one of the patterns selects, and of these profiles. Without a pattern or a profile, all.
    pub fn retain(&mut self, patterns: &[String], profiles: &[String]) {
        self.entries.retain(|entry| {
            let is_selected =
                patterns.is_empty() || patterns.iter().any(|pattern| selects(pattern, &entry.test.id));
            is_selected && (profiles.is_empty() || profiles.contains(&entry.profile))
        });
    }

    /// The hash of the whole list.
    pub fn hash(&self) -> String {
        hash_of_list(self.entries.iter().map(|entry| (&*entry.test.id, &*entry.rev)))
    }
}

/// What is wrong with an id beside those of other files: what holds within a file holds across them.
fn clash(files_of: &BTreeMap<String, String>, id: &str) -> Option<String> {
    files_of.iter().find_map(|(other, file)| {
        if other == id {
            return Some(format!("the id `{id}` stands in {file} already; an id is used once"));
        }
        let is_prefix = other.starts_with(id) || id.starts_with(other);
        is_prefix.then(|| {
            format!("`{id}` and `{other}` of {file}: one is a prefix of the other; rename one of them")
        })
    })
}

/// The registry of capabilities and of mutants, as it is for suites of anybody's.
fn registry() -> Result<Registry, Vec<Broken>> {
    let names = |text: &str, file: &str, side: &str| {
        let value = json::read(text).map_err(|error| {
            let fault = Fault { at: String::new(), message: error.to_string() };
            vec![Broken { file: file.to_owned(), faults: vec![fault] }]
        })?;
        Ok::<_, Vec<Broken>>(
            value[side].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect(),
        )
    };
    Ok(Registry {
        client: names(CAPABILITIES, "capabilities.json", "client")?,
        server: names(CAPABILITIES, "capabilities.json", "server")?,
        mutants: Some(names(MUTANTS, "mutants.json", "mutants")?),
        is_own: false,
    })
}

/// The registry of capabilities and of mutants, which is inside this program: a test sees to it that it can be read.
pub fn capabilities() -> Registry {
    registry().unwrap_or_default()
}

/// Every mutant, with what it does.
pub fn mutants() -> Vec<(String, String)> {
    let value: Value = serde_json::from_str(MUTANTS).unwrap_or_default();
    let mutants = value["mutants"].as_object().into_iter().flatten();
    mutants.map(|(name, what)| (name.clone(), what.as_str().unwrap_or_default().to_owned())).collect()
}

fn fixtures(
    file: &str,
    index: &str,
    read: impl Fn(&str) -> Option<Vec<u8>>,
) -> Result<Fixtures, Vec<Broken>> {
    Fixtures::read(index, read).map_err(|faults| vec![Broken { file: file.to_owned(), faults }])
}

/// Whether a pattern selects a name: `*` stands for anything. A pattern without a star that ends in the middle of an id
/// selects nothing.
pub fn selects(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = name.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<_> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_projects_own_list_is_in_order() {
        let own = Catalogue::own().unwrap();
        assert!(own.entries.len() > 100);
        assert_eq!(own.entries[0].test.id, "core/listens");
    }

    #[test]
    fn every_file_of_the_list_is_inside_this_program() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../suites");
        let mut there: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let mut inside = SUITES.map(|(name, _)| name.trim_start_matches("suites/"));
        there.sort();
        inside.sort_unstable();
        assert_eq!(there, inside);
    }

    #[test]
    fn an_id_is_no_other_files_and_no_prefix_of_one() {
        let suite = |id: &str| {
            let test = serde_json::json!({"id": id, "title": "t", "why": "w", "level": "may", "steps": [{"do": "listen"}]});
            let suite = serde_json::json!({"format": 1, "profile": "p", "about": "a", "endpoint": "/", "tests": [test]});
            suite.to_string()
        };
        let read = |ids: [&str; 2]| {
            let files =
                ids.iter().zip(["one.json", "two.json"]).map(|(id, file)| (file.to_owned(), suite(id)));
            Catalogue::of(files.collect(), &Registry::default(), Fixtures::default())
        };
        assert_eq!(read(["p/one", "p/two"]).unwrap().entries.len(), 2);
        for (ids, says) in [
            (["p/one", "p/one"], "stands in one.json already"),
            (["p/one", "p/one-more"], "is a prefix of the other"),
            (["p/one-more", "p/one"], "is a prefix of the other"),
        ] {
            let broken = read(ids).unwrap_err();
            assert_eq!((&*broken[0].file, &*broken[0].faults[0].at), ("two.json", "/tests/0/id"));
            assert!(broken[0].faults[0].message.contains(says), "{broken:?}");
        }
    }

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, name, is_selected) in [
            ("core/echo", "core/echo", true),
            ("core/ech", "core/echo", false),
            ("core/*", "core/echo", true),
            ("*echo", "core/echo", true),
            ("*/e*o", "core/echo", true),
            ("*", "core/echo", true),
            ("edges/*", "core/echo", false),
            ("core/echo*", "core/echo", true),
            ("c*c*c", "core/echo", false),
        ] {
            assert_eq!(selects(pattern, name), is_selected, "{pattern} {name}");
        }
    }
}
