//! The log: a hundred thousand rows, finding one of them, holding it, taking it along.

use crate::visit::{Tests, Visit};
use fantoccini::key::Key;
use serde_json::{Value, json};
use std::{env, fs, path::Path, process, time::Duration};
use tokio::time::{sleep, timeout};

/// How long a hundred thousand messages may take on a busy machine, the server built without optimisation.
const LONG: Duration = Duration::from_secs(120);

pub(crate) fn tests(tests: &mut Tests) {
    tests.served(
        "a log of 100,000 rows scrolls, with as many rows in the page as are in sight",
        hundred_thousand,
    );
    tests.both("what is searched for and filtered is all that is shown", finds);
    tests.in_chromium("a full log of bytes is searched and exported while the page goes on", stays_alive);
    tests.served("a log that is held stays as it is, and goes on with what came since", holds);
    tests.served("a log that was emptied begins anew", empties);
    tests.in_chromium("what is shown is exported as a file, an entry a line", exports);
}

/// Lets the server push numbered texts, and waits until they have come.
pub(crate) async fn push(visit: &Visit, text: &str, times: u32) {
    let page = &visit.page;
    let before: u32 = page.value("Crosswire.talk.received.text").await;
    page.write("push-text", text).await;
    page.write("push-times", &times.to_string()).await;
    page.press("push-button").await;
    page.until_within(LONG, &format!("Crosswire.talk.received.text === {}", before + times)).await;
}

async fn hundred_thousand(visit: &mut Visit) {
    visit.connect().await;
    push(visit, "row ${i}", 100_000).await;
    let page = &visit.page;
    page.shows("log-count", "100,000 entries").await;
    page.shows("log-left-out", "3 older entries left out: the log holds 100,000 entries and 64 MiB.").await;
    page.log_shows("row 99999").await;

    // Wherever a person scrolls to, the rows of that place are there two frames later, each in its turn and no others.
    let scrolled: Vec<(u32, u32, u32)> = page
        .finish(
            "const list = at('log-list');
            const frame = () => new Promise(requestAnimationFrame);
            const seen = [];
            for (let step = 0; step <= 50; step += 1) {
                list.scrollTop = (list.scrollHeight - list.clientHeight) * step / 50;
                for (let count = 0; count < 3; count += 1) await frame();
                const wanted = Math.ceil(list.scrollTop / 28);
                const fit = Math.floor(list.clientHeight / 28) - 1;
                const shown = rows().filter((row) => row.dataset.row >= wanted && row.dataset.row < wanted + fit);
                const right = shown.filter((row) => row.innerText.includes(`row ${row.dataset.row}`));
                seen.push([fit, right.length, document.querySelectorAll('.log-row').length]);
            }
            return seen;",
        )
        .await;
    for (place, (fit, right, rows)) in scrolled.into_iter().enumerate() {
        assert!(fit > 3, "{fit} rows fit");
        assert_eq!(right, fit, "rows in sight at place {place}");
        assert!(rows < 100, "{rows} rows are in the page");
    }
    assert!(page.value::<u32>("document.getElementsByTagName('*').length").await < 2000);

    page.execute::<()>("at('log-list').focus();", vec![]).await;
    page.keys(&[Key::Home]).await;
    page.shows("detail-body", "row 0").await;
    page.keys(&[Key::End]).await;
    page.shows("detail-body", "row 99999").await;
    // 4242 itself, and those from 42420 to 42429.
    page.write("log-search", "row 4242").await;
    page.shows("log-count", "11 of 100,000 entries").await;
}

async fn finds(visit: &mut Visit) {
    visit.connect().await;
    let page = &visit.page;
    push(visit, "pushed ${i}", 3).await;
    for (kind, words) in [("kind-text", "Needle in hay"), ("kind-binary", "6e 65 65 64 6c 65 00")] {
        page.choose(kind).await;
        page.write("message", words).await;
        page.press("send-button").await;
    }
    page.shows("log-count", "10 entries").await;
    // In texts without regard to case, in bytes as UTF-8 and as hex.
    page.write("log-search", "needle").await;
    page.shows("log-count", "4 of 10 entries").await;
    page.write("log-search", "656564").await;
    page.shows("log-count", "2 of 10 entries").await;
    page.write("log-search", "needle").await;
    page.select("log-direction", "in").await;
    page.shows("log-count", "2 of 10 entries").await;
    page.select("log-kind", "binary").await;
    page.shows("log-count", "1 of 10 entries").await;
    page.write("log-search", "nothing of that").await;
    page.shows("log-empty-title", "Nothing matches.").await;
    for list in ["log-direction", "log-kind"] {
        page.select(list, "").await;
    }
    page.write("log-search", "x").await;
    page.keys(&[Key::Backspace]).await;
    page.until("text('log-count') === '10 entries'").await;
    page.select("log-direction", "note").await;
    page.shows("log-count", "2 of 10 entries").await;
}

async fn stays_alive(visit: &mut Visit) {
    visit.open().await;
    let page = &visit.page;
    page.execute::<()>(
        "const bytes = Uint8Array.from({ length: 1e6 }, (_, index) => index * index >> 3);
        for (let number = 0; number < 60; number += 1)
            Crosswire.log.add(Crosswire.entries.message('in', bytes.slice().buffer));
        window.longest = 0;
        let before = performance.now();
        setInterval(() => {
            const now = performance.now();
            window.longest = Math.max(window.longest, now - before);
            before = now;
        }, 10);",
        vec![],
    )
    .await;
    page.shows("log-count", "60 entries").await;
    page.execute::<()>("window.longest = 0;", vec![]).await;
    page.write("log-search", "fe ff fe ff fe").await;
    page.until("text('log-count') === '0 of 60 entries so far' && text('log-empty-title') === 'Searching…'")
        .await;
    // What is typed meanwhile is what is looked for.
    page.write("log-search", "00 00").await;
    page.until("text('log-count') === '60 of 60 entries'").await;
    page.write("log-search", "fe ff fe ff fe").await;
    page.until("text('log-count') === '0 of 60 entries' && text('log-empty-title') === 'Nothing matches.'")
        .await;
    page.write("log-search", "00 00").await;
    page.press("log-export").await;
    page.shows("announcer", "60 entries exported.").await;
    // Tens of seconds at once, where each entry is made a text first; the rest is for a machine that has other things to do.
    let longest: f64 = page.value("window.longest").await;
    assert!(longest < 1500.0, "nothing else was done for {longest} ms");
}

async fn holds(visit: &mut Visit) {
    visit.connect().await;
    push(visit, "before ${i}", 2).await;
    let page = &visit.page;
    page.press("log-pause").await;
    page.shows("log-pause", "Go on").await;
    push(visit, "meanwhile ${i}", 5).await;
    page.shows("log-count", "10 entries; held, 5 came since").await;
    assert!(page.log().await.last().is_some_and(|row| row.contains("before 1")), "{:?}", page.log().await);
    page.press("log-pause").await;
    page.log_shows("meanwhile 4").await;
    page.until("text('log-count') === '10 entries'").await;
}

async fn empties(visit: &mut Visit) {
    visit.connect().await;
    push(visit, "before ${i}", 2).await;
    let page = &visit.page;
    page.press("log-clear").await;
    page.shows("log-empty-title", "Nothing here yet.").await;
    page.until("text('log-count') === '' && rows().length === 0").await;
    push(visit, "afterwards ${i}", 1).await;
    page.until("log().length === 1").await;
    page.log_shows("afterwards 0").await;
}

async fn exports(visit: &mut Visit) {
    let folder = env::temp_dir().join(format!("crosswire-export-{}", process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    visit.connect().await;
    let page = &visit.page;
    let behavior = json!({ "behavior": "allow", "downloadPath": folder });
    page.chromium("Browser.setDownloadBehavior", behavior).await;
    page.choose("kind-binary").await;
    page.write("message", "00 ff").await;
    page.press("send-button").await;
    push(visit, "ünïcode ${i}", 2).await;
    page.select("log-direction", "in").await;
    page.shows("log-count", "4 of 7 entries").await;
    page.press("log-export").await;
    page.shows("announcer", "4 entries exported.").await;
    let lines = timeout(Duration::from_secs(60), file_in(&folder)).await.expect("a file in time");
    fs::remove_dir_all(&folder).expect("a folder that was made");
    let entries: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect("JSON in each line")).collect();
    assert_eq!(entries.len(), 4, "{lines}");
    assert!(entries.iter().all(|entry| entry["direction"] == "in"), "{lines}");
    let bytes = entries.iter().find(|entry| entry["kind"] == "binary").expect("the bytes");
    assert_eq!((&bytes["hex"], &bytes["size"]), (&json!("00ff"), &json!(2)));
    assert_eq!(entries[3]["text"], "ünïcode 1");
    assert!(entries[3]["time"].as_str().is_some_and(|time| time.ends_with('Z')), "{lines}");
}

/// What is in the file that the browser puts there, once it is complete.
async fn file_in(folder: &Path) -> String {
    loop {
        let files = fs::read_dir(folder).expect("a folder").flatten();
        let complete =
            files.map(|file| file.path()).find(|path| path.extension().is_some_and(|end| end == "ndjson"));
        if let Some(path) = complete {
            return fs::read_to_string(path).expect("UTF-8");
        }
        sleep(Duration::from_millis(20)).await;
    }
}
