//! Acts about the bytes themselves: `raw`, `glue` and `trickle`.

use super::{act, seen, server};
use crate::support::{Client, Frame, TestServer, server::PIPE};
use serde_json::json;
use std::time::Duration;

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
    let fill = json!({"fill": {"len": 65_532, "as": "binary"}});
    let acts = json!([{"trickle": [{"send": fill}]}, {"send": {"text": "behind"}}, {"glue": [{"ping": {}}]}]);
    act(&mut control, "t", acts).await;
    client.send(Frame::text("echo")).await;
    assert_eq!(client.frame().await.unwrap().payload.len(), 65_532);
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

#[tokio::test(start_paused = true)]
async fn headers_and_control_frames_count_towards_the_bounds_of_glue_and_trickle() {
    let (server, mut client, mut control) = stage().await;
    let close = json!({"close": {"code": 4000, "reason": "x".repeat(123)}});
    for (act, bytes) in [
        (json!({"glue": [{"send": {"text": "", "times": 524_289}}]}), 1_048_578),
        (json!({"glue": vec![json!({"send": {"text": "", "times": 1_000_000}}); 5]}), 10_000_000),
        (json!({"glue": [{"send": {"fill": {"len": 1_048_567, "as": "text"}}}]}), 1_048_577),
        (json!({"trickle": [{"send": {"fill": {"len": 65_533, "as": "text"}}}]}), 65_537),
        (json!({"trickle": [{"send": {"text": "", "fragments": vec![0; 32_769]}}]}), 65_538),
        (
            json!({"trickle": [{"send": {"text": "", "fragments": vec![0; 16_385], "ping_between": true}}]}),
            65_538,
        ),
        // In 10001 rounds the longest is `10000`.
        (json!({"trickle": [{"send": {"text": "${i}", "times": 10_001}}]}), 70_007),
        (json!({"trickle": [{"raw": {"hex": "00".repeat(65_410)}}, close]}), 65_537),
        (json!({"trickle": [{"ping": {"text": "x"}}, {"raw": {"hex": "00".repeat(65_534)}}]}), 65_537),
        (json!({"trickle": [{"pong": {}}, {"raw": {"hex": "00".repeat(65_535)}}]}), 65_537),
    ] {
        let answer = control.command(json!({"to": "t", "act": [act]})).await;
        assert_eq!(answer["error"], "bad_command", "{bytes}");
        let message = answer["message"].as_str().unwrap();
        assert!(message.contains(&format!("{bytes} bytes")), "{message}");
    }
    let fits = json!([{"trickle": [{"raw": {"hex": "00".repeat(65_409)}}, close]}]);
    act(&mut control, "t", fits).await;
    let before = client.raw.take_when(|bytes| (bytes.len() >= 65_409).then_some(((), 65_409))).await;
    assert_eq!(before, Some(()));
    client.expect_close(Some(4000)).await;
    client.close_answer(4000).await;
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn empty_messages_in_many_fragments_fill_an_outbox_like_others() {
    let (server, client, mut control) = stage().await;
    let send = json!({"text": "", "fragments": vec![0; 60_000], "times": 1_000_000});
    let filling = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let waits = server.census().outbox_bytes;
        drop(client);
        waits
    };
    let (answer, waits) =
        tokio::join!(control.command(json!({"to": "t", "act": [{ "send": send }]})), filling);
    // A round is 120,000 bytes on the wire. Eight of them are the last that fit; of the two that were encoded ahead of
    // them, a part is on its way to the client.
    assert_eq!(waits, 10 * 120_000 - PIPE);
    assert_eq!(answer["error"], "not_open", "{answer}");
    control.close().await;
    server.stop().await;
}
