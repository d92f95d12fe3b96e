//! `crosswire-client`: the driver of tokio-tungstenite, over standard input and output.

use std::{
    env,
    io::{self, Write as _},
    panic,
    process::{self, ExitCode},
};

const CRASHED: u8 = 1;
const WRONG_USAGE: u8 = 2;

fn main() -> ExitCode {
    if env::args_os().len() > 1 {
        tell(
            "it takes no arguments: it reads commands from standard input, as conformance/drivers.md has them",
        );
        return ExitCode::from(WRONG_USAGE);
    }
    crash_as_a_whole();
    match crosswire_client::run(io::stdin().lock(), io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&error.to_string());
            ExitCode::from(CRASHED)
        }
    }
}

/// A connection's task that panicked would answer nothing any more, and nobody would know why.
fn crash_as_a_whole() {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |panicked| {
        print(panicked);
        #[expect(clippy::exit, reason = "a panic in any thread is the end of the driver")]
        process::exit(CRASHED.into());
    }));
}

/// Where nobody listens on standard error there is nobody to tell.
fn tell(message: &str) {
    let _ = writeln!(io::stderr(), "crosswire-client: {message}");
}
