//! tokio-tungstenite as its own examples use it, but for logging and panics.
//!
//! `TCP_NODELAY` is the one thing added: without it a second answer in flight waits 40 ms for the kernel to acknowledge
//! the first one, and what is measured is waiting.

use clap::ValueEnum;
use futures_util::{SinkExt as _, StreamExt as _, TryStreamExt as _, future};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Message, Result};
use tokio_tungstenite::{WebSocketStream, accept_async};

/// The two ways in which the examples echo.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(crate) enum EchoLoop {
    /// Read one, send one: `autobahn-server`, and the loop that most programs are written with
    #[default]
    Send,
    /// Split, then forward the one half into the other: `echo-server`
    Forward,
}

pub(super) async fn echo(stream: TcpStream, echo_loop: EchoLoop) {
    // Why a connection ended is of no interest to a peer.
    let _ = echo_until_end(stream, echo_loop).await;
}

async fn echo_until_end(stream: TcpStream, echo_loop: EchoLoop) -> Result<()> {
    stream.set_nodelay(true)?;
    let socket = accept_async(stream).await?;
    match echo_loop {
        EchoLoop::Send => read_and_send(socket).await,
        EchoLoop::Forward => split_and_forward(socket).await,
    }
}

/// `send` flushes, so every message is a system call of its own.
async fn read_and_send(mut socket: WebSocketStream<TcpStream>) -> Result<()> {
    while let Some(message) = socket.next().await {
        let message = message?;
        if is_data(&message) {
            socket.send(message).await?;
        }
    }
    Ok(())
}

/// `forward` flushes when nothing more is there to be read, so a batch is one system call.
async fn split_and_forward(socket: WebSocketStream<TcpStream>) -> Result<()> {
    let (write, read) = socket.split();
    read.try_filter(|message| future::ready(is_data(message))).forward(write).await
}

fn is_data(message: &Message) -> bool {
    message.is_text() || message.is_binary()
}
