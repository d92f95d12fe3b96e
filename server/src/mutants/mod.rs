//! The server, wrong in exactly one named way, so that tests can be tested: one that no mutant fails tests nothing.
//!
//! Compiled with the feature `mutants` alone, so that no ordinary build holds any of it. What is wrong is wrong on `/ws`
//! and `/echo`; `/control` stays right, for it is what tests are run with, and scenarios are wrong in their own way
//! already. Each mutant changes what the server does and not what it notes: its journal is the truth about what went
//! over the wire.
//!
//! | to see | read |
//! |---|---|
//! | every mutant by its name | `names.rs` |
//! | handshakes that are judged or answered wrongly | `handshake.rs` |
//! | echoes that are not what was sent | `echo.rs` |
//! | what connections do to one another | `house.rs` |
//! | the moments at which a session goes wrong | `session/odd/` |

mod command;
mod echo;
pub(crate) mod fragments;
mod handshake;
mod house;
mod names;

pub use command::{MutantInvocation, read};
pub(crate) use echo::Echoes;
pub(crate) use handshake::judge;
pub(crate) use house::{Oddities, Share};
pub use names::{Mutant, UnknownMutant};
