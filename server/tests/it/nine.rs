//! The nine things of the plain protocol, over memory. Each is told to a server, so that one that is wrong can be told it.

use crate::support::{Client, Frame, TestServer};
use crosswire_server::{Stopped, bind};
use serde_json::json;
use tokio::net::TcpStream;

#[tokio::test]
async fn listens() {
    let listeners = bind("127.0.0.1:0").await.unwrap();
    let address = listeners[0].local_addr().unwrap();
    assert!(TcpStream::connect(address).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn connects() {
    connect(TestServer::new()).await;
}

pub(crate) async fn connect(server: TestServer) {
    let client = server.open("/ws").await;
    assert!(client.handshake.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    drop(client);
    assert_eq!(server.stop().await, Stopped::Drained);
}

#[tokio::test(start_paused = true)]
async fn welcomes() {
    welcome(TestServer::new()).await;
}

pub(crate) async fn welcome(server: TestServer) {
    let mut client = server.open("/ws").await;
    let welcome = client.frame().await.expect("a message");
    let text = String::from_utf8(welcome.payload).expect("UTF-8");
    let expected = concat!(
        r#"{"type":"welcome","connection":"~1","server":"crosswire/"#,
        env!("CARGO_PKG_VERSION"),
        r#""}"#
    );
    assert_eq!(text, expected);
    client.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn echoes_text_as_text_and_binary_as_binary() {
    echo(TestServer::new()).await;
}

pub(crate) async fn echo(server: TestServer) {
    let mut client = server.talk("/ws").await;
    for frame in [
        Frame::text("hello"),
        Frame::text(""),
        Frame::binary([0, 255]),
        Frame::binary([]),
        Frame::text("ä😀\0"),
    ] {
        client.send(frame.clone()).await;
        client.expect(frame).await;
    }
    client.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn pushes_what_nobody_asked_for() {
    push(TestServer::new()).await;
}

pub(crate) async fn push(server: TestServer) {
    let mut client = server.talk("/ws?tag=t").await;
    let pushed = server.ask("POST /push HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello").await;
    assert_eq!((pushed.status, &*pushed.body), (200, "{\"delivered\":1}\n"));
    client.expect(Frame::text("hello")).await;
    let mut bystander = server.talk("/ws").await;
    let mut control = server.open("/control").await;
    let done = control.command(json!({"id": 1, "to": "t", "act": [{"send": {"hex": "00ff"}}]})).await;
    assert_eq!(done, json!({"id": 1, "ok": true}));
    client.expect(Frame::binary([0, 255])).await;
    // Whoever came later got none of it.
    bystander.send(Frame::text("fence")).await;
    bystander.expect(Frame::text("fence")).await;
    bystander.close().await;
    client.close().await;
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn closes_with_1000() {
    close(TestServer::new()).await;
}

pub(crate) async fn close(server: TestServer) {
    let mut client = server.talk("/ws").await;
    client.send(Frame::close(1000, "done")).await;
    assert_eq!(client.expect_close(Some(1000)).await, "done");
    client.expect_end().await;
    drop(client);
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn many_messages_to_the_server_come_back_complete_and_in_order() {
    many_to_server(TestServer::new()).await;
}

pub(crate) async fn many_to_server(server: TestServer) {
    let mut client = server.talk("/ws").await;
    let messages: Vec<Frame> = (0..1000).map(|i| Frame::text(format!("message {i}"))).collect();
    client.raw.send(messages.iter().flat_map(Frame::masked).collect::<Vec<_>>()).await;
    for message in messages {
        client.expect(message).await;
    }
    client.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn many_messages_to_the_client_arrive_complete_and_in_order() {
    many_to_client(TestServer::new()).await;
}

pub(crate) async fn many_to_client(server: TestServer) {
    let mut client = server.talk("/ws?tag=t").await;
    let mut control = server.open("/control").await;
    let act = json!([{"send": {"text": "message ${i}", "times": 1000}}]);
    control.send(Frame::text(json!({"id": 1, "to": "t", "act": act}).to_string())).await;
    for i in 0..1000 {
        client.expect(Frame::text(format!("message {i}"))).await;
    }
    assert_eq!(control.json().await["ok"], true);
    client.close().await;
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn clients_are_independent() {
    many_clients(TestServer::new()).await;
}

pub(crate) async fn many_clients(server: TestServer) {
    let mut clients: Vec<Client> = Vec::new();
    for _ in 0..20 {
        clients.push(server.talk("/ws").await);
    }
    for (i, client) in clients.iter_mut().enumerate() {
        client.send(Frame::text(format!("from {i}"))).await;
    }
    drop(clients.swap_remove(7));
    for (i, client) in clients.iter_mut().enumerate() {
        let number = if i == 7 { 19 } else { i };
        client.expect(Frame::text(format!("from {number}"))).await;
    }
    for client in clients {
        client.close().await;
    }
    server.stop().await;
}
