//! The keeper: this program once more, between the bridge and a WebDriver, so that nothing is left behind.
//!
//! A bridge can be ended in ways in which it can do nothing more, and a browser outlives whoever has started it. So the keeper
//! stands in a process group of its own, where a signal for the bridge's does not reach it, and waits for the end of its
//! standard input, which comes however the bridge ends. Then it ends the WebDriver with everything that it has started, and
//! removes the folder in which they have written.

use crate::{arguments::Keep, ending::Ending};
use std::{path::Path, process::Stdio, time::Duration};
use tempfile::TempDir;
use tokio::{
    io::AsyncReadExt as _,
    process::{Child, Command},
    time::{Instant, sleep},
};

/// How long processes that were killed may take to be gone.
const GONE_WITHIN: Duration = Duration::from_secs(2);
/// No event tells that a group of processes is gone, or that a folder is no longer written to: so often it is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Where a WebDriver and its browser write, instead of the user's own folders.
const FOLDERS: [&str; 4] = ["HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"];

/// Runs a WebDriver until standard input ends.
///
/// # Errors
/// Where it cannot be started, or ends before that.
pub(crate) async fn keep(Keep::Keep { command }: Keep) -> Result<(), Ending> {
    // The dead of a browser whose parents are dead too are somebody's to bury: were it not us, we could not tell when all are gone.
    #[cfg(target_os = "linux")]
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))
        .map_err(|error| Ending::broken(format!("processes cannot be adopted: {error}")))?;
    let folder = tempfile::Builder::new().prefix("crosswire-browser-").tempdir();
    let folder =
        folder.map_err(|error| Ending::broken(format!("there is no folder for a profile: {error}")))?;
    let (program, arguments) =
        command.split_first().ok_or_else(|| Ending::broken("there is nothing to be kept"))?;
    let mut webdriver = Command::new(program);
    webdriver.args(arguments).stdin(Stdio::null()).envs(FOLDERS.map(|name| (name, folder.path())));
    #[cfg(unix)]
    webdriver.process_group(0);
    let mut child = webdriver.spawn().map_err(|error| {
        Ending::broken(format!("{} could not be started: {error}", Path::new(program).display()))
    })?;
    let group = Group::of(&child);
    let ended = tokio::select! {
        () = input_ends() => Ok(()),
        status = child.wait() => Err(Ending::broken(match status {
            Ok(status) => format!("{} ended ({status})", Path::new(program).display()),
            Err(error) => format!("{} cannot be waited for: {error}", Path::new(program).display()),
        })),
    };
    group.kill();
    // Where it has ended already, that is what was wanted.
    let _ = child.kill().await;
    let deadline = Instant::now() + GONE_WITHIN;
    while group.is_there() && Instant::now() < deadline {
        sleep(LOOK_EVERY).await;
    }
    remove(folder, deadline).await;
    ended
}

/// What ends with the bridge says nothing before.
async fn input_ends() {
    let mut nothing = [0; 64];
    let mut input = tokio::io::stdin();
    while input.read(&mut nothing).await.is_ok_and(|read| read > 0) {}
}

/// What has been killed may have been writing to the last.
async fn remove(folder: TempDir, deadline: Instant) {
    let path = folder.keep();
    while std::fs::remove_dir_all(&path).is_err() && path.exists() && Instant::now() < deadline {
        sleep(LOOK_EVERY).await;
    }
}

/// The WebDriver's process group, in which its browser is too.
struct Group(#[cfg(unix)] Option<rustix::process::Pid>);

#[cfg(unix)]
impl Group {
    fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self(id.and_then(rustix::process::Pid::from_raw))
    }

    fn kill(&self) {
        if let Some(group) = self.0 {
            // Where nobody of it is left, that is what was wanted.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }

    /// What has been killed is our child by now, because its parents are gone and we have adopted it.
    #[cfg(target_os = "linux")]
    fn is_there(&self) -> bool {
        use rustix::process::{WaitOptions, waitpgid};
        let Some(group) = self.0 else { return false };
        loop {
            match waitpgid(group, WaitOptions::NOHANG) {
                Ok(Some(_)) => {}
                Ok(None) => return true,
                Err(_) => return false,
            }
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn is_there(&self) -> bool {
        self.0.is_some_and(|group| rustix::process::test_kill_process_group(group).is_ok())
    }
}

#[cfg(not(unix))]
impl Group {
    fn of(_: &Child) -> Self {
        Self()
    }

    fn kill(&self) {}

    fn is_there(&self) -> bool {
        false
    }
}
