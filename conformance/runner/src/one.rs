//! One test with one client against one server.

use crate::{
    driver::{Begun, Driver, Told, line_of},
    fate::Lost,
    nobody,
    server::Server,
    trace::Trace,
};
use crosswire_suite::{
    driver::{Command, Event, Happened, Order},
    fixtures::Fixtures,
    judgement::Verdict,
    stepper::{Action, Judgement, Stepper, World},
    suite::Test,
};
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use std::{
    collections::VecDeque,
    future::pending,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};

/// How long a driver may take to let go of a test that it broke.
const LETTING_GO: Duration = Duration::from_secs(2);

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
        others: nobody::address().map(|address| (nobody::NAME.to_owned(), address)).into_iter().collect(),
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
    let mut untold = VecDeque::new();
    let judgement = loop {
        while let Some(action) = stepper.poll_action() {
            match action {
                Action::Tell(command) => {
                    if let (Some(trace), Order::Open(open)) = (&setting.trace, &command.order) {
                        trace.opening(&open.on, &open.url);
                    }
                    match line_of(&command) {
                        Ok(line) => untold.push_back(line),
                        Err(wrong) => stepper.handle_untellable(began.elapsed(), command.c, &wrong),
                    }
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
                if let Some(line) = untold.pop_front() {
                    room.tell(line);
                }
            }
            Some(told) = events.recv() => hear(&mut stepper, began, told),
            Some((call, answer)) = calls.next() => stepper.handle_answer(began.elapsed(), call, answer),
            Lost { verdict, reason } = driver.fate.lost(), if !stepper.driver_has_let_go() => {
                // What it said before counts. What becomes of a driver that has let go of the test is no matter of the test's.
                while let Ok(told) = events.try_recv() {
                    hear(&mut stepper, began, told);
                }
                if !stepper.driver_has_let_go() {
                    driver.fate.told_in_a_result();
                    stepper.handle_lost_driver(began.elapsed(), verdict, reason);
                }
            }
            () = sleep_until(began, stepper.deadline()) => stepper.handle_time(began.elapsed()),
        }
    };
    let took = began.elapsed();
    drop(calls);
    // Whoever was told that the test is over, and did not answer then, is not asked again.
    let has_let_go = stepper.driver_has_let_go()
        || driver.fate.is_lost()
        || (judgement.verdict == Verdict::HarnessError && let_go(driver, seq, &mut events).await);
    if !has_let_go {
        driver.fate.retire();
    }
    driver.end(seq);
    (judgement, took)
}

fn hear(stepper: &mut Stepper, began: Instant, told: Told) {
    match told {
        Told::Event(event) => stepper.handle_event(began.elapsed(), event),
        Told::Broken(reason) => {
            stepper.handle_lost_driver(began.elapsed(), Verdict::HarnessError, reason);
        }
    }
}

/// A test that ended in the middle: the driver is told to forget it, and what it still says of it is heard by nobody. Says
/// whether it has let go.
async fn let_go(driver: &Driver, seq: u64, events: &mut mpsc::Receiver<Told>) -> bool {
    let last = async {
        let Ok(line) = line_of(&Command { seq, c: u64::from(u32::MAX), order: Order::End }) else {
            return false;
        };
        driver.room().await.tell(line);
        while let Some(told) = events.recv().await {
            if let Told::Event(Event { is: Happened::Ended, .. }) = told {
                return true;
            }
        }
        false
    };
    timeout(LETTING_GO, last).await.unwrap_or(false)
}

async fn sleep_until(began: Instant, deadline: Option<Duration>) {
    match deadline {
        Some(deadline) => sleep(deadline.saturating_sub(began.elapsed())).await,
        None => pending().await,
    }
}
