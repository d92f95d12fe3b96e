//! What clients say when all is well, as a beginning for what may go wrong.

use crate::support::{
    Frame, Opcode,
    client::handshake,
    frame::{KEY, LengthForm},
};
use proptest::{prelude::RngExt as _, test_runner::TestRng};

/// A request that is in order.
pub(super) fn request(rng: &mut TestRng) -> Vec<u8> {
    const TARGETS: [&str; 6] = ["/ws", "/", "/echo", "/control", "/ws?tag=a.b_c", "http://127.0.0.1:9001/ws"];
    let more: &[(&str, &str)] = match rng.random_range(0..4) {
        0 => &[("Origin", "http://127.0.0.1:9001")],
        1 => &[("Sec-WebSocket-Protocol", "crosswire.v1.plain, other")],
        2 => &[("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits")],
        _ => &[],
    };
    match rng.random_range(0..8) {
        0 => b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
        1 => b"POST /push?to=a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello".to_vec(),
        _ => handshake(TARGETS[rng.random_range(0..TARGETS.len())], more).into_bytes(),
    }
}

/// A stream of frames that is in order, perhaps with a close frame at its end.
pub(super) fn frames(rng: &mut TestRng) -> Vec<u8> {
    let mut frames = Vec::new();
    for _ in 0..rng.random_range(1..8) {
        let payload = "aß€😀".repeat(rng.random_range(0..30));
        match rng.random_range(0..6) {
            0 => frames.push(Frame::ping(&payload.as_bytes()[..payload.len().min(125)])),
            1 => frames.push(Frame::pong(&payload.as_bytes()[..payload.len().min(125)])),
            2 => frames.push(Frame::binary(payload)),
            3 => frames.push(Frame::text(r#"{"id":1,"to":"a","act":[{"send":{"text":"hi"}},{"ping":{}}]}"#)),
            4 => frames.push(Frame::text(payload)),
            _ => {
                let (first, last) = payload.as_bytes().split_at(rng.random_range(0..=payload.len()));
                frames.extend([Frame::text(first).unfinished(), Frame::ping("p"), Frame::continuation(last)]);
            }
        }
    }
    if rng.random_bool(0.3) {
        frames.push(Frame::close(1000, "all is said"));
    }
    frames.iter().flat_map(Frame::masked).collect()
}

/// Frames whose headers are thrown: sometimes right, most often wrong in one thing or another.
pub(super) fn odd_frames(rng: &mut TestRng) -> Vec<u8> {
    let mut wire = Vec::new();
    for _ in 0..rng.random_range(1..6) {
        let opcodes =
            [Opcode::Continuation, Opcode::Text, Opcode::Binary, Opcode::Close, Opcode::Ping, Opcode::Pong];
        let mut frame = Frame::new(opcodes[rng.random_range(0..opcodes.len())], super::noise(rng, 130));
        frame.fin = rng.random_bool(0.8);
        if rng.random_bool(0.1) {
            frame.rsv = rng.random_range(1..8);
        }
        if rng.random_bool(0.1) {
            frame.opcode = rng.random_range(0..16);
        }
        if rng.random_bool(0.5) {
            frame.payload.iter_mut().for_each(|byte| *byte &= 0x7f);
        }
        let form = match rng.random_range(0..20) {
            0 => LengthForm::Sixteen,
            1 => LengthForm::SixtyFour,
            _ => frame.shortest_form(),
        };
        let key = (!rng.random_bool(0.1)).then_some(KEY);
        // A length that is too long for its form is cut to it: what stands behind it is then taken for a frame.
        wire.extend(frame.wire(key, form));
    }
    wire
}
