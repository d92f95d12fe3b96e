//! Ends without a close frame that `/control` asks for.

use super::{about, act, ended, server, time};
use crate::support::Frame;
use serde_json::json;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn drop_ends_the_connection_without_a_close_frame_behind_what_was_sent() {
    let server = server();
    let mut control = server.open("/control").await;
    let mut client = server.open("/echo?tag=t").await;
    let fill = json!({"fill": {"len": 100_000, "as": "binary"}, "times": 4});
    act(&mut control, "t", json!([{"send": fill}, {"drop": true}])).await;
    for _ in 0..4 {
        assert_eq!(client.frame().await.unwrap().payload.len(), 100_000);
    }
    client.expect_end().await;
    assert!(!client.raw.try_send("nobody is there any more").await);
    assert_eq!(ended(&mut control, "t").await, "cut");
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn finish_ends_the_servers_side_without_a_close_frame_and_reads_on_for_a_while() {
    let server = server();
    let mut control = server.open("/control").await;
    let mut client = server.open("/echo?tag=t").await;
    act(&mut control, "t", json!([{"send": {"text": "last"}}, {"finish": true}])).await;
    client.expect(Frame::text("last")).await;
    client.expect_end().await;
    client.raw.send(Frame::binary(vec![0; 200_000]).masked()).await;
    let (duration, ended) = time(ended(&mut control, "t")).await;
    assert!(about(duration, Duration::from_secs(5)), "{duration:?}");
    assert_eq!(ended, "cut");
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_ends_its_side_after_finish_is_not_lingered_for() {
    let server = server();
    let mut control = server.open("/control").await;
    let mut client = server.open("/echo?tag=t").await;
    act(&mut control, "t", json!([{"finish": true}])).await;
    client.expect_end().await;
    client.raw.finish().await;
    let (duration, ended) = time(ended(&mut control, "t")).await;
    assert!(duration < Duration::from_millis(5), "{duration:?}");
    assert_eq!(ended, "cut");
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn tcp_may_be_cut_after_a_close_frame() {
    for cut in ["drop", "finish"] {
        let server = server();
        let mut control = server.open("/control").await;
        let mut client = server.open("/echo?tag=t").await;
        act(&mut control, "t", json!([{"close": {"code": 4001}}, {cut: true}])).await;
        client.expect_close(Some(4001)).await;
        client.expect_end().await;
        drop(client);
        assert_eq!(ended(&mut control, "t").await, "cut");
        control.close().await;
        server.stop().await;
    }
}
