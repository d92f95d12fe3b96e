//! The relay: it carries bytes from one side to the other as they come, ends and resets included, and shows them to the
//! decoder on the way.

use super::{Trace, Way, frames::Decoder};
use crate::tasks;
use std::{
    io,
    net::TcpListener as Listener,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

/// How much is carried at once.
const CHUNK: usize = 64 << 10;

/// Begins a relay to the server at a URL. Gives the URL under which the server is then reached.
pub(super) fn begin(trace: Trace, url: &str) -> io::Result<String> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("ws", url));
    let (server, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    // So that a name that stands for several addresses leads where it would have led.
    let server = if server.contains(':') { server.to_owned() } else { format!("{server}:80") };
    let listener = Listener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let listener = TcpListener::from_std(listener)?;
    tasks::spawn(accept(trace, listener, server));
    Ok(format!("{scheme}://{address}{path}"))
}

async fn accept(trace: Trace, listener: TcpListener, server: String) {
    let mut count = 0;
    while let Ok((client, _)) = listener.accept().await {
        count += 1;
        tasks::spawn(carry(trace.clone(), client, server.clone(), count));
    }
}

async fn carry(trace: Trace, client: TcpStream, server: String, count: u64) {
    let name = Name { trace: trace.clone(), count, told: Mutex::new(None), greetings: AtomicU64::new(0) };
    let server = match TcpStream::connect(&server).await {
        Ok(server) => server,
        Err(error) => {
            trace.passed(&name.get(), Way::ToServer, format!("the server cannot be connected to: {error}"));
            let _ = client.set_zero_linger();
            return;
        }
    };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let there = pass(&name, Way::ToServer, from_client, to_server);
    let back = pass(&name, Way::ToClient, from_server, to_client);
    // Where one side was cut the other is cut as well; what was still under way is then lost, as it would have been.
    let _ = tokio::try_join!(there, back);
}

/// Carries one direction to its end. An error is a reset.
async fn pass(name: &Name, way: Way, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> Result<(), ()> {
    let mut decoder = Decoder::new(way);
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = from.read(&mut chunk).await;
        match read {
            Ok(0) => {
                name.show(way, decoder.rest());
                name.show(way, Some("ends its side of TCP (FIN)".to_owned()));
                let _ = to.shutdown().await;
                return Ok(());
            }
            Ok(length) => {
                let shown = decoder.decode(&chunk[..length]);
                if let Some(target) = decoder.target() {
                    name.ask_for(target);
                }
                for what in shown {
                    name.show(way, Some(what));
                }
                if to.write_all(&chunk[..length]).await.is_err() {
                    return cut(&from, &to);
                }
            }
            Err(_) => {
                name.show(way, decoder.rest());
                name.show(way, Some("cuts TCP (RST)".to_owned()));
                return cut(&from, &to);
            }
        }
    }
}

/// Passes a reset on.
fn cut(from: &OwnedReadHalf, to: &OwnedWriteHalf) -> Result<(), ()> {
    let _ = (to.as_ref().set_zero_linger(), from.as_ref().set_zero_linger());
    Err(())
}

/// What a connection is called in the trace, once it is known what it asks for.
struct Name {
    trace: Trace,
    count: u64,
    told: Mutex<Option<String>>,
    greetings: AtomicU64,
}

impl Name {
    fn ask_for(&self, target: &str) {
        if self.greetings.fetch_add(1, Ordering::Relaxed) == 0 {
            *self.told.lock().unwrap_or_else(PoisonError::into_inner) = self.trace.name_of(target);
        }
    }

    fn get(&self) -> String {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner).clone();
        told.unwrap_or_else(|| format!("#{}", self.count))
    }

    fn show(&self, way: Way, what: Option<String>) {
        if let Some(what) = what {
            self.trace.passed(&self.get(), way, what);
        }
    }
}
