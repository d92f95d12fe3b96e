//! The one place where tasks begin: each ends with the stream or the process that it serves.

use tokio::task::JoinHandle;

/// Begins a task that ends by itself when what it reads from or writes to is gone.
#[expect(clippy::disallowed_methods, reason = "this is the one tracked place")]
pub(crate) fn spawn<F>(task: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(task)
}
