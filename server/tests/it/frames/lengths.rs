//! Every length at its boundaries comes back unchanged.

use super::echo;
use crate::support::{Frame, Opcode, Scripted, TestServer, Then, frame::KEY};

/// What one of the server's reads takes at most.
const BLOCK: usize = 128 << 10;

/// A frame whose every byte tells its place. Text stays ASCII but for its last character, where there is room for one.
fn frame(opcode: Opcode, len: usize) -> Frame {
    let mut payload: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
    if opcode == Opcode::Text {
        payload.iter_mut().for_each(|byte| *byte &= 0x7f);
        let last = "😀".as_bytes();
        if let Some(at) = len.checked_sub(last.len()) {
            payload[at..].copy_from_slice(last);
        }
    }
    Frame::new(opcode, payload)
}

/// Sends frames in pieces of this length and expects them back.
async fn comes_back(server: &TestServer<Scripted>, frames: &[Frame], piece: usize) {
    let wire: Vec<u8> = frames.iter().flat_map(Frame::masked).collect();
    let heard = echo(server, wire.chunks(piece).map(<[u8]>::to_vec), Then::Finishes).await;
    let lens: Vec<usize> = frames.iter().map(|frame| frame.payload.len()).collect();
    assert!(heard.frames() == frames, "lengths {lens:?}, in pieces of {piece}");
}

async fn each_comes_back(lens: impl IntoIterator<Item = usize>, pieces: &[usize]) {
    let server = TestServer::scripted();
    for len in lens {
        for opcode in [Opcode::Text, Opcode::Binary] {
            let frame = frame(opcode, len);
            for piece in pieces {
                comes_back(&server, std::slice::from_ref(&frame), *piece).await;
            }
        }
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn every_length_up_to_300() {
    each_comes_back(0..=300, &[usize::MAX, 1, 7, 128]).await;
}

#[tokio::test(start_paused = true)]
async fn every_length_up_to_300_one_behind_the_other() {
    let server = TestServer::scripted();
    for opcode in [Opcode::Text, Opcode::Binary] {
        let frames: Vec<Frame> = (0..=300).map(|len| frame(opcode, len)).collect();
        for piece in [usize::MAX, 1, 2, 3, 5, 1000, 4096] {
            comes_back(&server, &frames, piece).await;
        }
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn lengths_around_the_end_of_sixteen_bits() {
    each_comes_back(65533..=65538, &[usize::MAX, 8, 1000, 65536]).await;
}

#[tokio::test(start_paused = true)]
async fn lengths_around_64_kib() {
    each_comes_back((64 << 10) - 16..=(64 << 10) + 16, &[usize::MAX, 9001]).await;
}

#[tokio::test(start_paused = true)]
async fn lengths_around_the_block_that_is_read() {
    each_comes_back(BLOCK - 16..=BLOCK + 16, &[usize::MAX, BLOCK - 1]).await;
}

#[tokio::test(start_paused = true)]
async fn lengths_around_a_mib() {
    each_comes_back([(1 << 20) - 1, 1 << 20, (1 << 20) + 1], &[usize::MAX, 60_000]).await;
}

#[tokio::test(start_paused = true)]
async fn frames_that_lie_across_the_end_of_a_block_at_every_byte() {
    let server = TestServer::scripted();
    // The second frame's header, its mask and its payload each meet the end of the block once.
    for before in BLOCK - 40..=BLOCK {
        let frames = [frame(Opcode::Binary, before - 14), frame(Opcode::Text, 300), frame(Opcode::Binary, 1)];
        comes_back(&server, &frames, usize::MAX).await;
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_frame_cut_at_every_byte_of_its_header() {
    let server = TestServer::scripted();
    for len in [0, 1, 125, 126, 127, 65535, 65536, 65537] {
        let frame = frame(Opcode::Binary, len);
        let wire = frame.wire(Some(KEY), frame.shortest_form());
        for cut in 1..=(wire.len() - len + 2).min(wire.len()) {
            let (first, second) = wire.split_at(cut);
            let heard = echo(&server, [first.to_vec(), second.to_vec()], Then::Finishes).await;
            assert!(heard.frames() == [frame.clone()], "length {len}, cut at {cut}");
        }
    }
    server.stop().await;
}
