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

/// An address as it was written, and where: a flag, a variable, or the default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenAddress {
    /// `host:port` or `[v6]:port`, unless it is wrong. A name may stand for several addresses.
    pub written: String,
    /// What to change when it is wrong.
    pub source: String,
}

/// What listens.
#[derive(Debug, Default)]
pub struct Listening {
    /// At least one for each address that was written.
    pub listeners: Vec<TcpListener>,
    /// What the operator should know: addresses of a name that were passed over.
    pub notes: Vec<String>,
    bound: Vec<(SocketAddr, String)>,
}

/// Binds one address.
pub async fn bind(written: &str) -> Result<Vec<TcpListener>, BindError> {
    let address = ListenAddress { written: written.to_owned(), source: "--listen".to_owned() };
    Ok(listen_on(&[address]).await?.listeners)
}

/// Binds all of them, or none.
pub async fn listen_on(wanted: &[ListenAddress]) -> Result<Listening, BindError> {
    let mut listening = Listening::default();
    for wanted in wanted {
        let error = |kind| BindError { wanted: wanted.clone(), kind };
        let has_port = wanted
            .written
            .rsplit_once(':')
            .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
        if !has_port {
            return Err(error(BindErrorKind::NotAnAddress));
        }
        let found = lookup_host(&wanted.written).await.map_err(|_| error(BindErrorKind::NotAnAddress))?;
        let mut addresses: Vec<SocketAddr> = Vec::new();
        for address in found {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        listening.add(&wanted.written, &addresses).map_err(error)?;
    }
    Ok(listening)
}

impl Listening {
    /// Binds all the addresses that one name stands for. A family that the system lacks is passed over as long as there
    /// is another; whoever was told of any of them would not reach us at one that is taken.
    fn add(&mut self, written: &str, addresses: &[SocketAddr]) -> Result<(), BindErrorKind> {
        let mut shared_port = None;
        let mut lacking = Vec::new();
        for &address in addresses {
            // A name with two families and port 0 gets one port for both where that can be had.
            let shared = shared_port.filter(|_| address.port() == 0);
            let alike = shared.and_then(|port| listen(SocketAddr::new(address.ip(), port)).ok());
            match alike.map_or_else(|| listen(address), Ok) {
                Ok(listener) => {
                    let bound =
                        listener.local_addr().map_err(|error| BindErrorKind::Refused(address, error))?;
                    shared_port = shared_port.or_else(|| Some(bound.port()));
                    self.bound.push((bound, written.to_owned()));
                    self.listeners.push(listener);
                }
                Err(error) if is_lacking(&error) => lacking.push((address, error)),
                Err(error) => {
                    let ours = self.bound.iter().find(|(bound, _)| {
                        error.kind() == io::ErrorKind::AddrInUse && cannot_both_be_had(*bound, address)
                    });
                    return Err(match ours {
                        Some((_, earlier)) => BindErrorKind::GivenTwice(earlier.clone()),
                        None => BindErrorKind::Refused(address, error),
                    });
                }
            }
        }
        match (shared_port, lacking.into_iter().next()) {
            (Some(_), None) => Ok(()),
            (Some(_), Some((address, _))) => {
                let ip = address.ip();
                self.notes
                    .push(format!("{written} is {ip} too, which this system lacks: not listening there"));
                Ok(())
            }
            (None, Some((address, error))) => Err(BindErrorKind::Refused(address, error)),
            (None, None) => Err(BindErrorKind::NotAnAddress),
        }
    }
}

/// Whether there is no such address, or no such family, on this system: EAFNOSUPPORT of Linux, of BSD and macOS, and of
/// Windows, for which the standard library has no name.
fn is_lacking(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AddrNotAvailable || matches!(error.raw_os_error(), Some(97 | 47 | 10047))
}

fn cannot_both_be_had(one: SocketAddr, other: SocketAddr) -> bool {
    let everywhere = one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() == other.port() && (one.ip() == other.ip() || everywhere && one.is_ipv4() == other.is_ipv4())
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
    wanted: ListenAddress,
    kind: BindErrorKind,
}

#[derive(Debug)]
enum BindErrorKind {
    NotAnAddress,
    GivenTwice(String),
    Refused(SocketAddr, io::Error),
}

impl BindError {
    /// Whether what was written can never be listened on, here or elsewhere.
    pub const fn is_of_the_command_line(&self) -> bool {
        matches!(self.kind, BindErrorKind::NotAnAddress | BindErrorKind::GivenTwice(_))
    }
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { wanted: ListenAddress { written, source }, kind } = self;
        match kind {
            BindErrorKind::NotAnAddress => write!(
                f,
                "{source} is `{written}`: not an address to listen on; write host:port, like 127.0.0.1:9001 or [::1]:9001"
            ),
            BindErrorKind::GivenTwice(earlier) if earlier == written => {
                write!(f, "{source} gives {written} twice; leave one out")
            }
            BindErrorKind::GivenTwice(earlier) => {
                write!(f, "{source} gives {written} twice: {earlier} stands for it already; leave one out")
            }
            BindErrorKind::Refused(address, error) => match error.kind() {
                io::ErrorKind::AddrInUse => {
                    let place = if *written == address.to_string() {
                        format!("port {}", address.port())
                    } else {
                        address.to_string()
                    };
                    write!(
                        f,
                        "{written} is in use: another program listens on {place}; stop it, or choose another port with {source}"
                    )
                }
                io::ErrorKind::PermissionDenied => write!(
                    f,
                    "{written} may not be listened on by this user; choose a port from 1024 up with {source}"
                ),
                io::ErrorKind::AddrNotAvailable => write!(
                    f,
                    "{written} is not an address of this machine; try 127.0.0.1, [::1] or 0.0.0.0 with {source}"
                ),
                _ => write!(
                    f,
                    "{written} cannot be listened on: {error}; choose another address with {source}"
                ),
            },
        }
    }
}

impl std::error::Error for BindError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(addresses: &[&str]) -> Result<Listening, BindErrorKind> {
        let addresses: Vec<SocketAddr> = addresses.iter().map(|address| address.parse().unwrap()).collect();
        let mut listening = Listening::default();
        listening.add("name:0", &addresses).map(|()| listening)
    }

    // 192.0.2.1 is reserved for documentation (RFC 5737), so that no machine has it.
    #[tokio::test]
    async fn an_address_that_the_system_lacks_is_passed_over_with_a_note() {
        let listening = add(&["192.0.2.1:0", "127.0.0.1:0"]).unwrap();
        assert_eq!(listening.listeners.len(), 1);
        assert_eq!(
            listening.notes,
            ["name:0 is 192.0.2.1 too, which this system lacks: not listening there"]
        );
        assert!(matches!(add(&["192.0.2.1:0"]), Err(BindErrorKind::Refused(..))));
    }

    #[tokio::test]
    async fn an_address_of_a_name_that_is_taken_is_an_error() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        let result = add(&["127.0.0.2:0", &address.to_string()]);
        assert!(
            matches!(result, Err(BindErrorKind::Refused(refused, _)) if refused == address),
            "{result:?}"
        );
    }

    #[tokio::test]
    async fn where_one_port_cannot_be_had_for_both_there_are_two() {
        let listening = add(&["127.0.0.1:0", "127.0.0.1:0"]).unwrap();
        let ports: Vec<u16> = listening.bound.iter().map(|(bound, _)| bound.port()).collect();
        assert_ne!(ports[0], ports[1]);
    }
}
