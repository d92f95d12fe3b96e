//! What the server says when it is ready: a banner for people, one line for programs.

use crate::{
    about,
    attend::SERVER,
    config::{Config, in_bytes},
    listener::is_loopback,
};
use crosswire_protocol::ready::{Ready, ReadyLine};
use std::{collections::BTreeSet, fmt::Write as _, net::SocketAddr};

/// How wide the banner is, as far as addresses let it, and where its right column begins.
const WIDTH: usize = 80;
const INDENT: usize = 14;

/// The line for programs.
pub fn ready_line(config: &Config, addresses: &[SocketAddr], token: &str) -> String {
    let urls: Vec<String> = addresses.iter().map(|address| url("ws", *address)).collect();
    let control = urls.first().map(|url| format!("{url}/control?token={token}"));
    let (name, version) = about::name_and_version();
    let ready = Ready {
        url: urls.first().cloned().unwrap_or_default(),
        urls,
        control,
        name: name.to_owned(),
        version: version.to_owned(),
        can: about::can(config),
        limits: about::limits(config),
    };
    ReadyLine { ready }.to_json()
}

/// The banner for people. `page_on_disk` is a `file://` address of the page, where it is at hand.
pub fn banner(
    config: &Config,
    addresses: &[SocketAddr],
    token: &str,
    page_on_disk: Option<&str>,
    notes: &[String],
) -> String {
    let mut text = String::new();
    let Some(first) = addresses.first() else { return text };
    let (ws, page) = (url("ws", *first), url("http", *first));
    let mut line = |name: &str, value: &str| {
        let mut name = name;
        // What is to be copied stays in one piece.
        let parts =
            if value.starts_with("curl ") { vec![value.to_owned()] } else { wrapped(value, WIDTH - INDENT) };
        for part in parts {
            // A string takes whatever is written to it.
            let _ = writeln!(text, "  {name:<11} {part}");
            name = "";
        }
    };
    line("connect", &format!("{ws}/ws"));
    for other in &addresses[1..] {
        line("", &format!("{}/ws", url("ws", *other)));
    }
    // Where others can reach the server the page that it sends has no token, and from disk it never has.
    let behind = if guarded(addresses) { format!("/#token={token}") } else { String::new() };
    line("page", &format!("{page}{behind}"));
    if let Some(file) = page_on_disk {
        line("from disk", &format!("{file}#address={ws}/ws&token={token}"));
    }
    line(
        "push",
        &format!(
            "curl -d 'hello' {}",
            if guarded(addresses) { format!("'{page}/push?token={token}'") } else { format!("{page}/push") }
        ),
    );
    line("control", &format!("{ws}/control?token={token}"));
    line("limits", &format!("messages {}, {} sessions", in_bytes(config.max_message), config.max_sessions));
    if config.journal {
        line("switched on", "journal");
    }
    let mut open = Vec::new();
    open.extend(config.allow_hosts.iter().map(|host| format!("host {host}")));
    open.extend(config.allow_origins.iter().map(|origin| format!("origin {origin}")));
    if !guarded(addresses) {
        open.push("pages from disk (loopback only)".to_owned());
    }
    if !open.is_empty() {
        line("open to", &open.join(", "));
    }
    for port in ports_for_everybody(addresses) {
        let how = "by an IP address of this one; names need --allow-host";
        line("reachable", &format!("from other machines on port {port}, {how}"));
    }
    for note in notes {
        line("note", note);
    }
    line("stop", "Ctrl-C closes every session; again ends at once");
    format!("{SERVER} is listening\n\n{text}")
}

/// The text in lines of at most so many columns, as far as its words let it.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut().filter(|line| line.chars().count() + 1 + word.chars().count() <= columns) {
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The ports that listen on every address of this machine.
fn ports_for_everybody(addresses: &[SocketAddr]) -> BTreeSet<u16> {
    let everywhere = addresses.iter().filter(|address| address.ip().is_unspecified());
    everywhere.map(SocketAddr::port).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(change: impl FnOnce(&mut Config), addresses: &[&str], notes: &[&str]) -> String {
        let mut config = Config::standard();
        change(&mut config);
        let addresses: Vec<SocketAddr> = addresses.iter().map(|address| address.parse().unwrap()).collect();
        let notes: Vec<String> = notes.iter().map(|note| (*note).to_owned()).collect();
        banner(&config, &addresses, "0123456789abcdef012345", None, &notes)
    }

    #[test]
    fn the_page_is_linked_with_the_token_only_where_it_is_not_told_it() {
        assert!(shown(|_| (), &["127.0.0.1:9001"], &[]).contains("  page        http://127.0.0.1:9001\n"));
        let text = shown(|_| (), &["0.0.0.0:9001"], &[]);
        assert!(
            text.contains("  page        http://127.0.0.1:9001/#token=0123456789abcdef012345\n"),
            "{text}"
        );
    }

    #[test]
    fn a_page_at_hand_is_linked_with_the_server_and_its_token() {
        let addresses = ["127.0.0.1:9001".parse().unwrap()];
        let text = banner(&Config::standard(), &addresses, "abc", Some("file:///lab/web/index.html"), &[]);
        let link = "  from disk   file:///lab/web/index.html#address=ws://127.0.0.1:9001/ws&token=abc\n";
        assert!(text.contains(link), "{text}");
    }

    #[test]
    fn what_listens_everywhere_says_that_other_machines_can_reach_it() {
        let text = shown(|_| (), &["0.0.0.0:9001", "[::]:9001"], &[]);
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let told = "reachable from other machines on port 9001, by an IP address of this one; names need --allow-host";
        assert_eq!(words.matches(told).count(), 1, "{text}");
        assert!(!shown(|_| (), &["127.0.0.1:9001"], &[]).contains("reachable"));
    }

    #[test]
    fn what_is_switched_on_is_not_what_is_open_to_somebody() {
        let change = |config: &mut Config| {
            config.journal = true;
            config.allow_hosts = vec!["example.org".parse().unwrap()];
        };
        let text = shown(change, &["127.0.0.1:9001"], &[]);
        assert!(text.contains("  switched on journal\n"), "{text}");
        assert!(text.contains("  open to     host example.org, pages from disk (loopback only)\n"), "{text}");
        assert!(!shown(|_| (), &["127.0.0.1:9001"], &[]).contains("switched on"));
    }

    #[test]
    fn fits_into_eighty_columns_but_for_the_command_to_copy() {
        let note =
            "only 1024 files may be open, so that 960 connections fit instead of 12048; raise the hard limit";
        let text = shown(|config| config.journal = true, &["0.0.0.0:9001", "[::]:9001"], &[note]);
        for line in text.lines().filter(|line| !line.contains("curl")) {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}
