//! The library. This is the file to write: the others do everything else.

use crate::command::Message;

/// Its name and its version, such as `tokio-tungstenite 0.30.0`.
pub const VERSION: &str = "no library yet";
/// What it lets one do besides, by the names of conformance/capabilities.json. What you claim you are held to.
pub const CAPABILITIES: &[&str] = &[];

const NOT_WRITTEN: &str = "not written yet: connect with your library here, in src/library.rs";

/// What the library says where something cannot be done.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// How a connection ended.
pub struct Ending {
    /// Of the peer's close frame; 1005 where it had none, 1006 where no close frame came.
    pub code: u16,
    pub reason: String,
    /// Whether close frames went both ways, and TCP then ended without being cut.
    pub is_clean: bool,
}

/// A message has come, or everything is over.
#[expect(dead_code, reason = "a library that is not written yet makes neither; take this line out")]
pub enum Arrival {
    Message(Message),
    /// Behind the last message, when TCP is over.
    End(Ending),
}

/// A connection that is open. It is shared by a task that receives and one that sends.
pub struct Link {
    /// The one that was agreed on.
    pub subprotocol: Option<String>,
}

/// Opens a connection, however long it takes: its future is dropped when time is over.
pub async fn connect(_url: &str, _subprotocols: &[String]) -> Result<Link, Error> {
    Err(NOT_WRITTEN.into())
}

impl Link {
    /// The next message, or the end.
    pub async fn receive(&self) -> Arrival {
        Arrival::End(Ending { code: 1006, reason: NOT_WRITTEN.to_owned(), is_clean: false })
    }

    /// Returns when the library has taken the message.
    pub async fn send(&self, _message: Message) -> Result<(), Error> {
        Err(NOT_WRITTEN.into())
    }

    /// Carries out, or begins, the closing handshake.
    pub async fn close(&self, _code: Option<u16>, _reason: &str) -> Result<(), Error> {
        Err(NOT_WRITTEN.into())
    }

    /// Ends TCP without a closing handshake, at once. What waits for this connection then goes on.
    pub fn cut(&self) {}
}
