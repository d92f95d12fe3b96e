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
/// How long one may be idle. Nobody reads it then, so that pings go unanswered, for which servers end connections.
const REST: Duration = Duration::from_secs(10);

type Connection = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A server's control endpoint.
#[derive(Debug)]
pub struct Control {
    url: String,
    idle: Mutex<Vec<(Instant, Connection)>>,
    rest: Duration,
    room: Semaphore,
}

impl Control {
    /// The endpoint at an address, token and all.
    pub const fn new(url: String) -> Self {
        Self { url, idle: Mutex::new(Vec::new()), rest: REST, room: Semaphore::const_new(MOST) }
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
        let mut connection = match self.rested() {
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

    /// The connection that was used last, unless even that is too long ago: then so it is for all.
    fn rested(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, connection) = idle.pop()?;
        if since.elapsed() < self.rest {
            return Some(connection);
        }
        idle.clear();
        None
    }
}

#[cfg(test)]
mod tests {
    use super::Control;
    use crate::tasks::spawn;
    use futures_util::{SinkExt as _, StreamExt as _};
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        time::Duration,
    };
    use tokio::net::TcpListener;
    use tokio_tungstenite::{accept_async, tungstenite::Message};

    /// Says `ok` to everything, and counts its connections.
    async fn endpoint() -> (String, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let url = format!("ws://{}/control", listener.local_addr().expect("it is bound"));
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                spawn(async move {
                    let Ok(mut connection) = accept_async(tcp).await else { return };
                    while let Some(Ok(Message::Text(_))) = connection.next().await {
                        let _ = connection.send(Message::text(r#"{"id":1,"ok":true}"#)).await;
                    }
                });
            }
        });
        (url, count)
    }

    #[tokio::test]
    async fn a_connection_is_used_again_unless_it_was_idle_for_too_long() {
        for (rest, wanted) in [(Duration::from_secs(600), 1), (Duration::ZERO, 3)] {
            let (url, count) = endpoint().await;
            let control = Control { rest, ..Control::new(url) };
            for _ in 0..3 {
                assert_eq!(control.call("t", &[]).await.expect("it says ok")["ok"], true);
            }
            assert_eq!(count.load(Ordering::SeqCst), wanted, "{rest:?}");
        }
    }
}
