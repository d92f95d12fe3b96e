//! `crosswire-mutant`: the reference server, wrong in exactly one named way, for testing tests.

use crosswire_server::{
    Invocation,
    mutants::{self, MutantInvocation},
    program, read_config,
};
use std::process::ExitCode;

fn main() -> ExitCode {
    let invocation = match mutants::read(std::env::args_os()) {
        Ok(MutantInvocation::Be(mutant, rest)) => read_config(rest, std::env::vars_os()).map(|asked| {
            if let Invocation::Serve(mut config) = asked {
                config.mutant = mutant;
                Invocation::Serve(config)
            } else {
                asked
            }
        }),
        Ok(MutantInvocation::Tell(text)) => Ok(Invocation::Tell(text)),
        Err(message) => {
            program::tell(&message);
            return ExitCode::from(program::WRONG_USAGE);
        }
    };
    program::start(invocation)
}
