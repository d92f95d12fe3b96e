//! The commands that a person copies to see a result again.

use crate::results::Header;
use std::collections::HashMap;

/// How the tests of a run are asked for, one at a time.
#[derive(Debug)]
pub(super) struct Commands {
    /// Options of the run without which its tests are not found, or take another time.
    options: String,
    urls: Vec<String>,
    /// What the servers at addresses can, as it was told.
    can: String,
    /// Commands of servers that were started.
    programs: Vec<String>,
    /// What finds clients and servers whose names do not.
    clients: HashMap<String, String>,
    servers: HashMap<String, String>,
}

impl Commands {
    pub(super) fn of(header: &Header) -> Self {
        let clients = header.clients.iter().map(|client| (&client.name, &client.asked_as));
        let servers = header.servers.iter().map(|server| (&server.name, &server.asked_as));
        let mut commands = Self {
            options: String::new(),
            urls: Vec::new(),
            can: String::new(),
            programs: Vec::new(),
            clients: clients.filter_map(found_otherwise).collect(),
            servers: servers.filter_map(found_otherwise).collect(),
        };
        let mut words = header.command.iter();
        while let Some(word) = words.next() {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (word.as_str(), None),
            };
            let known = matches!(
                name,
                "--suites" | "--time-scale" | "--server-url" | "--server-can" | "--server-command"
            );
            let Some(value) = known.then(|| value.or_else(|| words.next().cloned())).flatten() else {
                continue;
            };
            match name {
                "--server-url" => commands.urls.push(value),
                "--server-command" => commands.programs.push(value),
                "--server-can" => commands.can = format!(" --server-can {}", quoted(&value)),
                _ => commands.options.push_str(&format!(" {name} {}", quoted(&value))),
            }
        }
        commands
    }

    /// The client of a run: `--client go`, or the path of its manifest.
    pub(super) fn client(&self, client: &str) -> String {
        format!("--client {}", quoted(self.clients.get(client).map_or(client, String::as_str)))
    }

    /// The server of a run: `--server rust`, or its address where that is all that is known of it.
    pub(super) fn server(&self, server: &str) -> String {
        if self.urls.iter().any(|url| url == server) {
            format!("--server-url {}{}", quoted(server), self.can)
        } else if self.programs.iter().any(|program| program == server) {
            format!("--server-command {}", quoted(server))
        } else {
            format!("--server {}", quoted(self.servers.get(server).map_or(server, String::as_str)))
        }
    }

    /// What follows the test's id.
    pub(super) fn options(&self) -> &str {
        &self.options
    }

    /// Tries one test and shows every frame of it.
    pub(super) fn follow(&self, client: &str, server: &str, test: &str) -> String {
        let (client, server, test) = (self.client(client), self.server(server), quoted(test));
        format!("crosswire try {test} {client} {server}{}", self.options)
    }

    /// Runs one test once more.
    pub(super) fn rerun(&self, client: &str, server: &str, test: &str) -> String {
        let (client, server, test) = (self.client(client), self.server(server), quoted(test));
        format!("crosswire run {client} {server} --test {test}{}", self.options)
    }
}

fn found_otherwise((name, asked_as): (&String, &Option<String>)) -> Option<(String, String)> {
    asked_as.as_ref().map(|asked_as| (name.clone(), asked_as.clone()))
}

/// A word for a shell.
pub(super) fn quoted(word: &str) -> String {
    shell_words::quote(word).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(words: &[&str]) -> Commands {
        let header = serde_json::json!({
            "format": 1, "started": "", "crosswire": "", "git": null, "system": "", "list": "", "time_scale": 1.0,
            "command": words, "clients": [], "servers": [], "tests": [], "planned": 0,
        });
        Commands::of(&serde_json::from_value(header).unwrap())
    }

    #[test]
    fn a_command_names_client_server_and_test() {
        let rerun = commands(&["crosswire", "run"]).rerun("go", "rust", "core/echo");
        assert_eq!(rerun, "crosswire run --client go --server rust --test core/echo");
    }

    #[test]
    fn whoever_is_found_by_a_manifest_is_asked_for_by_it() {
        let header = serde_json::json!({
            "format": 1, "started": "", "crosswire": "", "git": null, "system": "", "list": "", "time_scale": 1.0,
            "command": [], "tests": [], "planned": 0,
            "clients": [{"name": "mine", "language": "", "library": "", "runtime": "", "capabilities": [],
                "missing": null, "asked_as": "my clients/impl.json#mine"}],
            "servers": [{"name": "yours", "version": "", "can": [], "probed": false, "missing": null,
                "asked_as": "impl.json"}],
        });
        let commands = Commands::of(&serde_json::from_value(header).unwrap());
        let (client, server) = ("--client 'my clients/impl.json#mine'", "--server impl.json");
        assert_eq!(
            commands.rerun("mine", "yours", "a/b"),
            format!("crosswire run {client} {server} --test a/b")
        );
        assert_eq!(commands.follow("mine", "yours", "a/b"), format!("crosswire try a/b {client} {server}"));
    }

    #[test]
    fn the_options_that_a_test_needs_are_kept() {
        let words = [
            "crosswire",
            "run",
            "--suites",
            "my suites",
            "--time-scale=3",
            "--jobs",
            "4",
            "--server-url",
            "ws://[::1]:9/ws",
            "--server-can=echo",
        ];
        assert_eq!(
            commands(&words).rerun("go", "ws://[::1]:9/ws", "mine/a"),
            "crosswire run --client go --server-url 'ws://[::1]:9/ws' --server-can echo --test mine/a \
             --suites 'my suites' --time-scale 3"
        );
    }

    #[test]
    fn a_server_that_was_started_is_started_again() {
        let rerun =
            commands(&["crosswire", "run", "--server-command", "my server"]).rerun("go", "my server", "a/b");
        assert_eq!(rerun, "crosswire run --client go --server-command 'my server' --test a/b");
    }

    #[test]
    fn a_name_cannot_become_a_command() {
        let rerun = commands(&[]).rerun("a; rm -rf ~", "$(x)", "b'c");
        assert_eq!(rerun, "crosswire run --client 'a; rm -rf ~' --server '$(x)' --test 'b'\\''c'");
    }
}
