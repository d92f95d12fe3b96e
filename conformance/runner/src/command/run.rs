//! `crosswire run` and `crosswire matrix`

use super::{
    AS_EXPECTED, INTERRUPTED, NOT_AS_EXPECTED, NOTHING_TO_RUN, Outcome, RunArguments, Stop, report, say,
    style,
};
use crate::{
    catalogue::{Catalogue, capabilities, selects},
    child::Start,
    clients::{self, Client},
    mutants::REFERENCE,
    plan::{Plan, Under},
    record::Record,
    report::terminal,
    results::TestResult,
    run::run as carry_out,
};
use std::{
    collections::BTreeSet,
    env, fs,
    io::{self, IsTerminal as _, Write as _},
    path::Path,
};
use tokio::sync::watch;

pub(super) async fn run(arguments: RunArguments) -> Outcome {
    let catalogue = arguments.selection.catalogue()?;
    let clients = chosen(&arguments.client)?;
    if arguments.selection.suites.is_none() {
        refuse_stale(&clients)?;
    }
    let plan = Plan {
        servers: servers(&arguments)?,
        catalogue,
        clients,
        jobs: usize::from(arguments.jobs),
        repeat: arguments.repeat,
        shuffle: arguments.shuffle,
        time_scale: arguments.time_scale,
        out: arguments.out.clone(),
        command: env::args().collect(),
    };
    let earlier = arguments.against.as_deref().map(report::load).transpose()?;
    let out = &plan.out;
    fs::create_dir_all(out).map_err(|error| report::cannot_write(out, &error))?;
    let file = out.join("results.ndjson");
    let record = Record::create(&file, progress()).map_err(|error| report::cannot_write(out, &error))?;
    let (interrupt, interrupted) = watch::channel(false);
    let ended = tokio::select! {
        ended = carry_out(&plan, record, interrupted) => ended,
        never = watch_for_interrupts(interrupt) => match never {},
    };
    let ended = ended.map_err(|nothing| Stop { code: NOTHING_TO_RUN, message: nothing.0 })?;
    for note in &ended.notes {
        super::complain(note);
    }
    if let Some(error) = ended.unwritten {
        return Err(report::cannot_write(out, &io::Error::other(error)));
    }
    let recorded = report::load(&file)?;
    let difference = earlier.map(|earlier| crate::report::Difference::between(&earlier, &recorded));
    report::write(&recorded, difference.as_ref(), out).map_err(|error| report::cannot_write(out, &error))?;
    say(&terminal(&recorded, difference.as_ref(), style()));
    say(&format!("\n  {}\n", told_where(out)));
    Ok(match (ended.interrupted, ended.is_as_expected, ended.has_passed) {
        (true, ..) => INTERRUPTED,
        (false, true, true) => AS_EXPECTED,
        // A run in which nothing passes proves nothing.
        (false, ..) => NOT_AS_EXPECTED,
    })
}

/// An entry among the known failures that matches no test of the project is one that somebody forgot.
fn refuse_stale(clients: &[Client]) -> Result<(), Stop> {
    let Ok(own) = Catalogue::own() else { return Ok(()) };
    for client in clients {
        let matches =
            |entry: &&clients::Known| own.entries.iter().any(|test| selects(&entry.test, &test.test.id));
        if let Some(stale) = client.known.iter().find(|entry| !matches(entry)) {
            let message = format!("a known failure of {} matches no test: `{}`", client.name, stale.test);
            return Err(Stop::usage(message));
        }
    }
    Ok(())
}

fn told_where(out: &Path) -> String {
    format!("{}: results.ndjson, matrix.html, summary.md, junit.xml", out.display())
}

/// The clients that were asked for; all, where none was.
pub(super) fn chosen(wanted: &[String]) -> Result<Vec<Client>, Stop> {
    let all = clients::all().map_err(Stop::usage)?;
    if wanted.is_empty() {
        return Ok(all);
    }
    let mut chosen = Vec::new();
    for name in wanted {
        if name.ends_with(".json") {
            chosen.extend(clients::from_manifest(Path::new(name)).map_err(Stop::usage)?);
            continue;
        }
        let found = all.iter().find(|client| client.name == *name || client.language == *name);
        let names: Vec<_> = all.iter().map(|client| client.name.as_str()).collect();
        let found = found.ok_or_else(|| {
            Stop::usage(format!(
                "there is no client `{name}`; known: {}; or give the path of an impl.json",
                names.join(", ")
            ))
        })?;
        chosen.push(found.clone());
    }
    Ok(chosen)
}

fn servers(arguments: &RunArguments) -> Result<Vec<Under>, Stop> {
    let can = match &arguments.server_can {
        None => None,
        Some(names) => {
            let known = capabilities().server;
            if let Some(unknown) = names.iter().find(|name| !known.contains(name)) {
                let known = known.join(", ");
                return Err(Stop::usage(format!("no server can `{unknown}`; known: {known}")));
            }
            Some(names.iter().cloned().collect::<BTreeSet<_>>())
        }
    };
    let mut servers = Vec::new();
    for name in &arguments.server {
        if name != REFERENCE {
            let hint = "or give --server-url or --server-command";
            return Err(Stop::usage(format!("there is no server `{name}`; known: {REFERENCE}; {hint}")));
        }
        servers.push(reference()?);
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
        let start = Start { command: words.into_iter().map(Into::into).collect(), folder: None };
        servers.push(Under::Program { name: command.clone(), start, has_limits: false });
    }
    if servers.is_empty() {
        servers.push(reference()?);
    }
    Ok(servers)
}

/// The reference server, which is inside this program.
pub(super) fn reference() -> Result<Under, Stop> {
    let program =
        env::current_exe().map_err(|error| Stop::usage(format!("this program cannot be found: {error}")))?;
    let command = vec![program.into(), "serve".into(), "--under-test".into(), "--journal".into()];
    Ok(Under::Program {
        name: REFERENCE.to_owned(),
        start: Start { command, folder: None },
        has_limits: true,
    })
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

/// The first interrupt ends the run in good order, the second at once.
async fn watch_for_interrupts(interrupt: watch::Sender<bool>) -> std::convert::Infallible {
    loop {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        if interrupt.send_replace(true) {
            #[expect(clippy::exit, reason = "a second interrupt is for whoever cannot wait")]
            std::process::exit(i32::from(INTERRUPTED));
        }
        super::complain("ends what is running and writes down what is known; again ends at once");
    }
}
