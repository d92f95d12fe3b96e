//! What a browser finds at `/`: the page, and the files that it loads.

use crate::{
    attend::SERVER,
    handshake::{doors::Doors, head::Head, judge},
};
use bytes::Bytes;
use crosswire_web::File;
use http::{HeaderValue, Response, StatusCode, header};

/// The page may run and look like its own files only, and nothing that it shows can become a script. It connects to any
/// WebSocket server, for that is what it is there for.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Headers that a proxy leaves. Whoever is behind one may be anywhere.
const LEFT_BY_PROXIES: [&str; 5] = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];

/// The page. It holds this start's token where nobody but this machine can have asked for it.
pub(crate) fn page(head: &Head, doors: &Doors) -> Response<Bytes> {
    let token = may_know_the_token(head, doors).then(|| doors.token.reveal());
    let mut response = dressed(crosswire_web::page(SERVER, token).into(), "text/html; charset=utf-8");
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    // By itself in its process, the page is given a clock that is twenty times finer, to measure with.
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-embedder-policy", HeaderValue::from_static("require-corp"));
    // With another start comes another token.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A file that the page loads. A browser asks each time whether it has changed, so that a new build is seen at once.
pub(crate) fn file(head: &Head, file: &File) -> Response<Bytes> {
    let tag = file.entity_tag();
    let is_known = head.elements("if-none-match").any(|known| {
        let known = known.strip_prefix(b"W/").unwrap_or(known);
        known == tag.as_bytes() || known == b"*"
    });
    let mut response = if is_known {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        dressed(Bytes::from_static(file.text.as_bytes()), file.media_type)
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

fn dressed(text: Bytes, media_type: &'static str) -> Response<Bytes> {
    let mut response = Response::new(text);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    // Pages of other sites may not have it even as something that they cannot read.
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    response
}

/// Whether the request comes from this machine and means it: the server listens on loopback alone, the host that was asked
/// for is a loopback one (a name could be pointed here by anybody), and no proxy stands in between.
fn may_know_the_token(head: &Head, doors: &Doors) -> bool {
    let has_come_far = LEFT_BY_PROXIES.iter().any(|name| head.values(name).next().is_some());
    let at_home = judge::host(head).is_ok_and(|host| host.is_loopback());
    doors.only_loopback && at_home && !has_come_far
}
