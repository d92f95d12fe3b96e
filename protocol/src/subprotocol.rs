//! The conversations that `/ws` can hold, by the name a client offers in `Sec-WebSocket-Protocol`.

/// The plain protocol, which is also spoken when a client offers no subprotocol at all.
pub const PLAIN: &str = "crosswire.v1.plain";

/// Every subprotocol that `/ws` knows, in the server's order of preference.
pub const KNOWN: &[&str] = &[PLAIN];
