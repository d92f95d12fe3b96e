//! The list as it is run here: the project's own suites, which are inside this program.

use crate::capabilities::CAPABILITIES;
use crosswire_suite::{
    fixtures::Fixtures,
    json,
    suite::{Fault, Registry, Test, read, revision},
};
use serde_json::{Map, Value};
use std::sync::Arc;

/// Every suite of the project.
const SUITES: [&str; 9] = [
    include_str!("../../../../suites/core.json"),
    include_str!("../../../../suites/edges-content.json"),
    include_str!("../../../../suites/edges-order.json"),
    include_str!("../../../../suites/edges-arrival.json"),
    include_str!("../../../../suites/edges-control.json"),
    include_str!("../../../../suites/edges-closing.json"),
    include_str!("../../../../suites/edges-opening.json"),
    include_str!("../../../../suites/edges-many.json"),
    include_str!("../../../../suites/differences.json"),
];
const REGISTRY: &str = include_str!("../../../../capabilities.json");
const FIXTURES: &str = include_str!("../../../../fixtures/fixtures.json");
/// What is known of browsers, by what stands in the `User-Agent` of theirs alone: Chromium's kin says `Chrome`. Of others nothing is.
const KNOWN: [(&str, &str); 2] =
    [("Firefox/", include_str!("../../known-firefox.json")), ("Chrome/", include_str!("../../known.json"))];

/// The tests, in order, and what they need.
#[derive(Debug, Clone)]
pub struct Catalogue {
    /// The tests.
    pub entries: Vec<Entry>,
    /// Payload files.
    pub fixtures: Arc<Fixtures>,
}

/// A test.
#[derive(Debug, Clone)]
pub struct Entry {
    /// As it is run.
    pub test: Test,
    /// Its profile.
    pub profile: String,
    /// Where its connections go.
    pub endpoint: String,
    /// The hash of what it says.
    pub rev: String,
    /// Its steps as they are written.
    pub steps: Value,
    /// What is known of its failing here.
    pub known: Option<Known>,
}

/// A failure that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Why, in a sentence.
    pub reason: String,
    /// Where to read more.
    pub link: String,
    /// Whether it passes now and then.
    pub sometimes: bool,
}

impl Catalogue {
    /// The project's own, with what is known of the browser that sends this header.
    ///
    /// # Errors
    /// What is wrong with it: nothing, as a test sees to.
    pub fn own(user_agent: &str) -> Result<Self, Vec<Fault>> {
        let registry: Value = parsed(REGISTRY)?;
        let names =
            |side: &str| registry[side].as_object().into_iter().flat_map(Map::keys).cloned().collect();
        // Which mutants there are is the runner's to know.
        let registry =
            Registry { client: names("client"), server: names("server"), mutants: None, is_own: true };
        let fixtures = Fixtures::read(FIXTURES, |name| match name {
            "every-byte.bin" => Some(include_bytes!("../../../../fixtures/every-byte.bin").to_vec()),
            "odd.json" => Some(include_bytes!("../../../../fixtures/odd.json").to_vec()),
            "utf8-every-width.txt" => {
                Some(include_bytes!("../../../../fixtures/utf8-every-width.txt").to_vec())
            }
            _ => None,
        })?;
        let known = KNOWN.iter().find(|(mark, _)| user_agent.contains(mark));
        let known = known.map_or(Ok(Value::Null), |(_, known)| parsed(known))?;
        let mut entries = Vec::new();
        for text in SUITES {
            let suite = read(text, &registry)?;
            let written = parsed(text)?;
            for (i, test) in suite.tests.into_iter().enumerate() {
                let written = &written["tests"][i];
                entries.push(Entry {
                    known: known_of(&known, &test.id),
                    rev: revision(written),
                    steps: written["steps"].clone(),
                    test,
                    profile: suite.profile.clone(),
                    endpoint: suite.endpoint.clone(),
                });
            }
        }
        Ok(Self { entries, fixtures: Arc::new(fixtures) })
    }

    /// The test of this id.
    pub fn named(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.test.id == id)
    }
}

impl Entry {
    /// The capabilities that it needs and that a browser lacks.
    pub fn lacks(&self) -> Vec<&str> {
        let needs = self.test.needs_client.iter().map(String::as_str);
        needs.filter(|name| !CAPABILITIES.contains(name)).collect()
    }

    /// The flags of the server that it wants for itself; none where the one for all will do.
    pub fn flags(&self) -> Option<Vec<String>> {
        let config = &self.test.server_config;
        if !self.test.alone && config.is_empty() {
            return None;
        }
        Some(config.iter().map(|(name, value)| format!("--{}={value}", name.replace('_', "-"))).collect())
    }
}

fn parsed(text: &str) -> Result<Value, Vec<Fault>> {
    json::read(text).map_err(|error| vec![Fault { at: String::new(), message: error.to_string() }])
}

fn known_of(known: &Value, id: &str) -> Option<Known> {
    let entries = known["known"].as_array()?;
    let entry = entries.iter().find(|entry| entry["test"] == id)?;
    let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
    Some(Known { reason: text("reason"), link: text("link"), sometimes: entry["sometimes"] == true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::BTreeSet, fs, path::Path};

    #[test]
    fn every_file_of_the_list_is_inside_this_program() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../suites");
        let files =
            fs::read_dir(folder).unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
        assert_eq!(files.collect::<BTreeSet<_>>(), SUITES.map(str::to_owned).into());
    }

    #[test]
    fn every_known_failure_is_of_a_test_that_is_run() {
        for (mark, known) in KNOWN {
            let own = Catalogue::own(mark).unwrap();
            let known: Value = serde_json::from_str(known).unwrap();
            assert_eq!(known["format"], 1);
            for entry in known["known"].as_array().unwrap() {
                let id = entry["test"].as_str().unwrap();
                let test = own.named(id).unwrap_or_else(|| panic!("there is no test {id}"));
                assert_eq!(test.lacks(), [""; 0], "{id} is not run at all");
                let known = test.known.as_ref().unwrap();
                assert!(known.reason.ends_with('.') && known.link.starts_with("https://"), "{id}");
            }
        }
    }

    #[test]
    fn what_is_known_is_of_the_browser_that_asks() {
        let reasons = |user_agent: &str| -> String {
            let own = Catalogue::own(user_agent).unwrap();
            own.entries.into_iter().filter_map(|entry| Some(entry.known?.reason)).collect()
        };
        let firefox = reasons("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0");
        assert!(firefox.contains("Firefox") && !firefox.contains("Chromium"));
        let chromium = reasons("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/156.0.0.0");
        assert!(chromium.contains("Chromium") && !chromium.contains("Firefox"));
        assert_eq!(reasons("Mozilla/5.0 AppleWebKit/605.1.15 Version/18.1 Safari/605.1.15"), "");
    }

    /// `tools/test-wasm` starts them from that file.
    #[test]
    fn the_servers_that_tests_want_for_themselves_are_written_down() {
        let own = Catalogue::own("").unwrap();
        let wanted = own.entries.iter().filter(|entry| entry.lacks().is_empty());
        let lines = wanted.filter_map(|entry| {
            let mut words = entry.flags()?;
            words.insert(0, entry.test.id.clone());
            Some(words.join(" "))
        });
        let written = include_str!("../../servers.txt");
        assert_eq!(written.lines().collect::<Vec<_>>(), lines.collect::<Vec<_>>());
    }
}
