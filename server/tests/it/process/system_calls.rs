//! How many system calls a batch costs, as strace counts them.

use super::{PROGRAM, Process, open, without_settings};
use crate::support::Frame;
use std::collections::HashMap;
use tokio::process::Command;

const BATCHES: usize = 20;

/// The calls, each on one line. strace breaks a line where another thread's call begins before this one's has ended: one
/// that waits for standard input, here.
fn whole_lines(log: &str) -> Vec<String> {
    let mut begun: HashMap<&str, &str> = HashMap::new();
    let mut lines = Vec::new();
    for line in log.lines() {
        let (thread, call) = line.split_once(' ').unwrap_or(("", line));
        if let Some(start) = call.strip_suffix("<unfinished ...>") {
            begun.insert(thread, start);
        } else if let Some((_, end)) = call.split_once(" resumed>") {
            lines.push(format!("{thread} {}{end}", begun.remove(thread).unwrap_or_default()));
        } else {
            lines.push(line.to_owned());
        }
    }
    lines
}

#[test]
fn a_line_that_strace_has_broken_is_whole_again() {
    let log = "1 read(3, <unfinished ...>\n2 write(4, \"x\") = 1\n1 <... read resumed>\"y\") = 1";
    assert_eq!(whole_lines(log), ["2 write(4, \"x\") = 1", "1 read(3, \"y\") = 1"]);
}

#[tokio::test]
async fn a_batch_of_16_messages_costs_one_read_and_one_write() {
    let log = std::env::temp_dir().join(format!("crosswire-strace-{}", std::process::id()));
    let trace = ["-f", "-yy", "-e", "trace=read,write,readv,writev,recvfrom,sendto,recvmsg,sendmsg", "-o"];
    let attempt = Command::new("strace").args(trace).arg(&log).arg("true").output().await;
    match attempt {
        Err(error) => return println!("skipped: strace cannot be started: {error}"),
        Ok(output) if !output.status.success() => {
            let why = String::from_utf8_lossy(&output.stderr).into_owned();
            return println!("skipped: strace may not trace here: {why}");
        }
        Ok(_) => {}
    }
    let mut command = Command::new("strace");
    command.args(trace).arg(&log).arg(PROGRAM).args(["--under-test", "--threads", "1"]);
    without_settings(&mut command);
    let (process, ready) = Process::ready(command).await;
    let mut client = open(&ready, "/echo").await;
    let messages: Vec<Frame> = (0..16).map(|i| Frame::text(format!("message {i:>4}"))).collect();
    let batch: Vec<u8> = messages.iter().flat_map(Frame::masked).collect();
    let answers: usize = messages.iter().map(|message| message.unmasked().len()).sum();
    for _ in 0..BATCHES {
        client.raw.send(&batch).await;
        for message in &messages {
            client.expect(message.clone()).await;
        }
    }
    client.close().await;
    assert_eq!(process.stop().await.code, Some(0));
    let log_text = std::fs::read_to_string(&log).unwrap();
    let _ = std::fs::remove_file(&log);

    let calls: Vec<String> = whole_lines(&log_text).into_iter().filter(|line| line.contains("TCP")).collect();
    let that_took = |bytes: usize| calls.iter().filter(|call| call.ends_with(&format!("= {bytes}"))).count();
    assert_eq!((that_took(batch.len()), that_took(answers)), (BATCHES, BATCHES), "{log_text}");
    // Beside them: the head, the 101, and what an end costs.
    let others = calls.len() - 2 * BATCHES;
    assert!(others <= 8, "{others} calls besides one read and one write a batch:\n{log_text}");
}
