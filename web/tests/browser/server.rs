//! The reference server as a process of its own, and the page as it serves it or as it lies on disk.

use crosswire_protocol::ready::{Ready, ReadyLine};
use std::{env, path::PathBuf, process::Stdio, time::Duration};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    process::{Child, Command},
    time::timeout,
};

/// How long a server may take to listen, and to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server. It ends when its standard input does, and so never outlives these tests.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pub(crate) ready: Ready,
}

impl Server {
    pub(crate) async fn start(flags: &[&str]) -> Self {
        Self::program("crosswire-server", flags).await
    }

    /// A program of the folder that these tests were built into.
    pub(crate) async fn program(name: &str, flags: &[&str]) -> Self {
        let path = built(name);
        let mut command = Command::new(&path);
        command.args(["--under-test", "--journal"]).args(flags);
        if !flags.contains(&"--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        for (name, _) in
            env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CROSSWIRE_SERVER_"))
        {
            command.env_remove(name);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}; `just test-page` builds it", path.display()));
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
        let reading = timeout(PATIENCE, output.read_line(&mut line)).await;
        reading.expect("a server that listens in time").expect("UTF-8");
        let ReadyLine { ready } =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        Self { child, ready }
    }

    /// `127.0.0.1:41235`
    pub(crate) fn host(&self) -> &str {
        self.ready.url.trim_start_matches("ws://")
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.ready.url)
    }

    pub(crate) fn token(&self) -> &str {
        let control = self.ready.control.as_deref().expect("a server with /control");
        control.split_once("token=").expect("a token").1
    }

    /// The page, as this server sends it.
    pub(crate) fn page(&self) -> String {
        format!("http://{}/", self.host())
    }

    /// The page on disk, by the link that this server prints.
    pub(crate) fn page_on_disk(&self) -> String {
        format!("{}#address={}/ws&token={}", page_on_disk(), self.ready.url, self.token())
    }

    /// Ends it as its parent's end would, and waits until it is gone: it says goodbye to its sessions.
    pub(crate) async fn stop(&mut self) {
        drop(self.child.stdin.take());
        timeout(PATIENCE, self.child.wait()).await.expect("a server that ends").expect("a child");
    }

    /// Ends it without a word.
    pub(crate) async fn kill(&mut self) {
        timeout(PATIENCE, self.child.kill()).await.expect("a server that ends").expect("a child");
    }

    /// The whole answer to `GET PATH`, asked for under any host.
    pub(crate) async fn answer(&self, path: &str, host: &str) -> String {
        let mut stream = TcpStream::connect(self.host()).await.expect("a server that listens");
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("a server that reads");
        let mut answer = Vec::new();
        timeout(PATIENCE, stream.read_to_end(&mut answer))
            .await
            .expect("an answer in time")
            .expect("an answer");
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// The page itself, without a server.
pub(crate) fn page_on_disk() -> String {
    format!("file://{}/index.html", env!("CARGO_MANIFEST_DIR"))
}

fn built(name: &str) -> PathBuf {
    // target/debug/deps/browser-…
    let tests = env::current_exe().expect("a path of this program");
    tests
        .ancestors()
        .nth(2)
        .expect("a folder of programs")
        .join(name)
        .with_extension(env::consts::EXE_EXTENSION)
}
