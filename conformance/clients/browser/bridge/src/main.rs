//! The bridge between a runner and the driver in a browser's page: it serves the page, opens a browser on it by WebDriver,
//! and relays the lines of `conformance/drivers.md` between its standard input and output and the page.
//!
//! ```text
//! runner ── stdin, stdout ── relay ── WebSocket ── page ── driver (wasm) ── the browser's WebSocket
//!                              │  ╲
//!                              │   ╲── page of a browser that somebody has opened by hand, a client of its own
//!                           browser ── keeper ── chromedriver ── Chromium
//! ```
//!
//! | to see | read |
//! |---|---|
//! | what it can be told on the command line | `arguments.rs` |
//! | how lines find their page, and what becomes of one that is gone | `relay.rs` |
//! | how a page is spoken to, and who holds whom up | `page.rs` |
//! | what is served, and to whom | `site.rs` |
//! | how a browser is opened | `browser.rs` |
//! | why nothing of it is left behind, whatever ends us | `keeper.rs` |

mod arguments;
mod browser;
mod ending;
mod keeper;
mod lines;
mod naming;
mod page;
mod relay;
mod site;
mod tasks;

use arguments::{Arguments, What};
use clap::Parser as _;
use std::{
    io::{self, Write as _},
    process::ExitCode,
};

fn main() -> ExitCode {
    let work = async {
        match What::parse() {
            What { keep: Some(keep), .. } => keeper::keep(keep).await,
            What { arguments, .. } => carry(arguments).await,
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return complain(&ending::Ending::broken(format!("the runtime could not start: {error}")));
        }
    };
    let ended = runtime.block_on(work);
    // A thread may still be reading standard input; nobody waits for it.
    runtime.shutdown_background();
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(ending) => complain(&ending),
    }
}

async fn carry(arguments: Arguments) -> Result<(), ending::Ending> {
    let site = site::Site::open(&arguments).await?;
    relay::run(arguments, site).await
}

fn complain(ending: &ending::Ending) -> ExitCode {
    // Where nobody listens there is nobody to tell.
    let _ = writeln!(io::stderr(), "crosswire-browser-bridge: {ending}");
    ExitCode::from(ending.code())
}
