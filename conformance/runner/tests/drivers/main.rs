//! Drivers that lie, break, hang and die, as processes of their own, and the runner among them.
//!
//! ```text
//! crosswire run ◄──► this program with --lie ◄──► crosswire client
//!                    (tampers with lines)          (tells the truth)
//! ```
//!
//! | to see | read |
//! |---|---|
//! | every lie, and what must come of it | `lies/` |
//! | how a lie is told, and where | `liar.rs`, `scene.rs` |
//! | one run with all of them at once, beside an honest client | `among.rs` |
//! | what needs a run of its own, and how runs are broken off | `alone.rs`, `broken_off.rs` |

#![expect(clippy::unwrap_used, clippy::panic, reason = "what cannot be had fails its test")]

mod alone;
mod among;
mod broken_off;
mod chatter;
#[path = "../support/crosswire.rs"]
mod crosswire;
mod liar;
mod lies;
#[path = "../support/processes.rs"]
mod processes;
mod scene;

use libtest_mimic::{Arguments, Trial};
use std::{env, process::ExitCode};

fn main() -> ExitCode {
    let words: Vec<String> = env::args().collect();
    if let [_, flag, name, program] = &words[..]
        && flag == liar::FLAG
    {
        return liar::be(name, program);
    }
    if let [_, flag, program] = &words[..]
        && flag == chatter::FLAG
    {
        return chatter::be(program);
    }
    let mut arguments = Arguments::from_args();
    // They wait more than they work.
    arguments.test_threads.get_or_insert(64);
    let trials: Vec<Trial> =
        [among::trials(), alone::trials(), broken_off::trials()].into_iter().flatten().collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A test that fails where it panics.
fn trial(name: impl Into<String>, test: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, move || {
        test();
        Ok(())
    })
}
