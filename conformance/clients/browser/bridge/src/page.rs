//! A page that has joined: lines for its driver, and lines from it, with nobody running ahead of the other.
//!
//! The page counts the lines that it has taken. Only so much may be under way to it: a page that does not take holds up the
//! runner, and does not gather what it is told. What it says it says as fast as it is read here, and it is read as fast as
//! standard output takes it; a page that cannot get rid of what it says takes nothing more.

use crate::lines::LONGEST_LINE;
use futures_util::{SinkExt as _, StreamExt as _};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use serde_json::json;
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::{
    sync::{Notify, mpsc},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

/// What may be under way to a page, in bytes; one line may be, however long it is.
const UNDER_WAY: usize = 8 << 20;
/// How long a page may take for what it is sent.
const TAKEN_WITHIN: Duration = Duration::from_secs(30);
/// How long a page may take to hear that it is over.
const CLOSED_WITHIN: Duration = Duration::from_millis(200);

/// The WebSocket of a page.
#[derive(Debug)]
pub(crate) struct Socket(WebSocketStream<TokioIo<Upgraded>>);

/// What a page is connected to.
#[derive(Debug)]
pub(crate) struct Ends {
    /// What it is told.
    pub(crate) lines: mpsc::Receiver<String>,
    /// What it says.
    pub(crate) said: mpsc::Sender<String>,
    /// Told whenever it has said something.
    pub(crate) has_spoken: Arc<Notify>,
}

/// Lines that are under way to a page.
#[derive(Debug, Default)]
struct UnderWay {
    lengths: VecDeque<usize>,
    bytes: usize,
}

impl Socket {
    pub(crate) async fn of(stream: TokioIo<Upgraded>, role: Role) -> Self {
        let config = WebSocketConfig::default()
            .max_message_size(Some(LONGEST_LINE))
            .max_frame_size(Some(LONGEST_LINE))
            .read_buffer_size(64 << 10);
        Self(WebSocketStream::from_raw_socket(stream, role, Some(config)).await)
    }

    /// Tells a page its name and its browser's, and then stays with it until it is gone, or nobody has anything to tell it any
    /// more. Says why it is gone.
    pub(crate) async fn attend(mut self, client: &str, browser: &str, mut ends: Ends) -> String {
        let introduction = json!({"client": client, "browser": browser}).to_string();
        if let Err(why) = self.send(introduction).await {
            return why;
        }
        let mut under_way = UnderWay::default();
        loop {
            tokio::select! {
                message = self.0.next() => match message {
                    Some(Ok(Message::Text(text))) if text.starts_with('{') => {
                        if ends.said.send(text.as_str().to_owned()).await.is_err() {
                            return "nobody listens to it any more".to_owned();
                        }
                        ends.has_spoken.notify_one();
                    }
                    Some(Ok(Message::Text(number))) => under_way.taken(&number),
                    Some(Ok(Message::Close(_))) | None => return "its page was closed".to_owned(),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return format!("its page is gone: {error}"),
                },
                line = ends.lines.recv(), if under_way.has_room() => match line {
                    Some(line) => {
                        under_way.add(line.len());
                        if let Err(why) = self.send(line).await {
                            return why;
                        }
                    }
                    None => {
                        self.close("The run is over.").await;
                        return "it was let go".to_owned();
                    }
                },
            }
        }
    }

    async fn send(&mut self, line: String) -> Result<(), String> {
        match timeout(TAKEN_WITHIN, self.0.send(Message::text(line))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(format!("its page is gone: {error}")),
            Err(_) => Err(format!("its page has taken nothing for {TAKEN_WITHIN:?}")),
        }
    }

    /// Tells a page that it is over.
    pub(crate) async fn close(&mut self, reason: &'static str) {
        let frame = CloseFrame { code: CloseCode::Normal, reason: reason.into() };
        // Whoever does not listen has left.
        let _ = timeout(CLOSED_WITHIN, self.0.close(Some(frame))).await;
    }
}

impl UnderWay {
    fn has_room(&self) -> bool {
        self.bytes < UNDER_WAY
    }

    fn add(&mut self, bytes: usize) {
        self.lengths.push_back(bytes);
        self.bytes += bytes;
    }

    /// The page has taken so many lines. What is no number changes nothing: a page that does not count is held up.
    fn taken(&mut self, number: &str) {
        let number = number.parse().unwrap_or(0).min(self.lengths.len());
        self.bytes -= self.lengths.drain(..number).sum::<usize>();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_so_much_is_under_way() {
        let mut under_way = UnderWay::default();
        under_way.add(UNDER_WAY + 5);
        assert!(!under_way.has_room());
        under_way.taken("nonsense");
        assert!(!under_way.has_room());
        under_way.taken("1");
        assert!(under_way.has_room());
        under_way.add(3);
        under_way.taken("99");
        assert_eq!(under_way.bytes, 0, "more than there was has not been taken");
    }
}
