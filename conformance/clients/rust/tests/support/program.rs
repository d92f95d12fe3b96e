//! The program, as the runner speaks with it.

use super::support::ReferenceServer;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

/// Nothing takes longer than this.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// An object with more fields.
pub(crate) fn with(mut object: Value, more: Value) -> Value {
    let Value::Object(more) = more else { panic!("{more} is not an object") };
    object.as_object_mut().expect("an object").extend(more);
    object
}

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_crosswire-client");

/// The program, and what it has said. All that is said about a test is checked to be without gaps, and each command to be
/// answered once.
#[derive(Debug)]
pub(crate) struct Driver {
    program: Child,
    pub(crate) input: Option<ChildStdin>,
    lines: mpsc::Receiver<String>,
    /// The test that is spoken of.
    pub(crate) seq: u64,
    told: BTreeSet<(u64, u64)>,
    answered: BTreeSet<(u64, u64)>,
    /// The last number of each test's events.
    n: BTreeMap<u64, u64>,
    unread: Vec<Value>,
}

impl Driver {
    pub(crate) fn start() -> Self {
        let mut command = Command::new(PROGRAM);
        let mut program = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program");
        let output = BufReader::new(program.stdout.take().expect("its output"));
        let (sender, lines) = mpsc::sync_channel(1 << 16);
        thread::spawn(move || {
            for line in output.lines() {
                if sender.send(line.expect("UTF-8")).is_err() {
                    break;
                }
            }
        });
        Self {
            input: program.stdin.take(),
            program,
            lines,
            seq: 1,
            told: BTreeSet::new(),
            answered: BTreeSet::new(),
            n: BTreeMap::new(),
            unread: Vec::new(),
        }
    }

    pub(crate) fn write_line(&mut self, line: &str) {
        let input = self.input.as_mut().expect("an input that is open");
        input.write_all(format!("{line}\n").as_bytes()).expect("a program that reads");
    }

    pub(crate) fn write(&mut self, line: &Value) {
        if let (Some(seq), Some(c)) = (line["seq"].as_u64(), line["c"].as_u64()) {
            self.told.insert((seq, c));
            for then in line["then"].as_array().into_iter().flatten() {
                self.told.insert((seq, then["c"].as_u64().expect("a number")));
            }
        }
        self.write_line(&line.to_string());
    }

    /// The next line.
    pub(crate) fn line(&mut self) -> Value {
        let line = self.lines.recv_timeout(DEADLINE).expect("a line in time");
        let line: Value = serde_json::from_str(&line).expect("JSON");
        let event = &line["event"];
        if let Some(seq) = event["seq"].as_u64() {
            let last = self.n.entry(seq).or_default();
            *last += 1;
            assert_eq!(event["n"], *last, "{event}");
            if let Some(c) = event["c"].as_u64() {
                assert!(self.told.contains(&(seq, c)), "nobody asked for {event}");
                assert!(self.answered.insert((seq, c)), "a second answer: {event}");
            }
        }
        line
    }

    /// The next event for which something is true; others are kept.
    pub(crate) fn find(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.unread.iter().position(&wanted) {
            return self.unread.remove(at);
        }
        loop {
            let event = self.line()["event"].take();
            assert!(event.is_object(), "an error where an event was expected");
            if wanted(&event) {
                return event;
            }
            self.unread.push(event);
        }
    }

    /// The next event of a kind.
    pub(crate) fn event(&mut self, is: &str) -> Value {
        let seq = self.seq;
        self.find(|event| event["seq"] == seq && event["is"] == is)
    }

    /// The answer to a command.
    pub(crate) fn answer(&mut self, c: u64) -> Value {
        let seq = self.seq;
        self.find(|event| event["seq"] == seq && event["c"] == c)
    }

    /// Gives a command its numbers, and does not wait for its answer.
    pub(crate) fn tell(&mut self, command: Value) -> u64 {
        let c = self.told.len() as u64 + 1;
        self.write(&with(command, json!({"seq": self.seq, "c": c})));
        c
    }

    pub(crate) fn ask(&mut self, command: Value) -> Value {
        let c = self.tell(command);
        self.answer(c)
    }

    pub(crate) fn done(&mut self, command: Value) {
        let answer = self.ask(command);
        assert_eq!(answer["is"], "done", "{answer}");
    }

    /// The words of a failure.
    pub(crate) fn failed(&mut self, command: Value) -> String {
        let answer = self.ask(command);
        assert_eq!(answer["is"], "failed", "{answer}");
        answer["error"].as_str().expect("words").to_owned()
    }

    pub(crate) fn open(&mut self, on: &str, url: &str) -> Value {
        self.open_with(on, url, json!({}))
    }

    pub(crate) fn open_with(&mut self, on: &str, url: &str, more: Value) -> Value {
        let opened = self.ask(with(json!({"cmd": "open", "on": on, "url": url, "within_ms": 10_000}), more));
        assert_eq!(opened["is"], "opened", "{opened}");
        opened
    }

    pub(crate) fn closed(&mut self, code: u16, reason: &str, clean: bool) {
        let closed = self.event("closed");
        let seen = (&closed["code"], &closed["reason"], &closed["clean"]);
        assert_eq!(seen, (&json!(code), &json!(reason), &json!(clean)));
    }

    /// Has the server do something; over the driver too, as a test of its own.
    pub(crate) fn control(&mut self, server: &ReferenceServer, command: Value) -> Value {
        let seq = std::mem::replace(&mut self.seq, 1000 + self.told.len() as u64);
        self.open_with("control", &server.control, json!({"data": "full"}));
        self.done(
            json!({"cmd": "send", "on": "control", "text": with(command, json!({"id": 1})).to_string()}),
        );
        let answer = self.event("received");
        let answer = answer["text"].as_str().expect("a short answer");
        let answer: Value = serde_json::from_str(answer).expect("JSON");
        self.end();
        self.seq = seq;
        assert_eq!(answer["ok"], true, "{answer}");
        answer
    }

    /// What the server saw of a connection, once something is true of it.
    pub(crate) fn seen(&mut self, server: &ReferenceServer, tag: &str, until: Value) -> Value {
        let seen = json!({"seen": {"until": until, "within_ms": 10_000}});
        self.control(server, json!({"to": tag, "act": [seen]}))["seen"].take()
    }

    /// Ends the test.
    pub(crate) fn end(&mut self) {
        let ended = self.ask(json!({"cmd": "end"}));
        assert_eq!((&ended["is"], &ended["on"]), (&json!("ended"), &Value::Null));
    }

    /// Ends the test and the program, and looks whether everything was answered.
    pub(crate) fn finish(mut self) {
        if self.n.contains_key(&self.seq) {
            self.end();
        }
        let unanswered: Vec<_> = self.told.difference(&self.answered).copied().collect();
        assert_eq!(unanswered, []);
        self.finish_with_unanswered();
    }

    pub(crate) fn finish_with_unanswered(mut self) {
        self.write(&json!({"cmd": "bye"}));
        assert!(self.wait().success());
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        let start = Instant::now();
        // The output's end is the program's.
        while self.lines.recv_timeout(DEADLINE).is_ok() {}
        assert!(start.elapsed() < DEADLINE, "the program does not end");
        self.program.wait().expect("an exit code")
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}
