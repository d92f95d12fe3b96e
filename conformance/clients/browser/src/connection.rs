//! A connection: one task that carries out its commands in their order, reads beside that, and reports.
//!
//! **Its end** is reported once. What is told later is answered `failed`, in the client's words; but a `close` is `done`: there
//! is nothing left to close.

use crate::{
    command::{Act, Open, Order},
    event::{Received, Reporter, What},
    payload::Payload,
};
use crosswire_wasm_client::{CloseFrame, Closed, Connection, Message, OpenError, Options, SendError};
use futures_channel::{mpsc, oneshot};
use futures_util::{
    StreamExt as _,
    future::{Either, join, pending, select, try_join_all},
};
use gloo_timers::future::TimeoutFuture;
use std::{
    cell::{Cell, RefCell},
    pin::pin,
    rc::Rc,
    time::Duration,
};

/// How many commands may wait for a connection. They cost memory only while they wait.
const WAITING: usize = 1 << 18;

/// Where the commands of a connection go.
#[derive(Debug)]
pub(crate) struct Handle {
    orders: RefCell<mpsc::Sender<Order>>,
    is_over: Rc<Cell<bool>>,
}

impl Handle {
    /// Whether the connection was refused or has been closed.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.get()
    }

    /// Gives it a command, without waiting. What cannot be given is a failure of command `c`.
    pub(crate) fn give(&self, order: Order) -> Result<(), (u64, &'static str)> {
        self.orders.borrow_mut().try_send(order).map_err(|error| {
            let why = if error.is_full() {
                "too many commands wait for this connection"
            } else {
                "the connection's task has ended"
            };
            (error.into_inner().c, why)
        })
    }
}

/// A connection that command `c` opens, and the task that must run for it.
pub(crate) fn new(c: u64, open: Open, reporter: Reporter) -> (Handle, impl Future<Output = ()>) {
    let (sender, orders) = mpsc::channel(WAITING);
    let is_over = Rc::new(Cell::new(false));
    let handle = Handle { orders: RefCell::new(sender), is_over: Rc::clone(&is_over) };
    (handle, live(c, open, reporter, orders, is_over))
}

async fn live(
    c: u64,
    open: Open,
    reporter: Reporter,
    mut orders: mpsc::Receiver<Order>,
    is_over: Rc<Cell<bool>>,
) {
    match begin(&open).await {
        Ok(connection) => {
            let opened = What::Opened {
                subprotocol: connection.subprotocol(),
                extensions: listed(&connection.extensions()),
            };
            reporter.report(Some(c), &opened);
            let (tell, told) = oneshot::channel();
            let live = Live {
                connection,
                reporter,
                reaction: RefCell::default(),
                closes_within: RefCell::new(Some(tell)),
                is_over,
            };
            join(live.read(open.full, told), live.obey_all(&mut orders)).await;
        }
        Err(refused) => {
            is_over.set(true);
            reporter.report(Some(c), &refused);
            while let Some(order) = orders.next().await {
                let late = What::failed(&"the connection was never open");
                reporter.report(Some(order.c), &late);
            }
        }
    }
}

async fn begin(open: &Open) -> Result<Connection, What> {
    if let Some(beyond) = open.beyond {
        return Err(What::refused(&beyond));
    }
    // Each `close` has a deadline of its own.
    let options = Options::new().open_within(open.within).close_within(Duration::MAX);
    let options = open.subprotocols.iter().fold(options, |options, name| options.subprotocol(name.as_str()));
    let opened = async {
        let connection = Connection::begin(&open.url, &options)?;
        if open.abandon {
            connection.begin_closing(&CloseFrame::normal());
        }
        connection.opened().await?;
        Ok::<_, OpenError>(connection)
    };
    opened.await.map_err(|error| What::refused(&error))
}

/// What a header lists.
fn listed(header: &str) -> Vec<String> {
    header.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// A connection that was opened.
#[derive(Debug)]
struct Live {
    connection: Connection,
    reporter: Reporter,
    /// What is done when the next message comes.
    reaction: RefCell<Vec<Order>>,
    /// Who wants to know, once, how long the closing handshake may take.
    closes_within: RefCell<Option<oneshot::Sender<Duration>>>,
    is_over: Rc<Cell<bool>>,
}

impl Live {
    /// Reads to the end, or until a close has taken too long, and reports the end.
    async fn read(&self, full: bool, closes_within: oneshot::Receiver<Duration>) {
        let mut messages = self.connection.clone();
        let to_the_end = async {
            while let Some(message) = messages.next().await {
                self.reporter.report(None, &What::Received(Received::of(message, full)));
                for order in self.reaction.take() {
                    self.obey(order).await;
                }
            }
            self.connection.closed().await
        };
        let too_slow = async {
            match closes_within.await {
                Ok(within) => TimeoutFuture::new(u32::try_from(within.as_millis()).unwrap_or(u32::MAX)).await,
                Err(oneshot::Canceled) => pending().await,
            }
        };
        let closed = match select(pin!(to_the_end), pin!(too_slow)).await {
            Either::Left((closed, _)) => closed,
            Either::Right(_) => Closed { code: Closed::NO_FRAME, reason: String::new(), clean: false },
        };
        self.is_over.set(true);
        self.reporter.report(None, &What::closed(closed));
    }

    async fn obey_all(&self, orders: &mut mpsc::Receiver<Order>) {
        while let Some(order) = orders.next().await {
            self.obey(order).await;
        }
    }

    async fn obey(&self, Order { c, act }: Order) {
        let answer = match act {
            Act::Send(payload) => self.send(payload).await.map_err(|error| error.to_string()),
            Act::SendMany { senders, messages } => self.send_many(senders, messages).await,
            Act::Close { frame, within } => self.close(frame.as_ref(), within),
            Act::React(orders) => {
                self.reaction.replace(orders);
                Ok(())
            }
            Act::Beyond(words) => Err(words.to_owned()),
        };
        let answer = answer.map_or_else(|error| What::Failed { error }, |()| What::Done);
        self.reporter.report(Some(c), &answer);
    }

    async fn send(&self, payload: Payload) -> Result<(), SendError> {
        match payload.into_message() {
            Message::Text(text) => self.connection.send_text(&text).await,
            Message::Binary(bytes) => self.connection.send_bytes(&bytes).await,
        }
    }

    /// Message i is sent by task i mod `senders`.
    async fn send_many(&self, senders: usize, messages: Vec<Payload>) -> Result<(), String> {
        let mut tasks: Vec<Vec<Payload>> = vec![Vec::new(); senders.min(messages.len())];
        for (i, message) in messages.into_iter().enumerate() {
            tasks[i % senders].push(message);
        }
        let sent = tasks.into_iter().map(|messages| async {
            for message in messages {
                self.send(message).await?;
            }
            Ok::<_, SendError>(())
        });
        try_join_all(sent).await.map(drop).map_err(|error| error.to_string())
    }

    fn close(&self, frame: Option<&(u16, String)>, within: Duration) -> Result<(), String> {
        let frame = match frame {
            Some((code, reason)) => CloseFrame::new(*code, reason).map_err(|error| error.to_string())?,
            None => CloseFrame::empty(),
        };
        self.connection.begin_closing(&frame);
        if let Some(tell) = self.closes_within.take() {
            // Nobody listens any more where the connection is over.
            let _ = tell.send(within);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_a_list() {
        assert_eq!(listed(""), [""; 0]);
        assert_eq!(listed("permessage-deflate; a=1, foo"), ["permessage-deflate; a=1", "foo"]);
    }
}
