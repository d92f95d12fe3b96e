//! Standard error, written by a thread of its own: whoever does not read it loses lines, and holds nobody up.

use crate::{Config, LogFormat, LogLevel};
use std::{
    io::{self, Write},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    time::{Duration, Instant},
};
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::LevelFilter;

/// How many lines may wait: some 2 MB at the most, and seconds of a busy server.
const WAITING_LINES: usize = 8192;

/// How long the end of the program waits for a reader. Under test there are 2 s for the whole of it.
const PATIENCE: Duration = Duration::from_millis(500);

/// Goes through the queue behind everything that was said. Nothing else writes it: what is said ends in a line break.
const END: &[u8] = b"\0";

/// What the operator is told, and the log. [`Log::end`] must be called before the program ends.
#[derive(Debug)]
pub(crate) struct Log {
    /// What the program is called by whoever started it.
    name: &'static str,
    lines: NonBlocking,
    guard: WorkerGuard,
    written: Receiver<()>,
}

impl Log {
    /// Starts the log. To be called once.
    pub(crate) fn start(config: &Config, name: &'static str) -> Self {
        let (tell, written) = sync_channel(1);
        let (lines, guard) = NonBlockingBuilder::default()
            .lossy(true)
            .buffered_lines_limit(WAITING_LINES)
            .finish(StandardError { tell });
        let level = match config.log {
            LogLevel::Off => LevelFilter::OFF,
            LogLevel::Error => LevelFilter::ERROR,
            LogLevel::Warn => LevelFilter::WARN,
            LogLevel::Info => LevelFilter::INFO,
            LogLevel::Debug => LevelFilter::DEBUG,
        };
        let is_terminal = io::IsTerminal::is_terminal(&io::stderr());
        let may_colour = is_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        // Its own errors it would report with `eprintln!`, which panics where standard error is closed.
        let log = tracing_subscriber::fmt()
            .with_max_level(level)
            .with_writer(lines.clone())
            .with_target(false)
            .log_internal_errors(false);
        match config.log_format {
            LogFormat::Text => log.with_ansi(may_colour).init(),
            LogFormat::Json => log.json().flatten_event(true).init(),
        }
        Self { name, lines, guard, written }
    }

    /// Says something behind the program's name.
    pub(crate) fn tell(&self, message: &str) {
        self.say(&format!("{}: {message}", self.name));
    }

    /// Says something to the operator, in its place among the lines of the log.
    pub(crate) fn say(&self, message: &str) {
        self.put(format!("{message}\n").as_bytes());
    }

    /// Waits for what was said to be written, but not for ever.
    pub(crate) fn end(self) {
        let deadline = Instant::now() + PATIENCE;
        let lost = self.lines.error_counter().dropped_lines();
        let last_word = if lost == 0 {
            true
        } else {
            let plural = if lost == 1 { "line was" } else { "lines were" };
            let message =
                format!("{}: {lost} {plural} lost, because standard error was not read\n", self.name);
            self.put_until(deadline, message.as_bytes())
        };
        let left = || deadline.saturating_duration_since(Instant::now());
        if last_word && self.put_until(deadline, END) && self.written.recv_timeout(left()).is_ok() {
            drop(self.guard);
        } else {
            // The guard of a queue that is full says so on standard output, where only the ready line belongs.
            #[expect(
                clippy::mem_forget,
                reason = "the thread behind it is stuck in a write, and ends with us"
            )]
            std::mem::forget(self.guard);
        }
    }

    /// Puts a line into the queue as soon as there is room.
    fn put_until(&self, deadline: Instant, line: &[u8]) -> bool {
        loop {
            if self.put(line) {
                return true;
            }
            if Instant::now() >= deadline {
                return false;
            }
            // Nothing can be written there before the end is put: this is a pause.
            let _ = self.written.recv_timeout(Duration::from_millis(5));
        }
    }

    /// Whether there was room.
    fn put(&self, line: &[u8]) -> bool {
        let lost = self.lines.error_counter();
        let before = lost.dropped_lines();
        // Where there is no room it only counts.
        let _ = self.lines.clone().write_all(line);
        lost.dropped_lines() == before
    }
}

/// Standard error at the other end of the queue. Where nobody reads it any more there is nobody to tell.
#[derive(Debug)]
struct StandardError {
    tell: SyncSender<()>,
}

impl Write for StandardError {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if line == END {
            let _ = self.tell.try_send(());
        } else {
            let _ = io::stderr().write_all(line);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
