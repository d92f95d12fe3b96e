//! A run: every client against every server with every test, in parallel within bounds, written down as it goes.

mod crowd;
mod header;
mod kind;
mod order;
mod pair;
mod room;
mod seat;
mod work;

pub(crate) use crowd::{CROWDS_AT_ONCE, is_crowd, weight_in_a_browser};
pub use kind::Kind;
pub use order::unique;
pub use pair::Pair;
pub(crate) use room::Room;
pub use seat::Seat;

use crate::{
    catalogue::Entry,
    one::Setting,
    plan::Plan,
    processor,
    record::{Record, milliseconds},
    results::{Processor, Role, Skipped, Times},
};
use crosswire_suite::suite::weight;
use futures_util::{StreamExt as _, future::join, stream};
use std::{
    cmp::Reverse,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    sync::{Mutex, Semaphore, watch},
    time::timeout,
};

/// How many drivers, and how many servers, are started at once.
const STARTED_AT_ONCE: usize = 4;

/// How long people may take to open their browsers.
const GUESTS_TIME: Duration = Duration::from_secs(300);

/// Why a driver or a server is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// In a sentence, and what to do.
    pub why: String,
    /// Whether it was never built or installed: nobody's fault.
    pub is_not_built: bool,
}

/// Why nothing was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NothingRun {
    /// There is no client or no server: why, in a sentence.
    Missing(String),
    /// Nobody waited until there was.
    Interrupted,
    /// The results cannot be written down: why.
    Unwritten(String),
}

/// How a run went, in what its exit code needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Whether everything was as expected.
    pub is_as_expected: bool,
    /// Whether at least one test has passed.
    pub has_passed: bool,
    /// Whether it was interrupted.
    pub interrupted: bool,
    /// Why results could not be written down.
    pub unwritten: Option<String>,
}

impl Missing {
    /// It was never built or installed.
    pub const fn not_built(why: String) -> Self {
        Self { why, is_not_built: true }
    }

    /// It is there, and does not do what it should.
    pub const fn broken(why: String) -> Self {
        Self { why, is_not_built: false }
    }
}

/// Carries out a plan.
///
/// # Errors
/// Where no client or no server could be started, or nobody waited until they were.
pub async fn run(
    plan: &Plan,
    mut record: Record,
    mut interrupt: watch::Receiver<bool>,
) -> Result<Ended, NothingRun> {
    let began = Instant::now();
    let (seats, kinds) = tokio::select! {
        begun = begin_all(plan) => begun?,
        _ = interrupt.wait_for(|is_interrupted| *is_interrupted) => return Err(NothingRun::Interrupted),
    };
    let mut seats_missing = Vec::new();
    for seat in &seats {
        seats_missing.push(seat.missing().await);
    }
    let kinds_missing: Vec<_> = kinds.iter().map(|kind| kind.main.as_ref().err().cloned()).collect();
    let clients = seats.iter().map(|seat| seat.client.name.as_str());
    any_there("client", clients.zip(&seats_missing))?;
    any_there("server", kinds.iter().map(|kind| kind.under.name()).zip(&kinds_missing))?;
    let mut skipped = Vec::new();
    let seats = without_missing(plan.may_lack.clients, seats, seats_missing, |seat, why| {
        skipped.push(Skipped { role: Role::Client, name: seat.client.name.clone(), why });
    });
    let kinds = without_missing(plan.may_lack.servers, kinds, kinds_missing, |kind, why| {
        skipped.push(Skipped { role: Role::Server, name: kind.under.name().to_owned(), why });
    });
    let mut times = Times { start: milliseconds(began.elapsed()), ..Times::default() };
    let heavy = work::heavy(plan, &seats, &kinds);
    let of_client = |(index, seat)| (seat, work::of_client(plan, index, seat, &kinds, heavy.as_ref()));
    let work: Vec<_> = seats.iter().enumerate().map(of_client).collect();
    let planned = work.iter().map(|(_, tasks)| tasks.len() as u64).sum();
    if let Err(error) = record.begin(header::header(plan, &seats, &kinds, skipped, heavy, planned).await) {
        stream::iter(&seats).map(Seat::stop).buffered(seats.len()).collect::<Vec<_>>().await;
        stream::iter(&kinds).for_each_concurrent(None, Kind::stop).await;
        return Err(NothingRun::Unwritten(error.to_string()));
    }
    let setting = Setting {
        unique: unique(),
        time_scale: plan.time_scale,
        fixtures: Arc::clone(&plan.catalogue.fixtures),
        trace: None,
    };
    let record = Mutex::new(record);
    let room = Room::new(plan.jobs);
    let shared = Shared { room: &room, plan, setting: &setting, record: &record, interrupt };
    // Of each client as many, so that none has to stand in line behind all that another one has.
    let at_once = plan.jobs.div_ceil(seats.len());
    let spent: Vec<_> = stream::iter(work)
        .map(async |(seat, tasks)| {
            let began = Instant::now();
            shared.run_client(seat, tasks, at_once).await;
            (seat.client.name.clone(), milliseconds(began.elapsed()))
        })
        .buffer_unordered(seats.len())
        .collect()
        .await;
    times.clients.extend(spent);
    let tested = Instant::now();
    times.processor = processor_of_all(&seats, &kinds).await;
    let interrupted = *shared.interrupt.borrow();
    let stopped = stream::iter(&seats).map(Seat::stop).buffered(seats.len());
    let mut faults: Vec<_> = stopped.collect::<Vec<_>>().await.concat();
    // What interrupts a run may have reached its servers too.
    if !interrupted {
        for kind in &kinds {
            faults.extend(kind.fault().await);
        }
    }
    stream::iter(&kinds).for_each_concurrent(None, Kind::stop).await;
    times.stop = milliseconds(tested.elapsed());
    Ok(record.into_inner().end(began.elapsed(), times, interrupted, faults))
}

/// What everybody has had of the processors, asked before they end.
async fn processor_of_all(seats: &[Seat], kinds: &[Kind]) -> Option<Processor> {
    let mut all = Processor { runner: milliseconds(processor::had_by_us()?), ..Processor::default() };
    for seat in seats {
        all.clients
            .extend(seat.processor_time().await.map(|had| (seat.client.name.clone(), milliseconds(had))));
    }
    for kind in kinds {
        all.servers
            .extend(kind.processor_time().await.map(|had| (kind.under.name().to_owned(), milliseconds(had))));
    }
    Some(all)
}

/// Starts everything that is planned. Drivers first, so that the origin of a browser is known when servers start.
async fn begin_all(plan: &Plan) -> Result<(Vec<Seat>, Vec<Kind>), NothingRun> {
    let mut seats: Vec<Seat> = stream::iter(&plan.clients)
        .map(|client| Seat::take(client, plan.time_scale))
        .buffered(STARTED_AT_ONCE)
        .collect()
        .await;
    take_in_guests(plan, &mut seats).await?;
    let origins: Vec<String> = seats.iter().filter_map(|seat| seat.hello.as_ref()?.origin.clone()).collect();
    let kinds = stream::iter(&plan.servers)
        .map(|under| Kind::begin(under, &origins, plan.time_scale))
        .buffered(STARTED_AT_ONCE)
        .collect()
        .await;
    Ok((seats, kinds))
}

/// Gives a seat to everybody who has joined a driver, and waits for as many as the plan says.
async fn take_in_guests(plan: &Plan, seats: &mut Vec<Seat>) -> Result<(), NothingRun> {
    if plan.guests > 0 {
        let Some(host) = seats.iter().find(|seat| seat.is_browser()) else {
            let why = "no client is there that guests could join: a browser's bridge, which conformance/clients/browser has";
            return Err(NothingRun::Missing(why.to_owned()));
        };
        if let Some(origin) = host.hello.as_ref().and_then(|hello| hello.origin.as_ref()) {
            (plan.invite)(origin, plan.guests);
        }
        let patience = GUESTS_TIME.mul_f64(plan.time_scale);
        timeout(patience, host.has_guests(plan.guests)).await.map_err(|_| {
            NothingRun::Missing(format!("fewer than {} guests have joined within {patience:?}", plan.guests))
        })?;
    }
    let mut guests = Vec::new();
    for seat in &*seats {
        guests.extend(seat.guests().await);
    }
    seats.extend(guests);
    Ok(())
}

/// Refuses a run in which nobody is there on one side, and says of each why.
fn any_there<'a>(
    side: &str,
    all: impl Iterator<Item = (&'a str, &'a Option<Missing>)>,
) -> Result<(), NothingRun> {
    let mut lines = vec![format!("no {side} can be run")];
    for (name, missing) in all {
        let Some(Missing { why, .. }) = missing else { return Ok(()) };
        // A server that is known by its command or its address is named by what is wrong with it.
        let is_named = side == "server" && why.contains(name);
        lines.push(if is_named { why.clone() } else { format!("{name}: {why}") });
    }
    Err(NothingRun::Missing(lines.join("\n")))
}

/// Leaves out what was never built, where a run may lack it.
fn without_missing<T>(
    may_lack: bool,
    all: Vec<T>,
    missing: Vec<Option<Missing>>,
    mut skip: impl FnMut(&T, String),
) -> Vec<T> {
    let mut there = Vec::new();
    for (one, missing) in all.into_iter().zip(missing) {
        match missing {
            Some(missing) if missing.is_not_built && may_lack => skip(&one, missing.why),
            _ => there.push(one),
        }
    }
    there
}

/// What all clients of a run share.
struct Shared<'a> {
    plan: &'a Plan,
    setting: &'a Setting,
    record: &'a Mutex<Record>,
    room: &'a Room,
    interrupt: watch::Receiver<bool>,
}

impl Shared<'_> {
    async fn run_client(&self, seat: &Seat, tasks: Vec<work::Task<'_>>, at_once: usize) {
        let most = seat.hello.as_ref().map_or(1, |hello| hello.max_concurrent).min(self.plan.jobs).max(1);
        let weigh = if seat.is_browser() { weight_in_a_browser } else { weight };
        let places = &Semaphore::new(most);
        let run = |work::Task { kind, entry, attempt }| async move {
            // Nobody closes it.
            let _room = self.room.take(weigh(&entry.test.steps)).await;
            let _place = places.acquire().await;
            let mut result = Pair { seat, kind }.run(entry, None, self.setting, &self.interrupt).await;
            result.attempt = attempt;
            let counts = entry.test.level <= self.plan.fail_on;
            self.record.lock().await.add(result, counts);
        };
        // What takes longest is begun first, and others run beside it.
        let is_long =
            |entry: &Entry| work::is_heavy(entry) || seat.is_browser() && is_crowd(&entry.test.steps);
        let (mut long, others): (Vec<_>, Vec<_>) = tasks.into_iter().partition(|task| is_long(task.entry));
        long.sort_by_key(|task| Reverse(weight(&task.entry.test.steps)));
        // A browser takes longer for each, and would be the last by far with as many as the others.
        let (long_at_once, at_once) =
            if seat.is_browser() { (CROWDS_AT_ONCE, most) } else { (most, most.min(at_once)) };
        let long = stream::iter(long).for_each_concurrent(long_at_once, run);
        join(long, stream::iter(others).for_each_concurrent(at_once, run)).await;
    }
}
