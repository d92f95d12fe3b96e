//! Messages in any order: each is given an expectation of its own, where that can be done.

use super::{Progress, Stepper, wait::mismatch};
use crate::{
    driver::Message,
    judgement::Reason,
    stepper::payload::{self, Unmet, hold},
    suite::{Expectation, Expected},
};
use std::time::Duration;

/// What has come of the messages that a step expects, and what it is taken for.
///
/// The first expectation that a message fits is not always its own: with "any text" and "a", an "a" that comes first must
/// leave "any text" to the next. So each message may move those before it along, as in the matcher's `assign`.
#[derive(Debug)]
pub(super) struct AnyOrder {
    pub(super) connection: usize,
    came: Vec<Came>,
    /// Which message each expectation was given.
    given: Vec<Option<usize>>,
    /// What an expectation is, where that is one message.
    fixed: Vec<Option<Message>>,
}

#[derive(Debug)]
struct Came {
    message: Message,
    /// Which expectations it fits, as far as that was asked.
    fits: Vec<Option<bool>>,
}

impl AnyOrder {
    pub(super) const fn left(&self) -> usize {
        self.given.len() - self.came.len()
    }
}

impl Stepper {
    pub(super) fn wait_for_any(
        &self,
        connection: usize,
        expectations: &[Expected],
        round: Option<u64>,
    ) -> AnyOrder {
        let fixed = |it: &Expected| self.fixed(&it.expectation, it.round.or(round));
        let fixed = expectations.iter().map(fixed).collect();
        AnyOrder { connection, came: Vec::new(), given: vec![None; expectations.len()], fixed }
    }

    /// The one message that an expectation is met by, where there is only one.
    pub(super) fn fixed(&self, expectation: &Expectation, round: Option<u64>) -> Option<Message> {
        let names = super::Names { bindings: &self.bindings, round };
        payload::only_message(expectation, names, &self.world.fixtures).ok().flatten()
    }

    pub(super) fn check_any(
        &mut self,
        wait: &mut AnyOrder,
        expectations: &[Expected],
        round: Option<u64>,
        within: Duration,
    ) -> Result<Progress, Reason> {
        let mut is_moving = false;
        while wait.left() > 0 {
            let Some(message) = self.next_message(wait.connection)? else { break };
            is_moving = true;
            let fits = vec![None; expectations.len()];
            wait.came.push(Came { message, fits });
            let newest = wait.came.len() - 1;
            let mut tried = vec![false; expectations.len()];
            if !self.give(newest, wait, &mut tried, expectations, round)? {
                return Err(self.fits_none(wait, expectations, round));
            }
        }
        if wait.left() > 0 {
            return Ok(if is_moving { Progress::Again(within) } else { Progress::Pending });
        }
        // What they capture is bound in the order of the file.
        for (i, given) in wait.given.iter().enumerate() {
            let Some(message) = given.map(|message| &wait.came[message].message) else { continue };
            if wait.fixed[i].is_none() {
                let Expected { expectation, round: own } = &expectations[i];
                hold(expectation, message, &mut self.bindings, own.or(round), &self.world.fixtures)
                    .map_err(|unmet| mismatch(unmet, "the message is another one than expected"))?;
            }
        }
        Ok(Progress::Done)
    }

    /// Finds an expectation for a message, a free one first; others make room where they can.
    fn give(
        &self,
        message: usize,
        wait: &mut AnyOrder,
        tried: &mut [bool],
        expectations: &[Expected],
        round: Option<u64>,
    ) -> Result<bool, Reason> {
        for takes_free in [true, false] {
            for i in 0..expectations.len() {
                if tried[i]
                    || wait.given[i].is_none() != takes_free
                    || !self.fits(message, i, wait, expectations, round)?
                {
                    continue;
                }
                tried[i] = true;
                let is_free = match wait.given[i] {
                    None => true,
                    Some(other) => self.give(other, wait, tried, expectations, round)?,
                };
                if is_free {
                    wait.given[i] = Some(message);
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn fits(
        &self,
        message: usize,
        i: usize,
        wait: &mut AnyOrder,
        expectations: &[Expected],
        round: Option<u64>,
    ) -> Result<bool, Reason> {
        let came = &mut wait.came[message];
        if let Some(fits) = came.fits[i] {
            return Ok(fits);
        }
        let fits = match &wait.fixed[i] {
            Some(wanted) => wanted.is(&came.message),
            None => {
                let mut bindings = self.bindings.clone();
                let Expected { expectation, round: own } = &expectations[i];
                match hold(expectation, &came.message, &mut bindings, own.or(round), &self.world.fixtures) {
                    Ok(()) => true,
                    Err(Unmet::Differs(_)) => false,
                    Err(unmet) => return Err(mismatch(unmet, "")),
                }
            }
        };
        came.fits[i] = Some(fits);
        Ok(fits)
    }

    /// The newest message fits nothing that is left. Where only one is left, it is told where it differs.
    fn fits_none(&self, wait: &AnyOrder, expectations: &[Expected], round: Option<u64>) -> Reason {
        let message = &wait.came[wait.came.len() - 1].message;
        let open: Vec<_> = (0..expectations.len()).filter(|i| wait.given[*i].is_none()).collect();
        if let [only] = open[..] {
            let mut bindings = self.bindings.clone();
            let Expected { expectation, round: own } = &expectations[only];
            let held = hold(expectation, message, &mut bindings, own.or(round), &self.world.fixtures);
            if let Err(unmet) = held {
                return mismatch(unmet, "the message is not the one that is still expected");
            }
        }
        Reason {
            want: Some(format!("any of {} messages that are still expected", open.len())),
            got: Some(message.to_words()),
            ..Reason::new("mismatch", "the message is none of those that are still expected")
        }
    }
}
