//! The deadlines of a session, on one timer.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, Sleep, sleep_until};

/// When things are due. The timer is made when it is first needed and moved only when a deadline comes before it, so
/// that messages that come and go cost no timer.
#[derive(Debug, Default)]
pub(super) struct Clock {
    ping: Option<Instant>,
    write: Option<Instant>,
    close: Option<Instant>,
    linger: Option<Instant>,
    answer: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

/// What a passed deadline asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// The peer's close frame is answered, late.
    Answer,
    /// The last bytes of the peer have been read away for long enough.
    Linger,
    /// The close frame was not answered.
    Close,
    /// The peer took nothing for too long.
    Write,
    /// The next ping.
    Ping,
}

impl Clock {
    pub(super) fn new(ping_interval: Option<Duration>) -> Self {
        Self { ping: ping_interval.map(|interval| Instant::now() + interval), ..Self::default() }
    }

    /// Ready when the timer has run out.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Instant> {
        let Some(timer) = &mut self.timer else { return Poll::Pending };
        if timer.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.timer = None;
        Poll::Ready(Instant::now())
    }

    /// The next thing that is due, once: its deadline is taken.
    pub(super) fn next_due(&mut self, now: Instant) -> Option<Due> {
        let deadlines = [
            (Due::Answer, &mut self.answer),
            (Due::Linger, &mut self.linger),
            (Due::Close, &mut self.close),
            (Due::Write, &mut self.write),
            (Due::Ping, &mut self.ping),
        ];
        deadlines.into_iter().find_map(|(due, at)| at.take_if(|at| *at <= now).map(|_| due))
    }

    pub(super) fn ping_again(&mut self, now: Instant, interval: Option<Duration>) {
        self.ping = interval.map(|interval| now + interval);
    }

    /// Something waits to be written: the peer has so long to take any of it.
    pub(super) fn writing_waits(&mut self, timeout: Duration) {
        self.write.get_or_insert_with(|| Instant::now() + timeout);
    }

    /// The peer took something.
    pub(super) const fn writing_goes_on(&mut self) {
        self.write = None;
    }

    /// The conversation is over; no ping is sent any more.
    pub(super) const fn stop_pings(&mut self) {
        self.ping = None;
    }

    /// A close frame is out, and waits for its answer.
    pub(super) fn closing_begins(&mut self, timeout: Duration) {
        self.close.get_or_insert_with(|| Instant::now() + timeout);
    }

    /// A close frame is answered after so long.
    pub(super) fn answer_later(&mut self, delay: Duration) {
        self.answer = Some(Instant::now() + delay);
    }

    /// The server's side has ended, and only the peer's is waited for.
    pub(super) fn lingering_begins(&mut self, linger: Duration) {
        *self = Self { timer: self.timer.take(), linger: Some(Instant::now() + linger), ..Self::default() };
    }

    /// Sees to it that the task wakes at the next deadline. Says whether that is already past.
    pub(super) fn arm(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(next) =
            [self.ping, self.write, self.close, self.linger, self.answer].into_iter().flatten().min()
        else {
            return false;
        };
        match &mut self.timer {
            Some(timer) if timer.deadline() <= next => return false,
            Some(timer) => timer.as_mut().reset(next),
            None => self.timer = Some(Box::pin(sleep_until(next))),
        }
        self.timer.as_mut().is_some_and(|timer| timer.as_mut().poll(cx).is_ready())
    }
}
