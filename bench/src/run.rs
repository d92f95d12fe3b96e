//! `crosswire-bench run`: rounds, then memory, then the report.

use std::fs;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Instant;

use crate::arguments::RunOptions;
use crate::cores::Cores;
use crate::crowd;
use crate::error::Error;
use crate::gate;
use crate::machine::Machine;
use crate::memory;
use crate::plan::Plan;
use crate::report::Report;
use crate::round::{self, Round};
use crate::summary::CaseSummary;

/// Above this share of the time a round is not what it would be on a quiet machine. The suspicion rests on counting
/// ticks, which errs by some percent even when nothing happens.
pub(crate) const DISTURBED: f64 = 0.10;

/// One long disturbance must not use up the repeats of the whole run at the first case that it meets.
const ATTEMPTS: u32 = 3;

pub(crate) fn run(options: &RunOptions) -> Result<ExitCode, Error> {
    let plan = Plan::new(options)?;
    crowd::allow_connections(plan.connections() as u64)?;
    // A run of minutes must not end in a folder that cannot be written to.
    fs::create_dir_all(&options.out).map_err(|error| Error::Write { path: options.out.clone(), error })?;
    let machine = Machine::describe();
    let cores = Cores::divide();
    let begun = Instant::now();

    let cases = measure_cases(&plan, &cores, begun)?;
    let mut memories = Vec::new();
    if plan.idle > 0 {
        progress(begun, &format!("memory of {} idle connections", plan.idle));
        for &contender in &plan.contenders {
            memories.push(memory::measure(contender, plan.idle, &plan.launch, &cores)?);
        }
    }
    let verdicts = options.gate.then(|| gate::judge(&cases, &memories));
    let met = verdicts.as_ref().is_none_or(|verdicts| verdicts.iter().all(|verdict| verdict.met));

    let report = Report::new(machine, &cores, &plan, cases, memories, verdicts);
    let text = report.markdown();
    for (name, content) in [("bench.md", text.clone()), ("bench.json", report.json())] {
        let path = options.out.join(name);
        fs::write(&path, content).map_err(|error| Error::Write { path, error })?;
    }
    io::stdout().write_all(text.as_bytes()).map_err(Error::Output)?;
    Ok(if met { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// All cases once in every round, so that a slow drift of the machine reaches them all alike.
fn measure_cases(plan: &Plan, cores: &Cores, begun: Instant) -> Result<Vec<CaseSummary>, Error> {
    let mut kept: Vec<Vec<Round>> = vec![Vec::new(); plan.cases.len()];
    let mut thrown_away = vec![0; plan.cases.len()];
    let mut repeats = plan.repeats;
    for number in 0..plan.rounds {
        progress(begun, &format!("round {} of {}", number + 1, plan.rounds));
        for (index, &case) in plan.cases.iter().enumerate() {
            for attempt in 1.. {
                let mut samples = Vec::new();
                for contender in plan.order(number) {
                    samples.push(round::measure(contender, case, plan.pace, &plan.launch, cores)?);
                }
                let round = Round { samples };
                let share = round.disturbance();
                if share <= DISTURBED || repeats == 0 || attempt == ATTEMPTS {
                    kept[index].push(round);
                    break;
                }
                repeats -= 1;
                thrown_away[index] += 1;
                progress(
                    begun,
                    &format!("{case}: disturbed for {:.0} % of the time, once more", share * 100.0),
                );
            }
        }
    }
    let cases = plan.cases.iter().zip(kept).zip(thrown_away);
    Ok(cases.map(|((&case, rounds), thrown_away)| CaseSummary::new(case, rounds, thrown_away)).collect())
}

/// A line for whoever waits; lost when nobody can see it.
fn progress(begun: Instant, what: &str) {
    let _ = writeln!(io::stderr(), "[{:>4} s] {what}", begun.elapsed().as_secs());
}
