//! What a server that is not ours can do, found out by asking it.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use std::{collections::BTreeSet, time::Duration};
use tokio::time::timeout;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Error, Message},
};

/// How long a server may take for each thing that it is asked.
const PATIENCE: Duration = Duration::from_secs(3);
/// How many messages of its own a server may send before the echo.
const CHATTER: usize = 16;

/// Connects to an address and finds out whether it welcomes and echoes.
///
/// # Errors
/// In a sentence, where nobody answers there.
pub async fn probe(url: &str) -> Result<BTreeSet<String>, String> {
    let connected = timeout(PATIENCE, connect_async(url)).await;
    let (mut connection, _) = match connected {
        Err(_) => return Err(format!("{url} did not answer a handshake in {} s", PATIENCE.as_secs())),
        Ok(Err(error)) => return Err(refused(url, &error)),
        Ok(Ok(connected)) => connected,
    };
    let mut can = BTreeSet::new();
    let question = "crosswire asks whether this comes back";
    if connection.send(Message::text(question)).await.is_err() {
        return Ok(can);
    }
    for i in 0..CHATTER {
        match timeout(PATIENCE, connection.next()).await {
            Ok(Some(Ok(Message::Text(text)))) if text == question => {
                can.insert("echo".to_owned());
                break;
            }
            Ok(Some(Ok(Message::Text(text)))) => {
                let value: Value = serde_json::from_str(&text).unwrap_or_default();
                if i == 0 && value["type"] == "welcome" {
                    can.insert("welcome".to_owned());
                }
            }
            Ok(Some(Ok(_))) => {}
            Ok(Some(Err(_)) | None) | Err(_) => break,
        }
    }
    // A server that does not close is found out by the tests.
    let _ = timeout(PATIENCE, connection.close(None)).await;
    Ok(can)
}

fn refused(url: &str, error: &Error) -> String {
    match error {
        Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            format!("nobody listens at {url}; start the server first, or mend the address")
        }
        Error::Io(error) => format!("{url} cannot be connected to: {error}"),
        Error::Http(answer) => format!(
            "{url} answers a handshake with {}; the address must be one that speaks WebSocket, path and all",
            answer.status()
        ),
        error => format!("{url} does not complete a handshake: {error}"),
    }
}
