//! The places for sessions: so many and not more.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// All places.
#[derive(Debug)]
pub(crate) struct Places {
    free: Arc<Semaphore>,
    all: usize,
    /// Counted apart: whoever waits for all permits holds those that are free already.
    taken: AtomicUsize,
}

/// One of them, given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    places: Arc<Places>,
    _permit: OwnedSemaphorePermit,
}

impl Places {
    pub(crate) fn new(all: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(all)), all, taken: AtomicUsize::new(0) }
    }

    /// Takes one, if one is free and nobody waits for all of them.
    pub(crate) fn take(self: &Arc<Self>) -> Option<Place> {
        let permit = self.free.clone().try_acquire_owned().ok()?;
        self.taken.fetch_add(1, Ordering::Relaxed);
        Some(Place { places: self.clone(), _permit: permit })
    }

    pub(crate) fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    /// Waits until every place is free. Until this is dropped nobody else gets one.
    pub(crate) async fn all_free(&self) {
        let all = u32::try_from(self.all).unwrap_or(u32::MAX);
        // The semaphore is never closed.
        let _ = self.free.acquire_many(all).await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;

    #[test]
    fn who_waits_for_all_places_is_not_counted_and_lets_nobody_in() {
        let places = Arc::new(Places::new(3));
        let place = places.take().unwrap();
        let mut waiting = Box::pin(places.all_free());
        assert!(waiting.as_mut().now_or_never().is_none());
        assert_eq!(places.taken(), 1);
        assert!(places.take().is_none());
        drop(place);
        assert!(waiting.now_or_never().is_some());
        assert_eq!(places.taken(), 0);
    }
}
