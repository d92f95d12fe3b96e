//! A WebSocket client for browsers, for Rust and, with the feature `javascript`, for JavaScript.
//!
//! It is the browser's own socket with what that leaves out: deadlines for opening and closing, sends that wait when too
//! much is waiting already, errors that say what to do, an end that can be awaited, and nothing left behind in the page.
//!
//! | to see | read |
//! |---|---|
//! | what can be done with a connection | [`Connection`] |
//! | what can be set | [`Options`] |
//! | what can go wrong, and what to do then | [`OpenError`], [`SendError`], [`CloseError`] |
//! | how a connection ends | [`Closed`], [`CloseFrame`] |
//! | what JavaScript sees | `javascript/crosswire.d.ts` |

mod address;
mod bell;
mod close_frame;
mod connection;
mod error;
mod inbox;
#[cfg(feature = "javascript")]
mod javascript;
mod message;
mod options;
mod page;
mod socket;
mod status;

pub use close_frame::CloseFrame;
pub use connection::Connection;
pub use crosswire_protocol::close::CloseCode;
pub use error::{CloseError, OpenError, SendError};
#[cfg(feature = "javascript")]
pub use javascript::{JsConnection, JsMessages};
pub use message::Message;
pub use options::Options;
pub use status::{Closed, Status};

#[cfg(all(test, target_arch = "wasm32"))]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
