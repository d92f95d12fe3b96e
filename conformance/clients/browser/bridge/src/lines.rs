//! Lines as they come, each only so long.

use std::io;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _};

/// How long a line may be: `conformance/drivers.md`.
pub(crate) const LONGEST_LINE: usize = 4 << 20;

/// What came up to the next line feed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    Whole(String),
    /// It is no UTF-8, or too long: in a sentence.
    Wrong(String),
}

/// The next line; nothing, at the end. The rest of a line that is too long is passed over.
pub(crate) async fn next_line(input: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Line>> {
    let (mut line, mut length) = (Vec::new(), 0);
    loop {
        let read = input.fill_buf().await?;
        if read.is_empty() && length == 0 {
            return Ok(None);
        }
        let end = read.iter().position(|byte| *byte == b'\n');
        let part = &read[..end.unwrap_or(read.len())];
        length += part.len();
        if length <= LONGEST_LINE {
            line.extend_from_slice(part);
        }
        let (is_over, used) = (end.is_some() || read.is_empty(), part.len() + usize::from(end.is_some()));
        input.consume(used);
        if is_over {
            break;
        }
    }
    if length > LONGEST_LINE {
        return Ok(Some(Line::Wrong(format!("a line is at most {LONGEST_LINE} bytes long"))));
    }
    Ok(Some(match String::from_utf8(line) {
        Ok(line) => Line::Whole(line),
        Err(_) => Line::Wrong("the line is not UTF-8".to_owned()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::BufReader;

    async fn all(text: &[u8]) -> Vec<Line> {
        let mut input = BufReader::with_capacity(1000, text);
        let mut lines = Vec::new();
        while let Some(line) = next_line(&mut input).await.unwrap() {
            lines.push(line);
        }
        lines
    }

    #[tokio::test]
    async fn every_line_is_one_and_so_is_what_the_end_has_cut_off() {
        let whole = |text: &str| Line::Whole(text.to_owned());
        assert_eq!(all(b"a\n\nb\nrest").await, [whole("a"), whole(""), whole("b"), whole("rest")]);
        assert_eq!(all(b"").await, []);
        assert_eq!(all(b"\n").await, [whole("")]);
    }

    #[tokio::test]
    async fn what_is_wrong_costs_only_itself() {
        let longest = "x".repeat(LONGEST_LINE);
        let lines = all(format!("{longest}\n{longest}y\nnext\n").as_bytes()).await;
        assert_eq!(lines[0], Line::Whole(longest));
        assert!(matches!(&lines[1], Line::Wrong(why) if why.contains("4194304")));
        assert_eq!(lines[2], Line::Whole("next".to_owned()));
        assert!(matches!(&all(b"\xff\nnext\n").await[..], [Line::Wrong(_), Line::Whole(_)]));
    }
}
