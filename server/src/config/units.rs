//! Sizes and times as people write them.

use std::{ops::RangeInclusive, time::Duration};

/// `65536`, `64KiB` or `1MiB`, in bytes.
pub(super) fn size(text: &str, allowed: RangeInclusive<usize>) -> Result<usize, String> {
    let units = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("B", 1), ("", 1)];
    let bytes = with_unit(text, &units).and_then(|bytes| usize::try_from(bytes).ok());
    let (low, high) = (*allowed.start(), *allowed.end());
    bytes.filter(|bytes| allowed.contains(bytes)).ok_or_else(|| {
        format!(
            "a size from {} to {} is allowed, written like 65536, 64KiB or 1MiB",
            in_bytes(low),
            in_bytes(high)
        )
    })
}

/// `250ms`, `5s` or `2min`.
pub(super) fn time(text: &str, allowed: RangeInclusive<Duration>) -> Result<Duration, String> {
    let units = [("ms", 1), ("min", 60_000), ("s", 1000)];
    let time = with_unit(text, &units).map(Duration::from_millis);
    let (low, high) = (*allowed.start(), *allowed.end());
    time.filter(|time| allowed.contains(time)).ok_or_else(|| {
        format!(
            "a time from {} to {} is allowed, written like 250ms, 5s or 2min",
            in_words(low),
            in_words(high)
        )
    })
}

/// A plain number.
pub(super) fn count(text: &str, allowed: RangeInclusive<usize>) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| allowed.contains(number));
    number.ok_or_else(|| format!("a number from {} to {} is allowed", allowed.start(), allowed.end()))
}

/// `true` or `false`, and what people write for them in an environment.
pub(super) fn switch(text: &str) -> Result<bool, String> {
    match text {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err("true or false is allowed".to_owned()),
    }
}

fn with_unit(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits_end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(digits_end);
    let (_, factor) = units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit.trim()))?;
    digits.parse::<u64>().ok()?.checked_mul(*factor)
}

/// A size in the largest unit that shows it whole.
pub(crate) fn in_bytes(bytes: usize) -> String {
    let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    let unit = units.into_iter().find(|(_, factor)| bytes >= *factor && bytes.is_multiple_of(*factor));
    unit.map_or_else(|| format!("{bytes}B"), |(name, factor)| format!("{}{name}", bytes / factor))
}

fn in_words(time: Duration) -> String {
    let milliseconds = time.as_millis();
    if milliseconds.is_multiple_of(60_000) && milliseconds > 0 {
        format!("{}min", milliseconds / 60_000)
    } else if milliseconds.is_multiple_of(1000) {
        format!("{}s", milliseconds / 1000)
    } else {
        format!("{milliseconds}ms")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_read_with_their_units() {
        assert_eq!(size("64KiB", 0..=usize::MAX), Ok(65536));
        assert_eq!(size("64 kib", 0..=usize::MAX), Ok(65536));
        assert_eq!(size("7", 0..=usize::MAX), Ok(7));
        assert_eq!(time("250ms", Duration::ZERO..=Duration::MAX), Ok(Duration::from_millis(250)));
        assert_eq!(time("2min", Duration::ZERO..=Duration::MAX), Ok(Duration::from_secs(120)));
    }

    #[test]
    fn what_is_not_allowed_is_answered_with_what_is() {
        for text in ["", "x", "1x", "-1", "1.5MiB", "99999999999999999999", "18446744073709551615GiB", "2MiB"]
        {
            let error = size(text, 1..=1 << 20).unwrap_err();
            assert_eq!(
                error, "a size from 1B to 1MiB is allowed, written like 65536, 64KiB or 1MiB",
                "{text}"
            );
        }
        assert!(time("5", Duration::ZERO..=Duration::from_secs(90)).unwrap_err().contains("from 0s to 90s"));
    }
}
