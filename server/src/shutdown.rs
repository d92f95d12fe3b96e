//! The two ways to stop a server: let it drain, or end it at once.

use tokio_util::sync::CancellationToken;

/// Stops a server. Clones stop the same one.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    drain: CancellationToken,
    now: CancellationToken,
}

/// How a server stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// Every session was closed.
    Drained,
    /// The time for draining was over, and so many sessions were cut.
    Cut {
        /// How many.
        sessions: usize,
    },
    /// It was told to end at once.
    AtOnce,
}

impl Shutdown {
    /// One that nobody has used yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Closes every session with 1001 and stops when they are closed.
    pub fn drain(&self) {
        self.drain.cancel();
    }

    /// Stops at once.
    pub fn end_now(&self) {
        self.drain.cancel();
        self.now.cancel();
    }

    /// Waits until draining is asked for.
    pub(crate) async fn drain_asked(&self) {
        self.drain.cancelled().await;
    }

    /// Waits until the end is asked for.
    pub(crate) async fn end_asked(&self) {
        self.now.cancelled().await;
    }
}
