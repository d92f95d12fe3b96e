//! Where the time of a run went, so that it can be held.

use super::text::{lasted, plain};
use crate::results::{Processor, Recorded, TestResult, Times};

/// How many of the slowest tests are named.
const SLOWEST: usize = 3;

/// What is told of it: a label, and what stands behind it.
pub(super) fn spent(recorded: &Recorded) -> Vec<(&'static str, String)> {
    let Some(footer) = &recorded.footer else { return Vec::new() };
    let mut told = vec![("time: ", by_the_clock(&footer.times))];
    told.extend(
        footer.times.processor.as_ref().map(|processor| ("processor: ", of_the_processors(processor))),
    );
    told.push(("slowest: ", slowest(&recorded.results)));
    told
}

fn by_the_clock(times: &Times) -> String {
    let mut parts = vec![format!("{} to start", lasted(times.start))];
    parts.extend(times.clients.iter().map(|(name, ms)| of(*ms, name)));
    parts.push(format!("{} to end", lasted(times.stop)));
    parts.join(", ")
}

/// Everybody, the one who had most first: where all clients run at once, their times are all alike, and these are not.
fn of_the_processors(processor: &Processor) -> String {
    let clients = processor.clients.iter().map(|(name, ms)| (*ms, plain(name)));
    let servers = processor.servers.iter().map(|(name, ms)| (*ms, format!("server {}", plain(name))));
    let mut all: Vec<_> = clients.chain(servers).collect();
    all.push((processor.runner, "crosswire itself".to_owned()));
    all.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let sum = all.iter().map(|(ms, _)| ms).sum();
    let parts: Vec<_> = all.iter().map(|(ms, who)| format!("{} {who}", lasted(*ms))).collect();
    format!("{}: {}", lasted(sum), parts.join(", "))
}

fn slowest(results: &[TestResult]) -> String {
    let mut slowest: Vec<_> = results.iter().collect();
    slowest.sort_by(|a, b| b.ms.total_cmp(&a.ms));
    let told = |result: &&TestResult| format!("{} ({})", of(result.ms, &result.test), plain(&result.client));
    slowest.iter().take(SLOWEST).map(told).collect::<Vec<_>>().join(", ")
}

fn of(ms: f64, whose: &str) -> String {
    format!("{} {}", lasted(ms), plain(whose))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_had_most_of_the_processors_comes_first() {
        let processor = Processor {
            clients: [("a".to_owned(), 1000.0), ("b".to_owned(), 3000.0)].into(),
            servers: [("a".to_owned(), 4000.0)].into(),
            runner: 2000.0,
        };
        let told = "10.0 s: 4.0 s server a, 3.0 s b, 2.0 s crosswire itself, 1.0 s a";
        assert_eq!(of_the_processors(&processor), told);
    }
}
