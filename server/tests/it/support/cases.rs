//! How many random cases a property is tried on, and from which seed: few by default, so that every run is quick and the
//! same; more by the environment.

use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestRng};
use std::{env, str::FromStr};

/// The number of cases: `CROSSWIRE_TEST_CASES`, or this.
pub(crate) fn cases(default: u32) -> u32 {
    variable("CROSSWIRE_TEST_CASES").unwrap_or(default)
}

/// Where the random numbers begin: `CROSSWIRE_TEST_SEED`, or always the same.
pub(crate) fn seed() -> u64 {
    variable("CROSSWIRE_TEST_SEED").unwrap_or(0)
}

/// A property over so many cases.
pub(crate) fn property(default: u32) -> Config {
    let (cases, rng_seed) = (cases(default), RngSeed::Fixed(seed()));
    Config { cases, rng_seed, failure_persistence: None, ..Config::default() }
}

/// The random numbers of one case.
pub(crate) fn random(seed: u64) -> TestRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}

fn variable<T: FromStr>(name: &str) -> Option<T> {
    let value = env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name} is not a number: {value}")))
}
