//! The table of refusals: every way to be turned away, with its name, its status and one body.

use http::{HeaderValue, Response, StatusCode, header};
use serde_json::json;
use std::time::SystemTime;

/// A request that is turned away, in words that its author can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Which row of the table.
    pub(crate) kind: Kind,
    /// What was wrong and what to do.
    pub(crate) message: String,
    /// The methods of the path, for `Allow`.
    pub(crate) allow: Option<&'static str>,
}

macro_rules! table {
    ($($(#[$doc:meta])* $kind:ident = $status:ident, $name:literal;)*) => {
        /// The rows, in the order in which they are judged.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) enum Kind {
            $($(#[$doc])* $kind,)*
        }

        impl Kind {
            /// Every row.
            #[cfg(test)]
            pub(crate) const ALL: &[Self] = &[$(Self::$kind,)*];

            /// Its stable name.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }

            /// Its status.
            pub(crate) const fn status(self) -> StatusCode {
                match self { $(Self::$kind => StatusCode::$status,)* }
            }
        }
    };
}

table! {
    /// The head was not complete in time.
    SlowHead = REQUEST_TIMEOUT, "slow_head";
    /// Not a request.
    NotHttp = BAD_REQUEST, "not_http";
    /// The request target is over its limit.
    TargetTooLong = URI_TOO_LONG, "target_too_long";
    /// The head is over its limit.
    HeadTooLong = REQUEST_HEADER_FIELDS_TOO_LARGE, "head_too_long";
    /// Not HTTP/1.1.
    HttpVersion = HTTP_VERSION_NOT_SUPPORTED, "http_version";
    /// `Host` is missing, twice there, or not one.
    BadHost = BAD_REQUEST, "bad_host";
    /// `Host` names something that is not served here.
    WrongHost = MISDIRECTED_REQUEST, "wrong_host";
    /// Nothing is there.
    UnknownPath = NOT_FOUND, "unknown_path";
    /// Something is there, but not for this method.
    Method = METHOD_NOT_ALLOWED, "method";
    /// A WebSocket path, and no handshake.
    NotAnUpgrade = UPGRADE_REQUIRED, "not_an_upgrade";
    /// A handshake of another version.
    Version = UPGRADE_REQUIRED, "version";
    /// `Sec-WebSocket-Key` is missing, twice there, or not sixteen bytes in base64.
    BadKey = BAD_REQUEST, "bad_key";
    /// An `Origin` that may not.
    Origin = FORBIDDEN, "origin";
    /// Credentials are missing or wrong.
    Unauthorized = UNAUTHORIZED, "unauthorized";
    /// Subprotocols that are malformed, or none that is known.
    Subprotocol = BAD_REQUEST, "subprotocol";
    /// A tag that is not one.
    BadTag = BAD_REQUEST, "bad_tag";
    /// A tag that another connection has.
    TagInUse = CONFLICT, "tag_in_use";
    /// The server is going away.
    Draining = SERVICE_UNAVAILABLE, "draining";
    /// Every session is taken.
    Full = SERVICE_UNAVAILABLE, "full";
    /// The body of a push was not complete in time.
    SlowBody = REQUEST_TIMEOUT, "slow_body";
    /// The body of a push is over its limit.
    TooLarge = PAYLOAD_TOO_LARGE, "too_large";
    /// The body of a push is not text.
    NotUtf8 = BAD_REQUEST, "not_utf8";
    /// A push to a connection that is not there.
    UnknownConnection = NOT_FOUND, "unknown_connection";
    /// There are no results to show.
    NoResults = NOT_FOUND, "no_results";
    /// What is there is not the results of a run.
    BadResults = INTERNAL_SERVER_ERROR, "bad_results";
}

/// When a client that found the server full or draining may ask again, in seconds.
const RETRY_AFTER: &str = "1";

impl Refusal {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), allow: None }
    }

    /// The one form that every refusal has.
    pub(crate) fn response(&self) -> Response<String> {
        let body = json!({ "error": self.kind.name(), "message": self.message }).to_string() + "\n";
        let mut response = Response::new(body);
        *response.status_mut() = self.kind.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        match self.kind {
            // RFC 9110 15.5.22: "The server MUST send an Upgrade header field in a 426 response", and 7.8: whoever sends
            // Upgrade names it in Connection.
            Kind::NotAnUpgrade | Kind::Version => {
                headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade, close"));
                headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
                headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
            }
            Kind::Unauthorized => {
                let challenge = HeaderValue::from_static("Bearer realm=\"crosswire control\"");
                headers.insert(header::WWW_AUTHENTICATE, challenge);
            }
            Kind::Draining | Kind::Full => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
            }
            _ => {}
        }
        if let Some(allow) = self.allow {
            headers.insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        response
    }

    /// The response as bytes, for those that hyper does not write.
    pub(crate) fn bytes(&self, with_body: bool) -> Vec<u8> {
        to_bytes(&self.response(), with_body)
    }
}

/// A response as bytes.
pub(crate) fn to_bytes(response: &Response<String>, with_body: bool) -> Vec<u8> {
    let status = response.status();
    let reason = status.canonical_reason().unwrap_or_default();
    let mut bytes = format!("HTTP/1.1 {} {reason}\r\n", status.as_u16()).into_bytes();
    for (name, value) in response.headers() {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    let (body, date) = (response.body(), httpdate::fmt_http_date(SystemTime::now()));
    bytes.extend_from_slice(format!("content-length: {}\r\ndate: {date}\r\n\r\n", body.len()).as_bytes());
    if with_body {
        bytes.extend_from_slice(body.as_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_one_that_the_tests_from_outside_go_through() {
        const EXPECTED: &[(&str, u16)] = include!("../../tests/it/doors/table.rs");
        let table: Vec<_> = Kind::ALL.iter().map(|kind| (kind.name(), kind.status().as_u16())).collect();
        assert_eq!(table, EXPECTED);
    }
}
