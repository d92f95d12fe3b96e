//! The half of a session that writes.

#[cfg(feature = "mutants")]
use super::odd::Farewell;
use super::{CloseReason, Fragments, Item, Session, Talk, life::Cut};
use crate::{
    framing::{FrameWriter, Framing, Message},
    stream::Stream,
};
use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

/// Items are encoded while less than this waits to be written, so that the outbox's own bounds mean something.
const ENCODED_AHEAD: usize = 64 << 10;

/// What writing came to.
#[derive(Debug)]
pub(super) enum WriteOutcome {
    /// Nothing waits to be written.
    Flushed,
    /// The peer takes nothing now.
    Blocked,
    /// A byte has left on its own, and the peer should see it alone.
    Yield,
    /// Everything is written, and the connection is to be cut.
    Cut,
    /// The stream broke.
    Lost(io::Error),
}

impl<S: Stream, F: Framing> Session<S, F> {
    /// Writes what there is, and then ends the server's side where the time for that has come.
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>) -> WriteOutcome {
        match self.poll_write_or_break(cx) {
            Ok(outcome) => outcome,
            Err(error) => WriteOutcome::Lost(error),
        }
    }

    fn poll_write_or_break(&mut self, cx: &mut Context<'_>) -> io::Result<WriteOutcome> {
        let Some(stream) = &mut self.stream else { return Ok(WriteOutcome::Flushed) };
        let mut stream = Pin::new(stream);
        let talk = &mut self.talk;
        while !talk.unsent.is_empty() {
            let alone = talk.unsent.is_one_by_one();
            let Poll::Ready(written) = stream.as_mut().poll_write(cx, talk.unsent.next())? else {
                return Ok(WriteOutcome::Blocked);
            };
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            talk.unsent.advance(written);
            talk.clock.writing_goes_on();
            if alone && !talk.unsent.is_empty() {
                return Ok(WriteOutcome::Yield);
            }
        }
        if stream.as_mut().poll_flush(cx)?.is_pending() {
            return Ok(WriteOutcome::Blocked);
        }
        if talk.life.waits_for_answer() {
            // Only now: until the frame is out the peer has --write-timeout, as for anything else that waits for it.
            talk.clock.closing_begins(talk.rules.close_timeout);
        }
        if talk.life.cut == Some(Cut::Drop) {
            return Ok(WriteOutcome::Cut);
        }
        if talk.life.should_end_side() && !talk.life.side_ended {
            #[cfg(feature = "mutants")]
            match talk.farewell() {
                Farewell::Fin => {}
                Farewell::Reset => return Ok(WriteOutcome::Cut),
                Farewell::Never => return Ok(WriteOutcome::Flushed),
            }
            if stream.as_mut().poll_shutdown(cx)?.is_pending() {
                return Ok(WriteOutcome::Blocked);
            }
            talk.life.side_ended = true;
            talk.clock.lingering_begins(talk.rules.linger);
        }
        Ok(WriteOutcome::Flushed)
    }
}

impl<W: FrameWriter> Talk<W> {
    /// Encodes what the outbox holds, as far as there is room.
    pub(super) fn take_from_outbox(&mut self) {
        if !self.link.outbox.has_news() && !self.outbox_waits {
            return;
        }
        self.outbox_waits = false;
        while self.life.cut.is_none() && !self.life.side_ended {
            let (unsent, mut waits) = (&self.unsent, false);
            let item = self.link.outbox.take(|item| {
                // Bytes that leave in one write, or one at a time, or that must all be out before TCP ends, have the
                // buffer to themselves.
                let alone = matches!(item, Item::Glue(_) | Item::Trickle(_) | Item::Drop | Item::Finish);
                let room = if alone { 1 } else { ENCODED_AHEAD };
                waits = unsent.len() >= room || unsent.is_one_by_one();
                !waits
            });
            self.outbox_waits = waits;
            let Some(item) = item else { break };
            #[cfg(feature = "mutants")]
            let Some(item) = self.misdeliver(item) else { continue };
            let alone = matches!(item, Item::Glue(_));
            self.encode(item);
            if alone && !self.unsent.is_empty() {
                self.outbox_waits = true;
                break;
            }
        }
    }

    pub(super) fn encode(&mut self, item: Item) {
        match item {
            Item::Message { .. } | Item::Encoded(_) | Item::Ping(_) | Item::Pong(_)
                if !self.life.may_send() => {}
            Item::Message { kind, payload, fragments } => {
                let message = Message { kind, payload: &payload };
                match fragments {
                    Some(Fragments { sizes, ping_between, .. }) => {
                        self.writer.write_fragments(message, &sizes, ping_between, self.unsent.buffer());
                        let pings = if ping_between { sizes.len().saturating_sub(1) } else { 0 };
                        (0..pings).for_each(|_| self.note_ping());
                    }
                    None => self.writer.write_message(message, self.unsent.buffer()),
                }
                self.note_sent(message);
            }
            Item::Encoded(encoded) => {
                self.unsent.buffer().extend_from_slice(&encoded.wire);
                let payload = &encoded.wire[encoded.payload_at..];
                self.note_sent(Message { kind: encoded.kind, payload });
            }
            Item::Ping(payload) => self.ping(&payload),
            Item::Pong(payload) => {
                self.writer.write_pong(&payload, self.unsent.buffer());
                self.traffic.sent.pong += 1;
                if let Some(journal) = &self.link.journal {
                    journal.sent_pong();
                }
            }
            Item::Close(reason) => self.write_close(reason),
            Item::Raw(bytes) => self.unsent.buffer().extend_from_slice(&bytes),
            Item::Glue(items) => items.into_iter().for_each(|item| self.encode(item)),
            Item::Trickle(items) => {
                items.into_iter().for_each(|item| self.encode(item));
                self.unsent.trickle();
            }
            Item::Drop => self.life.cut = Some(Cut::Drop),
            Item::Finish => self.life.cut = Some(Cut::Finish),
        }
    }

    /// Writes the one close frame of this side.
    pub(super) fn write_close(&mut self, reason: CloseReason) {
        if self.life.sent.is_some() {
            return;
        }
        #[cfg(feature = "mutants")]
        let reason = self.closes_with(reason);
        self.writer.write_close(reason.code, &reason.reason, self.unsent.buffer());
        self.link.metrics.close_sent(reason.code);
        self.clock.stop_pings();
        self.life.sent = Some(reason);
    }
}
