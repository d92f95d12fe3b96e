//! The browser's socket and everything that belongs to it: listeners, timers, what has arrived, and who waits.
//!
//! Listeners hold the socket weakly and the socket holds the listeners, so that nothing is left of a connection that
//! nobody holds any more.

use crate::{
    CloseFrame, Closed, OpenError, Options, SendError, Status,
    address::Address,
    bell::Bell,
    inbox::{Full, Inbox},
    page,
};
use crosswire_protocol::close::CloseCode;
use gloo_events::EventListener;
use gloo_timers::callback::{Interval, Timeout};
use js_sys::{ArrayBuffer, JsString};
use std::{
    cell::RefCell,
    fmt,
    rc::{Rc, Weak},
    time::Duration,
};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{BinaryType, CloseEvent, Event, MessageEvent, WebSocket};

/// How often the browser is asked whether there is room: it has no event for that.
const ASK_FOR_ROOM_EVERY_MS: u32 = 4;

/// A socket of the browser.
pub(crate) struct Socket {
    raw: WebSocket,
    address: Address,
    life: RefCell<Life>,
    inbox: RefCell<Inbox<JsValue>>,
    belongings: RefCell<Belongings>,
    close_within: Duration,
    high_water_mark: u32,
    /// Rings when a message has arrived, and at the end.
    pub(crate) arrivals: Bell,
    /// Rings when it is open, and at the end.
    pub(crate) changes: Bell,
    /// Rings when there is room, and at the end.
    pub(crate) room: Bell,
}

#[derive(Debug)]
enum Life {
    Connecting,
    Open,
    /// We have said that we close.
    Closing,
    Over {
        closed: Closed,
        /// Why it never was open.
        never_open: Option<OpenError>,
    },
}

/// What the browser would call back. Dropped, it is taken back.
#[derive(Default)]
struct Belongings {
    _listeners: Vec<EventListener>,
    deadline: Option<Timeout>,
    asking_for_room: Option<Interval>,
}

impl Socket {
    /// Begins to open a connection.
    pub(crate) fn open(written: &str, options: &Options) -> Result<Rc<Self>, OpenError> {
        options.check()?;
        let address = Address::read(written, page::address().as_deref())?;
        let names: Vec<JsValue> = options.subprotocols.iter().map(JsValue::from).collect();
        let raw = WebSocket::new_with_str_sequence(address.as_str(), &js_sys::Array::from_iter(names))
            .map_err(|thrown| told_by_the_browser(&address, &thrown))?;
        raw.set_binary_type(BinaryType::Arraybuffer);
        let socket = Rc::new_cyclic(|weak| Self {
            belongings: RefCell::new(Belongings {
                _listeners: listeners(&raw, weak),
                deadline: Some(after(options.open_within, weak, {
                    let within_ms = milliseconds(options.open_within).into();
                    move |socket| socket.give_up_opening(within_ms)
                })),
                asking_for_room: None,
            }),
            raw,
            address,
            life: RefCell::new(Life::Connecting),
            inbox: RefCell::new(Inbox::with_limit(options.unread_limit)),
            close_within: options.close_within,
            high_water_mark: options.high_water_mark,
            arrivals: Bell::default(),
            changes: Bell::default(),
            room: Bell::default(),
        });
        Ok(socket)
    }

    pub(crate) fn status(&self) -> Status {
        match &*self.life.borrow() {
            Life::Connecting => Status::Connecting,
            // The server has said that it closes, and the event for it is still on its way.
            Life::Open if self.raw.ready_state() != WebSocket::OPEN => Status::Closing,
            Life::Open => Status::Open,
            Life::Closing => Status::Closing,
            Life::Over { closed, .. } => Status::Closed(closed.clone()),
        }
    }

    /// Whether it was opened, once that is decided.
    pub(crate) fn was_opened(&self) -> Option<Result<(), OpenError>> {
        match &*self.life.borrow() {
            Life::Connecting => None,
            Life::Over { never_open: Some(error), .. } => Some(Err(error.clone())),
            Life::Open | Life::Closing | Life::Over { .. } => Some(Ok(())),
        }
    }

    pub(crate) fn closed(&self) -> Option<Closed> {
        match &*self.life.borrow() {
            Life::Over { closed, .. } => Some(closed.clone()),
            _ => None,
        }
    }

    pub(crate) fn address(&self) -> &str {
        self.address.as_str()
    }

    /// What was agreed on; empty where nothing was.
    pub(crate) fn subprotocol(&self) -> String {
        self.raw.protocol()
    }

    /// As the server's header says them; empty where there are none.
    pub(crate) fn extensions(&self) -> String {
        self.raw.extensions()
    }

    pub(crate) fn buffered(&self) -> u32 {
        self.raw.buffered_amount()
    }

    /// The next message that has arrived: a string or an `ArrayBuffer`.
    pub(crate) fn take(&self) -> Option<JsValue> {
        self.inbox.borrow_mut().pop()
    }

    /// Gives the browser a message, in the browser's own way to take it. What it is given goes out in order.
    pub(crate) fn give(&self, send: impl FnOnce(&WebSocket) -> Result<(), JsValue>) -> Result<(), SendError> {
        // A browser takes messages for a socket that is closing, and throws them away without a word.
        match self.status() {
            Status::Connecting => Err(SendError::NotOpenYet),
            Status::Closing => Err(SendError::Closing),
            Status::Closed(closed) => Err(SendError::Closed(closed)),
            Status::Open => send(&self.raw).map_err(|thrown| SendError::NotAMessage(page::words_of(&thrown))),
        }
    }

    /// Whether there is room for the next message, once that is decided. Until then it is asked for.
    pub(crate) fn has_room(self: &Rc<Self>) -> Option<Result<(), SendError>> {
        let bytes = self.buffered();
        if bytes <= self.high_water_mark {
            return Some(Ok(()));
        }
        if let Some(closed) = self.closed() {
            return Some(Err(SendError::LeftBehind { closed, bytes }));
        }
        let asking = &mut self.belongings.borrow_mut().asking_for_room;
        asking.get_or_insert_with(|| {
            let socket = Rc::downgrade(self);
            Interval::new(ASK_FOR_ROOM_EVERY_MS, move || {
                if let Some(socket) = socket.upgrade() {
                    socket.look_for_room();
                }
            })
        });
        None
    }

    fn look_for_room(&self) {
        if self.buffered() <= self.high_water_mark {
            self.belongings.borrow_mut().asking_for_room = None;
            self.room.ring();
        }
    }

    /// Begins to close, unless that has begun already or is over.
    pub(crate) fn begin_closing(self: &Rc<Self>, frame: &CloseFrame) {
        let is_open = match &*self.life.borrow() {
            Life::Connecting => false,
            Life::Open => true,
            Life::Closing | Life::Over { .. } => return,
        };
        self.close_raw(frame);
        if !is_open {
            let address = self.address.as_str().to_owned();
            return self.end(Closed::without_a_frame(), Some(OpenError::ClosedBeforeOpen { address }));
        }
        *self.life.borrow_mut() = Life::Closing;
        let give_up = |socket: Rc<Self>| socket.end(Closed::without_a_frame(), None);
        let deadline = after(self.close_within, &Rc::downgrade(self), give_up);
        self.belongings.borrow_mut().deadline = Some(deadline);
    }

    fn close_raw(&self, frame: &CloseFrame) {
        let told = match frame.parts() {
            Some((code, reason)) => self.raw.close_with_code_and_reason(code, reason),
            None => self.raw.close(),
        };
        told.unwrap_or_else(|_| unreachable!("a close frame holds what a browser sends"));
    }

    fn handle_open(&self) {
        *self.life.borrow_mut() = Life::Open;
        self.belongings.borrow_mut().deadline = None;
        self.changes.ring();
    }

    fn handle_message(self: &Rc<Self>, event: &MessageEvent) {
        let data = event.data();
        let size = match data.dyn_ref::<JsString>() {
            Some(text) => text.length(),
            None => data.unchecked_ref::<ArrayBuffer>().byte_length(),
        };
        let taken = self.inbox.borrow_mut().push(data, size as usize);
        match taken {
            Ok(()) => self.arrivals.ring(),
            Err(Full) => self.begin_closing(&CloseFrame::slow_reader()),
        }
    }

    fn handle_close(&self, event: &CloseEvent) {
        let closed =
            Closed { code: CloseCode(event.code()), reason: event.reason(), clean: event.was_clean() };
        let is_refused = matches!(*self.life.borrow(), Life::Connecting);
        let never_open = is_refused.then(|| OpenError::Refused {
            address: self.address.as_str().to_owned(),
            origin: page::origin(),
        });
        self.end(closed, never_open);
    }

    fn give_up_opening(self: &Rc<Self>, within_ms: u64) {
        self.close_raw(&CloseFrame::empty());
        let address = self.address.as_str().to_owned();
        self.end(Closed::without_a_frame(), Some(OpenError::TooSlow { address, within_ms }));
    }

    /// The one way in which a connection ends.
    fn end(&self, closed: Closed, never_open: Option<OpenError>) {
        *self.life.borrow_mut() = Life::Over { closed, never_open };
        self.belongings.take();
        for bell in [&self.changes, &self.arrivals, &self.room] {
            bell.ring();
        }
    }
}

impl Drop for Socket {
    /// Whoever lets go of a connection has nothing more to say. The browser goes on with the closing handshake by itself.
    fn drop(&mut self) {
        if self.closed().is_none() {
            self.close_raw(&CloseFrame::normal());
        }
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("address", &self.address).field("life", &self.life).finish()
    }
}

fn listeners(raw: &WebSocket, socket: &Weak<Socket>) -> Vec<EventListener> {
    vec![
        on(raw, "open", socket, |socket, _| socket.handle_open()),
        on(raw, "message", socket, |socket, event| socket.handle_message(event.unchecked_ref())),
        // An `error` says nothing, and a `close` always follows it.
        on(raw, "close", socket, |socket, event| socket.handle_close(event.unchecked_ref())),
    ]
}

fn on(
    raw: &WebSocket,
    event: &'static str,
    socket: &Weak<Socket>,
    handle: impl Fn(&Rc<Socket>, &Event) + 'static,
) -> EventListener {
    let socket = Weak::clone(socket);
    EventListener::new(raw, event, move |event| {
        if let Some(socket) = socket.upgrade() {
            handle(&socket, event);
        }
    })
}

fn after(wait: Duration, socket: &Weak<Socket>, act: impl FnOnce(Rc<Socket>) + 'static) -> Timeout {
    let socket = Weak::clone(socket);
    Timeout::new(milliseconds(wait), move || {
        if let Some(socket) = socket.upgrade() {
            act(socket);
        }
    })
}

/// A browser's timer goes off at once where it is set for longer than an `i32` of milliseconds, which is 24 days.
fn milliseconds(wait: Duration) -> u32 {
    u32::try_from(wait.as_millis()).unwrap_or(u32::MAX).min(i32::MAX.unsigned_abs())
}

/// What the browser's constructor has thrown, in our words where it is known what is meant.
fn told_by_the_browser(address: &Address, thrown: &JsValue) -> OpenError {
    let address = address.as_str().to_owned();
    let name = js_sys::Reflect::get(thrown, &"name".into()).ok().and_then(|name| name.as_string());
    match name.as_deref() {
        Some("SecurityError") => OpenError::MixedContent { address },
        _ => OpenError::BadUrl { address, why: page::words_of(thrown) },
    }
}
