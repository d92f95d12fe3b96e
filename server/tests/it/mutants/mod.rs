//! The server that is wrong in one named way: that it is, and in no other.
//!
//! A row of a table is a mutant, what it is told and what it answers. The healthy server is told the same, and has to
//! answer otherwise, so that no row is about something that is right.

mod connections;
mod handshakes;
mod messages;
mod nine;
mod program;
mod pushes;

use crate::support::{Client, Frame, Opcode, TestServer};
use crosswire_server::mutants::Mutant;
use std::time::Duration;
use tokio::time::{sleep, timeout};

fn server(mutant: Mutant) -> TestServer {
    TestServer::with(|config| config.mutant = mutant)
}

/// Longer than anything is held back.
const LONG: Duration = Duration::from_secs(1);

/// Sends all of this in one write, and a close frame with 1000 a good while later where there is none in it. Gives every
/// frame that came back, without the answer to that close frame.
async fn told(mut client: Client, frames: &[Frame]) -> Vec<Frame> {
    client.raw.send(frames.iter().flat_map(Frame::masked).collect::<Vec<_>>()).await;
    let closes = frames.iter().any(|frame| frame.opcode == Opcode::Close as u8);
    let mut back = heard(&mut client).await;
    if !closes {
        client.raw.try_send(Frame::close(1000, "").masked()).await;
    }
    while let Some(frame) = client.frame().await {
        back.push(frame);
    }
    if !closes && back.last() == Some(&Frame::close(1000, "")) {
        back.pop();
    }
    back
}

/// Everything that comes until it is quiet.
async fn heard(client: &mut Client) -> Vec<Frame> {
    let mut frames = Vec::new();
    while let Ok(Some(frame)) = timeout(LONG, client.frame()).await {
        frames.push(frame);
    }
    sleep(LONG).await;
    frames
}

/// A row: a mutant, what it is told and what it answers.
type Row = (Mutant, Vec<Frame>, Vec<Frame>);

#[test]
fn every_mutant_is_shown_to_be_wrong() {
    let mut shown: Vec<Mutant> =
        [messages::rows(), messages::limits()].concat().iter().map(|row| row.0).collect();
    shown.extend(pushes::SHOWN);
    shown.extend(handshakes::SHOWN);
    shown.extend(connections::SHOWN);
    shown.extend(program::SHOWN);
    let missing: Vec<&str> =
        Mutant::ALL.iter().filter(|mutant| !shown.contains(mutant)).map(|mutant| mutant.name()).collect();
    assert_eq!(missing, [""; 0]);
}
