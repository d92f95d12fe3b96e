//! A server under measure, as a process.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::contender::Contender;
use crate::cores::Cores;
use crate::error::Error;
use crate::launch::Launch;
use crate::ready::{self, ReadyError};

/// How long a server may take until it prints its ready line.
const START: Duration = Duration::from_secs(10);

/// How long a server may take to end after its standard input did.
const END: Duration = Duration::from_secs(5);

/// Why a server cannot be measured.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error("it cannot be run: {0}")]
    Spawn(io::Error),
    #[error("it printed no ready line within {} s", START.as_secs())]
    Silent,
    #[error("it ended before it was ready; what it said is above")]
    Ended,
    #[error(transparent)]
    Ready(ReadyError),
}

/// A running server. It is ended, and waited for, when this is dropped, whatever the reason.
#[derive(Debug)]
pub(crate) struct ServerProcess {
    contender: Contender,
    child: Child,
    address: SocketAddr,
}

impl ServerProcess {
    /// Starts a server on the core that is kept for it, and waits until it is ready.
    pub(crate) fn start(contender: Contender, launch: &Launch, cores: &Cores) -> Result<Self, Error> {
        let failed = |error| Error::Start { contender, error };
        let mut command = launch.command(contender)?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let child =
            cores.on_server_core(|| command.spawn()).map_err(|error| failed(StartError::Spawn(error)))?;
        // From here on the child is ended by drop.
        let mut process = Self { contender, child, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        let line = process.child.stdout.take().map(first_line).ok_or_else(|| failed(StartError::Silent))?;
        let line = line.recv_timeout(START).map_err(|_| failed(StartError::Silent))?;
        if line.is_empty() {
            return Err(failed(StartError::Ended));
        }
        process.address = ready::parse(line.trim_end()).map_err(|error| failed(StartError::Ready(error)))?;
        Ok(process)
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// True when it ended by itself in time.
    fn ends_by_itself(&mut self) -> bool {
        drop(self.child.stdin.take());
        let deadline = Instant::now() + END;
        while Instant::now() < deadline {
            match self.child.try_wait() {
                Ok(Some(_)) => return true,
                // There is no wait with a deadline in std; nothing is measured at this point.
                Ok(None) => thread::sleep(Duration::from_millis(2)),
                Err(_) => return false,
            }
        }
        false
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        if !self.ends_by_itself() {
            // A server that does not end when it is told to has a fault that somebody should hear of.
            let _ = writeln!(
                io::stderr(),
                "{} was still there {} s after its standard input ended, and was killed",
                self.contender,
                END.as_secs()
            );
            // Both fail only when the process is gone already, which is what they are for.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Hands over the first line, and goes on reading so that the server never blocks on a full pipe.
fn first_line(stdout: ChildStdout) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::spawn(move || {
        let mut lines = BufReader::new(stdout);
        let mut line = String::new();
        // A line that is cut here, or is not text, is no ready line, and is shown as far as it goes.
        let _ = lines.by_ref().take(64 << 10).read_line(&mut line);
        if sender.send(line).is_ok() {
            let _ = io::copy(&mut lines, &mut io::sink());
        }
    });
    receiver
}
