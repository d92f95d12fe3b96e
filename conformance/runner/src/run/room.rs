//! How much of a run happens at once: a run as a whole has so much room, and a heavy test takes more of it than a light one.
//!
//! Most tests wait more than they work, so that many of them fit beside one another. Those that move megabytes or open
//! hundreds of connections do not: too many of these at once, and light tests run out of time for want of a processor.

use crosswire_suite::suite::{Counting, Payload, Step};
use serde_json::Value;
use tokio::sync::{Semaphore, SemaphorePermit};

/// The room of a run.
#[derive(Debug)]
pub(super) struct Room {
    free: Semaphore,
    whole: u32,
}

/// What a test costs, in connections; from measurements that were rounded generously.
const MESSAGE: f64 = 0.05;
const MEBIBYTE: f64 = 10.0;
const BYTES: f64 = 1_048_576.0;
/// What fits into the place of one light test.
const LIGHT: f64 = 20.0;
/// A browser opens at most a hundred connections to an address in a second, so that its crowds wait more than they work.
const CROWD_OF_A_BROWSER: u32 = 4;
/// So many connections take a browser half a second and more.
const CROWD: i64 = 50;

impl Room {
    /// Room for so many light tests.
    pub(super) fn new(jobs: usize) -> Self {
        let whole = u32::try_from(jobs).unwrap_or(u32::MAX).clamp(1, 1 << 16);
        Self { free: Semaphore::new(whole as usize), whole }
    }

    /// Waits for room for a test. No test takes more than half of it, so that none waits for all others to end.
    pub(super) async fn take(&self, weight: u32) -> Option<SemaphorePermit<'_>> {
        let weight = weight.clamp(1, (self.whole / 2).max(1));
        // Nobody closes it.
        self.free.acquire_many(weight).await.ok()
    }
}

/// How many light tests a test is as heavy as.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast of a float saturates, and a weight is bounded where it is used"
)]
pub(super) fn weight(steps: &[Step], is_browser: bool) -> u32 {
    let weight = 1 + (cost(steps) / LIGHT) as u32;
    if is_browser && is_crowd(steps) { weight.min(CROWD_OF_A_BROWSER) } else { weight }
}

/// Whether a test has so many connections open at once that a browser has no room for many such tests, and that others on
/// the same server would wait for theirs.
pub(crate) fn is_crowd(steps: &[Step]) -> bool {
    open(steps).0 >= CROWD
}

/// How many connections steps have open at most, and how many they leave open.
fn open(steps: &[Step]) -> (i64, i64) {
    let (mut most, mut left) = (0, 0);
    for step in steps {
        let (more, leaves) = match step {
            Step::Connect(_) => (1, 1),
            Step::Close { .. } | Step::ExpectClose { .. } => (0, -1),
            Step::Repeat { times, steps } => {
                let (more, leaves) = open(steps);
                let others = i64::try_from(*times).unwrap_or(i64::MAX).saturating_sub(1);
                (more + leaves.max(0).saturating_mul(others), leaves.saturating_mul(others + 1))
            }
            Step::Parallel(lists) => lists
                .iter()
                .map(|steps| open(steps))
                .fold((0, 0), |(most, left), (more, leaves)| (most + more, left + leaves)),
            _ => (0, 0),
        };
        most = most.max(left + more);
        left += leaves;
    }
    (most, left)
}

fn cost(steps: &[Step]) -> f64 {
    steps.iter().map(cost_of).sum()
}

fn cost_of(step: &Step) -> f64 {
    match step {
        Step::Connect(_) | Step::ConnectFails { .. } | Step::Listen => 1.0,
        Step::Send { payload, times, .. } => count(*times) * (MESSAGE + mebibytes(payload) * MEBIBYTE),
        Step::Fence { .. } | Step::Ping { .. } | Step::Pong { .. } => MESSAGE,
        Step::Server { act, .. } => act.iter().map(cost_of_act).sum(),
        Step::Repeat { times, steps } => count(Some(*times)) * cost(steps),
        Step::React { steps, .. } => cost(steps),
        Step::Parallel(lists) => lists.iter().map(|steps| cost(steps)).sum(),
        Step::Fails(step) => cost_of(step),
        _ => 0.0,
    }
}

/// What the server is told to do costs as well: somebody has to take it.
fn cost_of_act(act: &Value) -> f64 {
    let send = &act["send"];
    let length = send["fill"]["len"].as_f64().unwrap_or(0.0);
    send["times"].as_f64().unwrap_or(1.0) * (MESSAGE + length / BYTES * MEBIBYTE)
}

#[expect(clippy::cast_precision_loss, reason = "nothing depends on the last digit")]
fn mebibytes(payload: &Payload) -> f64 {
    let bytes = match payload {
        Payload::Fill(fill) => fill.len as f64,
        Payload::Text(text) => text.len() as f64,
        Payload::Counting(Counting::Fill(fill)) => fill.len as f64,
        _ => 0.0,
    };
    bytes / BYTES
}

#[expect(clippy::cast_precision_loss, reason = "nothing depends on the last digit")]
const fn count(times: Option<u64>) -> f64 {
    match times {
        Some(times) => times as f64,
        None => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;

    #[test]
    fn what_moves_megabytes_or_opens_hundreds_is_heavy() {
        let own = Catalogue::own().unwrap();
        let weight_of = |id: &str| {
            weight(&own.entries.iter().find(|entry| entry.test.id == id).unwrap().test.steps, false)
        };
        assert_eq!(weight_of("core/echo"), 1);
        assert!(weight_of("edges/sixteen-mebibytes") > 8);
        assert!(weight_of("edges/a-thousand-connections") > 32);
    }

    #[test]
    fn a_crowd_is_what_is_open_at_once() {
        let own = Catalogue::own().unwrap();
        let of = |id: &str| open(&own.entries.iter().find(|entry| entry.test.id == id).unwrap().test.steps);
        assert_eq!(of("edges/a-thousand-connections"), (100, 0));
        assert_eq!(of("edges/reconnects-a-hundred-times"), (1, 0));
        let crowds = own.entries.iter().filter(|entry| is_crowd(&entry.test.steps)).count();
        assert!(crowds < 10, "{crowds} of them would each start a server");
    }

    #[tokio::test]
    async fn the_heaviest_leaves_room_for_others() {
        let room = Room::new(4);
        let heavy = room.take(1000).await;
        let light = room.take(1).await;
        assert!(heavy.is_some() && light.is_some());
    }
}
