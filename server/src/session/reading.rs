//! The half of a session that reads.

use super::{AnswersClose, CloseReason, Queued, Session, Talk};
use crate::{
    dialect::Reply,
    framing::{FrameReader, FrameWriter, Framing, Incoming, Message, Violation},
    stream::Stream,
};
use std::{
    cell::Cell,
    io,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::io::ReadBuf;

/// What one read takes at most: a frame of 64 KiB with its header fits, so that it can be answered where it lies.
const BLOCK: usize = 128 << 10;

/// After so many messages or bytes other sessions get their turn.
const BUDGET_MESSAGES: usize = 64;
const BUDGET_BYTES: usize = 256 << 10;

thread_local! {
    /// One block for all sessions of a thread: it is needed only while one of them is reading.
    static READ_BLOCK: Cell<Option<Box<[u8]>>> = const { Cell::new(None) };
}

/// What reading came to.
#[derive(Debug)]
pub(super) enum ReadOutcome {
    /// There is nothing more to read now.
    Waits,
    /// There may be more, but it is not wanted now.
    Rests,
    /// There may be more, and it is somebody else's turn.
    SpentBudget,
    /// The stream broke.
    Lost(io::Error),
}

impl<S: Stream, F: Framing> Session<S, F> {
    /// Reads and answers while there is something to read.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>) -> ReadOutcome {
        if self.talk.life.peer_ended {
            return ReadOutcome::Waits;
        }
        let mut block = READ_BLOCK.take().unwrap_or_else(|| vec![0; BLOCK].into_boxed_slice());
        let outcome = self.read_into(&mut block, cx);
        READ_BLOCK.set(Some(block));
        outcome
    }

    fn read_into(&mut self, block: &mut [u8], cx: &mut Context<'_>) -> ReadOutcome {
        let mut budget = Budget::default();
        loop {
            if !self.talk.may_read() {
                return ReadOutcome::Rests;
            }
            if budget.is_spent() {
                return ReadOutcome::SpentBudget;
            }
            if !self.held.is_empty() {
                let mut held = std::mem::take(&mut self.held);
                let (messages, left) = self.take_in(&mut held[self.held_from..]);
                budget.messages += messages;
                if left > 0 {
                    self.held_from = held.len() - left;
                    self.held = held;
                }
                continue;
            }
            let Some(stream) = &mut self.stream else { return ReadOutcome::Waits };
            let mut buffer = ReadBuf::new(block);
            match Pin::new(stream).poll_read(cx, &mut buffer) {
                Poll::Pending => return ReadOutcome::Waits,
                Poll::Ready(Err(error)) => return ReadOutcome::Lost(error),
                Poll::Ready(Ok(())) => {}
            }
            let arrived = buffer.filled().len();
            if arrived == 0 {
                self.talk.life.peer_ended = true;
                return ReadOutcome::Waits;
            }
            self.talk.heartbeat.heard();
            budget.bytes += arrived;
            // Whoever was told that something is in the outbox may have sent these bytes because of it.
            self.talk.take_from_outbox();
            let (messages, left) = self.take_in(&mut block[..arrived]);
            budget.messages += messages;
            self.held.extend_from_slice(&block[arrived - left..arrived]);
            self.held_from = 0;
        }
    }

    /// Makes sense of bytes. Gives the number of messages, and how many bytes at the end are not wanted yet.
    fn take_in(&mut self, mut input: &mut [u8]) -> (usize, usize) {
        let mut messages = 0;
        loop {
            if self.talk.life.only_drains() {
                return (messages, 0);
            }
            if !self.talk.may_read() {
                // Its answer is waiting to be sent: the message itself, which may be a large one, is needed no more.
                self.reader.let_go();
                return (messages, input.len());
            }
            match self.reader.receive(&mut input) {
                Ok(None) => return (messages, 0),
                Ok(Some(incoming)) => self.talk.handle(incoming),
                Err(violation) => self.talk.end_with(violation),
            }
            messages += 1;
        }
    }
}

#[derive(Debug, Default)]
struct Budget {
    messages: usize,
    bytes: usize,
}

impl Budget {
    const fn is_spent(&self) -> bool {
        self.messages >= BUDGET_MESSAGES || self.bytes >= BUDGET_BYTES
    }
}

impl<W: FrameWriter> Talk<W> {
    fn handle(&mut self, incoming: Incoming<'_>) {
        #[cfg(feature = "mutants")]
        self.hears(&incoming);
        match incoming {
            Incoming::Message(message) => self.handle_message(message),
            Incoming::Ping(payload) => {
                self.traffic.received.ping += 1;
                if let Some(journal) = &self.link.journal {
                    journal.received_ping();
                }
                // RFC 6455 5.5.2: "Upon receipt of a Ping frame, an endpoint MUST send a Pong frame in response, unless
                // it already received a Close frame." Once our own close frame is out nothing may follow it.
                if self.life.may_send() {
                    #[cfg(feature = "mutants")]
                    let Some(payload) = &self.odd.pong(payload) else { return };
                    self.writer.write_pong(payload, self.unsent.buffer());
                    self.traffic.sent.pong += 1;
                    if let Some(journal) = &self.link.journal {
                        journal.sent_pong();
                    }
                }
            }
            Incoming::Pong(payload) => {
                self.traffic.received.pong += 1;
                if let Some(journal) = &self.link.journal {
                    journal.received_pong(payload);
                }
                #[cfg(feature = "mutants")]
                self.hears_pong();
            }
            Incoming::Close(close) => {
                let (code, reason) = close.map_or((None, ""), |(code, reason)| (Some(code), reason));
                let reason = CloseReason {
                    code,
                    reason: reason.to_owned().into(),
                    queued: Queued::Sent,
                    violation: false,
                };
                if let Some(journal) = &self.link.journal {
                    journal.received_close(&reason);
                }
                self.link.metrics.close_received(code);
                self.life.received = Some(reason);
                self.clock.stop_pings();
                match self.rules.answers_close {
                    AnswersClose::AtOnce => self.answer_close(),
                    AnswersClose::After(delay) => self.clock.answer_later(delay),
                    AnswersClose::Never => self.clock.closing_begins(self.rules.write_timeout),
                }
            }
        }
    }

    /// RFC 6455 5.5.1: "When sending a Close frame in response, the endpoint typically echos the status code it received."
    /// Where our own is already in the slot, that one is the answer.
    pub(super) fn answer_close(&mut self) {
        if let Some(received) = &self.life.received {
            let answer = received.clone();
            #[cfg(feature = "mutants")]
            let answer = self.answer_to_close(&answer);
            self.link.outbox.close(answer);
            self.outbox_waits = true;
        }
    }

    fn handle_message(&mut self, message: Message<'_>) {
        #[cfg(feature = "mutants")]
        if let Some(violation) = self.is_too_long(message) {
            return self.end_with(violation);
        }
        self.traffic.received.add(message);
        if let Some(journal) = &self.link.journal {
            journal.received(message);
        }
        // After our close frame data that still arrives is seen, and not answered.
        if !self.life.may_send() {
            return;
        }
        match self.dialect.reply_to(message) {
            #[cfg(feature = "mutants")]
            Reply::Echo => self.echo(message),
            #[cfg(not(feature = "mutants"))]
            Reply::Echo => self.send(message),
            Reply::Later(later) => self.later = Some(later),
        }
    }

    /// The client broke a rule: it is told, behind the answers that it has already earned.
    pub(super) fn end_with(&mut self, violation: Violation) {
        #[cfg(feature = "mutants")]
        self.release_echoes();
        self.link.metrics.violation(violation.code);
        let reason = CloseReason {
            code: Some(violation.code),
            reason: violation.reason,
            queued: Queued::Dropped,
            violation: true,
        };
        if self.life.sent.is_none() {
            self.link.outbox.close(reason.clone());
            self.write_close(reason);
        } else {
            // Our close frame is out already; nothing may follow it, and no answer will be understood.
            self.life.sent = Some(reason);
        }
    }
}
