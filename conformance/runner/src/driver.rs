//! A driver's process: it is told commands, and what it reports goes to the test that it is about.

use crate::{
    child::{Process, Running, Start, Tail},
    fate::{Fate, Lost},
    introduction::{self, QUESTIONS},
    lines::{Line, next_line, quoted},
    run::Missing,
    tasks,
};
use crosswire_suite::{
    driver::{Command, Event, Hello, LONGEST_LINE, Line as Said, read_line},
    judgement::Reason,
};
use serde_json::json;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncBufRead, AsyncWrite, AsyncWriteExt as _},
    sync::{mpsc, watch},
    time::timeout,
};

/// How long a driver may take to end.
const BYE_TIME: Duration = Duration::from_secs(3);
/// How long a driver that has nothing more to say may take until it is known how it ended.
const END_TIME: Duration = Duration::from_secs(1);
/// The exit code of a driver that says what is to be installed before it can be run.
const NOT_INSTALLED: i32 = 3;
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
    /// Other clients that its process has introduced.
    pub guests: Arc<watch::Sender<Vec<Hello>>>,
    /// What it writes to standard error.
    pub errors: Tail,
    /// What becomes of it, for whoever outlives it.
    pub fate: Arc<Fate>,
    commands: mpsc::Sender<String>,
    tests: Tests,
    next_seq: AtomicU64,
    /// Missing where somebody else has started it.
    process: Option<Arc<tokio::sync::Mutex<Process>>>,
}

/// Why there is no driver.
#[derive(Debug, Clone)]
pub enum Unfit {
    /// It could not be started, or did not introduce itself.
    Missing(Missing),
    /// It runs, and does not refuse what it does not know: nothing that it reports could be believed.
    Pretends(Box<Hello>, String),
}

/// What a test is told of its driver.
#[derive(Debug)]
pub enum Told {
    /// An event of the test.
    Event(Event),
    /// The driver did not know a command of the test, or broke its protocol in a line about it.
    Broken(Reason),
}

/// A test that has begun.
#[derive(Debug)]
pub struct Begun {
    /// Its number.
    pub seq: u64,
    /// What it is told.
    pub events: mpsc::Receiver<Told>,
}

/// Room for one command.
#[derive(Debug)]
pub struct Room<'a>(mpsc::Permit<'a, String>);

impl Room<'_> {
    /// Tells the driver a line that [`line_of`] has made.
    pub fn tell(self, line: String) {
        self.0.send(line);
    }
}

/// The line that a command is told in.
///
/// # Errors
/// In a sentence, where it would be longer than a line may be.
pub fn line_of(command: &Command) -> Result<String, String> {
    let mut line =
        serde_json::to_string(command).map_err(|error| format!("it cannot be written: {error}"))?;
    if line.len() > LONGEST_LINE {
        return Err(format!(
            "it would be a line of {} bytes, and a driver takes at most {LONGEST_LINE}; say a long payload with `fill`, \
             or send it in several messages",
            line.len()
        ));
    }
    line.push('\n');
    Ok(line)
}

type Tests = Arc<Mutex<HashMap<u64, mpsc::Sender<Told>>>>;

impl Driver {
    /// Starts a driver, lets it introduce itself, and finds out whether it refuses what it does not know.
    ///
    /// # Errors
    /// Where it is of no use.
    pub async fn start(start: &Start, time_scale: f64) -> Result<Self, Unfit> {
        let Running { mut process, mut input, mut output, errors } = start.run().map_err(Unfit::Missing)?;
        let introduced = match introduction::introduce(&mut input, &mut output, time_scale).await {
            Ok(Some(hello)) => Ok(hello),
            Ok(None) => Err(match timeout(END_TIME, process.wait()).await {
                Ok(Ok(status)) if status.code() == Some(NOT_INSTALLED) => {
                    let words = errors.last_words().await;
                    let why =
                        if words.is_empty() { "something that it needs is not installed" } else { &words };
                    return Err(Unfit::Missing(Missing::not_built(why.to_owned())));
                }
                Ok(Ok(status)) => format!("it ended ({status}) without a word"),
                _ => "it closed its standard output without a word".to_owned(),
            }),
            Err(wrong) => Err(wrong),
        };
        let hello = match introduced {
            Ok(hello) => hello,
            Err(wrong) => {
                // Why it said that it may be about to say: a banner's reason stands behind it.
                drop(input);
                let _ = timeout(END_TIME, process.wait()).await;
                process.kill().await;
                let errors = errors.last_words().await;
                let errors =
                    if errors.is_empty() { String::new() } else { format!("\nstandard error: {errors}") };
                let why = format!("`{start}` did not introduce itself with a hello: {wrong}{errors}");
                return Err(Unfit::Missing(Missing::broken(why)));
            }
        };
        let early = match introduction::must_refuse(&mut input, &mut output, time_scale).await {
            Ok(early) => early,
            Err(sentence) => {
                process.kill().await;
                return Err(Unfit::Pretends(Box::new(hello), sentence));
            }
        };
        let process = Some(Arc::new(tokio::sync::Mutex::new(process)));
        let driver = Self::introduced(hello, input, output, errors, process);
        driver.guests.send_modify(|guests| guests.extend(early));
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
        let hello = introduction::introduce(&mut input, &mut output, 1.0).await?;
        let hello = hello.ok_or("it ended without a word")?;
        Ok(Self::introduced(hello, input, output, errors, None))
    }

    fn introduced(
        hello: Hello,
        input: impl AsyncWrite + Send + Unpin + 'static,
        output: impl AsyncBufRead + Send + Unpin + 'static,
        errors: Tail,
        process: Option<Arc<tokio::sync::Mutex<Process>>>,
    ) -> Self {
        let tests = Tests::default();
        let (commands, queue) = mpsc::channel(COMMANDS);
        let (lose, lost) = watch::channel(None);
        let guests = Arc::new(watch::Sender::new(Vec::new()));
        tasks::spawn(write(input, queue));
        // Whoever reads from it does not keep it alive.
        let heard = process.as_ref().map(Arc::downgrade).unwrap_or_default();
        let house = House { host: hello.client.clone(), guests: Arc::clone(&guests) };
        tasks::spawn(read(output, Arc::clone(&tests), heard, house, lose));
        let fate = Arc::new(Fate::new(lost));
        let number = DRIVERS.fetch_add(1, Ordering::Relaxed);
        let next_seq = AtomicU64::new(QUESTIONS + 1);
        Self { number, hello, guests, errors, fate, commands, tests, next_seq, process }
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

    /// Begins a test of a guest: commands of its number are for that one.
    pub async fn begin_for(&self, guest: &str) -> Begun {
        let begun = self.begin();
        self.say(json!({"cmd": "begin", "seq": begun.seq, "client": guest}).to_string()).await;
        begun
    }

    /// Says a line that is no command of a test.
    pub async fn say(&self, line: String) {
        // That nobody listens any more is seen by [`Fate::lost`].
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
            // That the driver takes nothing any more is seen by [`Fate::lost`].
            Err(_) => std::future::pending().await,
        }
    }

    /// Says goodbye, and ends what does not go. Says what it did wrong then.
    pub async fn stop(&self) -> Option<String> {
        if self.fate.is_past() {
            self.kill().await;
            return None;
        }
        let _ = self.commands.try_send("{\"cmd\":\"bye\"}\n".to_owned());
        let mut process = self.process.as_ref()?.lock().await;
        match timeout(BYE_TIME, process.wait()).await {
            Ok(Ok(status)) if status.success() => {
                // It is known now how it ended; that is told to whoever reads from it.
                drop(process);
                let lost = timeout(END_TIME, self.fate.lost()).await.ok()?;
                (!lost.is_gone()).then_some(lost.reason.message)
            }
            Ok(Ok(status)) => Some(format!("told `bye`, it ended with {status}, and not with exit code 0")),
            Ok(Err(error)) => Some(format!("told `bye`, it could not be waited for: {error}")),
            Err(_) => {
                process.kill().await;
                Some(format!("told `bye`, it did not end in {BYE_TIME:?}, and was killed"))
            }
        }
    }

    /// What it has had of the processors.
    pub async fn processor_time(&self) -> Option<Duration> {
        self.process.as_ref()?.lock().await.processor_time()
    }

    /// Ends it at once.
    pub async fn kill(&self) {
        if let Some(process) = &self.process {
            process.lock().await.kill().await;
        }
    }
}

impl std::fmt::Display for Unfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing(Missing { why, .. }) | Self::Pretends(_, why) => f.write_str(why),
        }
    }
}

/// Who lives in a driver's process: the client that it was started for, and those who came later.
struct House {
    host: String,
    guests: Arc<watch::Sender<Vec<Hello>>>,
}

impl House {
    /// A client that is introduced is a guest, if it has a name of its own.
    fn takes_in(&self, hello: &Hello) -> bool {
        self.guests.send_if_modified(|guests| {
            let is_new = hello.client != self.host && guests.iter().all(|guest| guest.client != hello.client);
            if is_new {
                guests.push(hello.clone());
            }
            is_new
        })
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

async fn read(
    mut output: impl AsyncBufRead + Unpin,
    tests: Tests,
    process: Weak<tokio::sync::Mutex<Process>>,
    house: House,
    lose: watch::Sender<Option<Lost>>,
) {
    let lost = loop {
        let line = match next_line(&mut output, LONGEST_LINE).await {
            Ok(Line::Whole(line)) => line,
            Ok(Line::NotText(line)) => {
                break Lost::broken(
                    "bad_line",
                    format!("the driver wrote a line that is not UTF-8: {}", quoted(&line)),
                );
            }
            Ok(Line::TooLong(line)) => {
                let message =
                    format!("the driver wrote a line of more than {LONGEST_LINE} bytes: {}", quoted(&line));
                break Lost::broken("long_line", message);
            }
            Ok(Line::Half(line)) => {
                break Lost::gone(format!(
                    "{} in the middle of a line: {}",
                    how_it_ended(&process).await,
                    quoted(&line)
                ));
            }
            Ok(Line::End) => break Lost::gone(how_it_ended(&process).await),
            Err(error) => break Lost::broken("bad_line", format!("the driver could not be read: {error}")),
        };
        let (seq, told) = match read_line(&line) {
            Ok(Said::Event(event)) => (event.seq, Told::Event(event)),
            Ok(Said::Error(error)) => match error.seq {
                Some(seq) => {
                    let message = format!("the driver does not know a command: {}", error.message);
                    (seq, Told::Broken(Reason::new("unknown_command", message)))
                }
                None => break Lost::broken("unknown_command", format!("the driver says: {}", error.message)),
            },
            Ok(Said::Hello(hello)) if house.takes_in(&hello) => continue,
            Ok(Said::Hello(_)) => {
                let message = format!("the driver introduced itself a second time: {}", quoted(&line));
                break Lost::broken("bad_line", message);
            }
            Err(error) => {
                let message = format!("the driver wrote a line that is none: {error}: {}", quoted(&line));
                match seq_of(&line) {
                    Some(seq) => (seq, Told::Broken(Reason::new("bad_line", message))),
                    None => break Lost::broken("bad_line", message),
                }
            }
        };
        let test = lock(&tests).get(&seq).cloned();
        let Some(test) = test else {
            let message = format!("the driver speaks of a test that is not running: {}", quoted(&line));
            break Lost::broken("wrong_seq", message);
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

/// In words, for a driver whose standard output has ended.
async fn how_it_ended(process: &Weak<tokio::sync::Mutex<Process>>) -> String {
    let Some(process) = process.upgrade() else { return "the driver ended".to_owned() };
    let status = timeout(END_TIME, async { process.lock().await.wait().await });
    match status.await {
        Ok(Ok(status)) => format!("the driver ended ({status})"),
        Ok(Err(_)) => "the driver ended".to_owned(),
        Err(_) => "the driver closed its standard output, and still runs".to_owned(),
    }
}

fn lock(tests: &Tests) -> std::sync::MutexGuard<'_, HashMap<u64, mpsc::Sender<Told>>> {
    tests.lock().unwrap_or_else(PoisonError::into_inner)
}
