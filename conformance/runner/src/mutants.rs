//! Tests that are tested: each must pass on the healthy server, and fail on every mutant that it claims to kill.

use crate::{
    catalogue::{Catalogue, Entry},
    child::Start,
    driver::Driver,
    one::{Setting, judge},
    plan::Client,
    results::Verdict,
    run::{CROWDS_AT_ONCE, is_crowd},
    server::{Server, flags},
    servers::REFERENCE,
};
use crosswire_suite::suite::Step;
use futures_util::{StreamExt as _, stream};
use std::{path::PathBuf, sync::Arc};
use tokio::sync::Semaphore;

/// What is to be proven.
#[derive(Debug)]
pub struct Proof<'a> {
    /// The tests.
    pub catalogue: &'a Catalogue,
    /// The mutants.
    pub mutants: &'a [String],
    /// The program that is wrong on demand.
    pub program: PathBuf,
    /// The client.
    pub client: &'a Client,
    /// How many mutants run at once.
    pub jobs: usize,
    /// What the tests run in.
    pub setting: Setting,
}

/// What came of a test against a mutant, or against the healthy server.
#[derive(Debug, Clone)]
pub struct Tried {
    /// The mutant; `none` is healthy.
    pub mutant: String,
    /// The test.
    pub test: String,
    /// What came of it; nothing, where the client cannot run it.
    pub verdict: Option<Verdict>,
    /// What the client lacks for it.
    pub lacks: Vec<String>,
    /// Whether the client is known to fail it on every server.
    pub is_known: bool,
    /// Why, in a line.
    pub why: String,
}

/// The capability to show the status of a refusal.
const STATUS: &str = "handshake-status";

/// The healthy mutant.
pub const HEALTHY: &str = "none";

impl Tried {
    /// Whether it is as it must be: a pass on the healthy server, a failure on a mutant. A driver's timeout kills nothing.
    pub fn is_as_it_must_be(&self) -> bool {
        match self.verdict {
            None => true,
            Some(verdict) => verdict == if self.mutant == HEALTHY { Verdict::Pass } else { Verdict::Fail },
        }
    }
}

/// Tries every test on the healthy server and on the mutants that it claims to kill.
///
/// # Errors
/// Where a driver or a mutant could not be started.
pub async fn prove(proof: &Proof<'_>) -> Result<Vec<Tried>, String> {
    let driver = Driver::start(&proof.client.start, proof.setting.time_scale).await;
    let driver = Arc::new(driver.map_err(|unfit| unfit.to_string())?);
    let places = Arc::new(Places {
        all: Semaphore::new(driver.hello.max_concurrent),
        crowds: Semaphore::new(CROWDS_AT_ONCE),
    });
    let names = std::iter::once(HEALTHY.to_owned()).chain(proof.mutants.iter().cloned());
    let tried: Vec<Result<Vec<Tried>, String>> = stream::iter(names)
        .map(|mutant| try_mutant(proof, mutant, Arc::clone(&driver), Arc::clone(&places)))
        .buffered(proof.jobs)
        .collect()
        .await;
    driver.stop().await;
    let mut all = Vec::new();
    for tried in tried {
        all.extend(tried?);
    }
    Ok(all)
}

/// What a client has room for.
struct Places {
    all: Semaphore,
    /// Of these a browser's.
    crowds: Semaphore,
}

/// Whether steps look at the status of a refusal.
fn checks_status(steps: &[Step]) -> bool {
    steps.iter().any(|step| match step {
        Step::ConnectFails { status, .. } => status.is_some(),
        Step::Repeat { steps, .. } => checks_status(steps),
        Step::Parallel(lists) => lists.iter().any(|steps| checks_status(steps)),
        _ => false,
    })
}

async fn try_mutant(
    proof: &Proof<'_>,
    mutant: String,
    driver: Arc<Driver>,
    places: Arc<Places>,
) -> Result<Vec<Tried>, String> {
    let claims = |entry: &&Entry| mutant == HEALTHY || entry.test.kills.contains(&mutant);
    let entries: Vec<_> = proof.catalogue.entries.iter().filter(claims).collect();
    let start = Start {
        command: vec![
            proof.program.clone().into(),
            "--mutant".into(),
            mutant.clone().into(),
            "--under-test".into(),
            "--journal".into(),
        ],
        folder: None,
    };
    let is_browser = driver.hello.origin.is_some();
    let origin: Vec<_> =
        driver.hello.origin.iter().map(|origin| format!("--allow-origin={origin}")).collect();
    let shared =
        Server::start(&start, &origin, proof.setting.time_scale).await.map_err(|missing| missing.why)?;
    let (shared, start, mutant, origin) = (&shared, &start, &mutant, &origin);
    let tried = stream::iter(entries).map(|entry| {
        let (driver, places) = (Arc::clone(&driver), Arc::clone(&places));
        async move {
            let needs = entry.test.needs_client.iter();
            let mut tried = Tried {
                mutant: mutant.clone(),
                test: entry.test.id.clone(),
                verdict: None,
                lacks: needs.filter(|name| !driver.hello.capabilities.contains(name)).cloned().collect(),
                is_known: false,
                why: String::new(),
            };
            if !tried.lacks.is_empty() {
                "the client lacks what the test needs".clone_into(&mut tried.why);
                return Ok(tried);
            }
            // What the client fails on every server proves nothing about one that is wrong.
            if proof
                .client
                .known
                .iter()
                .any(|known| known.is_about(&entry.test.id, &proof.client.name, REFERENCE))
            {
                tried.is_known = true;
                "it is a known failure of the client".clone_into(&mut tried.why);
                return Ok(tried);
            }
            let is_crowd = is_browser && is_crowd(&entry.test.steps);
            let is_own = entry.test.alone || is_crowd || !entry.test.server_config.is_empty();
            let own = if is_own {
                let flags = [origin.clone(), flags(&entry.test.server_config)].concat();
                let started = Server::start(start, &flags, proof.setting.time_scale).await;
                Some(started.map_err(|missing| missing.why)?)
            } else {
                None
            };
            let server = own.as_ref().unwrap_or(shared);
            // Nobody closes them.
            let _crowd = if is_crowd { places.crowds.acquire().await.ok() } else { None };
            let _place = places.all.acquire().await;
            let (judgement, _) =
                judge(&entry.test, &entry.endpoint, driver.begin(), &driver, server, &proof.setting).await;
            if let Some(own) = &own {
                own.stop().await;
            }
            tried.verdict = Some(judgement.verdict);
            let has_status = driver.hello.capabilities.iter().any(|name| name == STATUS);
            // A client that does not show the status of a refusal may have refused an answer itself, and then has not seen whether
            // the server would have.
            if mutant != HEALTHY
                && judgement.verdict == Verdict::Pass
                && !has_status
                && checks_status(&entry.test.steps)
            {
                tried.verdict = None;
                tried.lacks.push(STATUS.to_owned());
            }
            tried.why = judgement
                .reason
                .map(|reason| format!("{}: {}", reason.code, reason.message))
                .unwrap_or_default();
            Ok::<_, String>(tried)
        }
    });
    // On the healthy server tests run at once as in any run; a mutant has few, and some of them end its world.
    let at_once = if mutant == HEALTHY { 16 } else { 4 };
    let tried: Vec<_> = tried.buffered(at_once).collect().await;
    shared.stop().await;
    tried.into_iter().collect()
}
