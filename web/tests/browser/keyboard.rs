//! Everything by keyboard alone. No test here uses a mouse.

use crate::{
    driver::Engine,
    visit::{Tests, Visit},
};
use fantoccini::key::Key;

/// No part of the page is further away than so many presses of Tab.
const FURTHEST: usize = 120;

pub(crate) fn tests(tests: &mut Tests) {
    tests.both("a conversation is begun, held and ended by keyboard alone", talks);
    tests.served("an entry is found, read and left by keyboard alone", reads);
    tests.served("the server is asked for acts by keyboard alone", asks);
    tests.served("views are changed and measurements begun by keyboard alone", measures);
    tests.served("Tab reaches whatever can be used, shows where it is, and goes on", reaches_everything);
}

impl Visit {
    /// Presses Tab until this part has the focus.
    pub(crate) async fn tab_to(&self, id: &str) {
        for _ in 0..FURTHEST {
            if self.focus().await == id {
                return;
            }
            self.page.keys(&[Key::Tab]).await;
        }
        panic!("Tab does not reach #{id}\n{}", self.page.everything().await);
    }

    pub(crate) async fn focus(&self) -> String {
        self.page.value("document.activeElement.id").await
    }

    /// Writes into the field that has the focus, in place of what stands there.
    pub(crate) async fn retype(&self, words: &str) {
        self.page.held(Key::Control, 'a').await;
        self.page.types(words).await;
    }
}

async fn talks(visit: &mut Visit) {
    visit.open().await;
    let page = &visit.page;
    page.keys(&[Key::Enter]).await;
    page.shows("state", "Open").await;
    page.types("by hand").await;
    page.held(Key::Control, '\u{e007}').await;
    page.until("log().filter((row) => row.includes('by hand')).length === 2").await;
    assert_eq!(visit.focus().await, "message", "one message follows the other");
    // The kind is a group: Tab goes to it, and the arrows within it.
    page.execute::<()>("at('connect-button').focus(); at('address').focus();", vec![]).await;
    visit.tab_to("kind-text").await;
    page.keys(&[Key::Right, Key::Right]).await;
    visit.tab_to("message").await;
    page.types("c0 ff ee").await;
    visit.tab_to("send-button").await;
    page.keys(&[Key::Enter]).await;
    page.until("log().filter((row) => row.includes('c0 ff ee')).length === 2").await;
    if page.engine == Engine::Firefox {
        // Behind the last part of a page Tab goes to its own bars; without a window no key presses a button from there on.
        page.execute::<()>("at('address').focus();", vec![]).await;
    } else {
        page.keys(&[Key::Home]).await;
        visit.tab_to("tab-talk").await;
    }
    visit.tab_to("close-button").await;
    page.keys(&[Key::Enter]).await;
    page.shows("state", "Closed, 1000").await;
    assert_eq!(visit.focus().await, "connect-button", "what comes next is to connect again");
    page.keys(&[Key::Enter]).await;
    page.shows("state", "Open").await;
}

async fn reads(visit: &mut Visit) {
    visit.open().await;
    let page = &visit.page;
    page.keys(&[Key::Enter]).await;
    page.shows("state", "Open").await;
    for words in ["first of them", "second of them"] {
        page.types(words).await;
        page.held(Key::Control, '\u{e007}').await;
        page.until(&format!("log().filter((row) => row.includes('{words}')).length === 2")).await;
    }
    visit.tab_to("send-button").await;
    page.types("/").await;
    page.until("document.activeElement === at('log-search')").await;
    page.types("of them").await;
    page.shows("log-count", "4 of 7 entries").await;
    visit.tab_to("log-list").await;
    page.keys(&[Key::Home]).await;
    page.shows("detail-body", "first of them").await;
    page.shows("detail-title", "Sent").await;
    page.keys(&[Key::Down]).await;
    page.shows("detail-title", "Received").await;
    page.keys(&[Key::PageDown]).await;
    page.shows("detail-body", "second of them").await;
    page.until("at(at('log-list').getAttribute('aria-activedescendant')).ariaSelected === 'true'").await;
    page.keys(&[Key::Enter]).await;
    page.until("document.activeElement === at('detail-body')").await;
    page.keys(&[Key::Escape]).await;
    page.until("document.activeElement === at('log-list') && !isShown(at('detail'))").await;
    // To edit one again.
    page.keys(&[Key::End]).await;
    visit.tab_to("detail-again").await;
    page.keys(&[Key::Space]).await;
    page.until("document.activeElement === at('message') && at('message').value === 'second of them'").await;
}

async fn asks(visit: &mut Visit) {
    visit.open().await;
    let page = &visit.page;
    page.keys(&[Key::Enter]).await;
    page.shows("state", "Open").await;
    visit.tab_to("push-text").await;
    visit.retype("asked for by hand").await;
    page.keys(&[Key::Enter]).await;
    page.log_shows("asked for by hand").await;
    visit.tab_to("ping-button").await;
    page.keys(&[Key::Space]).await;
    page.shows("control-answer", "The server pinged.").await;
    visit.tab_to("seen-button").await;
    page.keys(&[Key::Enter]).await;
    page.shows("both-sides-title", "Both sides of it").await;
    visit.tab_to("both-sides-close").await;
    page.keys(&[Key::Enter]).await;
    page.until("!isShown(at('both-sides')) && document.activeElement === at('message')").await;
    visit.tab_to("drop-button").await;
    page.keys(&[Key::Enter]).await;
    page.shows("state", "Closed, 1006").await;
    assert_eq!(visit.focus().await, "reconnect-button", "what comes next is to connect again");
    page.keys(&[Key::Enter]).await;
    page.shows("state", "Open").await;
    visit.tab_to("server-code").await;
    visit.retype("4001").await;
    page.keys(&[Key::Enter]).await;
    page.shows("state", "Closed, 4001").await;
    // A scenario, and the ones that follow it.
    for _ in 0..FURTHEST {
        if page.value::<Option<String>>("document.activeElement.ariaLabel").await.as_deref()
            == Some("Visit glued")
        {
            break;
        }
        page.keys(&[Key::Tab]).await;
    }
    page.keys(&[Key::Enter]).await;
    page.shows("state", "Open").await;
    page.log_shows("message 99").await;
    let focus: String = page.value("document.activeElement.ariaLabel").await;
    assert_eq!(focus, "Visit glued", "the next scenario is one press of Tab away");
}

async fn measures(visit: &mut Visit) {
    visit.open().await;
    let page = &visit.page;
    visit.tab_to("tab-talk").await;
    page.keys(&[Key::Right]).await;
    page.until("isShown(at('tests')) && !isShown(at('talk'))").await;
    page.keys(&[Key::Right]).await;
    page.until("isShown(at('measure')) && document.activeElement === at('tab-measure')").await;
    page.keys(&[Key::Right]).await;
    page.until("isShown(at('talk'))").await;
    page.keys(&[Key::End]).await;
    page.until("isShown(at('measure'))").await;
    visit.tab_to("echo-number").await;
    visit.retype("50").await;
    visit.tab_to("echo-start").await;
    page.keys(&[Key::Enter]).await;
    page.shows("echo-summary", "50 round trips").await;
    visit.tab_to("flood-rate").await;
    visit.retype("100").await;
    visit.tab_to("flood-seconds").await;
    visit.retype("1").await;
    page.keys(&[Key::Enter]).await;
    page.shows("flood-reason", "100 messages in").await;
    visit.tab_to("theme").await;
    page.keys(&[Key::Space]).await;
    page.shows("theme", "Theme: light").await;
}

async fn reaches_everything(visit: &mut Visit) {
    visit.connect().await;
    let page = &visit.page;
    page.until("isShown(at('scenario-list'))").await;
    page.press_first("#options summary").await;
    page.press_first(".log-row").await;
    page.shows("detail-title", "Event").await;
    for view in ["talk", "tests", "measure"] {
        let first = format!("tab-{view}");
        page.execute::<()>(&format!("at('{first}').click(); at('{first}').focus();"), vec![]).await;
        let usable: Vec<String> = page.execute(&format!("{NAMED} return usable().map(named);"), vec![]).await;
        assert!(usable.len() > 5, "{view}: {usable:?}");
        let mut reached = vec![first.clone()];
        // Once around, by way of the document itself.
        for _ in 0..FURTHEST {
            page.keys(&[Key::Tab]).await;
            let script = format!(
                "{NAMED} return [named(document.activeElement), isOutlined(document.activeElement)];"
            );
            let (name, is_outlined): (String, bool) = page.execute(&script, vec![]).await;
            if name == first {
                break;
            }
            assert!(is_outlined || name == "BODY", "nobody sees that the focus is at {name}");
            assert_ne!(reached.last(), Some(&name), "Tab goes no further than {name}");
            reached.push(name);
        }
        let missed: Vec<_> = usable.iter().filter(|name| !reached.contains(name)).collect();
        assert!(missed.is_empty(), "Tab does not reach {missed:?} of the view {view}, but {reached:?}");
    }
}

/// What can be used, and a name for each.
const NAMED: &str = "
    const named = (element) => element === null || element === document.body ? 'BODY'
        : element.id || element.ariaLabel || `${element.tagName} ${element.innerText}`;
    const usable = () => [...document.querySelectorAll('button, input, select, textarea, summary, a[href], [tabindex=\"0\"]')]
        .filter((element) => isShown(element) && !element.matches(':disabled') && element.tabIndex >= 0)
        .filter((element) => element.type !== 'radio' || element.checked);
    const isOutlined = (element) => {
        const near = [element, element.parentElement, element.previousElementSibling].filter((one) => one !== null);
        return near.some((one) => getComputedStyle(one).outlineStyle !== 'none');
    };
";
