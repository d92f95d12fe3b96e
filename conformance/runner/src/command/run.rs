//! `crosswire run` and `crosswire matrix`

use super::{
    AS_EXPECTED, INTERRUPTED, NOT_AS_EXPECTED, NOTHING_TO_RUN, Outcome, RunArguments, Servers, Stop, report,
    say,
};
use crate::{
    catalogue::{Catalogue, capabilities, selects},
    child::Start,
    clients,
    known::Known,
    manifest,
    plan::{Client, MayLack, Plan, Program, Under},
    record::{REPORTS, RESULTS, Record},
    results::{Selected, TestResult},
    run::{NothingRun, run as carry_out},
    servers::{self, reference},
};
use std::{
    collections::BTreeSet,
    env,
    io::{self, IsTerminal as _, Write as _},
    path::Path,
};
use tokio::sync::watch;

pub(super) async fn run(arguments: RunArguments, unasked: Unasked) -> Outcome {
    let catalogue = arguments.selection.catalogue()?;
    let clients = chosen(&arguments.client)?;
    let servers = chosen_servers(&arguments.servers, unasked)?;
    if arguments.selection.suites.is_none() {
        refuse_stale(&clients, &servers)?;
    }
    let selected = selected(&arguments, unasked);
    let plan = Plan {
        catalogue,
        clients,
        servers,
        selected,
        fail_on: arguments.fail_on,
        may_lack: MayLack {
            clients: !arguments.strict && arguments.client.is_empty(),
            servers: !arguments.strict && arguments.servers.server.is_empty(),
        },
        jobs: arguments.jobs.map_or_else(jobs, usize::from),
        every_pair: arguments.every_pair,
        repeat: arguments.repeat,
        shuffle: arguments.shuffle,
        time_scale: arguments.time_scale,
        guests: usize::from(arguments.guests),
        invite,
        out: arguments.out.clone(),
        command: env::args().collect(),
    };
    let earlier = arguments.against.as_deref().map(report::load).transpose()?;
    let out = &plan.out;
    let record = Record::create(out, progress()).map_err(|error| report::cannot_write(out, &error))?;
    let (interrupt, interrupted) = watch::channel(false);
    let ended = tokio::select! {
        ended = carry_out(&plan, record, interrupted) => ended,
        never = watch_for_interrupts(interrupt) => match never {},
    };
    let ended = ended.map_err(|nothing| match nothing {
        NothingRun::Missing(message) => Stop { code: NOTHING_TO_RUN, message },
        NothingRun::Interrupted => {
            Stop { code: INTERRUPTED, message: "interrupted before anything was run".to_owned() }
        }
        NothingRun::Unwritten(error) => {
            let Stop { code, message } = report::cannot_write(out, &io::Error::other(error));
            Stop { code, message: format!("{message}; nothing was run, and what was there is still there") }
        }
    })?;
    if let Some(error) = ended.unwritten {
        return Err(report::cannot_write(out, &io::Error::other(error)));
    }
    let recorded = report::load(out)?;
    let difference = earlier.map(|earlier| crate::report::Difference::between(&earlier, &recorded));
    let written = report::write(&recorded, difference.as_ref(), out);
    report::show(&recorded, difference.as_ref());
    // What came of it has been said by now, and is in the results.
    written.map_err(|error| {
        let Stop { code, message } = report::cannot_write(out, &error);
        let again = "all of the results are there; `crosswire report` makes the reports of them";
        Stop { code, message: format!("{message}; {again}") }
    })?;
    say(&format!("\n  {}\n", told_where(out)));
    Ok(match (ended.interrupted, ended.is_as_expected, ended.has_passed) {
        (true, ..) => INTERRUPTED,
        (false, true, true) => AS_EXPECTED,
        // A run in which nothing passes proves nothing.
        (false, ..) => NOT_AS_EXPECTED,
    })
}

/// Tells where a browser can be opened, for whoever sits before one.
fn invite(origin: &str, guests: usize) {
    let browsers = if guests == 1 { "a browser" } else { "browsers" };
    super::complain(&format!("open {origin}/ in {browsers}; {guests} to come before the run begins"));
}

/// Of what only some are asked for. Suites of a folder are a list of their own, and all of it.
fn selected(arguments: &RunArguments, unasked: Unasked) -> BTreeSet<Selected> {
    let selection = &arguments.selection;
    let asked = &arguments.servers;
    let names_servers =
        !asked.server.is_empty() || !asked.server_url.is_empty() || asked.server_command.is_some();
    let is_part = [
        (
            Selected::Tests,
            !selection.test.is_empty() || !selection.profile.is_empty() || selection.frozen.is_some(),
        ),
        (Selected::Clients, !arguments.client.is_empty()),
        (Selected::Servers, names_servers || unasked == Unasked::Reference),
    ];
    is_part.into_iter().filter(|(_, is_part)| *is_part).map(|(what, _)| what).collect()
}

/// So many tests wait for something that all processors are kept busy by the rest. Twice as many take as long, and each twice
/// its time: then a slow machine runs out of waits.
fn jobs() -> usize {
    8 * std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// An entry among the known failures that matches no test of the project, or nobody who could be run, is one that somebody
/// forgot.
fn refuse_stale(clients: &[Client], servers: &[Under]) -> Result<(), Stop> {
    let Ok(own) = Catalogue::own() else { return Ok(()) };
    let all = (clients::all().map_err(Stop::usage)?, servers::all().map_err(Stop::usage)?);
    let is_test = |name: &str| own.entries.iter().any(|entry| selects(name, &entry.test.id));
    let is_client = |name: &str| all.0.iter().chain(clients).any(|client| selects(name, &client.name));
    let is_server = |name: &str| {
        let names = all.1.iter().map(|server| server.name.as_str()).chain(servers.iter().map(Under::name));
        names.into_iter().any(|server| selects(name, server))
    };
    let of_clients = clients.iter().map(|client| (client.name.as_str(), &client.known[..]));
    let of_servers = servers.iter().map(|server| (server.name(), server.known()));
    for (name, known) in of_clients.chain(of_servers) {
        for Known { test, client, server, .. } in known {
            let matches = [("test", test, is_test(test)), ("client", client, is_client(client))];
            let server = ("server", server, server == "*" || is_server(server));
            if let Some((what, pattern, _)) = matches.into_iter().chain([server]).find(|(.., is)| !is) {
                let message = format!(
                    "a known failure of {name} matches no {what}: `{pattern}`; take it out, or mend it"
                );
                return Err(Stop::usage(message));
            }
        }
    }
    Ok(())
}

fn told_where(out: &Path) -> String {
    format!("{}: {RESULTS}, {}", out.display(), REPORTS.join(", "))
}

/// The clients that were asked for; all, where none was.
pub(super) fn chosen(wanted: &[String]) -> Result<Vec<Client>, Stop> {
    let all = clients::all().map_err(Stop::usage)?;
    choose(wanted, all, manifest::Side::Clients)
}

/// Those that were asked for by their name, their language, or the path of a manifest; all, where none was.
fn choose(
    wanted: &[String],
    all: Vec<manifest::Entry>,
    side: manifest::Side,
) -> Result<Vec<manifest::Entry>, Stop> {
    if wanted.is_empty() {
        return Ok(all);
    }
    let mut chosen: Vec<manifest::Entry> = Vec::new();
    for name in wanted {
        let is_meant = |entry: &&manifest::Entry| entry.name == *name || entry.language == *name;
        let found = manifest::named(name, side).map_err(Stop::usage)?;
        let found = found.unwrap_or_else(|| all.iter().filter(is_meant).cloned().collect());
        if found.is_empty() {
            let names: Vec<_> = all.iter().map(|entry| entry.name.as_str()).collect();
            return Err(Stop::usage(format!(
                "there is no {} `{name}`; known: {}; or give the path of an impl.json",
                side.one(),
                names.join(", ")
            )));
        }
        for entry in found {
            if chosen.iter().all(|other| other.name != entry.name) {
                chosen.push(entry);
            }
        }
    }
    Ok(chosen)
}

/// The servers that were asked for; where none was, the reference server, or for a matrix all.
pub(super) fn chosen_servers(arguments: &Servers, unasked: Unasked) -> Result<Vec<Under>, Stop> {
    let can = match &arguments.server_can {
        None => None,
        Some(names) => {
            let known = capabilities().server;
            if let Some(unknown) = names.iter().find(|name| !known.contains(name)) {
                let known = known.join(", ");
                return Err(Stop::usage(format!("no server can `{unknown}`; known: {known}")));
            }
            if let Some(act) =
                names.iter().find(|name| name.starts_with("control") || name.starts_with("journal"))
            {
                let hint = "start the server with --server-command, and let its ready line say where";
                return Err(Stop::usage(format!("`{act}` needs an address of its own, /control; {hint}")));
            }
            Some(names.iter().cloned().collect::<BTreeSet<_>>())
        }
    };
    let mut servers: Vec<Under> = Vec::new();
    if !arguments.server.is_empty() {
        let all = servers::all().map_err(Stop::usage)?;
        let named = choose(&arguments.server, all, manifest::Side::Servers)?;
        servers.extend(named.into_iter().map(Under::from));
    }
    for url in &arguments.server_url {
        if !url.starts_with("ws://") {
            let hint = "an address looks like ws://127.0.0.1:8080/chat; TLS is not supported yet";
            return Err(Stop::usage(format!("`{url}` is not the address of a WebSocket server: {hint}")));
        }
        servers.push(Under::Address { url: url.clone(), can: can.clone() });
    }
    if let Some(command) = &arguments.server_command {
        let words = shell_words::split(command)
            .map_err(|error| Stop::usage(format!("--server-command `{command}`: {error}")))?;
        if words.is_empty() {
            return Err(Stop::usage("--server-command is empty; it is the command that starts your server"));
        }
        let start = Start { command: words.into_iter().map(Into::into).collect(), folder: None };
        servers.push(Program::of_command(command.clone(), start).into());
    }
    if servers.is_empty() {
        servers = match unasked {
            Unasked::Reference => vec![reference().map_err(Stop::usage)?.into()],
            Unasked::All => servers::all().map_err(Stop::usage)?.into_iter().map(Under::from).collect(),
        };
    }
    Ok(servers)
}

/// What is run against where no server was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unasked {
    /// The reference server.
    Reference,
    /// Every server that there is.
    All,
}

/// Tells how far the run is: in one line that is written over on a terminal, in a line every hundred results elsewhere.
fn progress() -> crate::record::Watch {
    let is_terminal = io::stderr().is_terminal();
    Box::new(move |result: &TestResult, written, planned| {
        let mut stderr = io::stderr();
        // Where nobody listens there is nobody to tell.
        let _ = if is_terminal {
            let end = if written == planned { "\r\x1b[K" } else { "" };
            write!(stderr, "\r\x1b[K{written} of {planned}  {}{end}", result.test)
        } else if written % 100 == 0 && written < planned {
            writeln!(stderr, "{written} of {planned}")
        } else {
            Ok(())
        };
    })
}

/// Interrupts at the terminal, the end of the terminal itself, and what continuous integration sends before it kills. Those
/// that come while nobody waits are not lost.
#[cfg(unix)]
struct Interrupts {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Interrupts {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: if outlives_its_terminal() { None } else { Some(signal(SignalKind::hangup())?) },
        })
    }

    async fn next(&mut self) -> Option<()> {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            next = self.interrupt.recv() => next,
            next = self.terminate.recv() => next,
            next = hangup => next,
        }
    }
}

/// Whether somebody has started this program with `nohup`: to wait for the signal would undo that. Where it cannot be
/// told, it is left alone.
#[cfg(unix)]
fn outlives_its_terminal() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // The lowest bit is that of the first signal, SIGHUP.
    ignored.is_none_or(|mask| mask & 1 == 1)
}

#[cfg(not(unix))]
struct Interrupts;

#[cfg(not(unix))]
impl Interrupts {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Option<()> {
        tokio::signal::ctrl_c().await.ok()
    }
}

/// The first interrupt ends the run in good order, the second at once.
async fn watch_for_interrupts(interrupt: watch::Sender<bool>) -> std::convert::Infallible {
    // Where they cannot be watched for, they end this program as they end any other.
    let Ok(mut interrupts) = Interrupts::new() else { return std::future::pending().await };
    loop {
        if interrupts.next().await.is_none() {
            std::future::pending::<()>().await;
        }
        if interrupt.send_replace(true) {
            #[expect(clippy::exit, reason = "a second interrupt is for whoever cannot wait")]
            std::process::exit(i32::from(INTERRUPTED));
        }
        super::complain("ends what is running and writes down what is known; again ends at once");
    }
}
