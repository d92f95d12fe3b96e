//! What a connection runs over: TCP here, memory in tests, TLS later.

use socket2::SockRef;
use std::time::Duration;
use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream},
    net::TcpStream,
};

/// Anything that reads, writes, half-closes (`poll_shutdown`), can be cut off and knows its scheme.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    /// The scheme that an `Origin` has to name to be this server's own.
    fn scheme(&self) -> &'static str {
        "http"
    }

    /// Ends the connection at once, without a farewell: a reset, where the transport knows one.
    fn abort(self);
}

impl Stream for TcpStream {
    fn abort(self) {
        // Closing a socket that lingers for zero seconds sends RST. Where the option cannot be set the socket is
        // already dead, and dropping it is all that is left to do.
        let _ = SockRef::from(&self).set_linger(Some(Duration::ZERO));
    }
}

impl Stream for DuplexStream {
    fn abort(self) {}
}
