//! Memory goes back to the system after large messages: the server as a process of its own, measured from outside.
//!
//! That an idle session holds no buffer is shown exactly inside the crate, in `session/memory.rs`. Here the bound is what
//! the allocator may keep for itself: glibc gives back the end of an arena only when more than 64 MiB of it are free, and
//! a server of two threads has three arenas. It does not grow with the sessions.

use crate::support::{
    Client, Frame,
    client::{DEADLINE, within},
};
use std::process::Stdio;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    process::{Child, Command},
};

const MIB: usize = 1 << 20;

/// If each of them held on to one message, that would be 384 MiB.
const SESSIONS: usize = 24;

/// Three arenas, 64 MiB each.
const KEPT_BY_THE_ALLOCATOR: usize = 3 * 64;

/// A `crosswire-server`, killed when this is dropped, and its address.
async fn start() -> (Child, String) {
    let mut server = Command::new(env!("CARGO_BIN_EXE_crosswire-server"))
        .args(["--under-test", "--threads", "2"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("a server");
    let mut lines = BufReader::new(server.stdout.take().expect("its output")).lines();
    let ready = within(lines.next_line()).await.expect("output").expect("a ready line");
    let ready: serde_json::Value = serde_json::from_str(&ready).expect("JSON");
    let url = ready["ready"]["url"].as_str().unwrap_or_else(|| panic!("no address: {ready}"));
    let address = url.trim_start_matches("ws://").to_owned();
    (server, address)
}

/// What a process holds in memory, in bytes.
fn resident(process: &Child) -> usize {
    let status = format!("/proc/{}/status", process.id().expect("a process that runs"));
    let status = std::fs::read_to_string(status).expect("its status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
    line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") << 10
}

/// Sends a message so many times and reads it back as often.
async fn echo(client: &mut Client<TcpStream>, message: &Frame, times: usize) {
    let (said, expected) = (message.masked(), message.unmasked());
    let mut heard = vec![0; expected.len()];
    let (mut read, mut write) = client.raw.stream.split();
    let said = async {
        for _ in 0..times {
            write.write_all(&said).await.expect("a server that reads");
        }
    };
    let heard = async {
        for _ in 0..times {
            read.read_exact(&mut heard).await.expect("an echo");
            assert!(heard == expected, "another message came back");
        }
    };
    tokio::time::timeout(DEADLINE, async { tokio::join!(said, heard) }).await.expect("echoes");
}

#[tokio::test]
#[cfg_attr(not(target_os = "linux"), ignore = "reads /proc")]
async fn goes_back_after_large_messages_though_their_sessions_stay() {
    let (mut server, address) = start().await;
    let mut clients = Vec::new();
    for _ in 0..SESSIONS {
        let stream = TcpStream::connect(&address).await.unwrap();
        clients.push(Client::open(stream, "/echo", &[]).await);
    }
    let before = resident(&server);
    let (huge, large) = (Frame::binary(vec![7; 16 * MIB]), Frame::binary(vec![8; MIB]));
    for client in &mut clients {
        echo(client, &large, 4).await;
        echo(client, &huge, 1).await;
    }
    let after = resident(&server);
    let grown = after.saturating_sub(before) / MIB;
    assert!(grown < KEPT_BY_THE_ALLOCATOR, "{grown} MiB are still held, {} before", before / MIB);
    drop(clients);
    drop(server.stdin.take());
    assert!(within(server.wait()).await.unwrap().success());
}
