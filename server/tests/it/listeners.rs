//! Several addresses at once.

use crate::support::{Raw, client::within};
use crosswire_server::{Config, Server, Shutdown, Stopped, bind};
use tokio::{net::TcpStream, task::JoinSet};

#[tokio::test]
async fn a_listener_to_which_nobody_comes_keeps_no_place_from_the_others() {
    let mut config = Config::standard();
    (config.max_sessions, config.max_handshakes) = (1, 1);
    let mut listeners = Vec::new();
    for _ in 0..3 {
        listeners.append(&mut bind("127.0.0.1:0").await.expect("a free port"));
    }
    let addresses: Vec<_> = listeners.iter().map(|listener| listener.local_addr().expect("bound")).collect();
    let server = Server::new(config, true).expect("random numbers");
    let shutdown = Shutdown::new();
    let mut running = JoinSet::new();
    running.spawn({
        let (server, shutdown) = (server.clone(), shutdown.clone());
        async move { server.serve(listeners, shutdown).await }
    });
    for address in addresses.iter().rev().cycle().take(9) {
        let mut raw = Raw::new(within(TcpStream::connect(address)).await.expect("a listener"));
        raw.send(format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\n\r\n")).await;
        assert_eq!(raw.answer().await.status, 200, "at {address}");
    }
    shutdown.drain();
    let stopped = within(running.join_next()).await.expect("a server").expect("no panic");
    assert_eq!(stopped, Stopped::Drained);
}
