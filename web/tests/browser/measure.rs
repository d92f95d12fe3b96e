//! Round trips and floods: what is measured, and that the page answers meanwhile.

use crate::{
    log::push,
    peer::{Peer, frame},
    visit::{Tests, Visit},
};
use serde_json::json;
use std::time::Duration;

/// How long a measurement may take on a busy machine, the server built without optimisation.
const LONG: Duration = Duration::from_secs(200);

/// Milliseconds. A page that takes longer than this for a click is not alive, however busy the machine.
const ALIVE: f64 = 2000.0;

const MIB: u64 = 1 << 20;

pub(crate) fn tests(tests: &mut Tests) {
    tests.both(
        "10,000 echoes end in a median and a histogram, and the page answers meanwhile",
        ten_thousand_echoes,
    );
    tests.served("a measurement can be stopped, and says of what it speaks", stopped);
    tests.served("a server that does not echo is no server to measure", no_echo);
    tests.in_chromium(
        "a flood comes whole, the log says what it left out, memory is bounded, clicks are answered",
        flood,
    );
    tests.in_chromium("large messages push out older ones at 64 MiB", large_messages);
}

async fn ten_thousand_echoes(visit: &mut Visit) {
    visit.open().await;
    let page = &visit.page;
    page.press("tab-measure").await;
    page.press("echo-start").await;
    page.until("at('echo-progress').value > 0").await;
    answers(visit).await;
    page.until_within(LONG, "text('echo-summary').includes('10,000 round trips of 64 B, one at a time')")
        .await;
    let summary = page.text("echo-summary").await;
    let median =
        summary.split_once("median ").and_then(|(_, rest)| rest.split_once(',')).expect("a median").0;
    let (number, unit) = median.split_once(' ').expect("a number and its unit");
    assert!(
        number.parse::<f64>().is_ok_and(|number| number > 0.0) && ["µs", "ms"].contains(&unit),
        "{summary}"
    );
    page.shows("echo-numbers", "median").await;
    page.until("document.querySelectorAll('#histogram .bar').length > 1").await;
    page.until("!at('echo-start').disabled && at('echo-progress').value === 1").await;
}

/// The page does what is clicked, and soon: from the click itself to the next frame.
async fn answers(visit: &Visit) {
    let page = &visit.page;
    let before = page.text("theme").await;
    page.execute::<()>(
        "window.answered = null;
        at('theme').addEventListener('click', ({ timeStamp }) => requestAnimationFrame(() => {
            window.answered = performance.now() - timeStamp;
        }), { once: true });",
        vec![],
    )
    .await;
    page.press("theme").await;
    page.until(&format!("window.answered !== null && text('theme') !== {}", json!(before))).await;
    let answered: f64 = page.value("window.answered").await;
    assert!(answered < ALIVE, "a click was answered after {answered} ms");
}

async fn stopped(visit: &mut Visit) {
    visit.open().await;
    let page = &visit.page;
    page.press("tab-measure").await;
    page.write("echo-number", "1000000").await;
    page.write("echo-size", "1000").await;
    page.write("echo-flight", "10").await;
    page.shows("echo-start", "1,000,000 echoes").await;
    page.press("echo-start").await;
    page.until("at('echo-progress').value > 0").await;
    page.press("echo-stop").await;
    page.shows("echo-summary", "Stopped after ").await;
    page.shows("echo-summary", " of 1000 B, 10 at once").await;
}

async fn no_echo(visit: &mut Visit) {
    let peer = Peer::after_the_handshake(frame(1, b"something else")).await;
    visit.open().await;
    let page = &visit.page;
    page.press("tab-measure").await;
    page.write("echo-address", peer.address()).await;
    page.press("echo-start").await;
    page.shows("echo-problem", "This is not an echo: message 0 was wanted back, and “something else” came.")
        .await;
    page.write("echo-address", "no address").await;
    page.press("echo-start").await;
    page.shows("echo-problem", "There is a space in “no address”").await;
}

async fn flood(visit: &mut Visit) {
    visit.connect().await;
    let page = &visit.page;
    page.press("tab-measure").await;
    let empty = heap(visit).await;
    page.write("flood-rate", "20000").await;
    page.write("flood-seconds", "10").await;
    page.press("flood-start").await;
    page.until("Crosswire.talk.received.text > 20000").await;
    // In the view that is being flooded, too.
    answers(visit).await;
    page.press("tab-talk").await;
    answers(visit).await;
    page.press("tab-measure").await;
    page.until_within(LONG, "text('flood-reason').includes('200,000 messages in ')").await;
    let words = page.text("flood-reason").await;
    assert!(words.contains("complete and in order"), "{words}");
    assert!(words.contains("The log left out 100,003 older entries."), "{words}");
    let full = heap(visit).await;
    assert!(full < empty + 100 * MIB, "the heap grew from {empty} to {full} bytes");

    // A log that is full takes no more memory, however much comes.
    page.press("tab-talk").await;
    push(visit, "${i} once more", 100_000).await;
    page.shows("log-left-out", "200,003 older entries left out: the log holds 100,000 entries and 64 MiB.")
        .await;
    let fuller = heap(visit).await;
    assert!(fuller < full + 20 * MIB, "the heap grew from {full} to {fuller} bytes");
}

async fn large_messages(visit: &mut Visit) {
    visit.connect().await;
    let page = &visit.page;
    let empty = heap(visit).await;
    // 1 MiB each, which a page holds in two bytes a character.
    page.finish::<()>(
        "const { attempt, name } = Crosswire.talk;
        const acts = Array(200).fill({ send: { fill: { len: 1048576, as: 'text' } } });
        const answer = await Crosswire.control.ask(attempt.address, name, acts);
        if (answer.error !== undefined) throw new Error(answer.message);",
    )
    .await;
    page.until_within(LONG, "Crosswire.talk.received.text === 201").await;
    page.shows("log-left-out", "the log holds 100,000 entries and 64 MiB.").await;
    let held: u64 = page.value("Crosswire.log.ring.bytes").await;
    assert!(held <= 64 * MIB && held > 32 * MIB, "the log holds {held} bytes");
    let full = heap(visit).await;
    assert!(full < empty + 160 * MIB, "the heap grew from {empty} to {full} bytes");
}

/// What the page's scripts hold, in bytes, with nothing in it that could be let go of.
async fn heap(visit: &Visit) -> u64 {
    visit.page.chromium("HeapProfiler.collectGarbage", json!({})).await;
    visit.page.value("performance.memory.usedJSHeapSize").await
}
