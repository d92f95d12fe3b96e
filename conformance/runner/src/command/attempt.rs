//! `crosswire try`: one test, with everything that happens in it as it happens.

use super::{
    AS_EXPECTED, NOT_AS_EXPECTED, NOTHING_TO_RUN, Outcome, Selection, Stop, TryArguments,
    run::{Unasked, chosen, chosen_servers},
    say, style,
};
use crate::{
    one::Setting,
    report,
    results::{self, Fault, Party, Said},
    run::{Kind, Missing, Pair, Seat, unique},
    trace::{Passed, Seen, Trace, Way},
};
use std::{fmt::Write as _, sync::Arc};
use tokio::sync::watch;

pub(super) async fn attempt(arguments: TryArguments) -> Outcome {
    let wanted = arguments.test.clone();
    let selection =
        Selection { profile: Vec::new(), test: vec![wanted], suites: arguments.suites.clone(), frozen: None };
    let catalogue = selection.catalogue()?;
    let [entry] = &catalogue.entries[..] else {
        let ids: Vec<_> = catalogue.entries.iter().take(5).map(|entry| entry.test.id.as_str()).collect();
        let message = format!(
            "`{}` selects {} tests, and one is tried at a time: {} …",
            arguments.test,
            catalogue.entries.len(),
            ids.join(", ")
        );
        return Err(Stop::usage(message));
    };
    let client = one_of(chosen(std::slice::from_ref(&arguments.client))?, |client| &client.name)?;
    let under = one_of(chosen_servers(&arguments.servers, Unasked::Reference)?, |under| under.name())?;
    let seat = Seat::take(&client, arguments.time_scale).await;
    let origins: Vec<String> = seat.hello.iter().filter_map(|hello| hello.origin.clone()).collect();
    let kind = Kind::begin(&under, &origins, arguments.time_scale).await;
    let missing = seat.missing().await.or_else(|| kind.main.as_ref().err().cloned());
    if let Some(Missing { why, .. }) = missing {
        return Err(Stop { code: NOTHING_TO_RUN, message: why });
    }
    let url = kind.main.as_ref().map(|server| server.url.clone()).unwrap_or_default();
    let style = style();
    say(&format!(
        "{}\n  {}\n  {} → {}, {url}\n\n",
        painted(&entry.test.id, anstyle::Style::new().bold(), style),
        entry.test.title,
        client.name,
        under.name(),
    ));
    let setting = Setting {
        unique: unique(),
        time_scale: arguments.time_scale,
        fixtures: Arc::clone(&catalogue.fixtures),
        trace: Some(Trace::new(Box::new(move |seen| say(&told(seen, style))))),
    };
    let (_nobody, interrupt) = watch::channel(false);
    let pair = Pair { seat: &seat, kind: &kind };
    let mut result = pair.run(entry, None, &setting, &interrupt).await;
    let mut faults = seat.stop().await;
    faults.extend(kind.fault().await);
    kind.stop().await;
    // It was told as it happened.
    result.transcript.clear();
    let is_expected =
        faults.is_empty() && matches!(result.outcome, results::Outcome::Ok | results::Outcome::Known);
    let colour = if is_expected { anstyle::AnsiColor::Green } else { anstyle::AnsiColor::Red };
    let text = report::one(entry, &result);
    let (head, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let head = format!("{head}, {} in {:.1} ms", result.outcome.name(), result.ms);
    let rest = rest.split_once('\n').map_or("", |(_title, rest)| rest);
    say(&format!("\n{}\n{rest}", painted(&head, colour.on_default().bold(), style)));
    for Fault { by, message } in faults {
        super::complain(&format!("beside the test, {}: {message}", by.in_words()));
    }
    Ok(if is_expected { AS_EXPECTED } else { NOT_AS_EXPECTED })
}

/// The one that was meant, where only one can be.
fn one_of<T>(all: Vec<T>, name: impl Fn(&T) -> &str) -> Result<T, Stop> {
    let names = all.iter().map(|one| name(one).to_owned()).collect::<Vec<_>>().join(", ");
    let mut all = all.into_iter();
    match (all.next(), all.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(Stop::usage(format!(
            "a test is tried with one client and one server; choose one of: {names}"
        ))),
    }
}

/// A line of the trace, or several: when, who to whom, what.
fn told(seen: &Seen, style: report::Style) -> String {
    let (ms, who, what, colour) = match seen {
        Seen::Said(Said { ms, by, to, on, what }) => {
            let on = on.as_ref().map(|on| format!("{on}: ")).unwrap_or_default();
            let who = format!("{} → {}", name(*by), name(*to));
            (*ms, who, format!("{on}{what}"), anstyle::Style::new().dimmed())
        }
        Seen::Passed(Passed { at, on, way, what }) => {
            let (who, colour) = match way {
                Way::ToServer => (format!("{on} ══▶"), anstyle::AnsiColor::Cyan),
                Way::ToClient => (format!("{on}     ◀══"), anstyle::AnsiColor::Magenta),
            };
            (at.as_secs_f64() * 1000.0, who, what.clone(), colour.on_default())
        }
    };
    let mut text = String::new();
    for (i, line) in what.lines().enumerate() {
        let (ms, who) = if i == 0 { (format!("{ms:.1}"), who.as_str()) } else { (String::new(), "") };
        let line = format!("{ms:>8}  {who:<16}  {}", report::harmless(line));
        // A string takes whatever is written to it.
        let _ = writeln!(text, "{}", painted(line.trim_end(), colour, style));
    }
    text
}

fn painted(text: &str, colour: anstyle::Style, style: report::Style) -> String {
    if style.colours { format!("{colour}{text}{colour:#}") } else { text.to_owned() }
}

const fn name(party: Party) -> &'static str {
    match party {
        Party::Runner => "runner",
        Party::Client => "client",
        Party::Server => "server",
    }
}
