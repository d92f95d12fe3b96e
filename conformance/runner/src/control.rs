//! The runner's end of `/control`: one command at a time on each connection, and as many connections as are needed at once.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::{net::TcpStream, sync::Semaphore, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

/// How many connections there are at most.
const MOST: usize = 64;
/// How long the server may take to accept one, and to answer a command: longer than any act may wait.
const CONNECT_TIME: Duration = Duration::from_secs(5);
const ANSWER_TIME: Duration = Duration::from_secs(60);
/// How long one may be idle and be used again. Nobody answers a server's pings on it meanwhile, and a server drops whom it has
/// pinged in vain: ours after 50 s.
const IDLE_TIME: Duration = Duration::from_secs(20);

type Connection = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A server's control endpoint.
#[derive(Debug)]
pub struct Control {
    url: String,
    /// With the time since when each of them is.
    idle: Mutex<Vec<(Instant, Connection)>>,
    room: Semaphore,
}

impl Control {
    /// The endpoint at an address, token and all.
    pub const fn new(url: String) -> Self {
        Self { url, idle: Mutex::new(Vec::new()), room: Semaphore::const_new(MOST) }
    }

    /// Leaves: a server that ends waits for nobody then.
    pub fn leave(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Lets the server act on a connection.
    ///
    /// # Errors
    /// In a sentence: the server could not be asked, or did not answer.
    pub async fn call(&self, to: &str, act: &[Value]) -> Result<Value, String> {
        let _room = self.room.acquire().await.map_err(|error| error.to_string())?;
        let mut connection = match self.fresh() {
            Some(connection) => connection,
            None => timeout(CONNECT_TIME, connect_async(&self.url))
                .await
                .map_err(|_| "the control endpoint did not accept a connection in 5 s".to_owned())?
                .map(|(connection, _)| connection)
                .map_err(|error| format!("the control endpoint cannot be reached: {error}"))?,
        };
        let command = json!({"id": 1, "to": to, "act": act}).to_string();
        let answer = timeout(ANSWER_TIME, async {
            connection.send(Message::text(command)).await.map_err(|error| error.to_string())?;
            loop {
                match connection.next().await {
                    Some(Ok(Message::Text(text))) => return Ok(text),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(other)) => return Err(format!("the control endpoint answered {other:?}")),
                    Some(Err(error)) => return Err(format!("the control endpoint broke off: {error}")),
                    None => return Err("the control endpoint ended the connection".to_owned()),
                }
            }
        });
        let answer = answer.await.map_err(|_| "the control endpoint did not answer in 60 s".to_owned())??;
        let value = serde_json::from_str(&answer)
            .map_err(|error| format!("the control endpoint's answer is not JSON: {error}"))?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push((Instant::now(), connection));
        Ok(value)
    }

    /// A connection that the server has not given up yet.
    fn fresh(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(since, _)| since.elapsed() < IDLE_TIME);
        idle.pop().map(|(_, connection)| connection)
    }
}
