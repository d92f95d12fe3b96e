//! A client that does not read is held back, and loses nothing.

use super::{about, ended, seen, send_until_stalled, server, time};
use crate::support::{
    Client, Frame, Raw, TestServer,
    client::{DEADLINE, within},
    server::PIPE,
};
use std::time::Duration;
use tokio::io::{AsyncWriteExt as _, join, sink, split};

/// The mark, and what one read takes at most beyond it.
const MARK: usize = 256 << 10;
const BLOCK: usize = 128 << 10;

/// Sends all of it before it reads any of it, as far as the server takes it; then everything has to come back.
async fn stalls_and_then_gets_everything(path: &str, messages: Vec<Frame>) {
    let server = TestServer::new();
    let mut client = server.open(path).await;
    if path == "/ws" {
        client.welcome().await;
    }
    let bytes: Vec<u8> = messages.iter().flat_map(Frame::masked).collect();
    let largest = messages.iter().map(|message| message.masked().len()).max().expect("messages");
    let sent = send_until_stalled(&mut client, &bytes).await;
    assert!(sent < bytes.len(), "the server took all {} bytes", bytes.len());
    let most = 2 * PIPE + MARK + BLOCK + 2 * largest;
    assert!(sent <= most, "{sent} bytes were taken from a client that reads nothing; {most} are the bound");

    let Client { raw, handshake } = client;
    let (reading, mut writing) = split(raw.stream);
    let mut reader = Client { raw: Raw::new(join(reading, sink())), handshake };
    let rest = async {
        within(writing.write_all(&bytes[sent..])).await.expect("a server that reads on");
        writing
    };
    let echoes = async {
        for message in messages {
            let frame = reader.frame().await.expect("an echo");
            assert!(
                frame == message,
                "an echo differs: {} bytes of {}",
                frame.payload.len(),
                message.payload.len()
            );
        }
        reader
    };
    let (mut writing, mut reader) = tokio::join!(rest, echoes);
    within(writing.write_all(&Frame::close(1000, "").masked())).await.expect("a server that reads on");
    reader.expect_close(Some(1000)).await;
    reader.expect_end().await;
    drop((reader, writing));
    server.stop().await;
}

fn small() -> Vec<Frame> {
    (0..100_000).map(|i| Frame::text(format!("small message number {i:>9}"))).collect()
}

fn large() -> Vec<Frame> {
    (0..12_usize).map(|i| Frame::binary(vec![i as u8; (1 << 20) - i])).collect()
}

#[tokio::test(start_paused = true)]
async fn many_small_messages_sent_without_reading_all_come_back_on_ws() {
    stalls_and_then_gets_everything("/ws", small()).await;
}

#[tokio::test(start_paused = true)]
async fn many_small_messages_sent_without_reading_all_come_back_on_echo() {
    stalls_and_then_gets_everything("/echo", small()).await;
}

#[tokio::test(start_paused = true)]
async fn many_large_messages_sent_without_reading_all_come_back_on_ws() {
    stalls_and_then_gets_everything("/ws", large()).await;
}

#[tokio::test(start_paused = true)]
async fn many_large_messages_sent_without_reading_all_come_back_on_echo() {
    stalls_and_then_gets_everything("/echo", large()).await;
}

#[tokio::test(start_paused = true)]
async fn a_lower_mark_holds_back_earlier() {
    let taken = async |mark| {
        let server = TestServer::with(|config| config.outbox_mark = mark);
        let mut client = server.open("/echo").await;
        let messages = Frame::binary([7; 1000]).masked().repeat(2000);
        let sent = send_until_stalled(&mut client, &messages).await;
        drop(client);
        server.stop().await;
        sent
    };
    let (low, high) = (taken(1).await, taken(512 << 10).await);
    assert!(low <= 2 * PIPE + BLOCK + 4000, "{low}");
    assert!(high >= 512 << 10, "{high}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_no_byte_for_30_s_is_dropped() {
    let server = server();
    let mut control = server.open("/control").await;
    let mut client = server.open("/echo?tag=t").await;
    let messages = Frame::binary([7; 1000]).masked().repeat(2000);
    send_until_stalled(&mut client, &messages).await;
    // One second has passed in which nothing moved.
    let (duration, ()) = time(server.sessions(1)).await;
    assert!(about(duration, Duration::from_secs(29)), "{duration:?}");
    assert_eq!(ended(&mut control, "t").await, "timed_out");
    control.close().await;
    drop(client);
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_a_byte_now_and_then_is_not_dropped() {
    use tokio::io::AsyncReadExt as _;
    let server = server();
    let mut client = server.open("/echo").await;
    let messages = Frame::binary([7; 1000]).masked().repeat(2000);
    send_until_stalled(&mut client, &messages).await;
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_secs(28)).await;
        assert_eq!(within(client.raw.stream.read_u8()).await.unwrap() & 0x70, 0);
        assert_eq!(server.census().sessions, 1);
        // The rest of a header and a payload, so that the next byte read is a frame's first again.
        within(client.raw.stream.read_exact(&mut [0; 1003])).await.unwrap();
    }
    drop(client);
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_heartbeat_rests_while_reading_rests() {
    let server = TestServer::with(|config| {
        config.journal = true;
        config.write_timeout = DEADLINE;
    });
    let mut client = server.talk("/ws?tag=t").await;
    let echoes = Frame::binary([7; 1000]);
    let sent = send_until_stalled(&mut client, &echoes.masked().repeat(2000)).await;
    tokio::time::sleep(Duration::from_secs(300)).await;
    assert_eq!(server.census().sessions, 1, "dropped, though nothing it sent could have been heard");
    let mut control = server.open("/control").await;
    assert_eq!(seen(&mut control, "t").await["sent"]["ping"], 0);
    control.close().await;
    let whole = sent / echoes.masked().len();
    for _ in 0..whole {
        client.expect(echoes.clone()).await;
    }
    // Reading goes on, and the heartbeat with it: a ping within a round, and two silent rounds are the end.
    let (duration, ()) = time(client.expect(Frame::ping([]))).await;
    assert!(duration <= Duration::from_millis(25_005), "{duration:?}");
    client.expect(Frame::ping([])).await;
    client.expect_end().await;
    let mut control = server.open("/control").await;
    assert_eq!(ended(&mut control, "t").await, "timed_out");
    control.close().await;
    drop(client);
    server.stop().await;
}
