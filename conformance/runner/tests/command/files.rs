//! Results that cannot be read, or not be written.

use super::{Place, USAGE, refused, with_suite};
use std::fs;

const CLIENT: [&str; 4] = ["--client", "rust-tokio-tungstenite", "--suites", "own"];

/// A place with the results of a run in its folder `out`.
fn ran(name: &str) -> (Place, String) {
    let place = with_suite(name);
    place.run(&[&["run", "--out", "out"], &CLIENT[..]].concat()).exits_with(0);
    let text = fs::read_to_string(place.path("out/results.ndjson")).unwrap();
    assert_eq!(text.lines().count(), 3);
    (place, text)
}

#[test]
fn results_that_are_cut_are_incomplete_wherever_that_is() {
    let (place, text) = ran("cut");
    let whole = place.run(&["report", "out/results.ndjson"]);
    whole.exits_with(0);
    assert!(whole.said.ends_with("✓ nothing unexpected\n"), "{}", whole.said);
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
    for (length, says) in [
        (ends[0], "the run did not end: 0 of 1 results are there, and no footer"),
        (
            ends[0] + 20,
            "the run did not end: 0 of 1 results are there, and no footer; line 2 is cut in the middle",
        ),
        (ends[1], "the run did not end: 1 of 1 results are there, and no footer"),
        (
            ends[2] - 10,
            "the run did not end: 1 of 1 results are there, and no footer; line 3 is cut in the middle",
        ),
    ] {
        fs::write(place.path("out/results.ndjson"), &text[..length]).unwrap();
        let outcome = place.run(&["report", "out"]);
        outcome.exits_with(1);
        assert!(outcome.said.contains(&format!("INCOMPLETE: {says}\n")), "{}", outcome.said);
        assert_eq!(outcome.complained, "");
    }
}

#[test]
fn what_is_no_results_is_refused_with_what_it_lacks() {
    let (place, text) = ran("no-results");
    let no_results = "these are no results, as `crosswire run` writes them into results.ndjson";
    for (text, says) in [
        ("", "the file is empty: it has not even the header of a run".to_owned()),
        (
            &text[..60],
            "the file ends in the middle of its first line, the header, and tells nothing of the run"
                .to_owned(),
        ),
        ("<html>\n", format!("line 1: expected value at line 1 column 1: <html>; {no_results}")),
        (
            "{\"type\":\"header\",\"format\":2}\n",
            "line 1: format 2 is not known; this reads format 1".to_owned(),
        ),
    ] {
        fs::write(place.path("other"), text).unwrap();
        refused(&place, &["report", "other"], USAGE, &format!("other: {says}"));
        refused(&place, &["report", "out", "--against", "other"], USAGE, &format!("other: {says}"));
        let run = [&["run", "--out", "new", "--against", "other"], &CLIENT[..]].concat();
        refused(&place, &run, USAGE, &format!("other: {says}"));
    }
    let is_not_there = "it is not there; `crosswire run` writes it into the folder that `--out` names";
    refused(&place, &["report", "nowhere"], USAGE, &format!("nowhere: {is_not_there}"));
    fs::create_dir(place.path("empty")).unwrap();
    refused(&place, &["report", "empty"], USAGE, &format!("empty/results.ndjson: {is_not_there}"));
}

#[test]
fn a_folder_that_cannot_be_written_is_told_before_anything_is_run() {
    let (place, text) = ran("unwritable");
    fs::write(place.path("file"), "mine").unwrap();
    let cannot = |folder: &str, why: &str| format!("the results cannot be written to {folder}: {why}");
    let is_a_file = "it is a file, or lies in one; give a folder";
    for folder in ["file", "file/below"] {
        let run = [&["run", "--out", folder], &CLIENT[..]].concat();
        refused(&place, &run, USAGE, &cannot(folder, is_a_file));
        refused(&place, &["report", "out", "--out", folder], USAGE, &cannot(folder, is_a_file));
    }
    assert_eq!(fs::read_to_string(place.path("file")).unwrap(), "mine");
    // A folder in the place of the file: nobody may write there, whoever runs this.
    fs::create_dir_all(place.path("taken/results.ndjson.new")).unwrap();
    let run = [&["run", "--out", "taken"], &CLIENT[..]].concat();
    refused(&place, &run, USAGE, &cannot("taken", "Is a directory (os error 21)"));
    // What was written before is still there when a run is refused.
    let unreachable = ["--server-url", "ws://127.0.0.1:1"];
    let run = [&["run", "--out", "out"], &CLIENT[..], &unreachable].concat();
    place.run(&run).exits_with(3);
    assert_eq!(fs::read_to_string(place.path("out/results.ndjson")).unwrap(), text);
    place.path("out/matrix.html").metadata().unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_before_anything_is_run_and_keeps_what_was_there() {
    let (place, text) = ran("full-disk");
    std::os::unix::fs::symlink("/dev/full", place.path("out/results.ndjson.new")).unwrap();
    let run = [&["run", "--out", "out"], &CLIENT[..]].concat();
    let says = "the results cannot be written to out: No space left on device (os error 28); nothing was run, and what was \
                there is still there";
    refused(&place, &run, USAGE, says);
    assert_eq!(fs::read_to_string(place.path("out/results.ndjson")).unwrap(), text);
    place.path("out/matrix.html").metadata().unwrap();
    assert!(!place.path("out/results.ndjson.new").exists());
}

#[test]
fn results_of_somebody_whom_the_header_does_not_name_are_refused() {
    let (place, text) = ran("unnamed");
    for (what, name) in [("client", "rust-tokio-tungstenite"), ("server", "crosswire")] {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines[1] = lines[1].replace(&format!(r#""{what}":"{name}""#), &format!(r#""{what}":"nobody""#));
        assert_ne!(lines.join("\n"), text.trim_end());
        fs::write(place.path("other"), lines.join("\n") + "\n").unwrap();
        let says = format!("other: line 2: a result of the {what} `nobody`, whom the header does not name");
        refused(&place, &["report", "other"], USAGE, &says);
    }
}

#[test]
fn a_report_that_cannot_be_written_leaves_the_one_before_and_hides_nothing() {
    let (place, text) = ran("reports-unwritable");
    let before = fs::read_to_string(place.path("out/summary.md")).unwrap();
    // A folder in the place of a file: nobody may write there, whoever runs this.
    fs::create_dir(place.path("out/matrix.html.new")).unwrap();
    let outcome = place.run(&["report", "out", "--out", "out"]);
    outcome.exits_with(USAGE);
    assert_eq!(
        outcome.complained,
        "crosswire: the results cannot be written to out: Is a directory (os error 21)\n"
    );
    assert_eq!(fs::read_to_string(place.path("out/summary.md")).unwrap(), before);
    let outcome = place.run(&[&["run", "--out", "out"], &CLIENT[..]].concat());
    outcome.exits_with(USAGE);
    assert!(outcome.said.ends_with("✓ nothing unexpected\n"), "{}", outcome.said);
    assert!(
        outcome
            .complained
            .ends_with("; all of the results are there; `crosswire report` makes the reports of them\n")
    );
    let again = fs::read_to_string(place.path("out/results.ndjson")).unwrap();
    assert_eq!(again.lines().count(), text.lines().count());
}

#[test]
fn a_suite_of_one_test_is_counted_as_one() {
    let outcome = with_suite("one").run(&["check", "own"]);
    outcome.exits_with(0);
    assert_eq!(outcome.said, "1 test is in order: own\n");
}
