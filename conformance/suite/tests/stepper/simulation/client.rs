//! The client and its driver: does as it is told, and tells what happened.

use super::{Due, Frame, Simulation};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crosswire_protocol::{digest::Kind, payload::FillKind};
use crosswire_suite::driver::{Closed, Command, Happened, Message, Open, Order, Sent};
use std::{collections::HashMap, time::Duration};

/// The connections that the driver holds.
#[derive(Default)]
pub(super) struct Client {
    ends: Vec<End>,
    named: HashMap<String, usize>,
}

/// The client's end of a connection.
struct End {
    name: String,
    /// The command that opens it.
    opened_by: u64,
    state: State,
    is_reading: bool,
    /// Whether messages are told whole, however long.
    tells_all: bool,
    held: Vec<Frame>,
    then: Vec<Command>,
    last_frame: Duration,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Opening,
    Open,
    Closing,
    Over,
}

impl Simulation {
    pub(super) fn obey(&mut self, command: Command) {
        let c = command.c;
        match command.order {
            Order::Open(open) => self.open(c, &open),
            Order::Listen { .. } if self.is("fails-to-listen") => {
                self.tell(Some(c), None, failed("connection refused"));
            }
            Order::Listen { .. } if self.is("never-answers-locally") => {}
            Order::Listen { .. } => self.tell(Some(c), None, Happened::Listened),
            Order::End => self.let_go(c),
            order => self.obey_on(c, order),
        }
    }

    fn obey_on(&mut self, c: u64, order: Order) {
        let name = match &order {
            Order::Send { on, .. }
            | Order::SendMany { on, .. }
            | Order::Ping { on, .. }
            | Order::Pong { on, .. }
            | Order::Close { on, .. }
            | Order::Drop { on }
            | Order::StopReading { on }
            | Order::StartReading { on }
            | Order::React { on, .. } => on.clone(),
            Order::Open(_) | Order::Listen { .. } | Order::End => return,
        };
        let link = self.client.named[&name];
        if self.is("stuck-in-a-send") && matches!(order, Order::Send { .. } | Order::Close { .. }) {
            return;
        }
        match self.try_to(link, c, order) {
            Ok(true) => self.tell(Some(c), Some(&name), Happened::Done),
            Ok(false) => {}
            Err(error) => self.tell(Some(c), Some(&name), failed(error)),
        }
    }

    /// Whether it has to be answered, or the library's words.
    fn try_to(&mut self, link: usize, c: u64, order: Order) -> Result<bool, &'static str> {
        let is_open = self.client.ends[link].state == State::Open;
        let is_lax = self.is("never-fails-locally");
        match order {
            Order::Send { .. } | Order::SendMany { .. } if self.is("fails-to-send") => Err("no"),
            Order::Send { .. } | Order::SendMany { .. } | Order::Pong { .. } if !is_open && !is_lax => {
                Err("the connection is not open")
            }
            Order::Send { payload, .. } => {
                self.send(link, frame_of(&payload));
                match &*self.world {
                    "fails-while-the-peer-closes" => Err("broken pipe"),
                    world => Ok(world != "loses-the-answer-to-a-send"),
                }
            }
            Order::SendMany { senders, messages, .. } => {
                // Each sender's own messages stay in order, and those of others come before and between.
                for sender in (0..senders).rev() {
                    for message in messages.iter().skip(sender as usize).step_by(senders as usize) {
                        self.send(link, frame_of(message));
                    }
                }
                Ok(true)
            }
            Order::Ping { ref hex, .. } | Order::Pong { ref hex, .. } if hex.len() > 250 && !is_lax => {
                Err("a control frame carries at most 125 bytes")
            }
            Order::Pong { .. } if self.is("fails-in-the-background") => Err("no pong today"),
            Order::Ping { hex, .. } => {
                self.send(link, Frame::Ping(hex::decode(hex).unwrap()));
                Ok(true)
            }
            Order::Pong { hex, .. } => {
                self.send(link, Frame::Pong(hex::decode(hex).unwrap()));
                Ok(true)
            }
            Order::Close { code, reason, within_ms, .. } => self.close(link, code, reason, within_ms),
            Order::Drop { .. } => {
                self.send(link, Frame::Cut);
                let name = self.client.ends[link].name.clone();
                self.tell(Some(c), Some(&name), Happened::Done);
                if self.client.ends[link].state != State::Over {
                    self.over(link, 1006, "", false);
                }
                Ok(false)
            }
            Order::StopReading { .. } | Order::StartReading { .. } | Order::React { .. }
                if self.is("never-answers-locally") =>
            {
                Ok(false)
            }
            Order::StopReading { .. } => {
                self.client.ends[link].is_reading = false;
                Ok(true)
            }
            Order::StartReading { .. } => {
                self.client.ends[link].is_reading = true;
                for frame in std::mem::take(&mut self.client.ends[link].held) {
                    self.client_gets(link, frame);
                }
                Ok(true)
            }
            Order::React { .. } if self.is("fails-to-react") => Err("no handler"),
            Order::React { then, .. } => {
                self.client.ends[link].then = then;
                Ok(true)
            }
            Order::Open(_) | Order::Listen { .. } | Order::End => Err("not on a connection"),
        }
    }

    fn open(&mut self, c: u64, open: &Open) {
        let link = self.client.ends.len();
        self.client.named.insert(open.on.clone(), link);
        self.client.ends.push(End {
            name: open.on.clone(),
            opened_by: c,
            state: State::Opening,
            is_reading: open.reading.unwrap_or(true),
            tells_all: open.data == Some("full"),
            held: Vec::new(),
            then: Vec::new(),
            last_frame: Duration::ZERO,
        });
        self.handshake(link, open);
        if open.abandon == Some(true) && !self.is("never-gives-up") {
            self.client.ends[link].state = State::Over;
            self.send(link, Frame::Cut);
            let is = Happened::Refused { error: "abandoned".to_owned(), status: None };
            self.tell(Some(c), Some(&open.on), is);
            return;
        }
        if !self.is("never-gives-up") {
            self.at(self.now + Duration::from_millis(open.within_ms), Due::GiveUp(link));
        }
    }

    fn close(
        &mut self,
        link: usize,
        code: Option<u16>,
        reason: String,
        within_ms: u64,
    ) -> Result<bool, &'static str> {
        let may_be_sent = |code: u16| matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
        if !self.is("never-fails-locally") && (reason.len() > 123 || !code.is_none_or(may_be_sent)) {
            return Err("this cannot be put into a close frame");
        }
        if self.client.ends[link].state == State::Open {
            self.client.ends[link].state = State::Closing;
            if !self.is("keeps-tcp-open") {
                self.send(link, Frame::Close(code, reason));
            }
            self.at(self.now + Duration::from_millis(within_ms), Due::GiveUp(link));
        }
        Ok(true)
    }

    /// A deadline of the client's own is over.
    pub(super) fn give_up(&mut self, link: usize) {
        match self.client.ends[link].state {
            State::Opening => {
                let end = &mut self.client.ends[link];
                end.state = State::Over;
                let (c, on) = (end.opened_by, end.name.clone());
                self.send(link, Frame::Cut);
                let is = Happened::Refused { error: "timed out".to_owned(), status: None };
                self.tell(Some(c), Some(&on), is);
            }
            State::Closing => {
                if !self.is("keeps-tcp-open") {
                    self.send(link, Frame::Cut);
                }
                self.over(link, 1006, "", false);
            }
            State::Open | State::Over => {}
        }
    }

    pub(super) fn client_gets(&mut self, link: usize, frame: Frame) {
        let end = &mut self.client.ends[link];
        if end.state == State::Over {
            return;
        }
        let is_handshake = matches!(frame, Frame::Upgraded(_) | Frame::Refusal(_));
        if !end.is_reading && !is_handshake {
            end.held.push(frame);
            return;
        }
        let (name, c) = (end.name.clone(), end.opened_by);
        match frame {
            Frame::Upgraded(subprotocol) => {
                end.state = State::Open;
                let is = Happened::Opened { subprotocol, extensions: Some(Vec::new()) };
                self.tell(Some(c), Some(&name), is);
            }
            Frame::Refusal(status) => {
                end.state = State::Over;
                let is = Happened::Refused { error: "not 101".to_owned(), status: Some(status) };
                self.tell(Some(c), Some(&name), is);
            }
            Frame::Message(kind, payload) => {
                let then = std::mem::take(&mut end.then);
                let mut message = Message::whole(kind, payload);
                if message.length > 4096 && !end.tells_all {
                    message.payload = None;
                }
                self.tell(None, Some(&name), Happened::Received(message));
                then.into_iter().for_each(|command| self.obey(command));
            }
            Frame::Ping(payload) => self.send(link, Frame::Pong(payload)),
            Frame::Pong(payload) => self.tell(None, Some(&name), Happened::Pong { payload }),
            Frame::Close(code, reason) => {
                if end.state == State::Open {
                    self.send(link, Frame::Close(code, reason.clone()));
                }
                let is_clean = !self.is("calls-no-end-clean");
                self.over(link, code.unwrap_or(1005), &reason, is_clean);
            }
            Frame::Cut => self.over(link, 1006, "", false),
            Frame::NotUtf8 => {}
        }
    }

    fn over(&mut self, link: usize, code: u16, reason: &str, clean: bool) {
        let end = &mut self.client.ends[link];
        end.state = State::Over;
        let (on, reason) = (end.name.clone(), reason.to_owned());
        if !self.is("loses-the-closed") {
            self.tell(None, Some(&on), Happened::Closed(Closed { code, reason, clean }));
        }
    }

    fn let_go(&mut self, c: u64) {
        for link in 0..self.client.ends.len() {
            if std::mem::replace(&mut self.client.ends[link].state, State::Over) != State::Over {
                self.send(link, Frame::Cut);
            }
        }
        if !self.is("silent-at-the-end") {
            self.tell(Some(c), None, Happened::Ended);
        }
    }

    fn send(&mut self, link: usize, frame: Frame) {
        let end = &mut self.client.ends[link];
        end.last_frame = end.last_frame.max(self.now + (self.delays)());
        let at = end.last_frame;
        self.at(at, Due::ToServer(link, frame));
    }
}

fn failed(error: &str) -> Happened {
    Happened::Failed { error: error.to_owned() }
}

fn frame_of(sent: &Sent) -> Frame {
    match sent {
        Sent::Text(text) => Frame::Message(Kind::Text, text.clone().into_bytes()),
        Sent::Base64(encoded) => Frame::Message(Kind::Binary, BASE64.decode(encoded).unwrap()),
        Sent::Fill(fill) if fill.kind == FillKind::Text => Frame::Message(Kind::Text, fill.bytes()),
        Sent::Fill(fill) => Frame::Message(Kind::Binary, fill.bytes()),
        Sent::InvalidText(_) => Frame::NotUtf8,
    }
}
