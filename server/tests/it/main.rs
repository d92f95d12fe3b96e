//! The server from outside: bytes in, bytes out.
//!
//! Most of it runs over memory and with paused time, so that 30 s of patience cost nothing. What is written and read here
//! is put together by hand, not by the library that the server uses, so that both ends cannot be wrong together.

mod differential;
mod doors;
mod frames;
mod garbage;
mod listeners;
mod memory;
#[cfg(feature = "mutants")]
mod mutants;
mod nine;
mod process;
mod scenarios;
mod sessions;
mod support;
