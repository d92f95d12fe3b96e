//! What is spoken on a connection, chosen at the handshake.
//!
//! A dialect is given a message and gives back a reply, now or later. It never sees a socket, a frame or a shutdown.

mod control;
mod items;

pub(crate) use control::Control;

use crate::framing::Message;
use crosswire_protocol::{digest::Kind, welcome::Welcome};
use std::{fmt, future::Future, pin::Pin};

/// The conversations that the server can hold.
#[derive(Debug)]
pub(crate) enum Dialect {
    /// `/ws`: a welcome, and then every message comes back.
    Plain(Welcome),
    /// `/echo`: every message comes back, and nothing else is ever sent.
    Echo,
    /// `/control`: commands and answers.
    Control(Control),
}

/// What a dialect makes of a message. Replies keep the order of the messages that asked for them.
pub(crate) enum Reply {
    /// The message itself goes back.
    Echo,
    /// An answer that is not ready yet; the next message is looked at once it is.
    Later(Later),
}

/// An answer that is on its way: text.
pub(crate) type Later = Pin<Box<dyn Future<Output = String> + Send>>;

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Echo => "Echo",
            Self::Later(_) => "Later",
        })
    }
}

impl Dialect {
    /// What is said before the client has said anything.
    pub(crate) fn greeting(&self) -> Option<String> {
        match self {
            Self::Plain(welcome) => Some(welcome.to_json()),
            Self::Echo | Self::Control(_) => None,
        }
    }

    /// What is said to a message.
    pub(crate) fn reply_to(&self, message: Message<'_>) -> Reply {
        match self {
            Self::Plain(_) | Self::Echo => Reply::Echo,
            Self::Control(control) => {
                Reply::Later(match (message.kind, std::str::from_utf8(message.payload)) {
                    (Kind::Text, Ok(text)) => control.answer(text),
                    _ => Control::refuse_binary(),
                })
            }
        }
    }
}
