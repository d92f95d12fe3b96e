//! The server's control endpoint, as a page reaches it: one command at a time on each connection, and as many connections
//! as are needed at once.

use crosswire_wasm_client::{Connection, Message};
use futures_util::{
    StreamExt as _,
    future::{Either, select},
};
use gloo_timers::future::TimeoutFuture;
use serde_json::{Value, json};
use std::{cell::RefCell, pin::pin};

/// How long the server may take to answer a command: longer than any act may wait.
const ANSWER_WITHIN_MS: u32 = 60_000;

/// A server's control endpoint.
#[derive(Debug)]
pub(super) struct Control {
    url: String,
    idle: RefCell<Vec<Connection>>,
}

impl Control {
    /// The endpoint at an address, token and all.
    pub(super) const fn new(url: String) -> Self {
        Self { url, idle: RefCell::new(Vec::new()) }
    }

    /// Lets the server act on a connection. An error is in a sentence: it could not be asked, or did not answer.
    pub(super) async fn call(&self, to: &str, act: &[Value]) -> Result<Value, String> {
        let idle = self.idle.borrow_mut().pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => Connection::open(&self.url)
                .await
                .map_err(|error| format!("the control endpoint cannot be reached: {error}"))?,
        };
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
}
