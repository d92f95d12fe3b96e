//! What can go wrong, by phase, and what to do about it. How a connection ends is no error: it is [`Closed`].

use crate::Closed;
use crosswire_protocol::close::LONGEST_REASON;

/// A connection could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The address is none.
    #[error(
        "`{address}` is not the address of a WebSocket server: {why}. Write ws://host:port/path, wss://… where there is TLS, or /path for the server that this page came from"
    )]
    BadUrl {
        /// The address, as it was given.
        address: String,
        /// What is wrong with it.
        why: String,
    },
    /// The page came over TLS, and the connection would not have any.
    #[error(
        "a page that came over https may not open `{address}`, which has no TLS. Use wss://, or open the page over http"
    )]
    MixedContent {
        /// The address.
        address: String,
    },
    /// A subprotocol that cannot be offered.
    #[error("`{name}` cannot be offered as a subprotocol: {why}")]
    BadSubprotocol {
        /// The subprotocol.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The handshake failed.
    #[error(
        "`{address}` could not be opened, and the browser tells no page why. Is the server running, does it know the path, and does it allow pages of {origin}? The network panel of the developer tools shows its answer"
    )]
    Refused {
        /// The address.
        address: String,
        /// The origin of the page, as the server was told it.
        origin: String,
    },
    /// The deadline has passed.
    #[error(
        "`{address}` did not answer the handshake within {within_ms} ms. Is it a WebSocket server, or is the deadline too short?"
    )]
    TooSlow {
        /// The address.
        address: String,
        /// The deadline, in milliseconds.
        within_ms: u64,
    },
    /// It was closed by its owner.
    #[error("`{address}` was closed before it was open. Open another connection where that was not meant")]
    ClosedBeforeOpen {
        /// The address.
        address: String,
    },
}

/// A message could not be sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The handshake is still under way.
    #[error("the connection is not open yet, so nothing was sent. Wait for `opened()` first")]
    NotOpenYet,
    /// One side has said that it closes.
    #[error("the connection is closing, so nothing was sent. Open another one to say more")]
    Closing,
    /// It is over.
    #[error("the connection is over ({0}), so nothing was sent. Open another one to say more")]
    Closed(Closed),
    /// It ended while the message waited for its turn.
    #[error(
        "the connection ended ({closed}) while {bytes} bytes waited in the browser: the message may not have arrived. Open another one, and ask the server what it has"
    )]
    LeftBehind {
        /// How it ended.
        closed: Closed,
        /// What waited with it, and before it.
        bytes: u32,
    },
    /// It is no message.
    #[error("what was to be sent is not a message: {0}")]
    NotAMessage(String),
    /// It cannot be written as JSON.
    #[error("the value cannot be written as JSON, so nothing was sent: {0}")]
    NotJson(String),
}

/// A close frame that a browser does not send.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CloseError {
    /// The code is not for clients in browsers.
    #[error("a browser does not close with {code}. Use 1000, or a code of 3000 to 4999")]
    CodeNotAllowed {
        /// The code.
        code: u16,
    },
    /// The reason does not fit.
    #[error(
        "a reason has at most {LONGEST_REASON} bytes of UTF-8, and this one has {bytes}. Shorten it, or send it as a message before"
    )]
    ReasonTooLong {
        /// Its length.
        bytes: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every error says what was wrong and, in a sentence of its own, what helps.
    #[test]
    fn errors_name_what_was_wrong_and_what_to_do() {
        let address = || "ws://127.0.0.1:9/ws".to_owned();
        let told: [(String, &str, &str); 11] = [
            (
                OpenError::BadUrl { address: "ftp://a".to_owned(), why: "it is odd".to_owned() }.to_string(),
                "`ftp://a`",
                "Write ws://",
            ),
            (OpenError::MixedContent { address: address() }.to_string(), "https", "Use wss://"),
            (
                OpenError::BadSubprotocol { name: "a b".to_owned(), why: "it is odd" }.to_string(),
                "`a b`",
                "it is odd",
            ),
            (
                OpenError::Refused { address: address(), origin: "http://me".to_owned() }.to_string(),
                "ws://127.0.0.1:9/ws",
                "allow pages of http://me",
            ),
            (
                OpenError::TooSlow { address: address(), within_ms: 50 }.to_string(),
                "within 50 ms",
                "deadline too short",
            ),
            (OpenError::ClosedBeforeOpen { address: address() }.to_string(), "before it was open", "Open"),
            (SendError::NotOpenYet.to_string(), "not open yet", "Wait for `opened()`"),
            (SendError::Closing.to_string(), "is closing", "Open another"),
            (
                SendError::Closed(Closed::without_a_frame()).to_string(),
                "over (cut without a close frame)",
                "Open another",
            ),
            (
                SendError::LeftBehind { closed: Closed::without_a_frame(), bytes: 7 }.to_string(),
                "while 7 bytes waited",
                "ask the server",
            ),
            (CloseError::CodeNotAllowed { code: 1001 }.to_string(), "1001", "Use 1000"),
        ];
        for (words, wrong, to_do) in told {
            assert!(words.contains(wrong) && words.contains(to_do), "{words}");
        }
        let too_long = CloseError::ReasonTooLong { bytes: 124 }.to_string();
        assert!(too_long.contains("at most 123 bytes") && too_long.contains("has 124"), "{too_long}");
    }
}
