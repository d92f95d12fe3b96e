//! Handshakes that are answered wrongly.

use super::server;
use crate::support::Request;
use crosswire_server::mutants::Mutant;

pub(super) const SHOWN: [Mutant; 7] = [
    Mutant::WrongAcceptKey,
    Mutant::SubprotocolListEchoed,
    Mutant::SubprotocolNotConfirmed,
    Mutant::UnknownSubprotocolAccepted,
    Mutant::PlusDecoded,
    Mutant::UnknownPathAccepted,
    Mutant::OriginIgnored,
];

#[tokio::test(start_paused = true)]
async fn answers_are_wrong() {
    let offer = |names: &str| Request::handshake("/ws").with("Sec-WebSocket-Protocol", names);
    let redirect = Request::handshake("/scenario/redirect?to=ws://localhost/a+b");
    for (mutant, request, right, wrong) in [
        (
            Mutant::WrongAcceptKey,
            Request::handshake("/ws"),
            "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
            "sec-websocket-accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI=\r\n",
        ),
        (
            Mutant::SubprotocolListEchoed,
            offer("other, crosswire.v1.plain"),
            "sec-websocket-protocol: crosswire.v1.plain\r\n",
            "sec-websocket-protocol: other, crosswire.v1.plain\r\n",
        ),
        (
            Mutant::SubprotocolNotConfirmed,
            offer("crosswire.v1.plain"),
            "sec-websocket-protocol: crosswire.v1.plain\r\n",
            "HTTP/1.1 101 ",
        ),
        (Mutant::UnknownSubprotocolAccepted, offer("other"), "HTTP/1.1 400 ", "HTTP/1.1 101 "),
        (Mutant::PlusDecoded, redirect, "location: ws://localhost/a+b\r\n", "HTTP/1.1 4"),
        (Mutant::UnknownPathAccepted, Request::handshake("/nowhere"), "HTTP/1.1 404 ", "HTTP/1.1 101 "),
        (
            Mutant::OriginIgnored,
            Request::handshake("/ws").with("Origin", "http://elsewhere.example"),
            "HTTP/1.1 403 ",
            "HTTP/1.1 101 ",
        ),
    ] {
        for (mutant, has, has_not) in [(mutant, wrong, right), (Mutant::Healthy, right, "no such line")] {
            let server = server(mutant);
            let mut raw = server.connect().await;
            raw.send(request.bytes()).await;
            let head = raw.head().await;
            assert!(head.contains(has) && !head.contains(has_not), "{}: {head}", mutant.name());
        }
    }
    // A list that is malformed is none of unknown names.
    let raw = server(Mutant::UnknownSubprotocolAccepted).ask(offer("a, a").bytes()).await;
    assert_eq!(raw.status, 400);
}
