//! What came of the last run of every language, for the page to show beside this browser: out of the file that
//! `crosswire matrix` writes, as far as the page needs it.

use crate::handshake::refusal::{Kind, Refusal};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    fs::File,
    io::{BufReader, ErrorKind, Read as _},
    path::{Path, PathBuf},
};
use tokio::sync::Mutex;

/// A run of everything has a twentieth of it.
const LARGEST: u64 = 64 << 20;
const FORMAT: u64 = 1;

/// The file, which is read anew each time, by one request after the other.
#[derive(Debug)]
pub(crate) struct Results {
    path: PathBuf,
    reading: Mutex<()>,
}

impl Results {
    pub(crate) fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), reading: Mutex::new(()) }
    }

    /// Whether there is a file.
    pub(crate) async fn are_there(&self) -> bool {
        let path = self.path.clone();
        tokio::task::spawn_blocking(move || path.is_file()).await.unwrap_or(false)
    }

    /// What the page needs of it, as JSON.
    pub(crate) async fn summary(&self) -> Result<String, Refusal> {
        let _turn = self.reading.lock().await;
        let path = self.path.clone();
        let summary = tokio::task::spawn_blocking(move || read(&path)).await;
        summary.unwrap_or_else(|_| Err(Refusal::new(Kind::BadResults, "the results could not be read")))
    }
}

/// A line of the file, as far as it is needed.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Line {
    Header {
        format: u64,
        started: String,
        git: Option<Git>,
        clients: Vec<Client>,
        servers: Vec<Server>,
        tests: Vec<Test>,
    },
    Result {
        client: String,
        server: String,
        test: String,
        verdict: Verdict,
        outcome: Outcome,
    },
    Footer {
        interrupted: bool,
    },
}

#[derive(Deserialize)]
struct Git {
    revision: String,
}

#[derive(Deserialize, Serialize)]
struct Client {
    name: String,
    language: String,
    library: String,
}

#[derive(Deserialize, Serialize)]
struct Server {
    name: String,
    version: String,
}

#[derive(Deserialize, Serialize)]
struct Test {
    id: String,
    rev: String,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Pass,
    Fail,
    Timeout,
    Crash,
    HarnessError,
    Unsupported,
    NotRun,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Ok,
    Known,
    Regression,
    Fixed,
}

/// What the page is told.
#[derive(Serialize)]
struct Summary {
    started: String,
    revision: Option<String>,
    /// Whether the run came to its end.
    complete: bool,
    clients: Vec<Client>,
    servers: Vec<Server>,
    tests: Vec<Test>,
    /// Client, server and test by their places above, and what came of it.
    results: Vec<(usize, usize, usize, Verdict, Outcome)>,
}

/// The places of names in a header.
struct Places {
    clients: HashMap<String, usize>,
    servers: HashMap<String, usize>,
    tests: HashMap<String, usize>,
}

impl Places {
    fn of(summary: &Summary) -> Self {
        fn places<'a>(names: impl Iterator<Item = &'a String>) -> HashMap<String, usize> {
            names.enumerate().map(|(place, name)| (name.clone(), place)).collect()
        }
        Self {
            clients: places(summary.clients.iter().map(|client| &client.name)),
            servers: places(summary.servers.iter().map(|server| &server.name)),
            tests: places(summary.tests.iter().map(|test| &test.id)),
        }
    }
}

fn read(path: &Path) -> Result<String, Refusal> {
    let shown = path.display();
    let bad = |what: String| Refusal::new(Kind::BadResults, format!("{shown} {what}"));
    let advice = "`crosswire matrix` writes one, or name another with --results";
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let message = format!("there are no results at {shown}; {advice}");
            return Err(Refusal::new(Kind::NoResults, message));
        }
        Err(error) => return Err(bad(format!("cannot be opened: {error}"))),
    };
    let metadata = file.metadata().map_err(|error| bad(format!("cannot be read: {error}")))?;
    if !metadata.is_file() {
        return Err(bad(format!("is no file; {advice}")));
    }
    if metadata.len() > LARGEST {
        return Err(bad(format!("is longer than {LARGEST} bytes, which is too much for a page")));
    }
    let summary = summarize(BufReader::new(file.take(LARGEST)))
        .map_err(|what| bad(format!("is not the results of a run: {what}; {advice}")))?;
    serde_json::to_string(&summary).map_err(|error| bad(error.to_string()))
}

fn summarize(file: impl std::io::BufRead) -> Result<Summary, String> {
    let mut begun: Option<(Summary, Places)> = None;
    let mut file = file;
    let mut text = String::new();
    for number in 1.. {
        text.clear();
        let length = file.read_line(&mut text).map_err(|error| format!("line {number}: {error}"))?;
        if length == 0 {
            break;
        }
        let line = match serde_json::from_str(&text) {
            Ok(line) => line,
            // A run that was killed, or that is being written, ends in the middle of a line.
            Err(_) if !text.ends_with('\n') && begun.is_some() => break,
            Err(error) => return Err(format!("line {number}: {error}")),
        };
        match (line, &mut begun) {
            (Line::Header { format: FORMAT, started, git, clients, servers, tests }, None) => {
                let revision = git.map(|git| git.revision);
                let (complete, results) = (false, Vec::new());
                let summary = Summary { started, revision, complete, clients, servers, tests, results };
                let places = Places::of(&summary);
                begun = Some((summary, places));
            }
            (Line::Header { format, .. }, None) => {
                return Err(format!("its format is {format}, and {FORMAT} is read here"));
            }
            (Line::Result { client, server, test, verdict, outcome }, Some((summary, places))) => {
                let place = |what: &str, places: &HashMap<String, usize>, name: &str| {
                    places
                        .get(name)
                        .copied()
                        .ok_or_else(|| format!("line {number}: the header names no {what} `{name}`"))
                };
                summary.results.push((
                    place("client", &places.clients, &client)?,
                    place("server", &places.servers, &server)?,
                    place("test", &places.tests, &test)?,
                    verdict,
                    outcome,
                ));
            }
            (Line::Footer { interrupted }, Some((summary, _))) => summary.complete = !interrupted,
            (Line::Header { .. }, Some(_)) => return Err(format!("line {number}: a second header")),
            (Line::Result { .. } | Line::Footer { .. }, None) => {
                return Err("its first line is not the header of a run".to_owned());
            }
        }
    }
    begun.map(|(summary, _)| summary).ok_or_else(|| "it is empty".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const HEADER: &str = r#"{"type":"header","format":1,"started":"2026-11-21T00:00:00Z","git":{"revision":"abc","dirty":false},"clients":[{"name":"go","language":"go","library":"gorilla 1"}],"servers":[{"name":"crosswire","version":"0.1.0"}],"tests":[{"id":"core/echo","rev":"00"}],"more":1}"#;
    const RESULT: &str = r#"{"type":"result","client":"go","server":"crosswire","test":"core/echo","attempt":1,"verdict":"harness_error","outcome":"regression","ms":1.0}"#;
    const FOOTER: &str = r#"{"type":"footer","interrupted":false}"#;

    fn told(lines: &[&str]) -> Result<Value, String> {
        summarize((lines.join("\n") + "\n").as_bytes()).map(|summary| json!(summary))
    }

    #[test]
    fn a_run_is_told_in_what_the_page_needs() {
        let told = told(&[HEADER, RESULT, FOOTER]).unwrap();
        assert_eq!(told["results"], json!([[0, 0, 0, "harness_error", "regression"]]));
        assert_eq!(told["clients"], json!([{"name": "go", "language": "go", "library": "gorilla 1"}]));
        assert_eq!((&told["complete"], &told["revision"]), (&json!(true), &json!("abc")));
        assert!(told.get("more").is_none());
    }

    #[test]
    fn a_run_that_is_still_written_is_told_as_far_as_it_is() {
        assert_eq!(told(&[HEADER, RESULT]).unwrap()["complete"], json!(false));
        let cut = format!("{HEADER}\n{RESULT}\n{}", &RESULT[..30]);
        assert_eq!(summarize(cut.as_bytes()).unwrap().results.len(), 1);
    }

    #[test]
    fn what_is_no_run_is_refused_with_its_line() {
        let other = HEADER.replace("\"format\":1", "\"format\":2");
        let odd = RESULT.replace("harness_error", "splendid");
        let stranger = RESULT.replace("core/echo", "core/other");
        for (lines, words) in [
            (&[""][..], "line 1"),
            (&["hello"], "line 1"),
            (&[RESULT], "not the header"),
            (&[HEADER, HEADER], "line 2: a second header"),
            (&[HEADER, "{}"], "line 2"),
            (&[&*other], "format is 2"),
            (&[HEADER, &odd], "splendid"),
            (&[HEADER, &stranger], "no test `core/other`"),
        ] {
            let error = told(lines).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
        assert_eq!(summarize(&b""[..]).err().as_deref(), Some("it is empty"));
    }
}
