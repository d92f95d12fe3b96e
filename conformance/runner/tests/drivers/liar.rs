//! A driver that lies: the honest one behind it does the work, and one named lie is told in between.

use super::lies::{self, Lie};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    fs,
    io::{self, BufRead, BufReader, Write},
    net::TcpStream,
    process::{self, Child, ChildStdin, Command, ExitCode, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
};

/// What makes this program a liar; the lie's name and the program that tells the truth come behind it.
pub(crate) const FLAG: &str = "--lie";

/// The connection whose test is lied in. The others see an honest driver, as long as there is one.
pub(crate) const LIED_ON: &str = "lie";

/// The file with the address that one of them rings at.
pub(crate) const RING: &str = "ring";

/// What a liar hears, before anybody else does.
#[derive(Debug, Clone)]
pub(crate) enum Heard {
    /// The runner tells it something.
    Command(Value),
    /// The honest driver says something.
    Said(Value),
}

/// A driver that lies.
#[derive(Debug)]
pub(crate) struct Liar {
    /// The name of its lie, which is its own.
    pub(crate) name: String,
    honest: Child,
    input: Option<ChildStdin>,
    /// What the events of each test were numbered up to.
    pub(crate) numbered: HashMap<u64, u64>,
    /// The test that is lied in, once it has begun.
    pub(crate) test: Option<u64>,
    /// The tests that are over.
    pub(crate) past: Vec<u64>,
    /// How it has introduced itself.
    pub(crate) hello: Value,
    /// Whether nothing more is to be read from standard input.
    is_deaf: Arc<AtomicBool>,
    bell: Option<TcpStream>,
}

/// Lies until there is nothing more to be heard.
pub(crate) fn be(name: &str, program: &str) -> ExitCode {
    let Some(Lie { tell, at_once, .. }) = lies::find(name) else { return ExitCode::from(2) };
    let mut honest =
        Command::new(program).arg("client").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (hear, heard) = mpsc::sync_channel(0);
    let is_deaf = Arc::new(AtomicBool::new(false));
    let said = BufReader::new(honest.stdout.take().unwrap());
    listen(said, Heard::Said, hear.clone(), Arc::default());
    listen(BufReader::new(io::stdin()), Heard::Command, hear, Arc::clone(&is_deaf));
    let input = honest.stdin.take();
    let mut liar = Liar {
        name: name.to_owned(),
        honest,
        input,
        numbered: HashMap::new(),
        test: None,
        past: Vec::new(),
        hello: Value::Null,
        is_deaf,
        bell: None,
    };
    for heard in heard {
        let Some(heard) = liar.notice(heard, at_once) else { break };
        tell(&mut liar, heard);
    }
    liar.input.take();
    let status = liar.honest.wait().unwrap();
    ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1))
}

/// Both streams end the whole when they end.
fn listen(
    lines: impl BufRead + Send + 'static,
    kind: fn(Value) -> Heard,
    hear: mpsc::SyncSender<Option<Heard>>,
    is_deaf: Arc<AtomicBool>,
) {
    thread::spawn(move || {
        for line in lines.lines() {
            let line = serde_json::from_str(&line.unwrap()).unwrap();
            if hear.send(Some(kind(line))).is_err() {
                return;
            }
            while is_deaf.load(Ordering::Relaxed) {
                thread::park();
            }
        }
        let _ = hear.send(None);
    });
}

impl Liar {
    /// Keeps track, and introduces itself under the name of its lie.
    fn notice(&mut self, heard: Option<Heard>, at_once: usize) -> Option<Heard> {
        let mut heard = heard?;
        match &mut heard {
            Heard::Command(command) if command["on"] == LIED_ON && self.test.is_none() => {
                self.test = command["seq"].as_u64();
            }
            Heard::Said(said) if said["hello"].is_object() => {
                said["hello"]["client"] = json!(self.name);
                said["hello"]["max_concurrent"] = json!(at_once);
                self.hello = said.clone();
            }
            Heard::Said(said) if said["event"]["is"] == "ended" => {
                self.past.extend(said["event"]["seq"].as_u64());
            }
            _ => {}
        }
        Some(heard)
    }

    /// Whether a line is about the test that is lied in.
    pub(crate) fn is_mine(&self, line: &Value) -> bool {
        let seq = line["event"]["seq"].as_u64().or_else(|| line["seq"].as_u64());
        seq.is_some() && seq == self.test
    }

    /// Passes on what was heard, as an honest driver would.
    pub(crate) fn pass(&mut self, heard: Heard) {
        match heard {
            Heard::Command(command) => self.tell(&command),
            Heard::Said(said) => self.say(said),
        }
    }

    /// Lets the honest driver do something.
    pub(crate) fn tell(&mut self, command: &Value) {
        let input = self.input.as_mut().unwrap();
        input.write_all(format!("{command}\n").as_bytes()).and_then(|()| input.flush()).unwrap();
    }

    /// Says a line; events are numbered, so that what is put in or left out does not show by that.
    pub(crate) fn say(&mut self, line: Value) {
        let line = self.numbered(line);
        write(line.as_bytes());
    }

    /// Says an event of the test that is lied in.
    pub(crate) fn claim(&mut self, event: Value) {
        let event = self.of_the_test(event);
        self.say(event);
    }

    /// Says what was heard and an event of the test in one breath: whoever hears the first has heard the second.
    pub(crate) fn say_and_claim(&mut self, said: Value, event: Value) {
        let event = self.of_the_test(event);
        let both = self.numbered(said) + &self.numbered(event);
        write(both.as_bytes());
    }

    fn of_the_test(&self, mut event: Value) -> Value {
        event["seq"] = json!(self.test);
        json!({"event": event})
    }

    fn numbered(&mut self, mut line: Value) -> String {
        if let Some(seq) = line["event"]["seq"].as_u64() {
            let n = self.numbered.entry(seq).or_default();
            *n += 1;
            line["event"]["n"] = json!(*n);
        }
        format!("{line}\n")
    }

    /// Reads nothing more from standard input.
    pub(crate) fn turn_deaf(&self) {
        self.is_deaf.store(true, Ordering::Relaxed);
    }

    /// Lets the test know that it has come so far: the address is in a file.
    pub(crate) fn ring(&mut self) {
        let address = fs::read_to_string(RING).unwrap();
        self.bell = Some(TcpStream::connect(address).unwrap());
    }

    /// Whether a process of the same lie was here before this one.
    pub(crate) fn was_here_before(&self) -> bool {
        let trace = format!("{}.was-here", self.name);
        fs::File::create_new(trace).is_err()
    }
}

/// Writes bytes, whatever they are. Where nobody takes them any more there is nothing left to lie about.
pub(crate) fn write(bytes: &[u8]) {
    let mut output = io::stdout();
    if output.write_all(bytes).and_then(|()| output.flush()).is_err() {
        die(0);
    }
}

/// Ends at once.
pub(crate) fn die(code: i32) -> ! {
    #[expect(clippy::exit, reason = "a driver that dies does so in the middle of something")]
    process::exit(code)
}
