//! What is asked of every server.

use std::fmt;
use std::str::FromStr;

/// So many connections, each with so many messages in flight, each of so many bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Case {
    pub(crate) connections: usize,
    pub(crate) in_flight: usize,
    pub(crate) payload: usize,
}

impl Case {
    /// Small messages one at a time and in batches, on few and on many connections; then larger ones.
    pub(crate) const FULL: [Self; 6] = [
        Self::new(64, 1, 5),
        Self::new(512, 1, 5),
        Self::new(64, 16, 5),
        Self::new(512, 16, 5),
        Self::new(64, 16, 1 << 10),
        Self::new(64, 1, 64 << 10),
    ];

    /// Those that a limit is set on.
    pub(crate) const QUICK: [Self; 4] =
        [Self::new(64, 1, 5), Self::new(64, 16, 5), Self::new(512, 16, 5), Self::new(64, 1, 64 << 10)];

    pub(crate) const fn new(connections: usize, in_flight: usize, payload: usize) -> Self {
        Self { connections, in_flight, payload }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}/", self.connections, self.in_flight)?;
        if self.payload >= 1024 && self.payload.is_multiple_of(1024) {
            write!(formatter, "{}K", self.payload / 1024)
        } else {
            write!(formatter, "{}B", self.payload)
        }
    }
}

/// Why a text is no case.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum CaseError {
    #[error(
        "a case is CONNECTIONS/IN_FLIGHT/PAYLOAD, the payload in bytes (5B) or KiB (64K), such as 64/16/5B"
    )]
    Form,
    #[error("a case has 1 to 10000 connections, 1 to 1024 messages in flight and 1B to 1024K of payload")]
    Range,
}

impl FromStr for Case {
    type Err = CaseError;

    fn from_str(text: &str) -> Result<Self, CaseError> {
        let [connections, in_flight, payload] =
            <[&str; 3]>::try_from(text.split('/').collect::<Vec<_>>()).map_err(|_| CaseError::Form)?;
        let number = |text: &str| text.parse::<usize>().map_err(|_| CaseError::Form);
        let (size, unit) = if let Some(size) = payload.strip_suffix('K') {
            (size, 1024)
        } else {
            (payload.strip_suffix('B').ok_or(CaseError::Form)?, 1)
        };
        let case = Self::new(
            number(connections)?,
            number(in_flight)?,
            number(size)?.checked_mul(unit).ok_or(CaseError::Range)?,
        );
        let fits = (1..=10_000).contains(&case.connections)
            && (1..=1024).contains(&case.in_flight)
            && (1..=1 << 20).contains(&case.payload);
        if fits { Ok(case) } else { Err(CaseError::Range) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_reads_back_as_it_is_written() {
        for case in Case::FULL {
            assert_eq!(case.to_string().parse(), Ok(case));
        }
    }

    #[test]
    fn sizes_are_written_in_the_larger_unit_that_is_exact() {
        assert_eq!(Case::new(64, 1, 65_536).to_string(), "64/1/64K");
        assert_eq!(Case::new(64, 1, 1_000).to_string(), "64/1/1000B");
    }

    #[test]
    fn refuses_what_is_not_a_case() {
        for text in ["", "64", "64/1", "64/1/5", "64/1/5B/1", "a/1/5B", "-1/1/5B", "64/1/K"] {
            assert_eq!(text.parse::<Case>(), Err(CaseError::Form), "{text}");
        }
        for text in ["0/1/5B", "64/0/5B", "64/1/0B", "10001/1/5B", "64/1025/5B", "64/1/1025K"] {
            assert_eq!(text.parse::<Case>(), Err(CaseError::Range), "{text}");
        }
    }
}
