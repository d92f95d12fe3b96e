//! A run: tests one after another or side by side, each result told as it comes, until all are over or it is cancelled.

use crate::{
    fit::{is_alone, lacks},
    record::{Record, without},
    target::Target,
};
use crosswire_browser::list::{Catalogue, Entry, Server, judge};
use crosswire_suite::{
    judgement::{Reason, Verdict},
    results::TestResult,
    stepper::Judgement,
};
use futures_util::{
    StreamExt as _,
    future::{AbortHandle, AbortRegistration, Abortable},
    stream::FuturesUnordered,
};
use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
};
use wasm_bindgen::JsValue;

/// Whoever is told of a run as it goes. What is thrown at us ends the run.
pub(crate) trait Watcher {
    /// A test begins.
    fn begun(&self, id: &str) -> Result<(), JsValue>;
    /// A test is over.
    fn judged(&self, result: &TestResult) -> Result<(), JsValue>;
}

/// Tests of this browser against one server, in as many rounds as are asked for.
#[derive(Debug)]
pub(crate) struct Runs {
    list: Rc<Catalogue>,
    target: Target,
    server: Server,
    time_scale: f64,
    /// What makes the names of this page's tests different from those of every other.
    unique: String,
    numbers: Cell<u32>,
    record: RefCell<Record>,
    /// Tests that were asked for and have no result.
    to_come: RefCell<Vec<String>>,
    cancel: RefCell<Option<AbortHandle>>,
}

impl Runs {
    pub(crate) fn new(
        list: Rc<Catalogue>,
        target: Target,
        time_scale: f64,
        unique: String,
        record: Record,
    ) -> Self {
        let (record, to_come) = (RefCell::new(record), RefCell::default());
        let (numbers, cancel) = (Cell::new(0), RefCell::default());
        let server = target.server();
        Self { list, target, server, time_scale, unique, numbers, record, to_come, cancel }
    }

    /// Whether tests are running.
    pub(crate) fn is_running(&self) -> bool {
        self.cancel.borrow().is_some()
    }

    /// Tests are about to run: from now on they do, as far as anybody can tell, and can be cancelled.
    pub(crate) fn expect(&self, ids: &[String]) -> AbortRegistration {
        self.to_come.borrow_mut().extend_from_slice(ids);
        let (cancel, registration) = AbortHandle::new_pair();
        *self.cancel.borrow_mut() = Some(cancel);
        registration
    }

    /// Ends what runs: what has no result is `not_run`.
    pub(crate) fn cancel(&self) {
        if let Some(cancel) = &*self.cancel.borrow() {
            cancel.abort();
        }
    }

    /// The results, as a file.
    pub(crate) fn text(&self) -> String {
        self.record.borrow().text(&self.list, self.to_come.borrow().len())
    }

    /// Runs tests that are expected, so many at once. Nothing else may run; the ids are of tests that there are.
    pub(crate) async fn run(
        &self,
        ids: Vec<String>,
        until: AbortRegistration,
        concurrent: usize,
        now: impl Fn() -> f64,
        watcher: &impl Watcher,
    ) -> Result<(), JsValue> {
        let began = now();
        let begun = RefCell::new(Vec::new());
        let ended = Abortable::new(self.run_all(ids, concurrent, &now, watcher, &begun), until).await;
        let was_interrupted = ended.is_err();
        let mut told = ended.unwrap_or(Ok(()));
        let left = self.to_come.borrow().clone();
        for id in left {
            let when =
                if begun.borrow().contains(&id) { "in the middle of it" } else { "before it was begun" };
            let reason = Reason::new("not_run", format!("the run was interrupted {when}"));
            if let Some(entry) = self.list.named(&id) {
                let more = self.add(entry, without(Verdict::NotRun, reason), 0.0, watcher);
                told = told.and(more);
            }
        }
        self.record.borrow_mut().end(now() - began, was_interrupted);
        *self.cancel.borrow_mut() = None;
        told
    }

    async fn run_all(
        &self,
        ids: Vec<String>,
        concurrent: usize,
        now: &impl Fn() -> f64,
        watcher: &impl Watcher,
        begun: &RefCell<Vec<String>>,
    ) -> Result<(), JsValue> {
        let mut waiting: VecDeque<&Entry> = ids.iter().filter_map(|id| self.list.named(id)).collect();
        let mut running = FuturesUnordered::new();
        let mut by_itself = false;
        loop {
            while let Some(entry) = waiting.front() {
                if let Some(reason) = lacks(entry, &self.target) {
                    self.add(entry, without(Verdict::Unsupported, reason), 0.0, watcher)?;
                    waiting.pop_front();
                    continue;
                }
                let wants_to_be_alone = is_alone(entry);
                let has_room =
                    running.is_empty() || running.len() < concurrent && !by_itself && !wants_to_be_alone;
                if !has_room {
                    break;
                }
                by_itself = wants_to_be_alone;
                begun.borrow_mut().push(entry.test.id.clone());
                watcher.begun(&entry.test.id)?;
                running.push(self.one(entry, now));
                waiting.pop_front();
            }
            let Some((entry, judgement, ms)) = running.next().await else { return Ok(()) };
            self.add(entry, judgement, ms, watcher)?;
        }
    }

    async fn one<'a>(&'a self, entry: &'a Entry, now: &impl Fn() -> f64) -> (&'a Entry, Judgement, f64) {
        self.numbers.set(self.numbers.get() + 1);
        let unique = format!("{}-{}", self.unique, self.numbers.get());
        let (aimed, began) = (self.target.aimed(entry), now());
        let judgement = judge(&aimed, &self.list, &self.server, &unique, self.time_scale).await;
        (entry, judgement, now() - began)
    }

    fn add(
        &self,
        entry: &Entry,
        judgement: Judgement,
        ms: f64,
        watcher: &impl Watcher,
    ) -> Result<(), JsValue> {
        let result = self.record.borrow().result(entry, judgement, ms);
        self.to_come.borrow_mut().retain(|id| *id != entry.test.id);
        let told = watcher.judged(&result);
        self.record.borrow_mut().add(result);
        told
    }
}
