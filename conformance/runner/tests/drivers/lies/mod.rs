//! Every lie: how it is told, and what must come of it.
//!
//! Each is told in one test of three, and only there. What comes of it stands in that test's row, and the other two pass
//! as if nothing had been, unless the row here says otherwise.

mod apart;
mod hello;
mod lines;
mod silence;
mod story;

use super::liar::{Heard, Liar};
use crosswire_runner::results::Verdict;
use serde_json::{Value, json};

/// A lie, and what must come of it.
pub(crate) struct Lie {
    pub(crate) name: &'static str,
    pub(crate) tell: fn(&mut Liar, Heard),
    /// How many tests the driver takes at once. Where the whole driver goes down, others would go down with it.
    pub(crate) at_once: usize,
    pub(crate) comes_to: Ending,
    /// What comes of the test before it and the one behind it.
    pub(crate) after: After,
    /// What is said beside the tests.
    pub(crate) fault: Option<&'static str>,
}

/// What a test comes to: the verdict, the reason's code, and words of its message or of a note.
#[derive(Clone, Copy)]
pub(crate) struct Ending {
    pub(crate) verdict: Verdict,
    pub(crate) code: &'static str,
    pub(crate) says: &'static str,
}

/// What comes of the other tests of a liar.
#[derive(Clone, Copy)]
pub(crate) enum After {
    /// They pass.
    Pass,
    /// The one behind comes to this.
    Last(Ending),
    /// None of the three is run: all come to the same.
    Same,
}

impl Ending {
    pub(crate) const PASS: Self = Self { verdict: Verdict::Pass, code: "", says: "" };
}

const SILENT: Ending = Ending {
    verdict: Verdict::Timeout,
    code: "driver_silent",
    says: "the driver stopped answering: it was told that the test is over, and did not say `ended`",
};

const fn harness_error(code: &'static str, says: &'static str) -> Ending {
    Ending { verdict: Verdict::HarnessError, code, says }
}

const fn not_run(says: &'static str) -> Ending {
    Ending { verdict: Verdict::NotRun, code: "not_run", says }
}

/// One that is told by one test at a time.
const fn lie(name: &'static str, tell: fn(&mut Liar, Heard), comes_to: Ending) -> Lie {
    Lie { name, tell, at_once: 1, comes_to, after: After::Pass, fault: None }
}

impl Lie {
    /// Other tests run meanwhile with the same driver, and do not feel it.
    const fn amid_others(self) -> Self {
        Self { at_once: 3, ..self }
    }

    const fn of_all(self) -> Self {
        Self { after: After::Same, ..self }
    }

    const fn behind(self, ending: Ending) -> Self {
        Self { after: After::Last(ending), ..self }
    }

    const fn fault(self, says: &'static str) -> Self {
        Self { fault: Some(says), ..self }
    }
}

/// Those that are told in one run.
pub(crate) fn together() -> Vec<Lie> {
    [
        story::in_the_story(),
        story::in_the_numbers(),
        lines::in_the_lines(),
        silence::in_silence(),
        hello::at_the_hello(),
        silence::at_the_end(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The lie of this name.
pub(crate) fn find(name: &str) -> Option<Lie> {
    together().into_iter().chain(apart::apart()).find(|lie| lie.name == name)
}

/// An event of the test that is lied in, where it is one of these.
fn said<'a>(liar: &Liar, heard: &'a Heard, is: &str) -> Option<&'a Value> {
    match heard {
        Heard::Said(line) if liar.is_mine(line) && line["event"]["is"] == is => Some(&line["event"]),
        _ => None,
    }
}

/// A command of the test that is lied in, where it is one of these.
fn told<'a>(liar: &Liar, heard: &'a Heard, cmd: &str) -> Option<&'a Value> {
    match heard {
        Heard::Command(command) if liar.is_mine(command) && command["cmd"] == cmd => Some(command),
        _ => None,
    }
}

/// The question with a command that there is not.
fn is_question(heard: &Heard) -> bool {
    matches!(heard, Heard::Command(command) if command["cmd"] == "juggle")
}

fn is_bye(heard: &Heard) -> bool {
    matches!(heard, Heard::Command(command) if command["cmd"] == "bye")
}

fn done(command: &Value) -> Value {
    json!({"c": command["c"], "on": command["on"], "is": "done"})
}

fn instead_of_opened(liar: &mut Liar, heard: Heard, lie: fn(&mut Liar)) {
    if said(liar, &heard, "opened").is_some() { lie(liar) } else { liar.pass(heard) }
}

fn sleep_for_ever() -> ! {
    loop {
        std::thread::park();
    }
}
