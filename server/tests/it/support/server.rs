//! A server over memory.

use super::client::{Client, Raw, within};
use crosswire_server::{Census, Config, Listener, Peer, Server, Shutdown, Stopped, Stream};
use std::{collections::BTreeMap, io};
use tokio::{
    io::{DuplexStream, duplex},
    sync::mpsc,
    task::JoinSet,
};

/// A server in this process, reached over memory. [`TestServer::stop`] ends it and looks whether anything is left.
#[derive(Debug)]
pub(crate) struct TestServer<S = DuplexStream> {
    pub(crate) server: Server,
    pub(crate) shutdown: Shutdown,
    connect: mpsc::Sender<S>,
    running: JoinSet<Stopped>,
}

/// How many bytes a connection holds between its ends, each way: what a socket's buffers would.
pub(crate) const PIPE: usize = 64 << 10;

struct MemoryListener<S>(mpsc::Receiver<S>);

impl<S: Stream> Listener for MemoryListener<S> {
    type Stream = S;

    async fn accept(&mut self) -> io::Result<(S, Peer)> {
        match self.0.recv().await {
            Some(stream) => Ok((stream, Peer::Memory)),
            None => std::future::pending().await,
        }
    }
}

impl TestServer {
    /// A server with the standard configuration.
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// A server with a journal.
    pub(crate) fn with_journal() -> Self {
        Self::with(|config| config.journal = true)
    }

    /// A server with another configuration, which only this machine can reach.
    pub(crate) fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::start(change, true)
    }

    /// A server with another configuration, perhaps one that the world can reach.
    pub(crate) fn start(change: impl FnOnce(&mut Config), only_loopback: bool) -> Self {
        Self::over(change, only_loopback)
    }

    /// A connection on which nothing has been said.
    pub(crate) async fn connect(&self) -> Raw {
        self.connect_with_pipe(PIPE).await
    }

    /// The same, with so much room between its ends.
    pub(crate) async fn connect_with_pipe(&self, bytes: usize) -> Raw {
        let (ours, theirs) = duplex(bytes);
        self.accept(theirs).await;
        Raw::new(ours)
    }

    /// Whether the server's listener is still there.
    pub(crate) fn listens(&self) -> bool {
        !self.connect.is_closed()
    }

    /// A WebSocket connection.
    pub(crate) async fn open(&self, target: &str) -> Client {
        Client::open(self.connect().await.stream, target, &[]).await
    }

    /// A WebSocket connection to `/ws` whose welcome has been read.
    pub(crate) async fn talk(&self, target: &str) -> Client {
        let mut client = self.open(target).await;
        client.welcome().await;
        client
    }

    /// Sends a request's bytes and gives the answer.
    pub(crate) async fn ask(&self, request: impl AsRef<[u8]>) -> super::client::Answer {
        let mut raw = self.connect().await;
        raw.send(request).await;
        raw.answer().await
    }

    /// The lines of `/metrics` that count something, by name and labels.
    pub(crate) async fn metrics(&self) -> BTreeMap<String, u64> {
        let page = self.ask("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        let lines = page.body.lines().filter(|line| !line.starts_with('#'));
        lines
            .map(|line| {
                let (name, value) = line.rsplit_once(' ').expect("a name and a value");
                (name.to_owned(), value.parse().expect("a number"))
            })
            .collect()
    }

    /// How many requests were refused for which reason.
    pub(crate) async fn refused(&self) -> BTreeMap<String, u64> {
        let metrics = self.metrics().await;
        let refused = metrics.into_iter().filter_map(|(name, count)| {
            let reason =
                name.strip_prefix("crosswire_requests_refused_total{reason=\"")?.strip_suffix("\"}")?;
            Some((reason.to_owned(), count))
        });
        refused.collect()
    }
}

impl<S: Stream> TestServer<S> {
    /// A server over streams of another make.
    pub(crate) fn over(change: impl FnOnce(&mut Config), only_loopback: bool) -> Self {
        let mut config = Config::standard();
        change(&mut config);
        let server = Server::new(config, only_loopback).expect("random numbers");
        let shutdown = Shutdown::new();
        let (connect, connections) = mpsc::channel(1024);
        let mut running = JoinSet::new();
        running.spawn({
            let (server, shutdown) = (server.clone(), shutdown.clone());
            async move { server.serve(vec![MemoryListener(connections)], shutdown).await }
        });
        Self { server, shutdown, connect, running }
    }

    /// Gives the server its end of a connection.
    pub(crate) async fn accept(&self, stream: S) {
        assert!(within(self.connect.send(stream)).await.is_ok(), "a server that accepts");
    }

    pub(crate) fn census(&self) -> Census {
        self.server.census()
    }

    /// Waits until so many sessions are open.
    pub(crate) async fn sessions(&self, expected: usize) {
        within(async {
            while self.census().sessions != expected {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
        })
        .await;
    }

    /// Ends the server, and looks whether anything of it is left.
    pub(crate) async fn stop(mut self) -> Stopped {
        self.shutdown.drain();
        let stopped = self.stopped().await;
        assert_eq!(
            self.census(),
            Census { sessions: 0, tasks: 0, names: 0, outbox_bytes: 0 },
            "something is left"
        );
        stopped
    }

    /// Waits until the server has stopped.
    pub(crate) async fn stopped(&mut self) -> Stopped {
        within(self.running.join_next()).await.expect("a server").expect("a server that does not panic")
    }
}
