//! Sessions that begin awkwardly.

use super::{Leaves, Script};
use crate::{
    handshake::{judge::Upgrade, switching_protocols},
    session::{AnswersClose, CloseReason, Fragments, Item, Rules},
};
use bytes::Bytes;
use crosswire_protocol::{close::CloseCode, digest::Kind};
use std::time::Duration;

/// How late `answers-close-late` answers.
const LATE: Duration = Duration::from_millis(500);

/// How often `pings` pings.
const OFTEN: Duration = Duration::from_millis(10);

/// What is not awkward in a scenario.
const USUAL: Script = Script {
    answer: switching_protocols,
    leaves: Leaves::Apart,
    items: |_| Vec::new(),
    rules: |_| {},
    reads: true,
};

pub(super) const EARLY: Script =
    Script { leaves: Leaves::Together, items: |welcome| vec![text(welcome.to_owned())], ..USUAL };

pub(super) const TRICKLE: Script = Script {
    leaves: Leaves::ByteByByte,
    items: |_| vec![text("one byte at a time"), close(CloseCode::NORMAL, "that was all")],
    ..USUAL
};

pub(super) const GLUED: Script =
    Script { items: |_| vec![Item::Glue((0..100).map(|i| text(format!("message {i}"))).collect())], ..USUAL };

pub(super) const FRAGMENTED: Script =
    Script { items: |_| vec![fragmented("in many frames", &[1, 2, 0, 5, 6, 0], true)], ..USUAL };

pub(super) const SPLIT_CHARACTER: Script =
    // Three bytes of the first character and one of the second stand alone.
    Script { items: |_| vec![fragmented("\u{1f600}\u{e9}!", &[1, 2, 2, 1, 1], false)], ..USUAL };

pub(super) const CLOSE_AFTER_101: Script = Script {
    leaves: Leaves::Together,
    items: |_| vec![text("last words"), close(CloseCode(4001), "closed at once")],
    ..USUAL
};

pub(super) const MESSAGE_THEN_CLOSE: Script = Script {
    items: |_| vec![Item::Glue(vec![text("last words"), close(CloseCode::NORMAL, "that was all")])],
    ..USUAL
};

pub(super) const WRONG_ACCEPT: Script = Script {
    // The key is the one of RFC 6455's example, and only its own client may be content with this.
    answer: |upgrade| {
        let key = if upgrade.key == OTHER_KEY { ANOTHER_KEY } else { OTHER_KEY };
        switching_protocols(&Upgrade { key: key.to_owned(), ..upgrade.clone() })
    },
    ..USUAL
};

const OTHER_KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ANOTHER_KEY: &str = "AAAAAAAAAAAAAAAAAAAAAA==";

pub(super) const UNASKED_SUBPROTOCOL: Script = Script {
    answer: |upgrade| {
        let subprotocol = Some("nobody.asked.for.this".to_owned());
        switching_protocols(&Upgrade { subprotocol, ..upgrade.clone() })
    },
    ..USUAL
};

pub(super) const IGNORED_SUBPROTOCOLS: Script = Script {
    answer: |upgrade| switching_protocols(&Upgrade { subprotocol: None, ..upgrade.clone() }),
    ..USUAL
};

pub(super) const UNASKED_EXTENSION: Script = Script {
    answer: |upgrade| {
        let mut answer = switching_protocols(upgrade);
        // Before the empty line.
        answer.truncate(answer.len() - 2);
        answer.extend_from_slice(b"sec-websocket-extensions: x-nobody-asked\r\n\r\n");
        answer
    },
    ..USUAL
};

pub(super) const NEVER_ANSWERS_CLOSE: Script =
    Script { rules: |rules| rules.answers_close = AnswersClose::Never, ..USUAL };

pub(super) const ANSWERS_CLOSE_LATE: Script =
    Script { rules: |rules| rules.answers_close = AnswersClose::After(LATE), ..USUAL };

pub(super) const VANISHES: Script = Script { items: |_| vec![text("last words"), Item::Drop], ..USUAL };

pub(super) const QUIET_END: Script = Script { items: |_| vec![text("last words"), Item::Finish], ..USUAL };

pub(super) const NEVER_READS: Script =
    Script { items: |_| vec![text("nothing will be read")], reads: false, ..USUAL };

pub(super) const PINGS: Script = Script {
    rules: |rules: &mut Rules| {
        rules.ping_interval = Some(OFTEN);
        // So many pings are answered late by anybody; a client that is really gone is noticed by TCP.
        rules.silent_rounds = u32::MAX;
    },
    ..USUAL
};

pub(super) const MASKED: Script = Script {
    // FIN and text; mask bit and five bytes; a key of zeros, which leaves "hello" as it is.
    items: |_| vec![raw(b"\x81\x85\0\0\0\0hello")],
    ..USUAL
};

pub(super) const RESERVED_BITS: Script = Script { items: |_| vec![raw(b"\xc1\x05hello")], ..USUAL };

pub(super) const BAD_UTF8: Script = Script { items: |_| vec![raw(b"\x81\x02\xc3\x28")], ..USUAL };

pub(super) const HUGE_LENGTH: Script =
    Script { items: |_| vec![raw(b"\x82\x7f\x40\0\0\0\0\0\0\0hello")], ..USUAL };

fn text(text: impl Into<String>) -> Item {
    Item::Message { kind: Kind::Text, payload: Bytes::from(text.into()), fragments: None }
}

fn fragmented(text: &'static str, sizes: &[usize], ping_between: bool) -> Item {
    let fragments = Some(Fragments::new(sizes, ping_between));
    Item::Message { kind: Kind::Text, payload: Bytes::from_static(text.as_bytes()), fragments }
}

const fn raw(bytes: &'static [u8]) -> Item {
    Item::Raw(Bytes::from_static(bytes))
}

const fn close(code: CloseCode, reason: &'static str) -> Item {
    Item::Close(CloseReason::new(code, reason))
}
