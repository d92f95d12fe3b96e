//! Lines of standard input, none of them longer than the protocol allows.

use crate::LONGEST_LINE;
use std::io::{self, BufRead, Read as _};

/// A line that was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// All of it, with its end.
    Whole(Vec<u8>),
    /// Longer than a line may be. It was read away.
    TooLong,
}

/// Reads the next line, or none at the end.
pub(crate) fn next_line(input: &mut impl BufRead) -> io::Result<Option<Line>> {
    let mut line = Vec::new();
    input.by_ref().take(LONGEST_LINE as u64 + 1).read_until(b'\n', &mut line)?;
    if line.len() > LONGEST_LINE && line.last() != Some(&b'\n') {
        input.skip_until(b'\n')?;
        return Ok(Some(Line::TooLong));
    }
    Ok(if line.is_empty() { None } else { Some(Line::Whole(line)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(mut input: &[u8]) -> Vec<Line> {
        std::iter::from_fn(|| next_line(&mut input).unwrap()).collect()
    }

    #[test]
    fn reads_lines_and_what_stands_behind_the_last() {
        assert_eq!(lines(b"a\nb"), [Line::Whole(b"a\n".into()), Line::Whole(b"b".into())]);
        assert_eq!(lines(b""), []);
    }

    #[test]
    fn reads_a_line_away_that_is_too_long() {
        let mut input = vec![b'x'; LONGEST_LINE];
        input.extend(b"\n");
        let longest = input.clone();
        input.extend(vec![b'x'; LONGEST_LINE + 1]);
        input.extend(b"\nlast\n");
        assert!(lines(&input) == [Line::Whole(longest), Line::TooLong, Line::Whole(b"last\n".into())]);
    }
}
