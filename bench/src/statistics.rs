//! The few statistics that the results need.

use std::time::Duration;

/// The middle of the values, or the mean of the two in the middle; none of none.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        length if length % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}

/// The smallest of the sorted values that at least `percent` of 100 of them do not exceed (nearest rank).
pub(crate) fn percentile(sorted: &[Duration], percent: usize) -> Option<Duration> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

/// The median of the ratios of pairs that were measured together. A machine that runs slower for a while slows both of
/// a pair, so their ratio stands where either figure alone would not.
pub(crate) fn median_ratio(pairs: impl IntoIterator<Item = (f64, f64)>) -> Option<f64> {
    median(pairs.into_iter().filter(|&(_, below)| below > 0.0).map(|(above, below)| above / below))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_of_the_sorted_values() {
        assert_eq!(median([]), None);
        assert_eq!(median([7.0]), Some(7.0));
        assert_eq!(median([9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median([4.0, 1.0, 2.0, 100.0]), Some(3.0));
    }

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let sorted: Vec<Duration> = (1..=200).map(Duration::from_micros).collect();
        assert_eq!(percentile(&sorted, 50), Some(Duration::from_micros(100)));
        assert_eq!(percentile(&sorted, 99), Some(Duration::from_micros(198)));
        assert_eq!(percentile(&sorted, 100), Some(Duration::from_micros(200)));
        assert_eq!(percentile(&sorted[..1], 99), Some(Duration::from_micros(1)));
        assert_eq!(percentile(&[], 50), None);
    }

    #[test]
    fn a_ratio_is_taken_within_each_pair() {
        // Twice as slow in the second round, both of them: the ratio of the medians would be 10 / 8.
        assert_eq!(median_ratio([(10.0, 8.0), (20.0, 10.0), (10.0, 5.0)]), Some(2.0));
        assert_eq!(median_ratio([(1.0, 0.0)]), None);
    }
}
