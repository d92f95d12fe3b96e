//! A connection: one task that carries out its commands in order, reads, and reports.
//!
//! **Writing never keeps it from reading.** Each turn takes the commands that have come, hands the library what it has room
//! for, flushes once, and reads. While the peer takes nothing, the rest of the commands waits, and messages are read on.
//!
//! **What is blocked can be unblocked.** While a send is blocked (the library has no room, because the peer takes nothing)
//! `stop_reading`, `start_reading` and `drop` take effect at once, before the commands in front of them: otherwise a peer
//! that waits to be read from would wait for ever. They overtake nothing that is not blocked.
//!
//! **Its end** is reported once, behind the answers to all commands that the task holds by then. What comes later is
//! answered `failed`, with what the library says of a connection that is over; but a `close` is `done` when there has been
//! a closing handshake.

mod open;
mod writing;

use crate::{
    command::{Act, Open, Order},
    event::{Event, Received, Reporter, What},
};
use futures_util::StreamExt as _;
use open::Socket;
use std::{
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    sync::mpsc,
    time::{Instant, Sleep, sleep},
};
use tokio_tungstenite::{
    MaybeTlsStream,
    tungstenite::{Error, Message, protocol::CloseFrame},
};
use writing::{Unanswered, Writing};

/// How many commands may wait for a connection. They cost memory only while they wait.
const WAITING: usize = 1 << 18;
/// So many commands, and then so many messages, are taken in a turn before something else has its own.
const TURN: usize = 64;
/// How long a connection may go on of which nothing more can come: the peer has answered everything and does not end TCP,
/// or it can no longer be written to.
const REST: Duration = Duration::from_secs(1);
/// The close code of a frame that had none, as the WebSocket API has it.
const NO_CODE: u16 = 1005;
/// The close code where no frame came.
const NO_FRAME: u16 = 1006;

/// Where the commands of a connection go.
#[derive(Debug)]
pub(crate) struct Handle {
    orders: mpsc::Sender<Order>,
    over: Arc<AtomicBool>,
}

impl Handle {
    /// Whether the connection was refused or has been closed.
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Relaxed)
    }

    /// Gives it a command, without waiting. What cannot be given is a failure of command `c`.
    pub(crate) fn give(&self, order: Order) -> Result<(), (u64, &'static str)> {
        self.orders.try_send(order).map_err(|error| match error {
            mpsc::error::TrySendError::Full(order) => (order.c, "too many commands wait for this connection"),
            mpsc::error::TrySendError::Closed(order) => (order.c, "the connection's task has ended"),
        })
    }
}

/// A connection that command `c` opens, and the task that must run for it.
pub(crate) fn new(c: u64, open: Open, reporter: Reporter) -> (Handle, impl Future<Output = ()> + Send) {
    let (sender, orders) = mpsc::channel(WAITING);
    let over = Arc::new(AtomicBool::new(false));
    (Handle { orders: sender, over: over.clone() }, live(c, open, reporter, orders, over))
}

async fn live(
    c: u64,
    open: Open,
    reporter: Reporter,
    mut orders: mpsc::Receiver<Order>,
    over: Arc<AtomicBool>,
) {
    let mut shook_hands = false;
    match open::open(&open).await {
        Ok((socket, opened)) => {
            reporter.report(Some(c), opened).await;
            let mut connection = Connection::new(socket, reporter.clone(), &open);
            while connection.end.is_none() {
                poll_fn(|cx| connection.poll(&mut orders, cx)).await;
                for event in connection.events.drain(..) {
                    reporter.output.event(event).await;
                }
            }
            shook_hands = connection.closing || connection.peer.is_some();
            let (answers, closed, note) = connection.over();
            for event in answers {
                reporter.output.event(event).await;
            }
            if let Some(note) = note {
                reporter.output.note(note).await;
            }
            over.store(true, Relaxed);
            reporter.output.event(closed).await;
        }
        Err(refused) => {
            over.store(true, Relaxed);
            reporter.report(Some(c), refused).await;
        }
    }
    while let Some(order) = orders.recv().await {
        let Unanswered { c, closes } = Unanswered::from(&order);
        reporter.report(Some(c), too_late(closes && shook_hands)).await;
    }
}

/// The answer to a command for a connection that is over, which may be what the command wanted.
fn too_late(wanted: bool) -> What {
    if wanted { What::Done } else { What::Failed { error: Error::AlreadyClosed.to_string() } }
}

/// Why a connection is over.
#[derive(Debug)]
enum End {
    /// The library says so; the error, if it has one.
    Stream(Option<Error>),
    /// TCP was cut, by command or because a deadline had passed.
    Cut,
}

/// A connection that was opened.
#[derive(Debug)]
struct Connection {
    socket: Socket,
    reporter: Reporter,
    /// Whether long messages are reported in full.
    full: bool,
    writing: Writing,
    reading: bool,
    /// What is done when the next message comes.
    reaction: Vec<Order>,
    deadline: Option<Pin<Box<Sleep>>>,
    /// The library has taken our close frame.
    closing: bool,
    /// The peer's close frame.
    peer: Option<Option<CloseFrame>>,
    /// What is to be reported at the end of the turn.
    events: Vec<Event>,
    end: Option<End>,
}

impl Connection {
    fn new(socket: Socket, reporter: Reporter, open: &Open) -> Self {
        Self {
            socket,
            reporter,
            full: open.full,
            writing: Writing::default(),
            reading: open.reading,
            reaction: Vec::new(),
            deadline: None,
            closing: false,
            peer: None,
            events: Vec::new(),
            end: None,
        }
    }

    /// A turn, which is over when there is something to report.
    fn poll(&mut self, orders: &mut mpsc::Receiver<Order>, cx: &mut Context<'_>) -> Poll<()> {
        let more_orders = self.poll_orders(orders, cx);
        self.poll_write(cx);
        let more_messages = self.poll_read(cx);
        if let Some(deadline) = &mut self.deadline
            && deadline.as_mut().poll(cx).is_ready()
        {
            self.cut();
        }
        if !self.events.is_empty() || self.end.is_some() {
            return Poll::Ready(());
        }
        if more_orders || more_messages {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// Takes the commands that have come. Says whether there may be more.
    fn poll_orders(&mut self, orders: &mut mpsc::Receiver<Order>, cx: &mut Context<'_>) -> bool {
        for _ in 0..TURN {
            // Commands no longer come when the test has ended, and then this task is about to be dropped.
            let Poll::Ready(Some(order)) = orders.poll_recv(cx) else { return false };
            self.take(order);
        }
        true
    }

    fn take(&mut self, order: Order) {
        self.arm_for(&order);
        self.writing.wait(order);
    }

    /// The time of a `close` runs from when it was told, also where a blocked send stands before it.
    fn arm_for(&mut self, order: &Order) {
        if let Act::Close { within, .. } = order.act {
            self.arm(within);
        }
    }

    /// Cuts the connection when so much time has passed, or earlier if that was arranged before.
    fn arm(&mut self, within: Duration) {
        let earlier = |deadline: &Pin<Box<Sleep>>| deadline.deadline() <= Instant::now() + within;
        if !self.deadline.as_ref().is_some_and(earlier) {
            self.deadline = Some(Box::pin(sleep(within)));
        }
    }

    /// Reads what has come. Says whether there may be more.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> bool {
        for _ in 0..TURN {
            if !self.reading || self.end.is_some() {
                return false;
            }
            match self.socket.poll_next_unpin(cx) {
                Poll::Pending => return false,
                Poll::Ready(None) => self.end = Some(End::Stream(None)),
                Poll::Ready(Some(Err(error))) => self.end = Some(End::Stream(Some(error))),
                Poll::Ready(Some(Ok(message))) => {
                    if self.receive(message) {
                        return true;
                    }
                }
            }
        }
        true
    }

    /// Says whether something is to be written before anything else is read.
    fn receive(&mut self, message: Message) -> bool {
        let received = match message {
            Message::Text(text) => Received::text(&text, self.full),
            Message::Binary(bytes) => Received::binary(&bytes, self.full),
            Message::Pong(payload) => {
                self.tell(None, What::Pong { hex: hex::encode(payload) });
                return false;
            }
            Message::Ping(_) => {
                // The library has queued its answer, and a pong of ours that came before the next flush would take its place.
                self.writing.flush_first();
                return true;
            }
            Message::Close(frame) => {
                self.peer = Some(frame);
                self.writing.flush_first();
                self.arm(REST);
                return true;
            }
            // Only ever written.
            Message::Frame(_) => return false,
        };
        self.tell(None, What::Received(received));
        let reaction = std::mem::take(&mut self.reaction);
        let reacts = !reaction.is_empty();
        for order in &reaction {
            self.arm_for(order);
        }
        self.writing.go_first(reaction);
        reacts
    }

    fn tell(&mut self, c: Option<u64>, what: What) {
        self.events.push(self.reporter.event(c, what));
    }

    /// The peer sees a reset when the socket is dropped, whatever is still on its way.
    fn cut(&mut self) {
        if let MaybeTlsStream::Plain(tcp) = self.socket.get_ref() {
            // Where this fails, there is no connection any more.
            let _ = tcp.set_zero_linger();
        }
        self.end = Some(End::Cut);
    }

    /// Lets go of the socket. What is left are the answers to all commands that wait, the end, and a note why it came.
    fn over(mut self) -> (Vec<Event>, Event, Option<String>) {
        let shook_hands = self.closing || self.peer.is_some();
        let waiting = std::mem::take(&mut self.writing).into_unanswered();
        let reaction = std::mem::take(&mut self.reaction);
        for Unanswered { c, closes } in waiting.into_iter().chain(reaction.iter().map(Unanswered::from)) {
            self.tell(Some(c), too_late(closes && shook_hands));
        }
        // With an error of the socket the library's answer to a close frame may not have gone out.
        let answered = !matches!(self.end, Some(End::Stream(Some(Error::Io(_)))));
        let was_cut = matches!(self.end, Some(End::Cut));
        let clean = self.peer.is_some() && (self.closing || answered) && !was_cut;
        let (code, reason) = match self.peer.take() {
            Some(Some(frame)) => (frame.code.into(), frame.reason.as_str().to_owned()),
            Some(None) => (NO_CODE, String::new()),
            None => (NO_FRAME, String::new()),
        };
        let closed = self.reporter.event(None, What::Closed { code, reason, clean });
        let note = match self.end {
            Some(End::Stream(Some(error))) => {
                let on = self.reporter.on.as_deref().unwrap_or_default();
                Some(format!("test {}, connection {on}: {error}", self.reporter.test.seq))
            }
            _ => None,
        };
        (self.events, closed, note)
    }
}
