//! What can go wrong, and what to do about it.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::case::Case;
use crate::connect::OpenError;
use crate::contender::Contender;
use crate::load::LoadError;
use crate::process::StartError;

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(
        "there is no server at {}: build it with `cargo build --release -p crosswire-server`, \
         or name another one with --server PATH", .0.display()
    )]
    NoServer(PathBuf),
    #[error(
        "{needed} open files are needed but this system allows {allowed}: raise `ulimit -Hn`, or ask for fewer connections"
    )]
    OpenFiles { needed: u64, allowed: u64 },
    #[error("this binary does not know its own path, which it needs to start its peers: {0}")]
    OwnPath(io::Error),
    #[error("{contender} did not start: {error}")]
    Start { contender: Contender, error: StartError },
    #[error("{contender}, connection {number}: {error}")]
    Open { contender: Contender, number: usize, error: OpenError },
    #[error("{contender}, connection {number} of the idle ones: {error}")]
    Exchange { contender: Contender, number: usize, error: io::Error },
    #[error("{contender}, case {case}: {error}")]
    Load { contender: Contender, case: Case, error: LoadError },
    #[error("cannot write {}: {error}", .path.display())]
    Write { path: PathBuf, error: io::Error },
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),
    #[error("cannot serve: {0}")]
    Serve(io::Error),
}

impl Error {
    /// 2 for what the caller has to ask differently, 1 for what went wrong on the way.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::NoServer(_) | Self::OpenFiles { .. } => ExitCode::from(2),
            Self::OwnPath(_)
            | Self::Start { .. }
            | Self::Open { .. }
            | Self::Exchange { .. }
            | Self::Load { .. }
            | Self::Write { .. }
            | Self::Output(_)
            | Self::Serve(_) => ExitCode::FAILURE,
        }
    }
}
