//! Files that people and their editors have written, read as the text that they should be.

use std::{fs, io, path::Path};

/// Reads a file of UTF-8.
///
/// # Errors
/// Where it cannot be read, or is no UTF-8: what it is instead, and what to do.
pub(crate) fn read(path: &Path) -> io::Result<String> {
    let bytes = fs::read(path)?;
    if let Some(wrong) = other_than_plain(&bytes) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, wrong));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("it is not UTF-8 from byte {at} on; save it as UTF-8"),
        )
    })
}

/// What the beginning of a file shows that it is, where it is not UTF-8 as it should be.
pub(crate) fn other_than_plain(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xef, 0xbb, 0xbf, ..] => {
            Some("it begins with a byte order mark, which JSON does not allow; save it as UTF-8 without one")
        }
        // Whoever writes ASCII in UTF-16 without a mark has a zero beside each letter.
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..] => {
            Some("it is UTF-16; save it as UTF-8 (a shell that redirects into a file may have made it so)")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_editor_has_made_of_a_file_is_named() {
        assert_eq!(other_than_plain(b"{}"), None);
        assert_eq!(other_than_plain(b""), None);
        assert!(other_than_plain(b"\xef\xbb\xbf{}").unwrap().contains("byte order mark"));
        for utf16 in [&b"\xff\xfe{\0"[..], b"\xfe\xff\0{", b"{\0}\0", b"\0{\0}"] {
            assert!(other_than_plain(utf16).unwrap().contains("UTF-16"), "{utf16:?}");
        }
    }
}
