//! Messages and the end of a connection as events.

use super::error::mistake;
use crate::{Closed, Connection};
use std::{cell::Cell, future::poll_fn, rc::Rc};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::spawn_local;
use web_sys::{CloseEvent, CloseEventInit, Event};

#[wasm_bindgen]
extern "C" {
    /// An `EventTarget` that takes listeners as JavaScript has them: functions and objects, with all options.
    #[wasm_bindgen(extends = web_sys::EventTarget, js_name = EventTarget)]
    #[derive(Debug)]
    type Target;

    #[wasm_bindgen(constructor, catch, js_class = EventTarget)]
    fn new() -> Result<Target, JsValue>;

    #[wasm_bindgen(method, catch, js_name = addEventListener)]
    fn add(this: &Target, kind: &str, listener: &JsValue, options: &JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = removeEventListener)]
    fn remove(this: &Target, kind: &str, listener: &JsValue, options: &JsValue) -> Result<(), JsValue>;

    /// A new event is never refused, and what a listener throws the browser reports.
    #[wasm_bindgen(method, js_name = dispatchEvent)]
    fn dispatch(this: &Target, event: &Event) -> bool;

    /// An `Event` with the message in `data`. A `MessageEvent` has more, which says nothing here, and takes several times as
    /// long to make: in a flood nothing else took longer.
    #[wasm_bindgen(extends = Event, js_name = Event)]
    #[derive(Debug)]
    type Arrival;

    #[wasm_bindgen(constructor, js_class = Event)]
    fn new(kind: &JsValue) -> Arrival;

    #[wasm_bindgen(method, setter, js_name = data)]
    fn set_data(this: &Arrival, data: &JsValue);
}

/// Who is given the messages of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// Nobody yet: they wait.
    None,
    /// Listeners.
    Listeners,
    /// A loop.
    Loop,
}

/// The events of a connection.
#[derive(Debug)]
pub(super) struct Events {
    target: Target,
    reader: Cell<Reader>,
    has_told_end: Cell<bool>,
}

impl Events {
    /// Those of a connection that has just been begun.
    pub(super) fn of(connection: &Connection) -> Result<Rc<Self>, JsValue> {
        let events = Rc::new(Self {
            target: Target::new()?,
            reader: Cell::new(Reader::None),
            has_told_end: Cell::new(false),
        });
        // Like the browser's own socket the connection lives until it is closed, whether or not JavaScript still holds
        // the object: this task holds it.
        let (told, connection) = (Rc::clone(&events), connection.clone());
        spawn_local(async move {
            let closed = connection.closed().await;
            // Behind the last message: whoever gives those to listeners tells them of the end too.
            if told.reader.get() != Reader::Listeners {
                told.dispatch_close(&closed);
            }
        });
        Ok(events)
    }

    pub(super) fn add(
        self: &Rc<Self>,
        kind: &str,
        listener: &JsValue,
        options: &JsValue,
        connection: &Connection,
    ) -> Result<(), JsValue> {
        check(kind)?;
        let listens = kind == "message" && !listener.is_null() && !listener.is_undefined();
        if listens && self.reader.get() == Reader::Loop {
            return Err(mistake(
                "the messages of this connection are read by a loop; without the loop listeners are given them",
            ));
        }
        self.target.add(kind, listener, options)?;
        if listens && self.reader.replace(Reader::Listeners) == Reader::None {
            spawn_local(Rc::clone(self).give_to_listeners(connection.clone()));
        }
        Ok(())
    }

    pub(super) fn remove(&self, kind: &str, listener: &JsValue, options: &JsValue) -> Result<(), JsValue> {
        check(kind)?;
        self.target.remove(kind, listener, options)
    }

    /// From now on messages wait for a loop.
    pub(super) fn iterate(&self) -> Result<(), JsValue> {
        if self.reader.get() == Reader::Listeners {
            return Err(mistake(
                "the messages of this connection are given to its listeners; without those a loop can read them",
            ));
        }
        self.reader.set(Reader::Loop);
        Ok(())
    }

    async fn give_to_listeners(self: Rc<Self>, connection: Connection) {
        // Made once: each text that goes to JavaScript is decoded.
        let kind = JsValue::from("message");
        while let Some(data) = poll_fn(|context| connection.poll_arrived(context)).await {
            let event = Arrival::new(&kind);
            event.set_data(&data);
            self.target.dispatch(&event);
        }
        self.dispatch_close(&connection.closed().await);
    }

    /// Once: whoever begins to listen after the end is given messages that nobody has read, and they come late.
    fn dispatch_close(&self, closed: &Closed) {
        if self.has_told_end.replace(true) {
            return;
        }
        let event = CloseEventInit::new();
        event.set_code(closed.code.0);
        event.set_reason(&closed.reason);
        event.set_was_clean(closed.clean);
        let told = CloseEvent::new_with_event_init_dict("close", &event);
        self.target.dispatch(&told.unwrap_or_else(|_| unreachable!("an event of this form can be made")));
    }
}

/// Nobody would ever be told of an event that is misspelt.
fn check(kind: &str) -> Result<(), JsValue> {
    match kind {
        "message" | "close" => Ok(()),
        _ => Err(mistake(&format!("there is no event `{kind}`; a connection has `message` and `close`"))),
    }
}
