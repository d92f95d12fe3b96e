//! The program itself, over loopback TCP: how it starts, what it says, how it stops.

mod crowd;
mod log;
mod start;
#[cfg(unix)]
mod stop;
#[cfg(target_os = "linux")]
mod system_calls;
mod tcp;

use crate::support::{Client, Raw, client::Answer};
use crosswire_protocol::ready::{Ready, ReadyLine};
use std::{
    process::{ExitStatus, Stdio},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader, Lines},
    net::TcpStream,
    process::{ChildStdin, ChildStdout, Command},
    sync::mpsc,
    task::JoinSet,
    time::timeout,
};

/// No server lives longer than this. When it is over every wait for it ends too.
const LIFETIME: Duration = Duration::from_secs(120);

/// The program that is tested.
const PROGRAM: &str = env!("CARGO_BIN_EXE_crosswire-server");

/// A server process. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    id: u32,
    /// Under test, its end stops the server.
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
    errors: mpsc::Receiver<String>,
    running: JoinSet<Option<ExitStatus>>,
}

/// What a process left behind.
#[derive(Debug)]
pub(crate) struct Left {
    pub(crate) code: Option<i32>,
    pub(crate) output: String,
    pub(crate) errors: String,
}

/// The program with these flags and an environment that says nothing to it.
fn program(flags: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(flags);
    without_settings(&mut command);
    command
}

pub(crate) fn without_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CROSSWIRE_SERVER_") {
            command.env_remove(name);
        }
    }
}

impl Process {
    fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("a program that starts");
        let (say, errors) = mpsc::channel(100_000);
        let mut running = JoinSet::new();
        let (input, output) = (child.stdin.take(), child.stdout.take().expect("a pipe"));
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let id = child.id().expect("a process that was not waited for");
        running.spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let _ = say.send(line).await;
            }
            None
        });
        running.spawn(async move { Some(timeout(LIFETIME, child.wait()).await.ok()?.expect("a child")) });
        Self { id, input, output: BufReader::new(output).lines(), errors, running }
    }

    /// A server under test that is ready.
    async fn under_test(flags: &[&str]) -> (Self, Ready) {
        Self::ready(program(&[&["--under-test"], flags].concat())).await
    }

    /// The same, started in another way.
    pub(crate) async fn ready(command: Command) -> (Self, Ready) {
        let mut process = Self::start(command);
        let line = process.output.next_line().await.expect("UTF-8");
        let Some(line) = line else { panic!("no ready line: {:?}", process.left().await) };
        let ready: ReadyLine = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        (process, ready.ready)
    }

    /// The next line on standard error that contains a word.
    async fn says(&mut self, word: &str) -> String {
        loop {
            let line = self.errors.recv().await.unwrap_or_else(|| panic!("it never said `{word}`"));
            if line.contains(word) {
                return line;
            }
        }
    }

    /// Sends a signal, by name.
    #[cfg(unix)]
    async fn signal(&self, name: &str) {
        let script = format!("kill -{name} {}", self.id);
        assert!(Command::new("sh").args(["-c", &script]).status().await.expect("a shell").success());
    }

    /// Ends its standard input, and waits for it.
    pub(crate) async fn stop(mut self) -> Left {
        drop(self.input.take());
        self.left().await
    }

    /// Waits until it has ended by itself.
    async fn left(mut self) -> Left {
        let mut code = None;
        let mut errors = String::new();
        while let Some(line) = self.errors.recv().await {
            errors += &(line + "\n");
        }
        let mut output = String::new();
        self.output.into_inner().read_to_string(&mut output).await.expect("UTF-8");
        while let Some(ended) = self.running.join_next().await {
            if let Some(status) = ended.expect("a task that does not panic") {
                code = Some(status.code());
            }
        }
        Left { code: code.expect("a process that ends in time"), output, errors }
    }
}

/// Runs a command that ends by itself.
pub(crate) async fn run(command: Command) -> Left {
    Process::start(command).left().await
}

/// `host:port` of an address such as `ws://host:port`.
fn address(url: &str) -> &str {
    url.strip_prefix("ws://").expect("a WebSocket address")
}

async fn connect(ready: &Ready) -> TcpStream {
    let stream = TcpStream::connect(address(&ready.url)).await.expect("a server that listens");
    stream.set_nodelay(true).expect("an open connection");
    stream
}

pub(crate) async fn open(ready: &Ready, target: &str) -> Client<TcpStream> {
    Client::open(connect(ready).await, target, &[]).await
}

/// Sends a request's bytes and gives the answer.
async fn ask(ready: &Ready, request: &str) -> Answer {
    let mut raw = Raw::new(connect(ready).await);
    raw.send(request).await;
    raw.answer().await
}

/// What one read finds at the end of a connection: 0 for FIN, an error for RST.
pub(crate) async fn end_of(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<usize> {
    let mut scrap = [0; 64];
    timeout(LIFETIME, stream.read(&mut scrap)).await.expect("an end in time")
}
