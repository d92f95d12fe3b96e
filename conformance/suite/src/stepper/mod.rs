//! The one interpreter of tests, without I/O: it is given events, answers and the time, and says what to do next.
//!
//! Call [`Stepper::new`], then in turn:
//!
//! * carry out every [`Stepper::poll_action`] until there is none;
//! * stop as soon as [`Stepper::judgement`] is there;
//! * wait for an event, an answer or [`Stepper::deadline`], and hand it in with the time since the test began.
//!
//! | to see | read |
//! |---|---|
//! | what each verb does and waits for | `fiber` |
//! | what a driver may say when | `hearing` |
//! | how a test ends | `ending` |
//! | what is written down and not judged | `observing` |
//! | how the client's story is held against the server's | `story` |

mod connection;
mod ending;
mod fiber;
mod hearing;
pub(crate) mod names;
mod payload;
mod program;
mod story;
mod transcript;

use crate::{
    driver::{Command, Message, Order},
    fixtures::Fixtures,
    judgement::{Observed, Party, Reason, Said, Verdict},
    matcher::Bindings,
    suite::{Step, Test, Var},
};
use connection::{Connection, State};
use fiber::Fiber;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};
use transcript::{Transcript, words_of};

/// What a test runs in.
#[derive(Debug, Clone)]
pub struct World {
    /// The number of the test for its driver.
    pub seq: u64,
    /// What makes its tags and variables different from every other test's: letters, digits and `-`.
    pub unique: String,
    /// The path that connections go to, unless a step says otherwise.
    pub endpoint: String,
    /// The server, as `ws://host:port`.
    pub url: String,
    /// Other servers of the run, by the names that `at` uses.
    pub others: BTreeMap<String, String>,
    /// What the server can do.
    pub server: BTreeSet<String>,
    /// What the client can do.
    pub client: BTreeSet<String>,
    /// By what every wait is stretched.
    pub time_scale: f64,
    /// Payload files.
    pub fixtures: Arc<Fixtures>,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Tell the driver.
    Tell(Command),
    /// Tell the server, on its control endpoint, and hand in the answer with [`Stepper::handle_answer`].
    Control {
        /// The number of the call.
        call: u64,
        /// The connection's tag.
        to: String,
        /// The acts.
        act: Vec<Value>,
    },
}

/// What came of a test.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// In a word.
    pub verdict: Verdict,
    /// Why, for every verdict but `pass`.
    pub reason: Option<Reason>,
    /// What was noticed and not judged.
    pub notes: Vec<String>,
    /// What the test asked to be written down.
    pub observed: Vec<Observed>,
    /// What was said.
    pub transcript: Vec<Said>,
    /// What the server saw, by connection.
    pub seen: BTreeMap<String, Value>,
}

/// A test in progress.
#[derive(Debug)]
pub struct Stepper {
    world: World,
    now: Duration,
    phase: Phase,
    fibers: Vec<Fiber>,
    connections: Vec<Connection>,
    /// The connection that a name stands for now.
    named: HashMap<String, usize>,
    bindings: Bindings,
    /// Whether messages have to be reported whole.
    wants_all: bool,
    commands: BTreeMap<u64, Told>,
    unanswered: usize,
    /// Whether the driver has said that it has let go of the test.
    has_ended: bool,
    last_event: u64,
    nonces: u64,
    calls: u64,
    answers: BTreeMap<u64, Result<Value, String>>,
    actions: VecDeque<Action>,
    verdict: Option<(Verdict, Reason)>,
    notes: Vec<String>,
    observed: Vec<Observed>,
    transcript: Transcript,
    /// Which connection each call of the ending asks about.
    asked: BTreeMap<u64, usize>,
    seen: BTreeMap<String, Value>,
}

/// A command that the driver was given.
#[derive(Debug)]
struct Told {
    kind: TellKind,
    connection: Option<usize>,
    /// The step that it belongs to.
    at: String,
    /// Whether a step waits for its answer, whatever that is.
    is_awaited: bool,
    /// Whether its connection was over already.
    is_late: bool,
    /// What is sent, once it is done.
    sends: Vec<Message>,
    answer: Option<Result<(), String>>,
}

/// What a command may be answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TellKind {
    Open,
    Listen,
    End,
    /// What is done from inside the handler of a message: perhaps never, and then it is not answered either.
    Reaction {
        closes: bool,
    },
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Steps are taken.
    Running,
    /// What is open is being closed, and answers that are outstanding are waited for.
    Closing(Duration),
    /// The driver was told that the test is over.
    Ending(Duration),
    /// The server is asked what it saw.
    Asking(Duration),
    /// The judgement is there.
    Over,
}

impl Stepper {
    /// Begins a test.
    pub fn new(test: &Test, world: World) -> Self {
        let mut bindings = Bindings::new();
        for (name, var) in &test.vars {
            let text = match var {
                Var::Unique(prefix) => format!("{prefix}{}", world.unique),
                Var::Text(text) => text.clone(),
            };
            bindings.insert(name.clone(), Value::String(text));
        }
        let mut stepper = Self {
            wants_all: test.steps.iter().any(wants_all),
            world,
            now: Duration::ZERO,
            phase: Phase::Running,
            fibers: vec![Fiber::new(program::translate(&test.steps, ""), None)],
            connections: Vec::new(),
            named: HashMap::new(),
            bindings,
            commands: BTreeMap::new(),
            unanswered: 0,
            has_ended: false,
            last_event: 0,
            nonces: 0,
            calls: 0,
            answers: BTreeMap::new(),
            actions: VecDeque::new(),
            verdict: None,
            notes: Vec::new(),
            observed: Vec::new(),
            transcript: Transcript::default(),
            asked: BTreeMap::new(),
            seen: BTreeMap::new(),
        };
        stepper.advance();
        stepper
    }

    /// What is to be done next, if anything is.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// For whoever follows the test as it happens: [`Self::poll_said`] tells everything that is said in it.
    pub fn follow(&mut self) {
        self.transcript.follow();
    }

    /// The next thing that was said; ask again until there is none.
    pub fn poll_said(&mut self) -> Option<Said> {
        self.transcript.next()
    }

    /// When [`Stepper::handle_time`] has to be called, unless something happens before.
    pub fn deadline(&self) -> Option<Duration> {
        match self.phase {
            Phase::Running => self.fibers.iter().filter_map(Fiber::deadline).min(),
            Phase::Closing(until) | Phase::Ending(until) | Phase::Asking(until) => Some(until),
            Phase::Over => None,
        }
    }

    /// Time has passed.
    pub fn handle_time(&mut self, now: Duration) {
        self.now = self.now.max(now);
        self.advance();
        match self.phase {
            Phase::Running => self.run_out_of_time(),
            Phase::Closing(until) | Phase::Ending(until) | Phase::Asking(until) if until <= self.now => {
                self.give_up_phase();
            }
            _ => {}
        }
        self.advance();
    }

    /// The server has answered a call; an error where it could not be asked.
    pub fn handle_answer(&mut self, now: Duration, call: u64, answer: Result<Value, String>) {
        self.now = self.now.max(now);
        let words = match &answer {
            Ok(answer) if answer["ok"] == true => "done".to_owned(),
            Ok(answer) => payload::shortened(&answer.to_string()),
            Err(error) => error.clone(),
        };
        self.say(Party::Server, Party::Runner, None, words);
        self.answers.insert(call, answer);
        self.advance();
    }

    /// The driver has broken its protocol, or ended: the test is over at once.
    pub fn handle_lost_driver(&mut self, now: Duration, verdict: Verdict, reason: Reason) {
        self.now = self.now.max(now);
        self.end_with(verdict, reason);
    }

    /// The driver cannot be told a command: what the test asks for cannot be said.
    pub fn handle_untellable(&mut self, now: Duration, c: u64, wrong: &str) {
        self.now = self.now.max(now);
        let told = self.commands.get(&c);
        let connection = told.and_then(|told| told.connection);
        let reason = Reason {
            step: told.map(|told| told.at.clone()).filter(|at| !at.is_empty()),
            on: connection.map(|connection| self.connections[connection].name.clone()),
            ..Reason::new("broken_test", format!("the driver cannot be told command {c}: {wrong}"))
        };
        self.end_with(Verdict::HarnessError, reason);
    }

    /// Whether the driver has said that it is done with the test.
    pub const fn driver_has_let_go(&self) -> bool {
        self.has_ended
    }

    /// What came of it, once that is known.
    pub fn judgement(&self) -> Option<Judgement> {
        if self.phase != Phase::Over {
            return None;
        }
        let (verdict, reason) = match &self.verdict {
            None => (Verdict::Pass, None),
            Some((verdict, reason)) => (*verdict, Some(reason.clone())),
        };
        Some(Judgement {
            verdict,
            reason,
            notes: self.notes.clone(),
            observed: self.observed.clone(),
            transcript: self.transcript.told(),
            seen: self.seen.clone(),
        })
    }

    fn advance(&mut self) {
        match self.phase {
            Phase::Running => self.run_fibers(),
            Phase::Over => {}
            Phase::Closing(_) | Phase::Ending(_) | Phase::Asking(_) => self.advance_ending(),
        }
    }

    fn tell(
        &mut self,
        order: Order,
        connection: Option<usize>,
        at: &str,
        sends: Vec<Message>,
        is_awaited: bool,
    ) -> u64 {
        let c = self.number_command(&order, connection, at, sends, is_awaited);
        let on = connection.map(|connection| self.connections[connection].name.clone());
        self.say(Party::Runner, Party::Client, on, words_of(&order));
        self.actions.push_back(Action::Tell(Command { seq: self.world.seq, c, order }));
        c
    }

    fn number_command(
        &mut self,
        order: &Order,
        connection: Option<usize>,
        at: &str,
        sends: Vec<Message>,
        is_awaited: bool,
    ) -> u64 {
        let c = self.commands.len() as u64 + 1;
        let kind = match order {
            Order::Open(_) => TellKind::Open,
            Order::Listen { .. } => TellKind::Listen,
            Order::End => TellKind::End,
            _ => TellKind::Other,
        };
        let is_late =
            connection.is_some_and(|connection| self.connections[connection].state == State::Closed);
        // Of what is sent only the hash is needed later.
        let sends = sends.into_iter().map(Message::without_payload).collect();
        let told = Told { kind, connection, at: at.to_owned(), is_awaited, is_late, sends, answer: None };
        self.commands.insert(c, told);
        self.unanswered += 1;
        c
    }

    /// What is done from inside a handler: nobody waits for it, because it may never come to it.
    fn number_reaction(&mut self, order: &Order, connection: usize, at: &str, sends: Vec<Message>) -> u64 {
        let c = self.number_command(order, Some(connection), at, sends, false);
        if let Some(told) = self.commands.get_mut(&c) {
            told.kind = TellKind::Reaction { closes: matches!(order, Order::Close { .. }) };
            self.unanswered -= 1;
        }
        c
    }

    fn call(&mut self, connection: usize, act: Vec<Value>) -> Option<u64> {
        let to = self.connections[connection].tag.clone()?;
        self.calls += 1;
        let on = self.connections[connection].name.clone();
        let words = payload::shortened(&Value::Array(act.clone()).to_string());
        self.say(Party::Runner, Party::Server, Some(on), words);
        self.actions.push_back(Action::Control { call: self.calls, to, act });
        Some(self.calls)
    }

    fn scaled(&self, ms: u64) -> Duration {
        Duration::from_millis(ms).mul_f64(self.world.time_scale)
    }

    fn scaled_ms(&self, ms: u64) -> u64 {
        u64::try_from(self.scaled(ms).as_millis()).unwrap_or(u64::MAX)
    }

    fn say(&mut self, by: Party, to: Party, on: Option<String>, what: String) {
        let ms = (self.now.as_secs_f64() * 1e5).round() / 100.0;
        self.transcript.add(Said { ms, by, to, on, what });
    }
}

fn wants_all(step: &Step) -> bool {
    match step {
        Step::Expect { expectation, .. } => payload::wants_all(expectation),
        Step::ExpectAll { expectations, .. } => {
            expectations.iter().any(|it| payload::wants_all(&it.expectation))
        }
        Step::Repeat { steps, .. } => steps.iter().any(wants_all),
        Step::Parallel(lists) => lists.iter().flatten().any(wants_all),
        _ => false,
    }
}
