//! The binary as a person runs it, against the two peers that it brings along.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn bench(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_crosswire-bench")).args(arguments).output().expect("cargo has built it")
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn measures_a_tiny_case_against_both_peers() {
    let out = folder("tiny");
    let output = bench(&[
        "run",
        "--servers=raw,plain",
        "--cases=4/1/5B,2/3/70000B",
        "--rounds=2",
        "--measure=20",
        "--idle=20",
        "--out",
        out.to_str().unwrap(),
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    assert_eq!(fs::read_to_string(out.join("bench.md")).unwrap(), printed);

    let json: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(out.join("bench.json")).unwrap()).unwrap();
    for (index, case) in ["4/1/5B", "2/3/70000B"].into_iter().enumerate() {
        assert!(printed.contains(&format!("| {case}")), "{printed}");
        let measured = &json["cases"][index];
        assert_eq!(measured["case"], case);
        assert_eq!(measured["rounds"].as_array().unwrap().len(), 2);
        for server in ["raw", "plain"] {
            assert!(measured["servers"][server]["messages_per_second"].as_f64().unwrap() > 0.0, "{measured}");
            if cfg!(target_os = "linux") {
                assert!(measured["servers"][server]["cpu_per_message"].as_f64().unwrap() > 0.0, "{measured}");
            }
        }
    }
    assert_eq!(json["memory"][1]["connections"], 20);
}

#[test]
fn the_other_example_loop_echoes_as_well() {
    let out = folder("forward");
    let output = bench(&[
        "run",
        "--servers=plain",
        "--plain=forward",
        "--cases=2/8/5B",
        "--rounds=1",
        "--measure=10",
        "--idle=0",
        "--out",
        out.to_str().unwrap(),
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("split and forward"));
}

#[test]
fn a_gate_without_the_reference_server_stays_shut() {
    let out = folder("gate");
    let output = bench(&[
        "run",
        "--servers=raw",
        "--cases=1/1/5B",
        "--rounds=1",
        "--measure=10",
        "--idle=0",
        "--gate",
        "--out",
        out.to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("not measured"));
}

#[test]
fn wrong_usage_ends_with_two_and_says_what_to_do() {
    for (arguments, advice) in [
        (&["run", "--server", "nowhere/crosswire-server"][..], "cargo build --release -p crosswire-server"),
        (&["run", "--cases", "64"], "64/16/5B"),
        (&["run", "--rounds", "0"], "1..=99"),
        (&["run", "--gate", "--plain", "forward"], "cannot be used with"),
        (&["idle", "--server", "nowhere/crosswire-server"], "cargo build --release -p crosswire-server"),
        (&["walk"], "unrecognized subcommand"),
    ] {
        let output = bench(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(advice), "{arguments:?}: {}", text(&output.stderr));
    }
}

/// A peer ends when its standard input does, and not before.
#[test]
fn a_peer_stops_when_its_input_ends() {
    for arguments in [&["raw"][..], &["plain", "send"]] {
        // `output` gives the child an input that has already ended.
        let output = bench(arguments);
        assert!(output.status.success());
        assert!(text(&output.stdout).starts_with(r#"{"ready":{"url":"ws://127.0.0.1:"#));
    }
}

/// Something that prints what is no ready line is named, and does not keep the bench waiting.
#[cfg(unix)]
#[test]
fn a_server_that_is_none_is_an_error() {
    let out = folder("none");
    let output = bench(&["run", "--quick", "--server", "/bin/echo", "--out", out.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let error = text(&output.stderr);
    assert!(error.contains("crosswire did not start: its first line is not a ready line"), "{error}");
}
