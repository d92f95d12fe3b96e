//! The one judgement of a request, from its head alone.

use super::{
    doors::{Authority, Doors, Visitor},
    head::{self, Head},
    refusal::{Kind, Refusal},
};
use crate::{
    config::LONGEST_PUSH,
    scenario::{self, Scenario},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crosswire_protocol::subprotocol;
use crosswire_web::File;
use http::Uri;

/// What is to be done with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is a handshake that is in order.
    Upgrade(Upgrade),
    /// It is for hyper.
    Http(Page),
}

/// A handshake that is in order, as far as its head can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Upgrade {
    /// Which conversation.
    pub(crate) endpoint: Endpoint,
    /// `Sec-WebSocket-Key`, checked.
    pub(crate) key: String,
    /// The subprotocol that is agreed to.
    pub(crate) subprotocol: Option<String>,
    /// The tag that the client wants.
    pub(crate) tag: Option<String>,
}

/// A WebSocket endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Endpoint {
    /// `/ws`
    Talk,
    /// `/echo`
    Echo,
    /// `/control`
    Control,
    /// `/scenario/<name>`
    Scenario(&'static Scenario),
}

impl Endpoint {
    /// Where it is.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Talk => "/ws",
            Self::Echo => "/echo",
            Self::Control => "/control",
            Self::Scenario(scenario) => scenario.path,
        }
    }
}

/// Something that is answered with a page of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Page {
    /// `/`
    Front,
    /// What that loads.
    File(&'static File),
    /// `/healthz`
    Health,
    /// `/metrics`
    Metrics,
    /// `POST /push`
    Push,
    /// `/scenario`: which there are
    Scenarios,
    /// `/about`: what this server is
    About,
    /// `/results`: what came of the last run of every language
    Results,
    /// `OPTIONS`: the methods of the path.
    Options(&'static str),
}

/// What stands at a path.
enum Place {
    Page(Page),
    Endpoint(Endpoint),
}

const READ: &str = "GET, HEAD, OPTIONS";
const WRITE: &str = "POST, OPTIONS";
const EVERYWHERE: &str = "GET, HEAD, POST, OPTIONS";

/// Holds a head against the table. The first row that matches wins.
pub(crate) fn judge(head: &Head, doors: &Doors, scheme: &str) -> Result<Verdict, Refusal> {
    check_framing(head)?;
    if !head.is_http_1_1 {
        return Err(head::http_version());
    }
    let host = host(head)?;
    if !doors.serves(host) {
        let name = host.host;
        return Err(Refusal::new(
            Kind::WrongHost,
            format!(
                "`{name}` is not served here; use an IP address or localhost, or start the server with --allow-host {name}"
            ),
        ));
    }
    let place = place(head)?;
    check_method(head, &place)?;
    if head.method == "OPTIONS" {
        return Ok(Verdict::Http(Page::Options(match place {
            Place::Page(Page::Options(_)) => EVERYWHERE,
            Place::Page(Page::Push) => WRITE,
            Place::Page(_) | Place::Endpoint(_) => READ,
        })));
    }
    match place {
        Place::Page(page) => {
            if page == Page::Push {
                check_visitor(head, doors, scheme, host, Guard::Token)?;
                // RFC 9110 10.1.1: who asks with `Expect: 100-continue` is spared a body that is not wanted.
                if content_length(head).is_some_and(|length| length > LONGEST_PUSH as u64) {
                    return Err(body_too_large());
                }
            }
            if page == Page::Results {
                check_visitor(head, doors, scheme, host, Guard::Token)?;
            }
            Ok(Verdict::Http(page))
        }
        Place::Endpoint(endpoint) => {
            check_upgrade(head)?;
            let key = key(head)?;
            let guard = if endpoint == Endpoint::Control { Guard::Token } else { Guard::Origin };
            check_visitor(head, doors, scheme, host, guard)?;
            let subprotocol = subprotocol(head, endpoint)?;
            let tag = tag(head)?;
            Ok(Verdict::Upgrade(Upgrade { endpoint, key, subprotocol, tag }))
        }
    }
}

/// The host that was asked for.
pub(crate) fn host(head: &Head) -> Result<Authority<'_>, Refusal> {
    let refuse = |message: &str| Refusal::new(Kind::BadHost, message);
    // RFC 9112 3.2: "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1 request message that
    // lacks a Host header field and to any request message that contains more than one Host header field line or a
    // Host header field with an invalid field value."
    let field = head.one_value("host").map_err(|_| refuse("there are two `Host` headers; send one"))?;
    let field = field.ok_or_else(|| refuse("there is no `Host` header; HTTP/1.1 needs one"))?;
    let text = std::str::from_utf8(field).ok();
    let from_field = text.and_then(Authority::parse);
    let from_field =
        from_field.ok_or_else(|| refuse("the `Host` header is not a host with an optional port"))?;
    match head.authority() {
        Some(authority) => Authority::parse(authority)
            .ok_or_else(|| refuse("the request target names no host with an optional port")),
        None => Ok(from_field),
    }
}

fn place(head: &Head) -> Result<Place, Refusal> {
    let upgrades = head.lists("upgrade", "websocket") && head.lists("connection", "upgrade");
    Ok(match head.path().as_deref() {
        Some("/") if upgrades => Place::Endpoint(Endpoint::Talk),
        Some("/") => Place::Page(Page::Front),
        Some("/healthz") => Place::Page(Page::Health),
        Some("/metrics") => Place::Page(Page::Metrics),
        Some("/push") => Place::Page(Page::Push),
        Some("/scenario") => Place::Page(Page::Scenarios),
        Some("/about") => Place::Page(Page::About),
        Some("/results") => Place::Page(Page::Results),
        Some("/ws") => Place::Endpoint(Endpoint::Talk),
        Some("/echo") => Place::Endpoint(Endpoint::Echo),
        Some("/control") => Place::Endpoint(Endpoint::Control),
        Some("*") if head.method == "OPTIONS" => Place::Page(Page::Options(EVERYWHERE)),
        Some(path) if let Some(scenario) = scenario::at(path) => {
            Place::Endpoint(Endpoint::Scenario(scenario))
        }
        Some(path) if let Some(file) = crosswire_web::file_at(path) => Place::Page(Page::File(file)),
        _ => {
            let there = "there are /, /ws, /echo, /control, /scenario, /about, /results, /push, /healthz and /metrics";
            return Err(Refusal::new(Kind::UnknownPath, format!("nothing is at this path; {there}")));
        }
    })
}

fn check_method(head: &Head, place: &Place) -> Result<(), Refusal> {
    let allow = match place {
        Place::Page(Page::Push) => WRITE,
        Place::Page(_) | Place::Endpoint(_) => READ,
    };
    if allow.split(", ").any(|method| method == head.method) {
        return Ok(());
    }
    let message = format!("the method {} has no meaning here; use one of {allow}", head.method);
    Err(Refusal { allow: Some(allow), ..Refusal::new(Kind::Method, message) })
}

/// Whether the request's target and the length of its body can be read. hyper would answer those that it does not like
/// without a word: so that is found out before.
fn check_framing(head: &Head) -> Result<(), Refusal> {
    let refuse = |message: &str| Err(Refusal::new(Kind::NotHttp, message));
    if head.target.parse::<Uri>().is_err() {
        return refuse("the request target has characters that must be percent-encoded");
    }
    let has_length = head.values("content-length").next().is_some();
    if has_length && content_length(head).is_none() {
        return refuse("`Content-Length` is not one number");
    }
    let is_chunked = |coding: &[u8]| coding.eq_ignore_ascii_case(b"chunked");
    match head.one_value("transfer-encoding") {
        Ok(None) => Ok(()),
        Ok(Some(coding)) if is_chunked(coding) && !has_length => Ok(()),
        _ => refuse("`Transfer-Encoding` is known as `chunked` alone, and without a `Content-Length`"),
    }
}

/// The length of the body, where it is one number. RFC 9110 8.6 lets a server refuse a list of equal ones.
fn content_length(head: &Head) -> Option<u64> {
    let digits = std::str::from_utf8(head.one_value("content-length").ok()??).ok()?;
    let length = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())??;
    // Longer ones have a meaning of their own inside hyper.
    Some(length).filter(|length| *length <= i64::MAX as u64)
}

pub(crate) fn body_too_large() -> Refusal {
    let message = format!("the body is longer than {LONGEST_PUSH} bytes; send it in parts");
    Refusal::new(Kind::TooLarge, message)
}

fn check_upgrade(head: &Head) -> Result<(), Refusal> {
    let refuse = |message: &str| Err(Refusal::new(Kind::NotAnUpgrade, message));
    if head.method != "GET" {
        return refuse("this is a WebSocket endpoint; a handshake is a GET");
    }
    if !head.lists("upgrade", "websocket") {
        return refuse("this is a WebSocket endpoint; a handshake has the header `Upgrade: websocket`");
    }
    if !head.lists("connection", "upgrade") {
        return refuse("this is a WebSocket endpoint; a handshake has the header `Connection: Upgrade`");
    }
    // Bytes behind the head are frames: there is no room for a body in between.
    let has_body = content_length(head).is_some_and(|length| length > 0);
    if has_body || head.values("transfer-encoding").next().is_some() {
        return refuse("a handshake has no body");
    }
    // RFC 6455 4.4: the versions that are spoken are named in the answer.
    match head.one_value("sec-websocket-version") {
        Ok(Some(b"13")) => Ok(()),
        Ok(None) => Err(Refusal::new(
            Kind::Version,
            "there is no `Sec-WebSocket-Version` header; version 13 is spoken here",
        )),
        Ok(Some(_)) | Err(_) => {
            Err(Refusal::new(Kind::Version, "only version 13 of WebSocket (RFC 6455) is spoken here"))
        }
    }
}

fn key(head: &Head) -> Result<String, Refusal> {
    let refuse = |message: &str| Refusal::new(Kind::BadKey, message);
    let key = head
        .one_value("sec-websocket-key")
        .map_err(|_| refuse("there are two `Sec-WebSocket-Key` headers; send one"))?
        .ok_or_else(|| {
            refuse("there is no `Sec-WebSocket-Key` header; send sixteen random bytes in base64")
        })?;
    let bytes = BASE64.decode(key).ok().filter(|bytes| bytes.len() == 16);
    match (bytes, std::str::from_utf8(key)) {
        (Some(_), Ok(key)) => Ok(key.to_owned()),
        _ => Err(refuse("`Sec-WebSocket-Key` is not sixteen bytes in base64")),
    }
}

/// What guards a place against pages of other sites.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Guard {
    /// Its `Origin` alone.
    Origin,
    /// Its `Origin`, and for every page the token; for programs too where the server can be reached from elsewhere.
    Token,
}

/// The origin of a page that asks, where pages of that origin may talk to this server.
pub(crate) fn page_that_may<'a>(head: &'a Head, doors: &Doors, scheme: &str) -> Option<&'a [u8]> {
    let origin = head.one_value("origin").ok()??;
    check_visitor(head, doors, scheme, host(head).ok()?, Guard::Origin).ok()?;
    Some(origin)
}

fn check_visitor(
    head: &Head,
    doors: &Doors,
    scheme: &str,
    host: Authority<'_>,
    guard: Guard,
) -> Result<(), Refusal> {
    let stranger = || {
        let message =
            "pages of this origin may not; start the server with --allow-origin and the page's origin";
        Refusal::new(Kind::Origin, message)
    };
    let origin = head.one_value("origin").map_err(|_| stranger())?;
    let origin = origin.map(|origin| std::str::from_utf8(origin).unwrap_or_default());
    let visitor = doors.visitor(origin, scheme, host);
    let token = token(head);
    let has_token = token.as_deref().is_some_and(|given| doors.token.is(given));
    let may_pass = match (visitor, guard) {
        (Visitor::Stranger, _) => false,
        // Any site can make a frame that sends `null`, so that the token has to speak for it where there is something
        // to lose; elsewhere it may come in as long as nobody but this machine can reach the server.
        (Visitor::Nobody, Guard::Token) => has_token,
        (Visitor::Nobody, Guard::Origin) => doors.only_loopback,
        (Visitor::Program | Visitor::Welcome, _) => true,
    };
    if !may_pass {
        return Err(if visitor == Visitor::Nobody && guard == Guard::Token {
            let message = "pages without an origin (from disk, or in a sandboxed frame) may come in here with the server's token alone; send it as `?token=…`";
            Refusal::new(Kind::Origin, message)
        } else {
            stranger()
        });
    }
    if guard == Guard::Origin {
        return Ok(());
    }
    let needs_token = token.is_some() || visitor != Visitor::Program || !doors.only_loopback;
    if needs_token && !has_token {
        let what = if token.is_some() { "the token is wrong" } else { "a token is needed" };
        return Err(Refusal::new(
            Kind::Unauthorized,
            format!(
                "{what}; the server prints it when it starts: send it as `?token=…` or `Authorization: Bearer …`"
            ),
        ));
    }
    Ok(())
}

/// The token that a request brings: in its query, for browsers, or in its headers.
fn token(head: &Head) -> Option<String> {
    let bearer = || {
        let value = std::str::from_utf8(head.one_value("authorization").ok()??).ok()?;
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
    };
    head.query("token").next().or_else(bearer)
}

fn subprotocol(head: &Head, endpoint: Endpoint) -> Result<Option<String>, Refusal> {
    if head.values("sec-websocket-protocol").next().is_none() {
        return Ok(None);
    }
    let known = subprotocol::KNOWN.join(", ");
    let malformed = || {
        Refusal::new(
            Kind::Subprotocol,
            format!("`Sec-WebSocket-Protocol` is not a list of different names; known here: {known}"),
        )
    };
    let mut offered: Vec<&str> = Vec::new();
    for element in head.elements("sec-websocket-protocol") {
        let name = std::str::from_utf8(element).ok().filter(|name| is_token(name)).ok_or_else(malformed)?;
        // RFC 6455 4.1: "The elements that comprise this value … MUST all be unique strings."
        if offered.contains(&name) {
            return Err(malformed());
        }
        offered.push(name);
    }
    let chosen = match endpoint {
        Endpoint::Talk => subprotocol::KNOWN.iter().find(|known| offered.contains(known)),
        // What is echoed has no protocol, so that the first one is as good as any. Agreeing to none would end the
        // handshake in some browsers and not in others.
        Endpoint::Echo | Endpoint::Control | Endpoint::Scenario(_) => offered.first(),
    };
    match chosen {
        Some(chosen) => Ok(Some((*chosen).to_owned())),
        None if offered.is_empty() => Err(malformed()),
        None => {
            let message = format!("none of these subprotocols is known here; known: {known}, or offer none");
            Err(Refusal::new(Kind::Subprotocol, message))
        }
    }
}

/// RFC 9110 5.6.2.
fn is_token(name: &str) -> bool {
    let is_char = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_char)
}

fn tag(head: &Head) -> Result<Option<String>, Refusal> {
    let mut tags = head.query("tag");
    let Some(tag) = tags.next() else { return Ok(None) };
    let is_char = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if tags.next().is_some() || tag.is_empty() || tag.len() > 64 || !tag.bytes().all(is_char) {
        let message = "a tag is given once and has 1 to 64 letters, digits, `-`, `_` or `.`";
        return Err(Refusal::new(Kind::BadTag, message));
    }
    Ok(Some(tag))
}
