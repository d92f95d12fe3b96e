//! Who may come in: hosts, origins and the token.

use crate::listener::is_loopback;
use std::{fmt, net::IpAddr, str::FromStr};

/// What a request's `Host`, `Origin` and token are held against.
#[derive(Debug, Clone)]
pub(crate) struct Doors {
    /// Names that are served besides IP addresses and localhost.
    pub(crate) hosts: Vec<HostName>,
    /// Origins that may besides the server's own.
    pub(crate) origins: Vec<OriginPattern>,
    /// Whether every listen address is a loopback one.
    pub(crate) only_loopback: bool,
    /// What `/control` and `/push` ask for.
    pub(crate) token: Token,
}

/// A host name without a port, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostName(String);

/// An origin that is allowed: `scheme://host[:port]`, the port perhaps `*`; or `null`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OriginPattern {
    /// What pages from disk and sandboxed frames send.
    Null,
    /// A scheme and a host, and which ports of it.
    Site {
        /// `http`, `https` or another.
        scheme: String,
        /// Host, in lower case.
        host: String,
        /// One port, or any.
        port: Option<u16>,
    },
}

/// Thirty-two hexadecimal digits that nobody can guess.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token(String);

/// `host[:port]` of a `Host` header or an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Authority<'a> {
    /// A name, an IPv4 address, or an IPv6 address in brackets.
    pub(crate) host: &'a str,
    /// The port, if there is one.
    pub(crate) port: Option<u16>,
}

impl<'a> Authority<'a> {
    /// Takes `host[:port]` apart; `None` where it is not that.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let end = rest.find(']')?;
                rest[..end].parse::<std::net::Ipv6Addr>().ok()?;
                let after = &rest[end + 1..];
                (&text[..end + 2], if after.is_empty() { None } else { Some(after.strip_prefix(':')?) })
            }
            None => match text.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            },
        };
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if host.is_empty() || !(host.starts_with('[') || host.bytes().all(is_name)) {
            return None;
        }
        let port = match port {
            // RFC 3986 3.2.3 allows an empty port, which is the scheme's own.
            None | Some("") => None,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Some(digits.parse().ok()?),
            Some(_) => return None,
        };
        Some(Self { host, port })
    }

    fn is_address_or_localhost(&self) -> bool {
        self.address().is_some() || self.is_localhost()
    }

    /// Whether it can mean nothing but the machine that says it.
    pub(crate) fn is_loopback(&self) -> bool {
        self.address().is_some_and(is_loopback) || self.is_localhost()
    }

    fn address(&self) -> Option<IpAddr> {
        self.host.trim_start_matches('[').trim_end_matches(']').parse().ok()
    }

    fn is_localhost(&self) -> bool {
        self.host.eq_ignore_ascii_case("localhost")
    }
}

/// What an `Origin` header turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visitor {
    /// No page at all: a program.
    Program,
    /// A page of this server, or of a site that is listed.
    Welcome,
    /// `null`, unlisted: a page from disk, or any sandboxed frame.
    Nobody,
    /// A page of some other site.
    Stranger,
}

impl Doors {
    /// Whether this name is served here. A browser that was lured to a name which an attacker points at this machine
    /// sends that name, so that only names that cannot be pointed elsewhere, and those that are listed, are served.
    pub(crate) fn serves(&self, authority: Authority<'_>) -> bool {
        authority.is_address_or_localhost()
            || self.hosts.iter().any(|name| name.0.eq_ignore_ascii_case(authority.host))
    }

    /// Who sends this `Origin`.
    pub(crate) fn visitor(&self, origin: Option<&str>, scheme: &str, host: Authority<'_>) -> Visitor {
        let Some(origin) = origin else { return Visitor::Program };
        let parsed = origin.parse::<OriginPattern>().ok();
        match parsed {
            Some(OriginPattern::Null) if self.origins.contains(&OriginPattern::Null) => Visitor::Welcome,
            Some(OriginPattern::Null) => Visitor::Nobody,
            Some(OriginPattern::Site { scheme: theirs, host: name, port: Some(port) }) => {
                let own_port = host.port.or_else(|| default_port(scheme));
                let is_own =
                    theirs == scheme && host.host.eq_ignore_ascii_case(&name) && own_port == Some(port);
                let is_listed = self.origins.iter().any(|listed| match listed {
                    OriginPattern::Null => false,
                    OriginPattern::Site { scheme, host, port: allowed } => {
                        *scheme == theirs && *host == name && allowed.is_none_or(|allowed| allowed == port)
                    }
                });
                if is_own || is_listed { Visitor::Welcome } else { Visitor::Stranger }
            }
            _ => Visitor::Stranger,
        }
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        _ => None,
    }
}

impl FromStr for HostName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match Authority::parse(text) {
            Some(Authority { host, port: None }) if !text.ends_with(':') => {
                Ok(Self(host.to_ascii_lowercase()))
            }
            Some(_) => Err("a host name without a port is wanted: every port of it is served".to_owned()),
            None => Err("this is not a host name; an example is crosswire.example".to_owned()),
        }
    }
}

impl FromStr for OriginPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = "an origin looks like http://localhost:8080, http://localhost:* (any port) or null";
        if text == "null" {
            return Ok(Self::Null);
        }
        let (scheme, rest) = text.split_once("://").ok_or(form)?;
        let scheme_is_one = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        if scheme.is_empty() || !scheme_is_one {
            return Err(form.to_owned());
        }
        let scheme = scheme.to_ascii_lowercase();
        if let Some(host) = rest.strip_suffix(":*") {
            let authority =
                Authority::parse(host).filter(|authority| authority.port.is_none()).ok_or(form)?;
            return Ok(Self::Site { scheme, host: authority.host.to_ascii_lowercase(), port: None });
        }
        let authority = Authority::parse(rest).ok_or(form)?;
        let port = authority.port.or_else(|| default_port(&scheme)).ok_or(form)?;
        Ok(Self::Site { scheme, host: authority.host.to_ascii_lowercase(), port: Some(port) })
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for OriginPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Site { scheme, host, port: Some(port) } => write!(f, "{scheme}://{host}:{port}"),
            Self::Site { scheme, host, port: None } => write!(f, "{scheme}://{host}:*"),
        }
    }
}

impl Token {
    /// A new one.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self(hex::encode(bytes)))
    }

    /// Whether this is it. Every byte is compared, so that the time it takes tells nothing of where they differ.
    pub(crate) fn is(&self, given: &str) -> bool {
        let same_length = self.0.len() == given.len();
        let difference = self.0.bytes().zip(given.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b));
        same_length && difference == 0
    }

    /// Its digits, for the ready line and the banner, and for nothing else.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doors(origins: &[&str], hosts: &[&str]) -> Doors {
        Doors {
            hosts: hosts.iter().map(|host| host.parse().unwrap()).collect(),
            origins: origins.iter().map(|origin| origin.parse().unwrap()).collect(),
            only_loopback: true,
            token: Token("0".repeat(32)),
        }
    }

    fn visitor(doors: &Doors, origin: &str, host: &str) -> Visitor {
        doors.visitor(Some(origin), "http", Authority::parse(host).unwrap())
    }

    #[test]
    fn addresses_localhost_and_listed_names_are_served() {
        let doors = doors(&[], &["Lab.Example"]);
        for host in ["127.0.0.1:9001", "[::1]:9001", "[::1]", "LOCALHOST", "10.1.2.3", "lab.example:80"] {
            assert!(doors.serves(Authority::parse(host).unwrap()), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example"] {
            assert!(!doors.serves(Authority::parse(host).unwrap()), "{host}");
        }
    }

    #[test]
    fn what_is_no_authority_is_none() {
        for text in ["", ":80", "a b", "a:b", "a:99999", "user@a", "[::1", "[zz]", "[::1]80", "a/b", "a:1:2"]
        {
            assert_eq!(Authority::parse(text), None, "{text}");
        }
        assert_eq!(Authority::parse("a:"), Some(Authority { host: "a", port: None }));
    }

    #[test]
    fn a_page_of_this_server_is_one_of_the_same_scheme_host_and_port() {
        let doors = doors(&[], &[]);
        assert_eq!(visitor(&doors, "http://127.0.0.1:9001", "127.0.0.1:9001"), Visitor::Welcome);
        assert_eq!(visitor(&doors, "http://LOCALHOST", "localhost"), Visitor::Welcome);
        assert_eq!(visitor(&doors, "http://localhost", "localhost:80"), Visitor::Welcome);
        assert_eq!(visitor(&doors, "http://[::1]:9001", "[::1]:9001"), Visitor::Welcome);
        for stranger in [
            "https://127.0.0.1:9001",
            "http://127.0.0.1:9002",
            "http://127.0.0.1",
            "http://localhost:9001",
            "http://127.0.0.1:9001.evil.example",
            "http://127.0.0.1:9001/",
            "",
            "nonsense",
        ] {
            assert_eq!(visitor(&doors, stranger, "127.0.0.1:9001"), Visitor::Stranger, "{stranger}");
        }
        assert_eq!(visitor(&doors, "null", "127.0.0.1:9001"), Visitor::Nobody);
    }

    #[test]
    fn listed_origins_are_welcome_with_their_port_or_any() {
        let doors = doors(&["http://localhost:*", "https://App.example", "null"], &[]);
        for origin in ["http://localhost:1", "http://localhost", "https://app.example:443", "null"] {
            assert_eq!(visitor(&doors, origin, "127.0.0.1:9001"), Visitor::Welcome, "{origin}");
        }
        for origin in ["https://localhost:1", "https://app.example:444", "http://app.example"] {
            assert_eq!(visitor(&doors, origin, "127.0.0.1:9001"), Visitor::Stranger, "{origin}");
        }
    }

    #[test]
    fn only_the_whole_token_is_the_token() {
        let token = Token::random().unwrap();
        assert!(token.is(token.reveal()));
        assert!(!token.is("") && !token.is(&token.reveal()[1..]) && !token.is(&"0".repeat(32)));
        assert_eq!(format!("{token:?}"), "Token(…)");
    }
}
