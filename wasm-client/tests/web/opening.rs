//! Opening a connection, and what can go wrong with it.

use super::support::{Server, now, within};
use crosswire_wasm_client::{CloseFrame, Closed, Connection, OpenError, Options, Status};
use std::time::Duration;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn agrees_on_a_subprotocol() {
    let server = Server::find().await;
    let offering = Options::new().subprotocol("soap").subprotocol("crosswire.v1.plain");
    let client = server.connect_with("/ws", &offering).await;
    assert_eq!(client.connection.subprotocol().as_deref(), Some("crosswire.v1.plain"));
    let client = server.connect("/ws").await;
    assert_eq!(client.connection.subprotocol(), None);
    assert_eq!(client.connection.extensions(), "");
}

#[wasm_bindgen_test]
async fn is_connecting_and_then_open() {
    let server = Server::find().await;
    let connection = Connection::begin(&server.at("/echo"), &Options::new()).unwrap();
    assert_eq!(connection.status(), Status::Connecting);
    within(connection.opened()).await.unwrap();
    assert_eq!(connection.status(), Status::Open);
    assert_eq!(connection.url(), server.at("/echo"));
    // Whoever asks again is told again.
    within(connection.opened()).await.unwrap();
}

#[wasm_bindgen_test]
fn refuses_what_is_no_address_at_once() {
    for (url, why) in [
        ("not a url ::", "no browser can read it"),
        ("ws://", "no browser can read it"),
        ("ws://127.0.0.1:99999/", "no browser can read it"),
        ("ftp://127.0.0.1/", "its scheme is ftp"),
        ("ws://127.0.0.1/#part", "a part behind a # is for pages, not for servers"),
    ] {
        let error = Connection::begin(url, &Options::new()).unwrap_err();
        assert_eq!(error, OpenError::BadUrl { address: url.to_owned(), why: why.to_owned() });
    }
}

#[wasm_bindgen_test]
fn refuses_a_subprotocol_that_cannot_be_offered() {
    for offered in [vec!["a b"], vec![""], vec!["a", "a"]] {
        let options = offered.iter().fold(Options::new(), |options, name| options.subprotocol(*name));
        let error = Connection::begin("ws://127.0.0.1:2/", &options).unwrap_err();
        assert!(matches!(error, OpenError::BadSubprotocol { .. }), "{error}");
    }
}

#[wasm_bindgen_test]
async fn a_handshake_that_fails_names_the_server_and_the_origin() {
    let server = Server::find().await;
    let unknown = Options::new().subprotocol("nobody-knows-this");
    for (url, options) in [
        (server.at("/scenario/refuse?status=403"), Options::new()),
        (server.at("/there-is-nothing"), Options::new()),
        (server.at("/scenario/wrong-accept"), Options::new()),
        (server.at("/scenario/redirect"), Options::new()),
        (server.at("/ws"), unknown),
        // Nobody listens there, and a browser does not even try.
        ("ws://127.0.0.1:2/".to_owned(), Options::new()),
        ("ws://127.0.0.1:9/".to_owned(), Options::new()),
    ] {
        let connection = Connection::begin(&url, &options).unwrap();
        let error = within(connection.opened()).await.unwrap_err();
        let OpenError::Refused { address, origin } = &error else { panic!("{url}: {error:?}") };
        assert_eq!(*address, url);
        assert!(origin.starts_with("http://127.0.0.1:"), "{origin}");
        let closed = within(connection.closed()).await;
        assert_eq!((closed.code, closed.clean), (Closed::NO_FRAME, false));
        assert_eq!(connection.status(), Status::Closed(closed));
    }
}

#[wasm_bindgen_test]
async fn gives_a_handshake_up_at_its_deadline() {
    let server = Server::find().await;
    for scenario in ["/scenario/no-answer", "/scenario/half-answer"] {
        let url = server.at(scenario);
        let options = Options::new().open_within(Duration::from_millis(150));
        let begun = now();
        let error = within(Connection::open_with(&url, &options)).await.unwrap_err();
        assert_eq!(error, OpenError::TooSlow { address: url, within_ms: 150 });
        // The two clocks may differ by a millisecond.
        assert!(now() - begun >= 149.0, "{}", now() - begun);
    }
    // It stands in nobody's way any more.
    server.welcomed().await;
}

#[wasm_bindgen_test]
async fn can_be_closed_before_it_is_open() {
    let server = Server::find().await;
    let url = server.at("/scenario/no-answer");
    let connection = Connection::begin(&url, &Options::new()).unwrap();
    connection.begin_closing(&CloseFrame::normal());
    let closed = within(connection.closed()).await;
    assert_eq!((closed.code, closed.clean), (Closed::NO_FRAME, false));
    let error = within(connection.opened()).await.unwrap_err();
    assert_eq!(error, OpenError::ClosedBeforeOpen { address: url });
    server.welcomed().await;
}
