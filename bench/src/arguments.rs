//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::case::Case;
use crate::contender::Contender;
use crate::echo::EchoLoop;

/// Measures the Crosswire reference server beside its peers, on loopback, in one run.
#[derive(Debug, Parser)]
#[command(name = "crosswire-bench", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Measure raw TCP echo, crosswire-server and plain tokio-tungstenite round robin; print and write a table
    Run(RunOptions),
    /// Hold idle sessions on /ws of a server and say what the next one is answered
    Idle(IdleOptions),
    /// Serve a raw TCP echo until standard input ends
    #[command(hide = true)]
    Raw,
    /// Serve WebSocket echo as tokio-tungstenite's examples do, until standard input ends
    #[command(hide = true)]
    Plain {
        #[arg(value_enum)]
        echo_loop: EchoLoop,
    },
}

#[derive(Args, Debug)]
pub(crate) struct RunOptions {
    /// The crosswire-server to measure [default: the one beside this binary]
    #[arg(long, value_name = "PATH")]
    pub(crate) server: Option<PathBuf>,
    /// Fewer rounds and cases, shorter measurements: under a minute, good enough to see a factor but not a percent
    #[arg(long)]
    pub(crate) quick: bool,
    /// How often every server is measured in every case [default: 9, or 3 with --quick]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=99))]
    pub(crate) rounds: Option<u16>,
    /// Where bench.md and bench.json are written
    #[arg(long, value_name = "DIR", default_value = "results")]
    pub(crate) out: PathBuf,
    /// Hold the figures against the project's limits: exit 1 when one is missed or was not measured
    #[arg(long)]
    pub(crate) gate: bool,
    /// Which servers to measure; ratios need `raw` among them
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "raw,crosswire,plain")]
    pub(crate) servers: Vec<Contender>,
    /// How the plain server echoes; the limits are set against `send`
    #[arg(long, value_enum, value_name = "LOOP", default_value_t, conflicts_with = "gate")]
    pub(crate) plain: EchoLoop,
    /// Which cases, each as CONNECTIONS/IN_FLIGHT/PAYLOAD, such as 64/16/5B,64/1/64K [default: six, or four with --quick]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) cases: Vec<Case>,
    /// How long each server is measured in a round [default: 900, or 400 with --quick]
    #[arg(long, value_name = "MILLISECONDS", value_parser = clap::value_parser!(u64).range(10..=60_000))]
    pub(crate) measure: Option<u64>,
    /// Idle connections for the memory figure; 0 leaves it out
    #[arg(long, value_name = "N", default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(0..=50_000))]
    pub(crate) idle: u32,
}

#[derive(Args, Debug)]
pub(crate) struct IdleOptions {
    /// The crosswire-server to ask [default: the one beside this binary]
    #[arg(long, value_name = "PATH")]
    pub(crate) server: Option<PathBuf>,
    /// How many sessions to hold
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=50_000))]
    pub(crate) connections: u32,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn lists_are_split_at_commas() {
        let arguments =
            Arguments::parse_from(["bench", "run", "--servers", "raw,plain", "--cases", "4/2/5B,8/1/1K"]);
        let Command::Run(options) = arguments.command else { panic!("not `run`") };
        assert_eq!(options.servers, [Contender::Raw, Contender::Plain]);
        assert_eq!(options.cases.iter().map(ToString::to_string).collect::<Vec<_>>(), ["4/2/5B", "8/1/1K"]);
    }

    #[test]
    fn a_case_that_is_not_one_is_refused_with_an_example() {
        let error = Arguments::try_parse_from(["bench", "run", "--cases", "64x16"]).unwrap_err();
        assert!(error.to_string().contains("64/16/5B"), "{error}");
    }
}
