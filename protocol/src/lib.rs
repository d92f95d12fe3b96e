//! What a client and a server of crosswire must agree on.
//!
//! Nothing here does I/O, reads a clock or draws a random number: the caller brings what it knows and gets values back.
//! So the same code runs in the server, in the runner and in the browser, and its tests need no network.
//!
//! | to see | read |
//! |---|---|
//! | what each close code means, and whether to reconnect | [`close`] |
//! | what a test may ask of another connection, and what the server saw of it | [`control`], [`seen`] |
//! | how payloads are written down so that every language makes the same bytes | [`payload`] |
//! | how two ends compare what was said without sending it again | [`digest`] |
//! | how many bytes frames take | [`wire`] |
//! | how a server says where it is | [`ready`] |

pub mod close;
pub mod control;
pub mod digest;
pub mod payload;
pub mod ready;
pub mod seen;
mod strict;
pub mod subprotocol;
pub mod welcome;
pub mod wire;

/// Writes one of this crate's own messages. They hold strings, numbers, lists and maps with strings for keys, and of
/// those serde_json can write every one.
fn to_json(message: &impl serde::Serialize) -> String {
    serde_json::to_string(message)
        .unwrap_or_else(|error| unreachable!("a message of this crate is JSON: {error}"))
}
