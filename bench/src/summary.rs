//! The rounds of a case, brought down to one figure each.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::case::Case;
use crate::contender::Contender;
use crate::round::{Round, Sample};
use crate::run::DISTURBED;
use crate::statistics::{median, median_ratio};

/// What one case gave.
#[derive(Debug, Serialize)]
pub(crate) struct CaseSummary {
    #[serde(serialize_with = "as_text")]
    pub(crate) case: Case,
    /// Rounds that were disturbed and do not count.
    pub(crate) thrown_away: usize,
    /// Rounds that were disturbed and count all the same, because most of them were.
    pub(crate) disturbed: usize,
    pub(crate) servers: BTreeMap<Contender, Figures>,
    pub(crate) cpu_ratios: Vec<CpuRatio>,
    pub(crate) rounds: Vec<Round>,
}

/// Medians over the rounds.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    pub(crate) messages_per_second: f64,
    /// Nanoseconds.
    pub(crate) cpu_per_message: Option<f64>,
    /// Microseconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

/// The median of the ratios of CPU time per message within each round.
#[derive(Debug, Serialize)]
pub(crate) struct CpuRatio {
    pub(crate) above: Contender,
    pub(crate) below: Contender,
    pub(crate) ratio: f64,
}

impl CaseSummary {
    /// From the rounds that were not measured again. Disturbed ones among them count only when there is no majority
    /// of quiet ones to go by.
    pub(crate) fn new(case: Case, mut rounds: Vec<Round>, mut thrown_away: usize) -> Self {
        let is_quiet = |round: &Round| round.disturbance() <= DISTURBED;
        let mut disturbed = rounds.iter().filter(|round| !is_quiet(round)).count();
        if disturbed * 2 < rounds.len() {
            rounds.retain(is_quiet);
            thrown_away += disturbed;
            disturbed = 0;
        }
        let servers = Contender::ALL
            .into_iter()
            .filter_map(|contender| Some((contender, Figures::of(contender, &rounds)?)))
            .collect();
        let cpu_ratios = [
            (Contender::Crosswire, Contender::Raw),
            (Contender::Plain, Contender::Raw),
            (Contender::Plain, Contender::Crosswire),
        ]
        .into_iter()
        .filter_map(|(above, below)| {
            let cpu = |round: &Round, contender| round.sample(contender)?.cpu_per_message;
            let pairs = rounds.iter().filter_map(|round| Some((cpu(round, above)?, cpu(round, below)?)));
            Some(CpuRatio { above, below, ratio: median_ratio(pairs)? })
        })
        .collect();
        Self { case, thrown_away, disturbed, servers, cpu_ratios, rounds }
    }

    pub(crate) fn cpu_ratio(&self, above: Contender, below: Contender) -> Option<f64> {
        self.cpu_ratios
            .iter()
            .find(|ratio| (ratio.above, ratio.below) == (above, below))
            .map(|ratio| ratio.ratio)
    }
}

impl Figures {
    fn of(contender: Contender, rounds: &[Round]) -> Option<Self> {
        let samples: Vec<&Sample> = rounds.iter().filter_map(|round| round.sample(contender)).collect();
        Some(Self {
            messages_per_second: median(samples.iter().map(|sample| sample.messages_per_second))?,
            cpu_per_message: median(samples.iter().filter_map(|sample| sample.cpu_per_message)),
            p50: median(samples.iter().map(|sample| sample.p50))?,
            p99: median(samples.iter().map(|sample| sample.p99))?,
        })
    }
}

fn as_text<S: serde::Serializer>(case: &Case, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(case)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A round in which each server needed that many nanoseconds a message.
    pub(crate) fn round(cpu: &[(Contender, Option<f64>)], disturbance: f64) -> Round {
        let sample = |&(contender, cpu_per_message)| Sample {
            contender,
            messages: 1_000_000,
            messages_per_second: 1_234_567.8,
            cpu_per_message,
            p50: 99.5,
            p99: 1234.4,
            disturbance,
        };
        Round { samples: cpu.iter().map(sample).collect() }
    }

    #[test]
    fn figures_are_medians_and_ratios_are_taken_within_rounds() {
        let rounds = [(10.0, 8.0), (20.0, 10.0), (10.0, 5.0)]
            .map(|(plain, raw)| round(&[(Contender::Raw, Some(raw)), (Contender::Plain, Some(plain))], 0.0));
        let summary = CaseSummary::new(Case::FULL[0], rounds.to_vec(), 2);
        assert_eq!(summary.servers[&Contender::Raw].cpu_per_message, Some(8.0));
        assert_eq!(summary.servers[&Contender::Plain].cpu_per_message, Some(10.0));
        assert_eq!(summary.cpu_ratio(Contender::Plain, Contender::Raw), Some(2.0));
        assert_eq!(summary.cpu_ratio(Contender::Crosswire, Contender::Raw), None);
        assert_eq!((summary.thrown_away, summary.disturbed), (2, 0));
    }

    #[test]
    fn disturbed_rounds_do_not_count_beside_more_quiet_ones() {
        let quiet = round(&[(Contender::Raw, Some(10.0))], 0.02);
        let disturbed = round(&[(Contender::Raw, Some(90.0))], 0.5);
        let summary =
            |rounds: &[&Round]| CaseSummary::new(Case::FULL[0], rounds.iter().copied().cloned().collect(), 1);
        let calm = summary(&[&quiet, &disturbed, &quiet, &disturbed, &quiet]);
        assert_eq!((calm.thrown_away, calm.disturbed, calm.rounds.len()), (3, 0, 3));
        assert_eq!(calm.servers[&Contender::Raw].cpu_per_message, Some(10.0));
        let restless = summary(&[&quiet, &disturbed, &disturbed, &quiet]);
        assert_eq!((restless.thrown_away, restless.disturbed, restless.rounds.len()), (1, 2, 4));
        assert_eq!(restless.servers[&Contender::Raw].cpu_per_message, Some(50.0));
    }

    #[test]
    fn without_cpu_time_there_are_still_rates() {
        let summary = CaseSummary::new(Case::FULL[0], vec![round(&[(Contender::Raw, None)], 0.5)], 0);
        let raw = &summary.servers[&Contender::Raw];
        assert_eq!(raw.cpu_per_message, None);
        assert!(raw.messages_per_second > 1.0);
        assert_eq!(summary.disturbed, 1);
    }
}
