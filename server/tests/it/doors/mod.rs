//! From a connection's first byte to a session, a page or a refusal.

mod about;
mod crowds;
mod cuts;
mod deadlines;
mod draining;
mod front;
mod handshakes;
mod heads;
mod pages;
mod precedence;
mod push;
mod refusals;
mod tags;
mod visitors;
