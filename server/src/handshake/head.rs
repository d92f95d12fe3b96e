//! A request's head: read within its size and its time, and taken apart.

use super::refusal::{Kind, Refusal};
use percent_encoding::percent_decode_str;
use std::time::Duration;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    time::timeout,
};

/// The bounds of a head.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeadLimits {
    /// The longest head, up to and with its empty line.
    pub(crate) head: usize,
    /// The longest request target.
    pub(crate) target: usize,
    /// How long it may take to arrive.
    pub(crate) timeout: Duration,
}

/// The most header lines. hyper is given the same number.
pub(crate) const MOST_HEADERS: usize = 128;

/// A head, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    /// The method, as it was written: methods are case-sensitive.
    pub(crate) method: String,
    /// The request target, as it was written.
    pub(crate) target: String,
    /// Header lines in their order.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    /// Whether the request line says HTTP/1.1.
    pub(crate) is_http_1_1: bool,
}

/// A head and what came with it.
#[derive(Debug)]
pub(crate) struct Arrived {
    /// The head, or why there is none.
    pub(crate) head: Result<Head, Refusal>,
    /// Everything that was read.
    pub(crate) bytes: Vec<u8>,
    /// Where the head ends in it.
    pub(crate) end: usize,
}

impl Arrived {
    /// Whether the answer may have no body, also where the head could not be read to its end.
    pub(crate) fn asks_for_no_body(&self) -> bool {
        without_empty_lines(&self.bytes).starts_with(b"HEAD ")
    }
}

/// Reads a head. `None` when the peer left without a word, or the connection broke.
pub(crate) async fn read<S: AsyncRead + Unpin>(stream: &mut S, limits: HeadLimits) -> Option<Arrived> {
    let mut bytes = Vec::with_capacity(1024);
    let mut reading = Reading::default();
    let until_judged = async {
        loop {
            match stream.read_buf(&mut bytes).await {
                Err(_) => return None,
                Ok(0) if bytes.is_empty() => return None,
                // The peer has ended its side, and may well listen still.
                Ok(0) => return Some((Err(incomplete(&bytes, cut_short())), bytes.len())),
                Ok(_) => {}
            }
            if let Some(found) = reading.judge(&bytes, limits) {
                return Some(found);
            }
        }
    };
    match timeout(limits.timeout, until_judged).await {
        Ok(found) => found.map(|(head, end)| Arrived { head, bytes, end }),
        Err(_) => {
            let refusal = incomplete(&bytes, slow(limits));
            Some(Arrived { head: Err(refusal), end: bytes.len(), bytes })
        }
    }
}

/// Why a head that stopped in the middle is refused. What has arrived of it may already be wrong, only not looked at: the
/// answer is the same however it was cut.
fn incomplete(bytes: &[u8], stopped: Refusal) -> Refusal {
    match parse(bytes) {
        Parsed::Refused(refusal) => refusal,
        Parsed::Partial | Parsed::Complete(..) => stopped,
    }
}

fn slow(limits: HeadLimits) -> Refusal {
    let seconds = limits.timeout.as_secs_f32();
    let message = format!("no complete request head within {seconds} s; send one, ended by an empty line");
    Refusal::new(Kind::SlowHead, message)
}

fn cut_short() -> Refusal {
    let message =
        "the connection's other side ended before the request head did; end the head with an empty line";
    Refusal::new(Kind::NotHttp, message)
}

/// Decides when bytes are worth parsing, so that a head that comes byte by byte is not parsed at each of them: at every
/// line's end, and whenever as much again has arrived, for what is not HTTP may have no lines.
#[derive(Debug, Default)]
struct Reading {
    looked_at: usize,
    parsed_at: usize,
}

impl Reading {
    fn judge(&mut self, bytes: &[u8], limits: HeadLimits) -> Option<(Result<Head, Refusal>, usize)> {
        let bytes = &bytes[..bytes.len().min(limits.head)];
        let is_full = bytes.len() == limits.head;
        let line_ended = bytes[self.looked_at.min(bytes.len())..].contains(&b'\n');
        self.looked_at = bytes.len();
        if !line_ended && !is_full && bytes.len() < self.parsed_at * 2 {
            return None;
        }
        self.parsed_at = bytes.len();
        match parse(bytes) {
            // What cannot be read behind the target does not come before the length of it.
            Parsed::Refused(Refusal { kind: Kind::HttpVersion, .. })
                if request_line_word(bytes, 1).len() > limits.target =>
            {
                Some((Err(target_too_long(limits)), bytes.len()))
            }
            Parsed::Refused(refusal) => Some((Err(refusal), bytes.len())),
            Parsed::Complete(head, end) if head.target.len() > limits.target => {
                Some((Err(target_too_long(limits)), end))
            }
            Parsed::Complete(head, end) => Some((Ok(head), end)),
            Parsed::Partial if is_full => {
                let refusal = if request_line_word(bytes, 1).len() > limits.target {
                    target_too_long(limits)
                } else {
                    let most = limits.head;
                    Refusal::new(
                        Kind::HeadTooLong,
                        format!(
                            "the request head is longer than {most} bytes; send fewer or shorter headers"
                        ),
                    )
                };
                Some((Err(refusal), bytes.len()))
            }
            Parsed::Partial => None,
        }
    }
}

fn target_too_long(limits: HeadLimits) -> Refusal {
    let most = limits.target;
    Refusal::new(
        Kind::TargetTooLong,
        format!("the request target is longer than {most} bytes; shorten its path or query"),
    )
}

/// A word of the request line, as far as it has come: the method, the target, the version.
fn request_line_word(bytes: &[u8], number: usize) -> &[u8] {
    let line = without_empty_lines(bytes).split(|byte| *byte == b'\n').next().unwrap_or_default();
    line.split(|byte| *byte == b' ').nth(number).unwrap_or_default()
}

/// RFC 9112 2.2: empty lines before the request line are ignored.
fn without_empty_lines(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n'));
    &bytes[start.unwrap_or(bytes.len())..]
}

enum Parsed {
    Partial,
    Complete(Head, usize),
    Refused(Refusal),
}

fn parse(bytes: &[u8]) -> Parsed {
    let mut lines = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut request = httparse::Request::new(&mut lines);
    let end = match request.parse(bytes) {
        Ok(httparse::Status::Partial) => return Parsed::Partial,
        Ok(httparse::Status::Complete(end)) => end,
        Err(httparse::Error::TooManyHeaders) => {
            return Parsed::Refused(Refusal::new(
                Kind::HeadTooLong,
                format!("the request head has more than {MOST_HEADERS} header lines; send fewer"),
            ));
        }
        Err(httparse::Error::Version) if names_http(bytes) => return Parsed::Refused(http_version()),
        Err(error) => {
            let what = if looks_like_tls(bytes) {
                "this looks like TLS, and this port speaks plain HTTP: use ws:// or http://".to_owned()
            } else {
                format!(
                    "not an HTTP request ({error}); a WebSocket begins with `GET /ws HTTP/1.1` and its headers"
                )
            };
            return Parsed::Refused(Refusal::new(Kind::NotHttp, what));
        }
    };
    let head = Head {
        method: request.method.unwrap_or_default().to_owned(),
        target: request.path.unwrap_or_default().to_owned(),
        headers: request.headers.iter().map(|line| (line.name.to_owned(), line.value.to_vec())).collect(),
        is_http_1_1: request.version == Some(1),
    };
    Parsed::Complete(head, end)
}

pub(crate) fn http_version() -> Refusal {
    Refusal::new(Kind::HttpVersion, "only HTTP/1.1 is spoken here; RFC 6455 needs it for a handshake")
}

/// Whether the request line names some version of HTTP. What may stand behind its first digit does not count: it may not
/// have come yet.
fn names_http(bytes: &[u8]) -> bool {
    let version = request_line_word(bytes, 2);
    version.strip_prefix(b"HTTP/").is_some_and(|number| number.first().is_some_and(u8::is_ascii_digit))
}

/// A TLS connection begins with a record of type handshake; the rest of the record may not have come yet.
fn looks_like_tls(bytes: &[u8]) -> bool {
    matches!(bytes, [0x16, ..])
}

impl Head {
    /// The values of all lines with this name, in order.
    pub(crate) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> + 'a {
        self.headers
            .iter()
            .filter(move |(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim_ascii())
    }

    /// The one value of a header that may come once; `Err` when it comes more often.
    pub(crate) fn one_value<'a>(&'a self, name: &'a str) -> Result<Option<&'a [u8]>, Twice> {
        let mut values = self.values(name);
        let first = values.next();
        if values.next().is_some() { Err(Twice) } else { Ok(first) }
    }

    /// The elements of a header that is a list, over all its lines. RFC 9110 5.6.1: empty elements are ignored.
    pub(crate) fn elements<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> + 'a {
        self.values(name)
            .flat_map(|value| value.split(|byte| *byte == b','))
            .map(<[u8]>::trim_ascii)
            .filter(|element| !element.is_empty())
    }

    /// Whether a list has an element, in whatever case.
    pub(crate) fn lists(&self, name: &str, wanted: &str) -> bool {
        self.elements(name).any(|element| element.eq_ignore_ascii_case(wanted.as_bytes()))
    }

    /// The authority of a target in absolute form, which counts instead of `Host` (RFC 9112 3.2.2).
    pub(crate) fn authority(&self) -> Option<&str> {
        self.absolute().map(|(authority, _)| authority)
    }

    /// The host and port that this request names.
    pub(crate) fn host_field(&self) -> String {
        let field = || self.one_value("host").ok().flatten().map(String::from_utf8_lossy);
        self.authority().map(Into::into).or_else(field).unwrap_or_default().into_owned()
    }

    /// The path, without its percent-encoding. A path that is no UTF-8 names nothing.
    pub(crate) fn path(&self) -> Option<String> {
        let (path, _) = self.path_and_query();
        percent_decode_str(path).decode_utf8().ok().map(Into::into)
    }

    /// The values of a query parameter, without their percent-encoding. A `+` is a plus: this is no form.
    pub(crate) fn query<'a>(&'a self, name: &'a str) -> impl Iterator<Item = String> + 'a {
        let (_, query) = self.path_and_query();
        query.split('&').filter_map(move |pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decode_str(key).decode_utf8_lossy() == name)
                .then(|| percent_decode_str(value).decode_utf8_lossy().into_owned())
        })
    }

    fn path_and_query(&self) -> (&str, &str) {
        let target = self.absolute().map_or(&*self.target, |(_, rest)| rest);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        // RFC 9110 4.2.3: an empty path is the same as `/`.
        (if path.is_empty() { "/" } else { path }, query)
    }

    /// `http://authority/path?query` in its parts.
    fn absolute(&self) -> Option<(&str, &str)> {
        let (scheme, rest) = self.target.split_once("://")?;
        if !["http", "https", "ws", "wss"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
            return None;
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        Some(rest.split_at(end))
    }
}

/// A header that may come once came more often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Twice;

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: HeadLimits =
        HeadLimits { head: 16 << 10, target: 8 << 10, timeout: Duration::from_secs(5) };

    fn head(text: &str) -> Head {
        match parse(text.as_bytes()) {
            Parsed::Complete(head, _) => head,
            _ => panic!("not a head: {text}"),
        }
    }

    /// What comes out when the bytes arrive in pieces of this size.
    fn judged(bytes: &[u8], piece: usize) -> Option<Result<(), Kind>> {
        let mut reading = Reading::default();
        let mut ends = (1..=bytes.len()).filter(|end| end % piece == 0 || *end == bytes.len());
        ends.find_map(|end| reading.judge(&bytes[..end], LIMITS))
            .map(|(head, _)| head.map(|_| ()).map_err(|refusal| refusal.kind))
    }

    #[test]
    fn the_judgement_does_not_depend_on_how_the_bytes_are_cut() {
        let long_target = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(9000));
        let long_head = format!("GET / HTTP/1.1\r\nA: {}\r\n\r\n", "x".repeat(17000));
        let both = format!("GET /{} HTTP/1.1\r\nA: {}\r\n\r\n", "x".repeat(9000), "x".repeat(17000));
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(129));
        let bad_line_after_long_target = format!("GET /{} HTTP/1.1\r\nbad line\r\n\r\n", "x".repeat(9000));
        for (text, expected) in [
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", Ok(())),
            ("GET / HTTP/1.0\r\n\r\n", Ok(())),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Err(Kind::HttpVersion)),
            ("GET / HTTP/3\r\n\r\n", Err(Kind::HttpVersion)),
            ("GET / FTP/1.1\r\n\r\n", Err(Kind::NotHttp)),
            (
                "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{fc}\u{3}\u{3}rest of a greeting",
                Err(Kind::NotHttp),
            ),
            ("GET / HTTP/1.1\r\nbad line\r\n\r\n", Err(Kind::NotHttp)),
            (&long_target, Err(Kind::TargetTooLong)),
            (&long_head, Err(Kind::HeadTooLong)),
            (&both, Err(Kind::TargetTooLong)),
            (&many, Err(Kind::HeadTooLong)),
            (&bad_line_after_long_target, Err(Kind::NotHttp)),
        ] {
            for piece in [1, 2, 3, 7, 1000, text.len()] {
                let shown = &text[..text.floor_char_boundary(40)];
                assert_eq!(judged(text.as_bytes(), piece), Some(expected), "{shown} in pieces of {piece}");
            }
        }
    }

    #[test]
    fn a_head_of_exactly_the_limit_is_read_and_one_byte_more_is_not() {
        let with = |len: usize| {
            let start = "GET / HTTP/1.1\r\nA: ";
            format!("{start}{}\r\n\r\n", "x".repeat(len - start.len() - 4))
        };
        assert_eq!(judged(with(LIMITS.head).as_bytes(), 999), Some(Ok(())));
        assert_eq!(judged(with(LIMITS.head + 1).as_bytes(), 999), Some(Err(Kind::HeadTooLong)));
    }

    #[test]
    fn header_names_have_no_case_and_lists_may_be_spread_over_lines() {
        let head = head("GET / HTTP/1.1\r\nCONNECTION: keep-alive,\t Upgrade ,\r\nconnection: x\r\n\r\n");
        let elements: Vec<_> = head.elements("Connection").collect();
        assert_eq!(elements, [&b"keep-alive"[..], b"Upgrade", b"x"]);
        assert!(head.lists("connection", "upgrade"));
        assert_eq!(head.one_value("Connection"), Err(Twice));
    }

    #[test]
    fn targets_come_in_three_forms() {
        let path = |target: &str| head(&format!("GET {target} HTTP/1.1\r\n\r\n")).path();
        assert_eq!(path("/%77s?x").as_deref(), Some("/ws"));
        assert_eq!(path("http://h:1/ws?x").as_deref(), Some("/ws"));
        assert_eq!(path("HTTP://h?x").as_deref(), Some("/"));
        assert_eq!(path("*").as_deref(), Some("*"));
        assert_eq!(path("/%ff"), None);
        assert_eq!(head("GET http://h:1/ws HTTP/1.1\r\n\r\n").authority(), Some("h:1"));
    }

    #[test]
    fn a_plus_in_a_query_is_a_plus() {
        let head = head("GET /ws?tag=a+b%2Bc&tag=d&ta%67=e&other HTTP/1.1\r\n\r\n");
        assert_eq!(head.query("tag").collect::<Vec<_>>(), ["a+b+c", "d", "e"]);
        assert_eq!(head.query("other").collect::<Vec<_>>(), [""]);
    }
}
