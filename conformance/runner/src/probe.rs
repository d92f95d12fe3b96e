//! What a server that is not ours can do, found out by asking it.

use crate::{lines::quoted, server::authority};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use std::{collections::BTreeSet, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Error, Message,
        error::{CapacityError, ProtocolError},
        protocol::frame::coding::CloseCode,
    },
};

/// How long a server may take for each thing that it is asked.
const PATIENCE: Duration = Duration::from_secs(3);
/// How many messages of its own a server may send before the echo.
const CHATTER: usize = 16;
/// What a server that echoes is expected to send back.
const EXPECTED: usize = 1 << 20;
const QUESTION: &str = "crosswire asks whether this comes back";
/// The longest beginning of a message that is quoted.
const QUOTED: usize = 60;

/// What was found out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Probed {
    /// Capabilities.
    pub can: BTreeSet<String>,
    /// The longest message that it takes, where it says that it takes none of 1 MiB.
    pub longest: Option<u64>,
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
        Ok(Err(error)) => return Err(refused(url, &error).await),
        Ok(Ok(connected)) => connected,
    };
    let mut probed = Probed::default();
    let answer = ask(&mut connection, &mut probed.can).await;
    // A server that does not close is found out by the tests.
    let _ = timeout(PATIENCE, connection.close(None)).await;
    match answer {
        Answer::Echo => {
            probed.can.insert("echo".to_owned());
            probed.longest = longest(url).await;
            probed.notes.extend(probed.longest.map(|longest| {
                format!(
                    "It answers messages of {} bytes with 1009, that they are too long, and sends back those of {longest}; \
                     tests that send longer ones are left out.",
                    2 * longest
                )
            }));
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

/// The longest message that comes back, by halves of 1 MiB, where a longer one is answered with 1009. Whatever else becomes
/// of one is not a limit: the tests tell what it is.
async fn longest(url: &str) -> Option<u64> {
    let mut size = EXPECTED;
    let mut is_limited = false;
    loop {
        match send_back(url, size).await {
            SentBack::Whole => return is_limited.then_some(size as u64),
            SentBack::TooLong if size > 1 => {
                is_limited = true;
                size /= 2;
            }
            SentBack::TooLong | SentBack::Otherwise => return None,
        }
    }
}

enum SentBack {
    Whole,
    TooLong,
    Otherwise,
}

async fn send_back(url: &str, size: usize) -> SentBack {
    let Ok(Ok((mut connection, _))) = timeout(PATIENCE, connect_async(url)).await else {
        return SentBack::Otherwise;
    };
    // Whoever refuses it may close before it has left.
    let _ = timeout(PATIENCE, connection.send(Message::binary(vec![b'x'; size]))).await;
    let answer = loop {
        match timeout(PATIENCE, connection.next()).await {
            Ok(Some(Ok(Message::Binary(bytes)))) if bytes.len() == size => break SentBack::Whole,
            Ok(Some(Ok(Message::Close(Some(frame))))) if frame.code == CloseCode::Size => {
                break SentBack::TooLong;
            }
            Ok(Some(Ok(Message::Text(_) | Message::Ping(_) | Message::Pong(_)))) => {}
            _ => break SentBack::Otherwise,
        }
    };
    let _ = timeout(PATIENCE, connection.close(None)).await;
    answer
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

async fn refused(url: &str, error: &Error) -> String {
    match error {
        Error::AttackAttempt | Error::Capacity(CapacityError::TooManyHeaders) => format!(
            "{url} answers a handshake with headers that do not end; what speaks there is no WebSocket server, or sends more \
             than anybody reads"
        ),
        Error::Protocol(ProtocolError::HttparseError(_) | ProtocolError::HandshakeIncomplete) => {
            format!("{url} does not answer in HTTP: {}", found_at(url).await)
        }
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

/// What speaks at an address, by the first bytes that it says, and what to do about it.
async fn found_at(url: &str) -> String {
    let mut said = [0; QUOTED];
    let asked = timeout(PATIENCE, async {
        let mut connection = TcpStream::connect(authority(url)).await?;
        connection.write_all(b"GET / HTTP/1.1\r\nHost: crosswire\r\n\r\n").await?;
        connection.read(&mut said).await
    });
    let length = asked.await.ok().and_then(Result::ok).unwrap_or_default();
    named(&said[..length])
}

fn named(said: &[u8]) -> String {
    let advice = "mend the address, or start the server that it should be";
    match said {
        [] => format!("whoever listens there says nothing and closes; {advice}"),
        [b'S', b'S', b'H', b'-', ..] => format!("an SSH server listens there; {advice}"),
        // The record of an alert, and its version.
        [0x15, 3, ..] => {
            "it speaks TLS, which is not supported yet; give the address at which it speaks ws:// without it"
                .to_owned()
        }
        other => format!("it says {}; {advice}", quoted(&String::from_utf8_lossy(other))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_speaks_at_an_address_is_named_by_its_first_words() {
        for (said, says) in [
            (&b"SSH-2.0-OpenSSH_9.6\r\n"[..], "an SSH server listens there"),
            (b"\x15\x03\x01\x00\x02\x02\x46", "it speaks TLS"),
            (b"", "says nothing and closes"),
            (b"220 mail.example.org ESMTP\r\n", "220 mail.example.org"),
        ] {
            assert!(named(said).contains(says), "{}", named(said));
        }
    }
}
