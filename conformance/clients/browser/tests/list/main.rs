//! Every test of the list as a row of its own, stepped and judged in the browser: `just test-wasm core::echo`.

#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "what cannot be read fails its test")]

use crosswire_browser::list::{Catalogue, Entry, Server, judge, user_agent};
use crosswire_suite::{judgement::Verdict, stepper::Judgement};
use gloo_net::http::Request;
use std::{
    fmt::Write as _,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

// Each row calls `row` with the id of its test; one that no browser can run is ignored, with the reason.
include!(concat!(env!("OUT_DIR"), "/rows.rs"));

/// A debug build takes its time; only waits that run out take longer.
const TIME_SCALE: f64 = 4.0;
/// How much of what was said is shown when a test fails.
const SHOWN: usize = 60;

static OWN: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::own(&user_agent()).unwrap());

#[wasm_bindgen_test]
fn every_test_of_the_list_is_a_row() {
    let mut ids: Vec<_> = OWN.entries.iter().map(|entry| &*entry.test.id).collect();
    let mut rows = ROWS.to_vec();
    ids.sort_unstable();
    rows.sort_unstable();
    assert_eq!(rows, ids);
}

/// Steps and judges a test.
async fn row(id: &str) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let entry = OWN.named(id).unwrap();
    assert!(entry.lacks().is_empty(), "no browser can run it: {:?}", entry.lacks());
    let server = server_for(entry).await;
    // The page's own time makes a second run against the same server another one.
    let unique = format!("{}-{}", js_sys::Date::now() as u64, NEXT.fetch_add(1, Ordering::Relaxed));
    let judgement = judge(entry, &OWN, &server, &unique, TIME_SCALE).await;
    match (judgement.verdict, &entry.known) {
        (Verdict::Pass, None) => {}
        (Verdict::Pass, Some(known)) if known.sometimes => {}
        (Verdict::Pass, Some(_)) => {
            panic!("{id} passes, so it is no known failure: take it out of the list of those")
        }
        (Verdict::Fail, Some(known)) => {
            console_log!("{id} fails, as is known: {} {}", known.reason, known.link)
        }
        _ => panic!("{}", told(entry, &judgement)),
    }
}

/// The server that a test wants: the one for all, or one of its own. The file with their ready lines stands where this page
/// came from.
async fn server_for(entry: &Entry) -> Server {
    let file = Request::get("/.servers").send().await.unwrap();
    assert!(file.ok(), "there are no servers for these tests: `just test-wasm` starts them");
    let name = if entry.flags().is_some() { &*entry.test.id } else { "main" };
    let lines = file.text().await.unwrap();
    let line = lines.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    Server::of_ready_line(line.unwrap_or_else(|| panic!("no server was started for {name}"))).unwrap()
}

/// What a person wants to know of a failure.
fn told(entry: &Entry, judgement: &Judgement) -> String {
    let mut told = format!("{}: {}\n{}\n", entry.test.id, judgement.verdict.name(), entry.test.why);
    if let Some(reason) = &judgement.reason {
        let step = reason.step.as_deref().unwrap_or("the end");
        writeln!(told, "at {step}: {} ({})", reason.message, reason.code).unwrap();
        for (name, value) in [("wanted", &reason.want), ("got", &reason.got)] {
            if let Some(value) = value {
                writeln!(told, "{name}: {value}").unwrap();
            }
        }
    }
    let from = judgement.transcript.len().saturating_sub(SHOWN);
    for said in &judgement.transcript[from..] {
        let on = said.on.as_deref().unwrap_or_default();
        writeln!(told, "{:9.1} ms  {} to {}  {on}  {}", said.ms, said.by.name(), said.to.name(), said.what)
            .unwrap();
    }
    for (on, seen) in &judgement.seen {
        writeln!(told, "the server saw of {on}: {seen}").unwrap();
    }
    told
}
