//! Bytes back as they came: the least that any echo server on tokio can do.

use std::cell::RefCell;
use std::io::{self, ErrorKind};

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

thread_local! {
    /// One read block for all connections, which an idle one therefore does not own. As large as the reference
    /// server's, so that a large message takes as many reads here as there.
    static BLOCK: RefCell<Vec<u8>> = RefCell::new(vec![0; 64 << 10]);
}

pub(super) async fn echo(mut stream: TcpStream) {
    // Why a connection ended is of no interest to a baseline.
    let _ = echo_until_end(&mut stream).await;
}

async fn echo_until_end(stream: &mut TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    loop {
        stream.readable().await?;
        let rest: io::Result<Vec<u8>> = BLOCK.with_borrow_mut(|block| {
            let read = stream.try_read(block)?;
            if read == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            let written = match stream.try_write(&block[..read]) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
                outcome => outcome?,
            };
            Ok(block[written..read].to_vec())
        });
        match rest {
            Ok(rest) => stream.write_all(&rest).await?,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}
