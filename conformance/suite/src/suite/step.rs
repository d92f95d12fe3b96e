//! What a step is, once it is read.

use super::payload::{Expectation, Payload};
use crate::{json::pointer, judgement::Party};
use crosswire_protocol::seen::Until;
use serde_json::Value;

/// One step of a test.
///
/// Fields are named as in the file: `on` is the connection, `within_ms` how long the step may wait, `times` how often it
/// is taken.
#[expect(missing_docs, reason = "the fields have the same names and meanings in every verb, told once above")]
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Something accepts connections at the server's address.
    Listen,
    /// A connection is opened.
    Connect(Connect),
    /// A connection must be refused; its status, for clients that can see one. Or the client itself gives it up at once.
    ConnectFails { connect: Connect, status: Option<u16>, abandon: bool },
    /// A message is sent.
    Send {
        on: String,
        payload: Payload,
        times: Option<u64>,
        fragments: Option<Vec<usize>>,
        tasks: Option<u64>,
        may_fail: bool,
    },
    /// The next message matches, `times` times.
    Expect { on: String, expectation: Expectation, times: Option<u64>, within_ms: u64 },
    /// The next messages match these, in any order.
    ExpectAll { on: String, expectations: Vec<Expected>, within_ms: u64 },
    /// The server is told to act on a connection.
    Server { on: String, act: Vec<Value>, may_fail: bool },
    /// What the server saw matches.
    Seen { on: String, until: Option<Until>, pattern: Value, within_ms: u64 },
    /// Proof that nothing else was queued: an echo whose answer must be the very next message.
    Fence { on: String },
    /// Nothing arrives for so long.
    ExpectNone { on: String, for_ms: u64 },
    /// The closing handshake.
    Close {
        on: String,
        code: Option<u16>,
        reason: String,
        expect_code: Option<CloseSeen>,
        expect_reason: Option<Value>,
        may_fail: bool,
        within_ms: u64,
    },
    /// What happened is written down, and not judged.
    Observe(Observe),
    /// The peer closes.
    ExpectClose {
        on: String,
        code: Option<CloseSeen>,
        reason: Option<Value>,
        clean: Option<bool>,
        within_ms: u64,
    },
    /// The client cuts TCP.
    Drop { on: String },
    /// A ping, whose pong is waited for.
    Ping { on: String, payload: Option<Payload>, within_ms: u64 },
    /// A pong that nobody asked for.
    Pong { on: String, payload: Option<Payload> },
    /// This step must fail locally.
    Fails(Box<Self>),
    /// The client leaves its socket alone.
    StopReading { on: String },
    /// The client reads again.
    StartReading { on: String },
    /// What the client does from inside its handler when the next message arrives.
    React { on: String, steps: Vec<Self> },
    /// Steps, several times.
    Repeat { times: u64, steps: Vec<Self> },
    /// Lists of steps that run at once.
    Parallel(Vec<Vec<Self>>),
    /// A wait with a reason.
    Pause { ms: u64, why: String },
}

impl Step {
    /// The connection that it is about.
    pub fn on(&self) -> Option<&str> {
        match self {
            Self::Connect(connect) | Self::ConnectFails { connect, .. } => Some(&connect.on),
            Self::Send { on, .. }
            | Self::Expect { on, .. }
            | Self::ExpectAll { on, .. }
            | Self::Server { on, .. }
            | Self::Seen { on, .. }
            | Self::Fence { on }
            | Self::ExpectNone { on, .. }
            | Self::Close { on, .. }
            | Self::ExpectClose { on, .. }
            | Self::Drop { on }
            | Self::Ping { on, .. }
            | Self::Pong { on, .. }
            | Self::StopReading { on }
            | Self::StartReading { on }
            | Self::React { on, .. }
            | Self::Observe(Observe { on, .. }) => Some(on),
            Self::Fails(step) => step.on(),
            Self::Listen | Self::Repeat { .. } | Self::Parallel(_) | Self::Pause { .. } => None,
        }
    }
}

/// Steps with their places, as JSON pointers, and whether each must fail locally. A `fails` is a step of its own in the file,
/// and here goes with the one behind it.
pub(crate) fn placed<'a>(
    steps: &'a [Step],
    at: &'a str,
) -> impl Iterator<Item = (String, &'a Step, bool)> + 'a {
    let mut next = 0;
    steps.iter().map(move |step| {
        let (step, must_fail) = match step {
            Step::Fails(step) => (&**step, true),
            step => (step, false),
        };
        let line = next + usize::from(must_fail);
        next = line + 1;
        (pointer(at, &line.to_string()), step, must_fail)
    })
}

/// One of several messages that may come in any order.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    /// What it has to be.
    pub expectation: Expectation,
    /// Its own round, where it is one of several alike; otherwise that of its step.
    pub round: Option<u64>,
}

/// How a connection is opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Connect {
    /// Its name in the test.
    pub on: String,
    /// Another path than the suite's.
    pub path: Option<String>,
    /// Another server of the run.
    pub at: Option<String>,
    /// The query.
    pub query: Vec<(String, String)>,
    /// More headers.
    pub headers: Vec<(String, String)>,
    /// What is offered.
    pub subprotocols: Vec<String>,
    /// What has to be chosen; the inner `None` is none.
    pub expect_subprotocol: Option<Option<String>>,
    /// The longest message that the client accepts.
    pub max_message: Option<u64>,
    /// Whether the client reads from the start.
    pub reading: bool,
    /// Whether the welcome is left to the test.
    pub leaves_welcome: bool,
    /// Whether it may be refused as well.
    pub may_fail: bool,
    /// How long it may take.
    pub within_ms: u64,
}

/// What is written down of a connection, and under which words.
#[derive(Debug, Clone, PartialEq)]
pub struct Observe {
    /// The connection.
    pub on: String,
    /// The question that it answers, in a few words.
    pub name: String,
    /// Whose behaviour it shows.
    pub about: Party,
    /// What is looked at.
    pub of: Observed,
    /// Where in it, as a JSON pointer; everything, where it is empty.
    pub at: String,
    /// How long it may take to come.
    pub within_ms: u64,
}

/// What can be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observed {
    /// How the handshake ended.
    Opening,
    /// What the client said to the last command that was allowed to fail.
    Answer,
    /// The next message, or the end.
    Next,
    /// The end.
    Closed,
    /// What the server saw, once it saw this.
    Seen(Option<Until>),
}

/// A close code as it is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseSeen {
    /// This code.
    Code(u16),
    /// A close frame without a code.
    NoCode,
    /// No close frame: FIN and RST alike.
    Dropped,
}
