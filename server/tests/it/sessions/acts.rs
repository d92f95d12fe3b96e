//! Every act of `/control` that sends or waits does what it says.

use super::{act, seen, server, time};
use crate::support::{Client, Frame, Opcode, TestServer};
use serde_json::json;
use std::time::Duration;

async fn stage() -> (TestServer, Client, Client) {
    let server = server();
    let (control, client) = (server.open("/control").await, server.open("/echo?tag=t").await);
    (server, client, control)
}

async fn leave(server: TestServer, client: Client, control: Client) {
    client.close().await;
    control.close().await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn sends_text_hex_and_fills() {
    let (server, mut client, mut control) = stage().await;
    let acts = json!([
        {"send": {"text": "ä😀"}},
        {"send": {"text": ""}},
        {"send": {"hex": "00fF80"}},
        {"send": {"hex": ""}},
        {"send": {"fill": {"len": 300, "as": "binary"}}},
        {"send": {"fill": {"len": 30, "as": "text"}}},
        {"send": {"fill": {"len": 0, "as": "text"}}},
    ]);
    act(&mut control, "t", acts).await;
    client.expect(Frame::text("ä😀")).await;
    client.expect(Frame::text("")).await;
    client.expect(Frame::binary([0, 255, 128])).await;
    client.expect(Frame::binary([])).await;
    client.expect(Frame::binary((0..300_u16).map(|i| (i % 251) as u8).collect::<Vec<_>>())).await;
    client.expect(Frame::text("abcdefghijklmnopqrstuvwxyzabcd")).await;
    client.expect(Frame::text("")).await;
    leave(server, client, control).await;
}

#[tokio::test(start_paused = true)]
async fn sends_many_times_and_counts_into_text() {
    let (server, mut client, mut control) = stage().await;
    let acts = json!([
        {"send": {"text": "m${i}-$${i}-${i}", "times": 3}},
        {"send": {"text": "same", "times": 2}},
        {"send": {"hex": "01", "times": 2}},
        {"send": {"text": "never", "times": 0}},
        {"send": {"text": "${i} stays where nothing counts"}},
    ]);
    act(&mut control, "t", acts).await;
    for text in ["m0-${i}-0", "m1-${i}-1", "m2-${i}-2", "same", "same"] {
        client.expect(Frame::text(text)).await;
    }
    client.expect(Frame::binary([1])).await;
    client.expect(Frame::binary([1])).await;
    client.expect(Frame::text("${i} stays where nothing counts")).await;
    leave(server, client, control).await;
}

#[tokio::test(start_paused = true)]
async fn sends_in_fragments_of_the_sizes_that_are_named() {
    let (server, mut client, mut control) = stage().await;
    let acts = json!([
        {"send": {"text": "abcdef", "fragments": [1, 0, 3, 2, 0]}},
        {"send": {"hex": "0102", "fragments": [2]}},
        {"send": {"text": "", "fragments": [0, 0]}},
        {"send": {"text": "n${i}", "times": 2, "fragments": [1, 1]}},
        // The two bytes of one character may be parted.
        {"send": {"text": "ä", "fragments": [1, 1]}},
    ]);
    act(&mut control, "t", acts).await;
    client.expect(Frame::text("a").unfinished()).await;
    client.expect(Frame::continuation("").unfinished()).await;
    client.expect(Frame::continuation("bcd").unfinished()).await;
    client.expect(Frame::continuation("ef").unfinished()).await;
    client.expect(Frame::continuation("")).await;
    client.expect(Frame::binary([1, 2])).await;
    client.expect(Frame::text("").unfinished()).await;
    client.expect(Frame::continuation("")).await;
    for i in ["0", "1"] {
        client.expect(Frame::text("n").unfinished()).await;
        client.expect(Frame::continuation(i)).await;
    }
    client.expect(Frame::text([0xc3]).unfinished()).await;
    client.expect(Frame::continuation([0xa4])).await;
    assert_eq!(seen(&mut control, "t").await["sent"]["text"], 5, "a message counts once");
    leave(server, client, control).await;
}

#[tokio::test(start_paused = true)]
async fn pings_and_pongs_with_every_form_of_payload() {
    let (server, mut client, mut control) = stage().await;
    for (act_name, opcode) in [("ping", Opcode::Ping), ("pong", Opcode::Pong)] {
        let acts = json!([
            {act_name: {}},
            {act_name: {"text": "p"}},
            {act_name: {"hex": "00ff"}},
            {act_name: {"fill": {"len": 125, "as": "text"}}},
        ]);
        act(&mut control, "t", acts).await;
        let longest: Vec<u8> = (b'a'..=b'z').cycle().take(125).collect();
        for payload in [&b""[..], b"p", b"\x00\xff", &longest] {
            client.expect(Frame::new(opcode, payload)).await;
        }
    }
    let sent = &seen(&mut control, "t").await["sent"];
    assert_eq!((&sent["ping"], &sent["pong"]), (&json!(4), &json!(4)));
    leave(server, client, control).await;
}

#[tokio::test(start_paused = true)]
async fn waits_before_the_next_act() {
    let (server, mut client, mut control) = stage().await;
    let acts = json!([{"send": {"text": "first"}}, {"wait_ms": 2000}, {"wait_ms": 250}, {"send": {"text": "second"}}]);
    let script = act(&mut control, "t", acts);
    let reading = async {
        let (first, ()) = time(client.expect(Frame::text("first"))).await;
        let (second, ()) = time(client.expect(Frame::text("second"))).await;
        (first, second)
    };
    let ((), (first, second)) = tokio::join!(script, reading);
    assert!(first < Duration::from_millis(5), "{first:?}");
    assert!(super::about(second, Duration::from_millis(2250)), "{second:?}");
    leave(server, client, control).await;
}

#[tokio::test(start_paused = true)]
async fn stops_and_starts_reading() {
    let (server, mut client, mut control) = stage().await;
    act(&mut control, "t", json!([{"stop_reading": true}])).await;
    client.send(Frame::text("unread")).await;
    act(&mut control, "t", json!([{"wait_ms": 1000}, {"send": {"text": "sending goes on"}}])).await;
    client.expect(Frame::text("sending goes on")).await;
    assert_eq!(seen(&mut control, "t").await["received"]["text"], 0);
    act(&mut control, "t", json!([{"start_reading": true}])).await;
    client.expect(Frame::text("unread")).await;
    leave(server, client, control).await;
}

#[tokio::test(start_paused = true)]
async fn sends_wait_for_room_and_none_is_lost() {
    let (server, mut client, mut control) = stage().await;
    let fill = json!({"fill": {"len": 10_000, "as": "binary"}, "times": 1000});
    let script = act(&mut control, "t", json!([{ "send": fill }]));
    let reading = async {
        for _ in 0..1000 {
            assert_eq!(client.frame().await.unwrap().payload.len(), 10_000);
        }
    };
    tokio::join!(script, reading);
    assert_eq!(seen(&mut control, "t").await["sent"]["bytes"], 10_000_000);
    leave(server, client, control).await;
}

#[tokio::test(start_paused = true)]
async fn a_fill_of_the_largest_size_is_sent() {
    let (server, mut client, mut control) = stage().await;
    let fill = json!({"fill": {"len": 64 << 20, "as": "binary"}});
    act(&mut control, "t", json!([{ "send": fill }])).await;
    assert_eq!(client.frame().await.unwrap().payload.len(), 64 << 20);
    leave(server, client, control).await;
}
