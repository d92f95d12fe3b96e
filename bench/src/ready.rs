//! The one line that a server under test prints when it can be reached.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// `{"ready":{"url":"ws://127.0.0.1:PORT","urls":[…],…}}`; what else a server says of itself does not matter here.
#[derive(Debug, Deserialize, Serialize)]
struct Line {
    ready: Ready,
}

#[derive(Debug, Deserialize, Serialize)]
struct Ready {
    url: String,
    #[serde(default)]
    urls: Vec<String>,
    #[serde(default)]
    name: String,
}

/// Why a line is no ready line.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadyError {
    #[error("its first line is not a ready line ({error}): {line:?}")]
    Form { line: String, error: serde_json::Error },
    #[error("its ready line names {0:?}, which is not ws:// and an IP address with a port")]
    Address(String),
    #[error("its ready line names {0}, which is not a loopback address")]
    NotLoopback(SocketAddr),
}

/// The line that a server at `address` prints.
pub(crate) fn line(name: &str, address: SocketAddr) -> String {
    let url = format!("ws://{address}");
    let line = Line { ready: Ready { urls: vec![url.clone()], url, name: name.to_owned() } };
    serde_json::to_string(&line).expect("strings are always JSON")
}

/// Where the server that printed this line is reached.
pub(crate) fn parse(line: &str) -> Result<SocketAddr, ReadyError> {
    let parsed: Line = serde_json::from_str(line)
        .map_err(|error| ReadyError::Form { line: line.chars().take(200).collect(), error })?;
    let url = parsed.ready.url;
    let address = url
        .strip_prefix("ws://")
        .map(|rest| rest.trim_end_matches('/'))
        .and_then(|rest| rest.parse::<SocketAddr>().ok())
        .ok_or(ReadyError::Address(url))?;
    // Load is never put on a machine that somebody else may use.
    if address.ip().is_loopback() { Ok(address) } else { Err(ReadyError::NotLoopback(address)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_back_as_it_is_written() {
        let address = "127.0.0.1:4711".parse().unwrap();
        let line = line("raw", address);
        assert_eq!(
            line,
            r#"{"ready":{"url":"ws://127.0.0.1:4711","urls":["ws://127.0.0.1:4711"],"name":"raw"}}"#
        );
        assert_eq!(parse(&line).unwrap(), address);
    }

    #[test]
    fn what_a_server_adds_is_ignored() {
        let line = r#"{"ready":{"url":"ws://[::1]:9/","control":"ws://[::1]:9/control","can":["echo"],"limits":{}}}"#;
        assert_eq!(parse(line).unwrap(), "[::1]:9".parse().unwrap());
    }

    #[test]
    fn refuses_what_is_not_a_ready_line_and_quotes_it() {
        let error = parse("listening on 9001").unwrap_err();
        assert!(error.to_string().contains("listening on 9001"), "{error}");
    }

    #[test]
    fn refuses_an_address_that_is_none_or_not_of_this_machine() {
        for url in ["http://127.0.0.1:1", "ws://localhost:1", "ws://127.0.0.1", "ws://192.0.2.1:80"] {
            assert!(parse(&format!(r#"{{"ready":{{"url":"{url}"}}}}"#)).is_err(), "{url}");
        }
    }
}
