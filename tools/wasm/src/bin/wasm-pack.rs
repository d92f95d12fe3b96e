//! `wasm-pack`, without its search for newer versions of itself: that is in the `main` of the package, and this is another.

use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = wasm_pack::Cli::parse();
    wasm_pack::PBAR.set_log_level(arguments.log_level);
    if arguments.quiet {
        wasm_pack::PBAR.set_quiet(true);
    }
    match wasm_pack::command::run_wasm_pack(arguments.cmd) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: {error:?}");
            ExitCode::FAILURE
        }
    }
}
