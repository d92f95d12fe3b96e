//! A test: a server, a browser that shows its page, and what a person does there.

use crate::{
    driver::{Driver, Engine},
    page::Page,
    server::Server,
};
use futures_util::FutureExt as _;
use libtest_mimic::Trial;
use std::{
    cell::RefCell,
    panic::{self, AssertUnwindSafe},
    sync::Arc,
    time::Duration,
};
use tokio::{runtime::Handle, time::timeout};

/// No test takes longer.
const LONGEST: Duration = Duration::from_secs(300);

/// Whether it is the browser's own line for a WebSocket that did not come about or broke off, or for the answer in which its
/// server then says why. No page can keep these from being written. That something is missing which the page itself asks for is
/// another thing.
fn is_of_the_browser(line: &str) -> bool {
    let is_of_the_page = OF_THE_PAGE.iter().any(|part| line.contains(part));
    line.contains("WebSocket connection to 'ws://")
        || line.contains("Failed to load resource: ") && !is_of_the_page
}

/// What stands in the addresses of its files, and of what it asks its server.
const OF_THE_PAGE: [&str; 6] = [".js", ".css", "/built/", "/about", "/results", "favicon"];

/// Where the page comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    Server,
    Disk,
}

/// Somebody is at the page.
#[derive(Debug)]
pub(crate) struct Visit {
    pub(crate) page: Page,
    pub(crate) server: Server,
    pub(crate) from: From,
}

impl Visit {
    /// Opens the page with nothing pressed.
    pub(crate) async fn open(&self) {
        let address = match self.from {
            From::Server => self.server.page(),
            From::Disk => self.server.page_on_disk(),
        };
        self.page.open(&address).await;
    }

    /// Opens the page and the conversation.
    pub(crate) async fn connect(&self) {
        self.open().await;
        self.page.press("connect-button").await;
        self.page.shows("state", "Open").await;
    }

    /// Opens the page and goes to another address than the one that stands there.
    pub(crate) async fn try_address(&self, address: &str) {
        self.open().await;
        self.page.write("address", address).await;
        self.page.press("connect-button").await;
    }

    /// The page is alive: it talks to its server as if nothing had been.
    pub(crate) async fn goes_on(&self) {
        self.page.until("isShown(at('connect-button')) && !at('connect-button').disabled").await;
        self.page.write("address", &self.server.at("/ws")).await;
        self.page.press("connect-button").await;
        self.page.shows("state", "Open").await;
        self.page.write("message", "alive all the same").await;
        self.page.press("send-button").await;
        self.page.until("log().filter((row) => row.includes('alive all the same')).length === 2").await;
    }
}

/// What collects tests, for one browser.
#[derive(Debug)]
pub(crate) struct Tests {
    driver: Arc<Driver>,
    runtime: Handle,
    pub(crate) trials: Vec<Trial>,
}

impl Tests {
    pub(crate) const fn new(driver: Arc<Driver>, runtime: Handle) -> Self {
        Self { driver, runtime, trials: Vec::new() }
    }

    /// A test of the page, served and from disk.
    pub(crate) fn both<F: AsyncFn(&mut Visit) + Copy + Send + 'static>(&mut self, name: &str, test: F) {
        self.one(&format!("{name} (served)"), From::Server, test);
        self.one(&format!("{name} (from disk)"), From::Disk, test);
    }

    /// A test of the page as the server sends it.
    pub(crate) fn served<F: AsyncFn(&mut Visit) + Copy + Send + 'static>(&mut self, name: &str, test: F) {
        self.one(name, From::Server, test);
    }

    /// The same, by means that Chromium alone has.
    pub(crate) fn in_chromium<F: AsyncFn(&mut Visit) + Copy + Send + 'static>(
        &mut self,
        name: &str,
        test: F,
    ) {
        if self.driver.engine == Engine::Chromium {
            self.one(name, From::Server, test);
        }
    }

    /// A test that cannot be run here, and what it would need.
    pub(crate) fn left_out(&mut self, name: &str, why: &'static str) {
        let trial = Trial::test(name, move || Err(why.into()));
        self.trials.push(trial.with_kind(why).with_ignored_flag(true));
    }

    fn one<F: AsyncFn(&mut Visit) + Copy + Send + 'static>(&mut self, name: &str, from: From, test: F) {
        let (driver, runtime) = (Arc::clone(&self.driver), self.runtime.clone());
        let trial = Trial::test(name, move || runtime.block_on(run(&driver, from, test)).map_err(Into::into));
        self.trials.push(trial.with_kind(self.driver.engine.name()));
    }
}

/// Whatever comes of the test, the browser and the server are ended.
async fn run(driver: &Driver, from: From, test: impl AsyncFn(&mut Visit)) -> Result<(), String> {
    let _turn = driver.turn().await;
    let server = Server::start(&[]).await;
    let mut visit = Visit { page: driver.tab().await, server, from };
    visit.page.forget("file://").await;
    visit.page.forget(visit.server.page().trim_end_matches('/')).await;
    let tested = AssertUnwindSafe(timeout(LONGEST, test(&mut visit))).catch_unwind().await;
    let result = match tested {
        Ok(Ok(())) => silent_console(&visit.page).await,
        Ok(Err(_)) => Err(format!("not over within {LONGEST:?}\n{}", visit.page.everything().await)),
        Err(_) => Err(PANIC.take()),
    };
    if result.is_ok() {
        driver.take_back(visit.page).await;
    } else {
        visit.page.close().await;
    }
    visit.server.stop().await;
    result
}

thread_local! {
    /// The last panic of this thread: where, and in which words.
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// A test that fails says so once, in its report, and not while others run.
pub(crate) fn keep_panics() {
    panic::set_hook(Box::new(|panic| PANIC.set(panic.to_string())));
}

/// Nothing of the page's own is in the console: no error, no warning, no violation of its policy.
async fn silent_console(page: &Page) -> Result<(), String> {
    let lines = page.console().await;
    let lines: Vec<_> = lines.into_iter().filter(|line| !is_of_the_browser(line)).collect();
    if lines.is_empty() { Ok(()) } else { Err(format!("the console has\n{}", lines.join("\n"))) }
}
