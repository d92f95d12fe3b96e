//! `crosswire-client`: the driver of tokio-tungstenite, over standard input and output.

use std::{
    env,
    io::{self, Write as _},
    process::ExitCode,
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
    match crosswire_client::run(io::stdin().lock(), io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&error.to_string());
            ExitCode::from(CRASHED)
        }
    }
}

/// Where nobody listens on standard error there is nobody to tell.
fn tell(message: &str) {
    let _ = writeln!(io::stderr(), "crosswire-client: {message}");
}
