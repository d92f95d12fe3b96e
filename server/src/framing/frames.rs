//! The engine: tungstenite's frame codec, and over it the rules of RFC 6455 section 5.
//!
//! Headers and opcodes are read and written by tungstenite. Its message layer is not used, because a reference server
//! needs at this seam what that layer cannot give: a close frame with the right code for every violation, a count of
//! fragments, minimal lengths enforced, 1014 accepted, pongs that wait for their batch, text refused at its first wrong
//! byte, messages that are lent instead of allocated, and access to the reserved bits, without which no compression fits.
//! A differential test holds this engine against tungstenite's whole one on random streams.

use super::{Framing, Limits, reader::Reader, writer::Writer};

/// The engine of a server's side.
#[derive(Debug)]
pub(crate) struct Frames;

impl Framing for Frames {
    type Reader = Reader;
    type Writer = Writer;

    fn halves(limits: Limits) -> (Reader, Writer) {
        (Reader::new(limits), Writer)
    }
}
