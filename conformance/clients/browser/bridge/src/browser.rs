//! A browser, opened on the bridge's page by WebDriver.

use crate::{
    arguments::{Arguments, Browser},
    ending::Ending,
    tasks,
};
use fantoccini::{Client, ClientBuilder, error::NewSessionError, wd::Capabilities};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::{
    env,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    process::{Child, ChildStdin, Command},
    time::timeout,
};

/// How long the keeper may take to leave nothing behind. It goes on by itself where that is not enough.
const CLOSED_WITHIN: Duration = Duration::from_secs(2);

/// What keeps Chromium to its page: nothing of its own is fetched, and nothing is slowed down because nobody looks.
///
/// Its sandbox does not work for root and in most containers; the only page that it is shown is ours.
const CHROMIUM: [&str; 14] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-extensions",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-features=OptimizationHints,MediaRouter,Translate",
];

/// A browser that is open. Whoever lets go of it closes it: the keeper sees to that.
#[derive(Debug)]
pub(crate) struct Opened {
    keeper: Child,
    /// Its end is what the keeper waits for.
    input: ChildStdin,
    /// The session; its browser is closed when it is dropped.
    _session: Client,
    /// Such as `chromium 156.0.8078.79`.
    pub(crate) named: String,
}

impl Opened {
    /// Opens a browser at an address.
    ///
    /// # Errors
    /// What is missing, or did not work, and the command that gets it.
    pub(crate) async fn at(url: &str, arguments: &Arguments) -> Result<Self, Ending> {
        let browser = arguments.browser;
        let program = webdriver(arguments)?;
        let own = env::current_exe()
            .map_err(|error| Ending::broken(format!("this program cannot be found: {error}")))?;
        let mut keeper = Command::new(own);
        keeper.arg("keep").arg(&program).arg("--port=0").stdin(Stdio::piped()).stdout(Stdio::piped());
        #[cfg(unix)]
        keeper.process_group(0);
        let mut keeper = keeper
            .spawn()
            .map_err(|error| Ending::broken(format!("this program could not be started again: {error}")))?;
        let streams = keeper.stdin.take().zip(keeper.stdout.take());
        let (input, output) = streams.ok_or_else(|| Ending::broken("the keeper has no standard streams"))?;
        let said = tokio::select! {
            port = port_of(output) => port,
            _ = keeper.wait() => None,
        };
        let Some(port) = said else {
            return Err(Ending::broken(format!(
                "{} did not say on which port it listens",
                program.display()
            )));
        };
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities(browser));
        let session = builder.connect(&format!("http://127.0.0.1:{port}")).await;
        let session = session.map_err(|error| unopened(browser, &error))?;
        let version = session.capabilities().and_then(|told| told.get("browserVersion")?.as_str());
        let name = browser.client().trim_start_matches("browser-");
        let named = format!("{name} {}", version.unwrap_or_default()).trim_end().to_owned();
        session
            .goto(url)
            .await
            .map_err(|error| Ending::broken(format!("{named} did not open {url}: {error}")))?;
        Ok(Self { keeper, input, _session: session, named })
    }

    /// Waits until the WebDriver has ended.
    pub(crate) async fn ended(&mut self) {
        // What cannot be waited for is not there.
        let _ = self.keeper.wait().await;
    }

    /// Closes it, and waits until nothing of it is left.
    pub(crate) async fn close(mut self) {
        drop(self.input);
        let _ = timeout(CLOSED_WITHIN, self.keeper.wait()).await;
    }
}

/// The program that opens such browsers.
fn webdriver(arguments: &Arguments) -> Result<PathBuf, Ending> {
    let (name, debian, macos) = match arguments.browser {
        Browser::Firefox => ("geckodriver", "cargo install --locked geckodriver", "brew install geckodriver"),
        Browser::Chromium | Browser::None => (
            "chromedriver",
            "sudo apt-get install --yes chromium chromium-driver",
            "brew install --cask google-chrome chromedriver",
        ),
    };
    let found = match &arguments.webdriver {
        Some(path) => is_program(path).then(|| path.clone()),
        None => env::split_paths(&env::var_os("PATH").unwrap_or_default())
            .map(|folder| folder.join(format!("{name}{}", env::consts::EXE_SUFFIX)))
            .find(|path| is_program(path)),
    };
    found.ok_or_else(|| {
        let missing = match &arguments.webdriver {
            Some(path) => format!("there is no program {}", path.display()),
            None => format!("{name} is missing, which opens the browser"),
        };
        let how = if cfg!(target_os = "macos") { macos } else { debian };
        Ending::missing(format!("{missing}; get it with: {how}"))
    })
}

fn is_program(path: &Path) -> bool {
    path.is_file()
}

/// A driver that finds no browser is installed, and the browser is not.
fn unopened(browser: Browser, error: &NewSessionError) -> Ending {
    let error = error.to_string();
    let name = browser.client().trim_start_matches("browser-");
    let why = format!("the WebDriver could not open {name}: {error}");
    if [
        "cannot find Chrome binary",
        "no chrome binary",
        "binary is not a Firefox",
        "Unable to find a matching",
    ]
    .iter()
    .any(|words| error.to_lowercase().contains(&words.to_lowercase()))
    {
        Ending::missing(why)
    } else {
        Ending::broken(why)
    }
}

fn capabilities(browser: Browser) -> Capabilities {
    let value = match browser {
        Browser::Firefox => json!({"moz:firefoxOptions": {"args": ["-headless"], "prefs": {
            "app.update.enabled": false,
            "browser.shell.checkDefaultBrowser": false,
            "datareporting.policy.dataSubmissionEnabled": false,
            "network.captive-portal-service.enabled": false,
            "network.connectivity-service.enabled": false,
            // Behind a failed connection Firefox holds up the next one to the same address, each time for longer, up to a
            // minute: a test would wait for what the one before it had to do to its connection.
            "network.websocket.delay-failed-reconnects": false,
            // It has 200 at once. Two tests with a hundred each share what a page has for itself.
            "network.websocket.max-connections": 400,
            "toolkit.telemetry.enabled": false,
        }}}),
        Browser::Chromium | Browser::None => json!({"goog:chromeOptions": {"args": CHROMIUM}}),
    };
    match value {
        Value::Object(capabilities) => capabilities,
        _ => Capabilities::new(),
    }
}

/// The port that a WebDriver says it listens on. What it says after that is read, so that it is never held up, and dropped.
async fn port_of(output: impl AsyncRead + Send + Unpin + 'static) -> Option<u16> {
    let mut lines = BufReader::new(output).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(port) = told_port(&line) {
            tasks::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Some(port);
        }
    }
    None
}

/// Of the lines `ChromeDriver was started successfully on port 35963.` and `… Listening on 127.0.0.1:4444`. The first line of
/// chromedriver names the port that was asked for, which is 0.
fn told_port(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once("on port ").or_else(|| line.split_once("Listening on 127.0.0.1:"))?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok().filter(|port| *port != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_read_where_one_is_told() {
        for (line, port) in [
            ("Starting ChromeDriver 156.0.8078.79 (a21ce95) on port 0", None),
            ("ChromeDriver was started successfully on port 35963.", Some(35963)),
            ("1763752316000\tgeckodriver\tINFO\tListening on 127.0.0.1:41233", Some(41233)),
            ("Only local connections are allowed.", None),
        ] {
            assert_eq!(told_port(line), port, "{line}");
        }
    }
}
