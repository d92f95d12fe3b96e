//! One open connection, from its first message to the end of its TCP.
//!
//! ```text
//! socket → read → reader → dialect ─ reply ─┐
//!                                           ├→ unsent → write → socket
//!              everybody else → outbox ─────┘
//! ```
//!
//! A session is one future in one task. Its `reading` half alone reads the stream and its `writing` half alone writes
//! it; between them lie the bytes that are encoded and not yet sent. On every turn it takes what the outbox holds,
//! answers what has arrived while more is ready, and then writes once, so that a batch of messages costs one read and
//! one write however many they are.

mod clock;
mod heartbeat;
mod item;
mod life;
#[cfg(test)]
mod memory;
#[cfg(feature = "mutants")]
mod odd;
mod outbox;
mod reading;
mod traffic;
mod unsent;
mod writing;

pub(crate) use item::{CloseReason, Encoded, Fragments, Item, Queued};
pub(crate) use life::End;
pub(crate) use outbox::{Bounds, Outbox, Refused};
pub(crate) use traffic::Traffic;

use crate::{
    dialect::{Dialect, Later},
    framing::{FrameWriter, Framing, Limits, Message},
    journal::Journal,
    metrics::Metrics,
    stream::Stream,
};
use clock::{Clock, Due};
use crosswire_protocol::{digest::Kind, seen::Ended};
use heartbeat::{Heartbeat, Peer};
use life::Life;
use reading::ReadOutcome;
use std::{
    future::poll_fn,
    io,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use unsent::Unsent;
use writing::WriteOutcome;

/// The numbers that a session lives by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// What a client may send.
    pub(crate) limits: Limits,
    /// Above so many bytes that wait to be sent, nothing is read.
    pub(crate) outbox_mark: usize,
    /// How long a peer may take none of what waits for it.
    pub(crate) write_timeout: Duration,
    /// How often a ping is sent, where any is.
    pub(crate) ping_interval: Option<Duration>,
    /// After so many silent rounds of pings the peer is dead.
    pub(crate) silent_rounds: u32,
    /// How long a close frame may stay unanswered.
    pub(crate) close_timeout: Duration,
    /// When the peer's close frame is answered.
    pub(crate) answers_close: AnswersClose,
    /// How long the peer's last bytes are read away after the server's side has ended.
    pub(crate) linger: Duration,
}

/// The silent rounds of pings after which a peer is dead.
pub(crate) const SILENT_ROUNDS: u32 = 2;

/// When a close frame is answered: at once, but for the scenarios that are awkward about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AnswersClose {
    /// As RFC 6455 wants it.
    AtOnce,
    /// Late.
    After(Duration),
    /// Not at all.
    Never,
}

/// What others hold of a session, and what it reports to.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    /// Where others put what it should send.
    pub(crate) outbox: Arc<Outbox>,
    /// Where it writes down what happened, if anybody wants to know.
    pub(crate) journal: Option<Arc<Journal>>,
    /// Where it counts.
    pub(crate) metrics: Arc<Metrics>,
    /// What it knows of the other sessions of a mutant.
    #[cfg(feature = "mutants")]
    pub(crate) share: Option<crate::mutants::Share>,
}

/// One open connection.
pub(crate) struct Session<S, F: Framing> {
    /// Gone once the connection was cut.
    stream: Option<S>,
    reader: F::Reader,
    /// Bytes that were read and wait for their turn, from `held_from` on.
    held: Vec<u8>,
    held_from: usize,
    talk: Talk<F::Writer>,
}

/// Everything of a session but its stream and its reader: what an incoming message can touch.
struct Talk<W> {
    rules: Rules,
    link: Link,
    dialect: Dialect,
    writer: W,
    unsent: Unsent,
    /// The answer that is being waited for.
    later: Option<Later>,
    /// Something in the outbox had to wait for room.
    outbox_waits: bool,
    life: Life,
    clock: Clock,
    heartbeat: Heartbeat,
    traffic: Traffic,
    #[cfg(feature = "mutants")]
    odd: odd::Odd,
}

impl<S: Stream, F: Framing> Session<S, F> {
    /// A session over a stream whose handshake is done. `arrived` came behind the handshake's last byte.
    pub(crate) fn new(stream: S, arrived: Vec<u8>, dialect: Dialect, rules: Rules, link: Link) -> Self {
        let (reader, writer) = F::halves(rules.limits);
        let mut talk = Talk {
            #[cfg(feature = "mutants")]
            odd: odd::Odd::new(link.share.clone(), rules.limits.message),
            rules,
            link,
            dialect,
            writer,
            unsent: Unsent::default(),
            later: None,
            outbox_waits: false,
            life: Life::new(rules.answers_close),
            clock: Clock::new(rules.ping_interval),
            heartbeat: Heartbeat::default(),
            traffic: Traffic::default(),
        };
        let greeting = talk.dialect.greeting();
        #[cfg(feature = "mutants")]
        let greeting = talk.greet(greeting);
        if let Some(greeting) = greeting {
            talk.send(Message { kind: Kind::Text, payload: greeting.as_bytes() });
        }
        Self { stream: Some(stream), reader, held: arrived, held_from: 0, talk }
    }

    /// Holds the conversation to its end.
    pub(crate) async fn run(mut self) -> (End, Traffic) {
        let end = poll_fn(|cx| self.poll(cx)).await;
        self.talk.link.outbox.end();
        self.talk.traffic.report(&self.talk.link.metrics);
        (end, self.talk.traffic)
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        self.talk.link.outbox.register(cx.waker());
        if let Some(end) = self.talk.keep_time(cx) {
            return Poll::Ready(self.cut(end));
        }
        loop {
            if self.talk.link.outbox.is_cut() {
                // What can be said without waiting is said: the close frame that told why, above all.
                self.talk.take_from_outbox();
                let _ = self.poll_write(cx);
                return Poll::Ready(self.cut(End::new(Ended::Cut, "the server ended at once")));
            }
            self.talk.take_from_outbox();
            self.talk.poll_later(cx);
            let reading = match self.poll_read(cx) {
                ReadOutcome::Lost(error) => return Poll::Ready(self.cut(self.talk.lost(&error))),
                outcome => outcome,
            };
            // Reading may have begun an answer, or put a close frame into its slot: both belong to this turn's write.
            self.talk.take_from_outbox();
            self.talk.poll_later(cx);
            #[cfg(feature = "mutants")]
            self.talk.poll_held(cx);
            match self.poll_write(cx) {
                WriteOutcome::Lost(error) => return Poll::Ready(self.cut(self.talk.lost(&error))),
                WriteOutcome::Cut => return Poll::Ready(self.abort()),
                WriteOutcome::Yield => {
                    cx.waker().wake_by_ref();
                    break;
                }
                WriteOutcome::Blocked | WriteOutcome::Flushed => {}
            }
            if let Some(end) = self.talk.life.end() {
                return Poll::Ready(self.cut(end));
            }
            if matches!(reading, ReadOutcome::SpentBudget) {
                cx.waker().wake_by_ref();
                break;
            }
            // Another round only where writing has made room for what had to wait for it.
            let may_read_again = matches!(reading, ReadOutcome::Rests) && self.talk.may_read();
            let may_take_again = self.talk.outbox_waits && self.talk.unsent.is_empty();
            if !may_read_again && !may_take_again {
                break;
            }
        }
        self.talk.traffic.report(&self.talk.link.metrics);
        self.talk.link.outbox.note_unsent(self.talk.unsent.len());
        if self.talk.arm(cx) {
            // A deadline has passed while this turn was at work.
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// Lets the stream go, in the ordinary way.
    fn cut(&mut self, end: End) -> End {
        self.stream = None;
        end
    }

    /// Cuts the stream off.
    fn abort(&mut self) -> End {
        if let Some(stream) = self.stream.take() {
            stream.abort();
        }
        End::new(Ended::Cut, "the connection was cut as it was told to be")
    }
}

impl<W: FrameWriter> Talk<W> {
    /// Whether what the client sends is wanted now.
    fn may_read(&self) -> bool {
        if self.life.only_drains() {
            return true;
        }
        // After our close frame no answer can be given any more, so that none is waited for. And what has to wait in the
        // outbox was accepted before anything that would be read now: an echo must not overtake it.
        (self.later.is_none() || self.life.sent.is_some())
            && !self.outbox_waits
            && !self.link.outbox.is_reading_stopped()
            && self.unsent.len() + self.link.outbox.bytes() <= self.rules.outbox_mark
    }

    /// Writes a message into what is to be sent.
    fn send(&mut self, message: Message<'_>) {
        self.writer.write_message(message, self.unsent.buffer());
        self.note_sent(message);
    }

    fn note_sent(&mut self, message: Message<'_>) {
        self.traffic.sent.add(message);
        if let Some(journal) = &self.link.journal {
            journal.sent(message);
        }
        #[cfg(feature = "mutants")]
        self.sends_again(message);
    }

    /// Looks after the answer that is being waited for.
    fn poll_later(&mut self, cx: &mut Context<'_>) {
        let Some(later) = &mut self.later else { return };
        let Poll::Ready(answer) = later.as_mut().poll(cx) else { return };
        self.later = None;
        if self.life.may_send() {
            self.send(Message { kind: Kind::Text, payload: answer.as_bytes() });
        }
    }

    /// The stream broke.
    fn lost(&self, error: &io::Error) -> End {
        self.life.lost(error, self.unsent.is_empty())
    }

    /// Acts on the deadlines that have passed.
    fn keep_time(&mut self, cx: &mut Context<'_>) -> Option<End> {
        let now = match self.clock.poll(cx) {
            Poll::Ready(now) => now,
            Poll::Pending => return None,
        };
        while let Some(due) = self.clock.next_due(now) {
            match due {
                Due::Answer => self.answer_close(),
                Due::Linger => return Some(self.life.not_ended_by_peer()),
                Due::Close => return Some(self.life.not_answered()),
                Due::Write => {
                    return Some(End::new(Ended::TimedOut, "took none of what waited for it in time"));
                }
                Due::Ping => {
                    self.clock.ping_again(now, self.rules.ping_interval);
                    // While nothing is read a pong could not be heard, so that its absence says nothing.
                    if !self.may_read() {
                        self.heartbeat.heard();
                        // Told to stop reading, the server would never notice that the client is gone: a write does.
                        if !(self.link.outbox.is_reading_stopped() && self.unsent.is_empty()) {
                            continue;
                        }
                    }
                    if self.heartbeat.round_passes(self.rules.silent_rounds) == Peer::Dead {
                        return Some(End::new(Ended::TimedOut, "nothing was heard for two rounds of pings"));
                    }
                    if self.life.may_send() {
                        self.ping(&[]);
                    }
                }
            }
        }
        None
    }

    fn ping(&mut self, payload: &[u8]) {
        self.writer.write_ping(payload, self.unsent.buffer());
        self.note_ping();
    }

    fn note_ping(&mut self) {
        #[cfg(feature = "mutants")]
        self.odd.pinged();
        self.traffic.sent.ping += 1;
        if let Some(journal) = &self.link.journal {
            journal.sent_ping();
        }
    }

    /// Sees to it that this task wakes at the next deadline. Says whether one has passed already.
    fn arm(&mut self, cx: &mut Context<'_>) -> bool {
        if !self.unsent.is_empty() {
            self.clock.writing_waits(self.rules.write_timeout);
        }
        self.clock.arm(cx)
    }
}
