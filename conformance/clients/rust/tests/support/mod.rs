//! The reference server, for the tests of this crate.

use crosswire_server::{Invocation, Server, Shutdown, listen_on, read_config, ready_line};
use serde_json::Value;
use std::{sync::mpsc, thread};
use tokio::runtime;

/// A server in a thread of this process, on a port of its own and with a journal. It ends when it is dropped.
#[derive(Debug)]
pub(crate) struct ReferenceServer {
    /// Where it listens, without a path.
    pub(crate) url: String,
    /// Its control endpoint, with its token.
    pub(crate) control: String,
    shutdown: Shutdown,
    thread: Option<thread::JoinHandle<()>>,
}

impl ReferenceServer {
    /// Starts it and waits until it listens.
    pub(crate) fn start() -> Self {
        let flags = ["crosswire-server", "--under-test", "--journal"];
        let Ok(Invocation::Serve(config)) = read_config(flags.map(Into::into), []) else {
            panic!("the server does not know its flags");
        };
        let shutdown = Shutdown::new();
        let stop = shutdown.clone();
        let (says, ready) = mpsc::sync_channel(1);
        let thread = thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listeners = listen_on(&config.listen).await.expect("a free port").listeners;
                let addresses: Vec<_> =
                    listeners.iter().map(|listener| listener.local_addr().expect("an address")).collect();
                let server = Server::new((*config).clone(), true).expect("random numbers");
                says.send(ready_line(&config, &addresses, server.token())).expect("a test that waits");
                server.serve(listeners, stop).await;
            });
        });
        let line: Value = serde_json::from_str(&ready.recv().expect("a server that listens")).expect("JSON");
        let text = |name: &str| line["ready"][name].as_str().expect("a text").to_owned();
        Self { url: text("url"), control: text("control"), shutdown, thread: Some(thread) }
    }

    /// The URL of a path.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }
}

impl Drop for ReferenceServer {
    fn drop(&mut self) {
        self.shutdown.end_now();
        if let Some(thread) = self.thread.take() {
            // A panic of its own has been printed already; another one here would only hide it.
            let _ = thread.join();
        }
    }
}
