//! Skeletons of drivers: each builds, speaks the protocol, and fails for want of a library and of nothing else.

use super::{Place, USAGE, refused};
use crosswire_runner::results::Verdict;
use serde_json::Value;
use std::{
    fs,
    io::{self, Write as _},
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Command, Output, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

/// A build of everything that a skeleton needs, on a machine that is busy with other things.
const LONGEST_BUILD: Duration = Duration::from_secs(400);

#[test]
fn a_name_that_is_none_is_refused() {
    let place = Place::new("new-client-names");
    for name in ["Ruby", "my_client", "-ruby", "ruby-", "my--client", "my/client", "..", "7zip", "größe", ""]
    {
        let says = format!(
            "`{name}` cannot be the name of a client: it is lower-case words with hyphens between, such as `ruby` or \
             `python-wsproto`"
        );
        refused(&place, &["new-client", "--like", "go", "--out", "there", "--", name], USAGE, &says);
    }
    let outcome = place.run(&["new-client", "ruby", "--like", "ruby"]);
    outcome.exits_with(USAGE);
    assert!(
        outcome.complained.contains("[possible values: python, go, csharp, rust]"),
        "{}",
        outcome.complained
    );
}

#[test]
fn what_is_there_already_is_not_touched() {
    let place = Place::new("new-client-there");
    fs::write(place.path("mine"), "a file").unwrap();
    fs::create_dir(place.path("folder")).unwrap();
    for out in ["mine", "folder", "."] {
        let says = format!(
            "{out} is there already, and nothing of it is touched; choose another name, or --out another folder"
        );
        refused(&place, &["new-client", "ruby", "--like", "python", "--out", out], USAGE, &says);
    }
    let says = "mine/below cannot be written: Not a directory (os error 20)";
    refused(&place, &["new-client", "ruby", "--like", "python", "--out", "mine/below"], USAGE, says);
}

#[test]
fn a_skeleton_like_python_does_all_but_connect() {
    does_all_but_connect("python", "library.py");
}

#[test]
fn a_skeleton_like_go_does_all_but_connect() {
    does_all_but_connect("go", "library.go");
}

#[test]
fn a_skeleton_like_rust_does_all_but_connect() {
    does_all_but_connect("rust", "src/library.rs");
}

#[test]
fn a_skeleton_like_csharp_does_all_but_connect() {
    does_all_but_connect("csharp", "Library.cs");
}

#[track_caller]
fn does_all_but_connect(like: &str, library: &str) {
    let place = Place::new(&format!("new-client-{like}"));
    let name = format!("my-{like}");
    let written = place.run(&["new-client", &name, "--like", like, "--out", "mine"]);
    written.exits_with(0);
    for words in [
        &*format!("all of it works but mine/{library}, which is yours"),
        "crosswire doctor mine/impl.json",
        "crosswire run --client mine/impl.json --test core/connects",
    ] {
        assert!(written.said.contains(words), "{}", written.said);
    }
    let folder = place.path("mine");
    let manifest: Value =
        serde_json::from_str(&fs::read_to_string(folder.join("impl.json")).unwrap()).unwrap();
    assert_eq!(manifest["clients"][0]["name"], name);
    assert!(folder.join(library).is_file() && folder.join("README.md").is_file());
    for file in files(&folder) {
        let text = fs::read_to_string(&file).unwrap();
        assert!(!text.contains("{{"), "{} has a blank that is not filled in", file.display());
    }

    let words = |command: &Value| -> Vec<String> { serde_json::from_value(command.clone()).unwrap() };
    if !runs(&words(&manifest["tools"][0]["version"])) {
        let _ = writeln!(
            io::stderr(),
            "a skeleton like {like} cannot be built here: {} fails",
            manifest["tools"][0]["version"]
        );
        return;
    }
    // What it depends on is at hand in the versions that this workspace is built with.
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock"), folder.join("Cargo.lock"))
        .unwrap();
    let build = words(&manifest["clients"][0]["build"]);
    if !build.is_empty() {
        let built = output(&build, &folder);
        assert!(
            built.status.success(),
            "{}",
            String::from_utf8_lossy(&[built.stdout, built.stderr].concat())
        );
    }
    place.run(&["doctor", "mine/impl.json"]).exits_with(0);
    refuses_what_it_does_not_know(&words(&manifest["clients"][0]["run"]), &folder);

    let run = ["run", "--client", "mine/impl.json", "--profile", "core", "--out", "out", "--time-scale", "4"];
    let outcome = place.run(&run);
    outcome.exits_with(1);
    let sentence = format!("not written yet: connect with your library here, in {library}");
    assert!(outcome.said.contains(&sentence), "{}", outcome.said);
    let results = place.results().results;
    assert_eq!(results.len(), 9);
    for result in results {
        let wanted = if result.test == "core/listens" { Verdict::Pass } else { Verdict::Fail };
        assert_eq!(result.verdict, wanted, "{}: {}", result.test, outcome.said);
    }
}

/// What is no command is answered, and what is behind it is carried out. A line that is too long is never an end like any other.
#[track_caller]
fn refuses_what_it_does_not_know(command: &[String], folder: &Path) {
    let wrong = [
        r#"{"cmd":"hello","protocol":2}"#.to_owned(),
        r#"{"cmd":"juggle","seq":1,"c":1}"#.to_owned(),
        r#"{"cmd":"end","seq":1,"c":1,"volume":11}"#.to_owned(),
        "garbage".to_owned(),
        "[".repeat(100_000),
    ];
    let (answers, ended) = told(command, folder, &format!("{}\n{{\"cmd\":\"bye\"}}\n", wrong.join("\n")));
    let errors = answers.lines().filter(|line| line.contains(r#""error""#)).count();
    assert!(errors == wrong.len() && ended, "{answers}");
    let (answers, ended) = told(command, folder, &format!("{}\n", "x".repeat(5 << 20)));
    assert!(answers.contains(r#""error""#) || !ended, "nothing was said of a line of 5 MiB");
}

/// What a driver answers to lines, and whether it ended with the exit code 0.
fn told(command: &[String], folder: &Path, lines: &str) -> (String, bool) {
    let mut driver = Command::new(if command[0].contains('/') {
        folder.join(&command[0])
    } else {
        command[0].clone().into()
    });
    driver.args(&command[1..]).current_dir(folder);
    driver.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = driver.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let lines = lines.to_owned();
    // It may be gone before it has read them all.
    let telling = thread::spawn(move || drop(input.write_all(lines.as_bytes())));
    let output = child.wait_with_output().unwrap();
    telling.join().unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.success())
}

/// Every file of a folder and of those in it.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn runs(command: &[String]) -> bool {
    let [program, arguments @ ..] = command else { return false };
    let said = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    said.is_ok_and(|output| output.status.success())
}

/// What a build says. It fetches nothing, leaves no build server behind, and is ended where it takes too long.
fn output(command: &[String], folder: &Path) -> Output {
    let mut build = Command::new(&command[0]);
    build.args(&command[1..]).current_dir(folder).process_group(0);
    build.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    build.env("CARGO_NET_OFFLINE", "true").env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0");
    build.env("GOPROXY", "off").env("GOFLAGS", "");
    build.env("MSBUILDDISABLENODEREUSE", "1").env("UseSharedCompilation", "false").env("DOTNET_NOLOGO", "1");
    build.env("DOTNET_CLI_USE_MSBUILD_SERVER", "0").env("DOTNET_CLI_TELEMETRY_OPTOUT", "1");
    let child = build.spawn().unwrap();
    let group = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    let (tell, told) = mpsc::sync_channel(1);
    thread::spawn(move || tell.send(child.wait_with_output()));
    match told.recv_timeout(LONGEST_BUILD) {
        Ok(output) => output.unwrap(),
        Err(_) => {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            panic!("{} did not end in {LONGEST_BUILD:?}", command.join(" "));
        }
    }
}
