//! On valid streams of frames the server answers what plain tungstenite answers.
//!
//! The other server is the echo loop of tungstenite's own README, over `tokio_tungstenite::accept_async`. (The example with
//! `split` and `forward` is no model: it loses the last echo where a close frame comes in one read with the message.) What
//! must be equal: the messages, their kinds and their order, and the close frame. What may differ, and how:
//!
//! * Pongs. RFC 6455 5.5.3 lets an endpoint that got several pings answer only the latest, and tungstenite keeps but one pong
//!   that waits; a close frame that comes before it has left replaces it. This server answers every ping. So tungstenite's
//!   pongs have to be some of the server's, in the same order.
//! * Where pongs stand among the messages, because tungstenite sends a waiting pong with its next flush. The server's own
//!   have to stand exactly where their pings stood, which the stream that was generated tells.
//! * Frames that come in one read with the handshake: tungstenite refuses them, this server answers them.
//! * The code 1014, which tungstenite does not know. It is left out here and has a test of its own.

use crate::support::{
    Frame, Heard, Opcode, Scripted, TestServer, Then,
    cases::property,
    client::{handshake, within},
    frame::KEY,
};
use futures_util::{SinkExt as _, StreamExt as _};
use proptest::{collection::vec, prelude::*, sample::select, test_runner::TestRunner};

/// One thing that a client says.
#[derive(Debug, Clone)]
enum Said {
    Message { text: bool, payload: Vec<u8>, cuts: Vec<u16>, between: Vec<Vec<Control>> },
    Control(Control),
}

#[derive(Debug, Clone)]
enum Control {
    Ping(Vec<u8>),
    Pong(Vec<u8>),
}

/// A whole conversation: what is said, how it ends, where the bytes are cut.
#[derive(Debug, Clone)]
struct Conversation {
    said: Vec<Said>,
    close: Option<Option<(u16, String)>>,
    key: [u8; 4],
    cuts: Vec<u32>,
    eager: bool,
}

fn control() -> impl Strategy<Value = Control> {
    let payload = || prop_oneof![4 => vec(any::<u8>(), 0..10), 1 => vec(any::<u8>(), 120..=125)];
    prop_oneof![payload().prop_map(Control::Ping), payload().prop_map(Control::Pong)]
}

/// Lengths, most of them small or close to where something changes.
fn length() -> impl Strategy<Value = usize> {
    prop_oneof![
        6 => 0..40_usize,
        3 => 120..135_usize,
        1 => 0..3000_usize,
        1 => 65_520..65_550_usize,
        1 => (128 << 10) - 20..(128 << 10) + 20_usize,
    ]
}

fn message() -> impl Strategy<Value = Said> {
    let payload = (length(), any::<bool>(), select(&["a", "ß", "€", "😀", "a€ß😀\0"][..]), any::<u8>());
    let payload = payload.prop_map(|(len, text, pattern, first)| {
        // Characters of every length; where the last one does not fit, ASCII fills the rest.
        let fits = len / pattern.len();
        let mut payload = pattern.repeat(fits).into_bytes();
        payload.resize(len, b'.');
        if !text {
            payload.iter_mut().enumerate().for_each(|(i, byte)| *byte ^= first.wrapping_add(i as u8));
        }
        (text, payload)
    });
    let cuts =
        prop_oneof![3 => vec(any::<u16>(), 0), 2 => vec(any::<u16>(), 1..4), 1 => vec(any::<u16>(), 4..20)];
    let between = vec(vec(control(), 0..3), 0..6);
    (payload, cuts, between).prop_map(|((text, payload), cuts, between)| Said::Message {
        text,
        payload,
        cuts,
        between,
    })
}

fn conversation() -> impl Strategy<Value = Conversation> {
    let said = prop_oneof![4 => message(), 1 => control().prop_map(Said::Control)];
    let codes = prop_oneof![1000..=1003_u16, 1007..=1013_u16, 3000..=4999_u16];
    let close = proptest::option::of(proptest::option::of((codes, "[a-zß€😀]{0,30}")));
    (vec(said, 0..12), close, any::<[u8; 4]>(), vec(any::<u32>(), 0..30), any::<bool>())
        .prop_map(|(said, close, key, cuts, eager)| Conversation { said, close, key, cuts, eager })
}

impl Control {
    fn frame(&self) -> Frame {
        match self {
            Self::Ping(payload) => Frame::ping(payload),
            Self::Pong(payload) => Frame::pong(payload),
        }
    }
}

impl Conversation {
    /// The frames a client sends, and those it has to get back.
    fn frames(&self) -> (Vec<Frame>, Vec<Frame>) {
        let (mut sent, mut answered) = (Vec::new(), Vec::new());
        let say = |control: &Control, sent: &mut Vec<Frame>, answered: &mut Vec<Frame>| {
            sent.push(control.frame());
            if let Control::Ping(payload) = control {
                answered.push(Frame::pong(payload));
            }
        };
        for said in &self.said {
            match said {
                Said::Control(control) => say(control, &mut sent, &mut answered),
                Said::Message { text, payload, cuts, between } => {
                    let opcode = if *text { Opcode::Text } else { Opcode::Binary };
                    let pieces = cut(payload, cuts.iter().map(|cut| usize::from(*cut)));
                    let last = pieces.len() - 1;
                    for (i, piece) in pieces.iter().enumerate() {
                        let opcode = if i == 0 { opcode } else { Opcode::Continuation };
                        sent.push(Frame { fin: i == last, ..Frame::new(opcode, piece) });
                        if i < last {
                            let controls = between.get(i).into_iter().flatten();
                            controls.for_each(|control| say(control, &mut sent, &mut answered));
                        }
                    }
                    answered.push(Frame::new(opcode, payload));
                }
            }
        }
        if let Some(close) = &self.close {
            let close = match close {
                Some((code, reason)) => Frame::close(*code, reason),
                None => Frame::close_without_code(),
            };
            sent.push(close.clone());
            answered.push(close);
        }
        (sent, answered)
    }

    /// The frames as a server's reads get them.
    fn pieces(&self, sent: &[Frame]) -> Vec<Vec<u8>> {
        let mut wire = Vec::new();
        for frame in sent {
            // A different key for each frame, as a client should choose it.
            let mut key = self.key;
            key[0] = key[0].wrapping_add(wire.len() as u8) ^ KEY[0];
            wire.extend(frame.wire(Some(key), frame.shortest_form()));
        }
        cut(&wire, self.cuts.iter().map(|cut| *cut as usize))
    }
}

/// Bytes in pieces, some of them perhaps empty. A cut counts modulo the length.
fn cut(bytes: &[u8], cuts: impl Iterator<Item = usize>) -> Vec<Vec<u8>> {
    let mut cuts: Vec<usize> = cuts.map(|cut| cut % (bytes.len() + 1)).collect();
    cuts.sort_unstable();
    cuts.push(bytes.len());
    let mut at = 0;
    cuts.into_iter().map(|cut| bytes[std::mem::replace(&mut at, cut)..cut].to_vec()).collect()
}

/// The server, with the first frames in the handshake's own piece or behind it.
async fn ours(server: &TestServer<Scripted>, mut pieces: Vec<Vec<u8>>, eager: bool) -> Heard {
    if eager && let Some(first) = pieces.first_mut() {
        first.splice(0..0, handshake("/echo", &[]).into_bytes());
        return server.play(pieces, Then::Finishes).await;
    }
    server.play_in_session("/echo", pieces, Then::Finishes).await
}

/// The echo loop of tungstenite's own README.
async fn tungstenite(mut pieces: Vec<Vec<u8>>) -> Heard {
    pieces.insert(0, handshake("/echo", &[]).into_bytes());
    let (stream, heard) = Scripted::new(pieces, Then::Finishes);
    let mut socket = tokio_tungstenite::accept_async(stream).await.expect("a handshake");
    // It ends in an error where the client leaves without a close frame.
    while let Some(Ok(message)) = socket.next().await {
        if message.is_text() || message.is_binary() {
            socket.send(message).await.expect("an echo");
        }
    }
    drop(socket);
    within(heard).await.expect("a story")
}

fn is_pong(frame: &Frame) -> bool {
    frame.opcode == Opcode::Pong as u8
}

fn judge(conversation: &Conversation, server: &Heard, tungstenite: &Heard) -> Result<(), String> {
    let (_, expected) = conversation.frames();
    let ours = server.frames();
    if ours != expected {
        return Err(format!("the server answered {}, and not {}", brief(&ours), brief(&expected)));
    }
    let theirs = tungstenite.frames();
    let (their_pongs, their_rest): (Vec<Frame>, Vec<Frame>) = theirs.into_iter().partition(is_pong);
    let (our_pongs, our_rest): (Vec<Frame>, Vec<Frame>) = ours.into_iter().partition(is_pong);
    if our_rest != their_rest {
        return Err(format!("the server answered {}, tungstenite {}", brief(&our_rest), brief(&their_rest)));
    }
    let mut pongs = our_pongs.iter();
    if !their_pongs.iter().all(|theirs| pongs.any(|ours| ours == theirs)) {
        return Err(format!("the pongs {} are not among {}", brief(&their_pongs), brief(&our_pongs)));
    }
    Ok(())
}

/// Frames as a person can read them.
fn brief(frames: &[Frame]) -> String {
    let frame = |frame: &Frame| {
        let shown = &frame.payload[..frame.payload.len().min(16)];
        format!("[{} fin={} {} bytes {}]", frame.opcode, frame.fin, frame.payload.len(), hex::encode(shown))
    };
    frames.iter().map(frame).collect::<Vec<_>>().join(" ")
}

#[test]
fn valid_streams_are_answered_as_plain_tungstenite_answers_them() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let server = runtime.block_on(async { TestServer::scripted() });
    let tried = TestRunner::new(property(300)).run(&conversation(), |conversation| {
        let (sent, _) = conversation.frames();
        let pieces = conversation.pieces(&sent);
        let (ours, theirs) = runtime.block_on(async {
            (ours(&server, pieces.clone(), conversation.eager).await, tungstenite(pieces).await)
        });
        judge(&conversation, &ours, &theirs).map_err(TestCaseError::fail)
    });
    if let Err(failure) = tried {
        panic!("{failure}");
    }
    runtime.block_on(server.stop());
}

#[tokio::test(start_paused = true)]
async fn tungstenite_answers_1014_with_1002_and_the_server_echoes_it() {
    let server = TestServer::scripted();
    let close = Frame::close(1014, "a gateway");
    assert_eq!(ours(&server, vec![close.masked()], false).await.frames(), std::slice::from_ref(&close));
    assert_eq!(
        tungstenite(vec![close.masked()]).await.frames().last().and_then(Frame::close_code),
        Some(1002)
    );
    server.stop().await;
}
