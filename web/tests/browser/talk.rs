//! The conversation: connecting, sending, being pushed to, closing.

use crate::visit::{Tests, Visit};

pub(crate) fn tests(tests: &mut Tests) {
    tests.both("one key press connects, and the server's welcome is in the log", connects);
    tests.both("a text comes back, and both directions are in the log", echoes_text);
    tests.both("JSON is checked while it is typed, and laid out when it is back", echoes_json);
    tests.both("bytes are typed in hex, come back and are shown as a dump", echoes_bytes);
    tests.both("the server is asked to push, and to ping", is_pushed_to);
    tests.both("closing says 1000, what it means, and that both sides agree", closes);
    tests.both(
        "a code and a reason of one's own are sent, and one that a browser may not send is explained",
        closes_otherwise,
    );
    tests.both("a server that closes is explained with its code and its reason", is_closed);
    tests.both("a subprotocol that both know is told", agrees_on_a_subprotocol);
    tests.served("what cannot be sent is told before, and never stands in the log as sent", refuses_halves);
    tests.in_chromium("a file that is gone is told in words, and nothing is sent", reads_no_file);
    tests.both(
        "what is talked to in a visit stands in the form, and so does what was typed before",
        says_where,
    );
    tests.served("whoever presses twice, or gives up, has one conversation or none", visits_once);
    tests.served("a browser that refuses a scenario, as it has to, is told so", refuses_scenarios);
    tests.served("a message that was sent is brought back, and one of the log is edited", writes_again);
}

async fn connects(visit: &mut Visit) {
    let Visit { page, server, .. } = &*visit;
    visit.open().await;
    assert_eq!(page.text("state").await, "Not connected");
    assert_eq!(page.value::<String>("at('address').value").await, server.at("/ws"));
    assert_eq!(page.value::<String>("document.activeElement.id").await, "connect-button");
    page.keys(&[fantoccini::key::Key::Enter]).await;
    page.shows("state", "Open").await;
    page.log_shows("{\"type\":\"welcome\"").await;
    page.log_shows("Open after").await;
    // Whoever has connected wants to write.
    assert_eq!(page.value::<String>("document.activeElement.id").await, "message");
}

async fn echoes_text(visit: &mut Visit) {
    visit.connect().await;
    let page = &visit.page;
    page.write("message", "grüße, 世界 🌍").await;
    page.press("send-button").await;
    page.until("log().filter((row) => row.includes('grüße, 世界 🌍')).length === 2").await;
    let directions =
        "rows().filter((row) => row.innerText.includes('grüße')).map((row) => row.dataset.direction)";
    assert_eq!(page.value::<Vec<String>>(directions).await, ["out", "in"]);
    // ü and ß are two bytes each, 世 and 界 three, 🌍 four.
    page.log_shows("text 20 B grüße").await;
    assert_eq!(page.value::<String>("at('message').value").await, "");
}

async fn echoes_json(visit: &mut Visit) {
    visit.connect().await;
    let page = &visit.page;
    page.choose("kind-json").await;
    page.write("message", "{\"a\": 1, \"b\" 2}").await;
    page.shows("message-check", "Line 1, column 14").await;
    assert!(page.value::<bool>("at('send-button').disabled").await, "what is no JSON is not sent as JSON");
    page.write("message", "{\"a\": 1, \"b\": [true]}").await;
    page.shows("message-check", "JSON, without a mistake").await;
    page.press("send-button").await;
    page.until("log().filter((row) => row.includes('\"b\": [true]')).length === 2").await;
    page.press_first(".log-row[data-direction='in']:nth-last-child(1 of .log-row[data-direction='in'])")
        .await;
    page.shows("detail-title", "Received").await;
    page.shows("detail-body", "{\n  \"a\": 1,\n  \"b\": [\n    true\n  ]\n}").await;
    page.press("detail-form").await;
    page.shows("detail-body", "{\"a\": 1, \"b\": [true]}").await;
}

async fn echoes_bytes(visit: &mut Visit) {
    visit.connect().await;
    let page = &visit.page;
    page.choose("kind-binary").await;
    page.write("message", "00 ff zz").await;
    page.shows("message-check", "Character 7").await;
    page.write("message", "00 ff 68 69").await;
    page.shows("message-check", "4 bytes").await;
    page.press("send-button").await;
    page.until("log().filter((row) => row.includes('binary 4 B 00 ff 68 69')).length === 2").await;
    page.press_first(".log-row[data-direction='out']").await;
    page.shows("detail-body", "00 ff 68 69").await;
    page.shows("detail-body", "..hi").await;
}

async fn is_pushed_to(visit: &mut Visit) {
    visit.connect().await;
    let page = &visit.page;
    page.write("push-text", "pushed ${i}").await;
    page.write("push-times", "3").await;
    page.press("push-button").await;
    page.shows("control-answer", "Pushed 3 times.").await;
    for number in 0..3 {
        page.log_shows(&format!("pushed {number}")).await;
    }
    page.press("ping-button").await;
    page.shows("control-answer", "The server pinged.").await;
    page.press("seen-button").await;
    // The answer of the browser may still be on its way; it is asked again.
    page.shows("both-sides-rows", "pings, pongs").await;
    page.shows("both-sides-rows", "1 sent").await;
    page.shows("both-sides-rows", "✓ 4 text, 0 binary").await;
}

async fn closes(visit: &mut Visit) {
    visit.connect().await;
    let page = &visit.page;
    page.press("close-button").await;
    page.shows("state", "Closed, 1000").await;
    page.shows("outcome-title", "Closed with 1000, normal").await;
    page.shows("outcome-meaning", "The conversation is over, as one side wished.").await;
    page.shows("outcome-advice", "Nothing is wrong.").await;
    page.shows("both-sides-rows", "✓ clean; close frame 1000 came from the browser").await;
    page.until("document.querySelectorAll('#both-sides-rows .differs').length === 0").await;
    page.until("isShown(at('connect-button')) && !isShown(at('close-button'))").await;
}

async fn closes_otherwise(visit: &mut Visit) {
    visit.connect().await;
    let page = &visit.page;
    page.press_first("#options summary").await;
    page.write("close-code", "1001").await;
    page.press("close-button").await;
    page.shows("close-problem", "1001").await;
    assert_eq!(page.text("state").await, "Open", "what cannot be sent ends nothing");
    page.write("close-code", "4321").await;
    page.write("close-reason", "schön war’s").await;
    page.press("close-button").await;
    page.shows("state", "Closed, 4321").await;
    page.shows("outcome-reason", "“schön war’s”").await;
    page.shows("both-sides-rows", "✓ clean").await;
}

async fn is_closed(visit: &mut Visit) {
    visit.connect().await;
    let page = &visit.page;
    page.write("server-code", "4500").await;
    page.write("server-reason", "go elsewhere").await;
    page.press("server-close-button").await;
    page.shows("state", "Closed, 4500").await;
    page.shows("outcome-title", "Closed with 4500, private").await;
    page.shows("outcome-advice", "do not connect again").await;
    page.shows("outcome-reason", "“go elsewhere”").await;
    page.log_shows("go elsewhere").await;
}

async fn agrees_on_a_subprotocol(visit: &mut Visit) {
    visit.open().await;
    let page = &visit.page;
    page.press_first("#options summary").await;
    page.write("subprotocols", "chat, crosswire.v1.plain").await;
    page.press("connect-button").await;
    page.shows("state", "Open").await;
    page.log_shows("speaking crosswire.v1.plain").await;
}

async fn writes_again(visit: &mut Visit) {
    use fantoccini::key::Key;
    visit.connect().await;
    let page = &visit.page;
    for words in ["the first", "the second"] {
        page.write("message", words).await;
        page.press("send-button").await;
        page.until(&format!("log().filter((row) => row.includes('{words}')).length === 2")).await;
    }
    page.types("a draft").await;
    page.keys(&[Key::Up]).await;
    page.until("at('message').value === 'the second'").await;
    page.keys(&[Key::Up]).await;
    page.until("at('message').value === 'the first'").await;
    page.keys(&[Key::Down, Key::Down]).await;
    page.until("at('message').value === 'a draft'").await;
    page.press_first(".log-row[data-direction='out']").await;
    page.press("detail-again").await;
    page.until("at('message').value === 'the first' && document.activeElement === at('message')").await;
}

async fn refuses_halves(visit: &mut Visit) {
    visit.connect().await;
    let page = &visit.page;
    for kind in ["kind-text", "kind-json"] {
        page.choose(kind).await;
        page.execute::<()>(
            "at('message').value = '\"a\\ud800b\"'; at('message').dispatchEvent(new Event('input', { bubbles: true }));",
            vec![],
        )
        .await;
        page.shows("message-check", "Character 3: half of a character stands alone").await;
        assert!(page.value::<bool>("at('send-button').disabled").await, "{kind}");
    }
    page.finish::<()>("await Crosswire.talk.send('a\\ud800b').catch(() => {});").await;
    page.log_shows("Not sent: ").await;
    assert_eq!(page.value::<u32>("Crosswire.talk.sent.text").await, 0);
    assert!(!page.log().await.iter().any(|row| row.contains("text 5 B")), "{:?}", page.log().await);
    // What is sent at once one after the other is told in that order.
    page.finish::<()>("await Promise.all(['one', 'two', 'three'].map((text) => Crosswire.talk.send(text)));")
        .await;
    let sent = "rows().filter((row) => row.dataset.direction === 'out').map((row) => row.innerText.trim().split(/\\s/).at(-1))";
    assert_eq!(page.value::<Vec<String>>(sent).await, ["one", "two", "three"]);
}

async fn reads_no_file(visit: &mut Visit) {
    visit.connect().await;
    let page = &visit.page;
    let path = std::env::temp_dir().join(format!("crosswire-gone-{}.bin", std::process::id()));
    std::fs::write(&path, "here").expect("a file");
    page.send_keys("file-chooser", path.to_str().expect("UTF-8")).await;
    page.shows("file-name", "4 B, sent as binary").await;
    std::fs::remove_file(&path).expect("a file that was made");
    page.press("send-button").await;
    page.shows("message-check", "cannot be read. Is it a folder, or was it moved or changed since?").await;
    page.log_shows("Not sent: “crosswire-gone-").await;
    page.press("file-remove").await;
    page.until("text('message-check') === '' && Crosswire.talk.sent.binary === 0").await;
}

async fn says_where(visit: &mut Visit) {
    visit.connect().await;
    let (page, server) = (&visit.page, &visit.server);
    page.press_first("#scenario-list button[aria-label='Visit glued']").await;
    page.log_shows("message 99").await;
    page.until(&format!(
        "at('address').value === '{}' && at('address').readOnly",
        server.at("/scenario/glued")
    ))
    .await;
    page.press_first("#options summary").await;
    page.press("share").await;
    page.until("location.hash.includes('/scenario/glued')").await;
    page.press("close-button").await;
    page.shows("outcome-address", "/scenario/glued").await;
    page.until(&format!("at('address').value === '{}'", server.at("/ws"))).await;
    page.press("connect-button").await;
    page.log_shows("{\"type\":\"welcome\"").await;
}

async fn visits_once(visit: &mut Visit) {
    visit.open().await;
    let page = &visit.page;
    page.until("isShown(at('scenario-list'))").await;
    let press = "const visit = (name) => document.querySelector(`#scenario-list [aria-label='Visit ${name}']`).click();";
    page.execute::<()>(
        &format!("{press} visit('early'); visit('glued'); at('connect-button').click();"),
        vec![],
    )
    .await;
    page.shows("state", "Open").await;
    page.log_shows("{\"type\":\"welcome\"").await;
    assert_eq!(
        page.value::<u32>("log().filter((row) => row.includes('Connecting to')).length").await,
        1,
        "{:?}",
        page.log().await
    );
    page.press("close-button").await;
    page.shows("state", "Closed, 1000").await;
    // Given up before anything has been begun.
    page.execute::<()>(&format!("{press} visit('glued'); at('close-button').click();"), vec![]).await;
    page.shows("outcome-title", "Given up").await;
    visit.goes_on().await;
    page.until("Crosswire.talk.attempt.address.endsWith('/ws')").await;
}

async fn refuses_scenarios(visit: &mut Visit) {
    visit.open().await;
    let page = &visit.page;
    page.until("isShown(at('scenario-list'))").await;
    page.press_first("#scenario-list button[aria-label='Visit wrong-accept']").await;
    page.shows("state", "No connection").await;
    page.shows("outcome-meaning", "Refused by this browser, as it should be").await;
    page.until("!isShown(at('outcome-causes')) && !isShown(at('both-sides'))").await;
    // What is told next is about something else.
    page.write("address", "ws://a b").await;
    page.press("connect-button").await;
    page.shows("address-problem", "There is a space").await;
    page.until("!isShown(at('outcome')) && !isShown(at('both-sides'))").await;
}
