//! Every file of the project is what its schema says, and every schema is one.

use crate::schema::{SCHEMAS, Schema, conformance, json_of};
use serde_json::Value;
use std::{collections::BTreeSet, fs};

/// The files of a folder of `conformance`.
fn files_of(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(conformance().join(folder)).into_iter().flatten();
    let name = |entry: fs::DirEntry| format!("{folder}/{}", entry.file_name().to_str().unwrap());
    entries.map(|entry| name(entry.unwrap())).collect()
}

fn each_reference(value: &Value, visit: &mut impl FnMut(&str)) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| each_reference(value, visit)),
        Value::Object(members) => {
            if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                visit(reference);
            }
            members.values().for_each(|value| each_reference(value, visit));
        }
        _ => {}
    }
}

#[test]
fn a_schema_is_one_and_has_its_files_name() {
    assert!(SCHEMAS.len() >= 8, "{}", SCHEMAS.len());
    for (name, schema) in SCHEMAS.iter() {
        if let Err(error) = jsonschema::meta::validate(schema) {
            panic!("{name}: {error}");
        }
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{name}");
        assert_eq!(schema["$id"], **name);
        assert!(schema["title"].is_string(), "{name}");
    }
}

#[test]
fn what_a_schema_defines_is_referred_to() {
    let mut used = BTreeSet::new();
    for (name, schema) in SCHEMAS.iter() {
        each_reference(schema, &mut |reference| {
            let (file, part) = reference.split_once('#').unwrap();
            used.insert(format!("{}#{part}", if file.is_empty() { name } else { file }));
        });
    }
    for (name, schema) in SCHEMAS.iter() {
        for definition in schema["$defs"].as_object().into_iter().flatten().map(|(definition, _)| definition)
        {
            let place = format!("{name}#/$defs/{definition}");
            assert!(used.contains(&place), "nothing refers to {place}");
        }
    }
}

#[test]
fn every_suite_is_valid() {
    let schema = Schema::named("suite.schema.json");
    let mut files = files_of("suites");
    assert!(files.len() > 1, "{files:?}");
    files.push("selftest/must-pass.json".to_owned());
    for file in files {
        let suite = json_of(&file);
        schema.assert_allows(&suite, &file);
        assert!(
            suite["$schema"].as_str().unwrap().ends_with("schema/suite.schema.json"),
            "{file}: for editors"
        );
    }
}

#[test]
fn every_manifest_and_every_known_failure_is_valid() {
    let (manifest, known) = (Schema::named("impl.schema.json"), Schema::named("known.schema.json"));
    let mut manifests = 0;
    for (side, folders) in ["clients", "servers"].map(|side| (side, files_of(side))) {
        for folder in folders {
            let file = format!("{folder}/impl.json");
            if !conformance().join(&file).is_file() {
                continue;
            }
            manifests += 1;
            let described = json_of(&file);
            manifest.assert_allows(&described, &file);
            for entry in described[side].as_array().unwrap_or_else(|| panic!("{file}: no `{side}`")) {
                if let Some(name) = entry["known"].as_str() {
                    let file = format!("{folder}/{name}");
                    known.assert_allows(&json_of(&file), &file);
                }
            }
        }
    }
    assert!(manifests > 0);
}

#[test]
fn every_registry_and_index_is_valid() {
    for (file, schema) in [
        ("capabilities.json", "capabilities.schema.json"),
        ("mutants.json", "mutants.schema.json"),
        ("fixtures/fixtures.json", "fixtures.schema.json"),
    ] {
        Schema::named(schema).assert_allows(&json_of(file), file);
    }
}

#[test]
fn every_frozen_list_is_valid() {
    let schema = Schema::named("frozen.schema.json");
    let files = files_of("frozen");
    assert!(!files.is_empty());
    for file in files {
        schema.assert_allows(&json_of(&file), &file);
    }
}

#[test]
fn tests_that_must_fail_are_valid_tests() {
    let schema = Schema::named("suite.schema.json#/$defs/test");
    for entry in json_of("selftest/must-fail.json")["tests"].as_array().unwrap() {
        schema.assert_allows(&entry["test"], entry["test"]["id"].as_str().unwrap());
    }
}
