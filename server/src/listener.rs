//! Where connections come from: TCP sockets, or whatever a test hands in.

use crate::stream::Stream;
use socket2::{Domain, Protocol, Socket, Type};
use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
};
use tokio::net::{TcpListener, TcpStream, lookup_host};

/// Gives connections, one after the other.
pub trait Listener: Send + 'static {
    /// What a connection runs over.
    type Stream: Stream;

    /// Waits for the next connection. Dropping the future loses none.
    fn accept(&mut self) -> impl Future<Output = io::Result<(Self::Stream, Peer)>> + Send;
}

/// Who is at the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// Somebody on the network.
    Network(SocketAddr),
    /// This process.
    Memory,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(address) => address.fmt(f),
            Self::Memory => f.write_str("memory"),
        }
    }
}

impl Listener for TcpListener {
    type Stream = TcpStream;

    async fn accept(&mut self) -> io::Result<(TcpStream, Peer)> {
        let (stream, address) = Self::accept(self).await?;
        // Two small messages in flight would otherwise wait for one another's acknowledgement, 40 ms at a time. A
        // socket that refuses the option is about to fail anyway.
        let _ = stream.set_nodelay(true);
        Ok((stream, Peer::Network(address)))
    }
}

/// How many connections the kernel may hold until they are accepted.
const BACKLOG: i32 = 4096;

/// Binds an address as it was written: `host:port` or `[v6]:port`. A name may stand for several addresses.
pub async fn bind(written: &str) -> Result<Vec<TcpListener>, BindError> {
    let error = |kind| BindError { written: written.to_owned(), kind };
    let has_port =
        written.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
    if !has_port {
        return Err(error(BindErrorKind::NotAnAddress));
    }
    let addresses: Vec<SocketAddr> =
        lookup_host(written).await.map_err(|_| error(BindErrorKind::NotAnAddress))?.collect();
    let mut listeners: Vec<TcpListener> = Vec::new();
    let mut first_error = None;
    for address in addresses {
        // A name with two families and port 0 gets one port for both where that can be had.
        let port =
            listeners.first().and_then(|listener| listener.local_addr().ok()).map(|bound| bound.port());
        let wanted = SocketAddr::new(
            address.ip(),
            port.filter(|_| address.port() == 0).unwrap_or_else(|| address.port()),
        );
        match listen(wanted) {
            Ok(listener) => listeners.push(listener),
            Err(failed) => first_error = first_error.or(Some(failed)),
        }
    }
    match first_error {
        Some(failed) if listeners.is_empty() => Err(error(BindErrorKind::Refused(failed))),
        None if listeners.is_empty() => Err(error(BindErrorKind::NotAnAddress)),
        _ => Ok(listeners),
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        // Each address listens for itself, so that [::] and 0.0.0.0 can both be given.
        socket.set_only_v6(true)?;
    }
    // On Unix this lets a server restart while old connections fade; on Windows it would let two servers share a port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Whether only this machine can reach an address.
pub fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// Why an address cannot be listened on, in a line that says what to do.
#[derive(Debug)]
pub struct BindError {
    written: String,
    kind: BindErrorKind,
}

#[derive(Debug)]
enum BindErrorKind {
    NotAnAddress,
    Refused(io::Error),
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { written, kind } = self;
        match kind {
            BindErrorKind::NotAnAddress => {
                write!(
                    f,
                    "`{written}` is not an address to listen on; write host:port, like 127.0.0.1:9001 or [::1]:9001"
                )
            }
            BindErrorKind::Refused(error) => match error.kind() {
                io::ErrorKind::AddrInUse => {
                    let port = written.rsplit(':').next().unwrap_or_default();
                    write!(
                        f,
                        "{written} is in use: another program listens on port {port}; stop it, or choose another port with --listen"
                    )
                }
                io::ErrorKind::PermissionDenied => {
                    write!(
                        f,
                        "{written} may not be listened on by this user; choose a port from 1024 up with --listen"
                    )
                }
                io::ErrorKind::AddrNotAvailable => {
                    write!(
                        f,
                        "{written} is not an address of this machine; try 127.0.0.1, [::1] or 0.0.0.0 with --listen"
                    )
                }
                _ => write!(
                    f,
                    "{written} cannot be listened on: {error}; choose another address with --listen"
                ),
            },
        }
    }
}

impl std::error::Error for BindError {}
