//! What the command says where it cannot do what it is asked for: with which exit code, in which words, and that it leaves
//! nothing half done.
//!
//! | to see | read |
//! |---|---|
//! | selections, names and flags | `selection.rs` |
//! | suites and their fixtures | `suites.rs` |
//! | manifests, drivers and servers that cannot be started | `programs.rs` |
//! | results that cannot be read or written | `files.rs` |
//! | the smaller commands, where all is well | `work.rs` |
//! | servers at addresses, which promise nothing | `strangers.rs` |
//! | lists that are run as they were, or not at all | `frozen.rs` |
//! | skeletons of drivers | `new_client.rs` |

#![expect(clippy::unwrap_used, clippy::panic, reason = "what cannot be had fails its test")]

#[path = "../support/crosswire.rs"]
#[expect(dead_code, reason = "the tests of drivers use more of it")]
mod crosswire;
mod files;
mod frozen;
#[cfg(unix)]
mod new_client;
#[path = "../support/processes.rs"]
mod processes;
mod programs;
mod selection;
mod stranger;
mod strangers;
mod suites;
mod work;

use crosswire::Place;
use serde_json::json;
use std::fs;

/// A command line that is none, or a broken file.
const USAGE: i32 = 2;
/// No client or no server could be run.
const NOTHING_TO_RUN: i32 = 3;

/// A place with a suite of one short test, which takes less to read than the whole list.
fn with_suite(name: &str) -> Place {
    let place = Place::new(name);
    let test =
        json!({"id": "own/listens", "title": "t", "why": "w", "level": "may", "steps": [{"do": "listen"}]});
    let suite = json!({"format": 1, "profile": "own", "about": "a", "endpoint": "/ws", "tests": [test]});
    fs::create_dir(place.path("own")).unwrap();
    fs::write(place.path("own/own.json"), suite.to_string()).unwrap();
    place
}

/// The command is refused with this code, in these words on standard error, and leaves everything as it was.
#[track_caller]
fn refused(place: &Place, words: &[&str], code: i32, says: &str) {
    let before = place.holds();
    let outcome = place.run(words);
    outcome.exits_with(code);
    assert_eq!((&*outcome.complained, &*outcome.said), (&*format!("crosswire: {says}\n"), ""));
    assert_eq!(place.holds(), before);
}
