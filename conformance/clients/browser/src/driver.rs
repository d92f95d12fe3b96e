//! Commands to where they belong: a connection's to its task, which carries them out in their order; none waits for
//! another connection.

use crate::{
    Introduction,
    command::{self, Address, Command, Mistake, Open, Order},
    connection::{self, Handle},
    event::{Output, Reporter, What},
};
use futures_util::future::{AbortHandle, Either, abortable, select};
use gloo_net::http::Request;
use gloo_timers::future::TimeoutFuture;
use std::{collections::HashMap, pin::pin};
use wasm_bindgen_futures::spawn_local;
use web_sys::RequestMode;

/// How long a `listen` may take, which says no time of its own.
const LISTEN_WITHIN_MS: u32 = 2000;

/// A driver of this browser. It is told lines and writes lines, in the words of `conformance/drivers.md`.
#[derive(Debug)]
pub struct Driver {
    introduction: Introduction,
    output: Output,
    tests: HashMap<u64, Running>,
}

/// A test that has not ended.
#[derive(Debug)]
struct Running {
    reporter: Reporter,
    connections: HashMap<String, Handle>,
    tasks: Vec<AbortHandle>,
}

impl Drop for Running {
    /// Lets go of everything of the test.
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Driver {
    /// A driver that has been told nothing yet. It writes a line, without its end, whenever it has one; never from inside of
    /// another.
    pub fn new(introduction: Introduction, write: impl Fn(String) + 'static) -> Self {
        Self { introduction, output: Output::to(write), tests: HashMap::new() }
    }

    /// Carries out a line, and waits for nothing. Whether it goes on: after `bye` it does not.
    pub fn tell(&mut self, line: &str) -> bool {
        match command::read(line) {
            Ok(Command::Bye) => {
                self.tests.clear();
                return false;
            }
            Ok(Command::Hello) => self.output.line(&self.introduction.line()),
            Ok(Command::Open(address, open)) => self.open(address, open),
            Ok(Command::Order { seq, on, order }) => self.order(seq, &on, order),
            Ok(Command::Listen { seq, c, url }) => self.listen(seq, c, url),
            Ok(Command::End { seq, c }) => self.end(seq, c),
            Err(Mistake { message, seq, c }) => self.output.error(&message, seq, c),
        }
        true
    }

    fn test(&mut self, seq: u64) -> &mut Running {
        let output = &self.output;
        self.tests.entry(seq).or_insert_with(|| Running {
            reporter: Reporter::of(seq, output),
            connections: HashMap::new(),
            tasks: Vec::new(),
        })
    }

    fn open(&mut self, Address { seq, c, on }: Address, open: Open) {
        let test = self.test(seq);
        let reporter = test.reporter.on(&on);
        if test.connections.get(&on).is_some_and(|connection| !connection.is_over()) {
            let error = format!("the test has a connection `{on}` already");
            return reporter.report(Some(c), &What::refused(&error));
        }
        let (handle, task) = connection::new(c, open, reporter);
        test.connections.insert(on, handle);
        test.spawn(task);
    }

    fn order(&mut self, seq: u64, on: &str, order: Order) {
        let test = self.test(seq);
        let failed = |c, error: &str| test.reporter.on(on).report(Some(c), &What::failed(&error));
        match test.connections.get(on) {
            None => failed(order.c, &format!("the test has no connection `{on}`")),
            Some(connection) => {
                if let Err((c, why)) = connection.give(order) {
                    failed(c, why);
                }
            }
        }
    }

    fn listen(&mut self, seq: u64, c: u64, url: String) {
        let test = self.test(seq);
        let reporter = test.reporter.clone();
        test.spawn(async move {
            let what = match select(pin!(listen(&url)), TimeoutFuture::new(LISTEN_WITHIN_MS)).await {
                Either::Left((Ok(()), _)) => What::Listened,
                Either::Left((Err(error), _)) => What::failed(&error),
                Either::Right(_) => What::failed(&format!("no answer within {LISTEN_WITHIN_MS} ms")),
            };
            reporter.report(Some(c), &what);
        });
    }

    fn end(&mut self, seq: u64, c: u64) {
        self.test(seq);
        if let Some(test) = self.tests.remove(&seq) {
            test.reporter.report(Some(c), &What::Ended);
        }
    }
}

impl Running {
    fn spawn(&mut self, task: impl Future<Output = ()> + 'static) {
        let (task, handle) = abortable(task);
        self.tasks.push(handle);
        spawn_local(async move {
            // Aborted or not, it has nothing more to say.
            let _ = task.await;
        });
    }
}

/// Sees whether anything answers at an address: what it says a page may not read, for it comes from elsewhere. Asked for is
/// not `/`, which many a server keeps from other sites' pages altogether, so that the browser would tell nothing of it.
async fn listen(url: &str) -> Result<(), String> {
    let (scheme, rest) = match url.split_once("://") {
        Some(("ws" | "http", rest)) => ("http", rest),
        Some(("wss" | "https", rest)) => ("https", rest),
        _ => return Err(format!("{url} is not the address of a server")),
    };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let page = format!("{scheme}://{authority}/healthz");
    let answer = Request::get(&page).mode(RequestMode::NoCors).send().await;
    answer.map(drop).map_err(|error| error.to_string())
}
