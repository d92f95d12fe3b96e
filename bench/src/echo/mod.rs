//! The two peers that this binary brings along: hidden subcommands, started as processes of their own.

mod plain;
mod raw;

use std::future::Future;
use std::io::{self, Write as _};
use std::net::Ipv4Addr;
use std::process::ExitCode;

use tokio::net::{TcpListener, TcpStream};

pub(crate) use self::plain::EchoLoop;
use crate::error::Error;
use crate::ready;

pub(crate) fn raw() -> Result<ExitCode, Error> {
    serve("raw", raw::echo)
}

pub(crate) fn plain(echo_loop: EchoLoop) -> Result<ExitCode, Error> {
    serve("plain", move |stream| plain::echo(stream, echo_loop))
}

/// One thread, a task a connection, until standard input ends: so that a bench that dies takes its servers along.
fn serve<F, T>(name: &str, echo: F) -> Result<ExitCode, Error>
where
    F: Fn(TcpStream) -> T,
    T: Future<Output = ()> + Send + 'static,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Serve)?;
    runtime
        .block_on(async {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            writeln!(io::stdout(), "{}", ready::line(name, listener.local_addr()?))?;
            let accept = async {
                loop {
                    let (stream, _) = listener.accept().await?;
                    tokio::spawn(echo(stream));
                }
            };
            let (mut input, mut nowhere) = (tokio::io::stdin(), tokio::io::sink());
            tokio::select! {
                failed = accept => failed,
                ended = tokio::io::copy(&mut input, &mut nowhere) => ended.map(|_| ()),
            }
        })
        .map_err(Error::Serve)?;
    Ok(ExitCode::SUCCESS)
}
