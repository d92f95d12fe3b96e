//! A bridge that runs, told and heard line by line, with a deadline for everything.

use serde_json::{Value, json};
use std::{
    env,
    io::{BufRead as _, BufReader, Read, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, sync_channel},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Nothing takes longer.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) struct Bridge {
    pub(crate) child: Child,
    pub(crate) input: Option<ChildStdin>,
    output: Receiver<String>,
    errors: Receiver<String>,
    /// Where it and its browser write.
    pub(crate) folder: TempDir,
    commands: u64,
}

impl Bridge {
    /// One with Chromium.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../target/browser/driver");
        assert!(driver.is_dir(), "the driver for the page is not built: just build-browser");
        let mut command = Command::new(env!("CARGO_BIN_EXE_crosswire-browser-bridge"));
        command.args(flags).env("TMPDIR", folder.path());
        if flags.iter().all(|flag| !flag.starts_with("--within=")) {
            command.arg("--within=50");
        }
        if flags.iter().all(|flag| !flag.starts_with("--driver=")) {
            command.arg("--driver").arg(driver);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let output = listen(child.stdout.take().unwrap(), 1);
        let errors = listen(child.stderr.take().unwrap(), 10_000);
        Self { input: child.stdin.take(), child, output, errors, folder, commands: 0 }
    }

    pub(crate) fn tell(&mut self, line: &Value) {
        self.tell_text(&line.to_string());
    }

    pub(crate) fn tell_text(&mut self, line: &str) {
        self.tell_bytes(format!("{line}\n").as_bytes());
    }

    pub(crate) fn tell_bytes(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().unwrap();
        input.write_all(bytes).and_then(|()| input.flush()).unwrap();
    }

    /// What it says next.
    pub(crate) fn line(&self) -> Value {
        match self.output.recv_timeout(DEADLINE) {
            Ok(line) => serde_json::from_str(&line).unwrap_or_else(|_| panic!("this is not JSON: {line}")),
            Err(RecvTimeoutError::Timeout) => panic!("it said nothing for {DEADLINE:?}"),
            Err(RecvTimeoutError::Disconnected) => panic!("it ended, and said {}", self.errors()),
        }
    }

    /// Tells a command, and waits for its answer; what else is said meanwhile is passed over.
    pub(crate) fn ask(&mut self, mut command: Value) -> Value {
        self.commands += 1;
        command["c"] = json!(self.commands);
        self.tell(&command);
        loop {
            let line = self.line();
            let said = if line["event"].is_object() { &line["event"] } else { &line["error"] };
            if said["seq"] == command["seq"] && (said["c"] == command["c"] || line["error"].is_object()) {
                return line;
            }
        }
    }

    pub(crate) fn hello(&mut self) -> Value {
        self.tell(&json!({"cmd": "hello", "protocol": 1}));
        self.line()["hello"].take()
    }

    /// A line of standard error in which there is something.
    pub(crate) fn error_with(&self, words: &str) -> String {
        let until = Instant::now() + DEADLINE;
        loop {
            match self.errors.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) if line.contains(words) => return line,
                Ok(_) => {}
                Err(_) => panic!("it did not say `{words}`"),
            }
        }
    }

    /// Waits until it has ended, and says how and with which words.
    pub(crate) fn end(&mut self) -> (ExitStatus, String) {
        let until = Instant::now() + DEADLINE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < until, "it did not end");
            thread::yield_now();
        };
        (status, self.errors())
    }

    fn errors(&self) -> String {
        let mut lines = Vec::new();
        // What was started by it may hold its standard error a moment longer.
        while let Ok(line) = self.errors.recv_timeout(Duration::from_secs(2)) {
            lines.push(line);
        }
        lines.join("\n")
    }

    /// Waits until nothing is left in the folder in which browsers write.
    pub(crate) fn leaves_no_file(&self) {
        let until = Instant::now() + DEADLINE;
        while self.folder.path().read_dir().unwrap().next().is_some() {
            assert!(Instant::now() < until, "files are left in {}", self.folder.path().display());
            thread::yield_now();
        }
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        // Where it is gone already, that is what was wanted; its keeper cleans up behind it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Lines of a stream, as they come; no more than so many are read ahead.
fn listen(stream: impl Read + Send + 'static, ahead: usize) -> Receiver<String> {
    let (sender, lines) = sync_channel(ahead);
    thread::spawn(move || {
        for line in BufReader::new(stream).lines() {
            let Ok(line) = line else { return };
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

pub(crate) fn in_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.is_file())
}
