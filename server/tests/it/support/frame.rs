//! Frames by hand, from the picture in RFC 6455 section 5.2.

/// A frame as it stands on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) fin: bool,
    /// RSV1, RSV2 and RSV3 as the bits 4, 2 and 1.
    pub(crate) rsv: u8,
    pub(crate) opcode: u8,
    pub(crate) payload: Vec<u8>,
}

/// The opcodes of RFC 6455.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Opcode {
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

/// How a length is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LengthForm {
    Seven,
    Sixteen,
    SixtyFour,
}

/// The key that the tests mask with.
pub(crate) const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

impl Frame {
    pub(crate) fn new(opcode: Opcode, payload: impl AsRef<[u8]>) -> Self {
        Self { fin: true, rsv: 0, opcode: opcode as u8, payload: payload.as_ref().to_vec() }
    }

    pub(crate) fn text(payload: impl AsRef<[u8]>) -> Self {
        Self::new(Opcode::Text, payload)
    }

    pub(crate) fn binary(payload: impl AsRef<[u8]>) -> Self {
        Self::new(Opcode::Binary, payload)
    }

    pub(crate) fn ping(payload: impl AsRef<[u8]>) -> Self {
        Self::new(Opcode::Ping, payload)
    }

    pub(crate) fn pong(payload: impl AsRef<[u8]>) -> Self {
        Self::new(Opcode::Pong, payload)
    }

    pub(crate) fn close(code: u16, reason: &str) -> Self {
        Self::new(Opcode::Close, [&code.to_be_bytes(), reason.as_bytes()].concat())
    }

    pub(crate) fn close_without_code() -> Self {
        Self::new(Opcode::Close, [])
    }

    pub(crate) fn continuation(payload: impl AsRef<[u8]>) -> Self {
        Self::new(Opcode::Continuation, payload)
    }

    /// The same frame, not the last one of its message.
    pub(crate) fn unfinished(self) -> Self {
        Self { fin: false, ..self }
    }

    /// The form that RFC 6455 asks for: the shortest.
    pub(crate) fn shortest_form(&self) -> LengthForm {
        match self.payload.len() {
            0..=125 => LengthForm::Seven,
            126..=0xffff => LengthForm::Sixteen,
            _ => LengthForm::SixtyFour,
        }
    }

    /// As a client sends it.
    pub(crate) fn masked(&self) -> Vec<u8> {
        self.wire(Some(KEY), self.shortest_form())
    }

    /// As a server sends it.
    pub(crate) fn unmasked(&self) -> Vec<u8> {
        self.wire(None, self.shortest_form())
    }

    pub(crate) fn wire(&self, key: Option<[u8; 4]>, form: LengthForm) -> Vec<u8> {
        let len = self.payload.len();
        let mask_bit = if key.is_some() { 0x80 } else { 0 };
        let mut wire = vec![u8::from(self.fin) << 7 | self.rsv << 4 | self.opcode];
        match form {
            LengthForm::Seven => wire.push(mask_bit | len as u8),
            LengthForm::Sixteen => {
                wire.push(mask_bit | 126);
                wire.extend_from_slice(&(len as u16).to_be_bytes());
            }
            LengthForm::SixtyFour => {
                wire.push(mask_bit | 127);
                wire.extend_from_slice(&(len as u64).to_be_bytes());
            }
        }
        match key {
            Some(key) => {
                wire.extend_from_slice(&key);
                wire.extend(self.payload.iter().enumerate().map(|(i, byte)| byte ^ key[i % 4]));
            }
            None => wire.extend_from_slice(&self.payload),
        }
        wire
    }

    /// The frame at the beginning of what a server has sent, and its length on the wire. A server never masks, sets no
    /// reserved bit here and writes lengths in the shortest form: anything else is a fault of the server.
    pub(crate) fn parse(bytes: &[u8]) -> Option<(Self, usize)> {
        let [first, second, rest @ ..] = bytes else { return None };
        assert_eq!(second & 0x80, 0, "a server's frame is masked");
        assert_eq!(first & 0x70, 0, "a server's frame has a reserved bit");
        let (len, rest) = match second & 0x7f {
            126 => {
                let (len, rest) = rest.split_first_chunk::<2>()?;
                (u16::from_be_bytes(*len) as usize, rest)
            }
            127 => {
                let (len, rest) = rest.split_first_chunk::<8>()?;
                (u64::from_be_bytes(*len) as usize, rest)
            }
            len => (len as usize, rest),
        };
        let payload = rest.get(..len)?.to_vec();
        let frame = Self { fin: first & 0x80 != 0, rsv: 0, opcode: first & 0x0f, payload };
        let on_the_wire = bytes.len() - rest.len() + len;
        assert_eq!(frame.unmasked().len(), on_the_wire, "a length is not in its shortest form");
        Some((frame, on_the_wire))
    }

    /// The code of a close frame that has one.
    pub(crate) fn close_code(&self) -> Option<u16> {
        assert_eq!(self.opcode, Opcode::Close as u8, "not a close frame: {self:?}");
        self.payload.first_chunk().map(|code| u16::from_be_bytes(*code))
    }
}
