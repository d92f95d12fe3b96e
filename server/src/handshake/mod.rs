//! From a connection's first byte to a session, a page or a refusal.

pub(crate) mod doors;
pub(crate) mod head;
pub(crate) mod judge;
pub(crate) mod refusal;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use judge::Upgrade;
use sha1::{Digest as _, Sha1};

/// RFC 6455 1.3.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The answer that turns a handshake into a session.
pub(crate) fn switching_protocols(upgrade: &Upgrade) -> Vec<u8> {
    let accept = BASE64.encode(Sha1::new().chain_update(&upgrade.key).chain_update(GUID).finalize());
    let subprotocol = upgrade
        .subprotocol
        .as_ref()
        .map(|subprotocol| format!("sec-websocket-protocol: {subprotocol}\r\n"))
        .unwrap_or_default();
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
         sec-websocket-accept: {accept}\r\n{subprotocol}\r\n"
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_to_the_key_of_rfc_6455_is_the_one_it_gives() {
        let upgrade = Upgrade {
            endpoint: judge::Endpoint::Talk,
            key: "dGhlIHNhbXBsZSBub25jZQ==".to_owned(),
            subprotocol: Some("chat".to_owned()),
            tag: None,
        };
        let answer = String::from_utf8(switching_protocols(&upgrade)).unwrap();
        assert!(answer.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{answer}");
        assert!(answer.contains("sec-websocket-protocol: chat\r\n"), "{answer}");
    }
}
