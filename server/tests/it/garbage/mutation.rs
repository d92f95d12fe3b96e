//! What can befall bytes on their way.

use proptest::{prelude::RngExt as _, test_runner::TestRng};

/// Flips, inserts, deletes, truncates or repeats, once or a few times.
pub(super) fn mutate(bytes: &mut Vec<u8>, rng: &mut TestRng) {
    for _ in 0..rng.random_range(1..=3) {
        if bytes.is_empty() {
            return;
        }
        let at = rng.random_range(0..bytes.len());
        let end = rng.random_range(at..=bytes.len().min(at + 40));
        match rng.random_range(0..6) {
            0 => bytes[at] ^= 1 << rng.random_range(0..8),
            1 => bytes[at] = rng.random(),
            2 => {
                let noise: Vec<u8> = (0..rng.random_range(1..8)).map(|_| rng.random()).collect();
                bytes.splice(at..at, noise);
            }
            3 => drop(bytes.drain(at..end)),
            4 => bytes.truncate(at),
            _ => {
                let again = bytes[at..end].repeat(rng.random_range(1..10));
                bytes.splice(at..at, again);
            }
        }
    }
}
