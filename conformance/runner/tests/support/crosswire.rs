//! The program under test, in a folder of its own, and never waited for without an end.

use super::processes::{MARK, all_gone};
use crosswire_runner::results::{Recorded, read};
use std::{
    fs,
    io::{self, BufRead as _, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

/// The program.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_crosswire");
/// No run of a test takes longer than this, however slow the machine is.
pub(crate) const LONGEST: Duration = Duration::from_secs(120);

/// How long processes may take to be gone when the program that has started them is.
const GONE: Duration = Duration::from_secs(20);

/// A folder with what a run needs; each test has its own.
#[derive(Debug)]
pub(crate) struct Place(PathBuf);

/// What a run of the program came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) status: ExitStatus,
    pub(crate) said: String,
    pub(crate) complained: String,
    pub(crate) took: Duration,
}

/// A run of the program.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) child: Child,
    /// What every process of the run carries.
    pub(crate) mark: String,
    began: Instant,
    said: mpsc::Receiver<String>,
    complaints: mpsc::Receiver<String>,
    complained: String,
}

impl Place {
    /// An empty one.
    pub(crate) fn new(name: &str) -> Self {
        let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("drivers");
        // As if no repository were around: whatever is in this one is not found from there.
        fs::create_dir_all(all.join("conformance/clients")).unwrap();
        let folder = all.join(name);
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => panic!("{}: {error}", folder.display()),
            _ => fs::create_dir_all(&folder).unwrap(),
        }
        Self(folder)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Carries the program out, from its first word to its last.
    pub(crate) fn run(&self, words: &[&str]) -> Outcome {
        self.start(words).end()
    }

    /// Starts the program.
    pub(crate) fn start(&self, words: &[&str]) -> Running {
        static RUNS: AtomicU64 = AtomicU64::new(1);
        let mark = format!("{}-{}", std::process::id(), RUNS.fetch_add(1, Ordering::Relaxed));
        let mut child = self.command(words).env(MARK, &mark).stdout(Stdio::piped()).spawn().unwrap();
        let said = whole(child.stdout.take().unwrap());
        let complaints = lines(child.stderr.take().unwrap());
        Running { child, mark, began: Instant::now(), said, complaints, complained: String::new() }
    }

    /// Starts the program with a standard output that nobody reads.
    pub(crate) fn start_unheard(&self, words: &[&str]) -> Child {
        let (unread, output) = io::pipe().unwrap();
        drop(unread);
        self.command(words).stdout(output).spawn().unwrap()
    }

    /// Carries the program out with its standard output in a file. Gives what it complains of, too.
    pub(crate) fn run_into(&self, file: &str, words: &[&str]) -> (ExitStatus, String) {
        let output = fs::File::options().write(true).open(file).unwrap();
        let output = self.command(words).stdout(output).output().unwrap();
        (output.status, String::from_utf8_lossy(&output.stderr).into_owned())
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(words).current_dir(&self.0).env("COLUMNS", "200");
        command.stdin(Stdio::null()).stderr(Stdio::piped());
        command
    }

    /// The names of everything that is in the folder.
    pub(crate) fn holds(&self) -> Vec<String> {
        let names =
            fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    /// What was written down in `out`.
    pub(crate) fn results(&self) -> Recorded {
        read(&fs::read_to_string(self.path("out/results.ndjson")).unwrap()).unwrap()
    }
}

impl Running {
    /// Waits until it has complained of something.
    pub(crate) fn complains(&mut self, of: &str) {
        while !self.complained.contains(of) {
            let line = self.complaints.recv_timeout(LONGEST);
            self.complained +=
                &line.unwrap_or_else(|_| panic!("it does not complain of {of}: {}", self.complained));
        }
    }

    /// Waits for its end, and for that of everything that it has started.
    pub(crate) fn end(mut self) -> Outcome {
        let deadline = Instant::now() + LONGEST;
        let said = self.said.recv_timeout(LONGEST);
        while let Ok(line) = self.complaints.recv_timeout(deadline.saturating_duration_since(Instant::now()))
        {
            self.complained += &line;
        }
        // Whoever has no streams any more is over, or as good as.
        if said.is_err() || deadline < Instant::now() {
            let _ = self.child.kill();
            panic!("crosswire did not end in {LONGEST:?}");
        }
        let status = self.child.wait().unwrap();
        let took = self.began.elapsed();
        all_gone(&self.mark, GONE).unwrap();
        Outcome { status, said: said.unwrap(), complained: self.complained, took }
    }
}

impl Outcome {
    #[track_caller]
    pub(crate) fn exits_with(&self, code: i32) {
        assert_eq!(self.status.code(), Some(code), "{}\n{}", self.said, self.complained);
    }
}

/// Everything that a stream says, once it has ended.
fn whole(mut stream: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (tell, told) = mpsc::sync_channel(1);
    thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let _ = tell.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    told
}

/// The lines of a stream, as they come.
fn lines(stream: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (tell, told) = mpsc::sync_channel(1 << 16);
    thread::spawn(move || {
        for line in BufReader::new(stream).lines() {
            let _ = tell.send(line.unwrap() + "\n");
        }
    });
    told
}
