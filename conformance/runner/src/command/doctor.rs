//! `crosswire doctor`: for each client and server what is there, what is missing, and the command that gets it.

use super::{AS_EXPECTED, NOT_AS_EXPECTED, Outcome, Stop, complain, say, style};
use crate::{
    build::Tool,
    clients,
    manifest::{self, Entry, Side},
    run::{Kind, Missing, Seat},
    servers,
};
use futures_util::{StreamExt as _, stream};
use std::{fmt::Write as _, process::Stdio, time::Duration};
use tokio::{process::Command, time::timeout};

/// How long a program may take to tell its version.
const VERSION_TIME: Duration = Duration::from_secs(20);
/// How long nothing is said of one that says nothing itself.
const SILENCE: Duration = Duration::from_secs(2);
/// How many are examined at once.
const AT_ONCE: usize = 4;

/// What was found out about one thing that is needed.
struct Finding {
    is_there: bool,
    what: String,
    /// What to do, where it is not there.
    advice: Option<String>,
}

pub(super) async fn doctor(wanted: &[String]) -> Outcome {
    let mut all: Vec<(Side, Entry)> = Vec::new();
    all.extend(clients::all().map_err(Stop::usage)?.into_iter().map(|client| (Side::Clients, client)));
    all.extend(servers::all().map_err(Stop::usage)?.into_iter().map(|server| (Side::Servers, server)));
    if !wanted.is_empty() {
        all = choose(wanted, &all)?;
    }
    let examined: Vec<_> = stream::iter(&all)
        .map(|(side, entry)| async move { (*side, entry, patiently(entry, examine(*side, entry)).await) })
        .buffered(AT_ONCE)
        .collect()
        .await;
    let mut missing = Vec::new();
    for (side, entry, findings) in &examined {
        missing.extend(findings.iter().find(|finding| !finding.is_there));
        say(&told(*side, entry, findings));
    }
    let sides: Vec<_> = examined.iter().map(|(side, ..)| *side).collect();
    say(&format!("\n{}: {}\n", counted(&sides), summed(&missing, sides.len())));
    Ok(if missing.is_empty() { AS_EXPECTED } else { NOT_AS_EXPECTED })
}

/// Says what is waited for, where that takes long: a driver that says nothing is given much time to say something.
async fn patiently(entry: &Entry, examined: impl Future<Output = Vec<Finding>>) -> Vec<Finding> {
    let mut examined = std::pin::pin!(examined);
    if let Ok(findings) = timeout(SILENCE, &mut examined).await {
        return findings;
    }
    complain(&format!("{} has not answered yet, and is given time", entry.name));
    examined.await
}

/// `1 client`, `8 clients and 5 servers`.
fn counted(sides: &[Side]) -> String {
    let of = |side: Side| match (sides.iter().filter(|other| **other == side).count(), side.one()) {
        (0, _) => None,
        (1, noun) => Some(format!("1 {noun}")),
        (many, noun) => Some(format!("{many} {noun}s")),
    };
    let words: Vec<_> = [Side::Clients, Side::Servers].into_iter().filter_map(of).collect();
    words.join(" and ")
}

/// How many of all of them cannot be run, by the first thing that is wrong with each.
fn summed(missing: &[&Finding], all: usize) -> String {
    let who = match (missing.len(), all) {
        (0, _) => return "everything is there".to_owned(),
        (1, 1) => "it cannot be run yet".to_owned(),
        (some, _) => format!("{some} of them cannot be run yet"),
    };
    let advised = missing.iter().filter(|finding| finding.advice.is_some()).count();
    let hint = match advised {
        0 => "what is wrong stands behind the ✗",
        some if some == missing.len() => "the arrows say what to do",
        _ => "the arrows say what to do, and what else is wrong stands behind the ✗",
    };
    format!("{who}; {hint}")
}

/// Those that are called so, or that speak such a language, or that a manifest has.
fn choose(wanted: &[String], all: &[(Side, Entry)]) -> Result<Vec<(Side, Entry)>, Stop> {
    let mut chosen: Vec<(Side, Entry)> = Vec::new();
    for name in wanted {
        if let Some(entries) = of_manifest(name).map_err(Stop::usage)? {
            chosen.extend(entries);
            continue;
        }
        let before = chosen.len();
        chosen
            .extend(all.iter().filter(|(_, entry)| entry.name == *name || entry.language == *name).cloned());
        if chosen.len() == before {
            let known: Vec<_> = all.iter().map(|(_, entry)| entry.name.as_str()).collect();
            let known = known.join(", ");
            let message = format!("there is no `{name}`; known: {known}; or give the path of an impl.json");
            return Err(Stop::usage(message));
        }
    }
    Ok(chosen)
}

/// A manifest may have clients, or servers, or both; behind a `#` stands the name of one. None, where it is no path of one.
fn of_manifest(asked: &str) -> Result<Option<Vec<(Side, Entry)>>, String> {
    let mut found = Vec::new();
    let mut wrong = Vec::new();
    for side in [Side::Clients, Side::Servers] {
        match manifest::named(asked, side) {
            Ok(None) => return Ok(None),
            Ok(Some(entries)) => found.extend(entries.into_iter().map(|entry| (side, entry))),
            Err(error) => wrong.push(error),
        }
    }
    match wrong.into_iter().next() {
        Some(error) if found.is_empty() => Err(error),
        _ => Ok(Some(found)),
    }
}

/// What it needs, in the order in which it is needed: what is behind something that is missing is not looked at.
async fn examine(side: Side, entry: &Entry) -> Vec<Finding> {
    let mut findings = Vec::new();
    // With what was built already an old tool is in nobody's way, or its driver says what it lacks.
    let is_built = entry.build.missing().is_none();
    for tool in &entry.build.tools {
        findings.push(examine_tool(tool, is_built).await);
    }
    if findings.iter().any(|finding| !finding.is_there) {
        return findings;
    }
    if let Some(why) = entry.build.missing() {
        let advice = entry.build.advice();
        let what = if advice.is_some() { "it is not built".to_owned() } else { why };
        findings.push(Finding { is_there: false, what, advice });
        return findings;
    }
    let (what, missing) = match side {
        Side::Clients => {
            let seat = Seat::take(entry, 1.0).await;
            let missing = seat.unfit().await.map(|unfit| Missing::broken(unfit.to_string()));
            let _ = seat.stop().await;
            let hello =
                seat.hello.map(|hello| format!("{} on {} introduces itself", hello.library, hello.runtime));
            (hello, missing)
        }
        Side::Servers => {
            let kind = Kind::begin(&entry.clone().into(), &[], 1.0).await;
            let ready = kind.main.as_ref().ok().map(|server| format!("{} is ready", server.version));
            let missing = kind.main.as_ref().err().cloned();
            kind.stop().await;
            (ready, missing)
        }
    };
    findings.push(match missing {
        None => Finding { is_there: true, what: what.unwrap_or_default(), advice: None },
        Some(missing) => Finding { is_there: false, what: missing.why, advice: None },
    });
    findings
}

async fn examine_tool(tool: &Tool, is_built: bool) -> Finding {
    let Some((program, arguments)) = tool.version.split_first() else {
        return Finding { is_there: false, what: "`version` of a tool is empty".to_owned(), advice: None };
    };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    match timeout(VERSION_TIME, command.output()).await {
        Ok(Ok(output)) if output.status.success() => {
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8_lossy(&said);
            let line = said.lines().find(|line| !line.trim().is_empty()).unwrap_or(program);
            // Behind it some tell in parentheses of which commit they were built.
            let line = line.split(" (").next().unwrap_or(line);
            let what =
                if line.contains(program.as_str()) { line.to_owned() } else { format!("{program} {line}") };
            match tool.lacks(line).filter(|_| !is_built) {
                Some(wanted) => Finding {
                    is_there: false,
                    what: format!("{what} is too old: {wanted} or newer is needed"),
                    advice: Some(tool.advice()),
                },
                None => Finding { is_there: true, what, advice: None },
            }
        }
        _ => Finding { is_there: false, what: format!("{program} is missing"), advice: Some(tool.advice()) },
    }
}

fn told(side: Side, entry: &Entry, findings: &[Finding]) -> String {
    let style = style();
    let painted = |text: String, colour: anstyle::AnsiColor| {
        let colour = colour.on_default().bold();
        if style.colours { format!("{colour}{text}{colour:#}") } else { text }
    };
    let mut text = format!("{} {} ({})\n", side.one(), entry.name, entry.library);
    for Finding { is_there, what, advice } in findings {
        let sign = if *is_there {
            painted("✓".to_owned(), anstyle::AnsiColor::Green)
        } else {
            painted("✗".to_owned(), anstyle::AnsiColor::Red)
        };
        // A string takes whatever is written to it.
        let _ = writeln!(text, "  {sign} {}", what.trim_end().replace('\n', "\n    "));
        if let Some(advice) = advice {
            let _ = writeln!(text, "    → {advice}");
        }
    }
    text
}
