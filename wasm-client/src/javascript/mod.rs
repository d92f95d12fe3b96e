//! A connection, as JavaScript sees it. What each thing is for is written in `crosswire.d.ts`, for those who use it.

mod error;
mod events;
mod messages;
mod options;

pub use messages::JsMessages;

use crate::{CloseFrame, Closed, Connection, SendError, page};
use error::{error, mistake};
use events::Events;
use js_sys::{ArrayBuffer, JSON, JsString, Object, Promise, Reflect};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::{JsCast as _, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::future_to_promise;
use web_sys::WebSocket;

#[wasm_bindgen(typescript_custom_section)]
const DECLARATIONS: &str = include_str!("crosswire.d.ts");

#[wasm_bindgen]
extern "C" {
    /// The browser's socket, as it takes messages without a copy in our memory.
    #[wasm_bindgen(extends = WebSocket)]
    type Raw;

    #[wasm_bindgen(method, catch)]
    fn send(this: &Raw, message: &JsValue) -> Result<(), JsValue>;

    /// A string, with what the newest of browsers know of it.
    type Text;

    #[wasm_bindgen(method, catch, js_name = isWellFormed)]
    fn is_well_formed(this: &Text) -> Result<bool, JsValue>;
}

/// `Connection`.
#[wasm_bindgen(js_name = Connection, skip_typescript)]
#[derive(Debug)]
pub struct JsConnection {
    connection: Connection,
    events: Rc<Events>,
    /// What all sends wait for that found no room.
    waiting: Rc<RefCell<Option<Promise>>>,
}

#[wasm_bindgen(js_class = Connection)]
impl JsConnection {
    /// `new Connection(url, options?)`
    ///
    /// # Errors
    /// As the declaration has them; so everywhere here.
    #[wasm_bindgen(constructor)]
    pub fn new(url: &JsValue, options: &JsValue) -> Result<Self, JsValue> {
        let options = options::read(options)?;
        if url.is_undefined() || url.is_null() {
            return Err(mistake(&format!("a url is a string or a URL, and not {}", kind_of(url))));
        }
        let url = Object::from(url.clone()).to_string();
        let connection = Connection::begin(&String::from(url), &options).map_err(|e| error(&e))?;
        let events = Events::of(&connection)?;
        Ok(Self { connection, events, waiting: Rc::default() })
    }

    /// `Connection.open(url, options?)`
    pub async fn open(url: JsValue, options: JsValue) -> Result<Self, JsValue> {
        let connection = Self::new(&url, &options)?;
        connection.connection.opened().await.map_err(|e| error(&e))?;
        Ok(connection)
    }

    /// `connection.opened()`
    pub fn opened(&self) -> Promise {
        let connection = self.connection.clone();
        future_to_promise(async move {
            connection.opened().await.map(|()| JsValue::UNDEFINED).map_err(|e| error(&e))
        })
    }

    /// `connection.send(message)`
    pub fn send(&self, message: &JsValue) -> Promise {
        let is_message =
            message.is_string() || message.is_instance_of::<ArrayBuffer>() || ArrayBuffer::is_view(message);
        if !is_message {
            let told = format!(
                "send() takes a string, an ArrayBuffer or a view of one, and not {}; sendJson() takes other values",
                kind_of(message)
            );
            return Promise::reject(&mistake(&told));
        }
        // A browser would send another character in its place, and nobody would be told.
        if message.is_string() && matches!(message.unchecked_ref::<Text>().is_well_formed(), Ok(false)) {
            let told = "half of a character (a lone surrogate) has no UTF-8; was a text cut in the middle?";
            return Promise::reject(&error(&SendError::NotAMessage(told.to_owned())));
        }
        self.given(message)
    }

    /// `connection.sendJson(value)`
    #[wasm_bindgen(js_name = sendJson)]
    pub fn send_json(&self, value: &JsValue) -> Promise {
        match JSON::stringify(value) {
            Ok(text) if text.is_string() => self.given(&text),
            Ok(_) => {
                Promise::reject(&error(&SendError::NotJson(format!("it is of type {}", kind_of(value)))))
            }
            Err(thrown) => Promise::reject(&error(&SendError::NotJson(page::words_of(&thrown)))),
        }
    }

    /// `connection.close(code?, reason?)`
    pub fn close(&self, code: &JsValue, reason: &JsValue) -> Promise {
        match close_frame(code, reason) {
            Ok(frame) => self.connection.begin_closing(&frame),
            Err(thrown) => return Promise::reject(&thrown),
        }
        self.closed()
    }

    /// `connection.closed()`
    pub fn closed(&self) -> Promise {
        let connection = self.connection.clone();
        future_to_promise(async move { Ok(told(&connection.closed().await)) })
    }

    /// `connection[Symbol.asyncIterator]()`
    #[wasm_bindgen(js_name = "[Symbol.asyncIterator]")]
    pub fn messages(&self) -> Result<JsMessages, JsValue> {
        self.events.iterate()?;
        Ok(JsMessages::of(&self.connection))
    }

    /// `connection.addEventListener(type, listener, options?)`
    #[wasm_bindgen(js_name = addEventListener)]
    pub fn add_event_listener(
        &self,
        kind: &str,
        listener: &JsValue,
        options: &JsValue,
    ) -> Result<(), JsValue> {
        self.events.add(kind, listener, options, &self.connection)
    }

    /// `connection.removeEventListener(type, listener, options?)`
    #[wasm_bindgen(js_name = removeEventListener)]
    pub fn remove_event_listener(
        &self,
        kind: &str,
        listener: &JsValue,
        options: &JsValue,
    ) -> Result<(), JsValue> {
        self.events.remove(kind, listener, options)
    }

    /// `connection.status`
    #[wasm_bindgen(getter)]
    pub fn status(&self) -> String {
        self.connection.status().name().to_owned()
    }

    /// `connection.url`
    #[wasm_bindgen(getter)]
    pub fn url(&self) -> String {
        self.connection.url().to_owned()
    }

    /// `connection.subprotocol`
    #[wasm_bindgen(getter)]
    pub fn subprotocol(&self) -> JsValue {
        self.connection.subprotocol().map_or(JsValue::NULL, JsValue::from)
    }

    /// `connection.extensions`
    #[wasm_bindgen(getter)]
    pub fn extensions(&self) -> String {
        self.connection.extensions()
    }

    /// `connection.bufferedAmount`
    #[wasm_bindgen(getter, js_name = bufferedAmount)]
    pub fn buffered_amount(&self) -> u32 {
        self.connection.buffered_amount()
    }

    /// Gives the browser a message at once, so that sends that nobody waits for stay in order.
    fn given(&self, message: &JsValue) -> Promise {
        let given = self.connection.give(|raw| raw.unchecked_ref::<Raw>().send(message));
        match given.map(|()| self.connection.has_room()) {
            Ok(Some(Ok(()))) => Promise::resolve(&JsValue::UNDEFINED),
            Ok(None) => self.room(),
            Err(failed) | Ok(Some(Err(failed))) => Promise::reject(&error(&failed)),
        }
    }

    fn room(&self) -> Promise {
        let wait = || {
            let (connection, waiting) = (self.connection.clone(), Rc::clone(&self.waiting));
            future_to_promise(async move {
                let room = connection.room().await;
                waiting.take();
                room.map(|()| JsValue::UNDEFINED).map_err(|e| error(&e))
            })
        };
        self.waiting.borrow_mut().get_or_insert_with(wait).clone()
    }
}

/// As people call it: `typeof`, which says of `null` that it is an object.
fn kind_of(value: &JsValue) -> String {
    if value.is_null() { "null".to_owned() } else { value.js_typeof().as_string().unwrap_or_default() }
}

fn close_frame(code: &JsValue, reason: &JsValue) -> Result<CloseFrame, JsValue> {
    let reason = match reason.dyn_ref::<JsString>() {
        Some(reason) => String::from(reason),
        None if reason.is_undefined() => String::new(),
        None => return Err(mistake("a reason is a string")),
    };
    if code.is_undefined() {
        return if reason.is_empty() {
            Ok(CloseFrame::empty())
        } else {
            Err(mistake("a reason needs a code before it: 1000, or one of 3000 to 4999"))
        };
    }
    let code = code.as_f64().filter(|code| code.fract() == 0.0 && (0.0..65536.0).contains(code));
    let code = code.ok_or_else(|| mistake("a code is a whole number: 1000, or one of 3000 to 4999"))?;
    CloseFrame::new(code as u16, &reason).map_err(|e| error(&e))
}

/// `Closed`.
fn told(closed: &Closed) -> JsValue {
    object([
        ("code", closed.code.0.into()),
        ("reason", (&*closed.reason).into()),
        ("clean", closed.clean.into()),
    ])
}

fn object<const N: usize>(fields: [(&str, JsValue); N]) -> JsValue {
    let object = Object::new();
    for (name, value) in fields {
        let set = Reflect::set(&object, &name.into(), &value);
        debug_assert_eq!(set, Ok(true), "a new object takes every field");
    }
    object.into()
}
