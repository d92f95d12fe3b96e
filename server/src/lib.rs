//! The reference server of crosswire, as a library: [`Server::serve`] takes its listeners and its shutdown as arguments,
//! so that it runs over sockets, over memory, and inside other programs.
//!
//! ```text
//! socket → listener → head → judge ─ refusal
//!                             ├ other request → hyper, for that one request
//!                             └ upgrade → session (reading → dialect → reply → writing, beside it the outbox)
//! ```
//!
//! | to see | read |
//! |---|---|
//! | every refusal and the order they are judged in | `handshake/refusal.rs`, `handshake/judge.rs` |
//! | every rule of RFC 6455 section 5 | `framing/reader.rs` |
//! | why a batch of messages costs one read and one write | `session/mod.rs`, `session/reading.rs` |
//! | how a slow reader is held back or let go | `session/outbox.rs` |
//! | how every connection ends | `session/life.rs`, `session/clock.rs` |
//! | every setting | `config/settings.rs` |

mod about;
mod admission;
mod attend;
mod banner;
mod blocks;
mod config;
mod connections;
mod dialect;
#[cfg(test)]
mod documentation;
mod framing;
mod front;
mod handshake;
mod http;
mod journal;
mod listener;
mod metrics;
#[cfg(feature = "mutants")]
pub mod mutants;
mod open_files;
mod places;
pub mod program;
mod results;
mod rewind;
mod scenario;
mod server;
mod session;
mod shutdown;
mod stream;
mod tasks;

pub use banner::{banner, ready_line};
pub use config::{Config, ConfigError, Invocation, LogFormat, LogLevel, read as read_config};
pub use handshake::doors::{HostName, OriginPattern};
pub use listener::{BindError, ListenAddress, Listener, Listening, Peer, bind, is_loopback, listen_on};
pub use open_files::make_room_for;
pub use server::{Census, Server};
pub use shutdown::{Shutdown, Stopped};
pub use stream::Stream;
