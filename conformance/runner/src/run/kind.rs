//! A server of the run, and those of its kind that were started with other settings.

use super::{Missing, is_crowd};
use crate::{
    catalogue::Entry,
    plan::{Program, Under},
    probe::probe,
    results::{By, Fault},
    server::{self, Server},
};
use futures_util::{StreamExt as _, stream};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::sync::{Mutex, OnceCell, OwnedSemaphorePermit, Semaphore};

/// How many tests have a server to themselves at once: to wait for one that is there costs less than to start another.
const ALONE_AT_ONCE: usize = 2;

/// A server of the run.
#[derive(Debug)]
pub struct Kind {
    /// What it is.
    pub under: Under,
    /// Whether what it can do was found out by asking it.
    pub probed: bool,
    /// What asking it has shown beside that.
    pub notes: Vec<String>,
    /// The one for all tests that ask for nothing else.
    pub main: Started,
    configured: Mutex<BTreeMap<String, Arc<OnceCell<Started>>>>,
    /// Those that one test after another has to itself, while none has them.
    alone: Mutex<Vec<Arc<Server>>>,
    alone_at_once: Arc<Semaphore>,
    /// What those that have ended had of the processors.
    had: Mutex<Duration>,
    origins: Vec<String>,
    time_scale: f64,
}

/// The server of a test.
#[derive(Debug)]
pub(super) struct Lent {
    pub server: Arc<Server>,
    /// Its place among those that have a server to themselves.
    _place: Option<OwnedSemaphorePermit>,
}

impl Lent {
    const fn to_all(server: Arc<Server>) -> Self {
        Self { server, _place: None }
    }
}

/// A server, or why there is none.
type Started = Result<Arc<Server>, Missing>;

impl Kind {
    /// Starts a server, or finds out what one that runs can do. Pages of these origins may connect to it.
    pub async fn begin(under: &Under, origins: &[String], time_scale: f64) -> Self {
        let mut notes = Vec::new();
        let (main, probed) = match under {
            Under::Program(program) => match program.build.missing() {
                Some(why) => (Err(Missing::not_built(why)), false),
                None => (start(program, &Map::new(), origins, time_scale).await, false),
            },
            Under::Address { url, can } => {
                let is_probed = can.is_none();
                // That it is there is asked in any case: so that a wrong address is said at once.
                let server = probe(url).await.map(|found| {
                    let (can, longest) = match can {
                        Some(told) => (told.clone(), None),
                        None => {
                            notes = found.notes;
                            (found.can, found.longest)
                        }
                    };
                    let mut running = Server::running(url.clone(), url.clone(), can, None);
                    running.longest = longest;
                    Arc::new(running)
                });
                (server.map_err(Missing::broken), is_probed)
            }
        };
        Self {
            under: under.clone(),
            probed,
            notes,
            main,
            configured: Mutex::default(),
            alone: Mutex::default(),
            alone_at_once: Arc::new(Semaphore::new(ALONE_AT_ONCE)),
            had: Mutex::default(),
            origins: origins.to_vec(),
            time_scale,
        }
    }

    /// One that was started by somebody else, and of which more can be started.
    pub fn running(program: Program, server: Server, time_scale: f64) -> Self {
        Self {
            under: program.into(),
            probed: false,
            notes: Vec::new(),
            main: Ok(Arc::new(server)),
            configured: Mutex::default(),
            alone: Mutex::default(),
            alone_at_once: Arc::new(Semaphore::new(ALONE_AT_ONCE)),
            had: Mutex::default(),
            origins: Vec::new(),
            time_scale,
        }
    }

    /// Where the connections of a test go on it.
    pub(super) fn endpoint<'a>(&self, entry: &'a Entry) -> &'a str {
        match &self.under {
            Under::Program(_) => &entry.endpoint,
            // What runs already is tested where its address says.
            Under::Address { .. } => "",
        }
    }

    /// The flag that a test's settings need and that it does not take.
    pub(super) fn lacks_flag(&self, entry: &Entry) -> Option<String> {
        let taken: &[String] = match &self.under {
            Under::Program(program) => &program.flags,
            Under::Address { .. } => &[],
        };
        let mut wanted = entry.test.server_config.keys().map(|name| server::flag(name));
        wanted.find(|flag| !taken.contains(flag))
    }

    /// Whether a test has a server to itself.
    pub(super) fn is_alone(&self, entry: &Entry, is_browser: bool) -> bool {
        let test = &entry.test;
        // A browser opens one connection to an address at a time, and the next a moment later: a crowd would hold up all others.
        let is_crowd = is_browser && test.server_config.is_empty() && is_crowd(&test.steps);
        matches!(self.under, Under::Program(_)) && (test.alone || is_crowd)
    }

    /// The server that a test needs: the one for all, one with its settings, or one that it has to itself.
    pub(super) async fn server_for(&self, entry: &Entry, is_browser: bool) -> Result<Lent, Missing> {
        let config = &entry.test.server_config;
        let Under::Program(program) = &self.under else { return Ok(Lent::to_all(self.main.clone()?)) };
        let another = || start(program, config, &self.origins, self.time_scale);
        if self.is_alone(entry, is_browser) {
            // Nobody closes it.
            let place = Arc::clone(&self.alone_at_once).acquire_owned().await.ok();
            let waiting = if config.is_empty() { self.alone.lock().await.pop() } else { None };
            let server = match waiting {
                Some(server) => server,
                None => another().await?,
            };
            return Ok(Lent { server, _place: place });
        }
        if config.is_empty() {
            return Ok(Lent::to_all(self.main.clone()?));
        }
        let key = Value::Object(config.clone()).to_string();
        let cell = Arc::clone(self.configured.lock().await.entry(key).or_default());
        Ok(Lent::to_all(cell.get_or_init(another).await.clone()?))
    }

    /// Takes back the server of a test that had it to itself. One on which the test has not passed may not be as it was, and
    /// is ended. So is one with limits: connections that are about to end count against them.
    pub(super) async fn give_back(&self, entry: &Entry, lent: Lent, has_passed: bool) {
        if has_passed && entry.test.server_config.is_empty() {
            self.alone.lock().await.push(lent.server);
        } else {
            *self.had.lock().await += lent.server.processor_time().await.unwrap_or_default();
            lent.server.stop().await;
        }
    }

    /// What all servers of this kind have had of the processors, where one of them can be asked.
    pub async fn processor_time(&self) -> Option<Duration> {
        let mut servers = self.lasting().await;
        servers.extend_from_slice(&self.alone.lock().await);
        let mut had = None;
        for server in servers {
            if let Some(time) = server.processor_time().await {
                *had.get_or_insert(*self.had.lock().await) += time;
            }
        }
        had
    }

    /// Says of a server that was there when the run began, and is not now, or was not for a while. That a test's own server
    /// has gone its result tells, and the next has another.
    pub async fn fault(&self) -> Option<Fault> {
        for server in self.lasting().await {
            let url = &server.url;
            let message = if server.is_gone().await {
                format!(
                    "it was there when the run began; nobody listens at {url} now. What it said last tells most"
                )
            } else if server.was_gone() {
                format!(
                    "nobody listened at {url} for a part of the run; it was started again, and ended before"
                )
            } else {
                continue;
            };
            return Some(Fault { by: By::Server(self.under.name().to_owned()), message });
        }
        None
    }

    /// The servers that are there for many tests.
    async fn lasting(&self) -> Vec<Arc<Server>> {
        let mut servers: Vec<_> = self.main.iter().cloned().collect();
        for cell in self.configured.lock().await.values() {
            servers.extend(cell.get().and_then(|server| server.clone().ok()));
        }
        servers
    }

    /// Ends every server that was started.
    pub async fn stop(&self) {
        let mut servers = self.lasting().await;
        servers.append(&mut *self.alone.lock().await);
        stream::iter(servers).for_each_concurrent(None, |server| async move { server.stop().await }).await;
    }
}

async fn start(
    program: &Program,
    config: &Map<String, Value>,
    origins: &[String],
    time_scale: f64,
) -> Started {
    let takes = |flag: &str| program.flags.iter().any(|taken| taken == flag);
    let mut flags = Vec::new();
    if takes("journal") {
        flags.push("--journal".to_owned());
    }
    if takes("allow-origin") {
        flags.extend(origins.iter().map(|origin| format!("--allow-origin={origin}")));
    }
    flags.extend(server::flags(config));
    let started = Server::start(&program.start, &flags, time_scale).await;
    let mut server = started.map_err(|missing| program.build.advise(missing))?;
    server.name.clone_from(&program.name);
    Ok(Arc::new(server))
}
