//! `crosswire`: the command.

use std::process::ExitCode;

fn main() -> ExitCode {
    crosswire_runner::command::main()
}
