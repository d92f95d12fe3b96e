//! `crosswire-server`: the reference server.

use crosswire_server::{program, read_config};
use std::process::ExitCode;

fn main() -> ExitCode {
    program::start(read_config(std::env::args_os(), std::env::vars_os()))
}
