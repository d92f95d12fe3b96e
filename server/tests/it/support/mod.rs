//! What the tests are written in.

pub(crate) mod cases;
pub(crate) mod client;
pub(crate) mod frame;
pub(crate) mod request;
pub(crate) mod scripted;
pub(crate) mod server;

pub(crate) use client::{Answer, Client, Raw};
pub(crate) use frame::{Frame, Opcode};
pub(crate) use request::Request;
pub(crate) use scripted::{Heard, Scripted, Then};
pub(crate) use server::TestServer;
