//! Requests whose body does not come, or whose end cannot be told.

use crate::support::{TestServer, Then};

#[tokio::test(start_paused = true)]
async fn refuses_a_push_whose_body_never_ends() {
    let server = TestServer::scripted();
    let request = b"POST /push HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhe";
    let heard = server.play([request.to_vec()], Then::Stays).await;
    let (head, body) = heard.split();
    assert!(head.starts_with("HTTP/1.1 408 "), "{head}");
    assert!(
        body.starts_with(b"{\"error\":\"slow_body\",\"message\":\"the body was not complete after 30000 ms")
    );
    assert!(heard.ended, "the server has not ended its side");
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn refuses_in_its_own_words_a_body_whose_length_cannot_be_told() {
    let server = TestServer::scripted();
    for wrong in [
        "Content-Length: ",
        "Content-Length: five",
        "Content-Length: +5",
        "Content-Length: 18446744073709551616",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5\r\nContent-Length: ",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: chunked, gzip",
    ] {
        let request = format!("POST /push HTTP/1.1\r\nHost: localhost\r\n{wrong}\r\n\r\nhello");
        let heard = server.play([request.into_bytes()], Then::Finishes).await;
        let (head, body) = heard.split();
        assert!(head.starts_with("HTTP/1.1 400 "), "{wrong}: {head}");
        assert!(body.starts_with(b"{\"error\":\"not_http\""), "{wrong}: {}", String::from_utf8_lossy(body));
        assert!(heard.ended, "the server has not ended its side");
    }
    server.stop().await;
}
