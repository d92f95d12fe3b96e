//! What a server that is not ours can do, found out by asking it.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use std::{collections::BTreeSet, time::Duration};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message},
};

/// How long a server may take for each thing that it is asked.
const PATIENCE: Duration = Duration::from_secs(3);
/// How many messages of its own a server may send before the echo.
const CHATTER: usize = 16;
const QUESTION: &str = "crosswire asks whether this comes back";
/// The longest beginning of a message that is quoted.
const QUOTED: usize = 60;

/// What was found out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Probed {
    /// Capabilities.
    pub can: BTreeSet<String>,
    /// What a person has to know who wonders why a capability is not among them.
    pub notes: Vec<String>,
}

/// What came of the question.
enum Answer {
    /// The message itself, and nothing before it but a welcome.
    Echo,
    /// The message itself, behind another.
    LateEcho(String),
    /// Something else, or nothing, in words.
    Other(String),
}

/// Connects to an address and finds out whether it welcomes and echoes.
///
/// # Errors
/// In a sentence, where nobody answers there.
pub async fn probe(url: &str) -> Result<Probed, String> {
    let connected = timeout(PATIENCE, connect_async(url)).await;
    let (mut connection, _) = match connected {
        Err(_) => return Err(format!("{url} did not answer a handshake in {} s", PATIENCE.as_secs())),
        Ok(Err(error)) => return Err(refused(url, &error)),
        Ok(Ok(connected)) => connected,
    };
    let mut probed = Probed::default();
    let answer = ask(&mut connection, &mut probed.can).await;
    // A server that does not close is found out by the tests.
    let _ = timeout(PATIENCE, connection.close(None)).await;
    match answer {
        Answer::Echo => {
            probed.can.insert("echo".to_owned());
        }
        Answer::LateEcho(first) => probed.notes.push(format!(
            "It sends messages of its own before an echo, the first of them {first}; a test of echoes takes the next \
             message for its answer, so those tests are left out."
        )),
        Answer::Other(what) => probed.notes.push(format!(
            "It was sent {QUESTION:?}, and {what}; so it is not taken for a server that echoes. If it should echo, \
             `--server-can echo` tests whether it does."
        )),
    }
    Ok(probed)
}

async fn ask(
    connection: &mut WebSocketStream<MaybeTlsStream<TcpStream>>,
    can: &mut BTreeSet<String>,
) -> Answer {
    // What became of it is seen by what comes back.
    let _ = connection.send(Message::text(QUESTION)).await;
    let mut own = None;
    for i in 0..CHATTER {
        let message = match timeout(PATIENCE, connection.next()).await {
            Err(_) => break,
            Ok(None | Some(Err(Error::ConnectionClosed))) => {
                return Answer::Other("closed the connection".to_owned());
            }
            Ok(Some(Err(error))) => return Answer::Other(format!("the connection broke: {error}")),
            Ok(Some(Ok(message))) => message,
        };
        let words = match message {
            Message::Text(text) if text == QUESTION => {
                return own.map_or(Answer::Echo, Answer::LateEcho);
            }
            Message::Text(text) => {
                let value: Value = serde_json::from_str(&text).unwrap_or_default();
                if i == 0 && value["type"] == "welcome" {
                    can.insert("welcome".to_owned());
                    continue;
                }
                format!("{:?}", text.chars().take(QUOTED).collect::<String>())
            }
            Message::Binary(bytes) => format!("a binary message of {} bytes", bytes.len()),
            Message::Close(None) => return Answer::Other("closed the connection".to_owned()),
            Message::Close(Some(frame)) => {
                return Answer::Other(format!(
                    "closed the connection with {} {:?}",
                    frame.code,
                    frame.reason.as_str()
                ));
            }
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => continue,
        };
        own.get_or_insert(words);
    }
    let patience = PATIENCE.as_secs();
    Answer::Other(own.map_or_else(
        || format!("said nothing in {patience} s"),
        |first| format!("said {first} and never sent it back"),
    ))
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
