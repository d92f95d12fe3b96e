//! An address at which nobody listens, for tests of what comes of that.

use std::sync::OnceLock;
use tokio::net::TcpSocket;

/// The name under which a test finds it, in `at`.
pub(crate) const NAME: &str = "nobody";

/// Its address. The port is ours for as long as this process lives, so that nobody else begins to listen there.
pub(crate) fn address() -> Option<String> {
    static HELD: OnceLock<Option<(TcpSocket, String)>> = OnceLock::new();
    let held = HELD.get_or_init(|| {
        let socket = TcpSocket::new_v4().ok()?;
        socket.bind((std::net::Ipv4Addr::LOCALHOST, 0).into()).ok()?;
        let url = format!("ws://{}", socket.local_addr().ok()?);
        Some((socket, url))
    });
    held.as_ref().map(|(_, url)| url.clone())
}

#[cfg(test)]
mod tests {
    use super::address;
    use std::{io::ErrorKind, net::TcpStream};

    #[test]
    fn nobody_listens_there() {
        let address = address().expect("loopback has a free port");
        let refused = TcpStream::connect(address.trim_start_matches("ws://")).expect_err("nobody listens");
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    }
}
