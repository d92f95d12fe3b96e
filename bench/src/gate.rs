//! The limits that the project has set itself.

use std::fmt;

use serde::Serialize;

use crate::case::Case;
use crate::contender::Contender;
use crate::memory::Memory;
use crate::summary::CaseSummary;

#[derive(Clone, Copy, Debug)]
struct Limit {
    quantity: Quantity,
    bound: Bound,
}

#[derive(Clone, Copy, Debug)]
enum Quantity {
    /// CPU time per message of one server over another's, in a case.
    CpuRatio(Contender, Contender, Case),
    /// KiB of the reference server per idle connection, with at least that many of them.
    IdleMemory(usize),
}

#[derive(Clone, Copy, Debug)]
enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

const LIMITS: [Limit; 6] = {
    use Bound::{AtLeast, AtMost};
    use Contender::{Crosswire, Plain, Raw};
    use Quantity::{CpuRatio, IdleMemory};
    const fn limit(quantity: Quantity, bound: Bound) -> Limit {
        Limit { quantity, bound }
    }
    [
        limit(CpuRatio(Crosswire, Raw, Case::new(64, 1, 5)), AtMost(1.25)),
        limit(CpuRatio(Crosswire, Raw, Case::new(64, 16, 5)), AtMost(1.6)),
        limit(CpuRatio(Crosswire, Raw, Case::new(512, 16, 5)), AtMost(1.6)),
        limit(CpuRatio(Crosswire, Raw, Case::new(64, 1, 64 << 10)), AtMost(1.3)),
        limit(CpuRatio(Plain, Crosswire, Case::new(64, 16, 5)), AtLeast(8.0)),
        limit(IdleMemory(5_000), AtMost(8.0)),
    ]
};

/// A limit, and what was measured.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Verdict {
    pub(crate) limit: String,
    pub(crate) measured: Option<f64>,
    pub(crate) met: bool,
}

/// Every limit with its verdict. What was not measured is not met: a gate that opens because nobody looked is none.
pub(crate) fn judge(cases: &[CaseSummary], memories: &[Memory]) -> Vec<Verdict> {
    LIMITS
        .iter()
        .map(|limit| {
            let measured = limit.quantity.measured(cases, memories);
            let met = measured.is_some_and(|value| limit.bound.holds(value));
            Verdict { limit: limit.to_string(), measured, met }
        })
        .collect()
}

impl Quantity {
    fn measured(self, cases: &[CaseSummary], memories: &[Memory]) -> Option<f64> {
        match self {
            Self::CpuRatio(above, below, case) => {
                cases.iter().find(|summary| summary.case == case)?.cpu_ratio(above, below)
            }
            Self::IdleMemory(connections) => memories
                .iter()
                .find(|memory| memory.contender == Contender::Crosswire && memory.connections >= connections)?
                .bytes_per_connection
                .map(|bytes| bytes / 1024.0),
        }
    }
}

impl Bound {
    fn holds(self, value: f64) -> bool {
        match self {
            Self::AtMost(bound) => value <= bound,
            Self::AtLeast(bound) => value >= bound,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.quantity {
            Quantity::CpuRatio(above, below, case) => {
                write!(formatter, "CPU, {above} ÷ {below} at {case}")?;
            }
            Quantity::IdleMemory(connections) => {
                write!(formatter, "KiB per idle connection at {connections}")?;
            }
        }
        match self.bound {
            Bound::AtMost(bound) => write!(formatter, " ≤ {bound}"),
            Bound::AtLeast(bound) => write!(formatter, " ≥ {bound}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::tests::round;

    fn summary(case: &str, raw: f64, crosswire: f64, plain: f64) -> CaseSummary {
        let cpu = [
            (Contender::Raw, Some(raw)),
            (Contender::Crosswire, Some(crosswire)),
            (Contender::Plain, Some(plain)),
        ];
        CaseSummary::new(case.parse().unwrap(), vec![round(&cpu, 0.0)], 0)
    }

    #[test]
    fn a_limit_is_met_up_to_its_very_bound() {
        let cases = [
            summary("64/1/5B", 100.0, 125.0, 1.0),
            summary("64/16/5B", 10.0, 16.0, 128.0),
            summary("512/16/5B", 10.0, 16.1, 1.0),
            summary("64/1/64K", 10.0, 13.0, 1.0),
        ];
        let memory = Memory {
            contender: Contender::Crosswire,
            connections: 5_000,
            bytes_per_connection: Some(8.0 * 1024.0),
        };
        let met: Vec<bool> = judge(&cases, &[memory]).iter().map(|verdict| verdict.met).collect();
        assert_eq!(met, [true, true, false, true, true, true]);
    }

    #[test]
    fn what_was_not_measured_is_not_met() {
        let few =
            Memory { contender: Contender::Crosswire, connections: 50, bytes_per_connection: Some(1.0) };
        let verdicts = judge(&[], &[few]);
        assert_eq!(verdicts.len(), LIMITS.len());
        assert!(verdicts.iter().all(|verdict| !verdict.met && verdict.measured.is_none()));
    }

    #[test]
    fn a_limit_names_what_it_is_about() {
        let limits: Vec<String> = LIMITS.iter().map(ToString::to_string).collect();
        assert_eq!(limits[0], "CPU, crosswire ÷ raw at 64/1/5B ≤ 1.25");
        assert_eq!(limits[5], "KiB per idle connection at 5000 ≤ 8");
    }
}
