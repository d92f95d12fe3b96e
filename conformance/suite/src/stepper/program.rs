//! A test's steps as a program: each with its place in the file.

use crate::{
    json::pointer,
    suite::{Step, placed},
};
use std::sync::Arc;

/// A list of instructions that a fiber carries out.
pub(super) type Program = Arc<[Instruction]>;

/// What a fiber does next.
#[derive(Debug)]
pub(super) enum Instruction {
    /// A step.
    Do(Arc<Doing>),
    /// A program, several times.
    Repeat(u64, Program),
    /// Programs that run at once.
    Parallel(Vec<Program>),
}

/// A step, and where it stands.
#[derive(Debug)]
pub(super) struct Doing {
    /// What it says.
    pub(super) step: Step,
    /// Its place in the test's `steps`, as a JSON pointer.
    pub(super) at: String,
    /// Whether it must fail locally.
    pub(super) must_fail: bool,
}

/// Translates steps.
pub(super) fn translate(steps: &[Step], at: &str) -> Program {
    let instruction = |(at, step, must_fail): (String, &Step, bool)| match step {
        Step::Repeat { times, steps } => {
            Instruction::Repeat(*times, translate(steps, &pointer(&at, "steps")))
        }
        Step::Parallel(lists) => {
            let at = pointer(&at, "lists");
            let list = |(i, steps): (usize, &Vec<Step>)| translate(steps, &pointer(&at, &i.to_string()));
            Instruction::Parallel(lists.iter().enumerate().map(list).collect())
        }
        step => Instruction::Do(Arc::new(Doing { step: step.clone(), at, must_fail })),
    };
    placed(steps, at).map(instruction).collect()
}
