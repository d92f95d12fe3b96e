//! A command that was run.

use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The client inside the program.
pub(crate) const CLIENT: &str = "rust-tokio-tungstenite";
/// A debug build takes its time; only waits that run out take longer.
const TIME_SCALE: &str = "5";

/// What came of a command.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) said: String,
    pub(crate) complained: String,
    out: PathBuf,
}

/// A folder of this test's own, empty.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("command").join(name);
    // It is left over from an earlier run, or not there.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// `crosswire` with these arguments, at the root of the repository.
pub(crate) fn crosswire(arguments: &[&str], out: PathBuf) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crosswire"));
    let output = command.args(arguments).current_dir(root()).env_remove("COLUMNS").output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        said: String::from_utf8(output.stdout).unwrap(),
        complained: String::from_utf8(output.stderr).unwrap(),
        out,
    }
}

/// `crosswire run` with the client inside the program; its results go to a folder named after the test.
pub(crate) fn run(name: &str, arguments: &[&str]) -> Ran {
    let out = folder(name);
    let shared = ["run", "--client", CLIENT, "--time-scale", TIME_SCALE, "--out", out.to_str().unwrap()];
    crosswire(&[&shared, arguments].concat(), out.clone())
}

impl Ran {
    /// The lines of `results.ndjson`: header, results, footer.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.out.join("results.ndjson")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub(crate) fn results(&self) -> Vec<Value> {
        self.lines().into_iter().filter(|line| line["type"] == "result").collect()
    }

    /// The verdict of a test, and why.
    pub(crate) fn verdict(&self, test: &str) -> (String, String) {
        let result = self.results().into_iter().find(|result| result["test"] == test).unwrap();
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (word(&result["verdict"]), word(&result["reason"]["message"]))
    }

    /// A report that was written.
    pub(crate) fn report(&self, name: &str) -> String {
        fs::read_to_string(self.out.join(name)).unwrap()
    }

    /// What was said, without the places where lines were broken.
    pub(crate) fn unwrapped(&self) -> String {
        self.said.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}
