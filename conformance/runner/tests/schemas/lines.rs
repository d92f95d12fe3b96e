//! What is written while tests run is what the schemas say: results, and what is said to a driver and by one.

use crate::{
    changes::each_change,
    schema::{Schema, json_of},
};
use crosswire_suite::driver::read_line;
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    fs,
    io::{self, BufRead as _, BufReader, Cursor, Write},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

const CROSSWIRE: &str = env!("CARGO_BIN_EXE_crosswire");
const CLIENT: &str = "rust-tokio-tungstenite";
/// A debug build takes its time; only waits that run out take longer.
const TIME_SCALE: &str = "5";
/// How long nothing may be said.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn every_line_of_a_run_is_valid() {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("schemas");
    let output = Command::new(CROSSWIRE)
        .args(["run", "--client", CLIENT, "--time-scale", TIME_SCALE, "--out"])
        .arg(&out)
        // One that fails and is known, one that nobody can run, and what passes.
        .args([
            "--test",
            "core/*",
            "--test",
            "edges/bad-utf8-told",
            "--test",
            "edges/invalid-utf8-is-refused",
        ])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let schema = Schema::named("results.schema.json");
    let mut seen = BTreeSet::new();
    for line in fs::read_to_string(out.join("results.ndjson")).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        schema.assert_allows(&line, &line.to_string());
        seen.insert(line["verdict"].as_str().or_else(|| line["type"].as_str()).unwrap().to_owned());
        seen.extend(line.as_object().unwrap().keys().cloned());
        let stranger = with(&line, "stranger", json!(1));
        assert!(!schema.allows(&stranger), "{stranger}");
    }
    for wanted in ["header", "pass", "fail", "unsupported", "footer", "transcript", "seen", "stderr", "known"]
    {
        assert!(seen.contains(wanted), "no `{wanted}` was written: {seen:?}");
    }
}

/// Tests in which everything is said that can be said to this client and by it.
const TALKATIVE: [&str; 20] = [
    "core/listens",
    "core/welcome",
    "core/close-1000",
    "edges/every-byte-value",
    "edges/sizes-around-8k",
    "edges/sent-in-fragments",
    "edges/eight-senders",
    "edges/ping-with-payload",
    "edges/client-pong-unasked",
    "edges/client-drop-is-seen",
    "edges/late-receiver",
    "edges/reader-pauses-through-pushes",
    "edges/close-from-a-handler",
    "edges/send-from-a-handler",
    "edges/unknown-path",
    "differences/sent-after-the-close",
    "edges/given-up-while-connecting",
    "edges/headers-of-a-program",
    "edges/subprotocol-chosen",
    "edges/huge-length-received",
];

#[test]
fn every_line_to_a_driver_and_of_a_driver_is_valid() {
    let said = listen_to(&TALKATIVE);
    let [to_driver, from_driver] =
        ["to_driver", "from_driver"].map(|side| Schema::named(&format!("driver.schema.json#/$defs/{side}")));
    let either = Schema::named("driver.schema.json");
    let mut words = BTreeSet::new();
    for (schema, lines) in [(&to_driver, &said.to_driver), (&from_driver, &said.from_driver)] {
        for line in lines {
            let value: Value = serde_json::from_str(line).unwrap();
            schema.assert_allows(&value, line);
            either.assert_allows(&value, line);
            words_of(&value, &mut words);
        }
    }
    let definitions = &json_of("schema/driver.schema.json")["$defs"];
    let commands = definitions["command"]["properties"]["cmd"]["enum"].as_array().unwrap().iter();
    let events = definitions["event"]["properties"]["is"]["enum"].as_array().unwrap().iter();
    let mut wanted: Vec<_> = commands.chain(events).map(|name| name.as_str().unwrap()).collect();
    let of_open = definitions["open"]["properties"].as_object().unwrap().keys();
    wanted.extend(of_open.map(String::as_str));
    wanted.extend(["base64", "fill", "fragments", "sha256", "ready", "start", "verdict"]);
    // A test process ends when it has heard enough: nobody tells it to. And it is one client, whose every test is.
    let never = ["begin", "bye"];
    let unsaid: Vec<_> =
        wanted.into_iter().filter(|word| !words.contains(*word) && !never.contains(word)).collect();
    assert!(unsaid.is_empty(), "was never said: {unsaid:?}");
    let mut wrong = Vec::new();
    for line in one_of_each(&said.from_driver) {
        each_change(
            &line,
            "",
            |_| false,
            |changed, place| {
                // A `start` is read by whoever steps.
                let is_read = changed.get("start").is_some() || read_line(&changed.to_string()).is_ok();
                // How much of a head there is depends on the length.
                let is_by_length = ["/event/head", "/event/len"].contains(&place);
                if !is_read && !is_by_length && from_driver.allows(changed) {
                    wrong.push(format!("{place}: the reader refuses {changed}"));
                }
            },
        );
    }
    for line in one_of_each(&said.to_driver).iter().filter(|line| line.get("cmd").is_some()) {
        each_change(
            line,
            "",
            |_| false,
            |changed, place| {
                // What is done from inside a handler is of the same test and the same connection.
                let is_of_another =
                    line["cmd"] == "react" && (place.ends_with("/on") || place.ends_with("/seq"));
                if is_refused_by_the_client(changed) && !is_of_another && to_driver.allows(changed) {
                    wrong.push(format!("{place}: the client refuses {changed}"));
                }
            },
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether the driver inside this program does not know the command.
fn is_refused_by_the_client(command: &Value) -> bool {
    let output = Output::default();
    crosswire_client::run(Cursor::new(format!("{command}\n")), output.clone()).unwrap();
    let said = String::from_utf8(output.0.lock().unwrap().clone()).unwrap();
    said.lines().any(|line| line.starts_with("{\"error\""))
}

#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Every word that names a command, an event or a field.
fn words_of(value: &Value, words: &mut BTreeSet<String>) {
    for (key, value) in value.as_object().into_iter().flatten() {
        words.insert(key.clone());
        if let ("cmd" | "is", Some(word)) = (key.as_str(), value.as_str()) {
            words.insert(word.to_owned());
        }
        words_of(value, words);
    }
}

/// Lines that differ in more than their values.
fn one_of_each(lines: &[String]) -> Vec<Value> {
    let mut shapes = BTreeSet::new();
    let mut found = Vec::new();
    for line in lines {
        let value: Value = serde_json::from_str(line).unwrap();
        let mut shape = BTreeSet::new();
        words_of(&value, &mut shape);
        if shapes.insert(shape) {
            found.push(value);
        }
    }
    found
}

fn with(value: &Value, field: &str, inner: Value) -> Value {
    let mut more = value.clone();
    more[field] = inner;
    more
}

#[derive(Default)]
struct Heard {
    to_driver: Vec<String>,
    from_driver: Vec<String>,
}

/// Sits between `crosswire step` and the client, lets the tests be begun, and writes down what each side says.
fn listen_to(tests: &[&str]) -> Heard {
    let selected = tests.iter().flat_map(|test| ["--test", test]);
    let mut stepper =
        start(Command::new(CROSSWIRE).args(["step", "--time-scale", TIME_SCALE]).args(selected));
    let mut driver = start(Command::new(CROSSWIRE).arg("client"));
    let to_stepper = Arc::new(Mutex::new(stepper.stdin.take()));
    let mut to_driver = driver.stdin.take().unwrap();
    let (tell, told) = mpsc::sync_channel(1024);
    let stepper_says = BufReader::new(stepper.stdout.take().unwrap());
    thread::spawn(move || stepper_says.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
    let from_driver = thread::spawn({
        let (to_stepper, driver_says) =
            (Arc::clone(&to_stepper), BufReader::new(driver.stdout.take().unwrap()));
        move || {
            let lines = driver_says.lines().map_while(Result::ok);
            lines.inspect(|line| say(&to_stepper, line)).collect::<Vec<_>>()
        }
    });
    let mut heard = Heard::default();
    let mut verdicts = 0;
    while verdicts < tests.len() {
        let line = told.recv_timeout(PATIENCE).expect("`crosswire step` goes on");
        let value: Value = serde_json::from_str(&line).unwrap();
        if value.get("cmd").is_some() {
            writeln!(to_driver, "{line}").unwrap();
        } else if let Some(ready) = value.get("ready") {
            for (seq, test) in ready["tests"].as_array().unwrap().iter().enumerate() {
                let start = json!({"start": {"seq": seq, "test": test["id"]}}).to_string();
                say(&to_stepper, &start);
                heard.from_driver.push(start);
            }
        } else {
            assert_eq!(value["verdict"]["outcome"], "ok", "{value:#}");
            verdicts += 1;
        }
        heard.to_driver.push(line);
    }
    drop((to_stepper.lock().unwrap().take(), to_driver));
    heard.from_driver.extend(from_driver.join().unwrap());
    assert!(stepper.wait().unwrap().success() && driver.wait().unwrap().success());
    heard
}

fn start(command: &mut Command) -> Child {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
}

fn say(to: &Mutex<Option<ChildStdin>>, line: &str) {
    if let Some(input) = &mut *to.lock().unwrap() {
        // Whoever has ended hears no more.
        let _ = writeln!(input, "{line}");
    }
}
