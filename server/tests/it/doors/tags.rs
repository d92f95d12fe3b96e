//! Names for connections.

use crate::support::{Frame, Request, TestServer, client::taken};
use serde_json::json;

async fn push_to(server: &TestServer, name: &str) -> (u16, String) {
    let answer = server.ask(Request::push(&format!("/push?to={name}"), "pushed").bytes()).await;
    (answer.status, answer.body)
}

fn delivered() -> (u16, String) {
    (200, "{\"delivered\":1}\n".to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_tag_has_one_to_sixty_four_letters_digits_and_marks() {
    let server = TestServer::new();
    let longest = "x".repeat(64);
    for tag in ["a", "A-Z_a.z-0.9", "..", "-", &longest, "%61bc", "a%2Db"] {
        let client = server.talk(&format!("/ws?tag={tag}")).await;
        client.close().await;
        server.sessions(0).await;
    }
    let too_long = "x".repeat(65);
    for tag in ["", "a%20b", "a+b", "~1", "a/b", "%C3%A4", "%FF", "a%00", "a%0D%0Ab", "a~", "a,b", &too_long]
    {
        let answer = server.ask(Request::handshake(&format!("/ws?tag={tag}")).bytes()).await;
        assert_eq!((answer.status, &*answer.error()), (400, "bad_tag"), "{tag}");
    }
    let twice = server.ask(Request::handshake("/ws?tag=a&tag=b").bytes()).await;
    assert_eq!(twice.error(), "bad_tag");
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn every_endpoint_takes_a_tag_and_they_share_one_room_of_names() {
    for first in ["/", "/ws", "/echo", "/control"] {
        let server = TestServer::new();
        let mut client = server.open(&format!("{first}?tag=t")).await;
        for second in ["/", "/ws", "/echo", "/control"] {
            let answer = server.ask(Request::handshake(&format!("{second}?tag=t")).bytes()).await;
            assert_eq!((answer.status, &*answer.error()), (409, "tag_in_use"), "{first} and {second}");
        }
        client.try_close().await;
        drop(client);
        server.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_tag_is_free_again_after_the_end_of_its_connection_however_it_ended() {
    let server = TestServer::new();
    let client = server.talk("/ws?tag=t").await;
    client.close().await;
    server.sessions(0).await;
    let client = server.talk("/ws?tag=t").await;
    drop(client);
    server.sessions(0).await;
    let mut client = server.talk("/ws?tag=t").await;
    client.raw.send(Frame::text("not masked").unmasked()).await;
    client.expect_close(Some(1002)).await;
    drop(client);
    server.sessions(0).await;
    server.talk("/ws?tag=t").await.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_tag_is_known_before_the_101_is_sent() {
    let server = TestServer::new();
    // There is no room for the 101, so that it is on its way for as long as the test wants.
    let mut raw = server.connect_with_pipe(1).await;
    raw.send(Request::handshake("/ws?tag=t").bytes()).await;
    taken().await;
    assert_eq!(push_to(&server, "t").await, delivered());
    assert_eq!(server.ask(Request::handshake("/ws?tag=t").bytes()).await.error(), "tag_in_use");
    assert!(raw.head().await.starts_with("HTTP/1.1 101 "));
    let first = raw.take_when(Frame::parse).await.unwrap();
    assert!(first.payload.starts_with(b"{\"type\":\"welcome\""), "{first:?}");
    assert_eq!(raw.take_when(Frame::parse).await, Some(Frame::text("pushed")));
    drop(raw);
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn who_never_takes_the_101_leaves_no_name_behind_and_has_vanished() {
    let server = TestServer::with_journal();
    let mut control = server.open("/control").await;
    let mut raw = server.connect_with_pipe(1).await;
    raw.send(Request::handshake("/ws?tag=t").bytes()).await;
    taken().await;
    drop(raw);
    server.sessions(1).await;
    assert_eq!(push_to(&server, "t").await.0, 404);
    let seen = control.command(json!({"id": 1, "to": "t", "act": [{"seen": {}}]})).await;
    assert_eq!(
        (&seen["seen"]["open"], &seen["seen"]["ended"]),
        (&json!(false), &json!("vanished")),
        "{seen}"
    );
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn without_a_tag_the_id_of_the_welcome_is_the_name() {
    let server = TestServer::new();
    let mut client = server.open("/ws").await;
    let id = client.welcome().await;
    assert_eq!(push_to(&server, &id).await, delivered());
    client.expect(Frame::text("pushed")).await;
    client.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_tagged_connection_keeps_its_id_as_a_name() {
    let server = TestServer::new();
    let mut client = server.open("/ws?tag=t").await;
    let id = client.welcome().await;
    for name in ["t", "%74", &id] {
        assert_eq!(push_to(&server, name).await, delivered());
        client.expect(Frame::text("pushed")).await;
    }
    client.close().await;
    server.stop().await;
}
