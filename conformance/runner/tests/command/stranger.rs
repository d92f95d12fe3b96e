//! Servers that have nothing of crosswire: a loop over tokio-tungstenite, as anybody would write it.

use futures_util::{SinkExt as _, StreamExt as _};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Runtime,
    sync::Notify,
    task::JoinSet,
};
use tokio_tungstenite::{
    WebSocketStream, accept_async_with_config,
    tungstenite::{
        Error, Message,
        protocol::{CloseFrame, WebSocketConfig, frame::coding::CloseCode},
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
    /// It sends back what is not too long for it.
    IsLimited,
    /// It sends back what it gets, and is gone after so many messages.
    Dies(usize),
}

/// The longest message that [`Manner::IsLimited`] takes.
const LIMIT: usize = 40_000;

/// A server that is running, until it is dropped.
pub(crate) struct Stranger {
    pub(crate) url: String,
    _runtime: Runtime,
}

/// How much a server has done, and how much it will.
struct Life {
    echoed: AtomicUsize,
    last: usize,
    is_over: Notify,
}

impl Life {
    fn spend(&self) {
        if self.echoed.fetch_add(1, Ordering::Relaxed) + 1 == self.last {
            self.is_over.notify_one();
        }
    }
}

impl Stranger {
    pub(crate) fn who(manner: Manner) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        runtime.spawn(async move {
            let last = if let Manner::Dies(after) = manner { after } else { usize::MAX };
            let life = Arc::new(Life { echoed: AtomicUsize::new(0), last, is_over: Notify::new() });
            // Whoever is dropped takes its connections along.
            let mut connections = JoinSet::new();
            loop {
                let accepted = tokio::select! {
                    accepted = listener.accept() => accepted,
                    () = life.is_over.notified() => return,
                };
                let Ok((stream, _)) = accepted else { return };
                connections.spawn(meet(stream, manner, Arc::clone(&life)));
            }
        });
        Self { url, _runtime: runtime }
    }
}

async fn meet(stream: TcpStream, manner: Manner, life: Arc<Life>) {
    // Whoever goes in the middle of something is not missed.
    let most = if manner == Manner::IsLimited { LIMIT } else { 64 << 20 };
    let limits = WebSocketConfig::default().max_message_size(Some(most)).max_frame_size(Some(most));
    let Ok(connection) = accept_async_with_config(stream, Some(limits)).await else { return };
    let _ = converse(connection, manner, &life).await;
}

async fn converse(
    mut connection: WebSocketStream<TcpStream>,
    manner: Manner,
    life: &Life,
) -> Result<(), Error> {
    match manner {
        Manner::Greets => connection.send(Message::text("Welcome to my server!")).await?,
        Manner::Closes => {
            let frame = CloseFrame { code: CloseCode::from(4001), reason: "members only".into() };
            connection.close(Some(frame)).await?;
        }
        Manner::Echoes | Manner::Shouts | Manner::IsSilent | Manner::IsLimited | Manner::Dies(_) => {}
    }
    while let Some(message) = connection.next().await {
        if let Err(Error::Capacity(_)) = &message {
            let frame = CloseFrame { code: CloseCode::Size, reason: "too long".into() };
            connection.close(Some(frame)).await?;
        }
        match message? {
            Message::Text(text) if manner == Manner::Shouts => {
                connection.send(Message::text(text.to_uppercase())).await?;
            }
            message @ (Message::Text(_) | Message::Binary(_)) if manner != Manner::IsSilent => {
                life.spend();
                connection.send(message).await?;
            }
            _ => {}
        }
    }
    Ok(())
}
