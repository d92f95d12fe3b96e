//! Payloads that are kept in files, because JSON would hide what matters in them.
//!
//! The index beside them names each file with its hash, so that an editor or a checkout that has changed a byte is found
//! before a test is, and blamed on nobody else.

use crate::{
    json::{self, pointer},
    suite::{Expectation, Fault, Payload, Step, Suite, Test, fields::Fields},
};
use crosswire_protocol::digest::Kind;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// The format that is read.
const FORMAT: u64 = 1;

/// A payload from a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixture {
    /// What kind of message it is.
    pub kind: Kind,
    /// What is special about it, in a sentence.
    pub about: String,
    /// Its bytes: UTF-8 where it is text.
    pub bytes: Vec<u8>,
}

/// The files that suites may name, each as it was when its hash was written down.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fixtures {
    files: BTreeMap<String, Fixture>,
}

impl Fixtures {
    /// Reads an index, and every file that it names by way of `file`. One that is broken does not hide the next.
    ///
    /// # Errors
    /// What is wrong, each with its place in the index and the name of the file: it is missing, its bytes have another
    /// hash, or it should be text and is not UTF-8.
    pub fn read(index: &str, file: impl Fn(&str) -> Option<Vec<u8>>) -> Result<Self, Vec<Fault>> {
        let value = json::read(index).map_err(|error| vec![Fault::new("", error.to_string())])?;
        let entries = read_head(&value).map_err(|fault| vec![fault])?;
        let (mut files, mut faults) = (BTreeMap::new(), Vec::new());
        for (name, entry) in entries {
            match read_entry(name, entry, &file) {
                Ok(fixture) => {
                    files.insert(name.clone(), fixture);
                }
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() { Ok(Self { files }) } else { Err(faults) }
    }

    /// The file of this name.
    pub fn named(&self, name: &str) -> Option<&Fixture> {
        self.files.get(name)
    }

    /// The names of all files.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Holds a suite against the index: every fixture that it names and that is not there is a fault of the suite, with
    /// the test that names it.
    pub fn missing_in(&self, suite: &Suite) -> Vec<Fault> {
        let unknown = |test: &Test| {
            let names = named_by(&test.steps).into_iter().filter(|name| !self.files.contains_key(*name));
            names.map(|name| self.unknown(test, name)).collect::<Vec<_>>()
        };
        suite.tests.iter().flat_map(unknown).collect()
    }

    fn unknown(&self, test: &Test, name: &str) -> Fault {
        let known: Vec<_> = self.names().collect();
        let known = if known.is_empty() {
            "there is none; list it in fixtures/fixtures.json beside the suite".to_owned()
        } else {
            format!("known: {}", known.join(", "))
        };
        let id = &test.id;
        let message =
            format!("the test `{id}` names the fixture `{name}`, which is not in fixtures.json; {known}");
        Fault::new("/tests", message)
    }
}

/// The fixtures that steps name, in their order.
pub fn named_by(steps: &[Step]) -> Vec<&str> {
    let mut names = Vec::new();
    for step in steps {
        match step {
            Step::Send { payload: Payload::Fixture(name), .. }
            | Step::Expect { expectation: Expectation::Fixture(name), .. }
            | Step::Ping { payload: Some(Payload::Fixture(name)), .. }
            | Step::Pong { payload: Some(Payload::Fixture(name)), .. } => names.push(name.as_str()),
            Step::ExpectAll { expectations, .. } => {
                names.extend(expectations.iter().filter_map(|it| match &it.expectation {
                    Expectation::Fixture(name) => Some(name.as_str()),
                    _ => None,
                }))
            }
            Step::Fails(step) => names.extend(named_by(std::slice::from_ref(step))),
            Step::React { steps, .. } | Step::Repeat { steps, .. } => names.extend(named_by(steps)),
            Step::Parallel(lists) => names.extend(lists.iter().flat_map(|steps| named_by(steps))),
            _ => {}
        }
    }
    names
}

fn read_head(value: &Value) -> Result<&serde_json::Map<String, Value>, Fault> {
    let mut fields = Fields::of(value, "")?;
    fields.schema()?;
    let format = fields.required("format")?;
    if format.as_u64() != Some(FORMAT) {
        return Err(Fault::new(
            "/format",
            format!("format {format} is not known; this reads format {FORMAT}"),
        ));
    }
    let entries = fields.required("fixtures")?.as_object();
    let entries = entries.ok_or_else(|| Fault::new("/fixtures", "an object of fixtures is wanted here"))?;
    fields.end()?;
    Ok(entries)
}

fn read_entry(name: &str, entry: &Value, file: impl Fn(&str) -> Option<Vec<u8>>) -> Result<Fixture, Fault> {
    let at = pointer("/fixtures", name);
    let mut fields = Fields::of(entry, &at)?;
    let wanted = fields.text("sha256")?;
    let kind = match fields.text("as")? {
        "text" => Kind::Text,
        "binary" => Kind::Binary,
        _ => return Err(Fault::new(fields.at("as"), "a fixture is sent as `text` or as `binary`")),
    };
    let about = fields.text("about")?.to_owned();
    fields.end()?;
    let bytes = file(name).ok_or_else(|| {
        Fault::new(&at, format!("`{name}` is not there; restore it, or take it out of the index"))
    })?;
    let hash = hex::encode(Sha256::digest(&bytes));
    if hash != wanted {
        let len = bytes.len();
        let message = format!(
            "`{name}` is not what it was: its {len} bytes have the hash {hash}, and {wanted} is written here; restore \
             it (a checkout may have converted its line ends), or write the new hash down"
        );
        return Err(Fault::new(pointer(&at, "sha256"), message));
    }
    if kind == Kind::Text
        && let Err(error) = std::str::from_utf8(&bytes)
    {
        let place = error.valid_up_to();
        let message = format!("`{name}` is not UTF-8 at byte {place}; send it as `binary`, or mend it");
        return Err(Fault::new(pointer(&at, "as"), message));
    }
    Ok(Fixture { kind, about, bytes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::{self, Registry};
    use serde_json::json;

    const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    const FF: &str = "a8100ae6aa1940d0b663bb31cd466142ebbdbd5187131b92d93818987832eb89";

    fn index(name: &str, sha256: &str, kind: &str) -> String {
        json!({"format": 1, "fixtures": {name: {"sha256": sha256, "as": kind, "about": "A word."}}})
            .to_string()
    }

    fn read(index: &str) -> Result<Fixtures, Vec<Fault>> {
        Fixtures::read(index, |name| match name {
            "hello.txt" => Some(b"hello".to_vec()),
            "ff.bin" => Some(vec![0xff]),
            _ => None,
        })
    }

    fn refusal(index: &str) -> String {
        let faults = read(index).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:?}");
        faults[0].to_string()
    }

    #[test]
    fn reads_a_file_whose_hash_is_right() {
        let fixtures = read(&index("hello.txt", HELLO, "text")).unwrap();
        let hello = fixtures.named("hello.txt").unwrap();
        assert_eq!((hello.kind, &*hello.bytes, &*hello.about), (Kind::Text, &b"hello"[..], "A word."));
        assert_eq!(fixtures.names().collect::<Vec<_>>(), ["hello.txt"]);
        assert_eq!(fixtures.named("other.txt"), None);
        assert_eq!(read(&index("ff.bin", FF, "binary")).unwrap().named("ff.bin").unwrap().bytes, [0xff]);
    }

    #[test]
    fn refuses_a_file_that_is_missing_changed_or_no_text() {
        let missing = refusal(&index("gone.txt", HELLO, "text"));
        assert!(missing.starts_with("/fixtures/gone.txt: `gone.txt` is not there"), "{missing}");
        let changed = refusal(&index("hello.txt", FF, "text"));
        assert!(
            changed.starts_with("/fixtures/hello.txt/sha256: `hello.txt` is not what it was"),
            "{changed}"
        );
        assert!(changed.contains(HELLO) && changed.contains(FF), "{changed}");
        let no_text = refusal(&index("ff.bin", FF, "text"));
        assert!(no_text.starts_with("/fixtures/ff.bin/as: `ff.bin` is not UTF-8 at byte 0"), "{no_text}");
    }

    #[test]
    fn refuses_an_index_that_says_something_else() {
        assert!(refusal(&index("hello.txt", HELLO, "json")).contains("`text` or as `binary`"));
        assert!(refusal(r#"{"format":2,"fixtures":{}}"#).contains("format 1"));
        assert!(refusal(r#"{"format":1,"fixtures":{},"more":1}"#).contains("`more` is not known"));
        assert!(refusal(r#"{"format":1,"fixtures":[]}"#).contains("an object of fixtures"));
        assert!(
            refusal(r#"{"format":1,"fixtures":{"a":{"sha256":"","as":"text","about":"b"}}}"#)
                .contains("sha256")
        );
        assert!(refusal("nonsense").contains("line 1"));
    }

    #[test]
    fn a_broken_file_does_not_hide_the_next() {
        let entry = json!({"sha256": HELLO, "as": "text", "about": "A word."});
        let index = json!({"format": 1, "fixtures": {"one.txt": entry, "two.txt": entry}}).to_string();
        assert_eq!(read(&index).unwrap_err().len(), 2);
    }

    #[test]
    fn a_fixture_that_a_test_names_and_that_is_not_there_is_told_wherever_it_stands() {
        let fixtures = read(&index("hello.txt", HELLO, "text")).unwrap();
        let send = |name: &str| json!({"do": "send", "on": "a", "fixture": name});
        let steps = json!([
            {"do": "connect", "on": "a"},
            send("hello.txt"),
            {"do": "expect", "on": "a", "fixture": "1"},
            {"do": "expect_all", "on": "a", "messages": [{"fixture": "hello.txt"}, {"fixture": "2"}]},
            {"do": "fails"}, send("3"),
            {"do": "react", "on": "a", "steps": [send("4")]},
            {"do": "repeat", "times": 2, "steps": [send("5")]},
            {"do": "parallel", "lists": [[send("6")], [{"do": "ping", "on": "a", "fixture": "7"}]]},
            {"do": "pong", "on": "a", "fixture": "8"},
        ]);
        let suite = json!({"format": 1, "profile": "p", "about": "a", "endpoint": "/ws", "tests": [
            {"id": "p/one", "title": "t", "why": "w", "level": "may", "steps": steps}]});
        let suite = suite::read(&suite.to_string(), &Registry::default()).unwrap();
        let faults = fixtures.missing_in(&suite);
        assert_eq!(faults.len(), 8, "{faults:?}");
        for (fault, name) in faults.iter().zip(1..) {
            let says = format!("the test `p/one` names the fixture `{name}`, which is not in fixtures.json");
            assert!(fault.message.starts_with(&says), "{fault}");
        }
    }
}
