//! What can be asked for on the command line, and with which exit code it ends.

mod attempt;
mod check;
mod doctor;
mod known;
mod list;
mod mutants;
mod new_client;
mod report;
mod run;
mod step;

use crate::clients;
use clap::{Args, Parser, Subcommand};
use crosswire_suite::suite::Level;
use std::{
    collections::BTreeSet,
    ffi::OsString,
    io::{self, IsTerminal as _, Write as _},
    path::PathBuf,
    process::ExitCode,
    sync::OnceLock,
};

/// From here on two names are so much alike that one may be the other, misspelt.
const LIKE_ENOUGH: f64 = 0.7;

/// Everything was as expected.
const AS_EXPECTED: u8 = 0;
/// A regression, a fixed entry, a timeout, a crash or a harness error.
const NOT_AS_EXPECTED: u8 = 1;
/// A command line that is none, or a broken suite.
const WRONG_USAGE: u8 = 2;
/// No client or no server could be run.
const NOTHING_TO_RUN: u8 = 3;
/// 128 and the number of SIGINT, as shells report it.
const INTERRUPTED: u8 = 130;

/// A cross-language WebSocket testbed: see, test by test, what a client or a server does right, and why not.
#[derive(Debug, Parser)]
#[command(name = "crosswire", version, arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 0 all as expected; 1 a regression, a fixed known failure, a timeout, a crash, a \
    harness error or a fault of a driver beside the tests; 2 usage, or a broken suite; 3 no client or no server could be \
    run; 130 interrupted."
)]
struct CommandLine {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Run tests: the clients that there are against the reference server, unless told otherwise
    Run(RunArguments),
    /// Run every client against every server with every test, and write every report
    Matrix(RunArguments),
    /// Try one test, and see every frame and everything that is said as it happens
    Try(TryArguments),
    /// List the tests, and what each needs
    List(ListArguments),
    /// Check the suites of a folder, or the project's own
    Check {
        /// The folder with the suites
        folder: Option<PathBuf>,
    },
    /// Show a run that was written down, and write its reports anew
    Report {
        /// results.ndjson, or the folder that it is in
        results: PathBuf,
        /// An earlier run to compare it with
        #[arg(long, value_name = "RESULTS")]
        against: Option<PathBuf>,
        /// Where the reports go; nothing is written where this is not given
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// Show what clients and servers rightly do differently, in place of the run
        #[arg(long)]
        differences: bool,
    },
    /// Prove that every test can fail: run each against the servers that are wrong in one named way
    Mutants(MutantArguments),
    /// Step and judge one test at a time for a test process that is the driver: conformance/drivers.md tells how
    Step(StepArguments),
    /// Tell for each client and server what is there, what is missing, and the command that gets it
    Doctor {
        /// Only these: names, languages, or the paths of manifests
        name: Vec<String>,
    },
    /// Write the skeleton of a driver, which does everything but connect
    NewClient(NewClientArguments),
    /// Known failures
    #[command(subcommand)]
    Known(KnownWhat),
    /// Start the reference server; its own flags follow, see `crosswire serve --help`
    #[command(disable_help_flag = true)]
    Serve {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        flags: Vec<OsString>,
    },
    /// The driver of tokio-tungstenite, as a process of its own
    #[command(hide = true)]
    Client,
}

#[derive(Debug, Subcommand)]
enum KnownWhat {
    /// Write the failures of a run into the known failures of its clients, for you to add the reasons
    Update {
        /// results.ndjson, or the folder that it is in
        results: PathBuf,
        /// A manifest of your own among the clients of the run; may be given several times
        #[arg(long, value_name = "PATH")]
        client: Vec<PathBuf>,
    },
}

#[derive(Debug, Args)]
struct Selection {
    /// Only tests of this profile, such as core; may be given several times
    #[arg(long, value_name = "NAME")]
    profile: Vec<String>,
    /// Only tests whose id matches; `*` stands for anything; may be given several times
    #[arg(long, value_name = "GLOB")]
    test: Vec<String>,
    /// The suites of this folder instead of the project's own
    #[arg(long, value_name = "DIR")]
    suites: Option<PathBuf>,
    /// Exactly the tests of a frozen list, such as core-1, or of the file of one; refused where one of them has changed
    #[arg(long, value_name = "NAME|PATH", conflicts_with_all = ["profile", "test"])]
    frozen: Option<String>,
}

#[derive(Debug, Args)]
struct ListArguments {
    #[command(flatten)]
    selection: Selection,
    /// As JSON, a line each
    #[arg(long)]
    json: bool,
    /// Write them into this file as a frozen list, named after the file, that never changes
    #[arg(long, value_name = "PATH", conflicts_with = "json")]
    freeze: Option<PathBuf>,
    /// The list may still be frozen again
    #[arg(long, requires = "freeze")]
    draft: bool,
}

/// Which servers are asked for, and how.
#[derive(Debug, Args)]
struct Servers {
    /// A server by its name or language, or the path of its impl.json; may be given several times
    #[arg(long, value_name = "NAME|PATH")]
    server: Vec<String>,
    /// A server that runs already, such as ws://127.0.0.1:8080/chat; may be given several times
    #[arg(long, value_name = "URL")]
    server_url: Vec<String>,
    /// What that server can do, such as echo,welcome; found out by asking it where this is not given
    #[arg(long, value_name = "NAMES", value_delimiter = ',', requires = "server_url")]
    server_can: Option<Vec<String>>,
    /// A server of your own: a command that prints a ready line, run without a shell
    #[arg(long, value_name = "COMMAND")]
    server_command: Option<String>,
}

#[derive(Debug, Args)]
struct TryArguments {
    /// The test's id; `*` stands for anything, where only one test matches
    test: String,
    /// The client by its name or language, or the path of its impl.json
    #[arg(long, value_name = "NAME|PATH", default_value = clients::INSIDE)]
    client: String,
    #[command(flatten)]
    servers: Servers,
    /// The suites of this folder instead of the project's own
    #[arg(long, value_name = "DIR")]
    suites: Option<PathBuf>,
    /// Stretch every wait, for a slow machine
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = time_scale)]
    time_scale: f64,
}

#[derive(Debug, Args)]
struct RunArguments {
    #[command(flatten)]
    selection: Selection,
    /// A client by its name or language, or the path of its impl.json; may be given several times
    #[arg(long, value_name = "NAME|PATH")]
    client: Vec<String>,
    #[command(flatten)]
    servers: Servers,
    /// Where results and reports go
    #[arg(long, value_name = "DIR", default_value = "crosswire-results")]
    out: PathBuf,
    /// The lowest level whose failures count for the exit code: must, should or may
    #[arg(long, value_name = "LEVEL", default_value = "may", value_parser = level)]
    fail_on: Level,
    /// Fail where a client or a server is not built, instead of leaving it out with a word
    #[arg(long)]
    strict: bool,
    /// How many tests run at once, all clients together: half of them light ones, and heavy ones that take the place of
    /// several in the other half; 1 is one after the other [default: 8 for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Run the heavy tests with every pair too; else every client has them with one server, and every server with one client
    #[arg(long)]
    every_pair: bool,
    /// How often each test is run
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    repeat: u64,
    /// Run the tests in an order drawn from this number
    #[arg(long, value_name = "SEED")]
    shuffle: Option<u64>,
    /// Stretch every wait, for a slow machine
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = time_scale)]
    time_scale: f64,
    /// Wait until so many browsers have been opened by hand at the address that is told then; each has a row of its own
    #[arg(long, value_name = "N", default_value_t = 0)]
    guests: u8,
    /// Compare with an earlier run
    #[arg(long, value_name = "RESULTS")]
    against: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct StepArguments {
    #[command(flatten)]
    selection: Selection,
    /// The manifest with the client's known failures; may be given several times
    #[arg(long, value_name = "PATH")]
    client: Vec<String>,
    /// Stretch every wait, for a slow machine
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = time_scale)]
    time_scale: f64,
}

#[derive(Debug, Args)]
struct MutantArguments {
    #[command(flatten)]
    selection: Selection,
    /// A client by its name, or the path of its impl.json
    #[arg(long, value_name = "NAME|PATH")]
    client: Vec<String>,
    /// Only this mutant; may be given several times
    #[arg(long, value_name = "NAME")]
    mutant: Vec<String>,
    /// The program that is wrong on demand; beside this one, where it is not given
    #[arg(long, value_name = "PATH")]
    program: Option<PathBuf>,
    /// How many mutants run at once, of all clients together
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: u16,
    /// Stretch every wait, for a slow machine
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = time_scale)]
    time_scale: f64,
}

#[derive(Debug, Args)]
struct NewClientArguments {
    /// The client's name: lower-case words with hyphens between
    name: String,
    /// The language of the skeleton
    #[arg(long, value_name = "LANGUAGE")]
    like: new_client::Like,
    /// The folder to write; conformance/clients/NAME inside the repository and ./NAME elsewhere, where it is not given
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

fn level(text: &str) -> Result<Level, String> {
    let found = Level::NAMES.iter().find(|(name, _)| *name == text).map(|(_, level)| *level);
    found.ok_or_else(|| "a level is must, should or may".to_owned())
}

fn time_scale(text: &str) -> Result<f64, String> {
    let factor: f64 = text.parse().map_err(|_| "a factor is a number".to_owned())?;
    if (0.1..=100.0).contains(&factor) { Ok(factor) } else { Err("a factor is from 0.1 to 100".to_owned()) }
}

/// The whole program.
pub fn main() -> ExitCode {
    let line = CommandLine::parse();
    let code = match line.what {
        What::Run(arguments) => asynchronous(run::run(arguments, run::Unasked::Reference)),
        What::Matrix(arguments) => asynchronous(run::run(arguments, run::Unasked::All)),
        What::Try(arguments) => asynchronous(attempt::attempt(arguments)),
        What::List(arguments) => list::list(&arguments),
        What::Check { folder } => check::check(folder.as_deref()),
        What::Report { results, against, out, differences } => {
            report::report(&results, against.as_deref(), out.as_deref(), differences)
        }
        What::Doctor { name } => asynchronous(doctor::doctor(&name)),
        What::NewClient(arguments) => new_client::new_client(&arguments),
        What::Known(KnownWhat::Update { results, client }) => known::update(&results, &client),
        What::Step(arguments) => asynchronous(step::step(arguments)),
        What::Mutants(arguments) => asynchronous(mutants::mutants(arguments)),
        What::Serve { flags } => {
            let name = "crosswire serve";
            let arguments = std::iter::once(OsString::from(name)).chain(flags);
            let config = crosswire_server::read_config(arguments, std::env::vars_os());
            return crosswire_server::program::start_as(name, config);
        }
        What::Client => match crosswire_client::run(io::stdin().lock(), io::stdout()) {
            Ok(()) => Ok(AS_EXPECTED),
            Err(error) => Err(Stop { code: NOT_AS_EXPECTED, message: error.to_string() }),
        },
    };
    match code {
        Ok(AS_EXPECTED) if let Some(error) = UNSAID.get() => {
            complain(&format!("standard output cannot be written: {error}"));
            ExitCode::from(WRONG_USAGE)
        }
        Ok(code) => ExitCode::from(code),
        Err(stop) => {
            complain(&stop.message);
            ExitCode::from(stop.code)
        }
    }
}

/// Why a command could not do what it was asked for.
#[derive(Debug)]
struct Stop {
    code: u8,
    message: String,
}

impl Stop {
    fn usage(message: impl Into<String>) -> Self {
        Self { code: WRONG_USAGE, message: message.into() }
    }
}

type Outcome = Result<u8, Stop>;

/// All on one thread: the runner waits more than it works, and what comes in on another thread would have to wake this one.
fn asynchronous(work: impl Future<Output = Outcome>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Stop {
        code: NOTHING_TO_RUN,
        message: format!("the runtime could not start: {error}"),
    })?;
    let outcome = runtime.block_on(work);
    runtime.shutdown_background();
    outcome
}

/// Why something could not be said: the first time that it was so.
static UNSAID: OnceLock<io::Error> = OnceLock::new();

/// Says something on standard output. Whoever has closed the pipe has read enough; a full disk is told in the end.
fn say(text: &str) {
    let mut output = io::stdout();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let _ = UNSAID.set(error);
        }
        _ => {}
    }
}

fn complain(message: &str) {
    let _ = writeln!(io::stderr(), "crosswire: {message}");
}

/// How standard output is written to.
fn style() -> crate::report::Style {
    let is_plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let told = std::env::var("COLUMNS").ok();
    crate::report::Style {
        colours: io::stdout().is_terminal() && !is_plain,
        width: width(told.as_deref(), terminal_width()),
    }
}

/// What somebody says, what the terminal has, or 80 columns: between what can be read and what fits.
fn width(told: Option<&str>, terminal: Option<usize>) -> usize {
    let told = told.and_then(|columns| columns.parse().ok());
    told.or(terminal).unwrap_or(80).clamp(40, 200)
}

/// Shells keep `COLUMNS` to themselves, so that the terminal is asked.
#[cfg(unix)]
fn terminal_width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}

#[cfg(not(unix))]
const fn terminal_width() -> Option<usize> {
    None
}

impl Selection {
    /// The tests that were asked for.
    fn catalogue(&self) -> Result<crate::catalogue::Catalogue, Stop> {
        use crate::catalogue::Catalogue;
        let read = self.suites.as_ref().map_or_else(Catalogue::own, |folder| Catalogue::read(folder));
        let mut catalogue = read.map_err(|broken| {
            let lines: Vec<_> = broken.iter().map(ToString::to_string).collect();
            Stop::usage(format!("the list is broken, so that nothing was run\n{}", lines.join("\n")))
        })?;
        if let Some(name) = &self.frozen {
            let selected = crate::frozen::Frozen::named(name).and_then(|list| list.select(catalogue));
            return selected.map_err(Stop::usage);
        }
        let profiles: BTreeSet<String> =
            catalogue.entries.iter().map(|entry| entry.profile.clone()).collect();
        if let Some(unknown) = self.profile.iter().find(|profile| !profiles.contains(*profile)) {
            let known: Vec<_> = profiles.into_iter().collect();
            return Err(Stop::usage(format!("there is no profile `{unknown}`; known: {}", known.join(", "))));
        }
        catalogue.retain(&[], &self.profile);
        for pattern in &self.test {
            self.refuse_empty(pattern, &catalogue)?;
        }
        catalogue.retain(&self.test, &[]);
        Ok(catalogue)
    }

    /// A pattern that matches nothing is one that somebody has misspelt, whatever the others match.
    fn refuse_empty(&self, pattern: &str, catalogue: &crate::catalogue::Catalogue) -> Result<(), Stop> {
        let ids = || catalogue.entries.iter().map(|entry| entry.test.id.as_str());
        if ids().any(|id| crate::catalogue::selects(pattern, id)) {
            return Ok(());
        }
        let alike = |id: &str| strsim::jaro(id, pattern);
        let nearest = ids().max_by(|a, b| alike(a).total_cmp(&alike(b)));
        let nearest = nearest.filter(|id| !pattern.contains('*') && alike(id) >= LIKE_ENOUGH);
        let hint = nearest.map(|id| format!("; the nearest id is `{id}`")).unwrap_or_default();
        let of = match &self.profile[..] {
            [] => String::new(),
            profiles => format!(" of the profile {}", profiles.join(", ")),
        };
        let count = catalogue.entries.len();
        Err(Stop::usage(format!(
            "`--test {pattern}` matches none of the {count} tests{of}{hint}; `crosswire list` lists them"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_as_wide_as_the_terminal() {
        assert_eq!(width(None, Some(132)), 132);
        assert_eq!(width(Some("100"), Some(132)), 100);
        assert_eq!(width(Some("wide"), None), 80);
        assert_eq!((width(None, Some(12)), width(None, Some(900))), (40, 200));
    }
}
