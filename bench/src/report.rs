//! The results as a person reads them and as a program does.

use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, Table};
use serde::Serialize;

use crate::contender::Contender;
use crate::cores::Cores;
use crate::echo::EchoLoop;
use crate::gate::Verdict;
use crate::machine::Machine;
use crate::memory::Memory;
use crate::plan::Plan;
use crate::summary::{CaseSummary, Figures};

/// Everything that a run found out; `bench.json` is this, with every single round.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    version: &'static str,
    machine: Machine,
    pinning: String,
    plain: &'static str,
    rounds: usize,
    milliseconds_measured: u128,
    cases: Vec<CaseSummary>,
    memory: Vec<Memory>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<Vec<Verdict>>,
}

impl Report {
    pub(crate) fn new(
        machine: Machine,
        cores: &Cores,
        plan: &Plan,
        cases: Vec<CaseSummary>,
        memory: Vec<Memory>,
        limits: Option<Vec<Verdict>>,
    ) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            machine,
            pinning: cores.describe(),
            plain: describe_plain(plan.launch.plain),
            rounds: plan.rounds,
            milliseconds_measured: plan.pace.measured.as_millis(),
            cases,
            memory,
            limits,
        }
    }

    pub(crate) fn json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("keys are strings and numbers are finite");
        text.push('\n');
        text
    }

    /// Markdown that also reads well in a terminal of 80 columns.
    pub(crate) fn markdown(&self) -> String {
        let mut sections = vec![
            format!("# Echo, side by side\n\n{}", self.circumstances().join("\n")),
            format!(
                "CPU time of the server per message, in ns; ÷ is the median of the ratios within\n\
                 each round. Cases are connections / messages in flight on each / payload.\n\n{}",
                self.cpu()
            ),
            format!("Messages a second.\n\n{}", self.rates()),
            format!(
                "Time of a window (all messages in flight of a connection, sent together, until\n\
                 the last answer), p50 / p99, in µs, as seen by one busy client thread.\n\n{}",
                self.latencies()
            ),
        ];
        if !self.memory.is_empty() {
            sections.push(format!(
                "Memory of the server per idle connection, each used once before (anonymous\n\
                 memory; the kernel's socket buffers are not in it).\n\n{}",
                self.memories()
            ));
        }
        if let Some(verdicts) = &self.limits {
            sections.push(format!("Limits.\n\n{}", limits(verdicts)));
        }
        sections.join("\n\n") + "\n"
    }

    fn circumstances(&self) -> Vec<String> {
        let Machine { system, processor, cores, optimised } = &self.machine;
        let mut lines = vec![
            format!("* {system}, {processor}, cores: {cores}"),
            format!("* {}", self.pinning),
            format!(
                "* Rounds: {}, every server {} ms in each, in reversed order every second time",
                self.rounds, self.milliseconds_measured
            ),
        ];
        if self.cases.iter().any(|case| case.servers.contains_key(&Contender::Plain)) {
            lines.push(format!("* plain: tokio-tungstenite, {}", self.plain));
        }
        let sum = |of: fn(&CaseSummary) -> usize| self.cases.iter().map(of).sum::<usize>();
        let (thrown_away, disturbed) = (sum(|case| case.thrown_away), sum(|case| case.disturbed));
        if thrown_away > 0 {
            lines.push(format!("* Disturbed rounds that were thrown away: {thrown_away}"));
        }
        if disturbed > 0 {
            lines.push(format!(
                "* Disturbed rounds that count: {disturbed}, in the cases marked *, where most were such.\n  \
                 The machine was not quiet; do not trust small differences."
            ));
        }
        if !optimised {
            lines.push("* Not an optimised build: these figures mean nothing. Use --release.".to_owned());
        }
        let no_cpu =
            |case: &CaseSummary| case.servers.values().all(|server| server.cpu_per_message.is_none());
        if self.cases.iter().all(no_cpu) {
            lines.push(
                "* No CPU time and no ratios: they come from /proc/PID/task/*/schedstat, which is\n  \
                 not here (only Linux has it)."
                    .to_owned(),
            );
        }
        if self.memory.iter().any(|memory| memory.bytes_per_connection.is_none()) {
            lines.push(
                "* No memory: it comes from /proc/PID/smaps_rollup, which is not here (only Linux\n  \
                 has it)."
                    .to_owned(),
            );
        }
        lines
    }

    fn cpu(&self) -> Table {
        use Contender::{Crosswire, Plain, Raw};
        let mut table = table(["case", "raw", "crosswire", "÷ raw", "plain", "÷ raw", "÷ crosswire"]);
        for case in &self.cases {
            let cpu = |contender| {
                number(case.servers.get(&contender).and_then(|figures| figures.cpu_per_message), 0)
            };
            let ratio = |above, below| number(case.cpu_ratio(above, below), 2);
            table.add_row([
                name(case),
                cpu(Raw),
                cpu(Crosswire),
                ratio(Crosswire, Raw),
                cpu(Plain),
                ratio(Plain, Raw),
                ratio(Plain, Crosswire),
            ]);
        }
        aligned(table)
    }

    fn rates(&self) -> Table {
        self.by_contender(|figures| thousands(figures.messages_per_second))
    }

    fn latencies(&self) -> Table {
        self.by_contender(|figures| format!("{:.0} / {:.0}", figures.p50, figures.p99))
    }

    fn by_contender(&self, cell: fn(&Figures) -> String) -> Table {
        let mut table = table(["case", "raw", "crosswire", "plain"]);
        for case in &self.cases {
            let cells =
                Contender::ALL.map(|contender| case.servers.get(&contender).map_or_else(nothing, cell));
            table.add_row([vec![name(case)], cells.to_vec()].concat());
        }
        aligned(table)
    }

    fn memories(&self) -> Table {
        let mut table = table(["server", "connections", "KiB per connection"]);
        for memory in &self.memory {
            let kibibytes = memory.bytes_per_connection.map(|bytes| bytes / 1024.0);
            table.add_row([
                memory.contender.to_string(),
                memory.connections.to_string(),
                number(kibibytes, 2),
            ]);
        }
        aligned(table)
    }
}

fn describe_plain(echo_loop: EchoLoop) -> &'static str {
    match echo_loop {
        EchoLoop::Send => "read-and-send loop as in its example autobahn-server",
        EchoLoop::Forward => "split and forward as in its example echo-server",
    }
}

fn limits(verdicts: &[Verdict]) -> Table {
    let mut table = table(["limit", "measured", "verdict"]);
    for verdict in verdicts {
        let word = match (verdict.met, verdict.measured) {
            (true, _) => "met",
            (false, Some(_)) => "missed",
            (false, None) => "not measured",
        };
        table.add_row([verdict.limit.clone(), number(verdict.measured, 2), word.to_owned()]);
    }
    aligned(table)
}

fn table<const COLUMNS: usize>(header: [&str; COLUMNS]) -> Table {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header(header);
    table
}

/// Names to the left, figures to the right.
fn aligned(mut table: Table) -> Table {
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn name(case: &CaseSummary) -> String {
    format!("{}{}", case.case, if case.disturbed > 0 { " *" } else { "" })
}

fn number(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(nothing, |value| format!("{value:.decimals$}"))
}

fn nothing() -> String {
    "–".to_owned()
}

/// `1234567.8` as `1,234,568`.
fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap_or_default())
        .collect();
    groups.join(",")
}

#[cfg(test)]
mod tests;
