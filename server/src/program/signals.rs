//! What makes the server stop: a first signal and a second one, or the end of standard input.

use crate::Shutdown;
use std::{convert::Infallible, future::pending, io};
use tokio::io::AsyncReadExt as _;

/// The first signal drains, the second one ends at once. The future itself never ends.
#[cfg(unix)]
pub(crate) fn stop(shutdown: &Shutdown) -> io::Result<impl Future<Output = Infallible> + use<>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let shutdown = shutdown.clone();
    Ok(async move {
        let mut next = async || tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} };
        next().await;
        shutdown.drain();
        next().await;
        shutdown.end_now();
        pending().await
    })
}

/// The first signal drains, the second one ends at once. The future itself never ends.
#[cfg(not(unix))]
pub(crate) fn stop(shutdown: &Shutdown) -> io::Result<impl Future<Output = Infallible> + use<>> {
    let shutdown = shutdown.clone();
    Ok(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            shutdown.drain();
            if tokio::signal::ctrl_c().await.is_ok() {
                shutdown.end_now();
            }
        }
        pending().await
    })
}

/// Under test, the end of standard input drains: whoever started the server is gone, or done with it.
pub(crate) async fn end_of_standard_input(under_test: bool, shutdown: &Shutdown) -> Infallible {
    if under_test {
        let mut input = tokio::io::stdin();
        let mut scrap = [0; 256];
        while matches!(input.read(&mut scrap).await, Ok(read) if read > 0) {}
        shutdown.drain();
    }
    pending().await
}
