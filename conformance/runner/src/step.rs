//! `crosswire step`: a test process drives, and what is stepped and judged here is one test at a time, when it asks for it.
//!
//! Its lines are those of a driver, and `start` among them; ours are commands, and `ready` and `verdict` among them.

use crate::{
    catalogue::{Catalogue, Entry},
    child::Tail,
    driver::Driver,
    lines::{Line, next_line},
    manifest,
    one::Setting,
    plan::{Client, Program},
    report,
    results::{TestResult, Verdict},
    run::{Kind, Pair, Seat, unique},
    server::Server,
    tasks,
};
use crosswire_suite::driver::LONGEST_LINE;
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    collections::{BTreeSet, VecDeque},
    io,
    sync::Arc,
};
use tokio::{
    io::{AsyncBufRead, AsyncWrite, AsyncWriteExt as _, BufReader, DuplexStream, duplex},
    sync::{mpsc, watch},
};

/// How much of what the process says may be under way between its two readers.
const UNDER_WAY: usize = 64 << 10;
/// How many tests may be asked for before the first of them is begun.
const ASKED: usize = 1024;

/// What is stepped.
#[derive(Debug)]
pub struct Stepping {
    /// The tests.
    pub catalogue: Catalogue,
    /// The clients whose known failures are known.
    pub clients: Vec<Client>,
    /// The reference server.
    pub server: Program,
    /// The ready line of one that runs already.
    pub ready: Option<String>,
    /// By what every wait is stretched.
    pub time_scale: f64,
}

/// `{"start":{"seq":1,"test":"core/echo"}}`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Start {
    seq: u64,
    test: String,
}

/// Steps and judges until the process has no more to say.
///
/// # Errors
/// In a sentence: there is no server, or the process is no driver.
pub async fn step(
    stepping: Stepping,
    input: impl AsyncBufRead + Send + Unpin + 'static,
    output: impl AsyncWrite + Send + Unpin + 'static,
) -> Result<(), String> {
    let kind = match &stepping.ready {
        Some(line) => {
            Kind::running(stepping.server.clone(), Server::of_ready_line(line)?, stepping.time_scale)
        }
        None => Kind::begin(&stepping.server.clone().into(), &[], stepping.time_scale).await,
    };
    let outcome = step_on(&kind, &stepping, input, output).await;
    kind.stop().await;
    outcome
}

async fn step_on(
    kind: &Kind,
    stepping: &Stepping,
    input: impl AsyncBufRead + Send + Unpin + 'static,
    output: impl AsyncWrite + Send + Unpin + 'static,
) -> Result<(), String> {
    let server = kind.main.clone().map_err(|missing| missing.why)?;
    let (to_driver, said) = duplex(UNDER_WAY);
    let (ask, mut asked) = mpsc::channel(ASKED);
    tasks::spawn(sort(input, to_driver, ask));
    let driver = Arc::new(
        Driver::over(output, BufReader::new(said), Tail::default())
            .await
            .map_err(|wrong| format!("the process did not introduce itself with a hello: {wrong}"))?,
    );
    let seat = Seat::taken(client(stepping, &driver), Arc::clone(&driver));
    let pair = Pair { seat: &seat, kind };
    driver.say(ready(&pair, &server, &stepping.catalogue).to_string()).await;
    let setting = Setting {
        unique: unique(),
        time_scale: stepping.time_scale,
        fixtures: Arc::clone(&stepping.catalogue.fixtures),
        trace: None,
    };
    // Nobody interrupts: an interrupt at the terminal is for the process, which then ends our input.
    let (_nobody, interrupt) = watch::channel(false);
    let (setting, interrupt) = (&setting, &interrupt);
    let most = driver.hello.max_concurrent.max(1);
    let (mut running, mut waiting, mut used) = (FuturesUnordered::new(), VecDeque::new(), BTreeSet::new());
    loop {
        while running.len() < most
            && let Some((seq, entry)) = waiting.pop_front()
        {
            running.push(async move {
                let result = pair.run(entry, Some(seq), setting, interrupt).await;
                (seq, entry, result)
            });
        }
        tokio::select! {
            start = asked.recv() => match start {
                Some(Start { seq, test }) => {
                    let entry = stepping.catalogue.entries.iter().find(|entry| entry.test.id == test);
                    match entry {
                        Some(entry) if used.insert(seq) => waiting.push_back((seq, entry)),
                        Some(_) => driver.say(refused(seq, &test, "a `seq` is used once").to_string()).await,
                        None => driver.say(refused(seq, &test, "there is no such test").to_string()).await,
                    }
                }
                None => break,
            },
            Some((seq, entry, result)) = running.next() => driver.say(verdict(seq, entry, &result).to_string()).await,
            lost = driver.fate.lost() => {
                // What ended with its input has said all that it wanted to.
                let is_over = asked.is_closed() && running.is_empty() && waiting.is_empty();
                return if is_over { Ok(()) } else { Err(lost.reason.message) };
            }
        }
    }
    Ok(())
}

/// Tells starts from what a driver says.
async fn sort(mut input: impl AsyncBufRead + Unpin, mut to_driver: DuplexStream, ask: mpsc::Sender<Start>) {
    #[derive(Deserialize)]
    struct Asking {
        start: Start,
    }
    while let Ok(line) = next_line(&mut input, LONGEST_LINE).await {
        let line = match line {
            Line::Whole(line) => match serde_json::from_str::<Asking>(&line) {
                Ok(Asking { start }) => {
                    if ask.send(start).await.is_err() {
                        return;
                    }
                    continue;
                }
                Err(_) => (line + "\n").into_bytes(),
            },
            // The driver's reader says what is wrong with these.
            Line::TooLong(line) => (line + &" ".repeat(LONGEST_LINE) + "\n").into_bytes(),
            Line::NotText(line) => [line.as_bytes(), b"\xff\n"].concat(),
            Line::Half(line) => line.into_bytes(),
            Line::End => return,
        };
        if forward(&mut to_driver, &line).await.is_err() {
            return;
        }
    }
}

async fn forward(to_driver: &mut DuplexStream, line: &[u8]) -> io::Result<()> {
    to_driver.write_all(line).await?;
    to_driver.flush().await
}

/// The client that has introduced itself, with its known failures where a manifest lists them.
fn client(stepping: &Stepping, driver: &Driver) -> Client {
    let name = &driver.hello.client;
    let found = stepping.clients.iter().find(|client| client.name == *name).cloned();
    found.unwrap_or_else(|| {
        let start = crate::child::Start { command: Vec::new(), folder: None };
        manifest::Entry::of_command(name.clone(), start)
    })
}

fn ready(pair: &Pair<'_>, server: &Server, catalogue: &Catalogue) -> Value {
    let test = |entry: &Entry| {
        let known = pair.known(entry);
        json!({
            "id": entry.test.id,
            "title": entry.test.title,
            "level": entry.test.level.name(),
            "unsupported": pair.lacks(entry).map(|reason| reason.message),
            "known": known.map(|known| json!({"reason": known.reason, "link": known.link})),
        })
    };
    let tests: Vec<_> = catalogue.entries.iter().map(test).collect();
    let server = json!({"name": server.name, "version": server.version, "url": server.url});
    json!({"ready": {"server": server, "tests": tests}})
}

fn verdict(seq: u64, entry: &Entry, result: &TestResult) -> Value {
    let message = if result.verdict == Verdict::Pass { String::new() } else { report::one(entry, result) };
    json!({"verdict": {
        "seq": seq, "test": result.test, "verdict": result.verdict, "outcome": result.outcome, "message": message,
    }})
}

fn refused(seq: u64, test: &str, message: &str) -> Value {
    json!({"verdict": {
        "seq": seq, "test": test, "verdict": Verdict::HarnessError, "outcome": "regression", "message": message,
    }})
}
