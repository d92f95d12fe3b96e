//! Memory of a server per idle connection.

use std::thread;
use std::time::Duration;

use serde::Serialize;

use crate::case::Case;
use crate::contender::Contender;
use crate::cores::Cores;
use crate::counters;
use crate::crowd::Crowd;
use crate::error::Error;
use crate::launch::Launch;
use crate::process::ServerProcess;
use crate::window::windows;

/// What a crowd of idle connections costs.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Memory {
    pub(crate) contender: Contender,
    pub(crate) connections: usize,
    /// None where the kernel does not say.
    pub(crate) bytes_per_connection: Option<f64>,
}

/// Starts a server, opens that many connections, has one message echoed on each, and leaves them alone.
///
/// The message matters: a connection that was never used has not touched the buffers that it will keep.
pub(crate) fn measure(
    contender: Contender,
    connections: usize,
    launch: &Launch,
    cores: &Cores,
) -> Result<Memory, Error> {
    let process = ServerProcess::start(contender, launch, cores)?;
    let windows = windows(Case::new(1, 1, 5), contender.wire());
    let mut crowd = Crowd::new(process.address(), contender.wire(), "/echo");
    let mut join = || {
        let number = crowd.len();
        crowd
            .join_and_exchange(&windows[0])
            .map_err(|error| Error::Open { contender, number, error })?
            .map_err(|error| Error::Exchange { contender, number, error })
    };
    // What a server allocates once, at its first connection, is not charged to the others.
    join()?;
    let before = settled(process.id());
    for _ in 0..connections {
        join()?;
    }
    let bytes_per_connection = per_connection(before, settled(process.id()), connections);
    Ok(Memory { contender, connections, bytes_per_connection })
}

/// Anonymous memory of a process once it no longer changes.
pub(crate) fn settled(process: u32) -> Option<u64> {
    let mut last = counters::anonymous_memory(process)?;
    for _ in 0..20 {
        thread::sleep(Duration::from_millis(100));
        let now = counters::anonymous_memory(process)?;
        if now == last {
            break;
        }
        last = now;
    }
    Some(last)
}

pub(crate) fn per_connection(before: Option<u64>, after: Option<u64>, connections: usize) -> Option<f64> {
    (connections > 0).then_some(())?;
    Some(after?.saturating_sub(before?) as f64 / connections as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_divided_among_the_connections() {
        assert_eq!(per_connection(Some(1_000), Some(9_000), 4), Some(2_000.0));
        assert_eq!(per_connection(Some(9_000), Some(1_000), 4), Some(0.0));
        assert_eq!(per_connection(Some(1), Some(2), 0), None);
        assert_eq!(per_connection(None, Some(2), 4), None);
    }
}
