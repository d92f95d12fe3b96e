//! How much of a run happens at once: a run as a whole has so much room, and a heavy test takes more of it than a light one.
//!
//! Most tests wait more than they work, so that many of them fit beside one another. Those that move megabytes or open
//! hundreds of connections do not: too many of these at once, and light tests run out of time for want of a processor.

use tokio::sync::{Semaphore, SemaphorePermit};

/// The room of a run.
#[derive(Debug)]
pub(crate) struct Room {
    free: Semaphore,
    whole: u32,
}

impl Room {
    /// Room for so many light tests.
    pub(crate) fn new(jobs: usize) -> Self {
        let whole = u32::try_from(jobs).unwrap_or(u32::MAX).clamp(1, 1 << 16);
        Self { free: Semaphore::new(whole as usize), whole }
    }

    /// Waits for room for a test. No test takes more than half of it, so that none waits for all others to end.
    pub(crate) async fn take(&self, weight: u32) -> Option<SemaphorePermit<'_>> {
        let weight = weight.clamp(1, (self.whole / 2).max(1));
        // Nobody closes it.
        self.free.acquire_many(weight).await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use crosswire_suite::suite::weight;

    #[test]
    fn what_moves_megabytes_or_opens_hundreds_is_heavy() {
        let own = Catalogue::own().unwrap();
        let weight_of =
            |id: &str| weight(&own.entries.iter().find(|entry| entry.test.id == id).unwrap().test.steps);
        assert_eq!(weight_of("core/echo"), 1);
        assert!(weight_of("edges/sixteen-mebibytes") > 8);
        assert!(weight_of("edges/a-thousand-connections") > 32);
    }

    #[tokio::test]
    async fn the_heaviest_leaves_room_for_others() {
        let room = Room::new(4);
        let heavy = room.take(1000).await;
        let light = room.take(1).await;
        assert!(heavy.is_some() && light.is_some());
    }
}
