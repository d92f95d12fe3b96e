//! The driver of {{name}}: it reads commands, has library.rs carry them out, and reports, as conformance/drivers.md says.

mod command;
mod connection;
mod library;

use command::{Command, understand};
use connection::{Test, Turn, say};
use serde_json::json;
use std::{collections::HashMap, time::Instant};
use tokio::io::{AsyncBufReadExt as _, BufReader, stdin};

#[tokio::main]
async fn main() {
    let started = Instant::now();
    let mut tests: HashMap<u64, Test> = HashMap::new();
    let mut lines = BufReader::new(stdin()).split(b'\n');
    while let Ok(Some(line)) = lines.next_segment().await {
        let command = match understand(&line) {
            Ok(command) => command,
            Err(answer) => {
                say(&answer);
                continue;
            }
        };
        match command {
            Command::Hello { .. } => say(&json!({"hello": {
                "client": "{{name}}",
                "language": "{{language}}",
                "runtime": "rust",
                "library": library::VERSION,
                "max_concurrent": 16,
                "origin": null,
                "capabilities": library::CAPABILITIES,
            }})),
            Command::Bye {} => break,
            Command::End { seq, c } => {
                let test = tests.remove(&seq);
                test.unwrap_or_else(|| Test::new(seq, started)).end(c);
            }
            Command::Listen { seq, c, url } => of(&mut tests, seq, started).listen(c, url),
            Command::Open(open) => of(&mut tests, open.seq, started).open(open),
            Command::Send(send) => {
                let (on, c) = (send.on.clone(), send.c);
                of(&mut tests, send.seq, started).take(&on, c, Turn::Send(send));
            }
            Command::Close(close) => {
                let (on, c) = (close.on.clone(), close.c);
                of(&mut tests, close.seq, started).take(&on, c, Turn::Close(close));
            }
        }
    }
    // What reads standard input cannot be waited for.
    std::process::exit(0)
}

/// The test of a number, which begins with its first command.
fn of(tests: &mut HashMap<u64, Test>, seq: u64, started: Instant) -> &mut Test {
    tests.entry(seq).or_insert_with(|| Test::new(seq, started))
}
