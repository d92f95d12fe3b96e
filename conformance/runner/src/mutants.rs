//! Tests that are tested: each must pass on the healthy server, and fail on every mutant that it claims to kill.

use crate::{
    catalogue::{Catalogue, Entry},
    child::Start,
    driver::Driver,
    one::{Setting, judge},
    plan::Client,
    results::Verdict,
    run::{CROWDS_AT_ONCE, Room, is_crowd, weight_in_a_browser},
    server::{Server, flags},
    servers::REFERENCE,
};
use crosswire_suite::suite::{Kill, weight};
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
    /// The room that it shares with the proofs of other clients.
    pub room: &'a ProofRoom,
    /// What the tests run in.
    pub setting: Setting,
}

/// What proofs with several clients share, so that as much happens at once with one client as with many.
#[derive(Debug)]
pub struct ProofRoom {
    /// For mutants.
    mutants: Semaphore,
    /// For their tests.
    tests: Room,
}

impl ProofRoom {
    /// Room for so many mutants.
    pub fn new(mutants: usize) -> Self {
        Self { mutants: Semaphore::new(mutants), tests: Room::new(mutants * TESTS_FOR_EACH) }
    }
}

/// How many tests run at once for each mutant that does, all clients together, half of them light ones.
const TESTS_FOR_EACH: usize = 2;
/// How many tests of a mutant run at once: most wait more than they work, and some of them end its world.
const TESTS_OF_A_MUTANT: usize = 4;
/// How many run at once on the healthy server, as in any run.
const TESTS_OF_THE_HEALTHY: usize = 16;

/// What a client does once before anything counts, and by how much longer it may take.
const WARM_UP: &str = "core/connects";
const WARM_UP_PATIENCE: f64 = 6.0;

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
    warm_up(proof, &driver).await?;
    let places = Arc::new(Places {
        all: Semaphore::new(driver.hello.max_concurrent),
        crowds: Semaphore::new(CROWDS_AT_ONCE),
    });
    let names = std::iter::once(HEALTHY.to_owned()).chain(proof.mutants.iter().cloned());
    let tried = names.map(|mutant| try_mutant(proof, mutant, Arc::clone(&driver), Arc::clone(&places)));
    let tried = in_order(tried, usize::MAX).await;
    driver.stop().await;
    let tried: Vec<Vec<Tried>> = tried.into_iter().collect::<Result<_, _>>()?;
    Ok(tried.concat())
}

/// Has the client connect once for nothing. Its first connection loads and compiles what all others find ready, and a dozen
/// first ones beside other clients that start have taken longer than a test waits.
async fn warm_up(proof: &Proof<'_>, driver: &Driver) -> Result<(), String> {
    let own = Catalogue::own().ok();
    let mut entries = own.iter().flat_map(|own| &own.entries);
    let Some(connects) = entries.find(|entry| entry.test.id == WARM_UP) else { return Ok(()) };
    let setting =
        Setting { time_scale: proof.setting.time_scale * WARM_UP_PATIENCE, ..proof.setting.clone() };
    let server = start_server(proof, HEALTHY, &origin_of(driver)).await?;
    // What is wrong here the tests will tell.
    judge(&connects.test, &connects.endpoint, driver.begin(), driver, &server, &setting).await;
    server.stop().await;
    Ok(())
}

/// A mutant that listens, or the healthy server.
async fn start_server(proof: &Proof<'_>, mutant: &str, flags: &[String]) -> Result<Server, String> {
    let command = vec![
        proof.program.clone().into(),
        "--mutant".into(),
        mutant.into(),
        "--under-test".into(),
        "--journal".into(),
    ];
    let start = Start { command, folder: None };
    Server::start(&start, flags, proof.setting.time_scale).await.map_err(|missing| missing.why)
}

/// What a server needs to be told for the client: where a browser's page comes from.
fn origin_of(driver: &Driver) -> Vec<String> {
    driver.hello.origin.iter().map(|origin| format!("--allow-origin={origin}")).collect()
}

/// Carries out so many at once, and gives what came of them in their order. A slow one holds up none of those behind it.
async fn in_order<T>(futures: impl Iterator<Item = impl Future<Output = T>>, at_once: usize) -> Vec<T> {
    let numbered = futures.enumerate().map(|(i, future)| async move { (i, future.await) });
    let mut all: Vec<(usize, T)> = stream::iter(numbered).buffer_unordered(at_once).collect().await;
    all.sort_by_key(|(i, _)| *i);
    all.into_iter().map(|(_, each)| each).collect()
}

/// What a client has room for.
struct Places {
    all: Semaphore,
    /// Of these a browser's.
    crowds: Semaphore,
}

async fn try_mutant(
    proof: &Proof<'_>,
    mutant: String,
    driver: Arc<Driver>,
    places: Arc<Places>,
) -> Result<Vec<Tried>, String> {
    // Nobody closes it.
    let _turn = proof.room.mutants.acquire().await;
    let entries: Vec<_> = proof.catalogue.entries.iter().filter(|entry| is_tried(entry, &mutant)).collect();
    let is_browser = driver.hello.origin.is_some();
    let origin = origin_of(&driver);
    let shared = start_server(proof, &mutant, &origin).await?;
    let (shared, mutant, origin) = (&shared, &mutant, &origin);
    let at_once = if mutant == HEALTHY { TESTS_OF_THE_HEALTHY } else { TESTS_OF_A_MUTANT };
    let tried = entries.into_iter().map(|entry| {
        let (driver, places) = (Arc::clone(&driver), Arc::clone(&places));
        async move {
            let needs = entry.test.needs_client.iter().chain(needs_to_see(entry, mutant));
            let mut tried = Tried {
                mutant: mutant.clone(),
                test: entry.test.id.clone(),
                verdict: None,
                lacks: needs.filter(|name| !driver.hello.capabilities.contains(name)).cloned().collect(),
                is_known: false,
                why: String::new(),
            };
            if !tried.lacks.is_empty() {
                "the client lacks what the proof needs".clone_into(&mut tried.why);
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
                Some(start_server(proof, mutant, &flags).await?)
            } else {
                None
            };
            let server = own.as_ref().unwrap_or(shared);
            // Nobody closes them.
            let _crowd = if is_crowd { places.crowds.acquire().await.ok() } else { None };
            let _place = places.all.acquire().await;
            let steps = &entry.test.steps;
            let weight = if is_browser { weight_in_a_browser(steps) } else { weight(steps) };
            let _room = proof.room.tests.take(weight).await;
            let (judgement, _) =
                judge(&entry.test, &entry.endpoint, driver.begin(), &driver, server, &proof.setting).await;
            if let Some(own) = &own {
                own.stop().await;
            }
            tried.verdict = Some(judgement.verdict);
            tried.why = judgement
                .reason
                .map(|reason| format!("{}: {}", reason.code, reason.message))
                .unwrap_or_default();
            Ok::<_, String>(tried)
        }
    });
    let tried = in_order(tried, at_once).await;
    shared.stop().await;
    tried.into_iter().collect()
}

/// Whether a test is tried on a mutant: on the healthy server each is.
pub fn is_tried(entry: &Entry, mutant: &str) -> bool {
    mutant == HEALTHY || of(entry, mutant).is_some()
}

fn of<'a>(entry: &'a Entry, mutant: &str) -> Option<&'a Kill> {
    entry.test.kills.iter().find(|kill| kill.mutant == mutant)
}

/// What a client needs besides, for the test to fail on the mutant.
fn needs_to_see<'a>(entry: &'a Entry, mutant: &str) -> &'a [String] {
    of(entry, mutant).map_or(&[], |kill| &kill.needs_client)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_needs_what_its_mutant_needs() {
        let own = Catalogue::own().unwrap();
        let entry = |id: &str| own.entries.iter().find(|entry| entry.test.id == id).unwrap();
        let [tcp, echo] = [entry("edges/tcp-ends-behind-the-close"), entry("core/echo")];
        assert_eq!(needs_to_see(tcp, "close-answered-tcp-open"), ["waits-for-tcp-end"]);
        assert!(needs_to_see(tcp, HEALTHY).is_empty(), "whoever cannot see the mutant runs the test");
        assert!(needs_to_see(echo, "echo-altered").is_empty());
        assert!(is_tried(echo, HEALTHY) && is_tried(echo, "echo-altered"));
        assert!(!is_tried(echo, "close-answered-tcp-open"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_one_holds_up_none_and_all_are_in_their_order() {
        let began = tokio::time::Instant::now();
        let seconds = [9, 3, 3, 3];
        let futures = seconds.iter().map(|&s| async move {
            tokio::time::sleep(std::time::Duration::from_secs(s)).await;
            s
        });
        assert_eq!(in_order(futures, 2).await, seconds);
        assert_eq!(began.elapsed().as_secs(), 9);
    }
}
