//! The reading half: frames into messages, and the rules that a client has to keep.

use super::{FrameReader, Incoming, Limits, Message, Violation, mask};
use crate::blocks;
use crosswire_protocol::{close::CloseCode, digest::Kind};
use std::io::Cursor;
use tungstenite::protocol::frame::{
    FrameHeader,
    coding::{Control, Data, OpCode},
};

/// RFC 6455 5.5: "All control frames MUST have a payload length of 125 bytes or less".
const LONGEST_CONTROL: u64 = 125;

/// The longest header: two bytes, a 64-bit length and a mask.
const LONGEST_HEADER: usize = 14;

/// How much is set aside for a frame that only its header has announced. More is taken as it really comes.
const RESERVED_ON_TRUST: usize = 64 << 10;

/// Reads what a client sends.
#[derive(Debug)]
pub(crate) struct Reader {
    limits: Limits,
    /// The beginning of a header whose end has not arrived.
    header: [u8; LONGEST_HEADER],
    header_len: u8,
    /// The frame whose payload is arriving.
    frame: Option<OpenFrame>,
    /// The message whose frames are arriving.
    message: Option<OpenMessage>,
    /// The payload of that message so far; of the message that was given last, until the next call.
    payload: Vec<u8>,
    /// The payload of a control frame that came in pieces, perhaps between two fragments.
    control: Vec<u8>,
    /// Whether the last call gave out `payload`.
    given: bool,
    /// How long the last frame of that message was that was not empty.
    #[cfg(feature = "mutants")]
    last_fragment: usize,
}

#[derive(Debug, Clone, Copy)]
struct OpenFrame {
    opcode: OpCode,
    is_final: bool,
    mask: [u8; 4],
    len: usize,
    taken: usize,
}

#[derive(Debug, Clone, Copy)]
struct OpenMessage {
    kind: Kind,
    frames: usize,
    /// How many bytes of the payload are known to be UTF-8.
    checked: usize,
}

/// What a walk over the input came to.
enum Step<'a> {
    /// All of the input is used, and nothing is complete.
    NeedsMore,
    /// A frame that needs no assembly, unmasked where it lay.
    Whole(OpCode, &'a [u8]),
    /// A control frame that came in pieces, in `control`.
    Control(OpCode),
    /// A message that was assembled, in `payload`.
    Message(Kind),
}

impl Reader {
    pub(super) const fn new(limits: Limits) -> Self {
        Self {
            limits,
            header: [0; LONGEST_HEADER],
            header_len: 0,
            frame: None,
            message: None,
            payload: Vec::new(),
            control: Vec::new(),
            given: false,
            #[cfg(feature = "mutants")]
            last_fragment: 0,
        }
    }

    /// How much its buffers hold, used or not.
    #[cfg(test)]
    pub(crate) const fn buffers(&self) -> usize {
        self.payload.capacity() + self.control.capacity()
    }

    fn walk<'a>(&mut self, input: &mut &'a mut [u8]) -> Result<Step<'a>, Violation> {
        loop {
            let frame = match self.frame {
                Some(frame) => frame,
                None => {
                    let Some((header, len)) = self.take_header(input)? else { return Ok(Step::NeedsMore) };
                    let frame = self.admit(&header, len)?;
                    if let Some(whole) = self.take_whole(&frame, input)? {
                        return Ok(whole);
                    }
                    frame
                }
            };
            if let Some(step) = self.take_piece(frame, input)? {
                return Ok(step);
            }
            if input.is_empty() {
                return Ok(Step::NeedsMore);
            }
        }
    }

    /// Takes a header from the input, or as much of it as there is.
    fn take_header(&mut self, input: &mut &mut [u8]) -> Result<Option<(FrameHeader, u64)>, Violation> {
        if self.header_len == 0
            && let Some(len) = header_len(input)
            && len <= input.len()
        {
            let header = parse_header(&input[..len])?;
            *input = &mut std::mem::take(input)[len..];
            return Ok(Some(header));
        }
        while let Some(byte) = input.first() {
            self.header[usize::from(self.header_len)] = *byte;
            self.header_len += 1;
            *input = &mut std::mem::take(input)[1..];
            let so_far = &self.header[..usize::from(self.header_len)];
            if header_len(so_far) == Some(so_far.len()) {
                let header = parse_header(so_far)?;
                self.header_len = 0;
                return Ok(Some(header));
            }
        }
        Ok(None)
    }

    /// Holds a header against the rules and opens its frame.
    fn admit(&mut self, header: &FrameHeader, len: u64) -> Result<OpenFrame, Violation> {
        // RFC 6455 5.2: "If a nonzero value is received and none of the negotiated extensions defines the meaning of
        // such a nonzero value, the receiving endpoint MUST _Fail the WebSocket Connection_."
        if header.rsv1 || header.rsv2 || header.rsv3 {
            return Err(Violation::protocol("a reserved bit is set and no extension was agreed on"));
        }
        // RFC 6455 5.1: "The server MUST close the connection upon receiving a frame that is not masked."
        let Some(mask) = header.mask else {
            return Err(Violation::protocol("a frame from the client is not masked"));
        };
        match header.opcode {
            OpCode::Control(_) => {
                if !header.is_final {
                    return Err(Violation::protocol("a control frame is fragmented"));
                }
                if len > LONGEST_CONTROL {
                    return Err(Violation::protocol("a control frame has more than 125 bytes"));
                }
            }
            OpCode::Data(opcode) => self.admit_data(opcode, len)?,
        }
        // Every limit is a `usize`, and the length was held against one, so that nothing is cut off here.
        let len = usize::try_from(len).map_err(|_| Violation::too_big(format!("a frame of {len} bytes")))?;
        Ok(OpenFrame { opcode: header.opcode, is_final: header.is_final, mask, len, taken: 0 })
    }

    fn admit_data(&mut self, opcode: Data, len: u64) -> Result<(), Violation> {
        let limits = self.limits;
        let message = match (opcode, self.message) {
            (Data::Continue, Some(open)) => OpenMessage { frames: open.frames + 1, ..open },
            (Data::Continue, None) => {
                return Err(Violation::protocol("a continuation frame, and no message to continue"));
            }
            (_, Some(_)) => {
                return Err(Violation::protocol("a new message begins before the last one has ended"));
            }
            (Data::Text, None) => OpenMessage { kind: Kind::Text, frames: 1, checked: 0 },
            (Data::Binary, None) => OpenMessage { kind: Kind::Binary, frames: 1, checked: 0 },
            // Refused when the header was parsed.
            (Data::Reserved(_), None) => return Err(Violation::protocol("a reserved opcode")),
        };
        if len > limits.frame as u64 {
            return Err(Violation::too_big(format!("a frame of {len} bytes; the limit is {}", limits.frame)));
        }
        let total = (self.payload.len() as u64).saturating_add(len);
        if total > limits.message as u64 {
            return Err(Violation::too_big(format!(
                "a message of {total} bytes or more; the limit is {}",
                limits.message
            )));
        }
        if message.frames > limits.fragments {
            return Err(Violation::too_big(format!("a message in more than {} frames", limits.fragments)));
        }
        self.message = Some(message);
        Ok(())
    }

    /// The quick way: the frame is all there and stands for itself, so that it need not be copied.
    fn take_whole<'a>(
        &mut self,
        frame: &OpenFrame,
        input: &mut &'a mut [u8],
    ) -> Result<Option<Step<'a>>, Violation> {
        let in_message = matches!(frame.opcode, OpCode::Data(Data::Continue)) || !frame.is_final;
        if in_message || frame.len > input.len() {
            return Ok(None);
        }
        let (payload, rest) = std::mem::take(input).split_at_mut(frame.len);
        *input = rest;
        mask::apply(payload, frame.mask, 0);
        let payload: &'a [u8] = payload;
        if let OpCode::Data(opcode) = frame.opcode {
            self.message = None;
            if opcode == Data::Text && std::str::from_utf8(payload).is_err() {
                return Err(NOT_UTF8);
            }
        }
        Ok(Some(Step::Whole(frame.opcode, payload)))
    }

    /// The long way: as much of the frame as there is goes to what is being assembled.
    fn take_piece<'a>(
        &mut self,
        mut frame: OpenFrame,
        input: &mut &'a mut [u8],
    ) -> Result<Option<Step<'a>>, Violation> {
        let (piece, rest) = {
            let len = input.len().min(frame.len - frame.taken);
            std::mem::take(input).split_at_mut(len)
        };
        *input = rest;
        mask::apply(piece, frame.mask, frame.taken);
        let is_control = matches!(frame.opcode, OpCode::Control(_));
        let assembled = if is_control { &mut self.control } else { &mut self.payload };
        if frame.taken == 0 && !is_control {
            if assembled.capacity() == 0 {
                *assembled = blocks::take();
            }
            assembled.reserve(frame.len.min(RESERVED_ON_TRUST).max(piece.len()));
        }
        assembled.extend_from_slice(piece);
        frame.taken += piece.len();

        let complete = frame.taken == frame.len;
        if !is_control {
            self.check_text(complete && frame.is_final)?;
        }
        if !complete {
            self.frame = Some(frame);
            return Ok(None);
        }
        self.frame = None;
        if is_control {
            self.given = true;
            return Ok(Some(Step::Control(frame.opcode)));
        }
        #[cfg(feature = "mutants")]
        if frame.len > 0 || self.message.is_some_and(|message| message.frames == 1) {
            self.last_fragment = frame.len;
        }
        if !frame.is_final {
            return Ok(None);
        }
        let message = self.message.take();
        #[cfg(feature = "mutants")]
        if message.is_some_and(|message| message.frames > 1) {
            crate::mutants::fragments::note(self.last_fragment);
        }
        self.given = true;
        Ok(message.map(|message| Step::Message(message.kind)))
    }

    /// Refuses text at its first wrong byte, however it was cut: only an unfinished character may stand at the end.
    fn check_text(&mut self, is_whole: bool) -> Result<(), Violation> {
        let Some(message) = self.message.as_mut().filter(|message| message.kind == Kind::Text) else {
            return Ok(());
        };
        match std::str::from_utf8(&self.payload[message.checked..]) {
            Ok(_) => message.checked = self.payload.len(),
            Err(error) if error.error_len().is_some() || is_whole => return Err(NOT_UTF8),
            Err(error) => message.checked += error.valid_up_to(),
        }
        Ok(())
    }
}

const NOT_UTF8: Violation = Violation::not_utf8("a text message is not UTF-8");

impl FrameReader for Reader {
    fn receive<'this, 'input: 'this>(
        &'this mut self,
        input: &mut &'input mut [u8],
    ) -> Result<Option<Incoming<'this>>, Violation> {
        self.let_go();
        match self.walk(input)? {
            Step::NeedsMore => Ok(None),
            Step::Whole(opcode, payload) => incoming(opcode, payload).map(Some),
            Step::Control(opcode) => incoming(opcode, &self.control).map(Some),
            Step::Message(kind) => Ok(Some(Incoming::Message(Message { kind, payload: &self.payload }))),
        }
    }

    /// A message may be gathered while a control frame comes between its fragments, so that its payload stays until it
    /// was given itself.
    fn let_go(&mut self) {
        if !std::mem::take(&mut self.given) {
            return;
        }
        self.control.clear();
        if self.message.is_none() {
            blocks::give_back(std::mem::take(&mut self.payload));
        }
    }
}

/// How long the header is that begins with these bytes, once they tell.
fn header_len(bytes: &[u8]) -> Option<usize> {
    let second = bytes.get(1)?;
    let extended = match second & 0x7f {
        127 => 8,
        126 => 2,
        _ => 0,
    };
    let mask = if second & 0x80 == 0 { 0 } else { 4 };
    Some(2 + extended + mask)
}

/// Parses a header that is all there.
fn parse_header(bytes: &[u8]) -> Result<(FrameHeader, u64), Violation> {
    let parsed = FrameHeader::parse(&mut Cursor::new(bytes));
    let Ok(Some((header, len))) = parsed else {
        return Err(Violation::protocol("a reserved opcode"));
    };
    // RFC 6455 5.2: "the most significant bit MUST be 0" and "the minimal number of bytes MUST be used to encode the
    // length".
    if len >> 63 != 0 {
        return Err(Violation::protocol("the most significant bit of a length is set"));
    }
    if header.len(len) != bytes.len() {
        return Err(Violation::protocol("a length is not written in the fewest bytes"));
    }
    Ok((header, len))
}

fn incoming(opcode: OpCode, payload: &[u8]) -> Result<Incoming<'_>, Violation> {
    Ok(match opcode {
        OpCode::Control(Control::Ping) => Incoming::Ping(payload),
        OpCode::Control(Control::Pong) => Incoming::Pong(payload),
        OpCode::Control(_) => Incoming::Close(close_frame(payload)?),
        OpCode::Data(Data::Text) => Incoming::Message(Message { kind: Kind::Text, payload }),
        OpCode::Data(_) => Incoming::Message(Message { kind: Kind::Binary, payload }),
    })
}

/// RFC 6455 5.5.1: a close frame is empty, or begins with a two-byte code; the rest is UTF-8.
fn close_frame(payload: &[u8]) -> Result<Option<(CloseCode, &str)>, Violation> {
    let Some((code, reason)) = payload.split_first_chunk::<2>() else {
        return match payload {
            [] => Ok(None),
            _ => Err(Violation::protocol("a close frame of one byte")),
        };
    };
    let code = CloseCode(u16::from_be_bytes(*code));
    if !code.may_be_sent() {
        let reason = format!("close code {} may not be sent", code.0);
        return Err(Violation { code: CloseCode::PROTOCOL_ERROR, reason: reason.into() });
    }
    let reason =
        std::str::from_utf8(reason).map_err(|_| Violation::not_utf8("a close reason is not UTF-8"))?;
    Ok(Some((code, reason)))
}
