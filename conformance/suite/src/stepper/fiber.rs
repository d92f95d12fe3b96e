//! What each verb does, and what it waits for. Fibers are lists of steps that run at once; most tests are one.

mod address;
mod any_order;
pub(super) mod begin;
mod closing;
mod frame;
mod late;
mod observing;
mod sending;
mod wait;
mod welcomed;

use super::{
    Phase, Stepper,
    names::Names,
    program::{Doing, Instruction, Program},
};
use crate::{
    driver::Message,
    judgement::{Reason, Verdict},
    suite::Step,
};
use any_order::AnyOrder;
use std::{sync::Arc, time::Duration};

/// A list of steps that is being taken.
#[derive(Debug)]
pub(super) struct Fiber {
    frames: Vec<Frame>,
    stage: Stage,
    parent: Option<usize>,
}

/// A place in a program, and how often that is still run.
#[derive(Debug)]
struct Frame {
    program: Program,
    next: usize,
    /// The round and the number of rounds; none for what is run once.
    rounds: Option<(u64, u64)>,
}

#[derive(Debug)]
enum Stage {
    /// The next step has not begun.
    Next,
    /// A step waits.
    Waiting { doing: Arc<Doing>, wait: Wait, until: Duration },
    /// So many fibers that it began are still running.
    Children(usize),
    /// Everything is done.
    Over,
}

/// What a step waits for.
#[derive(Debug)]
enum Wait {
    Opened {
        connection: usize,
        c: u64,
    },
    Welcome {
        connection: usize,
    },
    Refused {
        connection: usize,
        c: u64,
    },
    /// The one message that is wanted in every round, where there is one.
    Messages {
        connection: usize,
        round: u64,
        wanted: Option<Message>,
    },
    AnyOrder(AnyOrder),
    Control {
        call: u64,
    },
    Seen {
        connection: usize,
        call: u64,
    },
    /// What is written down, once it is there; the call that asks the server, where it is asked.
    Observed {
        connection: usize,
        call: Option<u64>,
    },
    Fence {
        connection: usize,
        nonce: String,
    },
    Silence {
        connection: usize,
    },
    /// The client closes or cuts the connection itself.
    Ended {
        connection: usize,
    },
    PeerCloses {
        connection: usize,
    },
    Pong {
        connection: usize,
        c: u64,
    },
    /// All of these.
    Answers {
        first: u64,
        last: u64,
    },
    Time,
}

/// Whether a step is over.
enum Progress {
    Done,
    Pending,
    /// It waits for more of the same, for so long again.
    Again(Duration),
    /// It waits for something else now, for so long.
    Now(Wait, Duration),
}

impl Fiber {
    pub(super) fn new(program: Program, parent: Option<usize>) -> Self {
        Self { frames: vec![Frame { program, next: 0, rounds: None }], stage: Stage::Next, parent }
    }

    /// When the step that it waits in runs out of time.
    pub(super) const fn deadline(&self) -> Option<Duration> {
        match &self.stage {
            Stage::Waiting { until, .. } => Some(*until),
            _ => None,
        }
    }

    /// The round of the innermost repetition.
    fn round(&self) -> Option<u64> {
        self.frames.iter().rev().find_map(|frame| frame.rounds).map(|(round, _)| round)
    }

    /// The next instruction; nothing at the end.
    fn next(&mut self) -> Option<(Program, usize)> {
        loop {
            let frame = self.frames.last_mut()?;
            if frame.next < frame.program.len() {
                frame.next += 1;
                return Some((Arc::clone(&frame.program), frame.next - 1));
            }
            match &mut frame.rounds {
                Some((round, times)) if *round + 1 < *times => {
                    *round += 1;
                    frame.next = 0;
                }
                _ => {
                    self.frames.pop();
                }
            }
        }
    }
}

impl Stepper {
    /// Takes every step that can be taken.
    pub(super) fn run_fibers(&mut self) {
        let mut is_moving = true;
        while is_moving && self.phase == Phase::Running {
            is_moving = false;
            let mut fiber = 0;
            // Fibers may be added while others run.
            while fiber < self.fibers.len() && self.phase == Phase::Running {
                while self.phase == Phase::Running && self.run_fiber(fiber) {
                    is_moving = true;
                }
                fiber += 1;
            }
        }
        let is_over = self.fibers.iter().all(|fiber| matches!(fiber.stage, Stage::Over));
        if is_over && self.phase == Phase::Running {
            self.begin_closing();
        }
    }

    /// Moves a fiber by one step. Says whether it moved.
    fn run_fiber(&mut self, fiber: usize) -> bool {
        match std::mem::replace(&mut self.fibers[fiber].stage, Stage::Next) {
            Stage::Over => {
                self.fibers[fiber].stage = Stage::Over;
                false
            }
            Stage::Children(left) if left > 0 => {
                self.fibers[fiber].stage = Stage::Children(left);
                false
            }
            Stage::Children(_) => true,
            Stage::Waiting { doing, mut wait, until } => match self.check(fiber, &doing, &mut wait) {
                Ok(Progress::Done) => true,
                Ok(Progress::Again(within)) => {
                    self.fibers[fiber].stage = Stage::Waiting { doing, wait, until: self.now + within };
                    true
                }
                Ok(Progress::Now(wait, within)) => {
                    self.fibers[fiber].stage = Stage::Waiting { doing, wait, until: self.now + within };
                    true
                }
                Ok(Progress::Pending) => {
                    self.fibers[fiber].stage = Stage::Waiting { doing, wait, until };
                    false
                }
                Err(reason) => {
                    self.fail_at(fiber, &doing, reason);
                    false
                }
            },
            Stage::Next => self.begin_next(fiber),
        }
    }

    fn begin_next(&mut self, fiber: usize) -> bool {
        let Some((program, index)) = self.fibers[fiber].next() else {
            self.fibers[fiber].stage = Stage::Over;
            if let Some(parent) = self.fibers[fiber].parent
                && let Stage::Children(left) = &mut self.fibers[parent].stage
            {
                *left -= 1;
            }
            return true;
        };
        match &program[index] {
            Instruction::Repeat(times, body) => {
                let frame = Frame { program: Arc::clone(body), next: 0, rounds: Some((0, *times)) };
                self.fibers[fiber].frames.push(frame);
            }
            Instruction::Parallel(lists) => {
                self.fibers[fiber].stage = Stage::Children(lists.len());
                let round = self.fibers[fiber].round();
                for list in lists {
                    let mut child = Fiber::new(Arc::clone(list), Some(fiber));
                    // What runs at once inside of a repetition is in its round.
                    child.frames[0].rounds = round.map(|round| (round, 0));
                    self.add_fiber(child);
                }
            }
            Instruction::Do(doing) => {
                let doing = Arc::clone(doing);
                match self.begin(fiber, &doing) {
                    Ok(None) => {}
                    Ok(Some((wait, within))) => {
                        let until = self.now + within;
                        self.fibers[fiber].stage = Stage::Waiting { doing, wait, until };
                    }
                    Err(reason) => {
                        self.fail_at(fiber, &doing, reason);
                        return false;
                    }
                }
            }
        }
        true
    }

    /// In place of one that is over, so that a thousand rounds leave no thousand behind; never of the first.
    fn add_fiber(&mut self, fiber: Fiber) {
        let is_over = |fiber: &Fiber| matches!(fiber.stage, Stage::Over);
        match self.fibers.iter().skip(1).position(is_over) {
            Some(place) => self.fibers[place + 1] = fiber,
            None => self.fibers.push(fiber),
        }
    }

    /// Whether a step waits for the peer to close a connection.
    pub(super) fn expects_close(&self, of: usize) -> bool {
        self.fibers.iter().any(|fiber| {
            matches!(
                &fiber.stage,
                Stage::Waiting { wait: Wait::PeerCloses { connection } | Wait::Observed { connection, .. }, .. }
                    if *connection == of
            )
        })
    }

    /// Steps whose time is over fail, unless they waited for just that.
    pub(super) fn run_out_of_time(&mut self) {
        for fiber in 0..self.fibers.len() {
            let Stage::Waiting { doing, wait, until } = &self.fibers[fiber].stage else { continue };
            if *until > self.now || self.phase != Phase::Running {
                continue;
            }
            let doing = Arc::clone(doing);
            if matches!(wait, Wait::Silence { .. } | Wait::Time) {
                self.fibers[fiber].stage = Stage::Next;
                continue;
            }
            if let (Wait::Observed { .. }, Step::Observe(observe)) = (wait, &doing.step) {
                self.observed.push(observe.answered(None));
                self.fibers[fiber].stage = Stage::Next;
                continue;
            }
            let reason = self.too_late(wait, &doing);
            self.fail_at(fiber, &doing, reason);
        }
    }

    fn fail_at(&mut self, fiber: usize, doing: &Doing, mut reason: Reason) {
        reason.step = Some(doing.at.clone());
        if reason.round.is_none() {
            reason.round = self.fibers[fiber].round();
        }
        if reason.on.is_none() {
            let names = Names { bindings: &self.bindings, round: self.fibers[fiber].round() };
            reason.on = doing.step.on().and_then(|on| names.fill(on).ok());
        }
        self.fail(reason);
    }

    /// The test has failed: what is left of it is not taken any more.
    pub(super) fn fail(&mut self, reason: Reason) {
        if self.verdict.is_none() {
            // A test that is broken must never look like one that has failed.
            let is_broken = reason.code == "broken_test";
            self.verdict = Some((if is_broken { Verdict::HarnessError } else { Verdict::Fail }, reason));
        }
        if self.phase == Phase::Running {
            self.begin_closing();
        }
    }
}
