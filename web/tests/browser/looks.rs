//! What the page looks like to those who see it otherwise: by axe-core in both themes, on a narrow screen, without motion.

use crate::{
    page::Page,
    peer,
    visit::{Tests, Visit},
};
use serde::Deserialize;
use serde_json::json;
use std::{env, fs};

const AXE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/node_modules/axe-core/axe.min.js");

const WIDE: u32 = 1400;
const NARROW: u32 = 360;
/// As wide as a page must fit without being moved sideways (WCAG 2.2, 1.4.10).
const NARROWEST: u32 = 320;

pub(crate) fn tests(tests: &mut Tests) {
    // Where every check has to be made, one that cannot be is a failure.
    let is_there =
        fs::exists(AXE).is_ok_and(|is_there| is_there) || env::var("CI").is_ok_and(|value| value == "true");
    let looks = [("light", WIDE), ("dark", WIDE), ("light", NARROW), ("dark", NARROW), ("light", NARROWEST)];
    for (theme, width) in looks {
        let name = format!("axe-core finds nothing, {theme} and {width} px wide");
        if is_there {
            tests.in_chromium(&name, async move |visit| looked_at(visit, theme, width).await);
        } else {
            tests.left_out(&name, "axe-core is not here: `npm ci` in web/tests/browser brings it");
        }
    }
    tests.in_chromium("a theme that was chosen wins over the system's, and stays", chosen_theme);
    tests.in_chromium("who wants no motion sees none", motion);
    tests.in_chromium("in forced colours what is chosen is told from what is not", forced_colours);
}

/// What axe-core says of one rule.
#[derive(Debug, Deserialize)]
struct Finding {
    id: String,
    help: String,
    places: Vec<String>,
}

/// Through every state of the page; in each, axe-core finds nothing and nothing is wider than the window.
async fn looked_at(visit: &Visit, theme: &str, width: u32) {
    let page = &visit.page;
    let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": theme }] });
    page.chromium("Emulation.setEmulatedMedia", media).await;
    let size = json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false });
    page.chromium("Emulation.setDeviceMetricsOverride", size).await;
    visit.open().await;
    page.until(&format!("matchMedia('(prefers-color-scheme: {theme})').matches && innerWidth === {width}"))
        .await;
    page.until("isShown(at('scenario-list'))").await;
    let axe = fs::read_to_string(AXE).expect("axe-core, which `npm ci` in web/tests/browser brings");
    page.execute::<()>(&axe, vec![]).await;
    fine(page, "nothing is connected").await;

    page.press_first("#options summary").await;
    page.press("connect-button").await;
    page.shows("state", "Open").await;
    fine(page, "connected").await;

    page.choose("kind-json").await;
    page.write("message", "{\"a\": [1, 2, \"three\"], \"long\": \"one word that goes on and on\"}").await;
    page.press("send-button").await;
    page.write("message", "{").await;
    page.until("log().filter((row) => row.includes('goes on')).length === 2").await;
    page.press_first(".log-row[data-direction='out']").await;
    page.shows("detail-title", "Sent").await;
    fine(page, "an entry is opened, and a mistake told").await;

    page.press("drop-button").await;
    page.shows("state", "Closed, 1006").await;
    page.shows("both-sides-rows", "cut by the server").await;
    fine(page, "the conversation was cut").await;

    page.write("address", &peer::nobody().await).await;
    page.press("connect-button").await;
    page.shows("state", "No connection").await;
    fine(page, "no connection came about").await;

    page.press("tab-tests").await;
    page.until("!at('test-start').disabled").await;
    fine(page, "no test has been run").await;
    page.press_first("#test-options summary").await;
    visit.run_tests().await;
    page.press_first(".test-row h4 button").await;
    page.until("isShown(document.querySelector('.test-row .more .steps'))").await;
    fine(page, "tests have been run, and one is opened").await;

    page.press("tab-measure").await;
    fine(page, "nothing is measured").await;
    page.write("echo-number", "200").await;
    page.press("echo-start").await;
    page.shows("echo-summary", "200 round trips").await;
    page.until("document.querySelector('#histogram .bar') !== null && document.querySelector('#rate .line') !== null").await;
    fine(page, "something is measured").await;
}

async fn fine(page: &Page, state: &str) {
    let found: Vec<Finding> = page
        .finish(
            "const { violations } = await axe.run(document, { resultTypes: ['violations'] });
            const place = ({ html, failureSummary }) => `${html}\\n${failureSummary}`;
            return violations.map(({ id, help, nodes }) => ({ id, help, places: nodes.map(place) }));",
        )
        .await;
    let words: Vec<_> = found
        .iter()
        .map(|found| format!("{}: {}\n{}", found.id, found.help, found.places.join("\n")))
        .collect();
    assert!(words.is_empty(), "when {state}, axe-core finds\n{}", words.join("\n\n"));

    let wide: Vec<String> = page
        .execute(
            "const boxes = [document.documentElement, document.body, document.querySelector('main')];
            const beyond = [...document.querySelectorAll('body *')].filter((part) =>
                isShown(part) && part.getBoundingClientRect().right > innerWidth + 1
                && part.closest('.scroll, .log-list, svg, .out-of-sight, pre, .scenarios') === null);
            return [...boxes.filter((box) => box.scrollWidth > box.clientWidth), ...beyond]
                .map((part) => part.cloneNode(false).outerHTML);",
            vec![],
        )
        .await;
    assert!(wide.is_empty(), "when {state}, these are wider than the window:\n{}", wide.join("\n"));
}

async fn chosen_theme(visit: &mut Visit) {
    let page = &visit.page;
    let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": "dark" }] });
    page.chromium("Emulation.setEmulatedMedia", media).await;
    visit.open().await;
    let ground = "getComputedStyle(document.body).backgroundColor";
    let dark: String = page.value(ground).await;
    page.press("theme").await;
    page.shows("theme", "Theme: light").await;
    let light: String = page.value(ground).await;
    assert_ne!(light, dark);
    page.reload().await;
    assert_eq!(page.value::<String>(ground).await, light);
    page.press("theme").await;
    page.shows("theme", "Theme: dark").await;
    assert_eq!(page.value::<String>(ground).await, dark);
}

async fn motion(visit: &mut Visit) {
    let page = &visit.page;
    for (wish, motions) in [("no-preference", "breathe"), ("reduce", "none")] {
        let media = json!({ "features": [{ "name": "prefers-reduced-motion", "value": wish }] });
        page.chromium("Emulation.setEmulatedMedia", media).await;
        visit.try_address(&visit.server.at("/scenario/no-answer")).await;
        page.shows("state", "Connecting…").await;
        let name: String = page.value("getComputedStyle(at('state'), '::before').animationName").await;
        assert_eq!(name, motions, "prefers-reduced-motion: {wish}");
        let running: usize = page.value("document.getAnimations().length").await;
        assert_eq!(running == 0, wish == "reduce", "{running} animations");
        page.press("close-button").await;
        page.shows("outcome-title", "Given up").await;
    }
}

async fn forced_colours(visit: &mut Visit) {
    let page = &visit.page;
    let media = json!({ "features": [{ "name": "forced-colors", "value": "active" }] });
    page.chromium("Emulation.setEmulatedMedia", media).await;
    visit.open().await;
    page.until("matchMedia('(forced-colors: active)').matches").await;
    for (chosen, other) in [
        ("#tab-talk", "#tab-tests"),
        (".segments label:has(:checked)", ".segments label:not(:has(:checked))"),
    ] {
        let ground =
            |part: &str| format!("getComputedStyle(document.querySelector('{part}')).backgroundColor");
        let (chosen, other) = (ground(chosen), ground(other));
        assert_ne!(page.value::<String>(&chosen).await, page.value::<String>(&other).await, "{chosen}");
    }
}
