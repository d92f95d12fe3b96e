//! Welcomes, pushes and closes that the server begins, gone wrong.

use super::{heard, server};
use crate::support::{Client, Frame};
use crosswire_server::mutants::Mutant;
use serde_json::{Value, json};

pub(super) const SHOWN: [Mutant; 13] = [
    Mutant::NoWelcome,
    Mutant::WelcomeTwice,
    Mutant::WelcomeAfterFirstEcho,
    Mutant::WelcomeWithoutConnection,
    Mutant::PushLost,
    Mutant::PushToEveryone,
    Mutant::PushToNeighbour,
    Mutant::PushWaitsForData,
    Mutant::PushAsBinary,
    Mutant::EchoToNeighbour,
    Mutant::CloseOvertakes,
    Mutant::ServerCloseCodeLost,
    Mutant::ServerCloseReasonLost,
];

#[tokio::test(start_paused = true)]
async fn welcomes_are_wrong() {
    for (mutant, expected) in [
        (Mutant::Healthy, &["welcome", "connection", "hello"][..]),
        (Mutant::NoWelcome, &["hello"]),
        (Mutant::WelcomeTwice, &["welcome", "connection", "welcome", "connection", "hello"]),
        (Mutant::WelcomeAfterFirstEcho, &["hello", "welcome", "connection"]),
        (Mutant::WelcomeWithoutConnection, &["welcome", "hello"]),
    ] {
        let mut client = server(mutant).open("/ws").await;
        client.send(Frame::text("\"hello\"")).await;
        let mut said = Vec::new();
        for frame in heard(&mut client).await {
            let json: Value = serde_json::from_slice(&frame.payload).unwrap();
            match json.as_str() {
                Some(text) => said.push(text.to_owned()),
                None => said.push(json["type"].as_str().unwrap().to_owned()),
            }
            if json["connection"].is_string() {
                said.push("connection".to_owned());
            }
        }
        assert_eq!(said, expected, "{}", mutant.name());
    }
}

/// What three clients hear while the first of them is pushed to, and once it has then sent something.
async fn push(mutant: Mutant, acts: Value) -> [Vec<Frame>; 4] {
    let server = server(mutant);
    let mut clients: Vec<Client> = Vec::new();
    for target in ["/ws?tag=a", "/ws", "/ws"] {
        clients.push(server.talk(target).await);
    }
    let mut control = server.open("/control").await;
    assert_eq!(control.command(json!({"id": 1, "to": "a", "act": acts})).await["ok"], true);
    let pushed = heard(&mut clients[0]).await;
    clients[0].raw.try_send(Frame::text("mine").masked()).await;
    let [first, second, third] = &mut clients[..] else { unreachable!() };
    [pushed, heard(first).await, heard(second).await, heard(third).await]
}

#[tokio::test(start_paused = true)]
async fn pushes_go_wrong() {
    let (news, mine) = (|| vec![Frame::text("news")], || vec![Frame::text("mine")]);
    let none = Vec::new;
    for (mutant, expected) in [
        (Mutant::Healthy, [news(), mine(), none(), none()]),
        (Mutant::PushLost, [none(), mine(), none(), none()]),
        (Mutant::PushToEveryone, [news(), mine(), news(), news()]),
        (Mutant::PushToNeighbour, [news(), mine(), news(), none()]),
        (Mutant::PushWaitsForData, [none(), [news(), mine()].concat(), none(), none()]),
        (Mutant::PushAsBinary, [vec![Frame::binary("news")], mine(), none(), none()]),
        (Mutant::EchoToNeighbour, [news(), mine(), mine(), none()]),
        // A message that no close frame comes with arrives.
        (Mutant::CloseOvertakes, [news(), mine(), none(), none()]),
    ] {
        assert_eq!(push(mutant, json!([{"send": {"text": "news"}}])).await, expected, "{}", mutant.name());
    }
}

#[tokio::test(start_paused = true)]
async fn every_tenth_push_is_lost() {
    let [pushed, ..] = push(Mutant::PushLost, json!([{"send": {"text": "${i}", "times": 21}}])).await;
    let expected: Vec<Frame> = (0..21).filter(|i| i % 10 != 0).map(|i| Frame::text(i.to_string())).collect();
    assert_eq!(pushed, expected);
}

#[tokio::test(start_paused = true)]
async fn closes_that_the_server_begins_go_wrong() {
    let bye = || Frame::close(4000, "bye");
    for (mutant, expected) in [
        (Mutant::Healthy, vec![Frame::text("last"), bye()]),
        (Mutant::CloseOvertakes, vec![bye()]),
        (Mutant::ServerCloseCodeLost, vec![Frame::text("last"), Frame::close_without_code()]),
        (Mutant::ServerCloseReasonLost, vec![Frame::text("last"), Frame::close(4000, "")]),
    ] {
        let acts = json!([{"send": {"text": "last"}}, {"close": {"code": 4000, "reason": "bye"}}]);
        for acts in [acts.clone(), json!([{ "glue": acts }])] {
            assert_eq!(push(mutant, acts).await[0], expected, "{}", mutant.name());
        }
    }
}
