//! A driver's process: it is told commands, and what it reports goes to the test that it is about.

use crate::{
    child::{Running, Start, Tail},
    lines::{Line, next_line, quoted},
    run::Missing,
    tasks,
};
use crosswire_suite::{
    driver::{Command, Event, Hello, LONGEST_LINE, Line as Said, PROTOCOL, read_line},
    judgement::{Reason, Verdict},
};
use serde_json::json;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncBufRead, AsyncWrite, AsyncWriteExt as _},
    process::Child,
    sync::{mpsc, watch},
    time::timeout,
};

/// How long a driver may take to introduce itself, and to end.
const HELLO_TIME: Duration = Duration::from_secs(20);
const BYE_TIME: Duration = Duration::from_secs(3);
/// How many drivers there were.
static DRIVERS: AtomicU64 = AtomicU64::new(0);
/// How much may wait for a test, and for the driver.
const EVENTS: usize = 4096;
const COMMANDS: usize = 4096;

/// A driver that runs.
#[derive(Debug)]
pub struct Driver {
    /// Which of this program's drivers it is: two count their tests alike, and what they name on a server must differ.
    pub number: u64,
    /// How it introduced itself.
    pub hello: Hello,
    /// What it writes to standard error.
    pub errors: Tail,
    commands: mpsc::Sender<String>,
    tests: Tests,
    lost: watch::Receiver<Option<Lost>>,
    next_seq: AtomicU64,
    child: tokio::sync::Mutex<Option<Child>>,
}

/// What a test is told of its driver.
#[derive(Debug)]
pub enum Told {
    /// An event of the test.
    Event(Event),
    /// The driver did not know a command of the test, or broke its protocol in a line about it.
    Broken(Reason),
}

/// Why a driver can be used no more.
#[derive(Debug, Clone, PartialEq)]
pub struct Lost {
    /// What that makes of the tests that were running.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
}

/// A test that has begun.
#[derive(Debug)]
pub struct Begun {
    /// Its number.
    pub seq: u64,
    /// What is told of it.
    pub events: mpsc::Receiver<Told>,
}

/// Room for one command.
#[derive(Debug)]
pub struct Room<'a>(mpsc::Permit<'a, String>);

impl Room<'_> {
    /// Tells the driver.
    pub fn tell(self, command: &Command) {
        if let Ok(mut line) = serde_json::to_string(command) {
            line.push('\n');
            self.0.send(line);
        }
    }
}

type Tests = Arc<Mutex<HashMap<u64, mpsc::Sender<Told>>>>;

impl Driver {
    /// Starts a driver and lets it introduce itself.
    ///
    /// # Errors
    /// In a sentence: it could not be started, or did not introduce itself.
    pub async fn start(start: &Start) -> Result<Self, Missing> {
        let Running { child, input, output, errors } = start.run()?;
        let said = Self::over(input, output, errors.clone()).await;
        let mut driver = said.map_err(|wrong| {
            let errors = errors.text();
            let errors =
                if errors.is_empty() { String::new() } else { format!("\nstandard error: {errors}") };
            Missing::broken(format!("`{start}` did not introduce itself with a hello: {wrong}{errors}"))
        })?;
        driver.child = tokio::sync::Mutex::new(Some(child));
        Ok(driver)
    }

    /// Lets a driver introduce itself that is spoken to and heard in this way.
    ///
    /// # Errors
    /// In a sentence: it did not.
    pub async fn over(
        mut input: impl AsyncWrite + Send + Unpin + 'static,
        mut output: impl AsyncBufRead + Send + Unpin + 'static,
        errors: Tail,
    ) -> Result<Self, String> {
        let hello = json!({"cmd": "hello", "protocol": PROTOCOL}).to_string() + "\n";
        let introduced = timeout(HELLO_TIME, async {
            input.write_all(hello.as_bytes()).await?;
            input.flush().await?;
            next_line(&mut output, LONGEST_LINE).await
        });
        let said = match introduced.await {
            Err(_) => Err(format!("it said nothing for {} s", HELLO_TIME.as_secs())),
            Ok(Err(error)) => Err(format!("it could not be spoken to: {error}")),
            Ok(Ok(Line::End)) => Err("it ended without a word".to_owned()),
            Ok(Ok(Line::TooLong(line) | Line::Half(line))) => Err(format!("it said {}", quoted(&line))),
            Ok(Ok(Line::Whole(line))) => match read_line(&line) {
                Ok(Said::Hello(hello)) => Ok(hello),
                Ok(_) => Err(format!("it said {}", quoted(&line))),
                Err(error) => Err(format!("it said {}: {error}", quoted(&line))),
            },
        };
        let hello = said?;
        let tests = Tests::default();
        let (commands, queue) = mpsc::channel(COMMANDS);
        let (lose, lost) = watch::channel(None);
        tasks::spawn(write(input, queue));
        tasks::spawn(read(output, Arc::clone(&tests), lose));
        let child = tokio::sync::Mutex::new(None);
        let number = DRIVERS.fetch_add(1, Ordering::Relaxed);
        Ok(Self { number, hello, errors, commands, tests, lost, next_seq: AtomicU64::new(1), child })
    }

    /// Begins a test: its number, and where what it is told will come.
    pub fn begin(&self) -> Begun {
        self.begin_as(self.next_seq.fetch_add(1, Ordering::Relaxed))
    }

    /// Begins a test under a number that somebody else has chosen.
    pub fn begin_as(&self, seq: u64) -> Begun {
        let (sender, events) = mpsc::channel(EVENTS);
        lock(&self.tests).insert(seq, sender);
        Begun { seq, events }
    }

    /// Says a line that is no command of a test.
    pub async fn say(&self, line: String) {
        // That nobody listens any more is seen by [`Driver::lost`].
        let _ = self.commands.send(line + "\n").await;
    }

    /// Ends a test: what the driver still says of it is a fault.
    pub fn end(&self, seq: u64) {
        lock(&self.tests).remove(&seq);
    }

    /// Waits until the driver can be told a command. Nothing is lost where nobody waits to the end.
    pub async fn room(&self) -> Room<'_> {
        match self.commands.reserve().await {
            Ok(room) => Room(room),
            // That the driver takes nothing any more is seen by [`Driver::lost`].
            Err(_) => std::future::pending().await,
        }
    }

    /// Waits until the driver can be used no more.
    pub async fn lost(&self) -> Lost {
        let mut lost = self.lost.clone();
        match lost.wait_for(Option::is_some).await {
            Ok(lost) => lost.clone().unwrap_or_else(gone),
            Err(_) => gone(),
        }
    }

    /// Whether it can be used no more.
    pub fn is_lost(&self) -> bool {
        self.lost.borrow().is_some()
    }

    /// Says goodbye, and ends what does not go. Says what is to be said about that.
    pub async fn stop(&self) -> Option<String> {
        let is_lost = self.is_lost();
        let _ = self.commands.try_send("{\"cmd\":\"bye\"}\n".to_owned());
        let mut child = self.child.lock().await;
        let child = child.as_mut()?;
        match timeout(BYE_TIME, child.wait()).await {
            Ok(Ok(status)) if status.success() || is_lost => None,
            Ok(Ok(status)) => Some(format!("the driver was told `bye`, and ended with {status}")),
            Ok(Err(error)) => Some(format!("the driver could not be waited for: {error}")),
            Err(_) => {
                let _ = child.kill().await;
                (!is_lost).then(|| "the driver was told `bye`, did not end in 3 s, and was killed".to_owned())
            }
        }
    }

    /// Ends it at once.
    pub async fn kill(&self) {
        if let Some(child) = &mut *self.child.lock().await {
            let _ = child.kill().await;
        }
    }
}

async fn write(mut input: impl AsyncWrite + Unpin, mut queue: mpsc::Receiver<String>) {
    let mut lines = Vec::new();
    while queue.recv_many(&mut lines, 256).await > 0 {
        let text = lines.concat();
        lines.clear();
        if input.write_all(text.as_bytes()).await.is_err() || input.flush().await.is_err() {
            // That the driver is gone is seen by whoever reads from it.
            return;
        }
    }
}

async fn read(mut output: impl AsyncBufRead + Unpin, tests: Tests, lose: watch::Sender<Option<Lost>>) {
    let broken = |code: &str, message: String| Lost {
        verdict: Verdict::HarnessError,
        reason: Reason::new(code, message),
    };
    let lost = loop {
        let line = match next_line(&mut output, LONGEST_LINE).await {
            Ok(Line::Whole(line)) => line,
            Ok(Line::TooLong(line)) => {
                let message =
                    format!("the driver wrote a line of more than {LONGEST_LINE} bytes: {}", quoted(&line));
                break broken("long_line", message);
            }
            Ok(Line::Half(line)) => {
                let message = format!("the driver ended in the middle of a line: {}", quoted(&line));
                break Lost { verdict: Verdict::Crash, reason: Reason::new("driver_ended", message) };
            }
            Ok(Line::End) => break gone(),
            Err(error) => break broken("bad_line", format!("the driver could not be read: {error}")),
        };
        let (seq, told) = match read_line(&line) {
            Ok(Said::Event(event)) => (event.seq, Told::Event(event)),
            Ok(Said::Error(error)) => match error.seq {
                Some(seq) => {
                    let message = format!("the driver does not know a command: {}", error.message);
                    (seq, Told::Broken(Reason::new("unknown_command", message)))
                }
                None => break broken("unknown_command", format!("the driver says: {}", error.message)),
            },
            Ok(Said::Hello(_)) => {
                break broken("bad_line", "the driver introduced itself a second time".to_owned());
            }
            Err(error) => {
                let message = format!("the driver wrote a line that is none: {error}: {}", quoted(&line));
                match seq_of(&line) {
                    Some(seq) => (seq, Told::Broken(Reason::new("bad_line", message))),
                    None => break broken("bad_line", message),
                }
            }
        };
        let test = lock(&tests).get(&seq).cloned();
        let Some(test) = test else {
            let message = format!("the driver speaks of a test that is not running: {}", quoted(&line));
            break broken("wrong_seq", message);
        };
        // A test that is over does not listen any more, and needs not.
        let _ = test.send(told).await;
    };
    let _ = lose.send(Some(lost));
}

/// The test that a broken line is about, where that much can be read.
fn seq_of(line: &str) -> Option<u64> {
    let value: serde_json::Value = serde_json::from_str(line).ok()?;
    value.get("event")?.get("seq")?.as_u64()
}

fn gone() -> Lost {
    let reason = Reason::new("driver_ended", "the driver ended while a test was running");
    Lost { verdict: Verdict::Crash, reason }
}

fn lock(tests: &Tests) -> std::sync::MutexGuard<'_, HashMap<u64, mpsc::Sender<Told>>> {
    tests.lock().unwrap_or_else(PoisonError::into_inner)
}
