//! Programs that the runner starts: each is ended with it, and what it says on standard error is kept.

use crate::{
    lines::{Line, next_line},
    run::Missing,
};
use std::{
    collections::VecDeque,
    ffi::OsString,
    io,
    path::PathBuf,
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{
    io::BufReader,
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
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
    pub child: Child,
    /// Its standard input.
    pub input: ChildStdin,
    /// Its standard output.
    pub output: BufReader<ChildStdout>,
    /// The last that it wrote to standard error.
    pub errors: Tail,
}

/// The last lines of a stream.
#[derive(Debug, Clone, Default)]
pub struct Tail(Arc<Mutex<VecDeque<String>>>);

/// How many lines are kept, and how many bytes of each.
const KEPT: usize = 40;
const LONGEST: usize = 64 << 10;

impl Tail {
    /// What is kept.
    pub fn text(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }

    fn add(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
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
            let why = format!("`{self}` could not be started: {error}");
            if error.kind() == io::ErrorKind::NotFound {
                Missing::not_built(why)
            } else {
                Missing::broken(why)
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
        crate::tasks::spawn(keep(stderr, errors.clone()));
        Ok(Running { child, input, output: BufReader::with_capacity(64 << 10, output), errors })
    }
}

impl std::fmt::Display for Start {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<_> = self.command.iter().map(|word| word.to_string_lossy()).collect();
        f.write_str(&words.join(" "))
    }
}

async fn keep(stderr: ChildStderr, tail: Tail) {
    let mut reader = BufReader::new(stderr);
    loop {
        match next_line(&mut reader, LONGEST).await {
            Ok(Line::Whole(line) | Line::Half(line) | Line::TooLong(line)) => tail.add(line),
            Ok(Line::End) | Err(_) => return,
        }
    }
}
