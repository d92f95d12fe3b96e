//! Standard output: one thread writes everything, counts the events of each test, and flushes as soon as nothing more is
//! ready.

use crate::event::{Event, What};
use serde::Serialize;
use serde_json::{Value, json};
use std::{
    io::{self, Write},
    sync::atomic::Ordering::Relaxed,
    thread::{self, JoinHandle},
    time::Instant,
};
use tokio::sync::mpsc;

/// How many lines may wait until they are written. Whoever has another one then waits, and reads nothing from its socket.
const LINES: usize = 256;
/// What is ready is written at once, but no more than this.
const BATCH: usize = 64 << 10;

/// The way to the thread that writes.
#[derive(Debug, Clone)]
pub(crate) struct Output(mpsc::Sender<Line>);

#[derive(Debug)]
enum Line {
    Event(Event),
    Other(Value),
    /// Words for people, which go to standard error.
    Note(String),
    /// The last one.
    End,
}

impl Output {
    /// Starts the thread. It ends when it is told to, or when nobody reads it any more.
    pub(crate) fn start(to: impl Write + Send + 'static) -> (Self, JoinHandle<io::Result<()>>) {
        let (sender, lines) = mpsc::channel(LINES);
        (Self(sender), thread::spawn(move || write(lines, to, Instant::now())))
    }

    // Where the thread has ended, its error is what counts and what `run` returns: nothing is left to do here.

    pub(crate) async fn event(&self, event: Event) {
        let _ = self.0.send(Line::Event(event)).await;
    }

    pub(crate) async fn note(&self, note: String) {
        let _ = self.0.send(Line::Note(note)).await;
    }

    // The same for a thread outside of the runtime. They say whether somebody still writes.

    pub(crate) fn event_from_outside(&self, event: Event) -> bool {
        self.0.blocking_send(Line::Event(event)).is_ok()
    }

    pub(crate) fn line_from_outside(&self, line: Value) -> bool {
        self.0.blocking_send(Line::Other(line)).is_ok()
    }

    pub(crate) fn end(self) {
        let _ = self.0.blocking_send(Line::End);
    }
}

fn write(mut lines: mpsc::Receiver<Line>, mut to: impl Write, started: Instant) -> io::Result<()> {
    let mut ready = Vec::new();
    while let Some(line) = lines.blocking_recv() {
        let mut next = Some(line);
        let mut last = false;
        while let Some(line) = next {
            match line {
                Line::Event(event) => put(&mut ready, event, started)?,
                Line::Other(value) => writeln!(ready, "{value}")?,
                // Where nobody listens on standard error there is nobody to tell.
                Line::Note(note) => drop(writeln!(io::stderr(), "{note}")),
                Line::End => last = true,
            }
            next = if last || ready.len() >= BATCH { None } else { lines.try_recv().ok() };
        }
        to.write_all(&ready)?;
        to.flush()?;
        ready.clear();
        if last {
            break;
        }
    }
    Ok(())
}

/// Puts an event on its line, with its number. Nothing of a test comes after its end.
fn put(ready: &mut Vec<u8>, event: Event, started: Instant) -> io::Result<()> {
    #[derive(Serialize)]
    struct Fields<'a> {
        seq: u64,
        n: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        c: Option<u64>,
        ms: f64,
        #[serde(skip_serializing_if = "Option::is_none")]
        on: Option<&'a str>,
        #[serde(flatten)]
        what: &'a What,
    }

    let test = &event.test;
    if test.ended.load(Relaxed) {
        return Ok(());
    }
    test.ended.store(matches!(event.what, What::Ended), Relaxed);
    let fields = Fields {
        seq: test.seq,
        n: test.events.fetch_add(1, Relaxed) + 1,
        c: event.c,
        ms: event.at.saturating_duration_since(started).as_micros() as f64 / 1000.0,
        on: event.on.as_deref(),
        what: &event.what,
    };
    ready.extend_from_slice(br#"{"event":"#);
    serde_json::to_writer(&mut *ready, &fields)?;
    ready.extend_from_slice(b"}\n");
    Ok(())
}

/// The line that answers what is no command.
pub(crate) fn error(message: &str, seq: Option<u64>, c: Option<u64>) -> Value {
    let mut error = json!({"message": message});
    for (name, number) in [("seq", seq), ("c", c)] {
        if let Some(number) = number {
            error[name] = json!(number);
        }
    }
    json!({"error": error})
}
