//! What may stand in the first lines of a handshake.

/// What a path is, in words.
pub(super) const PATH: &str =
    "a path that begins with /, without white space, control characters and #: write `%20` or `%23`";
/// What a token is, in words.
pub(super) const TOKEN: &str = "it is made of letters, digits and !#$%&'*+-.^_`|~";

/// Whether a text can be sent as the target of a request: what is behind a `#` never is.
pub(super) fn is_path(text: &str) -> bool {
    let is_sent = |char: char| !char.is_whitespace() && !char.is_control() && char != '#';
    text.starts_with('/') && text.chars().all(is_sent)
}

/// Whether a text is a token of HTTP (RFC 9110, 5.6.2), as names of headers and subprotocols are.
pub(super) fn is_token(text: &str) -> bool {
    let is_in = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_in)
}
