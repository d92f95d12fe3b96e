//! Commands in their order, and their way into the library.

use super::Connection;
use crate::{
    command::{Act, Order},
    event::What,
    payload::Payload,
};
use futures_util::SinkExt as _;
use std::{
    collections::VecDeque,
    mem,
    task::{Context, Poll, ready},
};
use tokio::{
    sync::mpsc,
    task::{JoinSet, coop},
};
use tokio_tungstenite::tungstenite::{Error, Message, protocol::CloseFrame};

/// How many messages of many senders may wait for the connection.
const MANY: usize = 16;

/// The commands that have not been answered.
#[derive(Debug, Default)]
pub(super) struct Writing {
    waiting: VecDeque<Order>,
    /// How many of them are [urgent](Act::is_urgent).
    urgent: usize,
    /// The one whose messages the library is being handed.
    now: Option<(u64, Messages)>,
    /// Those that the library has taken and has perhaps not sent yet.
    taken: Vec<Unanswered>,
    /// What the library sends of its own accord goes out before anything of ours.
    flush_first: bool,
    /// Why nothing can be written any more.
    broken: Option<String>,
}

/// A command that has no answer yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unanswered {
    pub(super) c: u64,
    pub(super) closes: bool,
}

impl From<&Order> for Unanswered {
    fn from(order: &Order) -> Self {
        Self { c: order.c, closes: matches!(order.act, Act::Close { .. }) }
    }
}

impl Writing {
    pub(super) fn wait(&mut self, order: Order) {
        self.urgent += usize::from(order.act.is_urgent());
        self.waiting.push_back(order);
    }

    /// Puts commands in front of all that wait.
    pub(super) fn go_first(&mut self, orders: Vec<Order>) {
        for order in orders.into_iter().rev() {
            self.urgent += usize::from(order.act.is_urgent());
            self.waiting.push_front(order);
        }
    }

    pub(super) const fn flush_first(&mut self) {
        self.flush_first = true;
    }

    pub(super) fn into_unanswered(self) -> Vec<Unanswered> {
        let now = self.now.map(|(c, _)| Unanswered { c, closes: false });
        self.taken.into_iter().chain(now).chain(self.waiting.iter().map(Unanswered::from)).collect()
    }

    fn next(&mut self) -> Option<Order> {
        let order = self.waiting.pop_front()?;
        self.urgent -= usize::from(order.act.is_urgent());
        Some(order)
    }

    /// Takes out what cannot wait for a blocked send.
    fn take_urgent(&mut self) -> VecDeque<Order> {
        if mem::take(&mut self.urgent) == 0 {
            return VecDeque::new();
        }
        let (urgent, waiting) = mem::take(&mut self.waiting).into_iter().partition(|o| o.act.is_urgent());
        self.waiting = waiting;
        urgent
    }
}

/// The messages of one command.
#[derive(Debug)]
enum Messages {
    /// One message, or its frames.
    Known(VecDeque<Message>),
    /// What several tasks send at once.
    Sent { messages: mpsc::Receiver<Message>, _senders: JoinSet<()> },
}

impl Messages {
    fn one(message: Message) -> Self {
        Self::Known(VecDeque::from([message]))
    }

    /// Task i has the messages i, i + `tasks`, i + 2 × `tasks` …
    fn of_many(tasks: usize, messages: Vec<Payload>) -> Self {
        let tasks = tasks.min(messages.len());
        let mut shares = vec![Vec::new(); tasks];
        for (i, payload) in messages.into_iter().enumerate() {
            shares[i % tasks].push(payload);
        }
        let (sender, messages) = mpsc::channel(MANY);
        let mut senders = JoinSet::new();
        for share in shares {
            let sender = sender.clone();
            senders.spawn(async move {
                for payload in share {
                    // Nobody takes it when the connection can no longer be written to.
                    if sender.send(payload.into_message()).await.is_err() {
                        break;
                    }
                }
            });
        }
        Self::Sent { messages, _senders: senders }
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Message>> {
        match self {
            Self::Known(messages) => Poll::Ready(messages.pop_front()),
            Self::Sent { messages, .. } => messages.poll_recv(cx),
        }
    }

    /// Whether there is nothing more for sure.
    fn is_over(&self) -> bool {
        matches!(self, Self::Known(messages) if messages.is_empty())
    }
}

impl Connection {
    /// Carries out what can be carried out without waiting.
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>) {
        let blocked = self.poll_waiting(cx).is_pending();
        // A task that has had its turn finds everything pending; that says nothing about the peer.
        if blocked && self.end.is_none() && coop::has_budget_remaining() {
            self.unblock();
        }
    }

    /// Pending where the library has no room, or has not sent everything.
    fn poll_waiting(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.writing.flush_first {
            ready!(self.poll_flush(cx));
        }
        while self.end.is_none() {
            let Some((c, messages)) = &mut self.writing.now else {
                let Some(order) = self.writing.next() else { break };
                ready!(self.begin(order, cx));
                continue;
            };
            if let Err(error) = ready!(self.socket.poll_ready_unpin(cx)) {
                self.broken(&error);
                break;
            }
            match messages.poll_next(cx) {
                Poll::Pending => break,
                Poll::Ready(Some(message)) => self.hand(message),
                Poll::Ready(None) => {
                    self.writing.taken.push(Unanswered { c: *c, closes: false });
                    self.writing.now = None;
                }
            }
        }
        if self.end.is_none() && !self.writing.taken.is_empty() {
            ready!(self.poll_flush(cx));
        }
        Poll::Ready(())
    }

    /// Begins a command. Pending only where it has to be begun again.
    fn begin(&mut self, order: Order, cx: &mut Context<'_>) -> Poll<()> {
        if matches!(order.act, Act::Drop) {
            // What was sent before it goes out before it.
            let unsent = !self.writing.taken.is_empty() && self.poll_flush(cx).is_pending();
            if unsent && !coop::has_budget_remaining() {
                self.writing.go_first(vec![order]);
                return Poll::Pending;
            }
        }
        let Order { c, act } = order;
        let messages = match act {
            Act::Drop | Act::StopReading | Act::StartReading => {
                self.carry_out(c, &act);
                return Poll::Ready(());
            }
            Act::React(then) => {
                self.reaction.extend(then);
                self.tell(Some(c), What::Done);
                return Poll::Ready(());
            }
            // The library refuses a second close frame, but what was wanted is happening.
            Act::Close { .. } if self.closing || self.peer.is_some() => {
                self.tell(Some(c), What::Done);
                return Poll::Ready(());
            }
            Act::Close { frame, .. } => {
                let frame =
                    frame.map(|(code, reason)| CloseFrame { code: code.into(), reason: reason.into() });
                Ok(Messages::one(Message::Close(frame)))
            }
            Act::Send { payload, fragments: None } => Ok(Messages::one(payload.into_message())),
            Act::Send { payload, fragments: Some(sizes) } => payload.into_frames(&sizes).map(Messages::Known),
            Act::SendMany { senders, messages } => Ok(Messages::of_many(senders, messages)),
            Act::Ping(payload) => Ok(Messages::one(Message::Ping(payload.into()))),
            Act::Pong(payload) => Ok(Messages::one(Message::Pong(payload.into()))),
        };
        match (messages, &self.writing.broken) {
            (Ok(messages), None) => self.writing.now = Some((c, messages)),
            (Err(error), _) => self.tell(Some(c), What::Failed { error }),
            (Ok(_), Some(error)) => {
                let error = error.clone();
                self.tell(Some(c), What::Failed { error });
            }
        }
        Poll::Ready(())
    }

    /// Carries out what needs nothing of the library.
    fn carry_out(&mut self, c: u64, act: &Act) {
        match act {
            Act::StopReading => self.reading = false,
            Act::StartReading => self.reading = true,
            _ => self.cut(),
        }
        self.tell(Some(c), What::Done);
    }

    /// Hands the library a message of the present command.
    fn hand(&mut self, message: Message) {
        let closes = message.is_close();
        match self.socket.start_send_unpin(message) {
            Ok(()) => self.closing |= closes,
            Err(error @ Error::Io(_)) => return self.broken(&error),
            Err(error) => {
                if let Some((c, _)) = self.writing.now.take() {
                    self.tell(Some(c), What::Failed { error: error.to_string() });
                }
            }
        }
        if let Some((c, _)) = self.writing.now.take_if(|(_, messages)| messages.is_over()) {
            self.writing.taken.push(Unanswered { c, closes });
        }
    }

    /// Sends what the library has taken. Then those commands are done.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.writing.broken.is_none() {
            match ready!(self.socket.poll_flush_unpin(cx)) {
                Ok(()) => {
                    for Unanswered { c, .. } in mem::take(&mut self.writing.taken) {
                        self.tell(Some(c), What::Done);
                    }
                }
                Err(error) => self.broken(&error),
            }
        }
        self.writing.flush_first = false;
        Poll::Ready(())
    }

    /// Nothing can be written any more. The peer may have said why, so it is still read from.
    fn broken(&mut self, error: &Error) {
        let error = error.to_string();
        let now = self.writing.now.take().map(|(c, _)| Unanswered { c, closes: false });
        for Unanswered { c, .. } in mem::take(&mut self.writing.taken).into_iter().chain(now) {
            self.tell(Some(c), What::Failed { error: error.clone() });
        }
        self.writing.broken = Some(error);
        self.arm(super::REST);
    }

    /// The peer takes nothing at present: what changes that, or ends it, does not wait.
    fn unblock(&mut self) {
        let taken = mem::take(&mut self.writing.taken);
        let (closes, taken): (Vec<_>, _) = taken.into_iter().partition(|taken| taken.closes);
        self.writing.taken = taken;
        for Unanswered { c, .. } in closes {
            // Its frame stands behind the rest in the library's buffer: the handshake has begun.
            self.tell(Some(c), What::Done);
        }
        let mut urgent = self.writing.take_urgent();
        while self.end.is_none()
            && let Some(Order { c, act }) = urgent.pop_front()
        {
            self.carry_out(c, &act);
        }
        self.writing.go_first(urgent.into());
    }
}
