//! Connections that are opened, used once or not at all, and then left alone.

use std::io::{self, Read as _};
use std::net::{SocketAddr, TcpStream};

use crate::connect::{self, OpenError, Wire};
use crate::error::Error;
use crate::window::Window;

#[derive(Debug)]
pub(crate) struct Crowd {
    address: SocketAddr,
    wire: Wire,
    path: &'static str,
    streams: Vec<TcpStream>,
}

impl Crowd {
    pub(crate) const fn new(address: SocketAddr, wire: Wire, path: &'static str) -> Self {
        Self { address, wire, path, streams: Vec::new() }
    }

    pub(crate) const fn len(&self) -> usize {
        self.streams.len()
    }

    /// One more.
    pub(crate) fn join(&mut self) -> Result<&mut TcpStream, OpenError> {
        let stream = connect::open(self.address, self.wire, self.path)?;
        Ok(self.streams.push_mut(stream))
    }

    /// One more, which exchanges one window before it falls idle.
    pub(crate) fn join_and_exchange(&mut self, window: &Window) -> Result<io::Result<()>, OpenError> {
        self.join().map(|stream| connect::exchange(stream, window))
    }

    /// How many the server has not closed. What it has sent meanwhile is read and forgotten.
    pub(crate) fn still_open(&mut self) -> usize {
        let mut block = [0; 4096];
        let mut is_open = |stream: &mut TcpStream| {
            stream.set_nonblocking(true)?;
            loop {
                match stream.read(&mut block) {
                    Ok(0) => return Ok(false),
                    Ok(_) => {}
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
                    Err(error) => return Err(error),
                }
            }
        };
        self.streams.iter_mut().filter_map(|stream| is_open(stream).ok()).filter(|&open| open).count()
    }
}

/// Files that a process has open besides its connections: streams, libraries while they load, a readiness queue.
const OTHER_FILES: u64 = 64;

/// Raises the soft limit of open files, for this process and for the servers that it starts; an error when even that is
/// not enough.
pub(crate) fn allow_connections(connections: u64) -> Result<(), Error> {
    let needed = connections + OTHER_FILES;
    // Where there is no such limit there is nothing to raise.
    let allowed = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(u64::MAX);
    if allowed < needed { Err(Error::OpenFiles { needed, allowed }) } else { Ok(()) }
}
