//! Acts about the bytes themselves: `raw`, `glue` and `trickle`.

use super::{act, seen, server};
use crate::support::{Client, Frame, TestServer};
use serde_json::json;

async fn stage() -> (TestServer, Client, Client) {
    let server = server();
    let (control, client) = (server.open("/control").await, server.open("/echo?tag=t").await);
    (server, client, control)
}

#[tokio::test(start_paused = true)]
async fn raw_bytes_leave_as_they_are() {
    let (server, mut client, mut control) = stage().await;
    act(&mut control, "t", json!([{"raw": {"hex": "8102"}}, {"raw": {"hex": "6869"}}, {"raw": {"hex": ""}}]))
        .await;
    client.expect(Frame::text("hi")).await;
    assert_eq!(seen(&mut control, "t").await["sent"]["text"], 0, "raw bytes are no message");
    act(&mut control, "t", json!([{"raw": {"hex": "ffffffff"}}, {"drop": true}])).await;
    assert_eq!(client.raw.rest().await, [255; 4]);
    drop(client);
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_follows_a_trickle_leaves_behind_it() {
    let (server, mut client, mut control) = stage().await;
    let fill = json!({"fill": {"len": 65_536, "as": "binary"}});
    let acts = json!([{"trickle": [{"send": fill}]}, {"send": {"text": "behind"}}, {"glue": [{"ping": {}}]}]);
    act(&mut control, "t", acts).await;
    client.send(Frame::text("echo")).await;
    assert_eq!(client.frame().await.unwrap().payload.len(), 65_536);
    let mut rest =
        [client.frame().await.unwrap(), client.frame().await.unwrap(), client.frame().await.unwrap()];
    rest.sort_by_key(|frame| frame.payload.len());
    assert_eq!(rest, [Frame::ping([]), Frame::text("echo"), Frame::text("behind")]);
    client.close().await;
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn raw_bytes_may_follow_a_close_frame() {
    let (server, mut client, mut control) = stage().await;
    act(&mut control, "t", json!([{"close": {"code": 4001}}, {"raw": {"hex": "810178"}}])).await;
    client.expect_close(Some(4001)).await;
    client.expect(Frame::text("x")).await;
    client.close_answer(4001).await;
    act_on_the_other_glued_form(&server, &mut control).await;
    control.close().await;
    server.stop().await;
}

async fn act_on_the_other_glued_form(server: &TestServer, control: &mut Client) {
    let mut client = server.open("/echo?tag=u").await;
    act(control, "u", json!([{"glue": [{"close": {"code": 4001}}, {"raw": {"hex": "810178"}}]}])).await;
    client.expect_close(Some(4001)).await;
    client.expect(Frame::text("x")).await;
    client.close_answer(4001).await;
}
