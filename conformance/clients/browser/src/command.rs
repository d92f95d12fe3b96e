//! What the driver can be told. A line is read strictly: an unknown command, an unknown field or a value that cannot be
//! meant is a [`Mistake`], and nothing of the command is carried out.

use crate::{
    LONGEST_LINE,
    payload::{Fill, Payload, PayloadFields},
};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// One line, understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Hello,
    Open(Address, Open),
    /// Something for a connection that was opened before.
    Order {
        seq: u64,
        on: String,
        order: Order,
    },
    Listen {
        seq: u64,
        c: u64,
        url: String,
    },
    End {
        seq: u64,
        c: u64,
    },
    Bye,
}

/// Which connection of which test is meant, and by which command.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) seq: u64,
    pub(crate) c: u64,
    pub(crate) on: String,
}

/// How a connection is opened.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Open {
    pub(crate) url: String,
    pub(crate) within: Duration,
    pub(crate) subprotocols: Vec<String>,
    /// Whether long messages are reported in full.
    pub(crate) full: bool,
    pub(crate) abandon: bool,
    /// What was asked for and no browser does.
    pub(crate) beyond: Option<&'static str>,
}

/// A command for one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) c: u64,
    pub(crate) act: Act,
}

/// What a connection does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    Send(Payload),
    SendMany {
        senders: usize,
        messages: Vec<Payload>,
    },
    Close {
        frame: Option<(u16, String)>,
        within: Duration,
    },
    React(Vec<Order>),
    /// What no browser does, in words.
    Beyond(&'static str),
}

/// A line that is no command, and the command's numbers as far as they could be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) message: String,
    pub(crate) seq: Option<u64>,
    pub(crate) c: Option<u64>,
}

/// Reads one line.
pub(crate) fn read(line: &str) -> Result<Command, Mistake> {
    if line.len() > LONGEST_LINE {
        let message = format!("a line is at most {LONGEST_LINE} bytes long");
        return Err(Mistake { message, seq: None, c: None });
    }
    let understood = match serde_json::from_str::<Line>(line) {
        Ok(line) => line.understand(),
        Err(error) => Err(error.to_string()),
    };
    understood.map_err(|message| {
        let value: Value = serde_json::from_str(line).unwrap_or_default();
        Mistake { message, seq: value["seq"].as_u64(), c: value["c"].as_u64() }
    })
}

/// The fields as they stand on the line. Every variant has braces: serde lets unknown fields of others pass.
#[derive(Debug, Deserialize)]
#[serde(tag = "cmd", rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    Hello {
        protocol: u64,
    },
    Open {
        seq: u64,
        c: u64,
        on: String,
        url: String,
        within_ms: u64,
        #[serde(default)]
        subprotocols: Vec<String>,
        #[serde(default)]
        headers: Vec<(String, String)>,
        max_message: Option<u64>,
        #[serde(default = "yes")]
        reading: bool,
        data: Option<Data>,
        #[serde(default)]
        abandon: bool,
    },
    Send {
        seq: u64,
        c: u64,
        on: String,
        text: Option<String>,
        base64: Option<String>,
        fill: Option<Fill>,
        fragments: Option<Vec<u64>>,
    },
    SendMany {
        seq: u64,
        c: u64,
        on: String,
        senders: usize,
        messages: Vec<Payload>,
    },
    Ping {
        seq: u64,
        c: u64,
        on: String,
        hex: String,
    },
    Pong {
        seq: u64,
        c: u64,
        on: String,
        hex: String,
    },
    Close {
        seq: u64,
        c: u64,
        on: String,
        within_ms: u64,
        code: Option<u16>,
        reason: Option<String>,
    },
    Drop {
        seq: u64,
        c: u64,
        on: String,
    },
    StopReading {
        seq: u64,
        c: u64,
        on: String,
    },
    StartReading {
        seq: u64,
        c: u64,
        on: String,
    },
    React {
        seq: u64,
        c: u64,
        on: String,
        then: Vec<Then>,
    },
    Listen {
        seq: u64,
        c: u64,
        url: String,
    },
    End {
        seq: u64,
        c: u64,
    },
    Bye {},
}

/// A command inside `react`. Its test and its connection are those of the `react`; they may be said again.
#[derive(Debug, Deserialize)]
#[serde(tag = "cmd", rename_all = "snake_case", deny_unknown_fields)]
enum Then {
    Send {
        seq: Option<u64>,
        c: u64,
        on: Option<String>,
        text: Option<String>,
        base64: Option<String>,
        fill: Option<Fill>,
        fragments: Option<Vec<u64>>,
    },
    Close {
        seq: Option<u64>,
        c: u64,
        on: Option<String>,
        within_ms: u64,
        code: Option<u16>,
        reason: Option<String>,
    },
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Data {
    Full,
}

const fn yes() -> bool {
    true
}

impl Line {
    fn understand(self) -> Result<Command, String> {
        let order = |seq, c, on, act| Ok(Command::Order { seq, on, order: Order { c, act } });
        let control = |seq, c, on, hex: &str, words| {
            hex::decode(hex).map_err(|error| format!("`hex` is not hexadecimal digits: {error}"))?;
            order(seq, c, on, Act::Beyond(words))
        };
        match self {
            Self::Hello { protocol: 1 } => Ok(Command::Hello),
            Self::Hello { protocol } => Err(format!("this driver speaks protocol 1, not {protocol}")),
            Self::Open {
                seq,
                c,
                on,
                url,
                within_ms,
                subprotocols,
                headers,
                max_message,
                reading,
                data,
                abandon,
            } => {
                let beyond = if !headers.is_empty() {
                    Some("a browser adds no headers")
                } else if max_message.is_some() {
                    Some("a browser sets no limit to what arrives")
                } else if !reading {
                    Some("a browser always reads")
                } else {
                    None
                };
                let (within, full) = (Duration::from_millis(within_ms), data.is_some());
                let open = Open { url, within, subprotocols, full, abandon, beyond };
                Ok(Command::Open(Address { seq, c, on }, open))
            }
            Self::Send { seq, c, on, text, base64, fill, fragments } => {
                order(seq, c, on, send(PayloadFields { text, base64, fill }, fragments.as_ref())?)
            }
            Self::SendMany { senders: 0, .. } => Err("`senders` must be at least 1".to_owned()),
            Self::SendMany { seq, c, on, senders, messages } => {
                order(seq, c, on, Act::SendMany { senders, messages })
            }
            Self::Ping { seq, c, on, hex } => control(seq, c, on, &hex, "a browser lets no page ping"),
            Self::Pong { seq, c, on, hex } => control(seq, c, on, &hex, "a browser lets no page send pongs"),
            Self::Close { seq, c, on, within_ms, code, reason } => {
                order(seq, c, on, close(within_ms, code, reason)?)
            }
            Self::Drop { seq, c, on } => order(seq, c, on, Act::Beyond("a browser lets no page cut TCP")),
            Self::StopReading { seq, c, on } | Self::StartReading { seq, c, on } => {
                order(seq, c, on, Act::Beyond("a browser always reads"))
            }
            Self::React { seq, c, on, then } => {
                let then =
                    then.into_iter().map(|then| then.understand(seq, &on)).collect::<Result<_, _>>()?;
                order(seq, c, on, Act::React(then))
            }
            Self::Listen { seq, c, url } => Ok(Command::Listen { seq, c, url }),
            Self::End { seq, c } => Ok(Command::End { seq, c }),
            Self::Bye {} => Ok(Command::Bye),
        }
    }
}

impl Then {
    fn understand(self, of_seq: u64, of_on: &str) -> Result<Order, String> {
        let (seq, on, c, act) = match self {
            Self::Send { seq, c, on, text, base64, fill, fragments } => {
                (seq, on, c, send(PayloadFields { text, base64, fill }, fragments.as_ref())?)
            }
            Self::Close { seq, c, on, within_ms, code, reason } => {
                (seq, on, c, close(within_ms, code, reason)?)
            }
        };
        if seq.is_some_and(|seq| seq != of_seq) || on.is_some_and(|on| on != of_on) {
            return Err("what `then` does belongs to the connection of its `react`".to_owned());
        }
        Ok(Order { c, act })
    }
}

fn send(fields: PayloadFields, fragments: Option<&Vec<u64>>) -> Result<Act, String> {
    let payload = fields.try_into()?;
    Ok(match fragments {
        None => Act::Send(payload),
        Some(_) => Act::Beyond("a browser decides alone how a message is cut into frames"),
    })
}

fn close(within_ms: u64, code: Option<u16>, reason: Option<String>) -> Result<Act, String> {
    let frame = match (code, reason) {
        (Some(code), reason) => Some((code, reason.unwrap_or_default())),
        (None, None) => None,
        (None, Some(_)) => return Err("a close frame has no `reason` without a `code`".to_owned()),
    };
    Ok(Act::Close { frame, within: Duration::from_millis(within_ms) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(line: &str) -> Act {
        match read(line) {
            Ok(Command::Order { order, .. }) => order.act,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn reads_every_command() {
        let open = r#"{"cmd":"open","seq":7,"c":1,"on":"a","url":"ws://h/","within_ms":9,"subprotocols":["x"],"data":"full"}"#;
        let address = Address { seq: 7, c: 1, on: "a".to_owned() };
        let opened = Open {
            url: "ws://h/".to_owned(),
            within: Duration::from_millis(9),
            subprotocols: vec!["x".to_owned()],
            full: true,
            abandon: false,
            beyond: None,
        };
        assert_eq!(read(open), Ok(Command::Open(address, opened)));
        assert_eq!(read(r#"{"cmd":"hello","protocol":1}"#), Ok(Command::Hello));
        assert_eq!(
            act(r#"{"cmd":"send","seq":7,"c":2,"on":"a","text":"x"}"#),
            Act::Send(Payload::Text("x".to_owned()))
        );
        assert_eq!(
            act(r#"{"cmd":"close","seq":7,"c":2,"on":"a","within_ms":5,"code":1000}"#),
            Act::Close { frame: Some((1000, String::new())), within: Duration::from_millis(5) }
        );
        let then = act(
            r#"{"cmd":"react","seq":7,"c":3,"on":"a","then":[{"cmd":"close","seq":7,"c":2,"on":"a","within_ms":5}]}"#,
        );
        let close = Act::Close { frame: None, within: Duration::from_millis(5) };
        assert_eq!(then, Act::React(vec![Order { c: 2, act: close }]));
        let listen = r#"{"cmd":"listen","seq":7,"c":1,"url":"ws://h"}"#;
        assert_eq!(read(listen), Ok(Command::Listen { seq: 7, c: 1, url: "ws://h".to_owned() }));
        assert_eq!(read(r#"{"cmd":"end","seq":7,"c":9}"#), Ok(Command::End { seq: 7, c: 9 }));
        assert_eq!(read(r#"{"cmd":"bye"}"#), Ok(Command::Bye));
    }

    #[test]
    fn knows_what_no_browser_does() {
        for line in [
            r#"{"cmd":"ping","seq":7,"c":2,"on":"a","hex":"00"}"#,
            r#"{"cmd":"pong","seq":7,"c":2,"on":"a","hex":""}"#,
            r#"{"cmd":"drop","seq":7,"c":2,"on":"a"}"#,
            r#"{"cmd":"stop_reading","seq":7,"c":2,"on":"a"}"#,
            r#"{"cmd":"start_reading","seq":7,"c":2,"on":"a"}"#,
            r#"{"cmd":"send","seq":7,"c":2,"on":"a","text":"ab","fragments":[1,1]}"#,
        ] {
            assert!(matches!(act(line), Act::Beyond(_)), "{line}");
        }
        for more in [r#""headers":[["a","b"]]"#, r#""max_message":5"#, r#""reading":false"#] {
            let line =
                format!(r#"{{"cmd":"open","seq":7,"c":1,"on":"a","url":"ws://h/","within_ms":9,{more}}}"#);
            assert!(matches!(read(&line), Ok(Command::Open(_, Open { beyond: Some(_), .. }))), "{line}");
        }
    }

    #[test]
    fn refuses_what_it_does_not_know_and_says_of_which_command() {
        for (line, words) in [
            (r#"{"cmd":"dance","seq":7,"c":2}"#, "unknown variant `dance`"),
            (r#"{"cmd":"end","seq":7,"c":2,"more":1}"#, "unknown field `more`"),
            (r#"{"cmd":"send","seq":7,"c":2,"on":"a"}"#, "exactly one of"),
            (r#"{"cmd":"send","seq":7,"c":2,"on":"a","invalid_text":"ff"}"#, "unknown field `invalid_text`"),
            (r#"{"cmd":"ping","seq":7,"c":2,"on":"a","hex":"x"}"#, "hexadecimal"),
            (r#"{"cmd":"close","seq":7,"c":2,"on":"a","within_ms":5,"reason":"x"}"#, "without a `code`"),
            (r#"{"cmd":"send_many","seq":7,"c":2,"on":"a","senders":0,"messages":[]}"#, "at least 1"),
            (r#"{"cmd":"react","seq":7,"c":2,"on":"a","then":[{"cmd":"drop","c":1}]}"#, "unknown variant"),
            (
                r#"{"cmd":"react","seq":7,"c":2,"on":"a","then":[{"cmd":"close","c":1,"on":"b","within_ms":1}]}"#,
                "belongs to",
            ),
        ] {
            let mistake = read(line).unwrap_err();
            assert!(mistake.message.contains(words), "{line}: {}", mistake.message);
            assert_eq!((mistake.seq, mistake.c), (Some(7), Some(2)));
        }
        assert_eq!(read("nonsense").unwrap_err().seq, None);
        assert!(read(r#"{"cmd":"hello","protocol":2}"#).unwrap_err().message.contains("protocol 1"));
        assert!(read(&" ".repeat(LONGEST_LINE + 1)).unwrap_err().message.contains("at most 4194304 bytes"));
    }
}
