//! A run: every client against every server with every test, in parallel within bounds, written down as it goes.

use crate::{
    catalogue::{Entry, capabilities},
    clients::{Client, Known},
    control::Control,
    driver::Driver,
    one::{Setting, judge},
    plan::{Plan, Under},
    probe::probe,
    record::Record,
    results::{self, Header, KnownBy, Outcome, Reason, TestResult, Verdict},
    server::{self, Server},
};
use crosswire_suite::stepper::Judgement;
use futures_util::{StreamExt as _, stream};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::{Mutex, OnceCell, watch};

/// Why nothing could be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NothingToRun(pub String);

/// How a run went, in what its exit code needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Whether everything was as expected.
    pub is_as_expected: bool,
    /// Whether at least one test has passed.
    pub has_passed: bool,
    /// Whether it was interrupted.
    pub interrupted: bool,
    /// What there is to say of drivers that did not end as they should.
    pub notes: Vec<String>,
    /// Why results could not be written down.
    pub unwritten: Option<String>,
}

/// A server of the run, and those of its kind that were started with other settings.
struct Kind {
    under: Under,
    main: Started,
    probed: bool,
    configured: Mutex<BTreeMap<String, Arc<OnceCell<Started>>>>,
}

/// A server, or why there is none.
type Started = Result<Arc<Server>, String>;

/// A client of the run. A driver that broke is started anew.
struct Seat {
    client: Client,
    driver: Mutex<Result<Arc<Driver>, String>>,
    hello: Option<crosswire_suite::driver::Hello>,
}

/// Carries out a plan.
///
/// # Errors
/// Where no client or no server could be started.
pub async fn run(
    plan: &Plan,
    mut record: Record,
    interrupt: watch::Receiver<bool>,
) -> Result<Ended, NothingToRun> {
    let began = Instant::now();
    // Drivers first, so that the origin of a browser is known when servers start.
    let seats: Vec<Seat> = stream::iter(&plan.clients).map(sit).buffered(4).collect().await;
    let origins: Vec<String> = seats.iter().filter_map(|seat| seat.hello.as_ref()?.origin.clone()).collect();
    let kinds: Vec<Kind> =
        stream::iter(&plan.servers).map(|under| begin(under, &origins)).buffered(4).collect().await;
    if let Some(error) = all_missing(
        seats
            .iter()
            .map(|seat| seat.driver.try_lock().ok().and_then(|driver| driver.as_ref().err().cloned())),
    ) {
        return Err(NothingToRun(error));
    }
    if let Some(error) = all_missing(kinds.iter().map(|kind| kind.main.as_ref().err().cloned())) {
        return Err(NothingToRun(error));
    }
    record.begin(header(plan, &seats, &kinds).await);
    let record = Mutex::new(record);
    let setting = Setting {
        unique: unique(),
        time_scale: plan.time_scale,
        fixtures: Arc::clone(&plan.catalogue.fixtures),
    };
    let shared =
        Shared { plan, kinds: &kinds, setting: &setting, origins: &origins, record: &record, interrupt };
    stream::iter(&seats).for_each_concurrent(None, |seat| shared.run_client(seat)).await;
    let interrupted = *shared.interrupt.borrow();
    let mut notes = Vec::new();
    for seat in &seats {
        if let Ok(driver) = &*seat.driver.lock().await {
            notes.extend(driver.stop().await.map(|note| format!("{}: {note}", seat.client.name)));
        }
    }
    for kind in &kinds {
        kind.stop().await;
    }
    Ok(Ended { notes, ..record.into_inner().end(began.elapsed(), interrupted) })
}

async fn sit(client: &Client) -> Seat {
    let started = Driver::start(&client.start).await.and_then(|driver| {
        let known = capabilities().client;
        match driver.hello.capabilities.iter().find(|name| !known.contains(name)) {
            Some(name) => Err(format!(
                "the driver says that it has the capability `{name}`, which is not in the registry; known: {}",
                known.join(", ")
            )),
            None => Ok(Arc::new(driver)),
        }
    });
    let started = started.map_err(|error| match &client.build[..] {
        [] => error,
        build => format!("{error}\nbuild it with: {}", build.join(" ")),
    });
    let hello = started.as_ref().ok().map(|driver| driver.hello.clone());
    Seat { client: client.clone(), driver: Mutex::new(started), hello }
}

async fn begin(under: &Under, origins: &[String]) -> Kind {
    let (main, probed) = match under {
        Under::Program { .. } => (start(under, &serde_json::Map::new(), origins).await, false),
        Under::Address { url, can } => {
            let (can, probed) = match can {
                // That it is there is asked all the same: so that a wrong address is said at once.
                Some(can) => (probe(url).await.map(|_| can.clone()), false),
                None => (probe(url).await, true),
            };
            (can.map(|can| Arc::new(Server::running(url.clone(), url.clone(), can, None::<Control>))), probed)
        }
    };
    Kind { under: under.clone(), main, probed, configured: Mutex::default() }
}

async fn start(
    under: &Under,
    config: &serde_json::Map<String, Value>,
    origins: &[String],
) -> Result<Arc<Server>, String> {
    let Under::Program { name, start, has_limits } = under else {
        return Err("a server that runs already cannot be started with other settings".to_owned());
    };
    let mut flags: Vec<String> = origins.iter().map(|origin| format!("--allow-origin={origin}")).collect();
    flags.extend(server::flags(config));
    let mut server = Server::start(start, &flags).await?;
    if *has_limits {
        server.can.insert("limits".to_owned());
    }
    server.name.clone_from(name);
    Ok(Arc::new(server))
}

impl Kind {
    /// The server that a test needs: the one for all, one with its settings, or one of its own.
    async fn server_for(&self, entry: &Entry, origins: &[String]) -> Result<Arc<Server>, String> {
        let test = &entry.test;
        let is_program = matches!(self.under, Under::Program { .. });
        if test.alone && is_program {
            return start(&self.under, &test.server_config, origins).await;
        }
        if test.server_config.is_empty() || !is_program {
            return self.main.clone();
        }
        let key = Value::Object(test.server_config.clone()).to_string();
        let cell = Arc::clone(self.configured.lock().await.entry(key).or_default());
        cell.get_or_init(|| start(&self.under, &test.server_config, origins)).await.clone()
    }

    async fn stop(&self) {
        let mut servers: Vec<_> = self.main.iter().cloned().collect();
        for cell in self.configured.lock().await.values() {
            servers.extend(cell.get().and_then(|server| server.clone().ok()));
        }
        stream::iter(servers).for_each_concurrent(None, |server| async move { server.stop().await }).await;
    }
}

/// What all clients of a run share.
struct Shared<'a> {
    plan: &'a Plan,
    kinds: &'a [Kind],
    setting: &'a Setting,
    origins: &'a [String],
    record: &'a Mutex<Record>,
    interrupt: watch::Receiver<bool>,
}

impl Shared<'_> {
    async fn run_client(&self, seat: &Seat) {
        let most = seat.hello.as_ref().map_or(1, |hello| hello.max_concurrent).min(self.plan.jobs).max(1);
        let mut work = Vec::new();
        for kind in self.kinds {
            for attempt in 1..=self.plan.repeat {
                work.extend(self.plan.catalogue.entries.iter().map(|entry| (kind, entry, attempt)));
            }
        }
        if let Some(seed) = self.plan.shuffle {
            shuffle(&mut work, seed);
        }
        stream::iter(work)
            .for_each_concurrent(most, |(kind, entry, attempt)| async move {
                let mut result = self.run_one(seat, kind, entry).await;
                result.attempt = attempt;
                self.record.lock().await.add(result);
            })
            .await;
    }

    async fn run_one(&self, seat: &Seat, kind: &Kind, entry: &Entry) -> TestResult {
        let not_run = |message: String| {
            result(seat, kind, entry, Verdict::NotRun, Some(Reason::new("not_run", message)))
        };
        let server = match &kind.main {
            Ok(server) => server,
            Err(error) => return not_run(error.clone()),
        };
        let Some(hello) = &seat.hello else {
            let driver = seat.driver.lock().await;
            return not_run(driver.as_ref().err().cloned().unwrap_or_default());
        };
        if let Some(reason) = lacking(entry, &hello.capabilities, &server.can) {
            return result(seat, kind, entry, Verdict::Unsupported, Some(reason));
        }
        if *self.interrupt.borrow() {
            return not_run("the run was interrupted before it was begun".to_owned());
        }
        let server = match kind.server_for(entry, self.origins).await {
            Ok(server) => server,
            Err(error) => return not_run(format!("its server could not be started: {error}")),
        };
        let driver = match seat.usable().await {
            Ok(driver) => driver,
            Err(error) => {
                return not_run(format!("the driver broke, and could not be started again: {error}"));
            }
        };
        let endpoint = match &kind.under {
            Under::Program { .. } => entry.endpoint.as_str(),
            // What runs already is tested where its address says.
            Under::Address { .. } => "",
        };
        let mut interrupt = self.interrupt.clone();
        let judged = tokio::select! {
            judged = judge(&entry.test, endpoint, &driver, &server, self.setting) => Some(judged),
            _ = interrupt.wait_for(|is_interrupted| *is_interrupted) => None,
        };
        if entry.test.alone {
            server.stop().await;
        }
        let Some((judgement, took)) = judged else {
            return not_run("the run was interrupted in the middle of it".to_owned());
        };
        told_of(seat, kind, entry, judgement, took, &driver)
    }
}

impl Seat {
    /// The driver, started again where it has broken.
    async fn usable(&self) -> Result<Arc<Driver>, String> {
        let mut driver = self.driver.lock().await;
        if let Ok(running) = &*driver
            && running.is_lost()
        {
            running.kill().await;
            *driver = Driver::start(&self.client.start).await.map(Arc::new);
        }
        driver.clone()
    }
}

fn told(known: &Known) -> KnownBy {
    KnownBy { reason: known.reason.clone(), link: known.link.clone() }
}

/// What a client or a server lacks for a test.
fn lacking(entry: &Entry, client: &[String], server: &BTreeSet<String>) -> Option<Reason> {
    let lacks_client: Vec<_> = entry.test.needs_client.iter().filter(|name| !client.contains(name)).collect();
    let lacks_server: Vec<_> =
        entry.test.needs_server.iter().filter(|name| !server.contains(*name)).collect();
    let (who, names) = match (&lacks_client[..], &lacks_server[..]) {
        ([], []) => return None,
        ([], names) => ("server", names),
        (names, _) => ("client", names),
    };
    let told = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let want = names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
    let reason = Reason::new("missing_capability", format!("the {who} lacks {told}"));
    Some(Reason { want: Some(format!("{who}: {want}")), ..reason })
}

/// The one thing that kept everybody from running.
fn all_missing(mut missing: impl Iterator<Item = Option<String>>) -> Option<String> {
    let first = missing.next()??;
    missing.all(|other| other.is_some()).then_some(first)
}

async fn header(plan: &Plan, seats: &[Seat], kinds: &[Kind]) -> Header {
    let mut clients = Vec::new();
    for seat in seats {
        let missing = seat.driver.lock().await.as_ref().err().cloned();
        let hello = seat.hello.as_ref();
        clients.push(results::Client {
            name: seat.client.name.clone(),
            language: seat.client.language.clone(),
            library: hello.map_or_else(|| seat.client.library.clone(), |hello| hello.library.clone()),
            runtime: hello.map(|hello| hello.runtime.clone()).unwrap_or_default(),
            capabilities: hello.map(|hello| hello.capabilities.clone()).unwrap_or_default(),
            missing,
        });
    }
    let servers = kinds.iter().map(|kind| {
        let server = kind.main.as_ref().ok();
        results::Server {
            name: kind.under.name().to_owned(),
            version: server.map(|server| server.version.clone()).unwrap_or_default(),
            can: server.map(|server| server.can.iter().cloned().collect()).unwrap_or_default(),
            probed: kind.probed,
            missing: kind.main.as_ref().err().cloned(),
        }
    });
    let tests = plan.catalogue.entries.iter().map(|entry| results::Test {
        id: entry.test.id.clone(),
        rev: entry.rev.clone(),
        title: entry.test.title.clone(),
        why: entry.test.why.clone(),
        level: entry.test.level.name().to_owned(),
        spec: entry.test.spec.clone(),
        steps: entry.steps.clone(),
    });
    Header {
        format: results::FORMAT,
        started: crate::record::now(),
        crosswire: env!("CARGO_PKG_VERSION").to_owned(),
        git: crate::record::git().await,
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        list: plan.catalogue.hash(),
        time_scale: plan.time_scale,
        command: plan.command.clone(),
        planned: (seats.len() * kinds.len() * plan.catalogue.entries.len()) as u64 * plan.repeat,
        clients,
        servers: servers.collect(),
        tests: tests.collect(),
    }
}

/// Letters and digits that make this run's names its own.
fn unique() -> String {
    let mut bytes = [0; 4];
    // Without randomness two runs against one server at the same time might disturb each other; nothing else.
    let _ = getrandom::fill(&mut bytes);
    format!("r{}", hex::encode(bytes))
}

/// Fisher and Yates' shuffle, from a seed that can be given again.
fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut state = seed;
    let mut next = || {
        // SplitMix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    for i in (1..items.len()).rev() {
        let other = usize::try_from(next() % (i as u64 + 1)).unwrap_or(0);
        items.swap(i, other);
    }
}

/// A result of which only the verdict and its reason are known.
fn result(seat: &Seat, kind: &Kind, entry: &Entry, verdict: Verdict, reason: Option<Reason>) -> TestResult {
    let known = seat.client.known.iter().find(|known| known.is_about(&entry.test.id, kind.under.name()));
    let outcome = Outcome::of(verdict, known.is_some());
    TestResult {
        client: seat.client.name.clone(),
        server: kind.under.name().to_owned(),
        test: entry.test.id.clone(),
        attempt: 1,
        verdict,
        outcome,
        ms: 0.0,
        reason,
        known: known.filter(|_| matches!(outcome, Outcome::Known | Outcome::Fixed)).map(told),
        notes: Vec::new(),
        transcript: Vec::new(),
        seen: BTreeMap::new(),
        stderr: String::new(),
    }
}

/// A result, from what the judge said.
fn told_of(
    seat: &Seat,
    kind: &Kind,
    entry: &Entry,
    judgement: Judgement,
    took: Duration,
    driver: &Driver,
) -> TestResult {
    let is_pass = judgement.verdict == Verdict::Pass;
    let mut result = result(seat, kind, entry, judgement.verdict, judgement.reason);
    result.ms = (took.as_secs_f64() * 1e5).round() / 100.0;
    result.notes = judgement.notes;
    if !is_pass {
        result.transcript = judgement.transcript;
        result.seen = judgement.seen;
        result.stderr = driver.errors.text();
    }
    result
}
