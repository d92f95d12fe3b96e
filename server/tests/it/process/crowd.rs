//! Many idle sessions, and the one that is too many.

use super::{Process, connect, open};
use crate::support::{Frame, Raw, client::handshake};
use crosswire_server::make_room_for;

/// How many sessions, unless `CROSSWIRE_TEST_CROWD` says otherwise; 10000 is what the server promises.
const CROWD: usize = 1000;

#[tokio::test]
async fn holds_a_crowd_of_idle_sessions_and_refuses_the_next_one() {
    let wanted =
        std::env::var("CROSSWIRE_TEST_CROWD").map_or(CROWD, |count| count.parse().expect("a number"));
    // This process holds the other end of each.
    let (room, too_little) = make_room_for(wanted + 100);
    if let Some(note) = too_little {
        println!("a smaller crowd: {note}");
    }
    let crowd = wanted.min(room - 100);
    let most = crowd.to_string();
    let flags = ["--max-sessions", &most, "--max-handshakes", "50", "--ping-interval", "0s"];
    let (process, ready) = Process::under_test(&flags).await;
    assert_eq!(ready.limits["max_sessions"], crowd as u64);
    let mut clients = Vec::with_capacity(crowd);
    for _ in 0..crowd {
        let mut client = open(&ready, "/ws").await;
        client.welcome().await;
        clients.push(client);
    }
    for _ in 0..3 {
        let mut raw = Raw::new(connect(&ready).await);
        raw.send(handshake("/ws", &[])).await;
        let refused = raw.answer().await;
        assert_eq!((refused.status, refused.error()), (503, "full".to_owned()));
        assert!(refused.header("retry-after").is_some());
    }
    // Every one of them is served, and a place that is free is given again.
    for client in &mut clients {
        client.send(Frame::text("still here")).await;
    }
    for client in &mut clients {
        client.expect(Frame::text("still here")).await;
    }
    clients.swap_remove(crowd / 2).close().await;
    let mut newcomer = loop {
        let mut raw = Raw::new(connect(&ready).await);
        raw.send(handshake("/echo", &[])).await;
        let head = raw.head().await;
        if head.starts_with("HTTP/1.1 101 ") {
            break crate::support::Client { raw, handshake: head };
        }
        assert!(head.starts_with("HTTP/1.1 503 "), "{head}");
    };
    newcomer.send(Frame::text("in")).await;
    newcomer.expect(Frame::text("in")).await;
    drop((newcomer, clients));
    assert_eq!(process.stop().await.code, Some(0));
}
