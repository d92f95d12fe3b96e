//! The program around the library: logging, signals and the exit code.

mod log;
mod signals;

use crate::{
    Config, ConfigError, Invocation, Listening, LogLevel, Server, Shutdown, Stopped, banner, is_loopback,
    listen_on, make_room_for, ready_line,
};
use log::Log;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use std::{
    io::{self, Write as _},
    process::ExitCode,
};
use tokio::runtime;

/// What the program is called.
pub(crate) const NAME: &str = "crosswire-server";

const COULD_NOT_RUN: u8 = 1;
/// The exit code of a command line that is none.
pub const WRONG_USAGE: u8 = 2;
const SESSIONS_WERE_CUT: u8 = 3;
/// 128 and the number of SIGINT, as shells report it.
const STOPPED_AT_ONCE: u8 = 130;

/// Does what the command line asked for.
pub fn start(invocation: Result<Invocation, ConfigError>) -> ExitCode {
    start_as(NAME, invocation)
}

/// The same as a part of another program, which is called otherwise.
pub fn start_as(name: &'static str, invocation: Result<Invocation, ConfigError>) -> ExitCode {
    let config = match invocation {
        Ok(Invocation::Serve(config)) => *config,
        Ok(Invocation::Tell(text)) => {
            let mut output = io::stdout();
            return match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
                // Whoever has closed the pipe has read enough.
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                    tell_as(name, &format!("standard output cannot be written: {error}"));
                    ExitCode::from(COULD_NOT_RUN)
                }
                _ => ExitCode::SUCCESS,
            };
        }
        Err(error) => {
            tell_as(name, &error.to_string());
            return ExitCode::from(WRONG_USAGE);
        }
    };
    let log = Log::start(&config, name);
    let code = with_runtime(config, &log);
    log.end();
    code
}

fn with_runtime(config: Config, log: &Log) -> ExitCode {
    let mut builder = match config.threads {
        1 => runtime::Builder::new_current_thread(),
        threads => {
            let mut builder = runtime::Builder::new_multi_thread();
            builder.worker_threads(threads);
            builder
        }
    };
    match builder.enable_all().build() {
        Ok(runtime) => {
            let code = runtime.block_on(run(config, log));
            // Standard input may be read by a thread that nothing can wake.
            runtime.shutdown_background();
            code
        }
        Err(error) => fail(log, COULD_NOT_RUN, &format!("the runtime could not start: {error}")),
    }
}

async fn run(mut config: Config, log: &Log) -> ExitCode {
    let (room, too_little) = make_room_for(config.max_sessions + config.max_handshakes);
    if too_little.is_some() {
        config.max_handshakes = config.max_handshakes.min(room / 2).max(1);
        config.max_sessions = (room - config.max_handshakes).max(1);
    }
    let Listening { listeners, mut notes, .. } = match listen_on(&config.listen).await {
        Ok(listening) => listening,
        Err(error) => {
            let code = if error.is_of_the_command_line() { WRONG_USAGE } else { COULD_NOT_RUN };
            return fail(log, code, &error.to_string());
        }
    };
    let addresses: Vec<_> = listeners.iter().filter_map(|listener| listener.local_addr().ok()).collect();
    #[cfg(feature = "mutants")]
    let listeners = config.mutant.listeners(listeners);
    let only_loopback = addresses.iter().all(|address| is_loopback(address.ip()));
    let server = match Server::new(config.clone(), only_loopback) {
        Ok(server) => server,
        Err(error) => return fail(log, COULD_NOT_RUN, &format!("no random numbers for the token: {error}")),
    };
    let shutdown = Shutdown::new();
    let signals = match signals::stop(&shutdown) {
        Ok(signals) => signals,
        Err(error) => return fail(log, COULD_NOT_RUN, &format!("signals cannot be received: {error}")),
    };
    notes.extend(too_little);
    if config.under_test {
        let line = ready_line(&config, &addresses, server.token());
        if let Err(error) = writeln!(io::stdout(), "{line}") {
            return fail(log, COULD_NOT_RUN, &format!("the ready line could not be written: {error}"));
        }
        for note in &notes {
            log.tell(note);
        }
    } else {
        log.say(&banner(&config, &addresses, server.token(), page_on_disk().as_deref(), &notes));
    }
    let standard_input = signals::end_of_standard_input(config.under_test, &shutdown);
    let stopped = tokio::select! {
        stopped = server.serve(listeners, shutdown.clone()) => stopped,
        never = async { tokio::join!(signals, standard_input) } => match never.0 {},
    };
    match stopped {
        Stopped::Drained => ExitCode::SUCCESS,
        Stopped::Cut { .. } if config.under_test => ExitCode::SUCCESS,
        Stopped::Cut { sessions } => {
            // From `warn` up the log has said so already.
            if matches!(config.log, LogLevel::Off | LogLevel::Error) {
                let plural = if sessions == 1 { "session was" } else { "sessions were" };
                log.tell(&format!(
                    "{sessions} {plural} still open when the drain's time was over, and had to be cut"
                ));
            }
            ExitCode::from(SESSIONS_WERE_CUT)
        }
        Stopped::AtOnce => ExitCode::from(STOPPED_AT_ONCE),
    }
}

/// The page as a file, for whoever starts the server in the folder of crosswire and has built the page.
fn page_on_disk() -> Option<String> {
    /// What would mean something else in an address, beside what is never written as it is.
    const ESCAPED: &AsciiSet =
        &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>').add(b'?').add(b'`');
    let folder = std::env::current_dir().ok()?.join("web");
    let is_built = folder.join("built/crosswire.js").is_file();
    let path = folder.join("index.html");
    let page = path.to_str().filter(|page| is_built && page.starts_with('/') && path.is_file())?;
    Some(format!("file://{}", utf8_percent_encode(page, ESCAPED)))
}

/// Says what kept the server from its work, on one line.
fn fail(log: &Log, code: u8, message: &str) -> ExitCode {
    log.tell(message);
    ExitCode::from(code)
}

/// Says it before there is a log.
pub fn tell(message: &str) {
    tell_as(NAME, message);
}

fn tell_as(name: &str, message: &str) {
    // Where nobody listens on standard error there is nobody to tell.
    let _ = writeln!(io::stderr(), "{name}: {message}");
}
