//! What a client may send at most, at the boundary and one over.

use super::{byte_by_byte, echo, refusal};
use crate::support::{Frame, Heard, Scripted, TestServer, Then};

/// 1000 bytes a message, 400 a frame, 5 frames a message.
fn small() -> TestServer<Scripted> {
    TestServer::scripted_with(|config| {
        config.max_message = 1000;
        config.max_frame = 400;
        config.max_fragments = 5;
    })
}

/// What `/ws`, which is where the limits count, says behind its welcome.
async fn talk(server: &TestServer<Scripted>, wire: Vec<u8>, then: Then) -> Heard {
    without_welcome(server.play_in_session("/ws", [wire], then).await)
}

fn without_welcome(mut heard: Heard) -> Heard {
    let head = heard.split().0.len();
    let (_, welcome) = Frame::parse(&heard.bytes[head..]).expect("a welcome");
    heard.bytes.drain(head..head + welcome);
    heard
}

/// A binary message in fragments of these sizes.
fn fragments(sizes: &[usize]) -> Vec<Frame> {
    let last = sizes.len() - 1;
    let frame = |(i, size): (usize, &usize)| {
        let payload = vec![7; *size];
        let frame = if i == 0 { Frame::binary(payload) } else { Frame::continuation(payload) };
        Frame { fin: i == last, ..frame }
    };
    sizes.iter().enumerate().map(frame).collect()
}

fn wire(frames: &[Frame]) -> Vec<u8> {
    frames.iter().flat_map(Frame::masked).collect()
}

/// A frame's header, without its payload.
fn header(frame: &Frame) -> Vec<u8> {
    let mut wire = frame.masked();
    wire.truncate(wire.len() - frame.payload.len());
    wire
}

#[tokio::test(start_paused = true)]
async fn takes_a_frame_of_the_limit_and_refuses_one_byte_more_by_its_header() {
    let server = small();
    for frame in [Frame::text("a".repeat(400)), Frame::binary([0; 400])] {
        assert_eq!(talk(&server, frame.masked(), Then::Finishes).await.frames(), [frame]);
    }
    for frame in [Frame::text("a".repeat(401)), Frame::binary([0; 401]), Frame::binary([0; 401]).unfinished()]
    {
        let reason = refusal(&talk(&server, header(&frame), Then::Stays).await, &[], 1009);
        assert_eq!(reason, "a frame of 401 bytes; the limit is 400");
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn takes_a_message_of_the_limit_and_refuses_one_byte_more_by_its_header() {
    let server = small();
    for sizes in [&[400, 400, 200][..], &[0, 400, 400, 200, 0], &[200, 400, 400], &[1, 399, 300, 300]] {
        let heard = talk(&server, wire(&fragments(sizes)), Then::Finishes).await;
        assert_eq!(heard.frames(), [Frame::binary([7; 1000])], "{sizes:?}");
    }
    for sizes in [&[400, 400, 201][..], &[0, 400, 400, 201], &[201, 400, 400], &[400, 400, 200, 1]] {
        let frames = fragments(sizes);
        let (last, before) = frames.split_last().unwrap();
        let until_header = [wire(before), header(last)].concat();
        let reason = refusal(&talk(&server, until_header, Then::Stays).await, &[], 1009);
        assert_eq!(reason, "a message of 1001 bytes or more; the limit is 1000", "{sizes:?}");
        let complete = talk(&server, wire(before), Then::Finishes).await;
        assert_eq!(complete.frames(), [], "what came before is no reason to refuse: {sizes:?}");
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn takes_as_many_fragments_as_the_limit_and_refuses_one_more_by_its_header() {
    let server = small();
    for sizes in [[100; 5], [0; 5]] {
        let heard = talk(&server, wire(&fragments(&sizes)), Then::Finishes).await;
        assert_eq!(heard.frames(), [Frame::binary(vec![7; sizes.iter().sum()])]);
        let more = fragments(&[sizes[0]; 6]);
        let until_header = [wire(&more[..5]), header(&more[5])].concat();
        let reason = refusal(&talk(&server, until_header, Then::Stays).await, &[], 1009);
        assert_eq!(reason, "a message in more than 5 frames");
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn counts_each_message_anew_and_control_frames_not_at_all() {
    let server = small();
    let mut frames = Vec::new();
    for _ in 0..20 {
        for fragment in fragments(&[200; 5]) {
            frames.extend([Frame::pong([0; 125]), fragment, Frame::ping("p"), Frame::pong("")]);
        }
        frames.push(Frame::binary([7; 400]));
    }
    let heard = talk(&server, wire(&frames), Then::Finishes).await;
    let mut expected = Vec::new();
    for _ in 0..20 {
        // The last fragment completes the message before the ping behind it is seen.
        expected.extend(vec![Frame::pong("p"); 4]);
        expected.extend([Frame::binary([7; 1000]), Frame::pong("p"), Frame::binary([7; 400])]);
    }
    assert_eq!(heard.frames(), expected);
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn refuses_over_the_limits_byte_by_byte_as_well() {
    let server = small();
    let over = [fragments(&[400, 400, 201]), fragments(&[0; 6]), vec![Frame::text("a".repeat(401))]];
    for frames in over {
        let wire = wire(&frames);
        let at_once = talk(&server, wire.clone(), Then::Stays).await;
        refusal(&at_once, &[], 1009);
        let pieces = server.play_in_session("/ws", byte_by_byte(&wire), Then::Stays).await;
        assert_eq!(without_welcome(pieces).bytes, at_once.bytes);
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn takes_one_mib_and_4096_fragments_unless_told_otherwise() {
    let server = TestServer::scripted();
    let most = Frame::binary(vec![1; 1 << 20]);
    assert!(talk(&server, most.masked(), Then::Finishes).await.frames() == [most]);
    let over = header(&Frame::binary(vec![1; (1 << 20) + 1]));
    refusal(&talk(&server, over, Then::Stays).await, &[], 1009);
    let heard = talk(&server, wire(&fragments(&[1; 4096])), Then::Finishes).await;
    assert_eq!(heard.frames(), [Frame::binary([7; 4096])]);
    refusal(&talk(&server, wire(&fragments(&[1; 4097])), Then::Stays).await, &[], 1009);
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn takes_sixteen_mib_and_any_number_of_fragments_on_echo() {
    let server = TestServer::scripted();
    let most = Frame::binary(vec![1; 16 << 20]);
    assert!(echo(&server, [most.masked()], Then::Finishes).await.frames() == [most]);
    let over = header(&Frame::binary(vec![1; (16 << 20) + 1]));
    refusal(&echo(&server, [over], Then::Stays).await, &[], 1009);
    let heard = echo(&server, [wire(&fragments(&[1; 20_000]))], Then::Finishes).await;
    assert_eq!(heard.frames(), [Frame::binary([7; 20_000])]);
    server.stop().await;
}
