//! A server that goes on talking behind its ready line: the reference server, which does not, is behind it.

use std::{
    io::{self, BufRead as _, BufReader, Write as _},
    process::{Command, ExitCode, Stdio},
};

/// What makes this program such a server; the program with the reference server comes behind it.
pub(crate) const FLAG: &str = "--chatter";
/// More than any pipe holds.
const CHATTER: usize = 4 << 20;

/// Serves until standard input ends, once it has been listened to.
pub(crate) fn be(program: &str) -> ExitCode {
    let mut server =
        Command::new(program).args(["serve", "--under-test"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    let mut output = io::stdout();
    let said = output.write_all(ready.as_bytes()).and_then(|()| output.write_all(&vec![b'\n'; CHATTER]));
    if said.is_err() {
        server.kill().unwrap();
    }
    let status = server.wait().unwrap();
    ExitCode::from(u8::from(!status.success()))
}
