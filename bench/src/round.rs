//! One server in one case, once; and a round, in which every server has its turn.

use std::process;
use std::thread;
use std::time::Duration;

use serde::Serialize;

use crate::case::Case;
use crate::connect;
use crate::contender::Contender;
use crate::cores::Cores;
use crate::counters::{self, ProcessTimes};
use crate::error::Error;
use crate::launch::Launch;
use crate::load::Load;
use crate::process::ServerProcess;
use crate::statistics::percentile;
use crate::window::windows;

/// How long each part of a measurement takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    pub(crate) warm_up: Duration,
    pub(crate) measured: Duration,
}

/// What was measured of one server.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Sample {
    pub(crate) contender: Contender,
    pub(crate) messages: u64,
    pub(crate) messages_per_second: f64,
    /// CPU time of the server, user and kernel, in nanoseconds. None where the kernel does not say.
    pub(crate) cpu_per_message: Option<f64>,
    /// Of a window, from its write to its last answer, in microseconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    /// The largest share of the time in which something else had the server's core, or either of the two processes
    /// was ready to run and had to wait.
    pub(crate) disturbance: f64,
}

/// One turn of every server in one case: what ratios are taken within.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Round {
    pub(crate) samples: Vec<Sample>,
}

impl Round {
    pub(crate) fn sample(&self, contender: Contender) -> Option<&Sample> {
        self.samples.iter().find(|sample| sample.contender == contender)
    }

    pub(crate) fn disturbance(&self) -> f64 {
        self.samples.iter().map(|sample| sample.disturbance).fold(0.0, f64::max)
    }
}

/// Measures one server, in a process of its own that lives only so long.
pub(crate) fn measure(
    contender: Contender,
    case: Case,
    pace: Pace,
    launch: &Launch,
    cores: &Cores,
) -> Result<Sample, Error> {
    let process = ServerProcess::start(contender, launch, cores)?;
    let mut streams = Vec::with_capacity(case.connections);
    for number in 0..case.connections {
        let stream = connect::open(process.address(), contender.wire(), "/echo")
            .map_err(|error| Error::Open { contender, number, error })?;
        streams.push(stream);
    }
    let failed = |error| Error::Load { contender, case, error };
    let mut load = Load::new(streams, windows(case, contender.wire())).map_err(failed)?;
    load.run(pace.warm_up).map_err(failed)?;
    let before = Counters::read(&process, cores);
    let mut stretch = load.run(pace.measured).map_err(failed)?;
    let after = Counters::read(&process, cores);

    let messages = (stretch.windows.len() * case.in_flight) as u64;
    stretch.windows.sort_unstable();
    let microseconds =
        |percent| percentile(&stretch.windows, percent).map_or(0.0, |window| window.as_secs_f64() * 1e6);
    Ok(Sample {
        contender,
        messages,
        messages_per_second: messages as f64 / stretch.elapsed.as_secs_f64(),
        cpu_per_message: after.server_time(&before).map(|time| time.as_nanos() as f64 / messages as f64),
        p50: microseconds(50),
        p99: microseconds(99),
        disturbance: after.disturbance(&before, stretch.elapsed),
    })
}

/// The kernel's counters around a stretch of load; empty where there are none.
#[derive(Debug)]
struct Counters {
    server: Option<ProcessTimes>,
    generator: Option<ProcessTimes>,
    server_core: Option<Duration>,
}

impl Counters {
    fn read(process: &ServerProcess, cores: &Cores) -> Self {
        // The last answer has arrived before the server has gone back to sleep, and only then its time is counted.
        thread::sleep(Duration::from_millis(2));
        Self {
            server: ProcessTimes::read(process.id()).ok(),
            generator: ProcessTimes::read(process::id()).ok(),
            server_core: cores.server().and_then(counters::core_busy),
        }
    }

    fn server_time(&self, before: &Self) -> Option<Duration> {
        Some(self.server.as_ref()?.since(before.server.as_ref()?).on_core)
    }

    /// Without cores of their own the two processes disturb each other, and nobody else can be told from that.
    fn disturbance(&self, before: &Self, elapsed: Duration) -> f64 {
        let (Some(busy_before), Some(busy)) = (before.server_core, self.server_core) else { return 0.0 };
        let waiting = |now: &Option<ProcessTimes>, before: &Option<ProcessTimes>| {
            Some(now.as_ref()?.since(before.as_ref()?).waiting)
        };
        let foreign =
            self.server_time(before).map(|own| busy.saturating_sub(busy_before).saturating_sub(own));
        [waiting(&self.server, &before.server), waiting(&self.generator, &before.generator), foreign]
            .into_iter()
            .flatten()
            .map(|time| time.as_secs_f64() / elapsed.as_secs_f64())
            .fold(0.0, f64::max)
    }
}
