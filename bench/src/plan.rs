//! What a run will do, settled before it begins.

use std::time::Duration;

use crate::arguments::RunOptions;
use crate::case::Case;
use crate::contender::Contender;
use crate::error::Error;
use crate::launch::{self, Launch};
use crate::round::Pace;

#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) launch: Launch,
    pub(crate) contenders: Vec<Contender>,
    pub(crate) cases: Vec<Case>,
    pub(crate) rounds: usize,
    /// How many disturbed rounds, of all cases together, may be thrown away and measured again.
    pub(crate) repeats: usize,
    pub(crate) pace: Pace,
    pub(crate) idle: usize,
}

impl Plan {
    pub(crate) fn new(options: &RunOptions) -> Result<Self, Error> {
        let mut contenders = options.servers.clone();
        contenders.sort();
        contenders.dedup();
        let server = contenders
            .contains(&Contender::Crosswire)
            .then(|| launch::server_path(options.server.as_deref()))
            .transpose()?;
        let cases = match (options.cases.as_slice(), options.quick) {
            ([], true) => Case::QUICK.to_vec(),
            ([], false) => Case::FULL.to_vec(),
            (named, _) => named.to_vec(),
        };
        let (rounds, warm_up, measured) = if options.quick { (3, 150, 400) } else { (9, 250, 900) };
        let rounds = options.rounds.map_or(rounds, usize::from);
        let measured = options.measure.unwrap_or(measured);
        Ok(Self {
            launch: Launch { server, plain: options.plain },
            contenders,
            repeats: (rounds * cases.len()).div_ceil(4),
            cases,
            rounds,
            pace: Pace {
                warm_up: Duration::from_millis(warm_up.min(measured)),
                measured: Duration::from_millis(measured),
            },
            idle: options.idle as usize,
        })
    }

    /// The most connections that are open at once.
    pub(crate) fn connections(&self) -> usize {
        let busy = self.cases.iter().map(|case| case.connections).max().unwrap_or(0);
        // The memory measurement opens one connection before it counts.
        busy.max(self.idle + 1)
    }

    /// The order of a round: reversed every second time, so that nobody always runs after the same neighbour.
    pub(crate) fn order(&self, round: usize) -> Vec<Contender> {
        let mut order = self.contenders.clone();
        if round % 2 == 1 {
            order.reverse();
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::arguments::{Arguments, Command};

    fn plan(flags: &[&str]) -> Plan {
        let flags = ["bench", "run", "--servers", "plain,raw,plain"].iter().chain(flags);
        let Command::Run(options) = Arguments::parse_from(flags).command else { panic!("not `run`") };
        Plan::new(&options).unwrap()
    }

    #[test]
    fn quick_asks_fewer_cases_in_fewer_rounds() {
        let (quick, full) = (plan(&["--quick"]), plan(&[]));
        assert_eq!((quick.rounds, quick.cases.len()), (3, 4));
        assert_eq!((full.rounds, full.cases.len()), (9, 6));
        assert!(quick.pace.measured < full.pace.measured);
    }

    #[test]
    fn what_is_named_wins_over_quick() {
        let plan = plan(&["--quick", "--rounds", "5", "--cases", "8/1/5B", "--measure", "100"]);
        assert_eq!((plan.rounds, plan.cases), (5, vec![Case::new(8, 1, 5)]));
        assert_eq!(plan.pace.warm_up, Duration::from_millis(100));
    }

    #[test]
    fn the_order_is_reversed_every_second_round() {
        let plan = plan(&[]);
        assert_eq!(plan.order(0), [Contender::Raw, Contender::Plain]);
        assert_eq!(plan.order(1), [Contender::Plain, Contender::Raw]);
    }

    #[test]
    fn the_largest_crowd_decides_how_many_files_are_needed() {
        assert_eq!(plan(&["--idle", "0"]).connections(), 512);
        assert_eq!(plan(&[]).connections(), 5_001);
    }
}
