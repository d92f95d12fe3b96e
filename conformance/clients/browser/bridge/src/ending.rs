//! Why the bridge has ended, for its exit code and for whoever reads its last words.

use std::fmt;

/// Why it has ended before it was told to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// What it needs is not installed or not built: nobody's fault, and said with the command that gets it.
    Missing(String),
    /// The browser, its driver or its page is gone, or never came.
    Broken(String),
}

impl Ending {
    pub(crate) fn missing(why: impl Into<String>) -> Self {
        Self::Missing(why.into())
    }

    pub(crate) fn broken(why: impl Into<String>) -> Self {
        Self::Broken(why.into())
    }

    /// As `conformance/drivers.md` has it; 2 is clap's.
    pub(crate) const fn code(&self) -> u8 {
        match self {
            Self::Broken(_) => 1,
            Self::Missing(_) => 3,
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(why) | Self::Broken(why) => f.write_str(why),
        }
    }
}
