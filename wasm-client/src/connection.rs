//! A connection, as Rust sees it.

use crate::{CloseFrame, Closed, Message, OpenError, Options, SendError, Status, bell::Bell, socket::Socket};
use futures_util::Stream;
use js_sys::{ArrayBuffer, Uint8Array};
use serde::Serialize;
use std::{
    future::poll_fn,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};
use wasm_bindgen::{JsCast as _, JsValue};

/// A connection to a WebSocket server.
///
/// It is a stream of the messages that arrive; the stream ends with the connection, and [`closed`](Self::closed) then says
/// how. A clone is the same connection, so that one task can send while another reads; each message is given to whoever
/// asks first. When the last clone is dropped a connection that is still open is closed with 1000, and none of its
/// listeners is left in the page.
///
/// ```no_run
/// use crosswire_wasm_client::{CloseFrame, Connection};
/// use futures_util::StreamExt as _;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let mut connection = Connection::open("ws://127.0.0.1:9001/ws").await?;
/// connection.send_text("hello").await?;
/// while let Some(message) = connection.next().await {
///     if message.as_text() == Some("hello") {
///         break;
///     }
/// }
/// let closed = connection.close(CloseFrame::new(1000, "bye")?).await;
/// assert!(closed.clean);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Connection(Rc<Socket>);

impl Connection {
    /// Opens a connection with the default [`Options`].
    ///
    /// # Errors
    /// The address is none, or the connection could not be opened.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        Self::open_with(url, &Options::new()).await
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// The address or a subprotocol is none, or the connection could not be opened.
    pub async fn open_with(url: &str, options: &Options) -> Result<Self, OpenError> {
        let connection = Self::begin(url, options)?;
        connection.opened().await.map(|()| connection)
    }

    /// Begins to open a connection, and waits for nothing.
    ///
    /// # Errors
    /// The address or a subprotocol is none.
    pub fn begin(url: &str, options: &Options) -> Result<Self, OpenError> {
        Socket::open(url, options).map(Self)
    }

    /// Waits until the connection is open.
    ///
    /// # Errors
    /// It could not be opened.
    pub async fn opened(&self) -> Result<(), OpenError> {
        self.wait(&self.0.changes, || self.0.was_opened()).await
    }

    /// Sends a text message.
    ///
    /// The message is given to the browser when the future is first polled, behind what was sent before. The future is
    /// ready when there is room for the next: when no more than [`Options::high_water_mark`] waits in the browser.
    ///
    /// # Errors
    /// The connection is not open, or it ended while the message waited in the browser.
    pub async fn send_text(&self, text: &str) -> Result<(), SendError> {
        self.0.give(|raw| raw.send_with_str(text))?;
        self.room().await
    }

    /// Sends a binary message, in the same way.
    ///
    /// # Errors
    /// The connection is not open, or it ended while the message waited in the browser.
    pub async fn send_bytes(&self, bytes: &[u8]) -> Result<(), SendError> {
        self.0.give(|raw| raw.send_with_u8_array(bytes))?;
        self.room().await
    }

    /// Sends a value as JSON, in a text message, in the same way.
    ///
    /// # Errors
    /// The value cannot be written as JSON, the connection is not open, or it ended while the message waited.
    pub async fn send_json(&self, value: &impl Serialize) -> Result<(), SendError> {
        let text = serde_json::to_string(value).map_err(|error| SendError::NotJson(error.to_string()))?;
        self.send_text(&text).await
    }

    /// Waits until there is room for the next message.
    ///
    /// # Errors
    /// The connection ended before.
    pub async fn room(&self) -> Result<(), SendError> {
        self.wait(&self.0.room, || self.0.has_room()).await
    }

    /// Begins to close, and waits for nothing. What was sent before goes out before the close frame. A connection that
    /// is closing or closed stays as it is, and one that is being opened is given up.
    pub fn begin_closing(&self, frame: &CloseFrame) {
        self.0.begin_closing(frame);
    }

    /// Closes, and waits until the connection is over, at most [`Options::close_within`].
    pub async fn close(&self, frame: CloseFrame) -> Closed {
        self.begin_closing(&frame);
        self.closed().await
    }

    /// Waits until the connection is over, and says how it ended.
    pub async fn closed(&self) -> Closed {
        self.wait(&self.0.changes, || self.0.closed()).await
    }

    /// How far it has come.
    pub fn status(&self) -> Status {
        self.0.status()
    }

    /// Where it leads, as the browser writes it.
    pub fn url(&self) -> &str {
        self.0.address()
    }

    /// The subprotocol that both sides have agreed on.
    pub fn subprotocol(&self) -> Option<String> {
        Some(self.0.subprotocol()).filter(|name| !name.is_empty())
    }

    /// The extensions that both sides have agreed on, as the server's header says them; empty where there are none.
    pub fn extensions(&self) -> String {
        self.0.extensions()
    }

    /// How many bytes wait in the browser to be sent.
    pub fn buffered_amount(&self) -> u32 {
        self.0.buffered()
    }

    /// Gives the browser a message as JavaScript has it.
    #[cfg(feature = "javascript")]
    pub(crate) fn give(
        &self,
        send: impl FnOnce(&web_sys::WebSocket) -> Result<(), JsValue>,
    ) -> Result<(), SendError> {
        self.0.give(send)
    }

    /// Whether there is room for the next message, once that is decided.
    #[cfg(feature = "javascript")]
    pub(crate) fn has_room(&self) -> Option<Result<(), SendError>> {
        self.0.has_room()
    }

    /// The next message as JavaScript has it, a string or an `ArrayBuffer`; none at the end.
    pub(crate) fn poll_arrived(&self, context: &Context<'_>) -> Poll<Option<JsValue>> {
        self.0.arrivals.poll(context, || match self.0.take() {
            Some(data) => Some(Some(data)),
            None => self.0.closed().map(|_| None),
        })
    }

    async fn wait<T>(&self, bell: &Bell, look: impl Fn() -> Option<T>) -> T {
        poll_fn(|context| bell.poll(context, &look)).await
    }
}

impl Stream for Connection {
    type Item = Message;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Message>> {
        self.poll_arrived(context).map(|arrived| arrived.map(|data| read(&data)))
    }
}

fn read(data: &JsValue) -> Message {
    match data.as_string() {
        Some(text) => Message::Text(text),
        None => Message::Binary(Uint8Array::new(data.unchecked_ref::<ArrayBuffer>()).to_vec()),
    }
}
