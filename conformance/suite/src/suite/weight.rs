//! How heavy a test is: most wait more than they work, and some move megabytes or open hundreds of connections.

use super::{Counting, Payload, Step};
use serde_json::Value;

/// What a test costs, in connections; from measurements that were rounded generously.
const MESSAGE: f64 = 0.03;
const MEBIBYTE: f64 = 10.0;
const BYTES: f64 = 1_048_576.0;
/// What fits into the place of one light test.
const LIGHT: f64 = 20.0;

/// How many light tests a test is as heavy as.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast of a float saturates, and a weight is bounded where it is used"
)]
pub fn weight(steps: &[Step]) -> u32 {
    1 + (cost(steps) / LIGHT) as u32
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
