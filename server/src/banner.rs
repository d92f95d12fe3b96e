//! What the server says when it is ready: a banner for people, one line for programs.

use crate::{
    attend::SERVER,
    config::{Config, LONGEST_ECHO, in_bytes},
    listener::is_loopback,
};
use crosswire_protocol::ready::{Ready, ReadyLine};
use std::{collections::BTreeMap, fmt::Write as _, net::SocketAddr};

/// The capabilities of this server, by the names of the registry.
const CAN: &[&str] = &["control", "echo", "push", "scenarios", "welcome"];

/// The line for programs.
pub fn ready_line(config: &Config, addresses: &[SocketAddr], token: &str) -> String {
    let urls: Vec<String> = addresses.iter().map(|address| url("ws", *address)).collect();
    let control = urls.first().map(|url| format!("{url}/control?token={token}"));
    let mut can: Vec<String> = CAN.iter().map(|name| (*name).to_owned()).collect();
    if config.journal {
        can.push("journal".to_owned());
    }
    let limits = [
        ("max_message", config.max_message),
        ("max_frame", config.max_frame),
        ("max_fragments", config.max_fragments),
        ("max_echo", LONGEST_ECHO.max(config.max_message)),
        ("outbox_mark", config.outbox_mark),
        ("max_pushes", config.max_pushes),
        ("max_push_bytes", config.max_push_bytes),
        ("max_sessions", config.max_sessions),
        ("head_timeout_ms", config.head_timeout.as_millis() as usize),
        ("close_timeout_ms", config.close_timeout.as_millis() as usize),
    ];
    let limits: BTreeMap<String, u64> =
        limits.into_iter().map(|(name, limit)| (name.to_owned(), limit as u64)).collect();
    let (name, version) = SERVER.split_once('/').unwrap_or((SERVER, ""));
    let ready = Ready {
        url: urls.first().cloned().unwrap_or_default(),
        urls,
        control,
        name: name.to_owned(),
        version: version.to_owned(),
        can,
        limits,
    };
    ReadyLine { ready }.to_json()
}

/// The banner for people.
pub fn banner(config: &Config, addresses: &[SocketAddr], token: &str, notes: &[String]) -> String {
    let mut text = String::new();
    let Some(first) = addresses.first() else { return text };
    let (ws, page) = (url("ws", *first), url("http", *first));
    let mut line = |name: &str, value: &str| {
        // A string takes whatever is written to it.
        let _ = writeln!(text, "  {name:<9} {value}");
    };
    line("connect", &format!("{ws}/ws"));
    for other in &addresses[1..] {
        line("", &format!("{}/ws", url("ws", *other)));
    }
    line("page", &page);
    line(
        "push",
        &format!(
            "curl -d 'hello' {}",
            if guarded(addresses) { format!("'{page}/push?token={token}'") } else { format!("{page}/push") }
        ),
    );
    line("control", &format!("{ws}/control?token={token}"));
    line("limits", &format!("messages {}, {} sessions", in_bytes(config.max_message), config.max_sessions));
    let mut on = Vec::new();
    if config.journal {
        on.push("journal".to_owned());
    }
    on.extend(config.allow_hosts.iter().map(|host| format!("host {host}")));
    on.extend(config.allow_origins.iter().map(|origin| format!("origin {origin}")));
    if !guarded(addresses) {
        on.push("pages from disk (loopback only)".to_owned());
    }
    if !on.is_empty() {
        line("open to", &on.join(", "));
    }
    for note in notes {
        line("note", note);
    }
    line("stop", "Ctrl-C closes every session; again ends at once");
    format!("{SERVER} is listening\n\n{text}")
}

/// Whether programs, too, need the token.
fn guarded(addresses: &[SocketAddr]) -> bool {
    !addresses.iter().all(|address| is_loopback(address.ip()))
}

/// An address as one can connect to it: what listens everywhere is reached at home.
fn url(scheme: &str, mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    format!("{scheme}://{address}")
}
