//! A schema of the project, and what it says of a value.

use jsonschema::{Registry, Validator};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

/// Where relative addresses begin. Nothing is fetched: what is not in the folder is an error.
const BASE: &str = "json-schema:///";

/// The folder `conformance`.
pub(crate) fn conformance() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A file of the folder `conformance`, as JSON.
pub(crate) fn json_of(path: impl AsRef<Path>) -> Value {
    let path = conformance().join(path);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every schema by its file's name.
pub(crate) static SCHEMAS: LazyLock<Vec<(String, Value)>> = LazyLock::new(|| {
    let folder = fs::read_dir(conformance().join("schema")).unwrap();
    let mut names: Vec<_> = folder.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names.into_iter().map(|name| (name.clone(), json_of(format!("schema/{name}")))).collect()
});

static REGISTRY: LazyLock<Registry<'static>> = LazyLock::new(|| {
    let resources = SCHEMAS.iter().map(|(name, schema)| (format!("{BASE}{name}"), schema.clone()));
    Registry::new().extend(resources).unwrap().prepare().unwrap()
});

/// A schema, or a part of one: `suite.schema.json#/$defs/test`.
pub(crate) struct Schema(Validator);

impl Schema {
    pub(crate) fn named(reference: &str) -> Self {
        let schema = json!({"$ref": format!("{BASE}{reference}")});
        let options = jsonschema::options().with_registry(&REGISTRY).should_validate_formats(true);
        Self(options.build(&schema).unwrap())
    }

    /// What is wrong: where in the value, and in the schema's words.
    pub(crate) fn faults(&self, value: &Value) -> Vec<(String, String)> {
        let errors = self.0.iter_errors(value);
        errors.map(|error| (error.instance_path().to_string(), error.to_string())).collect()
    }

    pub(crate) fn allows(&self, value: &Value) -> bool {
        self.0.is_valid(value)
    }

    pub(crate) fn assert_allows(&self, value: &Value, what: &str) {
        let faults = self.faults(value);
        assert!(faults.is_empty(), "{what}: {faults:#?}");
    }
}
