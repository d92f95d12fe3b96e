//! Random and mutated bytes, into the handshake and into open sessions: whatever comes, each connection ends in a refusal, a
//! close code or a clean end, nothing panics and nothing is left.
//!
//! Each case has a seed of its own, which a failure names: `CROSSWIRE_TEST_SEED=<seed> CROSSWIRE_TEST_CASES=1` plays it
//! again. `CROSSWIRE_TEST_CASES=100000` is for a long evening.

mod mutation;
mod speech;

use crate::support::{
    Heard, Opcode, Scripted, TestServer, Then,
    cases::{cases, random, seed},
    client::{DEADLINE, handshake},
};
use crosswire_server::Census;
use mutation::mutate;
use proptest::{prelude::RngExt as _, test_runner::TestRng};
use tokio::time::timeout;

/// A client's whole story.
struct Story {
    /// Whether a handshake that is in order came first.
    opened: bool,
    pieces: Vec<Vec<u8>>,
    then: Then,
}

/// Plays so many stories, and looks whether anything is left of them.
async fn survives(default: u32, tell: impl Fn(&mut TestRng) -> Story) {
    // Limits so low that short streams reach them.
    let server = TestServer::scripted_with(|config| {
        config.max_message = 10_000;
        config.max_frame = 5000;
        config.max_fragments = 20;
    });
    for seed in (seed()..).take(cases(default) as usize) {
        let story = tell(&mut random(seed));
        let said = hex::encode(story.pieces.concat());
        let played = timeout(DEADLINE, hear(&server, &story.pieces, story.then)).await;
        let verdict = match played {
            Err(_) => Err("it hangs".to_owned()),
            Ok(heard) if heard.panicked => Err("the server has panicked".to_owned()),
            Ok(heard) => {
                judge(&story, &heard).map_err(|why| format!("{why}, heard {}", hex::encode(&heard.bytes)))
            }
        };
        if let Err(why) = verdict {
            panic!("seed {seed}, {:?}, in {} pieces: {why}; said {said}", story.then, story.pieces.len());
        }
    }
    server.sessions(0).await;
    let census = server.census();
    // The accept loop is the one task that goes on.
    assert_eq!(census, Census { sessions: 0, tasks: 1, names: 0, outbox_bytes: 0 }, "something is left");
    server.stop().await;
}

async fn hear(server: &TestServer<Scripted>, pieces: &[Vec<u8>], then: Then) -> Heard {
    let (scripted, heard) = Scripted::new(pieces.iter().cloned(), then);
    server.accept(scripted).await;
    heard.await.expect("a story")
}

/// Whether a connection has ended as every connection should.
fn judge(story: &Story, heard: &Heard) -> Result<(), String> {
    if heard.bytes.is_empty() {
        // Nobody was there to be answered: nothing came, or the client left before it had said what it wanted.
        let may_be_silent = !story.opened && story.then == Then::Finishes;
        return if may_be_silent { Ok(()) } else { Err("there is no answer".to_owned()) };
    }
    let (head, body) = heard.try_split().ok_or("a head that has no end")?;
    let status =
        head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).and_then(|code| code.parse().ok());
    if status == Some(101) {
        return judge_session(story, heard);
    }
    if story.opened {
        return Err("a handshake that was in order was refused".to_owned());
    }
    if !heard.ended {
        return Err("an answer, but its end cannot be seen".to_owned());
    }
    match status {
        Some(200 | 204) => Ok(()),
        Some(400..=599) if body.starts_with(b"{\"error\":\"") => Ok(()),
        Some(400..=599) => Err("a refusal without an explanation".to_owned()),
        _ => Err("an answer that should not be given".to_owned()),
    }
}

fn judge_session(story: &Story, heard: &Heard) -> Result<(), String> {
    let frames = heard.try_frames()?;
    let code = match frames.last() {
        Some(last) if last.opcode == Opcode::Close as u8 => Some(last.close_code()),
        _ => None,
    };
    let has_left = matches!(story.then, Then::Finishes);
    match code {
        Some(_) if !heard.ended => Err("a close frame, but the server did not end its side".to_owned()),
        Some(None | Some(1000..=1003 | 1007..=1014 | 3000..=4999)) => Ok(()),
        Some(Some(code)) => Err(format!("a close frame with {code}")),
        // The client left without a close frame, and so does the server.
        None if has_left && heard.ended => Ok(()),
        None if has_left => Err("the server did not end its side".to_owned()),
        // Two rounds of pings, and silence: the client is dead.
        None => Ok(()),
    }
}

/// How a story ends: most often the client leaves.
fn then(rng: &mut TestRng) -> Then {
    match rng.random_range(0..10) {
        0 => Then::Stays,
        1 => Then::GoesOn(rng.random_range(1..200_000)),
        _ => Then::Finishes,
    }
}

/// Bytes in pieces: most often one.
fn cut(mut bytes: Vec<u8>, rng: &mut TestRng) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    if rng.random_bool(0.5) {
        for _ in 0..rng.random_range(0..6) {
            let rest = bytes.split_off(rng.random_range(0..=bytes.len()));
            pieces.push(std::mem::replace(&mut bytes, rest));
        }
    }
    pieces.push(bytes);
    pieces
}

fn noise(rng: &mut TestRng, most: usize) -> Vec<u8> {
    let len = rng.random_range(0..=most);
    (0..len).map(|_| rng.random()).collect()
}

/// A story whose first piece is a handshake that is in order. Clients that stay are on `/ws`, which pings.
fn in_session(bytes: Vec<u8>, rng: &mut TestRng) -> Story {
    let then = then(rng);
    let target = match rng.random_range(0..4) {
        0 if then == Then::Finishes => "/echo",
        1 => "/control",
        _ => "/ws",
    };
    let mut pieces = cut(bytes, rng);
    pieces.insert(0, handshake(target, &[]).into_bytes());
    Story { opened: true, pieces, then }
}

#[tokio::test(start_paused = true)]
async fn survives_random_bytes_instead_of_a_handshake() {
    survives(1000, |rng| {
        let bytes = noise(rng, 300);
        let then = then(rng);
        Story { opened: false, pieces: cut(bytes, rng), then }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn survives_mutated_handshakes() {
    survives(2000, |rng| {
        let mut bytes = speech::request(rng);
        mutate(&mut bytes, rng);
        let then = then(rng);
        // A request on which /echo opens may have been left whole: who stays there, may stay for ever.
        let then = if bytes.windows(5).any(|five| five == b"/echo") { Then::Finishes } else { then };
        Story { opened: false, pieces: cut(bytes, rng), then }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn survives_random_bytes_in_a_session() {
    survives(1000, |rng| {
        let bytes = noise(rng, 400);
        in_session(bytes, rng)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn survives_mutated_frames_in_a_session() {
    survives(3000, |rng| {
        let mut bytes = speech::frames(rng);
        mutate(&mut bytes, rng);
        in_session(bytes, rng)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn survives_frames_with_random_headers_in_a_session() {
    survives(2000, |rng| {
        let bytes = speech::odd_frames(rng);
        in_session(bytes, rng)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn survives_mutated_handshakes_with_frames_behind_them() {
    survives(1000, |rng| {
        let mut bytes = handshake("/ws", &[]).into_bytes();
        bytes.extend(speech::frames(rng));
        mutate(&mut bytes, rng);
        let then = then(rng);
        Story { opened: false, pieces: cut(bytes, rng), then }
    })
    .await;
}
