//! Runs that never ran: `Run::of(…)`, with whatever failures a test wants to see reported.

use crosswire_runner::results::{
    Client, FORMAT, Fault, Footer, Git, Header, Heavy, KnownBy, Line, Outcome, Party, Reason, Recorded, Said,
    Server, Test, TestResult, Times, Verdict, read,
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) struct Run {
    header: Header,
    results: Vec<TestResult>,
    pub(crate) interrupted: bool,
    pub(crate) faults: Vec<Fault>,
}

impl Run {
    /// Everybody passes everything.
    pub(crate) fn of(clients: &[&str], servers: &[&str], tests: &[&str]) -> Self {
        let header = Header {
            skipped: Vec::new(),
            selected: BTreeSet::new(),
            format: FORMAT,
            started: "2026-11-21T14:00:00Z".to_owned(),
            crosswire: "0.1.0".to_owned(),
            git: Some(Git { revision: "d36c319d36c319d36c319".to_owned(), dirty: false }),
            system: "linux x86_64".to_owned(),
            list: "5f1c".to_owned(),
            frozen: None,
            time_scale: 1.0,
            command: ["crosswire", "matrix"].map(str::to_owned).to_vec(),
            clients: clients.iter().map(|name| client(name)).collect(),
            servers: servers.iter().map(|name| server(name)).collect(),
            tests: tests.iter().map(|id| test(id)).collect(),
            heavy: None,
            planned: (clients.len() * servers.len() * tests.len()) as u64,
        };
        let mut run = Self { header, results: Vec::new(), interrupted: false, faults: Vec::new() };
        for client in clients {
            for server in servers {
                for test in tests {
                    run.results.push(passed(client, server, test));
                }
            }
        }
        run
    }

    /// The study's nine, of two clients against one server.
    pub(crate) fn nine() -> Self {
        let tests = [
            "listens",
            "connects",
            "welcome",
            "echo",
            "push",
            "close-1000",
            "many-to-server",
            "many-to-client",
            "many-clients",
        ]
        .map(|slug| format!("core/{slug}"));
        Self::of(&["go", "python"], &["rust"], &tests.each_ref().map(String::as_str))
    }

    pub(crate) fn header(mut self, change: impl FnOnce(&mut Header)) -> Self {
        change(&mut self.header);
        self
    }

    /// Changes every result that the patterns name; `*` names all.
    pub(crate) fn with(
        mut self,
        client: &str,
        server: &str,
        test: &str,
        change: impl Fn(&mut TestResult),
    ) -> Self {
        let is = |pattern: &str, name: &str| pattern == "*" || pattern == name;
        let mut changed = 0;
        for result in &mut self.results {
            if is(client, &result.client) && is(server, &result.server) && is(test, &result.test) {
                change(result);
                changed += 1;
            }
        }
        assert!(changed > 0, "no result of {test} with {client} against {server}");
        self
    }

    pub(crate) fn verdict(self, client: &str, server: &str, test: &str, verdict: Verdict) -> Self {
        self.with(client, server, test, |result| become_one(result, verdict))
    }

    pub(crate) fn known(self, client: &str, server: &str, test: &str) -> Self {
        self.with(client, server, test, |result| {
            result.outcome = Outcome::of(result.verdict, true);
            result.known = Some(KnownBy {
                reason: "closes with 1006".to_owned(),
                link: "https://example.org/issues/7".to_owned(),
            });
        })
    }

    /// One test is a heavy one: everybody has it with this server, and every server has it with this client.
    pub(crate) fn heavy(mut self, test: &str, client: &str, server: &str) -> Self {
        let heavy =
            Heavy { tests: [test.to_owned()].into(), client: client.to_owned(), server: server.to_owned() };
        self.results.retain(|result| !heavy.spares(&result.client, &result.server, &result.test));
        self.header.planned = self.results.len() as u64;
        self.header.heavy = Some(heavy);
        self
    }

    /// Another round of every test; what it came to is up to the caller.
    pub(crate) fn round(mut self, change: impl Fn(&mut TestResult)) -> Self {
        let mut more = self.results.clone();
        for result in &mut more {
            result.attempt = 2;
            change(result);
        }
        self.results.extend(more);
        self.header.planned = self.results.len() as u64;
        self
    }

    /// The file that it would have written.
    pub(crate) fn text(&self) -> String {
        let mut verdicts = BTreeMap::new();
        let mut outcomes = BTreeMap::new();
        for result in &self.results {
            *verdicts.entry(result.verdict).or_default() += 1;
            *outcomes.entry(result.outcome).or_default() += 1;
        }
        let planned = self.results.len() as u64;
        let footer = Footer {
            planned,
            verdicts,
            outcomes,
            ms: 12_345.0,
            times: Times::default(),
            interrupted: self.interrupted,
            faults: self.faults.clone(),
        };
        let header = Line::Header(Box::new(self.header.clone()));
        let results = self.results.iter().map(|result| Line::Result(Box::new(result.clone())));
        let lines = [header].into_iter().chain(results).chain([Line::Footer(footer)]);
        lines.map(|line| serde_json::to_string(&line).unwrap() + "\n").collect()
    }

    pub(crate) fn recorded(&self) -> Recorded {
        read(&self.text()).unwrap()
    }

    /// The run as it is found when it was killed after so many results.
    pub(crate) fn cut_after(&self, results: usize) -> Recorded {
        let text: Vec<_> = self.text().lines().take(results + 1).map(|line| format!("{line}\n")).collect();
        read(&text.concat()).unwrap()
    }
}

pub(crate) fn client(name: &str) -> Client {
    Client {
        name: name.to_owned(),
        language: name.split('-').next().unwrap_or(name).to_owned(),
        library: format!("{name}-websocket 1.5.3"),
        runtime: format!("{name} 1.26"),
        capabilities: vec!["ping".to_owned(), "headers".to_owned()],
        missing: None,
        asked_as: None,
    }
}

pub(crate) fn server(name: &str) -> Server {
    let can = vec!["echo".to_owned(), "control".to_owned()];
    Server {
        name: name.to_owned(),
        version: "0.1.0".to_owned(),
        can,
        probed: false,
        notes: Vec::new(),
        missing: None,
        asked_as: None,
    }
}

pub(crate) fn test(id: &str) -> Test {
    Test {
        id: id.to_owned(),
        rev: format!("rev of {id}"),
        title: "A client sends a message and gets it back unchanged".to_owned(),
        why: "Everything else is built on a message arriving as it was sent.".to_owned(),
        level: "must".to_owned(),
        spec: vec!["docs/protocol.md#echo".to_owned(), "RFC 6455 5.6".to_owned()],
        steps: json!([
            {"do": "connect", "on": "a"},
            {"do": "send", "on": "a", "text": "hello"},
            {"do": "repeat", "times": 2, "steps": [
                {"do": "expect", "on": "a", "text": "hello"},
                {"do": "fence", "on": "a"},
            ]},
            {"do": "close", "on": "a", "code": 1000},
        ]),
    }
}

fn passed(client: &str, server: &str, test: &str) -> TestResult {
    TestResult {
        client: client.to_owned(),
        server: server.to_owned(),
        test: test.to_owned(),
        attempt: 1,
        verdict: Verdict::Pass,
        outcome: Outcome::Ok,
        ms: 12.3,
        reason: None,
        known: None,
        notes: Vec::new(),
        observed: Vec::new(),
        transcript: Vec::new(),
        seen: BTreeMap::new(),
        stderr: String::new(),
    }
}

/// A result as it looks with that verdict.
pub(crate) fn become_one(result: &mut TestResult, verdict: Verdict) {
    result.verdict = verdict;
    result.outcome = Outcome::of(verdict, false);
    if verdict == Verdict::Pass {
        return;
    }
    let (code, message, want, got) = match verdict {
        Verdict::Fail => ("mismatch", "the message is another", Some("\"hello\""), Some("\"hell\"")),
        Verdict::Timeout => ("silent", "the driver said nothing for 10 s", None, None),
        Verdict::Crash => ("exited", "the driver ended with exit code 101", None, None),
        Verdict::HarnessError => ("bad_line", "the driver wrote a line that is no JSON: hello", None, None),
        Verdict::Unsupported => ("missing_capability", "the client lacks abort", Some("client: abort"), None),
        Verdict::NotRun | Verdict::Pass => ("interrupted", "the run was interrupted before it", None, None),
    };
    result.reason = Some(Reason {
        code: code.to_owned(),
        message: message.to_owned(),
        step: (verdict == Verdict::Fail).then(|| "/2/steps/0".to_owned()),
        on: Some("a".to_owned()),
        round: None,
        at: None,
        want: want.map(str::to_owned),
        got: got.map(str::to_owned),
    });
    if matches!(verdict, Verdict::Unsupported | Verdict::NotRun) {
        return;
    }
    result.stderr = "goroutine 1 [running]:\nmain.main()\n".to_owned();
    result.notes = vec!["permessage-deflate was negotiated".to_owned()];
    result.transcript = transcript();
    let seen = json!({
        "handshake": {"target": "/ws?tag=t", "subprotocol": null, "extensions": []},
        "received": {"text": 1, "binary": 0, "ping": 0, "pong": 0, "bytes": 5},
        "sent": {"text": 2, "binary": 0, "ping": 0, "pong": 0, "bytes": 90},
        "close": null, "open": false, "ended": "vanished",
    });
    result.seen = BTreeMap::from([("a".to_owned(), seen)]);
}

fn transcript() -> Vec<Said> {
    use Party::{Client, Runner, Server};
    let said = [
        (0.1, Runner, Client, "open ws://127.0.0.1:41233/ws?tag=r3f9-7-1"),
        (1.4, Client, Runner, "opened"),
        (1.5, Runner, Client, "send \"hello\""),
        (1.7, Client, Runner, "sent"),
        (1.8, Runner, Server, "act send text \"hello\""),
        (2.0, Server, Runner, "ok"),
        (2.2, Client, Runner, "received \"hell\""),
        (2.3, Runner, Client, "drop"),
        (2.9, Client, Runner, "closed 1006"),
        (3.0, Runner, Server, "seen until ended"),
        (3.4, Server, Runner, "ended vanished"),
    ];
    let line = |(ms, by, to, what): (f64, Party, Party, &str)| {
        let on = Some("a".to_owned());
        Said { ms, by, to, on, what: what.to_owned() }
    };
    said.into_iter().map(line).collect()
}

/// Six clients, twelve servers, five hundred tests, and something of everything.
pub(crate) fn large() -> Run {
    let profiles = ["core", "edges", "typed", "rooms", "auth", "resume", "wire", "load", "text", "close"];
    let words = ["empty", "fragmented", "oversized", "interleaved", "masked"];
    let ids: Vec<String> =
        (0..500).map(|i| format!("{}/{}-message-{:02}", profiles[i / 50], words[i % 5], i % 50)).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let clients =
        ["browser-chromium", "dotnet", "go-gorilla", "node-ws", "python-websockets", "rust-tungstenite"];
    let servers = [
        "rust",
        "go-gorilla",
        "go-coder",
        "python-websockets",
        "python-aiohttp",
        "node-ws",
        "dotnet",
        "java-jetty",
        "elixir-cowboy",
        "ruby-faye",
        "php-ratchet",
        "c-libwebsockets",
    ];
    let mut run = Run::of(&clients, &servers, &ids);
    for (i, result) in run.results.iter_mut().enumerate() {
        result.ms = ((i * 7919) % 4_000) as f64 / 10.0;
        if result.client == "browser-chromium" && result.test.starts_with("wire/") {
            become_one(result, Verdict::Unsupported);
        } else if i % 997 == 0
            || (result.server == "php-ratchet" && result.test.contains("fragmented-message-1"))
        {
            become_one(result, Verdict::Fail);
        } else if i % 7001 == 0 {
            become_one(result, Verdict::Crash);
        }
    }
    let mut run = run
        .verdict("dotnet", "*", "close/empty-message-00", Verdict::Fail)
        .verdict("*", "ruby-faye", "text/masked-message-04", Verdict::Fail)
        .verdict("*", "*", "load/oversized-message-02", Verdict::Fail)
        .verdict("node-ws", "java-jetty", "core/masked-message-04", Verdict::Timeout)
        .verdict("node-ws", "java-jetty", "core/masked-message-09", Verdict::HarnessError)
        .verdict("go-gorilla", "*", "auth/empty-message-05", Verdict::Fail)
        .known("go-gorilla", "*", "auth/empty-message-05")
        .known("rust-tungstenite", "rust", "core/empty-message-10");
    for (i, test) in run.header.tests.iter_mut().enumerate() {
        test.level = ["must", "must", "must", "should", "may"][i % 5].to_owned();
    }
    run
}
