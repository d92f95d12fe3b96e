//! Whatever overtakes what on its way, the verdict is the same.

use crate::{core, must_pass, selftest::must_fail, simulation::Simulation};
use crosswire_suite::judgement::Verdict;
use proptest::{collection::vec, prelude::*};
use std::time::Duration;

fn delays(micros: Vec<u16>) -> impl FnMut() -> Duration + 'static {
    let mut micros = micros.into_iter().cycle();
    move || Duration::from_micros(micros.next().unwrap_or_default().into())
}

/// Each case is a list of delays that repeats itself, for a hundred tests: a few of them are many interleavings.
fn few(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(few(3))]

    #[test]
    fn what_must_pass_passes_however_long_everything_takes(micros in vec(0_u16..8000, 1..97)) {
        for test in &must_pass().tests {
            let judgement = Simulation::new("right").delays(delays(micros.clone())).run(test);
            prop_assert_eq!(judgement.verdict, Verdict::Pass, "{}: {:#?}", test.id, judgement);
        }
    }

    #[test]
    fn what_must_fail_fails_for_its_reason_however_long_everything_takes(micros in vec(0_u16..8000, 1..97)) {
        for (entry, test) in must_fail() {
            let judgement = Simulation::new(&entry.world).delays(delays(micros.clone())).run(&test);
            let is_said = entry.want.is_said_by(judgement.verdict, judgement.reason.as_ref());
            prop_assert!(is_said, "{}: {:#?}", test.id, judgement);
        }
    }
}

proptest! {
    #![proptest_config(few(1))]

    #[test]
    fn the_nine_pass_however_long_everything_takes(micros in vec(0_u16..8000, 1..97)) {
        for test in &core().tests {
            let judgement = Simulation::new("right").delays(delays(micros.clone())).run(test);
            prop_assert_eq!(judgement.verdict, Verdict::Pass, "{}: {:#?}", test.id, judgement);
        }
    }
}

#[test]
fn what_takes_no_time_at_all_is_judged_alike() {
    for test in &must_pass().tests {
        let judgement = Simulation::new("right").delays(|| Duration::ZERO).run(test);
        assert_eq!(judgement.verdict, Verdict::Pass, "{}: {judgement:#?}", test.id);
    }
}
