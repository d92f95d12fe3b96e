//! `crosswire-bench`: the reference server measured side by side with a raw TCP echo and with tokio-tungstenite used as
//! in its own example. See `bench/README.md` for the method.

mod arguments;
mod case;
mod connect;
mod contender;
mod cores;
mod counters;
mod crowd;
mod echo;
mod error;
mod gate;
mod idle;
mod launch;
mod load;
mod machine;
mod memory;
mod plan;
mod process;
mod ready;
mod report;
mod round;
mod run;
mod statistics;
mod summary;
mod window;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

use crate::arguments::{Arguments, Command};

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Run(options) => run::run(&options),
        Command::Idle(options) => idle::run(&options),
        Command::Raw => echo::raw(),
        Command::Plain { echo_loop } => echo::plain(echo_loop),
    };
    outcome.unwrap_or_else(|error| {
        // Nothing is left to be done for a message that cannot be written.
        let _ = writeln!(std::io::stderr(), "crosswire-bench: {error}");
        error.exit_code()
    })
}
