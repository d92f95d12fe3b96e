//! What is said on a connection.

use serde::de::DeserializeOwned;

/// A message, as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Text.
    Text(String),
    /// Bytes.
    Binary(Vec<u8>),
}

impl Message {
    /// The text of a text message.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Binary(_) => None,
        }
    }

    /// The content, as bytes: those of its UTF-8 where it is text.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }

    /// The value that is written in the message as JSON.
    ///
    /// ```
    /// # use crosswire_wasm_client::Message;
    /// let point: [i32; 2] = Message::Text("[3, 4]".to_owned()).json()?;
    /// assert_eq!(point, [3, 4]);
    /// # Ok::<_, serde_json::Error>(())
    /// ```
    ///
    /// # Errors
    /// It is not JSON, or another value than was expected.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(self.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_bytes_and_perhaps_a_text() {
        let (text, binary) = (Message::Text("ä".to_owned()), Message::Binary(vec![0xc3]));
        assert_eq!((text.as_text(), text.as_bytes()), (Some("ä"), &[0xc3, 0xa4][..]));
        assert_eq!((binary.as_text(), binary.as_bytes()), (None, &[0xc3][..]));
    }
}
