//! Servers that have nothing of crosswire: a loop over tokio-tungstenite, as anybody would write it.

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};
use tokio_tungstenite::{
    WebSocketStream, accept_async,
    tungstenite::{
        Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

/// What a server does with its connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// It sends back what it gets.
    Echoes,
    /// It says something before it does that.
    Greets,
    /// It sends text back in capitals.
    Shouts,
    /// It reads, and says nothing.
    IsSilent,
    /// It closes every connection.
    Closes,
}

/// A server that is running, until it is dropped.
pub(crate) struct Stranger {
    pub(crate) url: String,
    _runtime: Runtime,
}

impl Stranger {
    pub(crate) fn who(manner: Manner) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        #[expect(
            clippy::disallowed_methods,
            reason = "everything ends with the runtime, at the end of a test"
        )]
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(meet(stream, manner));
            }
        });
        Self { url, _runtime: runtime }
    }
}

async fn meet(stream: TcpStream, manner: Manner) {
    // Whoever goes in the middle of something is not missed.
    let Ok(connection) = accept_async(stream).await else { return };
    let _ = converse(connection, manner).await;
}

async fn converse(
    mut connection: WebSocketStream<TcpStream>,
    manner: Manner,
) -> Result<(), tokio_tungstenite::tungstenite::Error> {
    match manner {
        Manner::Greets => connection.send(Message::text("Welcome to my server!")).await?,
        Manner::Closes => {
            let frame = CloseFrame { code: CloseCode::from(4001), reason: "members only".into() };
            connection.close(Some(frame)).await?;
        }
        Manner::Echoes | Manner::Shouts | Manner::IsSilent => {}
    }
    while let Some(message) = connection.next().await {
        match message? {
            Message::Text(text) if manner == Manner::Shouts => {
                connection.send(Message::text(text.to_uppercase())).await?;
            }
            message @ (Message::Text(_) | Message::Binary(_)) if manner != Manner::IsSilent => {
                connection.send(message).await?;
            }
            _ => {}
        }
    }
    Ok(())
}
