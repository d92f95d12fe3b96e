//! Every test of the list as a row of its own: `cargo test -p crosswire-client --test list -- core/echo`.
//!
//! This process is the driver; `crosswire step` steps and judges, whenever a row asks for it. See `conformance/drivers.md`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "what cannot be read fails its test")]

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    env, fs,
    io::{self, BufRead as _, BufReader, PipeReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

/// How long `crosswire step` may take to be ready, and for one test: longer than any test may wait.
const PATIENCE: Duration = Duration::from_secs(120);
/// A debug build takes its time; only waits that run out take longer.
const TIME_SCALE: &str = if cfg!(debug_assertions) { "5" } else { "2" };

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Rows wait more than they work.
    arguments.test_threads.get_or_insert(8);
    let (stepper, tests) = Stepper::start();
    let listed = listed();
    let mut trials = vec![Trial::test("every test of the list is a row", {
        let rows = tests.len();
        move || if rows == listed { Ok(()) } else { Err(format!("{rows} rows, {listed} tests").into()) }
    })];
    for test in tests {
        let id = test["id"].as_str().unwrap().to_owned();
        let unsupported = test["unsupported"].as_str().map(str::to_owned);
        let known = test["known"].is_object();
        let stepper = Arc::clone(&stepper);
        let trial = Trial::test(id.clone(), move || stepper.row(&id));
        // libtest knows no reason for an ignored test; so it stands where the kind does.
        let kind =
            unsupported.clone().unwrap_or_else(|| if known { "known".to_owned() } else { String::new() });
        trials.push(trial.with_kind(kind).with_ignored_flag(unsupported.is_some()));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    stepper.end();
    conclusion.exit_code()
}

/// `crosswire step`, and what it has said of tests that rows wait for.
struct Stepper {
    child: Mutex<Child>,
    input: Arc<Mutex<Option<ChildStdin>>>,
    verdicts: Verdicts,
    next_seq: AtomicU64,
}

type Verdicts = Arc<Mutex<HashMap<u64, mpsc::SyncSender<Value>>>>;

impl Stepper {
    /// Starts it, lets this process introduce itself as the driver, and reads the tests.
    fn start() -> (Arc<Self>, Vec<Value>) {
        let program = crosswire();
        let mut child = Command::new(&program)
            .args(["step", "--time-scale", TIME_SCALE])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}; `./justw build` builds it", program.display()));
        let input = Arc::new(Mutex::new(child.stdin.take()));
        let said = child.stdout.take().unwrap();
        let verdicts = Verdicts::default();
        let (ready, is_ready) = mpsc::sync_channel(1);
        let (commands, to_driver) = io::pipe().unwrap();
        thread::spawn({
            let verdicts = Arc::clone(&verdicts);
            move || sort(said, to_driver, &ready, &verdicts)
        });
        thread::spawn({
            let output = Shared(Arc::clone(&input));
            move || drive(commands, output)
        });
        let ready = is_ready.recv_timeout(PATIENCE).expect("`crosswire step` says that it is ready");
        let tests = ready["tests"].as_array().unwrap().clone();
        (Arc::new(Self { child: Mutex::new(child), input, verdicts, next_seq: AtomicU64::new(1) }), tests)
    }

    /// Has one test stepped and judged.
    fn row(&self, id: &str) -> Result<(), Failed> {
        let seq = self.next_seq.fetch_add(1, Ordering::Relaxed);
        let (tell, told) = mpsc::sync_channel(1);
        self.verdicts.lock().unwrap().insert(seq, tell);
        let start = json!({"start": {"seq": seq, "test": id}});
        Shared(Arc::clone(&self.input)).write_all(format!("{start}\n").as_bytes()).unwrap();
        let verdict =
            told.recv_timeout(PATIENCE).map_err(|_| "`crosswire step` has ended, or says nothing")?;
        match verdict["outcome"].as_str() {
            Some("ok" | "known") => Ok(()),
            outcome => Err(format!("{}\n{}", outcome.unwrap_or("no outcome"), text(&verdict)).into()),
        }
    }

    fn end(&self) {
        *self.input.lock().unwrap() = None;
        let _ = self.child.lock().unwrap().wait();
    }
}

fn text(verdict: &Value) -> String {
    verdict["message"].as_str().unwrap_or_default().to_owned()
}

/// The input of `crosswire step`, which the driver and the rows write to, a line at a time.
struct Shared(Arc<Mutex<Option<ChildStdin>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut *self.0.lock().unwrap() {
            Some(input) => input.write_all(bytes),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Tells what is for the rows from what is for the driver.
fn sort(said: ChildStdout, mut to_driver: impl Write, ready: &mpsc::SyncSender<Value>, verdicts: &Verdicts) {
    for line in BufReader::new(said).lines() {
        let Ok(line) = line else { return };
        if line.starts_with(r#"{"ready":"#) || line.starts_with(r#"{"verdict":"#) {
            let mut line: Value = serde_json::from_str(&line).unwrap();
            let verdict = line["verdict"].take();
            let waiting = verdict["seq"].as_u64().and_then(|seq| verdicts.lock().unwrap().remove(&seq));
            match waiting {
                Some(waiting) => drop(waiting.send(verdict)),
                None => drop(ready.send(line["ready"].take())),
            }
        } else if writeln!(to_driver, "{line}").is_err() {
            return;
        }
    }
}

fn drive(commands: PipeReader, output: Shared) {
    // How it ended is seen by the rows that wait for it.
    let _ = crosswire_client::run(BufReader::new(commands), output);
}

/// The program that steps: the one that is named, or the one that was built beside this test.
fn crosswire() -> PathBuf {
    if let Some(named) = env::var_os("CROSSWIRE") {
        return named.into();
    }
    let own = env::current_exe().unwrap();
    let folder = own.ancestors().nth(2).unwrap();
    folder.join(format!("crosswire{}", env::consts::EXE_SUFFIX))
}

/// How many tests the suites have.
fn listed() -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../suites");
    let files = fs::read_dir(folder).unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    let tests =
        |text: String| serde_json::from_str::<Value>(&text).unwrap()["tests"].as_array().unwrap().len();
    files.map(tests).sum()
}
