//! `crosswire-bench idle`: how many sessions a server holds, and what it says to the next one.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Instant;

use crate::arguments::IdleOptions;
use crate::connect::{OpenError, Wire};
use crate::contender::Contender;
use crate::cores::Cores;
use crate::crowd::{self, Crowd};
use crate::echo::EchoLoop;
use crate::error::Error;
use crate::launch::{self, Launch};
use crate::memory;
use crate::process::ServerProcess;

/// Exit code 0 when every session was accepted and kept.
pub(crate) fn run(options: &IdleOptions) -> Result<ExitCode, Error> {
    let launch =
        Launch { server: Some(launch::server_path(options.server.as_deref())?), plain: EchoLoop::default() };
    let wanted = options.connections as usize;
    crowd::allow_connections(wanted as u64 + 1)?;
    let cores = Cores::divide();
    let contender = Contender::Crosswire;
    let process = ServerProcess::start(contender, &launch, &cores)?;

    let mut crowd = Crowd::new(process.address(), Wire::WebSocket, "/ws");
    let begun = Instant::now();
    let mut before = None;
    let mut refused = None;
    while crowd.len() < wanted && refused.is_none() {
        let number = crowd.len();
        match crowd.join() {
            Ok(_) => {}
            Err(error @ OpenError::Refused { .. }) => refused = Some(error),
            Err(error) => return Err(Error::Open { contender, number, error }),
        }
        if number == 0 {
            // What a server allocates once, at its first connection, is not charged to the others.
            before = memory::settled(process.id());
        }
    }
    let accepted = crowd.len();
    let took = begun.elapsed();
    let next = match refused {
        Some(error) => Err(error),
        None => crowd.join().map(drop),
    };
    let after = memory::settled(process.id());
    let per_session = memory::per_connection(before, after, crowd.len().saturating_sub(1));
    let open = crowd.still_open();
    let lost = crowd.len() - open;

    let mut out = io::stdout().lock();
    writeln!(out, "accepted     {accepted} of {wanted} sessions on /ws, in {:.1} s", took.as_secs_f64())
        .and_then(|()| writeln!(out, "still open   {open} of {}", crowd.len()))
        .and_then(|()| writeln!(out, "the next one {}", answer(&next)))
        .and_then(|()| writeln!(out, "memory       {}", memory_text(per_session)))
        .map_err(Error::Output)?;
    Ok(if accepted == wanted && lost == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn answer(next: &Result<(), OpenError>) -> String {
    match next {
        Ok(()) => "was accepted as well".to_owned(),
        Err(OpenError::Refused { status, retry_after }) => {
            let retry_after = retry_after.as_deref().unwrap_or("missing");
            format!("was answered {status}, Retry-After: {retry_after}")
        }
        Err(error) => format!("got no answer: {error}"),
    }
}

fn memory_text(bytes_per_session: Option<f64>) -> String {
    bytes_per_session.map_or_else(
        || "unknown: it comes from /proc/PID/smaps_rollup, which only Linux has".to_owned(),
        |bytes| format!("{:.2} KiB of anonymous memory per session", bytes / 1024.0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_shown_with_its_retry_after() {
        let refused = |retry_after| Err(OpenError::Refused { status: 503, retry_after });
        assert_eq!(answer(&refused(Some("5".to_owned()))), "was answered 503, Retry-After: 5");
        assert_eq!(answer(&refused(None)), "was answered 503, Retry-After: missing");
        assert_eq!(answer(&Ok(())), "was accepted as well");
        assert!(answer(&Err(OpenError::Silent)).starts_with("got no answer: "));
    }

    #[test]
    fn memory_is_said_in_kibibytes_or_said_to_be_unknown() {
        assert_eq!(memory_text(Some(3_072.0)), "3.00 KiB of anonymous memory per session");
        assert!(memory_text(None).contains("only Linux"));
    }
}
