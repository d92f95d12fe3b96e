//! What was said in a test, as far as it is kept, and in words for people.

use super::payload;
use crate::{
    driver::{Order, Sent},
    judgement::{Party, Said},
};
use std::collections::VecDeque;

/// The beginning and the end of what was said: a test of ten thousand messages is told in a page.
#[derive(Debug, Default)]
pub(super) struct Transcript {
    first: Vec<Said>,
    last: VecDeque<Said>,
    left_out: u64,
    /// What was said since somebody who follows last asked.
    news: Option<VecDeque<Said>>,
}

/// How much is kept of each end.
const KEPT: usize = 120;

impl Transcript {
    /// What was said and what will be is kept until [`Self::next`] has told it.
    pub(super) fn follow(&mut self) {
        self.news.get_or_insert_with(|| self.first.iter().cloned().collect());
    }

    pub(super) fn next(&mut self) -> Option<Said> {
        self.news.as_mut()?.pop_front()
    }

    pub(super) fn add(&mut self, said: Said) {
        if let Some(news) = &mut self.news {
            news.push_back(said.clone());
        }
        if self.first.len() < KEPT {
            self.first.push(said);
            return;
        }
        if self.last.len() == KEPT {
            self.last.pop_front();
            self.left_out += 1;
        }
        self.last.push_back(said);
    }

    pub(super) fn told(&self) -> Vec<Said> {
        let gap = self.last.front().filter(|_| self.left_out > 0).map(|next| Said {
            ms: next.ms,
            by: Party::Runner,
            to: Party::Runner,
            on: None,
            what: format!("({} more, not kept)", self.left_out),
        });
        self.first.iter().cloned().chain(gap).chain(self.last.iter().cloned()).collect()
    }
}

/// A command in few words.
pub(super) fn words_of(order: &Order) -> String {
    let sent = |sent: &Sent| match sent {
        Sent::Text(text) => format!("{:?}", payload::shortened(text)),
        Sent::Base64(encoded) => format!("binary, base64 {}", payload::shortened(encoded)),
        Sent::Fill(fill) => format!("a fill of {} bytes", fill.len),
        Sent::InvalidText(digits) => format!("text that is not UTF-8, {digits}"),
    };
    match order {
        Order::Open(open) => format!("open {}", open.url),
        Order::Send { payload, fragments: None, .. } => format!("send {}", sent(payload)),
        Order::Send { payload, fragments: Some(sizes), .. } => {
            format!("send {} in frames of {sizes:?}", sent(payload))
        }
        Order::SendMany { senders: 1, messages, .. } => {
            let [first, last] =
                [messages.first(), messages.last()].map(|one| one.map(sent).unwrap_or_default());
            format!("send {} messages, from {first} to {last}", messages.len())
        }
        Order::SendMany { senders, messages, .. } => {
            format!("send {} messages from {senders} tasks", messages.len())
        }
        Order::Ping { hex, .. } => format!("ping {hex}"),
        Order::Pong { hex, .. } => format!("pong {hex}"),
        Order::Close { code: None, .. } => "close without a code".to_owned(),
        Order::Close { code: Some(code), reason, .. } if reason.is_empty() => format!("close {code}"),
        Order::Close { code: Some(code), reason, .. } => format!("close {code} {reason:?}"),
        Order::Drop { .. } => "drop".to_owned(),
        Order::StopReading { .. } => "stop reading".to_owned(),
        Order::StartReading { .. } => "start reading".to_owned(),
        Order::React { then, .. } => {
            let acts: Vec<_> = then.iter().map(|command| words_of(&command.order)).collect();
            format!("when the next message comes: {}", acts.join(", "))
        }
        Order::Listen { url } => format!("connect TCP to {url}"),
        Order::End => "end".to_owned(),
    }
}
