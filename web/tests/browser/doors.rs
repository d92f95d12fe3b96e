//! Who is told the token, what a link hands on, and what the browser would tell of a page that breaks its policy.

use crate::visit::{From, Tests, Visit};

pub(crate) fn tests(tests: &mut Tests) {
    tests.both("a link shares the address and connects, and hands no token on", shares);
    tests.both("what was typed is there after a reload, and the server can still be asked", remembers);
    tests.served("the token is in the page alone, and only under this machine's own names", guards_the_token);
    tests.in_chromium("what the page's policy forbids would be in the console", policy_holds);
    tests.served("the page loads nothing from elsewhere", loads_nothing_else);
    tests.served("a link opens another view", opens_a_view);
    tests.both("a link opened in the page's own tab is followed, and leaves no token there", followed);
}

async fn shares(visit: &mut Visit) {
    visit.open().await;
    let page = &visit.page;
    assert!(!page.address_bar().await.contains("token"), "{}", page.address_bar().await);
    page.write("address", &visit.server.at("/ws?tag=shared")).await;
    page.press_first("#options summary").await;
    page.write("subprotocols", "crosswire.v1.plain, other").await;
    page.write("deadline", "7").await;
    page.press("share").await;
    page.shows("announcer", "The link is copied").await;
    let link = page.address_bar().await;
    let wanted = format!(
        "#address={}/ws?tag%3Dshared&subprotocols=crosswire.v1.plain,other&deadline=7&connect=1",
        visit.server.ready.url
    );
    assert!(link.ends_with(&wanted), "{link}");
    assert!(!link.contains(visit.server.token()));
    page.open(&link).await;
    page.shows("state", "Open").await;
    assert_eq!(page.value::<String>("at('deadline').value").await, "7");
    page.log_shows("speaking crosswire.v1.plain").await;
}

async fn remembers(visit: &mut Visit) {
    visit.try_address(&visit.server.at("/ws?mine=1")).await;
    let page = &visit.page;
    page.shows("state", "Open").await;
    page.reload().await;
    if visit.from == From::Disk {
        // The link said another address; it is what it says that counts.
        assert_eq!(page.value::<String>("at('address').value").await, visit.server.at("/ws"));
    } else {
        assert_eq!(page.value::<String>("at('address').value").await, visit.server.at("/ws?mine=1"));
    }
    page.press("connect-button").await;
    page.shows("state", "Open").await;
    page.press("push-button").await;
    page.log_shows("hello from the server").await;
}

async fn guards_the_token(visit: &mut Visit) {
    visit.open().await;
    let server = &visit.server;
    let files = "performance.getEntriesByType('resource').map((entry) => new URL(entry.name).pathname)";
    let files: Vec<String> = visit.page.value(files).await;
    assert!(files.iter().filter(|path| path.ends_with(".js")).count() > 20, "{files:?}");
    for path in &files {
        let answer = server.answer(path, server.host()).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        assert!(!answer.contains(server.token()), "{path} has the token");
    }
    let page = server.answer("/", server.host()).await;
    assert!(page.contains(server.token()), "{page}");
    // A name that somebody has pointed here.
    for host in ["crosswire.example", "127.0.0.1.example", "192.0.2.1"] {
        let answer = server.answer("/", host).await;
        assert!(!answer.contains(server.token()), "{host}: {answer}");
    }
    let held = "[...document.scripts].some((script) => script.text.includes(arguments[0]))";
    assert!(!visit.page.execute::<bool>(&format!("return {held};"), vec![server.token().into()]).await);
}

async fn policy_holds(visit: &mut Visit) {
    visit.open().await;
    let page = &visit.page;
    assert_eq!(page.console().await, Vec::<String>::new());
    page.execute::<()>(
        "const script = document.createElement('script');
        script.textContent = 'window.wasRun = true';
        document.body.append(script);
        document.body.setAttribute('style', 'color: red');
        fetch('http://127.0.0.1:1/').catch(() => undefined);",
        vec![],
    )
    .await;
    assert!(!page.value::<bool>("window.wasRun === true").await, "a script of its own has run");
    let told = page.console().await;
    for directive in ["script-src", "style-src", "connect-src"] {
        assert!(
            told.iter().any(|line| line.contains("Content Security Policy") && line.contains(directive)),
            "{told:?}"
        );
    }
}

async fn loads_nothing_else(visit: &mut Visit) {
    visit.connect().await;
    let page = &visit.page;
    for view in ["tab-tests", "tab-measure", "tab-talk"] {
        page.press(view).await;
    }
    let origins =
        "[...new Set(performance.getEntriesByType('resource').map((entry) => new URL(entry.name).origin))]";
    let origins: Vec<String> = page.value(origins).await;
    assert_eq!(origins, [visit.server.page().trim_end_matches('/')]);
}

async fn opens_a_view(visit: &mut Visit) {
    visit.page.open(&format!("{}#view=measure", visit.server.page())).await;
    visit.page.until("isShown(at('measure')) && !isShown(at('talk'))").await;
    visit.page.until("at('tab-measure').ariaSelected === 'true'").await;
}

async fn followed(visit: &mut Visit) {
    visit.connect().await;
    let page = &visit.page;
    let (address, token) = (visit.server.at("/ws?mine=1"), visit.server.token());
    page.execute::<()>("location.hash = 'view=measure';", vec![]).await;
    page.until("isShown(at('measure'))").await;
    let hash = format!("address={}&token={token}", address.replace('?', "%3F").replace("=1", "%3D1"));
    page.execute::<()>("location.hash = arguments[0];", vec![hash.into()]).await;
    page.until("document.readyState === 'complete' && text('state') === 'Not connected'").await;
    page.until(&format!("at('address').value === '{address}'")).await;
    assert!(!page.address_bar().await.contains(token), "{}", page.address_bar().await);
    page.press("connect-button").await;
    page.shows("state", "Open").await;
    page.press("push-button").await;
    page.log_shows("hello from the server").await;
}
