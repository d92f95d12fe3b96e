//! The first lines between the runner and a driver: its hello, and whether it refuses what there is not.

use crate::lines::{Line, next_line, quoted};
use crosswire_suite::driver::{Hello, LONGEST_LINE, Line as Said, PROTOCOL, read_line};
use serde_json::json;
use std::{fmt::Write as _, time::Duration};
use tokio::{
    io::{AsyncBufRead, AsyncWrite, AsyncWriteExt as _},
    time::timeout,
};

/// How long a driver may take to introduce itself: a browser, or a runtime that compiles first, takes seconds.
const HELLO_TIME: Duration = Duration::from_secs(30);
/// How long it may take to refuse: it runs by then.
const REFUSAL_TIME: Duration = Duration::from_secs(3);

/// The test that the questions belong to; no other has its number.
pub(crate) const QUESTIONS: u64 = 1;

/// What a driver must refuse, in words, and as it is told.
const ASKED: [(&str, &str); 2] = [
    ("a command that there is not", r#"{"cmd":"juggle","seq":1,"c":1,"on":"a"}"#),
    ("a field that `send` does not have", r#"{"cmd":"send","seq":1,"c":2,"on":"a","text":"","volume":11}"#),
];

/// Lets a driver introduce itself; nothing, where it ends without a word.
///
/// # Errors
/// In a sentence that goes on from "it did not introduce itself with a hello: ".
pub(crate) async fn introduce(
    input: &mut (impl AsyncWrite + Unpin),
    output: &mut (impl AsyncBufRead + Unpin),
    time_scale: f64,
) -> Result<Option<Hello>, String> {
    let question = json!({"cmd": "hello", "protocol": PROTOCOL}).to_string() + "\n";
    let patience = HELLO_TIME.mul_f64(time_scale);
    let said = timeout(patience, async {
        // Whoever is gone before it is asked may have said why.
        let _ = input.write_all(question.as_bytes()).await;
        let _ = input.flush().await;
        next_line(output, LONGEST_LINE).await
    });
    match said.await {
        Err(_) => Err(format!("it said nothing for {patience:?}")),
        Ok(Err(error)) => Err(format!("it could not be heard: {error}")),
        Ok(Ok(Line::End)) => Ok(None),
        Ok(Ok(Line::TooLong(line) | Line::Half(line))) => Err(format!("it said {}", quoted(&line))),
        Ok(Ok(Line::NotText(line))) => Err(format!("it said {}, which is not UTF-8", quoted(&line))),
        Ok(Ok(Line::Whole(line))) => match read_line(&line) {
            Ok(Said::Hello(hello)) => Ok(Some(hello)),
            Ok(_) => Err(format!("it said {}", quoted(&line))),
            Err(error) => Err(format!("it said {}: {error}", quoted(&line))),
        },
    }
}

/// Tells a driver what it cannot know, both at once, and waits no longer than it takes to refuse both. Whoever
/// passes over what it does not know would pass a test that it has not carried out. Guests that are introduced meanwhile
/// are handed back.
///
/// # Errors
/// In a sentence: what it did instead, and what it has to do.
pub(crate) async fn must_refuse(
    input: &mut (impl AsyncWrite + Unpin),
    output: &mut (impl AsyncBufRead + Unpin),
    time_scale: f64,
) -> Result<Vec<Hello>, String> {
    let patience = REFUSAL_TIME.mul_f64(time_scale);
    let mut is_refused = [false; 2];
    let mut guests = Vec::new();
    let refused = timeout(patience, async {
        let lines = ASKED.map(|(_, line)| format!("{line}\n")).concat();
        // Whoever does not read has said something else, or nothing.
        let _ = input.write_all(lines.as_bytes()).await;
        let _ = input.flush().await;
        while is_refused.contains(&false) {
            let line = next_line(output, LONGEST_LINE).await;
            if let Ok(Line::Whole(text)) = &line
                && let Ok(Said::Hello(guest)) = read_line(text)
            {
                guests.push(guest);
                continue;
            }
            let place = refusal(line)?;
            if std::mem::replace(&mut is_refused[place], true) {
                return Err(format!("it refused command {} twice", place + 1));
            }
        }
        Ok(())
    });
    let instead = match refused.await {
        Ok(Ok(())) => return Ok(guests),
        Ok(Err(instead)) => instead,
        Err(_) => format!("it did not answer for {patience:?}"),
    };
    let place = is_refused.iter().position(|refused| !refused).unwrap_or_default();
    let (what, line) = ASKED[place];
    let mut sentence = format!("the driver does not refuse what it does not know. Told {what}, `{line}`, ");
    let c = place + 1;
    let _ = write!(
        sentence,
        "{instead}. It must answer `{{\"error\":{{\"message\":\"…\",\"seq\":{QUESTIONS},\"c\":{c}}}}}` and do nothing; \
         until it does, none of its results could be believed, and no test was run"
    );
    Err(sentence)
}

/// Which of the two questions a line refuses.
fn refusal(line: std::io::Result<Line>) -> Result<usize, String> {
    let line = match line {
        Ok(Line::Whole(line)) => line,
        Ok(Line::End) => return Err("it ended".to_owned()),
        Ok(Line::Half(line) | Line::TooLong(line) | Line::NotText(line)) => {
            return Err(format!("it said {}", quoted(&line)));
        }
        Err(error) => return Err(format!("it could not be read: {error}")),
    };
    match read_line(&line) {
        Ok(Said::Error(error)) => match (error.seq, error.c) {
            (Some(QUESTIONS), Some(c @ (1 | 2))) => Ok(usize::from(c == 2)),
            _ => {
                Err(format!("it answered without the `seq` and the `c` that it was given: {}", quoted(&line)))
            }
        },
        _ => Err(format!("it answered {}", quoted(&line))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{BufReader, duplex, split};

    /// What comes of a driver that answers so, and what it was told.
    async fn asked(answers: &str) -> (Result<Vec<Hello>, String>, String) {
        let (mut ours, theirs) = duplex(1 << 16);
        ours.write_all(answers.as_bytes()).await.unwrap();
        let (output, mut input) = split(theirs);
        let refused = must_refuse(&mut input, &mut BufReader::new(output), 1.0).await;
        drop((input, ours.shutdown().await));
        let mut told = vec![0; 4096];
        let length = tokio::io::AsyncReadExt::read(&mut ours, &mut told).await.unwrap();
        (refused, String::from_utf8_lossy(&told[..length]).into_owned())
    }

    fn error(c: u64) -> String {
        json!({"error": {"message": "what is that?", "seq": QUESTIONS, "c": c}}).to_string() + "\n"
    }

    #[tokio::test(start_paused = true)]
    async fn both_are_told_and_must_be_refused_in_any_order() {
        for answers in [error(1) + &error(2), error(2) + &error(1)] {
            let (refused, told) = asked(&answers).await;
            assert_eq!(refused, Ok(Vec::new()));
            assert_eq!(told.lines().collect::<Vec<_>>(), ASKED.map(|(_, line)| line));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_instead_is_quoted_beside_what_was_told() {
        let done = r#"{"event":{"seq":1,"n":1,"c":2,"on":"a","is":"done"}}"#;
        for (answers, says) in [
            (error(1) + done + "\n", r#""volume":11}`, it answered `{"event""#),
            (error(1), "it did not answer for 3s"),
            (error(1) + &error(1), "it refused command 1 twice"),
            ("{\"error\":{\"message\":\"no\"}}\n".to_owned(), "juggle"),
            (
                "{\"error\":{\"message\":\"no\"}}\n".to_owned(),
                "without the `seq` and the `c` that it was given",
            ),
        ] {
            let (refused, _) = asked(&answers).await;
            let sentence = refused.unwrap_err();
            assert!(sentence.contains(says) && sentence.contains("It must answer"), "{sentence}");
        }
    }
}
