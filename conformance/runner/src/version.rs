//! Versions of tools, as far as it takes to tell that one is too old.

use serde::Deserialize;
use std::fmt;

/// Numbers with dots between.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Version(Vec<u64>);

impl Version {
    /// The first in what a program says of itself: `go version go1.26.8 linux/amd64`, `v20.20.2`.
    pub fn first_in(text: &str) -> Option<Self> {
        let begin = text.find(|character: char| character.is_ascii_digit())?;
        let rest = &text[begin..];
        let end = rest.find(|character: char| !character.is_ascii_digit() && character != '.');
        Self::of(rest[..end.unwrap_or(rest.len())].trim_end_matches('.'))
    }

    fn of(text: &str) -> Option<Self> {
        text.split('.').map(|number| number.parse().ok()).collect::<Option<_>>().map(Self)
    }
}

impl TryFrom<String> for Version {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::of(&text)
            .ok_or_else(|| format!("`{text}` is no version: numbers with dots between, such as 3.11"))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<_> = self.0.iter().map(u64::to_string).collect();
        f.write_str(&numbers.join("."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_found_in_what_programs_say() {
        for (said, version) in [
            ("go version go1.26.8 linux/amd64", "1.26.8"),
            ("v20.20.2", "20.20.2"),
            ("Python 3.13.0rc1", "3.13.0"),
            ("10.0.401", "10.0.401"),
            ("ChromeDriver 156.0.8078.73 (0a1b)", "156.0.8078.73"),
            ("version 7.", "7"),
        ] {
            assert_eq!(
                Version::first_in(said).map(|found| found.to_string()).as_deref(),
                Some(version),
                "{said}"
            );
        }
        assert_eq!(Version::first_in("no number"), None);
    }

    #[test]
    fn numbers_are_compared_and_not_letters() {
        let version = |text: &str| Version::try_from(text.to_owned()).unwrap();
        assert!(version("3.9.18") < version("3.11") && version("20.18") < version("20.18.1"));
        assert!(version("3.11.0") >= version("3.11"));
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in ["", "3.", "three", "3.x"] {
            assert!(Version::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
