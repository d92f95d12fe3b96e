//! The drivers of the browsers that are here, and sessions by them.

use crate::page::Page;
use fantoccini::ClientBuilder;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};
use std::{env, fs, path::PathBuf, process::Stdio, time::Duration};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    process::{Child, ChildStdout, Command},
    sync::{Mutex, MutexGuard},
    task::JoinSet,
    time::timeout,
};

/// How long a driver may take to listen, a browser to start, and both to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// What browsers are started with, for these tests and for those of the client in wasm.
const STARTED_WITH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tools/wasm");

/// Which browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Chromium,
    Firefox,
}

impl Engine {
    pub(crate) const ALL: [Self; 2] = [Self::Chromium, Self::Firefox];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
        }
    }

    /// The driver, and the names under which the browser itself may be. Chromium's driver finds it by itself.
    const fn programs(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Chromium => ("chromedriver", &[]),
            Self::Firefox => ("geckodriver", &["firefox", "firefox-esr"]),
        }
    }

    /// What is missing here, if anything is.
    pub(crate) fn missing(self) -> Option<String> {
        let (driver, browsers) = self.programs();
        if in_path(driver).is_none() {
            return Some(format!("there is no {driver}"));
        }
        let has_browser = browsers.is_empty() || browsers.iter().any(|name| in_path(name).is_some());
        (!has_browser).then(|| format!("there is no {}", browsers[0]))
    }

    fn capabilities(self) -> Map<String, Value> {
        let path = format!("{STARTED_WITH}/webdriver-{}.json", self.name());
        let text = fs::read_to_string(&path).expect(&path);
        let mut wanted: Map<String, Value> = serde_json::from_str(&text).expect(&path);
        if let Some(Value::Array(arguments)) =
            wanted.get_mut("goog:chromeOptions").map(|options| &mut options["args"])
        {
            // The heap to the byte; a window as on a desk.
            arguments.extend([json!("--enable-precise-memory-info"), json!("--window-size=1400,900")]);
            wanted.insert("goog:loggingPrefs".to_owned(), json!({ "browser": "ALL" }));
        }
        // A script that waits in the page has a deadline of its own, before this one.
        wanted.insert("timeouts".to_owned(), json!({ "script": 300_000, "pageLoad": 60_000 }));
        wanted
    }
}

fn in_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// A running driver. It serves every session of its browser, and takes them along when it ends.
#[derive(Debug)]
pub(crate) struct Driver {
    pub(crate) engine: Engine,
    port: u16,
    child: Child,
    /// geckodriver has one session at a time.
    alone: Mutex<()>,
    /// Browsers that a test was content with. The next one gets a tab of its own in them.
    idle: Mutex<Vec<Page>>,
    /// Ends with the driver.
    _reading: JoinSet<()>,
}

impl Driver {
    /// Starts it on a port that is free, which it tells.
    pub(crate) async fn start(engine: Engine) -> Self {
        let mut child = Command::new(engine.programs().0)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("a driver that starts");
        let (port, reading) = port_of(child.stdout.take().expect("a pipe")).await;
        Self { engine, port, child, alone: Mutex::new(()), idle: Mutex::default(), _reading: reading }
    }

    /// Whoever holds this has the driver to itself, where it takes one session only.
    pub(crate) async fn turn(&self) -> Option<MutexGuard<'_, ()>> {
        match self.engine {
            Engine::Chromium => None,
            Engine::Firefox => Some(self.alone.lock().await),
        }
    }

    /// A tab of its own, in which nothing is remembered of others.
    pub(crate) async fn tab(&self) -> Page {
        if let Some(page) = self.idle.lock().await.pop() {
            return page;
        }
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(self.engine.capabilities());
        let address = format!("http://127.0.0.1:{}", self.port);
        let starting = timeout(PATIENCE, builder.connect(&address)).await;
        Page::new(
            starting.expect("a browser that starts in time").expect("a browser that starts"),
            self.engine,
        )
    }

    /// Takes a browser back from a test that has passed. Others are ended, for nobody knows what is left in them.
    pub(crate) async fn take_back(&self, page: Page) {
        if self.engine == Engine::Chromium {
            page.change_tabs().await;
            self.idle.lock().await.push(page);
        } else {
            page.close().await;
        }
    }

    /// Ends it, and waits until it is gone.
    pub(crate) async fn stop(mut self) {
        for page in self.idle.get_mut().drain(..) {
            page.close().await;
        }
        // Asked so, it ends its browsers first; what is killed leaves them behind.
        if self.engine == Engine::Chromium
            && let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)).await
        {
            let _ = stream
                .write_all(b"GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                .await;
            let _ = timeout(PATIENCE, stream.read_to_end(&mut Vec::new())).await;
            let _ = timeout(PATIENCE, self.child.wait()).await;
        }
        let _ = self.child.kill().await;
    }
}

/// The port that a driver says it listens on. What it says later is read away, so that it never waits for a reader.
async fn port_of(output: ChildStdout) -> (u16, JoinSet<()>) {
    let mut lines = BufReader::new(output).lines();
    let listening = async {
        while let Ok(Some(line)) = lines.next_line().await {
            // `ChromeDriver was started successfully on port 41235.` and `… Listening on 127.0.0.1:41235`.
            let found = line
                .split_once("successfully on port ")
                .or_else(|| line.split_once("Listening on 127.0.0.1:"));
            if let Some(port) = found.and_then(|(_, rest)| rest.trim_end_matches('.').parse().ok()) {
                return port;
            }
        }
        panic!("a driver ended before it listened")
    };
    let port = timeout(PATIENCE, listening).await.expect("a driver that listens in time");
    let mut reading = JoinSet::new();
    reading.spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    (port, reading)
}
