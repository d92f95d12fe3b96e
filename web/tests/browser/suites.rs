//! The tests of the list, run in the page: green where the server is right, red with a reason where it is wrong.

use crate::{
    peer::{self, Peer},
    server::Server,
    visit::{Tests, Visit},
};
use fantoccini::key::Key;
use serde_json::{Value, json};
use std::{collections::BTreeMap, env, fs, process, time::Duration};

/// Servers are built without optimisation here, and the machine may be busy: only waits that run out take longer.
const TIME_SCALE: &str = "5";

const LONG: Duration = Duration::from_secs(240);

pub(crate) fn tests(tests: &mut Tests) {
    tests.both("the nine are run from the page, and all are green", nine_are_green);
    tests.both("the edges run to their end, and none comes out otherwise than expected", edges);
    tests.served("the differences run to their end, and none comes out otherwise than expected", differences);
    tests.served("a server that alters what it echoes is shown in red, with the reason", mutant);
    tests.served("a run is stopped, and what was not run is not counted as passed", stopped);
    tests.served("a server of one's own that echoes wrongly is red once it is told to echo", told_to_echo);
    tests.served("a run is stopped at once while the server is still asked what it can do", stopped_asking);
    tests.served("what came of one server does not stand beside the address of another", forgets);
    tests.served("a server that is gone is told, and no test is green", gone);
    tests.both("what came of other languages stands beside this browser's own", beside_others);
    tests.served("tests are run, gone through and read by keyboard alone", by_keyboard);
    tests.served("the tests that are shown are those with the words that are typed", found);
}

impl Visit {
    /// Opens the tests of a profile, with as much time as a debug build needs.
    async fn open_tests(&self, profile: &str) {
        self.open().await;
        let page = &self.page;
        page.press("tab-tests").await;
        page.shows("test-server-line", "against crosswire").await;
        page.press_first("#test-options summary").await;
        page.write("test-scale", TIME_SCALE).await;
        page.press_first(&format!("#test-profiles label:has(> [value='{profile}'])")).await;
        page.until("!at('test-start').disabled").await;
    }

    /// Runs them to their end, and gives how many came out how, as the rows tell it.
    pub(crate) async fn run_tests(&self) -> BTreeMap<String, usize> {
        let page = &self.page;
        page.press("test-start").await;
        page.until_within(LONG, "at('tests').ariaBusy === 'true' || at('test-progress').value > 0").await;
        page.until_within(LONG, "at('tests').ariaBusy !== 'true' && text('test-summary').endsWith('.')")
            .await;
        self.verdicts().await
    }

    /// Presses the button, and waits until it has come to something, a run or the reason why there is none.
    async fn run_tests_or_not(&self) -> BTreeMap<String, usize> {
        let page = &self.page;
        page.press("test-start").await;
        page.until_within(
            LONG,
            "text('test-problem') !== '' || /passed|could be run|broke off/.test(text('test-summary'))",
        )
        .await;
        self.verdicts().await
    }

    async fn verdicts(&self) -> BTreeMap<String, usize> {
        let rows =
            "[...document.querySelectorAll('.test-row')].filter(isShown).map((row) => row.dataset.verdict)";
        let mut counts = BTreeMap::new();
        for verdict in self.page.value::<Vec<String>>(rows).await {
            *counts.entry(verdict).or_default() += 1;
        }
        counts
    }
}

async fn nine_are_green(visit: &mut Visit) {
    visit.open_tests("core").await;
    visit.page.shows("test-start", "Run the nine tests").await;
    let verdicts = visit.run_tests().await;
    assert_eq!(verdicts, BTreeMap::from([("pass".to_owned(), 9)]), "{}", visit.page.everything().await);
    visit.page.shows("test-summary", "9 of 9 tests passed in ").await;
    visit.page.shows("test-sums", "✓ 9 pass").await;
    visit.page.until("at('test-progress').value === 9 && !at('test-save').disabled").await;
    visit.page.press("test-only-open").await;
    visit.page.shows("test-none", "All of these were run and are green.").await;
}

async fn edges(visit: &mut Visit) {
    run_to_the_end(visit, "edges", 160).await;
}

async fn differences(visit: &mut Visit) {
    run_to_the_end(visit, "differences", 25).await;
}

/// Every test of a profile, which has at least so many, has a verdict, and none an unexpected one.
async fn run_to_the_end(visit: &Visit, profile: &str, at_least: usize) {
    visit.open_tests(profile).await;
    let verdicts = visit.run_tests().await;
    let of = |verdict: &str| verdicts.get(verdict).copied().unwrap_or(0);
    let all: usize = verdicts.values().sum();
    let expected = of("pass") + of("known") + of("unsupported");
    assert!(all >= at_least, "{verdicts:?}");
    assert_eq!(expected, all, "{verdicts:?}\n{}", visit.page.everything().await);
    assert!(of("pass") > all / 2, "{verdicts:?}");
    visit.page.until(&format!("at('test-progress').value === {all}")).await;
    // What a browser cannot do is told with what it would need.
    let reasons = "[...document.querySelectorAll('.test-row[data-verdict=unsupported] .why')].map((why) => why.innerText)";
    let reasons: Vec<String> = visit.page.value(reasons).await;
    assert!(reasons.iter().all(|reason| !reason.is_empty()), "{reasons:?}");
}

async fn mutant(visit: &mut Visit) {
    visit.server = Server::program("crosswire-mutant", &["--mutant", "echo-altered"]).await;
    visit.open_tests("core").await;
    let verdicts = visit.run_tests().await;
    assert!(verdicts.get("fail").is_some_and(|red| *red > 0), "{verdicts:?}");
    let page = &visit.page;
    page.shows("test-sums", "fail").await;
    page.shows("test-summary", "failed").await;
    page.press("test-only-open").await;
    page.until("[...document.querySelectorAll('.test-row')].filter(isShown).every((row) => row.dataset.verdict !== 'pass')").await;
    let red = "document.querySelector('.test-row[data-verdict=fail]')";
    page.until(&format!("{red}.querySelector('.why').innerText !== ''")).await;
    page.press_first(".test-row[data-verdict=fail] h4 button").await;
    page.until(&format!("isShown({red}.querySelector('.reason.fail .message'))")).await;
    let more: String = page.value(&format!("{red}.querySelector('.more').innerText")).await;
    for part in [
        "Wanted",
        "Got",
        "Steps",
        "What was said",
        "What the server saw",
        "Run it again",
        "crosswire try core/",
    ] {
        assert!(more.contains(part), "{part} is missing in\n{more}");
    }
    page.until(&format!("{red}.querySelector('.steps .failing') !== null")).await;
    let again = ".test-row[data-verdict=fail] button[data-again]";
    page.press_first(again).await;
    page.shows("test-summary", "Run again: fail").await;
}

async fn stopped(visit: &mut Visit) {
    visit.open_tests("").await;
    let page = &visit.page;
    page.press("test-start").await;
    page.until("at('test-progress').value > 0").await;
    page.press("test-stop").await;
    page.until_within(LONG, "text('test-summary').includes('not run')").await;
    let verdicts = visit.verdicts().await;
    assert!(verdicts.get("not_run").is_some_and(|count| *count > 0), "{verdicts:?}");
    page.until("!at('test-start').disabled && at('test-stop').disabled").await;
}

async fn told_to_echo(visit: &mut Visit) {
    visit.open_tests("core").await;
    let shouts = Peer::that_shouts().await;
    let page = &visit.page;
    page.write("test-address", shouts.address()).await;
    let verdicts = visit.run_tests().await;
    assert_eq!(verdicts.get("fail"), None, "{verdicts:?}");
    let summary = page.text("test-summary").await;
    assert!(summary.starts_with("The server did not send back what it was sent"), "{summary}");
    page.press_first("#test-remarks button").await;
    page.until_within(LONG, "text('test-summary').includes('failed')").await;
    page.until("document.querySelector('#test-can [value=echo]').checked").await;
    page.shows("test-remarks", "It is held to echo all the same").await;
    let verdicts = visit.verdicts().await;
    assert!(verdicts.get("fail").is_some_and(|red| *red > 0), "{verdicts:?}");
    page.until("document.querySelector('[data-test=\"core/echo\"]').dataset.verdict === 'fail'").await;
}

async fn stopped_asking(visit: &mut Visit) {
    visit.open_tests("core").await;
    let page = &visit.page;
    let hangs = Peer::that_hangs().await;
    page.write("test-address", hangs.address()).await;
    page.press("test-start").await;
    page.shows("test-summary", "Asking the server").await;
    page.press("test-stop").await;
    page.shows("test-summary", "Stopped before any test was run.").await;
    page.until("!at('test-start').disabled && at('test-stop').disabled && text('test-problem') === ''").await;
}

async fn forgets(visit: &mut Visit) {
    visit.open_tests("core").await;
    let verdicts = visit.run_tests().await;
    assert_eq!(verdicts.get("pass"), Some(&9), "{verdicts:?}");
    let page = &visit.page;
    page.write("test-address", &peer::nobody().await).await;
    page.press("test-start").await;
    page.until("text('test-problem').includes('could not be opened')").await;
    page.until("text('test-sums') === '' && text('test-server-line') === '' && at('test-save').disabled")
        .await;
    assert_eq!(visit.verdicts().await, BTreeMap::from([(String::new(), 9)]));
}

async fn gone(visit: &mut Visit) {
    visit.open_tests("core").await;
    visit.server.kill().await;
    let verdicts = visit.run_tests_or_not().await;
    assert_eq!(verdicts.get("pass"), None, "{verdicts:?}");
    // The browser writes down that the server did not answer; no page can keep it from that.
    let told = visit.page.console().await;
    assert!(told.iter().all(|line| line.contains("ERR_CONNECTION_REFUSED")), "{told:?}");
}

async fn beside_others(visit: &mut Visit) {
    // Two clients' results, one of which failed a test.
    let path = env::temp_dir().join(format!("crosswire-page-{}-{:?}.ndjson", process::id(), visit.from));
    let header = json!({
        "type": "header", "format": 1, "started": "2026-11-21T10:00:00Z", "git": { "revision": "abc1234", "dirty": false },
        "clients": [
            { "name": "go-gorilla", "language": "go", "library": "gorilla/websocket 1.5.3" },
            { "name": "python-websockets", "language": "python", "library": "websockets 15.0" },
        ],
        "servers": [{ "name": "crosswire", "version": "0.1.0" }],
        "tests": [{ "id": "core/echo", "rev": "0" }],
    });
    let result = |client: &str, verdict: &str, outcome: &str| {
        json!({ "type": "result", "client": client, "server": "crosswire", "test": "core/echo", "attempt": 1,
            "verdict": verdict, "outcome": outcome, "ms": 1 })
    };
    let lines: [Value; 4] = [
        header,
        result("go-gorilla", "pass", "ok"),
        result("python-websockets", "fail", "regression"),
        json!({ "type": "footer", "interrupted": false }),
    ];
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    fs::write(&path, text).expect("the folder for what is temporary can be written to");
    visit.server = Server::start(&["--results", path.to_str().expect("a path in UTF-8")]).await;
    visit.open_tests("core").await;
    let page = &visit.page;
    page.until("isShown(at('test-others'))").await;
    page.shows("test-others-when", "run ").await;
    page.until("document.querySelector('.test-row .other.pass') !== null && document.querySelector('.test-row .other.fail') !== null").await;
    let row: String = page.value("document.querySelector('[data-test=\"core/echo\"]').textContent").await;
    assert!(row.contains("pass: go-gorilla; fail: python-websockets"), "{row}");
    let verdicts = visit.run_tests().await;
    assert_eq!(verdicts.get("pass"), Some(&9), "{verdicts:?}");
    page.until("document.querySelector('[data-test=\"core/echo\"] .other.fail') !== null").await;
    fs::remove_file(&path).expect("a file that was written");
}

async fn by_keyboard(visit: &mut Visit) {
    visit.open().await;
    let page = &visit.page;
    visit.tab_to("tab-talk").await;
    page.keys(&[Key::Right]).await;
    page.shows("test-server-line", "against crosswire").await;
    page.until("!at('test-start').disabled").await;
    visit.tab_to("test-start").await;
    page.keys(&[Key::Enter]).await;
    page.until_within(LONG, "text('test-summary').includes('of 9 tests passed')").await;
    // Whoever ran them is where they were, and the rows are one press of Tab after the other parts.
    assert_eq!(visit.focus().await, "test-start");
    for _ in 0..40 {
        if visit.focus().await.starts_with("test-core-") {
            break;
        }
        page.keys(&[Key::Tab]).await;
    }
    let first = visit.focus().await;
    page.keys(&[Key::Down]).await;
    let second = visit.focus().await;
    assert!(
        first.starts_with("test-core-") && second.starts_with("test-core-") && first != second,
        "{first}, {second}"
    );
    page.keys(&[Key::End, Key::Home]).await;
    assert_eq!(visit.focus().await, first);
    page.keys(&[Key::Enter]).await;
    page.until(&format!("isShown(at('{first}-more')) && at('{first}').ariaExpanded === 'true'")).await;
    page.keys(&[Key::Tab]).await;
    page.until(&format!("at('{first}-more').contains(document.activeElement)")).await;
    page.keys(&[Key::Escape]).await;
    page.until(&format!("!isShown(at('{first}-more')) && document.activeElement === at('{first}')")).await;
    page.types("/").await;
    page.until("document.activeElement === at('test-words')").await;
}

async fn found(visit: &mut Visit) {
    visit.open_tests("").await;
    let page = &visit.page;
    let all = visit.verdicts().await.values().sum::<usize>();
    // What was not run is not green.
    page.press("test-only-open").await;
    assert_eq!(visit.verdicts().await.values().sum::<usize>(), all);
    page.write("test-words", "echo UNCHANGED").await;
    page.until("text('test-start').startsWith('Run ')").await;
    let titles = "[...document.querySelectorAll('.test-row')].filter(isShown).map((row) => `${row.dataset.test} ${row.innerText}`)";
    let titles: Vec<String> = page.value(titles).await;
    assert!((1..all).contains(&titles.len()), "{} of {all}", titles.len());
    for title in &titles {
        let title = title.to_lowercase();
        assert!(title.contains("echo") && title.contains("unchanged"), "{title}");
    }
    page.write("test-words", "no such test").await;
    page.until("at('test-start').disabled && text('test-start') === 'Nothing to run'").await;
    page.shows("test-none", "None of these tests has “no such test” in its title or its id.").await;
}
