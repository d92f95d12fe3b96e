//! The writing half: messages into frames.

use super::{FrameWriter, Message};
use crosswire_protocol::{close::CloseCode, digest::Kind};
use tungstenite::protocol::frame::{
    FrameHeader,
    coding::{Control, Data, OpCode},
};

/// The longest header of a server's frame: two bytes and a 64-bit length.
const LONGEST_HEADER: usize = 10;

/// Writes what the server sends.
#[derive(Debug)]
pub(crate) struct Writer;

impl FrameWriter for Writer {
    fn write_message(&mut self, message: Message<'_>, out: &mut Vec<u8>) {
        write_frame(data_opcode(message.kind), true, message.payload, out);
    }

    fn write_fragments(
        &mut self,
        message: Message<'_>,
        sizes: &[usize],
        ping_between: bool,
        out: &mut Vec<u8>,
    ) {
        let mut rest = message.payload;
        for (i, size) in sizes.iter().enumerate() {
            if i > 0 && ping_between {
                self.write_ping(&[], out);
            }
            let opcode = if i == 0 { data_opcode(message.kind) } else { OpCode::Data(Data::Continue) };
            let (fragment, after) = rest.split_at(rest.len().min(*size));
            write_frame(opcode, i + 1 == sizes.len(), fragment, out);
            rest = after;
        }
    }

    fn write_ping(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        write_frame(OpCode::Control(Control::Ping), true, payload, out);
    }

    fn write_pong(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        write_frame(OpCode::Control(Control::Pong), true, payload, out);
    }

    fn write_close(&mut self, code: Option<CloseCode>, reason: &str, out: &mut Vec<u8>) {
        let mut payload = Vec::with_capacity(2 + reason.len());
        if let Some(code) = code {
            payload.extend_from_slice(&code.0.to_be_bytes());
            payload.extend_from_slice(reason.as_bytes());
        }
        write_frame(OpCode::Control(Control::Close), true, &payload, out);
    }
}

const fn data_opcode(kind: Kind) -> OpCode {
    OpCode::Data(match kind {
        Kind::Text => Data::Text,
        Kind::Binary => Data::Binary,
    })
}

/// A server's frame: never masked, no reserved bit.
fn write_frame(opcode: OpCode, is_final: bool, payload: &[u8], out: &mut Vec<u8>) {
    let header = FrameHeader { is_final, opcode, ..FrameHeader::default() };
    out.reserve(LONGEST_HEADER + payload.len());
    header
        .format(payload.len() as u64, out)
        .unwrap_or_else(|error| unreachable!("a vector takes what is written: {error}"));
    out.extend_from_slice(payload);
}
