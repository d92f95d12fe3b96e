//! What the bridge can be told on the command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::{ffi::OsString, path::PathBuf, time::Duration};

/// The driver of a browser's WebSocket, spoken to over standard input and output: conformance/drivers.md
#[derive(Debug, Parser)]
#[command(
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Exit codes: 0 the protocol was completed; 1 the browser, its driver or its page is gone or never came; 2 usage; \
    3 what it needs is not installed or not built."
)]
pub(crate) struct What {
    #[command(subcommand)]
    pub(crate) keep: Option<Keep>,
    #[command(flatten)]
    pub(crate) arguments: Arguments,
}

/// What the bridge starts itself as.
#[derive(Debug, Subcommand)]
pub(crate) enum Keep {
    /// Run a WebDriver until standard input ends, and leave nothing of it behind
    #[command(hide = true, disable_help_flag = true)]
    Keep {
        /// The program and its arguments
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<OsString>,
    },
}

/// How a browser is opened.
#[derive(Debug, Clone, Args)]
pub(crate) struct Arguments {
    /// The browser to open; with `none` the first that somebody opens at the address on standard error is the client
    #[arg(long, value_enum, default_value_t = Browser::Chromium)]
    pub(crate) browser: Browser,
    /// The program that opens it; chromedriver or geckodriver of the path, where it is not given
    #[arg(long, value_name = "PATH")]
    pub(crate) webdriver: Option<PathBuf>,
    /// The folder with the driver for the page; `driver` beside this program, where it is not given
    #[arg(long, value_name = "DIR")]
    pub(crate) driver: Option<PathBuf>,
    /// How many seconds the browser may take until its page has joined: 28, or 600 where somebody has to open it
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=3600))]
    within: Option<u32>,
}

/// A browser that can be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Browser {
    /// Chromium or Chrome, headless
    Chromium,
    /// Firefox, headless
    Firefox,
    /// None: somebody opens one
    None,
}

impl Browser {
    /// The client's name.
    pub(crate) const fn client(self) -> &'static str {
        match self {
            Self::Chromium => "browser-chromium",
            Self::Firefox => "browser-firefox",
            Self::None => "browser-by-hand",
        }
    }
}

impl Arguments {
    /// How long it may take until the page has joined. A runner waits 30 s for a hello: it should hear before what is wrong.
    pub(crate) fn within(&self) -> Duration {
        let unasked = if self.browser == Browser::None { 600 } else { 28 };
        Duration::from_secs(self.within.unwrap_or(unasked).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        What::command().debug_assert();
    }

    #[test]
    fn what_is_kept_takes_flags_of_its_own() {
        let what = What::try_parse_from(["bridge", "keep", "chromedriver", "--port=0"]).unwrap();
        let Some(Keep::Keep { command }) = what.keep else { panic!("it is no keeper") };
        assert_eq!(command, ["chromedriver", "--port=0"]);
    }

    #[test]
    fn a_person_is_waited_for_longer_than_a_program() {
        let within = |words: &[&str]| What::try_parse_from(words).unwrap().arguments.within().as_secs();
        assert_eq!(within(&["bridge"]), 28);
        assert_eq!(within(&["bridge", "--browser", "none"]), 600);
        assert_eq!(within(&["bridge", "--browser", "none", "--within", "5"]), 5);
    }
}
