//! Tests and their connections: one task reads, another carries out commands in their order, and neither waits for the other.

use crate::{
    command::{Close, Open, Send},
    library::{self, Arrival, Ending, Error, Link},
};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    io::Write as _,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::{
    net::TcpStream,
    sync::mpsc,
    task::{JoinHandle, JoinSet},
    time::{sleep, timeout},
};

/// The command says no time of its own.
const LISTEN_WITHIN: Duration = Duration::from_secs(2);
const MOST_WAITING: usize = 1 << 14;

/// Writes a line. Where nobody listens any more, the input ends as well.
pub fn say(line: &Value) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// A test that has not ended.
pub struct Test {
    reports: Arc<Reports>,
    connections: HashMap<String, mpsc::Sender<Turn>>,
    tasks: JoinSet<()>,
}

/// The events of a test, numbered without a gap, and none behind its end.
struct Reports {
    seq: u64,
    started: Instant,
    /// Nothing, when the test is over.
    count: Mutex<Option<u64>>,
}

/// A command, or behind the last message the end.
pub enum Turn {
    Send(Send),
    Close(Close),
    Over(Ending),
}

impl Reports {
    fn report(&self, mut event: Value) {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(n) = count.map(|count| count + 1) else { return };
        *count = (event["is"] != "ended").then_some(n);
        event["seq"] = self.seq.into();
        event["n"] = n.into();
        event["ms"] = (self.started.elapsed().as_secs_f64() * 1000.0).into();
        say(&json!({"event": event}));
    }

    fn answer(&self, c: u64, on: &str, result: Result<(), Error>) {
        self.report(match result {
            Ok(()) => json!({"is": "done", "c": c, "on": on}),
            Err(error) => json!({"is": "failed", "c": c, "on": on, "error": error.to_string()}),
        });
    }
}

impl Test {
    pub fn new(seq: u64, started: Instant) -> Self {
        let reports = Reports { seq, started, count: Mutex::new(Some(0)) };
        Self { reports: Arc::new(reports), connections: HashMap::new(), tasks: JoinSet::new() }
    }

    /// Lets go of everything: its tasks are dropped with it.
    pub fn end(self, c: u64) {
        self.reports.report(json!({"is": "ended", "c": c}));
    }

    pub fn listen(&mut self, c: u64, url: String) {
        let reports = Arc::clone(&self.reports);
        self.tasks.spawn(async move {
            reports.report(match reach(&url).await {
                Ok(()) => json!({"is": "listened", "c": c}),
                Err(error) => json!({"is": "failed", "c": c, "error": error.to_string()}),
            });
        });
    }

    pub fn open(&mut self, opening: Open) {
        let (turns, waiting) = mpsc::channel(MOST_WAITING);
        self.connections.insert(opening.on.clone(), turns.clone());
        self.tasks.spawn(live(Arc::clone(&self.reports), opening, turns, waiting));
    }

    /// Hands a command to its connection.
    pub fn take(&self, on: &str, c: u64, turn: Turn) {
        let taken = match self.connections.get(on) {
            None => Err(format!("the test has no connection `{on}`")),
            Some(turns) => turns.try_send(turn).map_err(|error| error.to_string()),
        };
        if let Err(error) = taken {
            self.reports.answer(c, on, Err(error.into()));
        }
    }
}

/// Connects to the address of a URL, and ends the connection.
async fn reach(url: &str) -> Result<(), Error> {
    let address = url.strip_prefix("ws://").and_then(|rest| rest.split(['/', '?']).next());
    let address = address.ok_or("an address begins with ws://")?;
    timeout(LISTEN_WITHIN, TcpStream::connect(address)).await??;
    Ok(())
}

/// Cuts a connection, and what is left of its tasks, whenever its life ends.
struct Opened {
    link: Arc<Link>,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.link.cut();
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

async fn live(
    reports: Arc<Reports>,
    opening: Open,
    turns: mpsc::Sender<Turn>,
    mut waiting: mpsc::Receiver<Turn>,
) {
    let Open { c, on, within_ms, data, .. } = &opening;
    let within = Duration::from_millis(*within_ms);
    let opened = match timeout(within, library::connect(&opening.url, &opening.subprotocols)).await {
        Ok(opened) => opened.map_err(|error| error.to_string()),
        Err(_) => Err(format!("not open within {within_ms} ms")),
    };
    let link = match opened {
        Ok(link) => Arc::new(link),
        Err(why) => {
            reports.report(json!({"is": "refused", "c": c, "on": on, "error": why, "status": null}));
            while let Some(turn) = waiting.recv().await {
                let c = match &turn {
                    Turn::Send(send) => send.c,
                    Turn::Close(close) => close.c,
                    Turn::Over(_) => continue,
                };
                reports.answer(c, on, Err(why.clone().into()));
            }
            return;
        }
    };
    let agreed = &link.subprotocol;
    reports.report(json!({"is": "opened", "c": c, "on": on, "subprotocol": agreed, "extensions": null}));
    let reading = read(Arc::clone(&reports), on.clone(), data.is_some(), Arc::clone(&link), turns);
    let mut open = Opened { link: Arc::clone(&link), tasks: vec![tokio::spawn(reading)] };
    while let Some(turn) = waiting.recv().await {
        match turn {
            Turn::Send(send) => {
                let done = match send.payload() {
                    Ok(message) => link.send(message).await,
                    Err(error) => Err(error.into()),
                };
                reports.answer(send.c, on, done);
            }
            Turn::Close(close) => {
                let (link, within) = (Arc::clone(&link), Duration::from_millis(close.within_ms));
                open.tasks.push(tokio::spawn(async move {
                    sleep(within).await;
                    link.cut();
                }));
                reports.answer(close.c, on, open.link.close(close.code, &close.reason).await);
            }
            Turn::Over(Ending { code, reason, is_clean }) => {
                open.tasks.drain(..).for_each(|task| task.abort());
                reports.report(
                    json!({"is": "closed", "on": on, "code": code, "reason": reason, "clean": is_clean}),
                );
            }
        }
    }
}

async fn read(reports: Arc<Reports>, on: String, in_full: bool, link: Arc<Link>, turns: mpsc::Sender<Turn>) {
    loop {
        match link.receive().await {
            Arrival::Message(message) => {
                let mut event = message.shown(in_full);
                event["is"] = "received".into();
                event["on"] = on.clone().into();
                reports.report(event);
            }
            // Where nobody takes it the test is over.
            Arrival::End(ending) => return drop(turns.send(Turn::Over(ending)).await),
        }
    }
}
