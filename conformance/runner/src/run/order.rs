//! The order of tests, and names that are this run's own.

/// Letters and digits that make this run's names its own.
pub fn unique() -> String {
    let mut bytes = [0; 4];
    // Without randomness two runs against one server at the same time might disturb each other; nothing else.
    let _ = getrandom::fill(&mut bytes);
    format!("r{}", hex::encode(bytes))
}

/// Fisher and Yates' shuffle, from a seed that can be given again.
pub(super) fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut state = seed;
    let mut next = || {
        // SplitMix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    for i in (1..items.len()).rev() {
        let other = usize::try_from(next() % (i as u64 + 1)).unwrap_or(0);
        items.swap(i, other);
    }
}
