//! The page in a real browser: what a person does there, and what they see. `just test-page` runs it; `just test-page echo`
//! what has that in its name.
//!
//! Each test has a server and a tab of its own, in which nothing is remembered of others. Firefox runs the same tests where it
//! and geckodriver are.

#![expect(clippy::panic, reason = "what does not come fails its test")]
#![expect(clippy::print_stderr, reason = "whoever runs this is told what cannot be run here")]

mod doors;
mod driver;
mod endings;
mod garbage;
mod keyboard;
mod log;
mod looks;
mod measure;
mod page;
mod peer;
mod server;
mod suites;
mod talk;
mod visit;

use driver::{Driver, Engine};
use libtest_mimic::Arguments;
use std::{env, process::ExitCode, sync::Arc};
use tokio::runtime::Runtime;
use visit::Tests;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // A browser is many processes by itself.
    arguments.test_threads.get_or_insert(2);
    visit::keep_panics();
    let runtime = Runtime::new().expect("threads");
    let mut trials = Vec::new();
    let mut drivers = Vec::new();
    for engine in Engine::ALL {
        if let Some(missing) = engine.missing() {
            eprintln!("{}: {missing}, so the page is not tested in it", engine.name());
            continue;
        }
        let driver = Arc::new(runtime.block_on(Driver::start(engine)));
        let mut tests = Tests::new(Arc::clone(&driver), runtime.handle().clone());
        talk::tests(&mut tests);
        endings::tests(&mut tests);
        garbage::tests(&mut tests);
        log::tests(&mut tests);
        measure::tests(&mut tests);
        keyboard::tests(&mut tests);
        doors::tests(&mut tests);
        suites::tests(&mut tests);
        looks::tests(&mut tests);
        trials.append(&mut tests.trials);
        drivers.push(driver);
    }
    if drivers.is_empty() {
        eprintln!("no browser is here: `just setup browser` brings one, or says how to get it");
        // Where every check has to be made, one that cannot be is a failure.
        return if env::var("CI").is_ok_and(|value| value == "true") {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        };
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    for driver in drivers {
        let driver = Arc::into_inner(driver).expect("tests that are over");
        runtime.block_on(driver.stop());
    }
    conclusion.exit_code()
}
