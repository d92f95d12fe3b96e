//! The servers that are measured beside each other.

use std::fmt;

use clap::ValueEnum;
use serde::Serialize;

use crate::connect::Wire;

/// A server under measure. Whatever it is, it runs as a process of its own with one worker thread.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Contender {
    /// Raw TCP echo on tokio: what the kernel and the runtime cost, and so the measure of everything else
    Raw,
    /// The reference server
    Crosswire,
    /// tokio-tungstenite as in its own examples
    Plain,
}

impl Contender {
    pub(crate) const ALL: [Self; 3] = [Self::Raw, Self::Crosswire, Self::Plain];

    pub(crate) const fn wire(self) -> Wire {
        match self {
            Self::Raw => Wire::Raw,
            Self::Crosswire | Self::Plain => Wire::WebSocket,
        }
    }
}

impl fmt::Display for Contender {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Raw => "raw",
            Self::Crosswire => "crosswire",
            Self::Plain => "plain",
        })
    }
}
