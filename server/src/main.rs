//! `crosswire-server`: the reference server.

mod program;

use crosswire_server::read_config;
use std::process::ExitCode;

fn main() -> ExitCode {
    program::start(read_config(std::env::args_os(), std::env::vars_os()))
}
