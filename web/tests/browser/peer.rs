//! Servers that no WebSocket server may be: one connection each, and bytes past every rule.

use futures_util::{SinkExt as _, StreamExt as _};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::timeout,
};
use tokio_tungstenite::tungstenite::Message;

/// How long the page may take to come, and to leave.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server for one connection. It is gone when this is dropped.
#[derive(Debug)]
pub(crate) struct Peer {
    address: String,
    _serving: JoinSet<()>,
}

impl Peer {
    /// Answers the handshake, sends these bytes, and reads until the browser leaves.
    pub(crate) async fn after_the_handshake(bytes: Vec<u8>) -> Self {
        Self::serve(async move |stream| {
            let Ok(socket) = tokio_tungstenite::accept_async(stream).await else { return };
            let mut stream = socket.into_inner();
            // Whoever is told nonsense may leave in the middle of it.
            if stream.write_all(&bytes).await.is_ok() {
                let _ = stream.read_to_end(&mut Vec::new()).await;
            }
        })
        .await
    }

    /// Sends these bytes in place of an answer, and ends.
    pub(crate) async fn in_place_of_an_answer(bytes: Vec<u8>) -> Self {
        Self::serve(async move |mut stream| {
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(&bytes).await;
        })
        .await
    }

    /// Takes a connection, and never says anything.
    pub(crate) async fn that_hangs() -> Self {
        Self::serve(async move |mut stream| {
            let _ = stream.read_to_end(&mut Vec::new()).await;
        })
        .await
    }

    /// Sends back every text, in upper case.
    pub(crate) async fn that_shouts() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!("ws://{}", listener.local_addr().expect("an address"));
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut conversations = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                conversations.spawn(async move {
                    let Ok(mut socket) = tokio_tungstenite::accept_async(stream).await else { return };
                    while let Some(Ok(message)) = socket.next().await {
                        let Message::Text(text) = message else { continue };
                        if socket.send(Message::text(text.to_uppercase())).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { address, _serving: serving }
    }

    /// Takes every handshake, and closes each connection at once with a code and a reason.
    pub(crate) async fn that_closes_each() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!("ws://{}", listener.local_addr().expect("an address"));
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(socket) = tokio_tungstenite::accept_async(stream).await else { continue };
                let mut stream = socket.into_inner();
                let _ = stream.write_all(&close(4321, "not you")).await;
                // The answer to it, which is all that comes, and then the end of TCP, which is the server's to begin.
                let _ = timeout(PATIENCE, stream.read(&mut [0; 64])).await;
            }
        });
        Self { address, _serving: serving }
    }

    async fn serve<F: Future<Output = ()> + Send>(
        answer: impl FnOnce(TcpStream) -> F + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!("ws://{}", listener.local_addr().expect("an address"));
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            if let Ok(Ok((stream, _))) = timeout(PATIENCE, listener.accept()).await {
                let _ = timeout(PATIENCE, answer(stream)).await;
            }
        });
        Self { address, _serving: serving }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }
}

/// An address where nobody listens: the port was free a moment ago.
pub(crate) async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    format!("ws://{}/ws", listener.local_addr().expect("an address"))
}

/// A frame as a server sends it, whole and unmasked.
pub(crate) fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x80 | opcode];
    match payload.len() {
        length @ 0..=125 => bytes.push(length as u8),
        length @ 126..=0xffff => {
            bytes.push(126);
            bytes.extend((length as u16).to_be_bytes());
        }
        length => {
            bytes.push(127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    bytes.extend(payload);
    bytes
}

/// A close frame.
pub(crate) fn close(code: u16, reason: &str) -> Vec<u8> {
    frame(8, &[&code.to_be_bytes(), reason.as_bytes()].concat())
}
