//! Programs that the runner starts: each is ended with it, and what it says to people is kept.

use crate::{
    lines::{Line, next_line},
    processor,
    run::Missing,
};
use std::{
    collections::VecDeque,
    ffi::OsString,
    io,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::watch,
    time::timeout,
};

/// How a program is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// The program and its arguments.
    pub command: Vec<OsString>,
    /// Where it runs.
    pub folder: Option<PathBuf>,
}

/// A program that runs.
#[derive(Debug)]
pub struct Running {
    /// The process.
    pub process: Process,
    /// Its standard input.
    pub input: ChildStdin,
    /// Its standard output.
    pub output: BufReader<ChildStdout>,
    /// The last that it wrote to standard error.
    pub errors: Tail,
}

/// A process. Whoever lets go of it ends it, with everything that it has started: a wrapper such as `npm run` would
/// otherwise leave behind what it wraps.
#[derive(Debug)]
pub struct Process(Child);

impl Process {
    /// Waits until it has ended by itself.
    ///
    /// # Errors
    /// Where it cannot be waited for.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        self.0.wait().await
    }

    /// What it has had of the processors, with all that it has started; nothing once it was waited for.
    pub fn processor_time(&self) -> Option<Duration> {
        processor::had(self.0.id()?)
    }

    /// Ends it, and waits until it has.
    pub async fn kill(&mut self) {
        self.kill_group();
        let _ = self.0.kill().await;
    }

    /// The number of a process that was not waited for is nobody else's yet, and nor is that of its group.
    fn kill_group(&self) {
        #[cfg(unix)]
        if let Some(group) =
            self.0.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw)
        {
            // Where the group has ended already, that is what was wanted.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill_group();
    }
}

/// The last lines of a stream.
#[derive(Debug, Clone, Default)]
pub struct Tail(Arc<Kept>);

#[derive(Debug, Default)]
struct Kept {
    lines: Mutex<VecDeque<String>>,
    has_ended: watch::Sender<bool>,
}

/// How many lines are kept, and how many bytes of each.
const KEPT: usize = 40;
const LONGEST: usize = 64 << 10;
/// How long the last words of a program that is gone may take.
const LAST_WORDS: Duration = Duration::from_secs(1);

impl Tail {
    /// What is kept.
    pub fn text(&self) -> String {
        let lines = self.0.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }

    /// What is kept of a program that is gone: its last words may still be under way.
    pub async fn last_words(&self) -> String {
        let mut ended = self.0.has_ended.subscribe();
        // What it has started may hold the stream open for longer than anybody waits.
        let _ = timeout(LAST_WORDS, ended.wait_for(|has_ended| *has_ended)).await;
        self.text()
    }

    fn add(&self, line: &str) {
        let mut lines = self.0.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT {
            lines.pop_front();
        }
        lines.push_back(line.chars().take(400).collect());
    }
}

impl Start {
    /// Starts the program.
    ///
    /// # Errors
    /// Where there is no such program, or it may not be run.
    pub fn run(&self) -> Result<Running, Missing> {
        self.spawn().map_err(|error| {
            if error.kind() == io::ErrorKind::NotFound {
                let folder = self.folder.as_ref();
                let place = folder.map(|folder| format!(" in {}", folder.display())).unwrap_or_default();
                Missing::not_built(format!("`{self}` could not be started{place}: there is no such program"))
            } else {
                Missing::broken(format!("`{self}` could not be started: {error}"))
            }
        })
    }

    fn spawn(&self) -> io::Result<Running> {
        let (program, arguments) =
            self.command.split_first().ok_or_else(|| io::Error::other("the command is empty"))?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // An interrupt at the terminal is for the runner, which ends what it has started.
        #[cfg(unix)]
        command.process_group(0);
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        let mut child = command.kill_on_drop(true).spawn()?;
        let missing = || io::Error::other("a standard stream is missing");
        let input = child.stdin.take().ok_or_else(missing)?;
        let output = child.stdout.take().ok_or_else(missing)?;
        let errors = Tail::default();
        let stderr = child.stderr.take().ok_or_else(missing)?;
        let tail = errors.clone();
        crate::tasks::spawn(async move {
            keep(BufReader::new(stderr), tail.clone()).await;
            tail.0.has_ended.send_replace(true);
        });
        let output = BufReader::with_capacity(64 << 10, output);
        Ok(Running { process: Process(child), input, output, errors })
    }
}

impl std::fmt::Display for Start {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<_> = self.command.iter().map(|word| word.to_string_lossy()).collect();
        f.write_str(&shell_words::join(words))
    }
}

/// Reads a stream to its end, so that whoever writes to it is never held up, and keeps its last lines.
pub(crate) async fn keep(mut stream: BufReader<impl AsyncRead + Unpin>, tail: Tail) {
    loop {
        match next_line(&mut stream, LONGEST).await {
            Ok(Line::Whole(line) | Line::Half(line) | Line::TooLong(line) | Line::NotText(line)) => {
                tail.add(&line);
            }
            Ok(Line::End) | Err(_) => return,
        }
    }
}
