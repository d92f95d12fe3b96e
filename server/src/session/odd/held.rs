//! What is held back for a moment, so that "at once" does not hang on how fast a client and this machine are.

use super::super::{Item, Talk};
use crate::{
    framing::{FrameWriter, Message},
    mutants::Mutant,
};
use crosswire_protocol::digest::Kind;
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Sleep, sleep};

/// What comes within this time has come at once.
const AT_ONCE: Duration = Duration::from_millis(40);

/// What is held at most, so that a client that never stops sending is answered all the same.
const MOST_MESSAGES: usize = 64;
const MOST_BYTES: usize = 256 << 10;

/// From where on a message is large, and up to where it is small.
const LARGE: usize = 16 << 10;
const SMALL: usize = 1 << 10;

/// Echoes and pushes that are held back.
#[derive(Debug, Default)]
pub(super) struct Held {
    echoes: Vec<(Kind, Vec<u8>)>,
    pub(super) pushes: Vec<Item>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Held {
    /// The echoes will not be sent.
    pub(super) fn forget(&mut self) {
        self.echoes.clear();
    }

    /// From now on something is held for a moment.
    pub(super) fn begin(&mut self) {
        self.timer.get_or_insert_with(|| Box::pin(sleep(AT_ONCE)));
    }

    fn bytes(&self) -> usize {
        self.echoes.iter().map(|(_, payload)| payload.len()).sum()
    }
}

impl<W: FrameWriter> Talk<W> {
    /// Holds an echo back, where what comes with it matters. Says whether it does.
    pub(super) fn holds_echo(&mut self, message: Message<'_>) -> bool {
        let held = &mut self.odd.held;
        let len = message.payload.len();
        let matters = match self.odd.mutant {
            Mutant::DropsOrder | Mutant::WrongUnderPipelining | Mutant::ForgetsUnreadAtClose => true,
            Mutant::SmallOvertakesLarge => len >= LARGE || !held.echoes.is_empty(),
            _ => false,
        };
        if !matters {
            return false;
        }
        held.begin();
        held.echoes.push((message.kind, message.payload.to_vec()));
        let overtakes = self.odd.mutant == Mutant::SmallOvertakesLarge && len <= SMALL;
        let is_full =
            held.echoes.len() >= MOST_MESSAGES || (held.echoes.len() > 1 && held.bytes() > MOST_BYTES);
        if overtakes || (is_full && self.odd.mutant != Mutant::SmallOvertakesLarge) {
            self.release_echoes();
        }
        true
    }

    /// Sends the echoes that are held, in this mutant's order.
    pub(in super::super) fn release_echoes(&mut self) {
        let mut echoes = std::mem::take(&mut self.odd.held.echoes);
        if echoes.is_empty() {
            return;
        }
        self.odd.held.timer = None;
        // Nothing may follow a close frame.
        if self.life.sent.is_some() || self.life.cut.is_some() {
            return;
        }
        match self.odd.mutant {
            Mutant::DropsOrder if echoes.len() > 1 => echoes.swap(0, 1),
            Mutant::WrongUnderPipelining if echoes.len() > 1 => echoes.truncate(echoes.len() - 1),
            Mutant::SmallOvertakesLarge => echoes.sort_by_key(|(_, payload)| payload.len() > SMALL),
            _ => {}
        }
        for (kind, payload) in echoes {
            self.send(Message { kind, payload: &payload });
        }
    }

    /// Releases what has been held for long enough.
    pub(in super::super) fn poll_held(&mut self, cx: &mut Context<'_>) {
        let Some(timer) = &mut self.odd.held.timer else { return };
        if let Poll::Ready(()) = timer.as_mut().poll(cx) {
            self.odd.held.timer = None;
            self.release_echoes();
            self.release_pushes();
        }
    }
}
