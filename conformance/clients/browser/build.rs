//! Writes a row for each test of the list. The runner of browser tests finds rows as exports of the wasm file, so they
//! cannot be made when it runs.

#![expect(clippy::unwrap_used, clippy::panic, reason = "what cannot be read ends the build, with its name")]

#[path = "src/capabilities.rs"]
mod capabilities;

use capabilities::CAPABILITIES;
use crosswire_suite::suite::{Registry, Test, read};
use serde_json::{Map, Value};
use std::{env, fmt::Write as _, fs, path::Path};

fn main() {
    let conformance = Path::new("../..");
    let (suites, registry) = (conformance.join("suites"), conformance.join("capabilities.json"));
    for path in [&suites, &registry] {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    let registry = read_registry(&registry);
    let mut files: Vec<_> = fs::read_dir(&suites).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let (mut rows, mut ids) = (String::new(), Vec::new());
    let mut last_profile = String::new();
    for file in files {
        let suite = read(&fs::read_to_string(&file).unwrap(), &registry)
            .unwrap_or_else(|faults| panic!("{}: {faults:?}", file.display()));
        if suite.profile != last_profile {
            let end = if last_profile.is_empty() { "" } else { "}\n" };
            let module = suite.profile.replace('-', "_");
            writeln!(rows, "{end}/// The tests of the profile `{}`.\npub mod {module} {{", suite.profile)
                .unwrap();
            last_profile = suite.profile;
        }
        for test in suite.tests {
            write_row(&mut rows, &test);
            ids.push(test.id);
        }
    }
    writeln!(rows, "}}\nconst ROWS: [&str; {}] = {ids:?};", ids.len()).unwrap();
    fs::write(Path::new(&env::var("OUT_DIR").unwrap()).join("rows.rs"), rows).unwrap();
}

fn read_registry(path: &Path) -> Registry {
    let value: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let names = |side: &str| value[side].as_object().into_iter().flat_map(Map::keys).cloned().collect();
    Registry { client: names("client"), server: names("server"), mutants: None, is_own: true }
}

fn write_row(rows: &mut String, test: &Test) {
    let (_, slug) = test.id.split_once('/').unwrap();
    let lacks: Vec<_> = test
        .needs_client
        .iter()
        .filter(|name| !CAPABILITIES.contains(&name.as_str()))
        .map(|name| format!("`{name}`"))
        .collect();
    writeln!(rows, "    #[wasm_bindgen_test::wasm_bindgen_test]").unwrap();
    if !lacks.is_empty() {
        writeln!(rows, "    #[ignore = \"a browser lacks {}\"]", lacks.join(", ")).unwrap();
    }
    let name = slug.replace('-', "_");
    writeln!(rows, "    async fn {name}() {{ super::row({:?}).await; }}", test.id).unwrap();
}
