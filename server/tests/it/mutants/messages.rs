//! Messages, pings and close frames that are answered wrongly.

use super::{Row, server, told};
use crate::support::{Frame, TestServer};
use crosswire_server::mutants::Mutant;

fn texts(texts: &[&str]) -> Vec<Frame> {
    texts.iter().map(Frame::text).collect()
}

fn numbers(range: std::ops::Range<usize>) -> Vec<Frame> {
    range.map(|i| Frame::text(i.to_string())).collect()
}

fn text_row(mutant: Mutant, sent: &[&str], back: &[&str]) -> Row {
    (mutant, texts(sent), texts(back))
}

fn binary_row(mutant: Mutant, sent: usize, back: usize) -> Row {
    (mutant, vec![Frame::binary(vec![7; sent])], vec![Frame::binary(vec![7; back])])
}

fn altered(len: usize) -> Vec<u8> {
    let mut bytes = vec![7; len];
    bytes[len - 1] = 6;
    bytes
}

pub(super) fn rows() -> Vec<Row> {
    [echoes(), order(), control_frames()].concat()
}

fn echoes() -> Vec<Row> {
    let large = "x".repeat(70_000);
    let fragments = vec![
        Frame::text("ab").unfinished(),
        Frame::continuation("cd").unfinished(),
        Frame::continuation("ef"),
    ];
    let with_an_empty_end = vec![
        Frame::text("abcd").unfinished(),
        Frame::continuation("ef").unfinished(),
        Frame::continuation(""),
        Frame::text("").unfinished(),
        Frame::continuation(""),
    ];
    vec![
        text_row(Mutant::EchoAltered, &["hello"], &["helln"]),
        (Mutant::EchoAsBinary, texts(&["hello"]), vec![Frame::binary("hello")]),
        (Mutant::BinaryAsText, vec![Frame::binary("hello")], texts(&["hello"])),
        (Mutant::EmptyBinaryAsText, vec![Frame::binary("")], texts(&[""])),
        text_row(Mutant::EmptySwallowed, &["a", "", "b"], &["a", "b"]),
        text_row(Mutant::EchoTwice, &["a", "b"], &["a", "a", "b", "b"]),
        text_row(Mutant::EchoUpperCase, &["hello"], &["HELLO"]),
        text_row(Mutant::EchoTrimmed, &[" a "], &["a"]),
        text_row(Mutant::StopsAtNul, &["a\0b"], &["a"]),
        text_row(Mutant::DropsBom, &["\u{FEFF}a"], &["a"]),
        text_row(Mutant::Truncate64k, &[&large], &[&large[..65535]]),
        binary_row(Mutant::Truncate125, 200, 125),
        (Mutant::WrongAbove64k, vec![Frame::binary(vec![7; 65536])], vec![Frame::binary(altered(65536))]),
        binary_row(Mutant::WrongAt126, 126, 125),
        (Mutant::DropsOneMebibyte, vec![Frame::binary(vec![7; 1 << 20])], vec![]),
        text_row(Mutant::MultiByteCut, &["a€b"], &["a\u{FFFD}b"]),
        text_row(Mutant::KeepsLongerTail, &["longer", "abc"], &["longer", "abcger"]),
        text_row(Mutant::JsonReserialised, &["{ \"a\" : 1.50 }"], &["{\"a\":1.5}"]),
        text_row(Mutant::TextNormalised, &["e\u{301}"], &["\u{E9}"]),
        (Mutant::Byte255Lost, vec![Frame::binary([0, 255])], vec![Frame::binary([0, 254])]),
        (Mutant::HundredthLost, numbers(1..102), [numbers(1..100), numbers(101..102)].concat()),
        (Mutant::ThousandthTwice, numbers(1..1002), [numbers(1..1001), numbers(1000..1002)].concat()),
        (Mutant::FragmentsJoinedWrong, fragments, texts(&["abcd"])),
        (Mutant::FragmentsJoinedWrong, with_an_empty_end, texts(&["abcd", ""])),
    ]
}

fn order() -> Vec<Row> {
    let large = "x".repeat(70_000);
    vec![
        text_row(Mutant::DropsOrder, &["a", "b", "c"], &["b", "a", "c"]),
        text_row(Mutant::SmallOvertakesLarge, &[&large, "a"], &["a", &large]),
        text_row(Mutant::WrongUnderPipelining, &["a", "b", "c"], &["a", "b"]),
    ]
}

fn control_frames() -> Vec<Row> {
    let close = |code, reason| vec![Frame::close(code, reason)];
    let pings = || vec![Frame::ping("a"), Frame::ping("b"), Frame::text("c")];
    vec![
        (
            Mutant::WrongAfterPing,
            vec![Frame::ping(""), Frame::text("a"), Frame::text("a")],
            vec![Frame::pong(""), Frame::text("`"), Frame::text("a")],
        ),
        (Mutant::PongPreviousPayload, pings(), vec![Frame::pong(""), Frame::pong("a"), Frame::text("c")]),
        (Mutant::PongEmpty, pings(), vec![Frame::pong(""), Frame::pong(""), Frame::text("c")]),
        (Mutant::PongWaitsForData, pings(), vec![Frame::text("c"), Frame::pong("a"), Frame::pong("b")]),
        (Mutant::NoPong, pings(), texts(&["c"])),
        (Mutant::PongKills, vec![Frame::pong("")], close(1002, "a pong that nobody asked for")),
        (Mutant::WrongCloseCode, close(1000, "done"), close(1001, "done")),
        (Mutant::NoCloseAnswer, close(1000, "done"), vec![]),
        (Mutant::CloseReasonCut, close(1000, "a reason that is long"), close(1000, "a reason that is")),
        (Mutant::Close1005As1000, vec![Frame::close_without_code()], close(1000, "")),
        (Mutant::Close4xxxRefused, close(4001, ""), close(1002, "")),
        (Mutant::ForgetsUnreadAtClose, vec![Frame::text("a"), Frame::close(1000, "")], close(1000, "")),
    ]
}

/// Where a message has at most 100 bytes.
pub(super) fn limits() -> Vec<Row> {
    let two_frames = vec![Frame::text("x".repeat(60)).unfinished(), Frame::continuation("x".repeat(60))];
    let text = |character: &str, count| Frame::text(character.repeat(count));
    vec![
        (
            Mutant::LimitOffByOne,
            vec![text("x", 100)],
            vec![Frame::close(1009, "a frame of 100 bytes; the limit is 99")],
        ),
        (Mutant::LimitIgnored, vec![text("x", 101)], vec![text("x", 101)]),
        (Mutant::LimitPerFrame, two_frames, vec![text("x", 120)]),
        (Mutant::LimitCountsCharacters, vec![text("ä", 100)], vec![text("ä", 100)]),
    ]
}

#[tokio::test(start_paused = true)]
async fn what_is_sent_is_answered_wrongly() {
    for (mutant, sent, expected) in rows() {
        let back = told(server(mutant).open("/echo").await, &sent).await;
        assert!(back == expected, "{}: {back:.300?}", mutant.name());
        let healthy = told(server(Mutant::Healthy).open("/echo").await, &sent).await;
        assert!(healthy != expected, "the healthy server does as {} does", mutant.name());
    }
}

#[tokio::test(start_paused = true)]
async fn limits_are_not_what_they_are_said_to_be() {
    let small = |mutant| {
        TestServer::with(|config| {
            (config.mutant, config.max_message, config.max_frame) = (mutant, 100, 100);
        })
    };
    for (mutant, sent, expected) in limits() {
        let back = told(small(mutant).talk("/ws").await, &sent).await;
        assert!(back == expected, "{}: {back:?}", mutant.name());
        let healthy = told(small(Mutant::Healthy).talk("/ws").await, &sent).await;
        assert!(healthy != expected, "the healthy server does as {} does", mutant.name());
    }
    // One character more is too much for those that count them.
    let back =
        told(small(Mutant::LimitCountsCharacters).talk("/ws").await, &[Frame::text("x".repeat(101))]).await;
    assert_eq!(back.last().and_then(Frame::close_code), Some(1009));
}

#[tokio::test(start_paused = true)]
async fn one_message_at_a_time_is_answered_rightly_by_those_that_are_wrong_about_many() {
    for mutant in [
        Mutant::DropsOrder,
        Mutant::SmallOvertakesLarge,
        Mutant::WrongUnderPipelining,
        Mutant::ForgetsUnreadAtClose,
    ] {
        let mut client = server(mutant).talk("/ws").await;
        for text in ["a".repeat(70_000), "b".to_owned(), "c".to_owned()] {
            client.send(Frame::text(&text)).await;
            client.expect(Frame::text(&text)).await;
        }
        client.close().await;
    }
}
