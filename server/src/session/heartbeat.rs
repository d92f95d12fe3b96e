//! Whether the peer is still there.

/// Counts the rounds of pings in which nothing at all was heard.
#[derive(Debug)]
pub(super) struct Heartbeat {
    heard: bool,
    silent_rounds: u32,
}

/// What a round of pings found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Peer {
    Alive,
    Dead,
}

impl Default for Heartbeat {
    /// The handshake has just been heard.
    fn default() -> Self {
        Self { heard: true, silent_rounds: 0 }
    }
}

impl Heartbeat {
    /// Something came, whatever it was.
    pub(super) const fn heard(&mut self) {
        self.heard = true;
    }

    /// A round is over: so many silent ones in a row, each begun by a ping, and the peer is dead.
    pub(super) const fn round_passes(&mut self, deadly: u32) -> Peer {
        self.silent_rounds = if self.heard { 0 } else { self.silent_rounds.saturating_add(1) };
        self.heard = false;
        if self.silent_rounds < deadly { Peer::Alive } else { Peer::Dead }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_dead_after_two_silent_rounds_and_any_sound_begins_anew() {
        let mut heartbeat = Heartbeat::default();
        assert_eq!(heartbeat.round_passes(2), Peer::Alive, "the handshake was heard");
        assert_eq!(heartbeat.round_passes(2), Peer::Alive);
        heartbeat.heard();
        assert_eq!(heartbeat.round_passes(2), Peer::Alive);
        assert_eq!(heartbeat.round_passes(2), Peer::Alive);
        assert_eq!(heartbeat.round_passes(2), Peer::Dead);
    }
}
