//! Opening a connection to a server under measure.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use tokio_tungstenite::tungstenite;
use tungstenite::HandshakeError;

use crate::window::Window;

/// What is spoken on a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Wire {
    /// Bytes come back as they are.
    Raw,
    /// RFC 6455, after a handshake.
    WebSocket,
}

/// No server on loopback needs so long for anything unless it hangs.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error("no connection: {0}")]
    Tcp(io::Error),
    #[error("the handshake was answered {status} instead of 101")]
    Refused { status: u16, retry_after: Option<String> },
    #[error("the handshake was not answered within {} s", PATIENCE.as_secs())]
    Silent,
    #[error("the handshake failed: {0}")]
    Handshake(Box<tungstenite::Error>),
}

/// Opens a connection; for [`Wire::WebSocket`] with a handshake on `path`. The stream blocks, with a deadline on every
/// read and write.
pub(crate) fn open(address: SocketAddr, wire: Wire, path: &str) -> Result<TcpStream, OpenError> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE).map_err(OpenError::Tcp)?;
    stream.set_nodelay(true).map_err(OpenError::Tcp)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(OpenError::Tcp)?;
    stream.set_write_timeout(Some(PATIENCE)).map_err(OpenError::Tcp)?;
    match wire {
        Wire::Raw => Ok(stream),
        Wire::WebSocket => match tungstenite::client(format!("ws://{address}{path}"), stream) {
            Ok((socket, _)) => Ok(socket.into_inner()),
            Err(HandshakeError::Interrupted(_)) => Err(OpenError::Silent),
            Err(HandshakeError::Failure(tungstenite::Error::Http(response))) => Err(OpenError::Refused {
                status: response.status().as_u16(),
                retry_after: response
                    .headers()
                    .get("retry-after")
                    .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
            }),
            Err(HandshakeError::Failure(error)) => Err(OpenError::Handshake(Box::new(error))),
        },
    }
}

/// Sends one window and waits for its answer, which must be the expected one.
pub(crate) fn exchange(stream: &mut TcpStream, window: &Window) -> io::Result<()> {
    stream.write_all(&window.request)?;
    let mut reply = vec![0; window.reply.len()];
    stream.read_exact(&mut reply)?;
    if reply == window.reply {
        Ok(())
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidData, "the reply is not what was sent"))
    }
}
