//! The study's nine tests, as a user of tokio-tungstenite would write them: no list, no driver.

mod support;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use std::time::Duration;
use support::ReferenceServer;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Error, Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

type Client = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The server listens on its port
#[tokio::test]
async fn listens() {
    let server = ReferenceServer::start();
    let address = server.url.strip_prefix("ws://").unwrap();
    within(TcpStream::connect(address)).await.unwrap();
}

/// A client connects
#[tokio::test]
async fn connects() {
    let server = ReferenceServer::start();
    let (client, response) = within(connect_async(server.at("/ws"))).await.unwrap();
    assert_eq!(response.status(), 101);
    close(client).await;
}

/// The first message from the server is the welcome
#[tokio::test]
async fn welcome() {
    let server = ReferenceServer::start();
    let (mut client, _) = within(connect_async(server.at("/ws"))).await.unwrap();
    let welcome: Value = serde_json::from_str(&text(&mut client).await).unwrap();
    assert_eq!(welcome["type"], "welcome");
    assert!(welcome["connection"].is_string() && welcome["server"].is_string(), "{welcome}");
    nothing_else_came(&mut client).await;
    close(client).await;
}

/// A client sends a message and gets it back unchanged
#[tokio::test]
async fn echo() {
    let server = ReferenceServer::start();
    let mut client = connect(&server, "/ws").await;
    for message in
        [Message::text("hello"), Message::text("ä😀\0"), Message::text(""), Message::binary(vec![0, 255])]
    {
        client.send(message.clone()).await.unwrap();
        assert_eq!(next(&mut client).await, message);
    }
    close(client).await;
}

/// The server sends a message that nobody asked for
#[tokio::test]
async fn push() {
    let server = ReferenceServer::start();
    let mut a = connect(&server, "/ws?tag=a").await;
    let mut b = connect(&server, "/ws?tag=b").await;
    let control = act(&server, json!({"id": 1, "to": "a", "act": [{"send": {"text": "news"}}]})).await;
    assert_eq!(text(&mut a).await, "news");
    nothing_else_came(&mut b).await;
    for client in [a, b, control] {
        close(client).await;
    }
}

/// A client closes with 1000, gets 1000 back, and the connection ends cleanly
#[tokio::test]
async fn close_1000() {
    let server = ReferenceServer::start();
    let mut client = connect(&server, "/ws").await;
    let frame = CloseFrame { code: CloseCode::Normal, reason: "done".into() };
    client.close(Some(frame.clone())).await.unwrap();
    assert_eq!(next(&mut client).await, Message::Close(Some(frame)));
    assert!(within(client.next()).await.is_none(), "TCP ends without an error");
}

/// Many messages sent without waiting come back complete and in order
#[tokio::test]
async fn many_to_server() {
    let server = ReferenceServer::start();
    let client = connect(&server, "/ws").await;
    let (mut sink, mut stream) = client.split();
    let send = async {
        for i in 0..1000 {
            sink.feed(Message::text(format!("message {i}"))).await?;
        }
        sink.flush().await
    };
    let receive = async {
        for i in 0..1000 {
            let message = stream.next().await.unwrap()?;
            assert_eq!(message, Message::text(format!("message {i}")));
        }
        Ok::<_, Error>(())
    };
    within(async { tokio::try_join!(send, receive) }).await.unwrap();
    let mut client = sink.reunite(stream).unwrap();
    nothing_else_came(&mut client).await;
    close(client).await;
}

/// Many messages pushed by the server arrive complete and in order
#[tokio::test]
async fn many_to_client() {
    let server = ReferenceServer::start();
    let mut client = connect(&server, "/ws?tag=many").await;
    let push = json!({"id": 1, "to": "many", "act": [{"send": {"text": "message ${i}", "times": 1000}}]});
    let receive = async {
        for i in 0..1000 {
            assert_eq!(text(&mut client).await, format!("message {i}"));
        }
    };
    let (control, ()) = tokio::join!(act(&server, push), receive);
    nothing_else_came(&mut client).await;
    close(client).await;
    close(control).await;
}

/// Many clients are independent of one another
#[tokio::test]
async fn many_clients() {
    let server = ReferenceServer::start();
    let mut clients = Vec::new();
    for i in 0..20 {
        clients.push((i, connect(&server, "/ws").await));
    }
    for (i, client) in &mut clients {
        client.send(Message::text(format!("from {i}"))).await.unwrap();
    }
    drop(clients.swap_remove(7));
    for (i, mut client) in clients {
        assert_eq!(text(&mut client).await, format!("from {i}"));
        nothing_else_came(&mut client).await;
        close(client).await;
    }
}

#[test]
fn these_are_the_nine_of_the_list() {
    let list: Value = serde_json::from_str(include_str!("../../../suites/core.json")).unwrap();
    let tests = list["tests"].as_array().unwrap().iter();
    let expected: Vec<_> = tests
        .map(|test| {
            let name = test["id"].as_str().unwrap().strip_prefix("core/").unwrap().replace('-', "_");
            (test["title"].as_str().unwrap().to_owned(), name)
        })
        .collect();
    let lines: Vec<&str> = include_str!("nine.rs").lines().collect();
    let here: Vec<_> = lines
        .windows(3)
        .filter(|lines| lines[1] == "#[tokio::test]")
        .map(|lines| {
            let title = lines[0].strip_prefix("/// ").unwrap();
            let name = lines[2].strip_prefix("async fn ").and_then(|rest| rest.strip_suffix("() {")).unwrap();
            (title.to_owned(), name.to_owned())
        })
        .collect();
    assert_eq!(here, expected);
}

/// A connection whose welcome has been read.
async fn connect(server: &ReferenceServer, path: &str) -> Client {
    let (mut client, _) = within(connect_async(server.at(path))).await.expect("a connection");
    text(&mut client).await;
    client
}

/// Has the server do something, and gives back the control connection when it is done.
async fn act(server: &ReferenceServer, command: Value) -> Client {
    let (mut control, _) = within(connect_async(server.control.clone())).await.expect("a connection");
    control.send(Message::text(command.to_string())).await.expect("an open connection");
    let answer: Value = serde_json::from_str(&text(&mut control).await).expect("JSON");
    assert_eq!(answer["ok"], true, "{answer}");
    control
}

/// The next message, pings apart: those the library answers.
async fn next(client: &mut Client) -> Message {
    loop {
        match within(client.next()).await.expect("a message").expect("a connection") {
            Message::Ping(_) => {}
            message => return message,
        }
    }
}

async fn text(client: &mut Client) -> String {
    match next(client).await {
        Message::Text(text) => text.as_str().to_owned(),
        other => panic!("{other:?} is not a text"),
    }
}

/// The echo of a last word is the very next message.
async fn nothing_else_came(client: &mut Client) {
    client.send(Message::text("last word")).await.expect("an open connection");
    assert_eq!(text(client).await, "last word");
}

async fn close(mut client: Client) {
    client.close(None).await.expect("an open connection");
    while within(client.next()).await.transpose().expect("a clean end").is_some() {}
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(10), future).await.expect("an answer in time")
}
