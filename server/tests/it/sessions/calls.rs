//! How many reads and writes a session makes, and what leaves in each: over a stream that writes them down.

use super::act;
use crate::support::{Client, Frame, client::within, server::PIPE};
use crosswire_server::{Config, Listener, Peer, Server, Shutdown, Stopped, Stream};
use serde_json::json;
use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex},
    sync::mpsc,
    task::JoinSet,
};

/// What a stream was asked for and gave: bytes written, or so many read.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Call {
    Read(usize),
    Write(Vec<u8>),
}

type Calls = Arc<Mutex<Vec<Call>>>;

#[derive(Debug)]
struct Noted {
    stream: DuplexStream,
    calls: Calls,
}

impl Noted {
    fn note(&self, call: Call) {
        self.calls.lock().expect("no panic").push(call);
    }
}

impl AsyncRead for Noted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let poll = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if poll.is_ready() {
            self.note(Call::Read(buffer.filled().len() - before));
        }
        poll
    }
}

impl AsyncWrite for Noted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if let Poll::Ready(Ok(written)) = poll {
            self.note(Call::Write(bytes[..written].to_vec()));
        }
        poll
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Stream for Noted {
    fn abort(self) {}
}

struct NotedListener(mpsc::Receiver<Noted>);

impl Listener for NotedListener {
    type Stream = Noted;

    async fn accept(&mut self) -> io::Result<(Noted, Peer)> {
        match self.0.recv().await {
            Some(stream) => Ok((stream, Peer::Memory)),
            None => std::future::pending().await,
        }
    }
}

/// A server whose connections write down their calls.
struct Stage {
    connect: mpsc::Sender<Noted>,
    shutdown: Shutdown,
    running: JoinSet<Stopped>,
}

impl Stage {
    fn new() -> Self {
        let server = Server::new(Config::standard(), true).expect("random numbers");
        let (connect, connections) = mpsc::channel(16);
        let shutdown = Shutdown::new();
        let mut running = JoinSet::new();
        let told = shutdown.clone();
        running.spawn(async move { server.serve(vec![NotedListener(connections)], told).await });
        Self { connect, shutdown, running }
    }

    /// An open connection, and the calls that its session makes from then on.
    async fn open(&self, target: &str) -> (Client, Calls) {
        let (ours, stream) = duplex(PIPE);
        let calls = Calls::default();
        within(self.connect.send(Noted { stream, calls: calls.clone() }))
            .await
            .expect("a server that accepts");
        let client = Client::open(ours, target, &[]).await;
        calls.lock().expect("no panic").clear();
        (client, calls)
    }

    async fn stop(mut self) {
        self.shutdown.drain();
        assert_eq!(
            within(self.running.join_next()).await.expect("a server").expect("no panic"),
            Stopped::Drained
        );
    }
}

fn writes(calls: &Calls) -> Vec<Vec<u8>> {
    let calls = calls.lock().expect("no panic");
    calls
        .iter()
        .filter_map(|call| if let Call::Write(bytes) = call { Some(bytes.clone()) } else { None })
        .collect()
}

fn wire(frames: &[Frame]) -> Vec<u8> {
    frames.iter().flat_map(Frame::unmasked).collect()
}

#[tokio::test(start_paused = true)]
async fn a_batch_of_messages_costs_one_read_and_one_write() {
    let stage = Stage::new();
    let (mut client, calls) = stage.open("/echo").await;
    for messages in [1, 2, 16, 64] {
        let messages: Vec<Frame> = (0..messages).map(|i| Frame::text(format!("{i}"))).collect();
        let batch: Vec<u8> = messages.iter().flat_map(Frame::masked).collect();
        client.raw.send(&batch).await;
        for message in &messages {
            client.expect(message.clone()).await;
        }
        let expected = [Call::Read(batch.len()), Call::Write(wire(&messages))];
        assert_eq!(std::mem::take(&mut *calls.lock().unwrap()), expected);
    }
    client.close().await;
    stage.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_pong_does_not_break_a_batch() {
    let stage = Stage::new();
    let (mut client, calls) = stage.open("/echo").await;
    let frames = [Frame::text("before"), Frame::ping("p"), Frame::text("behind"), Frame::close(1000, "")];
    client.raw.send(frames.iter().flat_map(Frame::masked).collect::<Vec<_>>()).await;
    client.expect(Frame::text("before")).await;
    client.expect(Frame::pong("p")).await;
    client.expect(Frame::text("behind")).await;
    client.expect_close(Some(1000)).await;
    client.expect_end().await;
    let answers = [Frame::text("before"), Frame::pong("p"), Frame::text("behind"), Frame::close(1000, "")];
    assert_eq!(writes(&calls), [wire(&answers)]);
    drop(client);
    stage.stop().await;
}

#[tokio::test(start_paused = true)]
async fn glued_acts_leave_in_one_write_of_their_own() {
    let stage = Stage::new();
    let (mut client, calls) = stage.open("/echo?tag=t").await;
    let (mut control, _) = stage.open("/control").await;
    let glued = json!([
        {"send": {"text": "g${i}", "times": 3}},
        {"send": {"text": "ab", "fragments": [1, 1]}},
        {"ping": {"text": "p"}},
        {"pong": {}},
        {"raw": {"hex": "8200"}},
        {"close": {"code": 4001, "reason": "glued"}},
    ]);
    let acts = json!([{"send": {"text": "before"}}, {"glue": [{"ping": {}}, {"send": {"text": "x"}}]}, {"glue": []}, {"glue": glued}]);
    act(&mut control, "t", acts).await;
    let expected = [
        Frame::text("g0"),
        Frame::text("g1"),
        Frame::text("g2"),
        Frame::text("a").unfinished(),
        Frame::continuation("b"),
        Frame::ping("p"),
        Frame::pong(""),
        Frame::binary([]),
        Frame::close(4001, "glued"),
    ];
    for frame in [&[Frame::text("before"), Frame::ping([]), Frame::text("x")], &expected[..]].concat() {
        client.expect(frame).await;
    }
    let first = wire(&[Frame::text("before")]);
    assert_eq!(writes(&calls), [first, wire(&[Frame::ping([]), Frame::text("x")]), wire(&expected)]);
    client.close_answer(4001).await;
    control.close().await;
    stage.stop().await;
}

#[tokio::test(start_paused = true)]
async fn trickled_acts_leave_byte_by_byte() {
    let stage = Stage::new();
    let (mut client, calls) = stage.open("/echo?tag=t").await;
    let (mut control, _) = stage.open("/control").await;
    let trickled = json!([{"send": {"text": "slow"}}, {"ping": {"text": "p"}}, {"close": {"code": 4001}}]);
    act(&mut control, "t", json!([{"send": {"text": "before"}}, {"trickle": trickled}])).await;
    let expected = [Frame::text("slow"), Frame::ping("p"), Frame::close(4001, "")];
    client.expect(Frame::text("before")).await;
    for frame in expected.clone() {
        client.expect(frame).await;
    }
    let bytes: Vec<Vec<u8>> = wire(&expected).into_iter().map(|byte| vec![byte]).collect();
    assert_eq!(writes(&calls), [vec![wire(&[Frame::text("before")])], bytes].concat());
    client.close_answer(4001).await;
    control.close().await;
    stage.stop().await;
}

#[tokio::test(start_paused = true)]
async fn pushes_that_wait_together_leave_together() {
    let stage = Stage::new();
    let (mut client, calls) = stage.open("/echo?tag=t").await;
    let (mut control, _) = stage.open("/control").await;
    act(&mut control, "t", json!([{"send": {"text": "pushed", "times": 1000}}])).await;
    for _ in 0..1000 {
        client.expect(Frame::text("pushed")).await;
    }
    assert_eq!(writes(&calls), [wire(&[Frame::text("pushed")]).repeat(1000)]);
    client.close().await;
    control.close().await;
    stage.stop().await;
}
