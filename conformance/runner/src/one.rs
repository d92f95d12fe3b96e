//! One test with one client against one server.

use crate::{
    driver::{Begun, Driver, Lost, Told},
    server::Server,
    trace::Trace,
};
use crosswire_suite::{
    driver::{Command, Order},
    fixtures::Fixtures,
    judgement::{Reason, Verdict},
    stepper::{Action, Judgement, Stepper, World},
    suite::Test,
};
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use std::{
    collections::{BTreeMap, VecDeque},
    future::pending,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// What a test runs in, as far as all tests of a run share it.
#[derive(Debug, Clone)]
pub struct Setting {
    /// What makes the run's names different from another's.
    pub unique: String,
    /// By what every wait is stretched.
    pub time_scale: f64,
    /// Payload files.
    pub fixtures: Arc<Fixtures>,
    /// Whoever follows what happens as it happens.
    pub trace: Option<Trace>,
}

/// Carries out a test, from its first step to its judgement.
pub async fn judge(
    test: &Test,
    endpoint: &str,
    begun: Begun,
    driver: &Driver,
    server: &Server,
    setting: &Setting,
) -> (Judgement, Duration) {
    let Begun { seq, mut events } = begun;
    let began = Instant::now();
    let url = match &setting.trace {
        // Where nothing can stand between the two, the frames are not seen; the test is the same.
        Some(trace) => trace.address_for(&server.url).unwrap_or_else(|_| server.url.clone()),
        None => server.url.clone(),
    };
    let world = World {
        seq,
        unique: format!("{}-{}-{seq}", setting.unique, driver.number),
        endpoint: endpoint.to_owned(),
        url,
        others: BTreeMap::new(),
        server: server.can.clone(),
        client: driver.hello.capabilities.iter().cloned().collect(),
        time_scale: setting.time_scale,
        fixtures: Arc::clone(&setting.fixtures),
    };
    let mut stepper = Stepper::new(test, world);
    if setting.trace.is_some() {
        stepper.follow();
    }
    let mut calls = FuturesUnordered::new();
    let mut was_broken = false;
    let mut untold = VecDeque::new();
    let judgement = loop {
        while let Some(action) = stepper.poll_action() {
            match action {
                Action::Tell(command) => {
                    if let (Some(trace), Order::Open(open)) = (&setting.trace, &command.order) {
                        trace.opening(&open.on, &open.url);
                    }
                    untold.push_back(command);
                }
                Action::Control { call, to, act } => calls.push(async move {
                    let answer = match &server.control {
                        Some(control) => control.call(&to, &act).await,
                        None => Err("this server has no control endpoint".to_owned()),
                    };
                    (call, answer)
                }),
            }
        }
        if let Some(trace) = &setting.trace {
            std::iter::from_fn(|| stepper.poll_said()).for_each(|said| trace.said(said));
        }
        if let Some(judgement) = stepper.judgement() {
            break judgement;
        }
        tokio::select! {
            // Told while it is listened to: a driver that must be heard before it reads on would stand still otherwise.
            room = driver.room(), if !untold.is_empty() => {
                if let Some(command) = untold.pop_front() {
                    room.tell(&command);
                }
            }
            told = events.recv() => match told {
                Some(Told::Event(event)) => stepper.handle_event(began.elapsed(), event),
                Some(Told::Broken(reason)) => {
                    was_broken = true;
                    stepper.handle_lost_driver(began.elapsed(), Verdict::HarnessError, reason);
                }
                None => stepper.handle_lost_driver(began.elapsed(), Verdict::Crash, Reason::new("driver_ended", "the driver is gone")),
            },
            Some((call, answer)) = calls.next() => stepper.handle_answer(began.elapsed(), call, answer),
            Lost { verdict, reason } = driver.lost() => stepper.handle_lost_driver(began.elapsed(), verdict, reason),
            () = sleep_until(began, stepper.deadline()) => stepper.handle_time(began.elapsed()),
        }
    };
    let took = began.elapsed();
    drop(calls);
    if matches!(judgement.verdict, Verdict::HarnessError | Verdict::Timeout) || was_broken {
        let_go(driver, seq, &mut events).await;
    }
    driver.end(seq);
    (judgement, took)
}

/// A test that ended in the middle: the driver is told to forget it, and what it still says of it is heard by nobody.
async fn let_go(driver: &Driver, seq: u64, events: &mut tokio::sync::mpsc::Receiver<Told>) {
    let last = async {
        driver.room().await.tell(&Command { seq, c: u64::from(u32::MAX), order: Order::End });
        while let Some(told) = events.recv().await {
            if let Told::Event(event) = told
                && matches!(event.is, crosswire_suite::driver::Happened::Ended)
            {
                return;
            }
        }
    };
    let _ = tokio::time::timeout(Duration::from_secs(2), last).await;
}

async fn sleep_until(began: Instant, deadline: Option<Duration>) {
    match deadline {
        Some(deadline) => sleep(deadline.saturating_sub(began.elapsed())).await,
        None => pending().await,
    }
}
