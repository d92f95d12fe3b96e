//! What becomes of a driver, for those who come after it.

use crosswire_suite::judgement::{Reason, Verdict};
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::watch;

/// The reason of a driver that is gone.
const ENDED: &str = "driver_ended";

/// What becomes of a driver.
#[derive(Debug)]
pub struct Fate {
    lost: watch::Receiver<Option<Lost>>,
    /// Whether a test was told that the driver is lost.
    is_told: AtomicBool,
    is_retired: AtomicBool,
    has_judged: AtomicBool,
}

/// Why a driver can be used no more.
#[derive(Debug, Clone, PartialEq)]
pub struct Lost {
    /// What that makes of the tests that were running.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
}

impl Fate {
    pub(crate) const fn new(lost: watch::Receiver<Option<Lost>>) -> Self {
        Self {
            lost,
            is_told: AtomicBool::new(false),
            is_retired: AtomicBool::new(false),
            has_judged: AtomicBool::new(false),
        }
    }

    /// Waits until the driver can be used no more.
    pub async fn lost(&self) -> Lost {
        let mut lost = self.lost.clone();
        let lost = lost.wait_for(Option::is_some).await.ok().and_then(|lost| lost.clone());
        lost.unwrap_or_else(|| Lost::gone("the driver is gone"))
    }

    /// A test's result tells that it is lost.
    pub fn told_in_a_result(&self) {
        self.is_told.store(true, Ordering::Relaxed);
    }

    /// Whether the driver can be used no more.
    pub fn is_lost(&self) -> bool {
        self.lost.borrow().is_some()
    }

    /// The driver has stopped answering in one test, and may do so in the next: those that are running stay with it, and no
    /// other is begun.
    pub fn retire(&self) {
        self.is_retired.store(true, Ordering::Relaxed);
    }

    /// Whether no test may be begun with it.
    pub fn is_past(&self) -> bool {
        self.is_retired.load(Ordering::Relaxed) || self.is_lost()
    }

    /// A test was carried out to its end.
    pub fn judged(&self) {
        self.has_judged.store(true, Ordering::Relaxed);
    }

    /// Whether any test was carried out to its end.
    pub fn has_judged(&self) -> bool {
        self.has_judged.load(Ordering::Relaxed)
    }

    /// Why it was lost, where no test's result tells that it is of no use. To be asked when all tests are over.
    pub fn untold(&self) -> Option<String> {
        let is_told = self.is_told.load(Ordering::Relaxed) || self.is_retired.load(Ordering::Relaxed);
        self.lost.borrow().as_ref().filter(|_| !is_told).map(|lost| lost.reason.message.clone())
    }
}

impl Lost {
    /// It broke its protocol.
    pub(crate) fn broken(code: &str, message: impl Into<String>) -> Self {
        Self { verdict: Verdict::HarnessError, reason: Reason::new(code, message) }
    }

    /// It is gone.
    pub(crate) fn gone(message: impl Into<String>) -> Self {
        Self { verdict: Verdict::Crash, reason: Reason::new(ENDED, message) }
    }

    /// Whether it is gone, and did nothing wrong before.
    pub(crate) fn is_gone(&self) -> bool {
        self.reason.code == ENDED
    }
}
