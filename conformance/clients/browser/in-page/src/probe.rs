//! What a server that does not say so can do, found out by asking it: as `crosswire run --server-url` does, from a page.

use crosswire_wasm_client::{CloseCode, CloseFrame, Closed, Connection, Message, Options};
use futures_util::{
    StreamExt as _,
    future::{Either, select},
};
use gloo_timers::future::TimeoutFuture;
use serde::Serialize;
use serde_json::Value;
use std::{pin::pin, time::Duration};

/// How long a server may take for each thing that it is asked.
const PATIENCE_MS: u32 = 3000;
/// How many messages of its own a server may send before the echo.
const CHATTER: usize = 16;
/// What a server that echoes is expected to send back.
const EXPECTED: usize = 1 << 20;
const QUESTION: &str = "crosswire asks whether this comes back";
/// The longest beginning of a message that is quoted.
const QUOTED: usize = 60;

/// What was found out.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Probed {
    /// Capabilities.
    pub(crate) can: Vec<String>,
    /// The longest message that it takes, where it says that it takes none of 1 MiB.
    pub(crate) longest: Option<u64>,
    /// What a person has to know who wonders why a capability is not among them.
    pub(crate) notes: Vec<String>,
}

/// Connects to an address and finds out whether it welcomes and echoes.
///
/// # Errors
/// In a sentence, where no connection can be opened.
pub(crate) async fn probe(address: &str) -> Result<Probed, String> {
    let mut connection = open(address).await?;
    let mut probed = Probed::default();
    let answer = ask(&mut connection, &mut probed.can).await;
    connection.begin_closing(&CloseFrame::normal());
    match answer {
        Ok(()) => {
            probed.can.push("echo".to_owned());
            probed.longest = longest(address).await;
            probed.notes.extend(probed.longest.map(|longest| {
                format!(
                    "It answers messages of {} bytes with 1009, that they are too long, and sends back those of \
                     {longest}; tests that send longer ones are left out.",
                    2 * longest
                )
            }));
        }
        Err(what) => probed.notes.push(format!(
            "It was sent {QUESTION:?}, and {what}; so it is not taken for a server that echoes."
        )),
    }
    Ok(probed)
}

async fn open(address: &str) -> Result<Connection, String> {
    let within = Duration::from_millis(u64::from(PATIENCE_MS));
    let options = Options::new().open_within(within).close_within(within);
    Connection::open_with(address, &options).await.map_err(|error| error.to_string())
}

/// The next thing that comes, if it comes in time.
async fn next(connection: &mut Connection) -> Option<Option<Message>> {
    match select(connection.next(), TimeoutFuture::new(PATIENCE_MS)).await {
        Either::Left((message, _)) => Some(message),
        Either::Right(_) => None,
    }
}

/// Whether the question comes back, behind nothing but a welcome; what came instead, if not.
async fn ask(connection: &mut Connection, can: &mut Vec<String>) -> Result<(), String> {
    // What became of it is seen by what comes back.
    let _ = connection.send_text(QUESTION).await;
    let mut own = None;
    for i in 0..CHATTER {
        let words = match next(connection).await {
            None => break,
            Some(None) => {
                return Err(format!("the connection ended: {}", pin!(connection.closed()).await));
            }
            Some(Some(Message::Text(text))) if text == QUESTION => {
                return own.map_or(Ok(()), |first| {
                    Err(format!(
                        "said {first} before it sent that back, which a test of echoes takes for its answer"
                    ))
                });
            }
            Some(Some(Message::Text(text))) => {
                let value: Value = serde_json::from_str(&text).unwrap_or_default();
                if i == 0 && value["type"] == "welcome" {
                    can.push("welcome".to_owned());
                    continue;
                }
                format!("{:?}", text.chars().take(QUOTED).collect::<String>())
            }
            Some(Some(Message::Binary(bytes))) => format!("a binary message of {} bytes", bytes.len()),
        };
        own.get_or_insert(words);
    }
    Err(own.map_or_else(
        || format!("it said nothing in {} s", PATIENCE_MS / 1000),
        |first| format!("it said {first} and never sent that back"),
    ))
}

/// The longest message that comes back, by halves of 1 MiB, where a longer one is answered with 1009. Whatever else becomes
/// of one is not a limit: the tests tell what it is.
async fn longest(address: &str) -> Option<u64> {
    let mut size = EXPECTED;
    while size > 0 {
        match comes_back(address, size).await {
            Ok(()) => return (size < EXPECTED).then_some(size as u64),
            Err(Some(Closed { code: CloseCode(1009), .. })) => size /= 2,
            Err(_) => return None,
        }
    }
    None
}

/// Whether a message of this size comes back; how the connection ended, if not.
async fn comes_back(address: &str, size: usize) -> Result<(), Option<Closed>> {
    let Ok(mut connection) = open(address).await else { return Err(None) };
    // Whoever refuses it may close before it has left.
    let _ = connection.send_bytes(&vec![b'x'; size]).await;
    let answer = loop {
        match next(&mut connection).await {
            Some(Some(Message::Binary(bytes))) if bytes.len() == size => break Ok(()),
            Some(Some(Message::Text(_))) => {}
            Some(None) => break Err(Some(pin!(connection.closed()).await)),
            None | Some(Some(Message::Binary(_))) => break Err(None),
        }
    };
    connection.begin_closing(&CloseFrame::normal());
    answer
}
