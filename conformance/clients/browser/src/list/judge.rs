//! One test in a page: the stepper says what is to be done, the driver and the server do it, and the stepper judges.

use super::{Catalogue, Entry, control::Control};
use crate::{Driver, Introduction, capabilities::CAPABILITIES, clock};
use crosswire_suite::{
    driver::{Command, Line, read_line},
    judgement::{Reason, Verdict},
    stepper::{Action, Judgement, Stepper, World},
};
use futures_channel::mpsc;
use futures_util::{
    FutureExt as _, StreamExt as _,
    future::{Either, pending, select},
    stream::FuturesUnordered,
};
use gloo_timers::future::TimeoutFuture;
use serde_json::{Value, json};
use std::{collections::BTreeMap, pin::pin, rc::Rc, sync::Arc, time::Duration};

/// How many lines of the driver may wait for the stepper. The driver writes while messages arrive, and cannot wait.
const LINES: usize = 1 << 20;

/// A server that a page may use, as its ready line describes it. Tests that use clones of it share the connections to its
/// control endpoint.
#[derive(Debug, Clone)]
pub struct Server {
    url: String,
    control: Option<Rc<Control>>,
    can: Vec<String>,
}

impl Server {
    /// A server at an address without a path, with its control endpoint, token and all, where it has one, and what it can do.
    pub fn new(url: String, control: Option<String>, can: Vec<String>) -> Self {
        Self { url, control: control.map(|url| Rc::new(Control::new(url))), can }
    }

    /// What it can do.
    pub fn can(&self) -> &[String] {
        &self.can
    }

    /// Reads a ready line.
    ///
    /// # Errors
    /// It is none.
    pub fn of_ready_line(line: &str) -> Result<Self, String> {
        let line: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let ready = &line["ready"];
        let url = ready["url"].as_str().ok_or("the line names no `url`")?;
        let can = ready["can"].as_array().ok_or("the line does not say what the server `can`")?;
        let can = can.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        Ok(Self::new(url.to_owned(), ready["control"].as_str().map(str::to_owned), can))
    }
}

/// Carries out a test, from its first step to its judgement. `unique` makes its names different from every other's.
pub async fn judge(
    entry: &Entry,
    catalogue: &Catalogue,
    server: &Server,
    unique: &str,
    time_scale: f64,
) -> Judgement {
    const SEQ: u64 = 1;
    let began = clock::milliseconds();
    let now = || Duration::from_secs_f64((clock::milliseconds() - began).max(0.0) / 1000.0);
    let mut stepper = Stepper::new(
        &entry.test,
        World {
            seq: SEQ,
            unique: unique.to_owned(),
            endpoint: entry.endpoint.clone(),
            url: server.url.clone(),
            // A page reserves no port. This one is closed to pages, and nobody listens at it either.
            others: BTreeMap::from([("nobody".to_owned(), "ws://127.0.0.1:1".to_owned())]),
            server: server.can.iter().cloned().collect(),
            client: CAPABILITIES.iter().map(|name| (*name).to_owned()).collect(),
            time_scale,
            fixtures: Arc::clone(&catalogue.fixtures),
        },
    );
    let (said, mut lines) = mpsc::channel(LINES);
    let introduction = Introduction { client: "this page".to_owned(), browser: String::new(), origin: None };
    let mut driver = Driver::new(introduction, move |line| {
        // A stepper that has fallen so far behind finds a gap in the numbers of what is left, and says so.
        let _ = said.clone().try_send(line);
    });
    let mut calls = FuturesUnordered::new();
    loop {
        while let Some(action) = stepper.poll_action() {
            match action {
                Action::Tell(command) => {
                    driver.tell(&line_of(&command));
                }
                Action::Control { call, to, act } => {
                    let control = server.control.as_ref();
                    calls.push(async move {
                        let answer = match control {
                            Some(control) => control.call(&to, &act).await,
                            None => Err("this server has no control endpoint".to_owned()),
                        };
                        (call, answer)
                    });
                }
            }
        }
        if let Some(judgement) = stepper.judgement() {
            return judgement;
        }
        // Of a thousand messages each would set a timer otherwise.
        if let Some(Some(line)) = lines.next().now_or_never() {
            hear(&mut stepper, now(), &line);
            continue;
        }
        let answered = pin!(async {
            match calls.next().await {
                Some(answered) => answered,
                None => pending().await,
            }
        });
        let time = pin!(until(stepper.deadline().map(|deadline| deadline.saturating_sub(now()))));
        match select(lines.next(), select(answered, time)).await {
            Either::Left((Some(line), _)) => hear(&mut stepper, now(), &line),
            Either::Left((None, _)) => {
                let reason = Reason::new("driver_ended", "the driver is gone");
                stepper.handle_lost_driver(now(), Verdict::Crash, reason);
            }
            Either::Right((Either::Left(((call, answer), _)), _)) => {
                stepper.handle_answer(now(), call, answer);
            }
            Either::Right((Either::Right(_), _)) => stepper.handle_time(now()),
        }
    }
}

fn hear(stepper: &mut Stepper, now: Duration, line: &str) {
    match read_line(line) {
        Ok(Line::Event(event)) => stepper.handle_event(now, event),
        Ok(Line::Hello(_) | Line::Error(_)) | Err(_) => {
            let reason = Reason::new("bad_line", format!("the driver wrote {line}"));
            stepper.handle_lost_driver(now, Verdict::HarnessError, reason);
        }
    }
}

async fn until(wait: Option<Duration>) {
    match wait {
        // Rounded up: what is handed in too early has to be handed in again.
        Some(wait) => {
            TimeoutFuture::new(u32::try_from(wait.as_millis()).unwrap_or(u32::MAX).saturating_add(1)).await;
        }
        None => pending().await,
    }
}

/// As a runner outside of the page would write it.
fn line_of(command: &Command) -> String {
    json!(command).to_string()
}
