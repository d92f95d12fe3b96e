//! How much of a frozen list each pair has passed. Nothing is left out of it: what is unsupported is not passed.

use super::{overview::Overview, text::grouped};
use crate::results::{Header, Verdict};

/// `core-1: 9 of 9`, for each client and server.
pub(super) fn kept(header: &Header, overview: &Overview<'_>) -> Vec<String> {
    let Some(frozen) = &header.frozen else { return Vec::new() };
    let name = if frozen.draft { format!("{} (a draft)", frozen.list) } else { frozen.list.clone() };
    let one = overview.cells.len() == 1;
    let cells = overview.cells.iter().map(|cell| {
        let (passed, all) = (grouped(cell.sums.verdict(Verdict::Pass)), grouped(cell.sums.tests));
        let (client, server) = (overview.clients[cell.client], overview.servers[cell.server]);
        let pair = if one { String::new() } else { format!(" by {client} against {server}") };
        format!("{name}: {passed} of {all}{pair}")
    });
    cells.collect()
}
