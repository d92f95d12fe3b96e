//! Handshakes that are answered wrongly, or not at all.

use super::Answer;
use crate::{
    attend::read_away,
    handshake::{doors::Authority, head::Head, refusal},
    stream::Stream,
};
use http::{HeaderValue, Response, StatusCode, Uri, header};
use serde_json::json;
use std::time::Duration;
use tokio::{io::AsyncWriteExt as _, time::timeout};

/// Answers a handshake in this way. What stays open is open until the client leaves, and no longer than `patience`.
pub(crate) async fn misanswer<S: Stream>(
    answer: Answer,
    head: &Head,
    mut stream: S,
    patience: Duration,
    linger: Duration,
) {
    let (bytes, stays_open) = match answer {
        Answer::Nothing => (Vec::new(), true),
        Answer::Half => (b"HTTP/1.1 101 Switching Protocols\r\nupgrade: webso".to_vec(), true),
        Answer::Redirect => (refusal::to_bytes(&redirect(head), true), false),
        Answer::Refuse => (refusal::to_bytes(&refuse(head), true), false),
    };
    let written = timeout(patience, stream.write_all(&bytes)).await;
    if !matches!(written, Ok(Ok(()))) {
        return;
    }
    if stays_open {
        read_away(&mut stream, patience).await;
    } else if matches!(timeout(patience, stream.shutdown()).await, Ok(Ok(()))) {
        read_away(&mut stream, linger).await;
    }
}

fn redirect(head: &Head) -> Response<String> {
    let target = match head.query("to").next() {
        Some(to) if to.parse::<Uri>().is_ok() => to,
        Some(_) => return wrong("`to` is a URL, percent-encoded"),
        None => elsewhere(head),
    };
    let mut response = say("redirect", format!("this scenario sends every handshake to {target}"));
    *response.status_mut() = StatusCode::FOUND;
    match HeaderValue::from_str(&target) {
        Ok(target) => {
            response.headers_mut().insert(header::LOCATION, target);
            response
        }
        Err(_) => wrong("`to` is a URL, percent-encoded"),
    }
}

/// This server by another name: another origin, so that credentials must not follow.
fn elsewhere(head: &Head) -> String {
    let host = head.host_field();
    let authority = Authority::parse(&host);
    let is_localhost = authority.is_some_and(|authority| authority.host.eq_ignore_ascii_case("localhost"));
    let name = if is_localhost { "127.0.0.1" } else { "localhost" };
    let port = authority.and_then(|authority| authority.port).map(|port| format!(":{port}"));
    format!("http://{name}{}/ws", port.unwrap_or_default())
}

fn refuse(head: &Head) -> Response<String> {
    let status = match head.query("status").next() {
        None => Some(StatusCode::FORBIDDEN),
        Some(number) => number.parse().ok().and_then(|number: u16| StatusCode::from_u16(number).ok()),
    };
    let Some(status) = status.filter(|status| (400..600).contains(&status.as_u16())) else {
        return wrong("`status` is a number from 400 to 599");
    };
    let mut response =
        say("refuse", format!("this scenario refuses every handshake, here with {}", status.as_u16()));
    *response.status_mut() = status;
    if status == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Bearer realm=\"crosswire scenario\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

/// The scenario itself was asked for in the wrong way.
fn wrong(message: &str) -> Response<String> {
    let mut response = say("bad_scenario", message.to_owned());
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}

fn say(error: &str, message: String) -> Response<String> {
    let mut response = Response::new(json!({ "error": error, "message": message }).to_string() + "\n");
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}
