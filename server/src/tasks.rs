//! The one place where tasks begin, so that every one of them is waited for.

use std::future::Future;
use tokio_util::task::TaskTracker;

/// Every task of a server.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tasks(TaskTracker);

impl Tasks {
    /// Begins a task.
    pub(crate) fn begin(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(task);
    }

    /// How many are not over.
    pub(crate) fn open(&self) -> usize {
        self.0.len()
    }

    /// Waits until every task is over.
    pub(crate) async fn all_over(&self) {
        self.0.close();
        self.0.wait().await;
    }
}
