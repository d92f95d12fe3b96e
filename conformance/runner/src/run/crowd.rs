//! Crowds: tests that have many connections open at once, which a browser has little room for.
//!
//! It opens one connection to an address at a time, and the next a moment later, so that a crowd would hold up all others on the
//! same server; and all its pages together have 255. So a crowd has a server to itself there, and few run at once.

use super::work::HEAVY;
use crosswire_suite::suite::{Step, weight};

/// How many run at once in a browser.
pub(crate) const CROWDS_AT_ONCE: usize = 2;
/// So many connections take a browser half a second and more.
const CROWD: i64 = 50;
/// What a test weighs in a browser at most, which is never heavy. It opens no more than a hundred connections to an address in a
/// second, so that its crowds wait more than they work; and behind the heavy tests of all others it would be the last by far.
const WEIGHT_IN_A_BROWSER: u32 = HEAVY - 1;

/// Whether a test is one.
pub(crate) fn is_crowd(steps: &[Step]) -> bool {
    open(steps).0 >= CROWD
}

/// How many light tests a test is as heavy as in a browser.
pub(crate) fn weight_in_a_browser(steps: &[Step]) -> u32 {
    weight(steps).min(WEIGHT_IN_A_BROWSER)
}

/// How many connections steps have open at most, and how many they leave open.
fn open(steps: &[Step]) -> (i64, i64) {
    let (mut most, mut left) = (0, 0);
    for step in steps {
        let (more, leaves) = match step {
            Step::Connect(_) => (1, 1),
            Step::Close { .. } | Step::ExpectClose { .. } => (0, -1),
            Step::Repeat { times, steps } => {
                let (more, leaves) = open(steps);
                let others = i64::try_from(*times).unwrap_or(i64::MAX).saturating_sub(1);
                (more + leaves.max(0).saturating_mul(others), leaves.saturating_mul(others + 1))
            }
            Step::Parallel(lists) => lists
                .iter()
                .map(|steps| open(steps))
                .fold((0, 0), |(most, left), (more, leaves)| (most + more, left + leaves)),
            _ => (0, 0),
        };
        most = most.max(left + more);
        left += leaves;
    }
    (most, left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;

    #[test]
    fn a_crowd_is_what_is_open_at_once() {
        let own = Catalogue::own().unwrap();
        let of = |id: &str| open(&own.entries.iter().find(|entry| entry.test.id == id).unwrap().test.steps);
        assert_eq!(of("edges/two-hundred-connections"), (100, 0));
        assert_eq!(of("edges/reconnects-fifty-times"), (1, 0));
        let crowds = own.entries.iter().filter(|entry| is_crowd(&entry.test.steps)).count();
        assert!((1..10).contains(&crowds), "{crowds} of them would each start a server");
    }
}
