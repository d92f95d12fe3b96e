//! The server's control endpoint, as a page reaches it: one command at a time on each connection, and several connections, for
//! all tests together, because a browser opens them one after the other.

use crosswire_wasm_client::{Connection, Message};
use futures_channel::oneshot;
use futures_util::{
    StreamExt as _,
    future::{Either, select},
};
use gloo_timers::future::TimeoutFuture;
use serde_json::{Value, json};
use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    pin::pin,
};

/// How long the server may take to answer a command: longer than any act may wait.
const ANSWER_WITHIN_MS: u32 = 60_000;

/// The most connections. A test that asks about a hundred of its own at once would keep the browser busy with nothing but
/// handshakes, and each has to wait for its turn anyway.
const MOST_CONNECTIONS: usize = 16;

/// A server's control endpoint.
#[derive(Debug)]
pub(super) struct Control {
    url: String,
    idle: RefCell<Vec<Connection>>,
    taken: Cell<usize>,
    /// Who waits for a connection, the first first.
    waiting: RefCell<VecDeque<oneshot::Sender<()>>>,
}

/// The right to have a connection; given back when it is dropped.
struct Turn<'a>(&'a Control);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.taken.set(self.0.taken.get() - 1);
        // Whoever does not wait any more is passed over.
        while let Some(next) = self.0.waiting.borrow_mut().pop_front() {
            if next.send(()).is_ok() {
                break;
            }
        }
    }
}

impl Control {
    /// The endpoint at an address, token and all.
    pub(super) const fn new(url: String) -> Self {
        Self {
            url,
            idle: RefCell::new(Vec::new()),
            taken: Cell::new(0),
            waiting: RefCell::new(VecDeque::new()),
        }
    }

    /// Lets the server act on a connection. An error is in a sentence: it could not be asked, or did not answer.
    pub(super) async fn call(&self, to: &str, act: &[Value]) -> Result<Value, String> {
        let _turn = self.turn().await;
        let mut connection = self.connection().await?;
        let asked = connection.send_json(&json!({"id": 1, "to": to, "act": act})).await;
        asked.map_err(|error| format!("the control endpoint cannot be asked: {error}"))?;
        let answer = match select(connection.next(), TimeoutFuture::new(ANSWER_WITHIN_MS)).await {
            Either::Left((Some(Message::Text(answer)), _)) => answer,
            Either::Left((Some(other), _)) => return Err(format!("the control endpoint answered {other:?}")),
            Either::Left((None, _)) => {
                return Err(format!(
                    "the control endpoint ended the connection: {}",
                    pin!(connection.closed()).await
                ));
            }
            Either::Right(_) => return Err("the control endpoint did not answer in 60 s".to_owned()),
        };
        self.idle.borrow_mut().push(connection);
        serde_json::from_str(&answer)
            .map_err(|error| format!("the control endpoint's answer is not JSON: {error}"))
    }

    async fn turn(&self) -> Turn<'_> {
        while self.taken.get() >= MOST_CONNECTIONS {
            let (bell, rung) = oneshot::channel();
            self.waiting.borrow_mut().push_back(bell);
            // Dropped or rung, it is time to look again.
            let _ = rung.await;
        }
        self.taken.set(self.taken.get() + 1);
        Turn(self)
    }

    /// One that is idle, or a new one.
    async fn connection(&self) -> Result<Connection, String> {
        loop {
            let idle = self.idle.borrow_mut().pop();
            match idle {
                Some(connection) if connection.status().is_open() => return Ok(connection),
                // It ended while nobody used it.
                Some(_) => {}
                None => break,
            }
        }
        let opened = Connection::open(&self.url).await;
        opened.map_err(|error| format!("the control endpoint cannot be reached: {error}"))
    }
}
