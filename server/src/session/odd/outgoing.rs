//! What others want to be sent, and how it leaves.

use super::super::{Item, Talk};
use crate::{
    framing::{FrameWriter, Message},
    mutants::Mutant,
};
use bytes::Bytes;
use crosswire_protocol::digest::Kind;

impl<W: FrameWriter> Talk<W> {
    /// What becomes of an item of the outbox; `None` where it is lost, or held back.
    pub(in super::super) fn misdeliver(&mut self, item: Item) -> Option<Item> {
        match item {
            Item::Glue(mut items) if self.odd.mutant == Mutant::CloseOvertakes => {
                items.sort_by_key(|item| !item.closes());
                Some(Item::Glue(items))
            }
            Item::Glue(items) => Some(Item::Glue(self.misdeliver_all(items))),
            Item::Trickle(items) => Some(Item::Trickle(self.misdeliver_all(items))),
            Item::Message { .. } | Item::Encoded(_) => self.push(item),
            Item::Close(_) => {
                self.release_echoes();
                Some(item)
            }
            Item::Drop | Item::Finish => {
                self.release_echoes();
                if self.odd.mutant == Mutant::CloseOvertakes {
                    self.release_pushes();
                }
                Some(item)
            }
            Item::Ping(_) | Item::Pong(_) | Item::Raw(_) => Some(item),
        }
    }

    fn misdeliver_all(&mut self, items: Vec<Item>) -> Vec<Item> {
        items.into_iter().filter_map(|item| self.misdeliver(item)).collect()
    }

    fn push(&mut self, item: Item) -> Option<Item> {
        let before = self.odd.pushes;
        self.odd.pushes += 1;
        match self.odd.mutant {
            Mutant::PushLost if before.is_multiple_of(10) => None,
            Mutant::PushAsBinary => Some(as_binary(item)),
            Mutant::PushWaitsForData => {
                self.odd.held.pushes.push(item);
                None
            }
            Mutant::CloseOvertakes => {
                self.odd.held.begin();
                self.odd.held.pushes.push(item);
                None
            }
            _ => Some(item),
        }
    }

    /// Sends the pushes that are held.
    pub(super) fn release_pushes(&mut self) {
        for item in std::mem::take(&mut self.odd.held.pushes) {
            self.encode(item);
        }
    }

    /// A message has been sent, and this mutant may not know it.
    pub(in super::super) fn sends_again(&mut self, message: Message<'_>) {
        self.odd.sent += 1;
        if self.odd.mutant == Mutant::ThousandthTwice && self.odd.sent.is_multiple_of(1000) {
            // Counted with the next one, so that the copy is not the thousandth of anything.
            self.send(message);
        }
    }
}

fn as_binary(item: Item) -> Item {
    match item {
        Item::Message { payload, fragments, .. } => Item::Message { kind: Kind::Binary, payload, fragments },
        Item::Encoded(encoded) => {
            let payload: Bytes = encoded.wire.slice(encoded.payload_at..);
            Item::Message { kind: Kind::Binary, payload, fragments: None }
        }
        item => item,
    }
}
