//! `crosswire mutants`

use super::{AS_EXPECTED, MutantArguments, NOT_AS_EXPECTED, NOTHING_TO_RUN, Outcome, Stop, run::chosen, say};
use crate::{
    catalogue,
    mutants::{HEALTHY, Proof, ProofRoom, Tried, is_tried, prove},
    one::Setting,
    results::Verdict,
};
use futures_util::{StreamExt as _, stream};
use std::{env, fmt::Write as _, path::PathBuf, sync::Arc, time::Instant};

/// How many clients there are at once. While one waits for what a mutant does not do, another works.
const CLIENTS_AT_ONCE: usize = 3;

pub(super) async fn mutants(arguments: MutantArguments) -> Outcome {
    let catalogue = arguments.selection.catalogue()?;
    let all: Vec<String> = catalogue::mutants().into_iter().map(|(name, _)| name).collect();
    if let Some(unknown) = arguments.mutant.iter().find(|name| !all.contains(name)) {
        return Err(Stop::usage(format!("there is no mutant `{unknown}`; known: {}", all.join(", "))));
    }
    let is_whole = arguments.mutant.is_empty()
        && arguments.selection.test.is_empty()
        && arguments.selection.profile.is_empty()
        && arguments.selection.frozen.is_none();
    let claimed = |name: &String| catalogue.entries.iter().any(|entry| is_tried(entry, name));
    let mutants = match (is_whole, &arguments.mutant[..]) {
        (true, _) => all,
        // Of some of the tests only those are of interest that one of them claims.
        (false, []) => all.into_iter().filter(claimed).collect(),
        (false, named) => named.to_vec(),
    };
    let program = program(arguments.program)?;
    let began = Instant::now();
    let room = ProofRoom::new(usize::from(arguments.jobs));
    let clients = chosen(&arguments.client)?;
    let (catalogue, room, mutants, program) = (&catalogue, &room, &mutants, &program);
    let proofs = clients.iter().map(|client| async move {
        let proof = Proof {
            catalogue,
            mutants,
            program: program.clone(),
            client,
            room,
            setting: Setting {
                unique: "m".to_owned(),
                time_scale: arguments.time_scale,
                fixtures: Arc::clone(&catalogue.fixtures),
                trace: None,
            },
        };
        (client, prove(&proof).await)
    });
    // In their order, and each as soon as those before it are told.
    let mut proofs = stream::iter(proofs).buffered(CLIENTS_AT_ONCE);
    let mut is_proven = true;
    while let Some((client, tried)) = proofs.next().await {
        let tried = tried.map_err(|message| Stop { code: NOTHING_TO_RUN, message })?;
        let (text, is_right) = table(&client.name, mutants, &tried, is_whole);
        say(&text);
        is_proven &= is_right;
    }
    say(&format!("  in {:.1} s\n", began.elapsed().as_secs_f64()));
    Ok(if is_proven { AS_EXPECTED } else { NOT_AS_EXPECTED })
}

fn program(given: Option<PathBuf>) -> Result<PathBuf, Stop> {
    let beside = || {
        let own = env::current_exe().ok()?;
        Some(own.with_file_name(format!("crosswire-mutant{}", env::consts::EXE_SUFFIX)))
    };
    let program = given.or_else(beside).filter(|program| program.is_file());
    program.ok_or_else(|| {
        let how =
            "cargo build --release --workspace --features crosswire-server/mutants --bin crosswire-mutant";
        Stop { code: NOTHING_TO_RUN, message: format!("crosswire-mutant is not there; build it with: {how}") }
    })
}

/// A line for each mutant, everything that is not as it must be, and whether everything is.
fn table(client: &str, mutants: &[String], tried: &[Tried], is_whole: bool) -> (String, bool) {
    let mut text = format!("\n  {client}\n\n");
    let mut is_right = true;
    let widest = mutants.iter().map(String::len).max().unwrap_or_default();
    for mutant in mutants {
        let of_it: Vec<_> = tried.iter().filter(|tried| tried.mutant == *mutant).collect();
        let killers: Vec<_> = of_it
            .iter()
            .filter(|tried| tried.verdict == Some(Verdict::Fail))
            .map(|tried| tried.test.as_str())
            .collect();
        let is_killed = !killers.is_empty();
        let is_claimed = of_it.iter().any(|tried| tried.verdict.is_some());
        let unseen = unseen(&of_it);
        let told = match (is_killed, is_claimed, &unseen) {
            (true, ..) => format!("killed by {}", killers.len()),
            (false, true, _) => "NOT KILLED".to_owned(),
            (false, false, Some(why)) => format!("cannot see: {why}"),
            (false, false, None) => "no test claims it".to_owned(),
        };
        let is_excused = !is_claimed && unseen.is_some();
        // Only a whole run can tell that nobody kills it.
        is_right &= is_killed || is_excused || !is_whole;
        let sign = if is_killed {
            "✓"
        } else if is_excused {
            "–"
        } else {
            "✗"
        };
        // A string takes whatever is written to it.
        let _ = writeln!(text, "  {sign} {mutant:widest$}  {told}");
    }
    let wrong: Vec<_> = tried.iter().filter(|tried| !tried.is_as_it_must_be()).collect();
    for tried in &wrong {
        let verdict = tried.verdict.map_or("", Verdict::name);
        let wanted =
            if tried.mutant == HEALTHY { "should pass on the healthy server" } else { "should fail" };
        let on = if tried.mutant == HEALTHY { String::new() } else { format!(" on {}", tried.mutant) };
        let _ = writeln!(text, "\n  ✗ {}{on}: {verdict}, {wanted}\n    {}", tried.test, tried.why);
    }
    is_right &= wrong.is_empty();
    let killed = mutants
        .iter()
        .filter(|mutant| {
            tried.iter().any(|tried| tried.mutant == **mutant && tried.verdict == Some(Verdict::Fail))
        })
        .count();
    let unseen = mutants
        .iter()
        .filter(|mutant| {
            let of_it: Vec<_> = tried.iter().filter(|tried| tried.mutant == **mutant).collect();
            of_it.iter().all(|tried| tried.verdict.is_none()) && unseen(&of_it).is_some()
        })
        .count();
    let unseen = if unseen == 0 { String::new() } else { format!(", {unseen} it cannot see") };
    let proofs = tried.iter().filter(|tried| tried.verdict.is_some()).count();
    let _ = writeln!(
        text,
        "\n  {killed} of {} mutants killed{unseen}, {} of {proofs} proofs right",
        mutants.len(),
        proofs - wrong.len()
    );
    (text, is_right)
}

/// Why a client cannot see a mutant, where no test that claims it can be run to any purpose: the fewest capabilities that would
/// let it run one of them, or the tests that it fails on every server.
fn unseen(of_it: &[&Tried]) -> Option<String> {
    let known: Vec<_> =
        of_it.iter().filter(|tried| tried.is_known).map(|tried| tried.test.as_str()).collect();
    if !known.is_empty() {
        let are = if known.len() == 1 { "is a known failure" } else { "are known failures" };
        return Some(format!("{} {are}", known.join(", ")));
    }
    let lacks = of_it.iter().map(|tried| &tried.lacks[..]).filter(|lacks| !lacks.is_empty());
    let fewest = lacks.min_by_key(|lacks| lacks.len())?;
    let names: Vec<_> = fewest.iter().map(|name| format!("`{name}`")).collect();
    Some(format!("needs {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(verdict: Option<Verdict>, lacks: &[&str]) -> Tried {
        Tried {
            mutant: "no-pong".to_owned(),
            test: "edges/x".to_owned(),
            verdict,
            lacks: lacks.iter().map(|&name| name.to_owned()).collect(),
            is_known: verdict.is_none() && lacks.is_empty(),
            why: String::new(),
        }
    }

    #[test]
    fn what_a_client_cannot_see_is_named_and_fails_nothing() {
        let mutants = ["no-pong".to_owned()];
        let cases: [(&[Tried], &str, bool); 5] = [
            (
                &[tried(None, &["ping", "headers"]), tried(None, &["ping"])],
                "– no-pong  cannot see: needs `ping`",
                true,
            ),
            (&[tried(Some(Verdict::Fail), &[]), tried(None, &["ping"])], "✓ no-pong  killed by 1", true),
            (&[tried(Some(Verdict::Pass), &[]), tried(None, &["ping"])], "✗ no-pong  NOT KILLED", false),
            (
                &[tried(None, &[]), tried(None, &["ping"])],
                "– no-pong  cannot see: edges/x is a known failure",
                true,
            ),
            (&[], "✗ no-pong  no test claims it", false),
        ];
        for (tried, line, is_right) in cases {
            let (text, is) = table("browser", &mutants, tried, true);
            assert!(text.contains(line) && is == is_right, "{text}");
        }
    }
}
