//! Where a session of a mutant goes wrong. Every moment has one hook in the session, and what it does stands here.

mod closing;
mod held;
mod outgoing;

use super::{Item, Talk};
use crate::{
    framing::{FrameWriter, Incoming, Message, Violation},
    mutants::{Echoes, Mutant, Share, fragments},
};
pub(super) use closing::Farewell;
use crosswire_protocol::digest::Kind;
use held::Held;

/// What waits for a client that does not read before its echoes are dropped.
const PRESSURE: usize = 1 << 20;

/// How a session is wrong.
#[derive(Debug)]
pub(super) struct Odd {
    share: Option<Share>,
    mutant: Mutant,
    echoes: Echoes,
    held: Held,
    /// The welcome, where it waits for the first echo.
    welcome: Option<String>,
    /// Pongs that wait for the next echo.
    pongs: Vec<Vec<u8>>,
    /// The payload of the ping before.
    last_ping: Vec<u8>,
    /// Pings that are out and have no pong yet.
    pings_out: usize,
    /// Messages that were sent, and those of them that nobody asked for.
    sent: usize,
    pushes: usize,
    /// The client's close frame was answered.
    answered_close: bool,
    /// The longest message, where something else than bytes is counted.
    most_characters: usize,
}

impl Odd {
    pub(super) fn new(share: Option<Share>, longest_message: usize) -> Self {
        let mutant = share.as_ref().map(|share| share.mutant).unwrap_or_default();
        Self {
            mutant,
            echoes: Echoes::new(mutant, share.as_ref().map_or(1, |share| share.number)),
            share,
            held: Held::default(),
            welcome: None,
            pongs: Vec::new(),
            last_ping: Vec::new(),
            pings_out: 0,
            sent: 0,
            pushes: 0,
            answered_close: false,
            // As `change_rules` has lifted it.
            most_characters: longest_message / 4,
        }
    }

    /// A ping has left.
    pub(super) const fn pinged(&mut self) {
        self.pings_out += 1;
    }

    /// The payload of the pong to a ping, unless it is held back.
    pub(super) fn pong(&mut self, ping: &[u8]) -> Option<Vec<u8>> {
        match self.mutant {
            Mutant::NoPong => None,
            Mutant::PongEmpty => Some(Vec::new()),
            Mutant::PongPreviousPayload => Some(std::mem::replace(&mut self.last_ping, ping.to_vec())),
            Mutant::PongWaitsForData => {
                self.pongs.push(ping.to_vec());
                None
            }
            _ => Some(ping.to_vec()),
        }
    }
}

impl<W: FrameWriter> Talk<W> {
    /// Says the welcome wrongly, or leaves it to the session.
    pub(super) fn greet(&mut self, greeting: Option<String>) -> Option<String> {
        let text = greeting?;
        match self.odd.mutant {
            Mutant::NoWelcome => None,
            Mutant::WelcomeAfterFirstEcho => {
                self.odd.welcome = Some(text);
                None
            }
            Mutant::WelcomeTwice => {
                self.send(Message { kind: Kind::Text, payload: text.as_bytes() });
                Some(text)
            }
            Mutant::WelcomeWithoutConnection => {
                let mut welcome: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
                welcome.as_object_mut().map(|fields| fields.remove("connection"));
                Some(welcome.to_string())
            }
            _ => Some(text),
        }
    }

    /// Something has come; what is held back comes to its turn before it is looked at.
    pub(super) fn hears(&mut self, incoming: &Incoming<'_>) {
        match incoming {
            Incoming::Message(_) => return,
            Incoming::Ping(_) => self.odd.echoes.after_ping = true,
            Incoming::Pong(_) => {}
            Incoming::Close(_) if self.odd.mutant == Mutant::ForgetsUnreadAtClose => self.odd.held.forget(),
            Incoming::Close(_) => {}
        }
        self.release_echoes();
    }

    /// A pong has come.
    pub(super) fn hears_pong(&mut self) {
        if self.odd.pings_out > 0 {
            self.odd.pings_out -= 1;
        } else if self.odd.mutant == Mutant::PongKills {
            self.end_with(Violation::protocol("a pong that nobody asked for"));
        }
    }

    /// Whether a message is longer than one may be, by another measure than bytes.
    pub(super) fn is_too_long(&self, message: Message<'_>) -> Option<Violation> {
        if self.odd.mutant != Mutant::LimitCountsCharacters {
            return None;
        }
        let characters = match (message.kind, std::str::from_utf8(message.payload)) {
            (Kind::Text, Ok(text)) => text.chars().count(),
            _ => message.payload.len(),
        };
        let most = self.odd.most_characters;
        (characters > most)
            .then(|| Violation::too_big(format!("a message of {characters} characters; the limit is {most}")))
    }

    /// A message is echoed, or what this mutant takes for it.
    pub(super) fn echo(&mut self, message: Message<'_>) {
        let last_fragment = fragments::take();
        let Some(share) = &self.odd.share else { return self.send(message) };
        let is_under_pressure =
            self.odd.mutant == Mutant::ReadsOnUnderPressure && self.unsent.len() > PRESSURE;
        if is_under_pressure || share.loses_under_load() {
            return;
        }
        if self.odd.mutant == Mutant::EchoToNeighbour {
            let payload = message.payload.to_vec().into();
            share.to_neighbour(Item::Message { kind: message.kind, payload, fragments: None });
        }
        if self.holds_echo(message) {
            return;
        }
        self.release_pushes();
        for (kind, payload) in self.odd.echoes.of(message, last_fragment) {
            self.send(Message { kind, payload: &payload });
        }
        for pong in std::mem::take(&mut self.odd.pongs) {
            self.send_pong(&pong);
        }
        if let Some(welcome) = self.odd.welcome.take() {
            self.send(Message { kind: Kind::Text, payload: welcome.as_bytes() });
        }
    }

    fn send_pong(&mut self, payload: &[u8]) {
        self.writer.write_pong(payload, self.unsent.buffer());
        self.traffic.sent.pong += 1;
        if let Some(journal) = &self.link.journal {
            journal.sent_pong();
        }
    }
}
