//! Frozen lists: ids and revisions that do not change, so that "conforms to core-1" means the same next year.

use crate::{
    catalogue::{Catalogue, Entry},
    record, text,
};
use serde::Deserialize;
use std::{fs, io, path::Path};

/// The format that is read and written.
const FORMAT: u64 = 1;

/// The project's own, by their names.
const OWN: [(&str, &str); 2] = [
    ("core-1", include_str!("../../frozen/core-1.json")),
    ("edges-1", include_str!("../../frozen/edges-1.json")),
];

/// A frozen list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frozen {
    // For editors.
    #[serde(default, rename = "$schema")]
    schema: Option<String>,
    format: u64,
    /// Its name.
    pub list: String,
    /// What it is, in a sentence.
    pub about: String,
    /// Whether it may still change: nobody should claim anything by it.
    #[serde(default)]
    pub draft: bool,
    /// Its tests, in the order in which they are run.
    pub tests: Vec<FrozenTest>,
}

/// A test, as it was when the list was frozen.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrozenTest {
    /// Its id.
    pub id: String,
    /// The hash of what it said.
    pub rev: String,
}

/// The names of the project's own lists.
pub fn names() -> impl Iterator<Item = &'static str> {
    OWN.iter().map(|(name, _)| *name)
}

/// Whether a text is a frozen list and no suite: it has the name of a list, and no profile.
///
/// # Errors
/// What is wrong with it, where it is a broken list.
pub(crate) fn is_list(text: &str) -> Result<bool, String> {
    let value: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    if value.get("list").is_none() || value.get("profile").is_some() {
        return Ok(false);
    }
    Frozen::parse(text).map(|_| true).map_err(|error| format!("this frozen list is broken: {error}"))
}

impl Frozen {
    /// Why it may not be written under its name: another list of the project's has it, and whoever runs that by its name
    /// means those tests.
    pub fn takes_a_name(&self, path: &Path) -> Option<String> {
        let (_, text) = OWN.iter().find(|(own, _)| *own == self.list)?;
        let is_own_file = crate::manifest::root().is_some_and(|root| {
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty())
                .unwrap_or_else(|| Path::new("."));
            fs::canonicalize(folder).ok() == fs::canonicalize(root.join("conformance/frozen")).ok()
        });
        let is_the_same = Self::parse(text).is_ok_and(|own| own.tests == self.tests);
        (!is_own_file && !is_the_same).then(|| {
            format!(
                "{} is the name of a list of the project's, and these are other tests: choose another name",
                self.list
            )
        })
    }

    /// The project's own list of this name, or the one in a file.
    ///
    /// # Errors
    /// In a sentence: there is none, or it is broken.
    pub fn named(name: &str) -> Result<Self, String> {
        if let Some((_, text)) = OWN.iter().find(|(own, _)| *own == name) {
            return Self::parse(text).map_err(|error| format!("{name}: {error}"));
        }
        if !name.ends_with(".json") {
            let known: Vec<_> = names().collect();
            let known = known.join(", ");
            if Path::new(name).is_file() {
                return Err(format!("{name}: the file of a frozen list ends in .json"));
            }
            return Err(format!("there is no frozen list `{name}`; known: {known}; or give the path of one"));
        }
        let text = text::read(Path::new(name)).map_err(|error| format!("{name}: {error}"))?;
        Self::parse(&text).map_err(|error| format!("{name}: {error}"))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let list: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if list.format != FORMAT {
            return Err(format!("format {} is not known; this reads format {FORMAT}", list.format));
        }
        if list.list.trim().is_empty() || list.tests.is_empty() {
            return Err("a frozen list has a name, in `list`, and at least one test".to_owned());
        }
        for (i, test) in list.tests.iter().enumerate() {
            if list.tests[..i].iter().any(|other| other.id == test.id) {
                return Err(format!("`{}` stands there twice", test.id));
            }
        }
        Ok(list)
    }

    /// These tests, as they are now.
    pub fn of(name: String, draft: bool, entries: &[Entry]) -> Self {
        let tests: Vec<_> = entries
            .iter()
            .map(|entry| FrozenTest { id: entry.test.id.clone(), rev: entry.rev.clone() })
            .collect();
        let (when, version) = (record::now(), env!("CARGO_PKG_VERSION"));
        let day = when.split('T').next().unwrap_or_default();
        let about = format!("{} tests, as they were on {day} in crosswire {version}.", tests.len());
        Self { schema: None, format: FORMAT, list: name, about, draft, tests }
    }

    /// Exactly its tests, in its order, out of those that there are now.
    ///
    /// # Errors
    /// What is not as it was, test by test: then none of them may be run in its name.
    pub fn select(&self, mut catalogue: Catalogue) -> Result<Catalogue, String> {
        let mut selected = Vec::with_capacity(self.tests.len());
        let mut faults = Vec::new();
        for test in &self.tests {
            match catalogue.entries.iter().find(|entry| entry.test.id == test.id) {
                Some(entry) if entry.rev == test.rev => selected.push(entry.clone()),
                Some(entry) => {
                    let (was, is) = (&test.rev, &entry.rev);
                    faults.push(format!(
                        "  {}: it says something else than when the list was frozen ({was}, now {is})",
                        test.id
                    ));
                }
                None => faults.push(format!("  {}: {}", test.id, whereabouts(&test.id, &catalogue.entries))),
            }
        }
        if faults.is_empty() {
            catalogue.entries = selected;
            catalogue.frozen = Some(crate::results::Frozen { list: self.list.clone(), draft: self.draft });
            return Ok(catalogue);
        }
        let (count, all) = (faults.len(), self.tests.len());
        Err(format!(
            "{} cannot be run: {count} of its {all} tests are not what they were, and who passes others has not passed \
             it\n{}\n{}",
            self.list,
            faults.join("\n"),
            self.advice()
        ))
    }

    fn advice(&self) -> String {
        let later = |name: &&str| number(name) > number(&self.list) && family(name) == family(&self.list);
        match names().filter(later).max_by_key(|name| number(name)) {
            Some(newest) => format!("the newest of its kind is {newest}; the older ones are run by older releases"),
            None => "it is run by the release that it was frozen with; `crosswire list --freeze` freezes a new one".to_owned(),
        }
    }

    /// Writes it into a file. One that is there already is written over only where it is a draft, and keeps what it says
    /// about itself.
    ///
    /// # Errors
    /// Where the file is there and is frozen, or cannot be written.
    pub fn write(mut self, path: &Path) -> io::Result<()> {
        match text::read(path) {
            Ok(text) => {
                let there = Self::parse(&text).map_err(io::Error::other)?;
                if !there.draft {
                    let why = format!("{} is frozen, and never changes: choose another name", there.list);
                    return Err(io::Error::new(io::ErrorKind::AlreadyExists, why));
                }
                self.about = there.about;
                self.schema = there.schema;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        fs::write(path, self.to_text())
    }

    /// A test a line, so that a comparison of two lists can be read.
    fn to_text(&self) -> String {
        let json = |value: &str| serde_json::Value::from(value).to_string();
        let schema = self.schema.as_ref().map(|schema| format!("  \"$schema\": {},\n", json(schema)));
        let draft = if self.draft { "  \"draft\": true,\n" } else { "" };
        let line =
            |test: &FrozenTest| format!("    {{\"id\": {}, \"rev\": {}}}", json(&test.id), json(&test.rev));
        let tests: Vec<_> = self.tests.iter().map(line).collect();
        format!(
            "{{\n{}  \"format\": {FORMAT},\n  \"list\": {},\n  \"about\": {},\n{draft}  \"tests\": [\n{}\n  ]\n}}\n",
            schema.unwrap_or_default(),
            json(&self.list),
            json(&self.about),
            tests.join(",\n")
        )
    }
}

/// Where a test has gone that is not there under its id.
fn whereabouts(id: &str, entries: &[Entry]) -> String {
    let renamed = entries.iter().find(|entry| entry.test.formerly.iter().any(|before| before == id));
    match renamed {
        Some(entry) => format!("it is called `{}` now", entry.test.id),
        None => "it is gone".to_owned(),
    }
}

/// `core` of `core-1`.
fn family(name: &str) -> &str {
    name.rsplit_once('-').map_or(name, |(family, _)| family)
}

/// 1 of `core-1`.
fn number(name: &str) -> u64 {
    name.rsplit_once('-').and_then(|(_, number)| number.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswire_suite::{
        fixtures::Fixtures,
        suite::{Registry, read},
    };
    use sha2::{Digest as _, Sha256};
    use std::{collections::BTreeMap, sync::Arc};

    /// The hash of each list that is frozen. Whoever has to change one of these has changed what others have claimed.
    const PINNED: [(&str, &str); 1] =
        [("core-1", "f30687719b780de618f8c10d56a86acb290930dacab98744b8ce206a4f3dbdc7")];

    #[test]
    fn what_is_frozen_never_changes() {
        let frozen = OWN.into_iter().filter(|(name, _)| !Frozen::named(name).unwrap().draft);
        let hashes: Vec<_> = frozen.map(|(name, text)| (name, hex::encode(Sha256::digest(text)))).collect();
        let pinned: Vec<_> = PINNED.into_iter().map(|(name, hash)| (name, hash.to_owned())).collect();
        assert_eq!(hashes, pinned, "a list that is frozen has changed: restore it, and freeze another one");
    }

    #[test]
    fn a_list_has_its_files_name_and_every_file_is_inside_this_program() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../frozen");
        let mut there: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        there.sort();
        assert_eq!(there, names().map(|name| format!("{name}.json")).collect::<Vec<_>>());
        for name in names() {
            assert_eq!(Frozen::named(name).unwrap().list, name);
        }
    }

    #[test]
    fn what_was_frozen_is_still_there_perhaps_under_another_name() {
        let own = Catalogue::own().unwrap();
        for name in names() {
            for FrozenTest { id, .. } in Frozen::named(name).unwrap().tests {
                let is_there =
                    own.entries.iter().any(|entry| entry.test.id == id || entry.test.formerly.contains(&id));
                assert!(
                    is_there,
                    "{name}: nothing is, or was, called {id}; an id is for ever: keep it in `formerly`"
                );
            }
        }
    }

    #[test]
    fn the_newest_list_of_a_profile_is_what_its_suites_say() {
        let own = Catalogue::own().unwrap();
        let mut newest = BTreeMap::new();
        for name in names() {
            let newest = newest.entry(family(name)).or_insert(name);
            if number(name) > number(newest) {
                *newest = name;
            }
        }
        for (profile, name) in newest {
            let list = Frozen::named(name).unwrap();
            let entries: Vec<_> =
                own.entries.iter().filter(|entry| entry.profile == profile).cloned().collect();
            let (path, draft) = if list.draft {
                (name.to_owned(), " --draft")
            } else {
                (format!("{profile}-{}", number(name) + 1), "")
            };
            assert_eq!(
                list.tests,
                Frozen::of(name.to_owned(), list.draft, &entries).tests,
                "the suites say something else than {name}; this writes down what they say, for {path}:\n\n    \
                 crosswire list --profile {profile} --freeze conformance/frozen/{path}{draft}\n"
            );
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let own = Catalogue::own().unwrap();
        for draft in [true, false] {
            let list = Frozen::of("mine-\"1\"".to_owned(), draft, &own.entries[..3]);
            assert_eq!(Frozen::parse(&list.to_text()), Ok(list));
        }
        for name in names() {
            let (_, text) = OWN.iter().find(|(own, _)| *own == name).unwrap();
            assert_eq!(Frozen::parse(text).unwrap().to_text(), *text);
        }
    }

    #[test]
    fn a_list_that_is_none_is_refused() {
        for (text, says) in [
            ("{}", "missing field"),
            (r#"{"format":2,"list":"l","about":"a","tests":[{"id":"a","rev":"b"}]}"#, "format 1"),
            (r#"{"format":1,"list":"l","about":"a","tests":[]}"#, "at least one test"),
            (r#"{"format":1,"list":" ","about":"a","tests":[{"id":"a","rev":"b"}]}"#, "has a name"),
            (
                r#"{"format":1,"list":"l","about":"a","tests":[{"id":"a","rev":"b"},{"id":"a","rev":"b"}]}"#,
                "twice",
            ),
            (
                r#"{"format":1,"list":"l","about":"a","tests":[{"id":"a","rev":"b"}],"more":1}"#,
                "unknown field",
            ),
        ] {
            let error = Frozen::parse(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
        let error = Frozen::named("core-0").unwrap_err();
        assert!(error.contains("no frozen list `core-0`; known: core-1, edges-1"), "{error}");
        assert!(Frozen::named("nowhere/core-1.json").unwrap_err().contains("nowhere/core-1.json: "));
    }

    /// A catalogue of these ids, each of which has `formerly` been called like it with `-before` behind it.
    fn catalogue(ids: &[&str]) -> Catalogue {
        let test = |id: &&str| {
            serde_json::json!({"id": id, "title": "t", "why": "w", "level": "may", "formerly": [format!("{id}-before")],
                "steps": [{"do": "listen"}]})
        };
        let tests: Vec<_> = ids.iter().map(test).collect();
        let suite =
            serde_json::json!({"format": 1, "profile": "p", "about": "a", "endpoint": "/", "tests": tests});
        let suite = read(&suite.to_string(), &Registry::default()).unwrap();
        let entry = |test: crosswire_suite::suite::Test| Entry {
            rev: format!("rev of {}", test.id),
            steps: serde_json::Value::Null,
            test: Arc::new(test),
            profile: "p".to_owned(),
            endpoint: "/".to_owned(),
        };
        let entries = suite.tests.into_iter().map(entry).collect();
        Catalogue { entries, fixtures: Arc::new(Fixtures::default()), frozen: None }
    }

    #[test]
    fn exactly_its_tests_are_selected_in_its_order() {
        let all = catalogue(&["p/a", "p/b", "p/c"]);
        let list = Frozen::of("p-1".to_owned(), false, &[all.entries[2].clone(), all.entries[0].clone()]);
        let selected = list.select(all).unwrap();
        let ids: Vec<_> = selected.entries.iter().map(|entry| entry.test.id.as_str()).collect();
        assert_eq!(ids, ["p/c", "p/a"]);
        assert_eq!(selected.frozen.unwrap().list, "p-1");
    }

    #[test]
    fn a_test_that_has_changed_moved_or_gone_keeps_the_list_from_being_run() {
        let all = catalogue(&["p/a", "p/b", "p/c"]);
        let mut list = Frozen::of("core-0".to_owned(), false, &all.entries);
        "another".clone_into(&mut list.tests[0].rev);
        "p/b-before".clone_into(&mut list.tests[1].id);
        list.tests.push(FrozenTest { id: "p/d".to_owned(), rev: "d".to_owned() });
        assert_eq!(
            list.select(all).unwrap_err(),
            "core-0 cannot be run: 3 of its 4 tests are not what they were, and who passes others has not passed it\n  \
             p/a: it says something else than when the list was frozen (another, now rev of p/a)\n  \
             p/b-before: it is called `p/b` now\n  \
             p/d: it is gone\n\
             the newest of its kind is core-1; the older ones are run by older releases"
        );
    }
}
