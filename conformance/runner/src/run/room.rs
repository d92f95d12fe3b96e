//! How much of a run happens at once: light tests have one half of the room, heavy ones the other.
//!
//! Most tests wait more than they work, so that many of them fit beside one another. Those that move megabytes or open
//! hundreds of connections do not: too many of these at once, and light tests run out of time for want of a processor. They
//! wait in a line of their own, for the first in a line keeps free what it waits for, and a light test needs so little.

use super::work::HEAVY;
use tokio::sync::{Semaphore, SemaphorePermit};

/// The room of a run.
#[derive(Debug)]
pub(crate) struct Room {
    light: Half,
    /// There is none where tests are to run one by one.
    heavy: Option<Half>,
}

#[derive(Debug)]
struct Half {
    free: Semaphore,
    whole: u32,
}

impl Room {
    /// Room for so many tests: one half of it for light ones, the other for heavy ones.
    pub(crate) fn new(jobs: usize) -> Self {
        let heavy = jobs / 2;
        Self { light: Half::of(jobs - heavy), heavy: (heavy > 0).then(|| Half::of(heavy)) }
    }

    /// Waits for room for a test. None takes more than half of its half, so that none waits for all others to end.
    pub(crate) async fn take(&self, weight: u32) -> Option<SemaphorePermit<'_>> {
        let heavy = self.heavy.as_ref().filter(|_| weight >= HEAVY);
        let half = heavy.unwrap_or(&self.light);
        // Nobody closes it.
        half.free.acquire_many(weight.clamp(1, half.whole.div_ceil(2))).await.ok()
    }
}

impl Half {
    fn of(jobs: usize) -> Self {
        let whole = u32::try_from(jobs).unwrap_or(u32::MAX).clamp(1, 1 << 16);
        Self { free: Semaphore::new(whole as usize), whole }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use crosswire_suite::suite::weight;
    use futures_util::FutureExt as _;

    #[test]
    fn what_moves_megabytes_or_opens_hundreds_is_heavy() {
        let own = Catalogue::own().unwrap();
        let weight_of =
            |id: &str| weight(&own.entries.iter().find(|entry| entry.test.id == id).unwrap().test.steps);
        assert_eq!(weight_of("core/echo"), 1);
        assert!(weight_of("edges/sixteen-mebibytes") > 8);
        assert!(weight_of("edges/two-hundred-connections") > 8);
    }

    #[tokio::test]
    async fn light_tests_do_not_wait_for_heavy_ones() {
        let room = Room::new(4);
        let heavy = [room.take(1000).await, room.take(1000).await];
        assert!(heavy.iter().all(Option::is_some) && room.take(1000).now_or_never().is_none());
        let light = [room.take(1).await, room.take(1).await];
        assert!(light.iter().all(Option::is_some) && room.take(1).now_or_never().is_none());
    }

    #[test]
    fn one_by_one_is_one_by_one() {
        let room = Room::new(1);
        let heavy = room.take(1000).now_or_never();
        assert!(heavy.is_some() && room.take(1).now_or_never().is_none());
    }
}
