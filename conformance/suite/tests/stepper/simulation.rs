//! A small world in virtual time: a client behind its driver, a server with its journal, and what lies between them.
//!
//! Both are right, unless the world is named after one way to be wrong. Nothing takes real time, and whatever happens a
//! test ends: both virtual time and the number of things that happen are bounded.

mod client;
mod server;

use client::Client;
use crosswire_protocol::digest::Kind;
use crosswire_suite::{
    driver::{Command, Event, Happened},
    fixtures::Fixtures,
    stepper::{Action, Judgement, Stepper, World},
    suite::Test,
};
use serde_json::{Value, json};
use server::{Server, Watch};
use sha2::{Digest as _, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

/// Every way in which a world can be wrong.
pub(crate) const WORLDS: [&str; 46] = [
    "acts-on-nothing",
    "answers-a-close-otherwise",
    "answers-no-close",
    "answers-no-handshake",
    "answers-no-ping",
    "answers-pings-otherwise",
    "answers-with-another-status",
    "bursts-into-pongs",
    "calls-no-end-clean",
    "chooses-no-subprotocol",
    "closes-instead-of-echoing",
    "control-is-gone",
    "control-is-silent",
    "control-refuses",
    "control-shows-nothing",
    "counts-one-more",
    "cuts-instead-of-closing",
    "cuts-instead-of-echoing",
    "echo-altered",
    "echo-as-binary",
    "echo-cut-short",
    "echo-lost",
    "echo-once-in-two",
    "echo-twice",
    "fails-in-the-background",
    "fails-to-listen",
    "fails-to-react",
    "fails-to-send",
    "fails-while-the-peer-closes",
    "forgets-a-push",
    "keeps-tcp-open",
    "loses-the-answer-to-a-send",
    "loses-the-closed",
    "never-fails-locally",
    "never-gives-up",
    "never-answers-locally",
    "opens-everything",
    "pushes-out-of-order",
    "pushes-to-everyone",
    "refuses",
    "sends-no-welcome",
    "sends-the-welcome-twice",
    "silent-at-the-end",
    "silent-from-the-start",
    "stuck-in-a-send",
    "welcomes-with-something-else",
];

/// What the driver makes of an event before it tells it.
pub(crate) type Lie = fn(&mut Liar, Event) -> Vec<Event>;

/// What a liar knows.
#[derive(Default)]
pub(crate) struct Liar {
    /// How many events it was given, this one among them.
    pub(crate) given: u64,
    /// Set: every event from here on is numbered so much too high.
    pub(crate) offset: u64,
}

/// A world.
pub(crate) struct Simulation {
    world: String,
    now: Duration,
    due: BTreeMap<(Duration, u64), Due>,
    things: u64,
    client: Client,
    server: Server,
    delays: Box<dyn FnMut() -> Duration>,
    lie: Option<Lie>,
    liar: Liar,
    journal: Box<dyn Fn(&mut Value)>,
    last_n: u64,
    last_event: Duration,
    last_command: Duration,
    /// When the judge was told that its time was over.
    pub(crate) ran_out: Vec<Duration>,
    /// What the judge is told about the world.
    pub(crate) told: World,
}

/// Something that happens at its time.
enum Due {
    Command(Command),
    Acts { call: u64, link: usize, acts: Vec<crosswire_protocol::control::Act> },
    ToServer(usize, Frame),
    ToClient(usize, Frame),
    Event(Event),
    Answer(u64, Result<Value, String>),
    GiveUp(usize),
    EndOfWatch(u64),
}

/// What goes over a connection.
#[derive(Debug, Clone, PartialEq)]
enum Frame {
    Upgraded(Option<String>),
    Refusal(u16),
    Message(Kind, Vec<u8>),
    NotUtf8,
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>, String),
    /// TCP is over.
    Cut,
}

/// No test lasts longer, and none has more happen in it.
const LONGEST: Duration = Duration::from_secs(600);
const MOST_THINGS: u64 = 2_000_000;

impl Simulation {
    /// A world that is right, or wrong in one named way.
    pub(crate) fn new(world: &str) -> Self {
        assert!(world == "right" || WORLDS.contains(&world), "there is no world `{world}`");
        Self {
            world: world.to_owned(),
            now: Duration::ZERO,
            due: BTreeMap::new(),
            things: 0,
            client: Client::default(),
            server: Server::default(),
            delays: Box::new(|| Duration::from_micros(200)),
            lie: None,
            liar: Liar::default(),
            journal: Box::new(|_| {}),
            last_n: 0,
            last_event: Duration::ZERO,
            last_command: Duration::ZERO,
            ran_out: Vec::new(),
            told: World {
                seq: 7,
                unique: "u7".to_owned(),
                endpoint: "/ws".to_owned(),
                url: "ws://server".to_owned(),
                others: BTreeMap::new(),
                server: names(&["welcome", "echo", "push", "control", "journal", "scenarios"]),
                client: names(&["ping", "pong", "abort", "handshake-status", "headers", "many-senders"]),
                time_scale: 1.0,
                fixtures: Arc::new(fixtures()),
            },
        }
    }

    /// Everything on its way takes its own time.
    pub(crate) fn delays(mut self, delays: impl FnMut() -> Duration + 'static) -> Self {
        self.delays = Box::new(delays);
        self
    }

    /// The driver tells something else than what happened.
    pub(crate) fn lie(mut self, lie: Lie) -> Self {
        self.lie = Some(lie);
        self
    }

    /// The server saw something else than what happened.
    pub(crate) fn journal(mut self, change: impl Fn(&mut Value) + 'static) -> Self {
        self.journal = Box::new(change);
        self
    }

    /// Carries out a test.
    pub(crate) fn run(&mut self, test: &Test) -> Judgement {
        let mut stepper = Stepper::new(test, self.told.clone());
        loop {
            while let Some(action) = stepper.poll_action() {
                self.carry_out(action);
            }
            if let Some(judgement) = stepper.judgement() {
                return judgement;
            }
            self.things += 1;
            assert!(self.things < MOST_THINGS && self.now < LONGEST, "{} does not end", test.id);
            let next = self.due.first_key_value().map(|((at, _), _)| *at);
            match (next, stepper.deadline()) {
                (Some(at), deadline) if deadline.is_none_or(|deadline| at <= deadline) => {
                    self.now = at;
                    if let Some((_, due)) = self.due.pop_first() {
                        self.happen(due, &mut stepper);
                    }
                }
                (_, Some(deadline)) => {
                    self.now = deadline;
                    self.ran_out.push(deadline);
                    stepper.handle_time(deadline);
                }
                (_, None) => panic!("{}: nothing is waited for, and nothing comes", test.id),
            }
        }
    }

    fn is(&self, world: &str) -> bool {
        debug_assert!(WORLDS.contains(&world), "{world}");
        self.world == world
    }

    fn carry_out(&mut self, action: Action) {
        match action {
            Action::Tell(command) => {
                self.last_command = self.last_command.max(self.now + (self.delays)());
                self.at(self.last_command, Due::Command(command));
            }
            Action::Control { call, to, act } => self.take_call(call, &to, &act),
        }
    }

    fn happen(&mut self, due: Due, stepper: &mut Stepper) {
        match due {
            Due::Command(command) => self.obey(command),
            Due::Acts { call, link, acts } => self.act(call, link, acts),
            Due::ToServer(link, frame) => self.server_gets(link, frame),
            Due::ToClient(link, frame) => self.client_gets(link, frame),
            Due::Event(event) => stepper.handle_event(self.now, event),
            Due::Answer(call, answer) => stepper.handle_answer(self.now, call, answer),
            Due::GiveUp(link) => self.give_up(link),
            Due::EndOfWatch(call) => self.end_watch(call),
        }
    }

    fn at(&mut self, at: Duration, due: Due) {
        self.things += 1;
        self.due.insert((at, self.things), due);
    }

    fn later(&mut self, due: Due) {
        let at = self.now + (self.delays)();
        self.at(at, due);
    }

    /// The driver tells what happened, unless it lies.
    fn tell(&mut self, c: Option<u64>, on: Option<&str>, is: Happened) {
        if self.is("silent-from-the-start") {
            return;
        }
        self.liar.given += 1;
        let event = Event { seq: self.told.seq, n: 0, c, on: on.map(str::to_owned), is };
        let events = match self.lie {
            None => vec![event],
            Some(lie) => lie(&mut self.liar, event),
        };
        for mut event in events {
            if event.n == 0 {
                self.last_n += 1;
                event.n = self.last_n.wrapping_add(self.liar.offset);
            }
            self.last_event = self.last_event.max(self.now + (self.delays)());
            self.at(self.last_event, Due::Event(event));
        }
    }

    fn watches(&mut self) -> &mut Vec<Watch> {
        &mut self.server.watches
    }
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Two files, as an index beside them would name them.
fn fixtures() -> Fixtures {
    let files: [(&str, &str, &[u8]); 2] =
        [("hello.txt", "text", b"hello"), ("bytes.bin", "binary", &[0, 159, 146, 150])];
    let entry = |(name, kind, bytes): (&str, &str, &[u8])| {
        let sha256 = hex::encode(Sha256::digest(bytes));
        (name.to_owned(), json!({"sha256": sha256, "as": kind, "about": "A file of the simulation."}))
    };
    let entries: serde_json::Map<_, _> = files.into_iter().map(entry).collect();
    let index = json!({"format": 1, "fixtures": entries}).to_string();
    let bytes_of =
        |wanted: &str| files.iter().find(|(name, ..)| *name == wanted).map(|(.., bytes)| bytes.to_vec());
    Fixtures::read(&index, bytes_of).expect("the files have the hashes that were just made")
}
