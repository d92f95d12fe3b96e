//! The server: its endpoints, the acts of its control endpoint, and its journal.

use super::{Due, Frame, Simulation};
use crosswire_protocol::{
    control::{self, Act},
    digest::{Digest, Kind},
    payload::Payload,
    seen::{AtLeast, Counts, Until},
};
use crosswire_suite::driver::Open;
use serde_json::{Value, json};
use std::time::Duration;

/// The connections that the server holds, and who waits to see something of them.
#[derive(Default)]
pub(super) struct Server {
    ends: Vec<End>,
    pub(super) watches: Vec<Watch>,
}

/// The server's end of a connection.
#[derive(Default)]
struct End {
    target: String,
    tag: Option<String>,
    subprotocol: Option<String>,
    is_open: bool,
    is_reading: bool,
    has_sent_close: bool,
    held: Vec<Frame>,
    received: Journal,
    sent: Journal,
    last_pong: Option<String>,
    close: Option<Value>,
    ended: Option<&'static str>,
    last_frame: Duration,
}

#[derive(Default)]
struct Journal {
    counts: Counts,
    digest: Digest,
}

/// A call that waits for something to be seen.
pub(super) struct Watch {
    call: u64,
    link: usize,
    until: Until,
}

impl Journal {
    fn note(&mut self, frame: &Frame) {
        match frame {
            Frame::Message(kind, payload) => {
                match kind {
                    Kind::Text => self.counts.text += 1,
                    Kind::Binary => self.counts.binary += 1,
                }
                self.counts.bytes += payload.len() as u64;
                self.digest.add(*kind, payload);
            }
            Frame::Ping(_) => self.counts.ping += 1,
            Frame::Pong(_) => self.counts.pong += 1,
            _ => {}
        }
    }

    fn told(&self) -> Value {
        let Counts { text, binary, ping, pong, bytes } = self.counts;
        json!({"text": text, "binary": binary, "ping": ping, "pong": pong, "bytes": bytes, "sha256": self.digest.hex()})
    }
}

impl Simulation {
    pub(super) fn handshake(&mut self, link: usize, open: &Open) {
        let target = open.url.trim_start_matches(&self.told.url).to_owned();
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let parameter = |name: &str| {
            query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned)
        };
        let tag = parameter("tag");
        let is_taken = self.server.ends.iter().any(|end| end.is_open && end.tag.is_some() && end.tag == tag);
        let plain = "crosswire.v1.plain".to_owned();
        let offered = &open.subprotocols;
        let status = match path {
            _ if self.is("refuses") => Some(503),
            _ if self.is("answers-no-handshake") => None,
            "/ws" if !offered.is_empty() && !offered.contains(&plain) => Some(400),
            "/ws" | "/echo" if is_taken => Some(409),
            "/ws" | "/echo" => Some(101),
            "/scenario/no-answer" => None,
            "/scenario/refuse" => parameter("status").map_or(Some(403), |status| status.parse().ok()),
            _ => Some(404),
        };
        let status = match status {
            Some(status) if status != 101 && self.is("answers-with-another-status") => Some(500),
            _ if self.is("opens-everything") => Some(101),
            status => status,
        };
        let subprotocol = match path {
            "/ws" => offered.contains(&plain).then_some(plain),
            _ => offered.first().cloned(),
        };
        let subprotocol = subprotocol.filter(|_| !self.is("chooses-no-subprotocol"));
        let is_open = status == Some(101);
        let path = path.to_owned();
        // Who is refused has no name.
        let tag = tag.filter(|_| is_open);
        let end = End {
            tag,
            subprotocol: subprotocol.clone(),
            is_open,
            is_reading: true,
            target,
            ..End::default()
        };
        self.server.ends.push(end);
        match status {
            None => {}
            Some(101) => {
                self.serve(link, Frame::Upgraded(subprotocol));
                if path == "/ws" {
                    self.welcome(link);
                }
            }
            Some(status) => self.serve(link, Frame::Refusal(status)),
        }
    }

    fn welcome(&mut self, link: usize) {
        let times = match () {
            () if self.is("sends-no-welcome") => 0,
            () if self.is("sends-the-welcome-twice") => 2,
            () => 1,
        };
        let kind = if self.is("welcomes-with-something-else") { "hello" } else { "welcome" };
        let welcome = json!({"type": kind, "connection": format!("~{link}"), "server": "simulation/1"});
        for _ in 0..times {
            self.serve(link, Frame::Message(Kind::Text, welcome.to_string().into_bytes()));
        }
    }

    /// Sends a frame, and writes it down.
    fn serve(&mut self, link: usize, frame: Frame) {
        let end = &mut self.server.ends[link];
        end.sent.note(&frame);
        end.last_frame = end.last_frame.max(self.now + (self.delays)());
        let at = end.last_frame;
        self.at(at, Due::ToClient(link, frame));
    }

    pub(super) fn server_gets(&mut self, link: usize, frame: Frame) {
        let end = &mut self.server.ends[link];
        if !end.is_reading {
            end.held.push(frame);
            return;
        }
        if !end.is_open {
            return;
        }
        end.received.note(&frame);
        match frame {
            Frame::Message(kind, payload) => {
                if !end.has_sent_close {
                    self.echo(link, kind, payload);
                }
            }
            Frame::NotUtf8 => {
                end.ended = Some("violation");
                end.is_open = false;
                self.serve(link, Frame::Close(Some(1007), "not UTF-8".to_owned()));
            }
            Frame::Ping(payload) => self.answer_ping(link, payload),
            Frame::Pong(payload) => end.last_pong = Some(hex::encode(payload)),
            Frame::Close(code, reason) => {
                end.close = Some(json!({"code": code, "reason": reason}));
                self.answer_close(link, code, reason);
            }
            Frame::Cut => {
                end.is_open = false;
                end.ended = Some("vanished");
            }
            Frame::Upgraded(_) | Frame::Refusal(_) => {}
        }
        self.look(false);
    }

    fn echo(&mut self, link: usize, kind: Kind, mut payload: Vec<u8>) {
        let nth = self.server.ends[link].received.counts.text + self.server.ends[link].received.counts.binary;
        match &*self.world {
            "echo-lost" => return,
            "echo-once-in-two" if nth.is_multiple_of(2) => return,
            "echo-altered" => payload.iter_mut().for_each(u8::make_ascii_uppercase),
            "echo-cut-short" => payload.truncate(64),
            "bursts-into-pongs" => self.serve(link, Frame::Pong(b"unasked".to_vec())),
            "closes-instead-of-echoing" | "fails-while-the-peer-closes" => {
                return self.begin_close(link, Some(1011), "no".to_owned());
            }
            "cuts-instead-of-echoing" => return self.cut(link),
            _ => {}
        }
        let kind = if self.is("echo-as-binary") { Kind::Binary } else { kind };
        if self.is("echo-twice") {
            self.serve(link, Frame::Message(kind, payload.clone()));
        }
        self.serve(link, Frame::Message(kind, payload));
    }

    fn answer_ping(&mut self, link: usize, payload: Vec<u8>) {
        match &*self.world {
            "answers-no-ping" => {}
            "answers-pings-otherwise" => self.serve(link, Frame::Pong(b"other".to_vec())),
            _ => self.serve(link, Frame::Pong(payload)),
        }
    }

    fn answer_close(&mut self, link: usize, code: Option<u16>, reason: String) {
        if self.is("answers-no-close") {
            return;
        }
        let end = &mut self.server.ends[link];
        let has_sent = std::mem::replace(&mut end.has_sent_close, true);
        (end.is_open, end.ended) = (false, Some("clean"));
        if has_sent {
            return;
        }
        match &*self.world {
            "cuts-instead-of-closing" => self.serve(link, Frame::Cut),
            "answers-a-close-otherwise" => self.serve(link, Frame::Close(Some(1001), reason)),
            _ => self.serve(link, Frame::Close(code, reason)),
        }
    }

    fn begin_close(&mut self, link: usize, code: Option<u16>, reason: String) {
        self.server.ends[link].has_sent_close = true;
        self.serve(link, Frame::Close(code, reason));
    }

    fn cut(&mut self, link: usize) {
        let end = &mut self.server.ends[link];
        (end.is_open, end.ended) = (false, Some("cut"));
        self.serve(link, Frame::Cut);
    }

    pub(super) fn take_call(&mut self, call: u64, to: &str, acts: &[Value]) {
        let command = json!({"id": call, "to": to, "act": acts}).to_string();
        let command = match control::parse(&command) {
            Ok(command) => command,
            Err((_, message)) => panic!("the judge tells the server what it cannot know: {message}"),
        };
        if self.is("control-is-silent") {
            return;
        }
        if self.is("control-is-gone") {
            return self.later(Due::Answer(call, Err("the control connection has ended".to_owned())));
        }
        let named = |end: &End| end.tag.as_deref() == Some(to);
        match self.server.ends.iter().rposition(named) {
            Some(link) => self.later(Due::Acts { call, link, acts: command.act }),
            None => self.refuse(call, "unknown_connection"),
        }
    }

    pub(super) fn act(&mut self, call: u64, link: usize, acts: Vec<Act>) {
        if self.is("control-refuses") {
            return self.refuse(call, "no_room");
        }
        let mut acts = acts.into_iter();
        while let Some(act) = acts.next() {
            let is_open = self.server.ends[link].is_open && !self.server.ends[link].has_sent_close;
            match act {
                Act::WaitMs(ms) => {
                    let at = self.now + Duration::from_millis(ms);
                    return self.at(at, Due::Acts { call, link, acts: acts.collect() });
                }
                Act::Seen(seen) => {
                    self.server.watches.push(Watch { call, link, until: seen.until });
                    self.look(false);
                    let at = self.now + Duration::from_millis(seen.within_ms);
                    return self.at(at, Due::EndOfWatch(call));
                }
                _ if !is_open && !matches!(act, Act::Drop(_) | Act::Finish(_)) => {
                    return self.refuse(call, "not_open");
                }
                _ if self.is("acts-on-nothing") => {}
                act => self.act_once(link, act),
            }
        }
        self.later(Due::Answer(call, Ok(json!({"id": call, "ok": true}))));
    }

    fn act_once(&mut self, link: usize, act: Act) {
        match act {
            Act::Send(send) => self.push(link, &send.payload, send.times),
            Act::Ping(payload) => self.serve(link, Frame::Ping(payload.0)),
            Act::Pong(payload) => self.serve(link, Frame::Pong(payload.0)),
            Act::Close(close) => self.begin_close(link, close.code, close.reason),
            Act::Drop(_) | Act::Finish(_) => self.cut(link),
            Act::StopReading(_) => self.server.ends[link].is_reading = false,
            Act::StartReading(_) => {
                self.server.ends[link].is_reading = true;
                for frame in std::mem::take(&mut self.server.ends[link].held) {
                    self.server_gets(link, frame);
                }
            }
            act => panic!("this server cannot {}", act.name()),
        }
    }

    fn push(&mut self, link: usize, payload: &Payload, times: Option<usize>) {
        let mut frames: Vec<_> = (0..times.unwrap_or(1))
            .filter(|i| !(self.is("forgets-a-push") && *i == 0))
            .map(|i| {
                let bytes =
                    if times.is_some() { payload.bytes_of_round(i).unwrap() } else { payload.bytes() };
                Frame::Message(payload.kind(), bytes.into_owned())
            })
            .collect();
        if self.is("pushes-out-of-order") {
            frames.reverse();
        }
        let all = 0..self.server.ends.len();
        let to = if self.is("pushes-to-everyone") { all } else { link..link + 1 };
        for link in to {
            for frame in &frames {
                self.serve(link, frame.clone());
            }
        }
    }

    fn refuse(&mut self, call: u64, error: &str) {
        let answer = json!({"id": call, "error": error, "message": "no", "done": 0});
        self.later(Due::Answer(call, Ok(answer)));
    }

    /// Answers whoever waits for what can be seen now.
    fn look(&mut self, gives_up: bool) {
        for watch in std::mem::take(self.watches()) {
            let end = &self.server.ends[watch.link];
            let reached = |least: Option<AtLeast>, journal: &Journal| {
                least.is_none_or(|least| least.is_reached_by(&journal.counts))
            };
            let is_there = watch.until.ended.is_none_or(|ended| !ended || end.ended.is_some())
                && watch.until.close.is_none_or(|close| !close || end.close.is_some())
                && reached(watch.until.received, &end.received)
                && reached(watch.until.sent, &end.sent);
            if !is_there && !gives_up {
                self.watches().push(watch);
                continue;
            }
            let mut seen = json!({
                "handshake": {"target": end.target, "headers": [["Host", "server"]], "subprotocol": end.subprotocol, "extensions": []},
                "received": end.received.told(), "sent": end.sent.told(),
                "last_pong": end.last_pong, "close": end.close, "open": end.is_open, "ended": end.ended,
            });
            if self.is("counts-one-more") {
                seen["received"]["text"] = json!(end.received.counts.text + 1);
            }
            (self.journal)(&mut seen);
            let mut answer = if is_there {
                json!({"id": watch.call, "ok": true, "seen": seen})
            } else {
                json!({"id": watch.call, "error": "not_reached", "message": "not in time", "done": 0, "seen": seen})
            };
            if self.is("control-shows-nothing") {
                answer = json!({"id": watch.call, "error": "no_journal", "message": "no journal", "done": 0});
            }
            self.later(Due::Answer(watch.call, Ok(answer)));
        }
    }

    pub(super) fn end_watch(&mut self, call: u64) {
        let (ending, others) =
            std::mem::take(self.watches()).into_iter().partition(|watch| watch.call == call);
        *self.watches() = ending;
        self.look(true);
        self.watches().extend::<Vec<_>>(others);
    }
}
