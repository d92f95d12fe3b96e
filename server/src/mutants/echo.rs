//! Echoes that are not what was sent.

use super::Mutant;
use crate::framing::Message;
use crosswire_protocol::digest::Kind;
use serde_json::Value;

/// Where a length no longer fits into the short header, and where it no longer fits into two bytes.
const LONG_HEADER: usize = 126;
const TWO_BYTES: usize = 65535;
const ONE_MEBIBYTE: usize = 1 << 20;

/// The echoes of one connection.
#[derive(Debug)]
pub(crate) struct Echoes {
    mutant: Mutant,
    /// Whether this is one of the connections that are wrong, where not all are.
    is_wrong: bool,
    /// A ping has come since the last echo.
    pub(crate) after_ping: bool,
    /// How many messages came.
    count: usize,
    /// What stands in the buffer that is used again.
    buffer: Vec<u8>,
}

/// What is sent: a kind and its bytes.
pub(crate) type Sent = (Kind, Vec<u8>);

/// Whether a connection of this number, from 1, is one of those that are wrong: the second is, and half of all are.
///
/// Not simply each with an even number: two tests that connect by turns would have all right ones and all wrong ones. The
/// sequence of Thue and Morse has no period, so that a crowd that has each n-th connection has wrong and right ones.
const fn is_wrong(connection_number: usize) -> bool {
    connection_number.saturating_sub(1).count_ones() % 2 == 1
}

impl Echoes {
    pub(crate) const fn new(mutant: Mutant, connection_number: usize) -> Self {
        Self {
            mutant,
            is_wrong: is_wrong(connection_number),
            after_ping: false,
            count: 0,
            buffer: Vec::new(),
        }
    }

    /// What goes back for a message, whose last fragment was so long where it had several.
    pub(crate) fn of(&mut self, message: Message<'_>, last_fragment: Option<usize>) -> Vec<Sent> {
        let Message { kind, payload } = message;
        self.count += 1;
        let len = payload.len();
        let same = (kind, payload.to_vec());
        let text = match kind {
            Kind::Text => std::str::from_utf8(payload).ok(),
            Kind::Binary => None,
        };
        let rewrite = |rewritten: String| (Kind::Text, rewritten.into_bytes());
        let echo = match self.mutant {
            Mutant::EchoAltered => altered(same),
            Mutant::SecondConnectionWrong if self.is_wrong => altered(same),
            Mutant::WrongAfterPing if std::mem::take(&mut self.after_ping) => altered(same),
            Mutant::WrongAbove64k if len > TWO_BYTES => altered(same),
            Mutant::EchoAsBinary => (Kind::Binary, same.1),
            Mutant::BinaryAsText if std::str::from_utf8(payload).is_ok() => (Kind::Text, same.1),
            Mutant::EmptyBinaryAsText if len == 0 => (Kind::Text, same.1),
            Mutant::EmptySwallowed if len == 0 => return Vec::new(),
            Mutant::DropsOneMebibyte if len >= ONE_MEBIBYTE => return Vec::new(),
            Mutant::HundredthLost if self.count.is_multiple_of(100) => return Vec::new(),
            Mutant::EchoTwice => return vec![same.clone(), same],
            Mutant::Truncate64k => cut(same, TWO_BYTES),
            Mutant::Truncate125 => cut(same, LONG_HEADER - 1),
            Mutant::WrongAt126 if len == LONG_HEADER => cut(same, LONG_HEADER - 1),
            Mutant::FragmentsJoinedWrong => cut(same, len - last_fragment.unwrap_or_default()),
            Mutant::Byte255Lost if kind == Kind::Binary => {
                (kind, payload.iter().map(|byte| (*byte).min(0xFE)).collect())
            }
            Mutant::KeepsLongerTail => self.over_the_last(same),
            mutant => match text.and_then(|text| rewritten(mutant, text)) {
                Some(text) => rewrite(text),
                None => same,
            },
        };
        vec![echo]
    }

    /// The message, written over the one before it.
    fn over_the_last(&mut self, (kind, payload): Sent) -> Sent {
        let common = self.buffer.len().min(payload.len());
        self.buffer.splice(..common, payload);
        match kind {
            Kind::Text => (kind, String::from_utf8_lossy(&self.buffer).into_owned().into_bytes()),
            Kind::Binary => (kind, self.buffer.clone()),
        }
    }
}

/// Text that is understood as more than its characters.
fn rewritten(mutant: Mutant, text: &str) -> Option<String> {
    match mutant {
        Mutant::EchoUpperCase => Some(text.to_ascii_uppercase()),
        Mutant::EchoTrimmed => Some(text.trim().to_owned()),
        Mutant::StopsAtNul => text.split('\0').next().map(str::to_owned),
        Mutant::DropsBom => text.strip_prefix('\u{FEFF}').map(str::to_owned),
        Mutant::TextNormalised => Some(text.replace("e\u{301}", "\u{E9}")),
        Mutant::JsonReserialised => serde_json::from_str::<Value>(text).ok().map(|json| json.to_string()),
        Mutant::MultiByteCut => {
            let (at, last) = text.char_indices().rfind(|(_, it)| !it.is_ascii())?;
            let mut bytes = text.as_bytes().to_vec();
            bytes.remove(at + last.len_utf8() - 1);
            Some(String::from_utf8_lossy(&bytes).into_owned())
        }
        _ => None,
    }
}

/// The last byte is another one. Its lowest bit alone is turned, which leaves UTF-8 what it is.
fn altered((kind, mut payload): Sent) -> Sent {
    if let Some(last) = payload.last_mut() {
        *last ^= 1;
    }
    (kind, payload)
}

/// Not longer than this; text is cut between characters, so that it is wrong in one way and not in two.
fn cut((kind, mut payload): Sent, len: usize) -> Sent {
    let len = match (kind, std::str::from_utf8(&payload)) {
        (Kind::Text, Ok(text)) => text.floor_char_boundary(len),
        _ => len.min(payload.len()),
    };
    payload.truncate(len);
    (kind, payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn echo(mutant: Mutant, kind: Kind, payload: &[u8]) -> Vec<Sent> {
        Echoes::new(mutant, 2).of(Message { kind, payload }, None)
    }

    #[test]
    fn whoever_takes_turns_with_others_meets_wrong_connections_too() {
        assert!(!is_wrong(1) && is_wrong(2));
        for step in 1..=16 {
            for first in 1..=step {
                let met = (first..).step_by(step).take(100).filter(|number| is_wrong(*number)).count();
                assert!((5..=95).contains(&met), "{met} of a hundred, from {first} in steps of {step}");
            }
        }
    }

    #[test]
    fn what_is_wrong_is_wrong_as_its_sentence_says_and_text_stays_text() {
        for (mutant, sent, back) in [
            (Mutant::Healthy, "hello", "hello"),
            (Mutant::EchoAltered, "hello", "helln"),
            (Mutant::EchoAltered, "hällö", "häll÷"),
            (Mutant::SecondConnectionWrong, "hello", "helln"),
            (Mutant::EchoUpperCase, "hellö", "HELLö"),
            (Mutant::EchoTrimmed, " hello\n", "hello"),
            (Mutant::StopsAtNul, "a\0b", "a"),
            (Mutant::DropsBom, "\u{FEFF}a", "a"),
            (Mutant::TextNormalised, "cafe\u{301}", "caf\u{e9}"),
            (Mutant::JsonReserialised, "{ \"a\": 1 }", "{\"a\":1}"),
            (Mutant::JsonReserialised, "{ a }", "{ a }"),
            (Mutant::MultiByteCut, "ä€!", "ä\u{FFFD}!"),
            (Mutant::Byte255Lost, "hello", "hello"),
        ] {
            let expected = vec![(Kind::Text, back.as_bytes().to_vec())];
            assert_eq!(echo(mutant, Kind::Text, sent.as_bytes()), expected, "{}", mutant.name());
        }
    }

    #[test]
    fn lengths_are_wrong_just_where_they_are_said_to_be() {
        for (mutant, right, wrong, back) in [
            (Mutant::Truncate125, 125, 126, Some(125)),
            (Mutant::Truncate64k, 65535, 65536, Some(65535)),
            (Mutant::WrongAt126, 127, 126, Some(125)),
            (Mutant::DropsOneMebibyte, (1 << 20) - 1, 1 << 20, None),
        ] {
            let right = vec![7; right];
            assert_eq!(echo(mutant, Kind::Binary, &right), [(Kind::Binary, right.clone())]);
            let wrong = echo(mutant, Kind::Binary, &vec![7; wrong]);
            assert_eq!(wrong.first().map(|(_, payload)| payload.len()), back, "{}", mutant.name());
        }
    }

    #[test]
    fn a_shorter_echo_keeps_the_tail_of_a_longer_one() {
        let mut echoes = Echoes::new(Mutant::KeepsLongerTail, 1);
        for (sent, back) in [("long one", "long one"), ("ab", "abng one")] {
            let message = Message { kind: Kind::Text, payload: sent.as_bytes() };
            assert_eq!(echoes.of(message, None), [(Kind::Text, back.as_bytes().to_vec())]);
        }
    }
}
