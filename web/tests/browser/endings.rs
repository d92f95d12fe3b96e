//! Connections that do not come about, and conversations that break off: what the page says, and that it goes on.

use crate::{
    peer,
    server::Server,
    visit::{From, Tests, Visit},
};

pub(crate) fn tests(tests: &mut Tests) {
    tests.both("an address where nobody listens is explained, the likeliest cause first", nobody_listens);
    tests.both("what is no address is told while nothing has been tried", no_address);
    tests.both("a server that refuses with 403, 404 or 503 is explained, and how to see its words", refuses);
    tests.both("a subprotocol that the server does not know is among the causes", unknown_subprotocol);
    tests.served("a page under another name of the server is told by which name to connect", another_origin);
    tests.served("a port that browsers never connect to is named as the one cause", blocked_port);
    tests.served("a server that never answers is given up on at the deadline", never_answers);
    tests.served("an attempt is given up by hand", given_up);
    tests.both("a server that cuts is told from one that closes, and both sides are compared", is_cut);
    tests.both("a server that is killed is told, and comes back to the same button", is_killed);
    tests.both("a server that restarts says so, and the page connects again", restarts);
}

async fn nobody_listens(visit: &mut Visit) {
    let address = peer::nobody().await;
    visit.try_address(&address).await;
    let page = &visit.page;
    page.shows("state", "No connection").await;
    page.shows("outcome-title", "No connection").await;
    page.shows("outcome-address", &address).await;
    page.shows("outcome-meaning", "A browser does not say why.").await;
    let causes = causes(visit).await;
    assert!(causes[0].starts_with("Nothing listens on 127.0.0.1:"), "{causes:?}");
    assert!(causes[0].ends_with("is the server running, and is that its port?"), "{causes:?}");
    visit.goes_on().await;
}

async fn causes(visit: &Visit) -> Vec<String> {
    visit
        .page
        .value("[...at('outcome-causes').children].filter(isShown).map((cause) => cause.innerText)")
        .await
}

async fn no_address(visit: &mut Visit) {
    visit.open().await;
    let page = &visit.page;
    for (typed, told) in [
        ("", "Type the address of a WebSocket server"),
        ("ws://a b", "There is a space in “ws://a b”"),
        ("ftp://127.0.0.1/", "ftp:// is no WebSocket"),
        ("ws://127.0.0.1:99999/", "is no address"),
        ("ws://127.0.0.1/#part", "what stands behind # is never sent"),
        ("ws://me:secret@127.0.0.1/", "Browsers send no name and password"),
    ] {
        page.write("address", typed).await;
        page.press("connect-button").await;
        page.shows("address-problem", told).await;
        page.until("document.activeElement === at('address') && at('address').ariaInvalid === 'true'").await;
        assert_eq!(page.text("state").await, "Not connected", "{typed}");
    }
    // What a person means by it is enough.
    page.write("address", visit.server.host()).await;
    page.press("connect-button").await;
    page.shows("state", "Open").await;
    assert_eq!(page.text("address-problem").await, "");
}

async fn refuses(visit: &mut Visit) {
    visit.open().await;
    for (path, words) in [
        ("/scenario/refuse?status=403", "/scenario/refuse is a WebSocket endpoint; but it refused"),
        ("/nowhere", "refuses with 404: “nothing is at this path"),
        ("/scenario/refuse?status=503", "/scenario/refuse is a WebSocket endpoint; but it refused"),
        ("/healthz", "answers plain HTTP at /healthz"),
        ("/ws?tag=%20", "/ws is a WebSocket endpoint; but it refused this handshake"),
    ] {
        let (page, address) = (&visit.page, visit.server.at(path));
        page.write("address", &address).await;
        page.press("connect-button").await;
        page.shows("outcome-address", &address).await;
        page.shows("state", "No connection").await;
        if visit.from == From::Server {
            // The server that sent the page can be asked.
            page.shows("outcome-meaning", words).await;
            continue;
        }
        let causes = causes(visit).await;
        let plain = address.replace("ws://", "http://");
        assert!(causes.iter().any(|cause| cause.contains(&format!("{plain} in a new tab"))), "{causes:?}");
        let origin = "pages from disk, whose origin is “null”";
        assert!(causes.iter().any(|cause| cause.contains(origin)), "{causes:?}");
    }
    visit.goes_on().await;
}

async fn unknown_subprotocol(visit: &mut Visit) {
    visit.open().await;
    let page = &visit.page;
    page.press_first("#options summary").await;
    page.write("subprotocols", "chat superchat").await;
    page.press("connect-button").await;
    page.shows("state", "No connection").await;
    page.shows("outcome-causes", "It knows none of the subprotocols chat, superchat").await;
    page.write("subprotocols", "").await;
    visit.goes_on().await;
}

async fn another_origin(visit: &mut Visit) {
    let port = visit.server.host().rsplit_once(':').expect("a port").1.to_owned();
    visit.try_address(&format!("ws://localhost:{port}/ws")).await;
    visit.page.shows("state", "No connection").await;
    let causes = causes(visit).await;
    assert!(causes[0].contains("is another origin for the server"), "{causes:?}");
    assert!(causes[0].ends_with(&format!("connect to 127.0.0.1:{port}.")), "{causes:?}");
}

async fn blocked_port(visit: &mut Visit) {
    visit.try_address("ws://127.0.0.1:6667/").await;
    visit.page.shows("outcome-causes", "Browsers connect to port 6667 for no page.").await;
    assert_eq!(causes(visit).await.len(), 1);
}

async fn never_answers(visit: &mut Visit) {
    visit.open().await;
    let page = &visit.page;
    page.press_first("#options summary").await;
    page.write("deadline", "0.5").await;
    page.write("address", &visit.server.at("/scenario/no-answer")).await;
    page.press("connect-button").await;
    page.shows("outcome-title", "No answer in time").await;
    page.shows("outcome-meaning", "within 0.5 s").await;
    page.write("deadline", "30").await;
    visit.goes_on().await;
}

async fn given_up(visit: &mut Visit) {
    visit.try_address(&visit.server.at("/scenario/no-answer")).await;
    let page = &visit.page;
    page.shows("state", "Connecting…").await;
    page.shows("close-button", "Give up").await;
    page.press("close-button").await;
    page.shows("outcome-title", "Given up").await;
    visit.goes_on().await;
}

async fn is_cut(visit: &mut Visit) {
    visit.connect().await;
    let page = &visit.page;
    page.press("drop-button").await;
    page.shows("state", "Closed, 1006").await;
    page.shows("outcome-title", "Cut off (1006)").await;
    page.shows("outcome-meaning", "No close frame came.").await;
    page.shows("both-sides-rows", "cut by the server").await;
    page.press("reconnect-button").await;
    page.shows("state", "Open").await;
}

async fn is_killed(visit: &mut Visit) {
    visit.connect().await;
    let host = visit.server.host().to_owned();
    visit.server.kill().await;
    let page = &visit.page;
    page.shows("state", "Closed, 1006").await;
    page.press("reconnect-button").await;
    page.shows("outcome-title", "No connection").await;
    page.shows("outcome-causes", "Nothing listens on").await;
    visit.server = Server::start(&["--listen", &host]).await;
    let page = &visit.page;
    page.press("reconnect-button").await;
    page.shows("state", "Open").await;
}

async fn restarts(visit: &mut Visit) {
    visit.connect().await;
    let host = visit.server.host().to_owned();
    visit.server.stop().await;
    let page = &visit.page;
    page.shows("outcome-title", "Closed with 1001, going away").await;
    page.shows("outcome-advice", "Connect again in a moment.").await;
    visit.server = Server::start(&["--listen", &host]).await;
    let page = &visit.page;
    page.press("reconnect-button").await;
    page.shows("state", "Open").await;
    // Another start has another token: a page that was sent asks for it, and one from disk says where to find it.
    page.press("push-button").await;
    let told = match visit.from {
        From::Server => "Pushed.",
        From::Disk => "its token may be of an earlier start; open the link that it prints now.",
    };
    page.shows("control-answer", told).await;
    let answer = page.text("control-answer").await;
    assert!(!answer.contains("token="), "{answer}");
    if visit.from == From::Server {
        // Nobody was asked who was gone, and nobody was shown the old token.
        assert_eq!(page.console().await, Vec::<String>::new());
    }
    page.write("message", "welcome back").await;
    page.press("send-button").await;
    page.until("log().filter((row) => row.includes('welcome back')).length === 2").await;
}
