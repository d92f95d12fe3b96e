//! Lines from a program that is not trusted: each of them bounded.

use std::io;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _};

/// What came where a line should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A line, without its end.
    Whole(String),
    /// A line that is not UTF-8; what is wrong is replaced.
    NotText(String),
    /// More than the longest line may have; its beginning.
    TooLong(String),
    /// The end of the stream behind a line without an end.
    Half(String),
    /// The end of the stream.
    End,
}

/// How much of a line that is too long is quoted.
const QUOTED: usize = 120;

/// Reads the next line.
pub async fn next_line(reader: &mut (impl AsyncBufRead + Unpin), longest: usize) -> io::Result<Line> {
    let mut line = Vec::new();
    loop {
        let chunk = reader.fill_buf().await?;
        if chunk.is_empty() {
            let text = String::from_utf8_lossy(&line).into_owned();
            return Ok(if text.is_empty() { Line::End } else { Line::Half(text) });
        }
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let taken = end.unwrap_or(chunk.len());
        line.extend_from_slice(&chunk[..taken]);
        let used = end.map_or(taken, |end| end + 1);
        reader.consume(used);
        if line.len() > longest {
            line.truncate(4 * QUOTED + 4);
            return Ok(Line::TooLong(String::from_utf8_lossy(&line).into_owned()));
        }
        if end.is_some() {
            return Ok(whole(line));
        }
    }
}

fn whole(mut line: Vec<u8>) -> Line {
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    match String::from_utf8(line) {
        Ok(line) => Line::Whole(line),
        Err(error) => Line::NotText(String::from_utf8_lossy(error.as_bytes()).into_owned()),
    }
}

/// The beginning of a line, for a message: as it is, but for what a terminal would obey.
pub fn quoted(line: &str) -> String {
    let mut quoted = String::from("`");
    for character in line.chars().take(QUOTED) {
        match character {
            '"' | '\'' | '\\' => quoted.push(character),
            _ => quoted.extend(character.escape_debug()),
        }
    }
    if line.chars().nth(QUOTED).is_some() {
        quoted.push('…');
    }
    quoted.push('`');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(text: &[u8], longest: usize) -> Vec<Line> {
        let mut reader = text;
        let mut lines = Vec::new();
        loop {
            let line = next_line(&mut reader, longest).await.unwrap();
            let is_over = matches!(line, Line::End | Line::Half(_) | Line::TooLong(_));
            lines.push(line);
            if is_over {
                return lines;
            }
        }
    }

    #[tokio::test]
    async fn lines_are_told_from_what_is_none() {
        assert_eq!(all(b"a\r\nb\n", 9).await, [Line::Whole("a".into()), Line::Whole("b".into()), Line::End]);
        assert_eq!(all(b"a\nhalf", 9).await, [Line::Whole("a".into()), Line::Half("half".into())]);
        assert_eq!(all(b"0123456789", 9).await, [Line::TooLong("0123456789".into())]);
        let [Line::TooLong(line)] = &all(&[b'x'; 1000], 900).await[..] else { panic!("it is not too long") };
        assert!(quoted(line).ends_with("x…`") && line.len() < 500);
        assert_eq!(all(b"a\xffb\n", 9).await, [Line::NotText("a\u{fffd}b".into()), Line::End]);
    }

    #[test]
    fn what_is_quoted_is_short_and_harmless() {
        assert_eq!(quoted("\u{1b}[31m"), r"`\u{1b}[31m`");
        assert_eq!(quoted(r#"{"a":"\n"}"#), r#"`{"a":"\n"}`"#);
        assert!(quoted(&"é".repeat(500)).chars().count() < 130);
    }
}
