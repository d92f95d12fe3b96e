//! What a run writes down, and how it is read again.

mod read;

pub use crosswire_suite::{
    judgement::{Observed, Party, Reason, Said, Verdict},
    results::{
        By, Client, FORMAT, Fault, Footer, Frozen, Git, Header, Heavy, KnownBy, Line, Outcome, Processor,
        Role, Selected, Server, Skipped, Test, TestResult, Times,
    },
};
pub use read::{Recorded, ResultsError, read};
