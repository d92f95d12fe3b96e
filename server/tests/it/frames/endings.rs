//! Section 7.1.7: how a connection ends on which a rule was broken.

use super::{echo, refusal};
use crate::support::{
    Client, Frame, TestServer, Then,
    frame::{KEY, Opcode},
};
use std::time::Duration;
use tokio::{io::AsyncReadExt as _, io::AsyncWriteExt as _, time::Instant};

/// A violation for each code there is.
fn violations() -> Vec<(Vec<u8>, u16)> {
    let too_big = [&[0x82, 0xff][..], &(1_u64 << 40).to_be_bytes(), &KEY].concat();
    vec![
        (Frame { rsv: 4, ..Frame::text("") }.masked(), 1002),
        (Frame::text("unmasked").unmasked(), 1002),
        (Frame::close(1005, "").masked(), 1002),
        (Frame::text([0xff]).masked(), 1007),
        (Frame::new(Opcode::Close, [0x03, 0xe8, 0xff]).masked(), 1007),
        (too_big, 1009),
    ]
}

#[tokio::test(start_paused = true)]
async fn is_silent_after_its_close_frame_though_megabytes_go_on_coming() {
    let server = TestServer::scripted();
    for (violation, code) in violations() {
        let behind = [Frame::ping("behind"), Frame::text("behind"), Frame::close(1000, "behind")];
        let wire = [violation, behind.iter().flat_map(Frame::masked).collect()].concat();
        for then in [Then::Finishes, Then::Stays, Then::GoesOn(4 << 20)] {
            let heard = echo(&server, [wire.clone()], then).await;
            refusal(&heard, &[], code);
        }
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn answers_what_was_earned_before_it_closes() {
    let server = TestServer::scripted();
    let earned: Vec<Frame> = (0..100).map(|i| Frame::text(format!("{i:01000}"))).collect();
    for (violation, code) in violations() {
        let mut wire: Vec<u8> = earned.iter().flat_map(Frame::masked).collect();
        wire.extend(violation);
        refusal(&echo(&server, [wire], Then::GoesOn(1 << 20)).await, &earned, code);
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn is_patient_with_a_client_that_reads_its_answers_slowly() {
    let server = TestServer::new();
    for (violation, code) in violations() {
        // So little room that nearly everything waits inside the server when the rule is broken.
        let stream = server.connect_with_pipe(64).await.stream;
        let client = Client::open(stream, "/echo", &[]).await;
        let (mut read, mut write) = tokio::io::split(client.raw.stream);
        let earned = Frame::binary(vec![3; 100_000]);
        let sent = [earned.masked(), violation, vec![0; 100_000]].concat();
        let mut heard = Vec::new();
        // The server may close before the last of it is sent.
        let (_, _) = tokio::join!(write.write_all(&sent), read.read_to_end(&mut heard));
        let (first, len) = Frame::parse(&heard).unwrap();
        assert!(first == earned, "the answer that was earned");
        let (close, close_len) = Frame::parse(&heard[len..]).unwrap();
        assert_eq!((close.close_code(), len + close_len), (Some(code), heard.len()));
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn waits_for_the_clients_side_no_longer_than_it_was_told() {
    let server = TestServer::scripted_with(|config| config.linger = Duration::from_millis(700));
    for (violation, code) in violations() {
        let begun = Instant::now();
        refusal(&echo(&server, [violation.clone()], Then::Stays).await, &[], code);
        let stayed = begun.elapsed();
        assert!((700..800).contains(&stayed.as_millis()), "{stayed:?}");
        let begun = Instant::now();
        refusal(&echo(&server, [violation], Then::Finishes).await, &[], code);
        assert_eq!(begun.elapsed(), Duration::ZERO, "a client that has ended its side is not waited for");
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn refuses_what_comes_right_behind_the_handshake() {
    let server = TestServer::scripted();
    for (violation, code) in violations() {
        let wire = [crate::support::client::handshake("/echo", &[]).into_bytes(), violation].concat();
        let heard = server.play([wire], Then::Stays).await;
        refusal(&heard, &[], code);
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn says_nothing_to_a_client_that_leaves_in_the_middle_of_a_frame() {
    let server = TestServer::scripted();
    let wire = [Frame::text("one").masked(), Frame::text("two").masked()].concat();
    for len in 0..wire.len() {
        let heard = echo(&server, [wire[..len].to_vec()], Then::Finishes).await;
        let answers = usize::from(len >= wire.len() / 2);
        assert_eq!(heard.frames(), [Frame::text("one")][..answers]);
        assert!(heard.ended);
    }
    server.stop().await;
}
