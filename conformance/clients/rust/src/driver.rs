//! Commands to where they belong: a connection's to its task, which carries them out in their order; none waits for
//! another connection.

use crate::{
    LONGEST_LINE,
    command::{self, Address, Command, Mistake, Open, Order},
    connection::{self, Handle},
    event::{Event, Reporter, Test, What},
    hello::hello,
    input::{Line, next_line},
    output::{self, Output},
};
use serde_json::Value;
use std::{
    collections::HashMap,
    io::{self, BufRead, Write},
    sync::Arc,
    time::Duration,
};
use tokio::{net::TcpStream, runtime::Runtime, task::JoinSet, time::timeout};
use tokio_tungstenite::tungstenite::http::Uri;

/// How long a `listen` may take, which says no time of its own.
const LISTEN_WITHIN: Duration = Duration::from_secs(2);

/// Carries out what `input` says until it ends or says `bye`. Fails when the input cannot be read or the output cannot be
/// written.
pub fn run(mut input: impl BufRead, output: impl Write + Send + 'static) -> io::Result<()> {
    let runtime = Runtime::new()?;
    let (output, writer) = Output::start(output);
    let mut driver = Driver { runtime, output, tests: HashMap::new() };
    let ended = loop {
        let understood = match next_line(&mut input) {
            Ok(Some(Line::Whole(line))) => command::read(&line),
            Ok(Some(Line::TooLong)) => {
                let message = format!("a line is at most {LONGEST_LINE} bytes long");
                Err(Mistake { message, seq: None, c: None })
            }
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        };
        let written = match understood {
            Ok(Command::Bye) => break Ok(()),
            Ok(command) => driver.carry_out(command),
            Err(Mistake { message, seq, c }) => {
                driver.output.line_from_outside(output::error(&message, seq, c))
            }
        };
        if !written {
            break Ok(());
        }
    };
    let Driver { runtime, output, tests } = driver;
    drop(tests);
    output.end();
    let written = writer.join().unwrap_or_else(|_| Err(io::Error::other("the output's thread has panicked")));
    runtime.shutdown_background();
    ended.and(written)
}

struct Driver {
    runtime: Runtime,
    output: Output,
    tests: HashMap<u64, Running>,
}

/// A test that has not ended.
struct Running {
    reporter: Reporter,
    connections: HashMap<String, Handle>,
    /// Everything of the test that runs; dropping it lets go of it all.
    tasks: JoinSet<()>,
}

impl Driver {
    /// Says whether the output is still written.
    fn carry_out(&mut self, command: Command) -> bool {
        let event = match command {
            Command::Hello => return self.line(hello()),
            Command::Bye => return true,
            Command::Open(address, open) => self.open(address, open),
            Command::Order { seq, on, order } => self.order(seq, &on, order),
            Command::Listen { seq, c, url } => self.listen(seq, c, url),
            Command::End { seq, c } => self.end(seq, c),
        };
        event.is_none_or(|event| self.output.event_from_outside(event))
    }

    fn line(&self, line: Value) -> bool {
        self.output.line_from_outside(line)
    }

    fn test(&mut self, seq: u64) -> &mut Running {
        self.tests.entry(seq).or_insert_with(|| Running {
            reporter: Reporter {
                test: Arc::new(Test { seq, ..Test::default() }),
                on: None,
                output: self.output.clone(),
            },
            connections: HashMap::new(),
            tasks: JoinSet::new(),
        })
    }

    fn open(&mut self, Address { seq, c, on }: Address, open: Open) -> Option<Event> {
        let runtime = self.runtime.handle().clone();
        let test = self.test(seq);
        let reporter = test.reporter.on(&on);
        if test.connections.get(&on).is_some_and(|connection| !connection.is_over()) {
            let error = format!("the test has a connection `{on}` already");
            return Some(reporter.event(Some(c), What::Refused { error, status: None }));
        }
        let (handle, task) = connection::new(c, open, reporter);
        test.connections.insert(on, handle);
        test.tasks.spawn_on(task, &runtime);
        None
    }

    fn order(&mut self, seq: u64, on: &str, order: Order) -> Option<Event> {
        let test = self.test(seq);
        let failed = |c, error| Some(test.reporter.on(on).event(Some(c), What::Failed { error }));
        match test.connections.get(on) {
            None => failed(order.c, format!("the test has no connection `{on}`")),
            Some(connection) => match connection.give(order) {
                Ok(()) => None,
                Err((c, error)) => failed(c, error.to_owned()),
            },
        }
    }

    fn listen(&mut self, seq: u64, c: u64, url: String) -> Option<Event> {
        let runtime = self.runtime.handle().clone();
        let test = self.test(seq);
        let reporter = test.reporter.clone();
        let task = async move {
            let what = match timeout(LISTEN_WITHIN, listen(&url)).await {
                Ok(Ok(())) => What::Listened,
                Ok(Err(error)) => What::Failed { error: error.to_string() },
                Err(_) => What::Failed { error: format!("no connection within {LISTEN_WITHIN:?}") },
            };
            reporter.report(Some(c), what).await;
        };
        test.tasks.spawn_on(task, &runtime);
        None
    }

    fn end(&mut self, seq: u64, c: u64) -> Option<Event> {
        self.test(seq);
        self.tests.remove(&seq).map(|test| test.reporter.event(Some(c), What::Ended))
    }
}

/// Connects to the address of a URL and ends the connection.
async fn listen(url: &str) -> io::Result<()> {
    let wrong = |message: String| io::Error::new(io::ErrorKind::InvalidInput, message);
    let uri: Uri = url.parse().map_err(|error| wrong(format!("{url}: {error}")))?;
    let host = uri.host().ok_or_else(|| wrong(format!("{url} names no host")))?;
    let port = uri.port_u16().unwrap_or(80);
    TcpStream::connect(format!("{host}:{port}")).await.map(drop)
}
