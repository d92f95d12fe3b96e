//! Everything over HTTP that is no handshake: one request, answered by hyper, and then the end.

use crate::{
    about,
    attend::{draining, read_away},
    config::LONGEST_PUSH,
    connections::Known,
    front,
    handshake::{
        head::{Head, MOST_HEADERS},
        judge::{self, Endpoint, Page, body_too_large},
        refusal::{Kind, Refusal},
    },
    listener::Peer,
    metrics,
    rewind::Rewind,
    scenario,
    server::House,
    session::Item,
    stream::Stream,
};
use ::http::{HeaderValue, Request, Response, StatusCode, header};
use bytes::Bytes;
use crosswire_protocol::digest;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::json;
use std::convert::Infallible;
use tokio::{io::AsyncWriteExt as _, time::timeout};
use tracing::info;

/// A smaller buffer than this hyper does not accept, and it would make long bodies slow.
const LEAST_BUFFER: usize = 64 << 10;

/// Answers the request whose head was judged. `bytes` is all that was read of it so far.
pub(crate) async fn answer<S: Stream>(
    house: &House,
    page: Page,
    head: &Head,
    bytes: Vec<u8>,
    stream: S,
    peer: Peer,
) {
    let scheme = stream.scheme();
    let service = service_fn(async |request| {
        let response = respond(house, page, head, scheme, request, peer).await;
        Ok::<_, Infallible>(response.map(Full::new))
    });
    let stream = TokioIo::new(Rewind::new(bytes, stream));
    let mut builder = http1::Builder::new();
    builder
        .keep_alive(false)
        .max_headers(MOST_HEADERS)
        // Who has ended its side may listen still.
        .half_close(true)
        // The head was read before, so that no bound but ours may come in between.
        .max_buf_size(house.config.max_head.max(LEAST_BUFFER) + 1);
    let connection = builder.serve_connection(stream, service).without_shutdown();
    // The head was in time; a body has as long as anything else that waits for a peer, and then the answer has.
    if let Ok(Ok(parts)) = timeout(house.config.write_timeout * 2, connection).await {
        let mut stream = parts.io.into_inner().into_inner();
        if stream.shutdown().await.is_ok() {
            read_away(&mut stream, house.config.short_linger()).await;
        }
    }
}

async fn respond(
    house: &House,
    page: Page,
    head: &Head,
    scheme: &str,
    request: Request<Incoming>,
    peer: Peer,
) -> Response<Bytes> {
    let readable = |response| readable_by(judge::page_that_may(head, &house.doors, scheme), response);
    let response = match page {
        Page::Front => front::page(head, &house.doors),
        Page::File(file) => front::file(head, file),
        Page::Health => health(house),
        Page::Scenarios => readable(text("application/json", scenario::list())),
        Page::Metrics => text(metrics::CONTENT_TYPE, measure(house)),
        Page::About => readable(fresh(about::page(&house.config, house.results.are_there().await))),
        Page::Results => {
            readable(house.results.summary().await.map_or_else(|refusal| refused(house, &refusal), fresh))
        }
        Page::Push => {
            let pushed = push(house, head, request.into_body()).await;
            pushed.unwrap_or_else(|refusal| refused(house, &refusal))
        }
        Page::Options(allow) => {
            let mut response = Response::new(Bytes::new());
            *response.status_mut() = StatusCode::NO_CONTENT;
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allow));
            response
        }
    };
    let path = head.path().unwrap_or_default();
    info!(%peer, method = head.method, path, status = response.status().as_u16(), "request");
    response
}

fn refused(house: &House, refusal: &Refusal) -> Response<Bytes> {
    house.metrics.refused(refusal.kind.name());
    refusal.response().map(Bytes::from)
}

/// JSON that is another the next time.
fn fresh(body: String) -> Response<Bytes> {
    let mut response = text("application/json", body);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn health(house: &House) -> Response<Bytes> {
    let is_draining = house.connections.is_draining();
    let status = if is_draining { "draining" } else { "serving" };
    let body = json!({ "status": status, "sessions": house.open_sessions() }).to_string() + "\n";
    let mut response = text("application/json", body);
    if is_draining {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn measure(house: &House) -> String {
    let waiting = i64::try_from(house.connections.outbox_bytes()).unwrap_or(i64::MAX);
    house.metrics.outbox_bytes.set(waiting);
    house.metrics.text()
}

/// Sends the body to everybody, or to one.
async fn push(house: &House, head: &Head, body: Incoming) -> Result<Response<Bytes>, Refusal> {
    let collecting = timeout(house.config.write_timeout, Limited::new(body, LONGEST_PUSH).collect());
    let collected = tokio::select! {
        biased;
        collected = collecting => collected,
        () = house.closed.cancelled() => return Err(draining()),
    };
    let collected = collected.map_err(|_| {
        let seconds = house.config.write_timeout.as_secs_f32();
        let message = format!("no complete body within {seconds} s; send as much as the head says");
        Refusal::new(Kind::SlowBody, message)
    })?;
    let collected = collected.map_err(|error| {
        if error.downcast_ref::<http_body_util::LengthLimitError>().is_some() {
            return body_too_large();
        }
        let message = "the body ended before its time, or is not framed as HTTP frames bodies";
        Refusal::new(Kind::NotHttp, message)
    })?;
    let text = collected.to_bytes();
    if std::str::from_utf8(&text).is_err() {
        return Err(Refusal::new(Kind::NotUtf8, "the body is not UTF-8; it is pushed as a text message"));
    }
    let delivered = match head.query("to").next() {
        None => house.connections.push_to_all(text),
        Some(name) => push_to_one(house, &name, text)?,
    };
    Ok(self::text("application/json", json!({ "delivered": delivered }).to_string() + "\n"))
}

fn push_to_one(house: &House, name: &str, text: Bytes) -> Result<usize, Refusal> {
    let unknown = |what: &str| {
        let message =
            format!("no plain connection {what} `{name}`; connect to /ws?tag={name} and push again");
        Refusal::new(Kind::UnknownConnection, message)
    };
    match house.connections.find(name) {
        Some(Known::Open(connection)) if connection.endpoint == Endpoint::Talk => {
            let item = Item::Message { kind: digest::Kind::Text, payload: text, fragments: None };
            #[cfg(feature = "mutants")]
            house.connections.spread(&connection, &item);
            connection
                .outbox
                .push(item)
                .map_err(|_| unknown("takes messages any more under the tag or id"))?;
            Ok(1)
        }
        _ => Err(unknown("has the tag or id")),
    }
}

/// Lets a page of this origin read it: one from disk shows what the server can do, and which scenarios there are.
fn readable_by(origin: Option<&[u8]>, mut response: Response<Bytes>) -> Response<Bytes> {
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin.and_then(|origin| HeaderValue::from_bytes(origin).ok()) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    response
}

fn text(media_type: &'static str, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}
