//! What no server should send. The page says what happened, and goes on.

use crate::{
    driver::Engine,
    peer::{Peer, close, frame},
    visit::{Tests, Visit},
};
use fantoccini::key::Key;
use std::time::Duration;

/// As much as no person would send.
const HUGE: usize = 50_000_000;

pub(crate) fn tests(tests: &mut Tests) {
    tests.both("frames against the rules end the connection, in words", broken_frames);
    tests.served("every scenario of the server can be visited, and the page goes on", every_scenario);
    tests.served("an answer that is no HTTP is no connection", no_http);
    tests.both("a message of 50 MB is shown by its beginning, with its size", huge);
    tests.served("a thousand close frames in a row are one end", thousand_close_frames);
    tests.served("a thousand connections that are closed at once leave a page that goes on", thousand_closes);
    tests.served(
        "control characters, line ends and markup in a message are shown as what they are",
        strange_text,
    );
}

async fn broken_frames(visit: &mut Visit) {
    visit.open().await;
    let cases: [(&str, Vec<u8>); 6] = [
        ("a reserved opcode", frame(3, b"?")),
        ("a reserved bit", [&[0xc1, 2][..], b"hi"].concat()),
        ("a masked frame", [&[0x81, 0x82, 0, 0, 0, 0][..], b"hi"].concat()),
        ("no UTF-8", frame(1, b"\xff\xfe")),
        ("a ping in two frames", vec![0x09, 0]),
        ("a continuation of nothing", frame(0, b"?")),
    ];
    for (what, bytes) in cases {
        let is_firefox = visit.page.engine == Engine::Firefox;
        if is_firefox && what == "a masked frame" {
            // It takes them.
            continue;
        }
        let peer = Peer::after_the_handshake(bytes).await;
        let page = &visit.page;
        page.write("address", peer.address()).await;
        page.press("connect-button").await;
        // Of a connection that ends right behind its handshake Firefox says that there was none.
        let states = if is_firefox { "'Closed, 1006', 'No connection'" } else { "'Closed, 1006'" };
        let is_over = format!("[{states}].includes(text('state'))");
        let ended = format!("text('outcome-address').startsWith('{}') && {is_over}", peer.address());
        page.until(&format!("{ended} /* {what} */")).await;
        if !is_firefox || page.text("state").await == "Closed, 1006" {
            let why = "or this browser ended it because the server broke RFC 6455.";
            page.shows("outcome-meaning", why).await;
        }
    }
    visit.goes_on().await;
}

async fn every_scenario(visit: &mut Visit) {
    visit.connect().await;
    let page = &visit.page;
    let names = "[...at('scenario-list').querySelectorAll('button')].map((button) => button.innerText)";
    page.until(&format!("{names}.length > 20")).await;
    let names: Vec<String> = page.value(names).await;
    for name in names {
        // Two go on for longer than a test should wait: one never answers a close, and one is there for its pings alone.
        page.until("[...at('scenario-list').querySelectorAll('button')].every((button) => button.ariaDisabled !== 'true')")
            .await;
        page.press_first(&format!("#scenario-list button[aria-label='Visit {name}']")).await;
        page.until(&format!("Crosswire.talk.attempt.address.includes('/scenario/{name}')")).await;
        page.until("['Open', 'No connection'].includes(text('state')) || text('state').startsWith('Closed')")
            .await;
        let state = page.text("state").await;
        let explained = state == "Open" || !page.text("outcome-meaning").await.is_empty();
        assert!(explained, "{name}: {state}\n{}", page.everything().await);
    }
    if page.text("close-button").await == "Close" {
        page.press("close-button").await;
    }
    visit.goes_on().await;
}

async fn no_http(visit: &mut Visit) {
    let peer = Peer::in_place_of_an_answer(b"\x00\x01\x02 what is this?\r\n\r\n".to_vec()).await;
    visit.try_address(peer.address()).await;
    visit.page.shows("outcome-title", "No connection").await;
    let peer = Peer::in_place_of_an_answer(vec![b'x'; 1_000_000]).await;
    visit.page.write("address", peer.address()).await;
    visit.page.press("connect-button").await;
    visit.page.until(&format!("text('outcome-address').startsWith('{}')", peer.address())).await;
    visit.page.shows("outcome-title", "No connection").await;
    visit.goes_on().await;
}

async fn huge(visit: &mut Visit) {
    let bytes =
        [frame(1, &vec![b'm'; HUGE]), frame(2, &vec![0xab; HUGE]), close(1000, "that was all")].concat();
    let peer = Peer::after_the_handshake(bytes).await;
    visit.try_address(peer.address()).await;
    let page = &visit.page;
    page.until_within(Duration::from_secs(120), "text('state') === 'Closed, 1000'").await;
    page.log_shows("text 48 MiB mmmm").await;
    page.log_shows("binary 48 MiB ab ab ab").await;
    for direction in 1..=2 {
        page.execute::<()>("at('log-list').focus();", vec![]).await;
        page.keys(&[Key::Home, Key::Down, Key::Down]).await;
        page.keys(&vec![Key::Down; direction - 1]).await;
        page.shows("detail-title", "only the first 4.0 MiB were kept").await;
        page.shows("detail-body", "The last 44 MiB were not kept: nothing has them").await;
        // What is cut cannot be sent again as if it were whole.
        page.until("!isShown(at('detail-again'))").await;
    }
    let held: u64 = page.value("Crosswire.log.ring.bytes").await;
    assert!(held < 16 << 20, "the log holds {held} bytes");
    visit.goes_on().await;
}

async fn thousand_close_frames(visit: &mut Visit) {
    let bytes = [frame(1, b"before"), close(4000, "once").repeat(1000), frame(1, b"behind")].concat();
    let peer = Peer::after_the_handshake(bytes).await;
    visit.try_address(peer.address()).await;
    let page = &visit.page;
    // Chromium takes the second one for a breach of the rules, and forgets the first; another browser need not.
    page.until("['Closed, 4000', 'Closed, 1006'].includes(text('state'))").await;
    page.log_shows("before").await;
    let log = page.log().await;
    let ends = log.iter().filter(|row| row.contains("Closed with 4000") || row.contains("Cut off (1006)"));
    assert_eq!(ends.count(), 1, "{log:?}");
    assert!(
        !log.iter().any(|row| row.contains("behind")),
        "what comes behind a close is no message: {log:?}"
    );
    visit.goes_on().await;
}

async fn thousand_closes(visit: &mut Visit) {
    let peer = Peer::that_closes_each().await;
    visit.open().await;
    let page = &visit.page;
    page.execute::<()>(
        "window.ends = 0;
        (async () => {
            while (window.ends < 1000) {
                const over = new Promise((resolve) => Crosswire.talk.events.addEventListener('change', function look() {
                    if (Crosswire.talk.status !== 'closed') return;
                    Crosswire.talk.events.removeEventListener('change', look);
                    resolve();
                }));
                await Crosswire.talk.connect({ address: arguments[0], subprotocols: [], seconds: 30 });
                await over;
                window.ends += Crosswire.talk.closed?.code === 4321 ? 1 : NaN;
            }
        })();",
        vec![peer.address().into()],
    )
    .await;
    page.until_within(Duration::from_secs(180), "window.ends === 1000 || Number.isNaN(window.ends)").await;
    assert_eq!(page.value::<Option<u32>>("window.ends").await, Some(1000), "{}", page.everything().await);
    page.shows("outcome-title", "Closed with 4321, private").await;
    page.shows("log-count", "3,000 entries").await;
    visit.goes_on().await;
}

async fn strange_text(visit: &mut Visit) {
    let text = "a\u{0}b\r\nc<img src=x onerror=alert(1)>\u{202e}d\u{2028}e";
    let bytes =
        [frame(1, text.as_bytes()), frame(1, b""), frame(2, b""), close(1000, "<b>bold</b>")].concat();
    let peer = Peer::after_the_handshake(bytes).await;
    visit.try_address(peer.address()).await;
    let page = &visit.page;
    page.shows("outcome-reason", "“<b>bold</b>”").await;
    page.log_shows("<img src=x onerror=alert(1)>").await;
    page.until("log().filter((row) => row.includes('(empty)')).length === 2").await;
    page.press_first(".log-row[data-direction='in']").await;
    page.shows("detail-body", "c<img src=x onerror=alert(1)>").await;
    page.until("document.querySelector('img, b') === null").await;
}
