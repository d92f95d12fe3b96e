//! What the driver can be told. A line is read strictly: an unknown command, an unknown field or a value that cannot be
//! meant is a [`Mistake`], and nothing of the command is carried out.

use crate::payload::{Fill, Payload, PayloadFields};
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
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) max_message: Option<usize>,
    pub(crate) reading: bool,
    /// Whether long messages are reported in full.
    pub(crate) full: bool,
    pub(crate) abandon: bool,
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
    Send { payload: Payload, fragments: Option<Vec<usize>> },
    SendMany { senders: usize, messages: Vec<Payload> },
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close { frame: Option<(u16, String)>, within: Duration },
    Drop,
    StopReading,
    StartReading,
    React(Vec<Order>),
}

impl Act {
    /// Whether it takes effect at once while a send before it is blocked: nothing else would ever unblock that.
    pub(crate) const fn is_urgent(&self) -> bool {
        matches!(self, Self::Drop | Self::StopReading | Self::StartReading)
    }
}

/// A line that is no command, and the command's numbers as far as they could be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) message: String,
    pub(crate) seq: Option<u64>,
    pub(crate) c: Option<u64>,
}

/// Reads one line.
pub(crate) fn read(line: &[u8]) -> Result<Command, Mistake> {
    let understood = match serde_json::from_slice::<Line>(line) {
        Ok(line) => line.understand(),
        Err(error) => Err(error.to_string()),
    };
    understood.map_err(|message| {
        let value: Value = serde_json::from_slice(line).unwrap_or_default();
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
        max_message: Option<usize>,
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
        fragments: Option<Vec<usize>>,
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
        #[serde(with = "hex")]
        hex: Vec<u8>,
    },
    Pong {
        seq: u64,
        c: u64,
        on: String,
        #[serde(with = "hex")]
        hex: Vec<u8>,
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
        fragments: Option<Vec<usize>>,
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
        let order = |seq, c, on, act| Command::Order { seq, on, order: Order { c, act } };
        Ok(match self {
            Self::Hello { protocol: 1 } => Command::Hello,
            Self::Hello { protocol } => return Err(format!("this driver speaks protocol 1, not {protocol}")),
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
                let (within, full) = (Duration::from_millis(within_ms), data.is_some());
                let open = Open { url, within, subprotocols, headers, max_message, reading, full, abandon };
                Command::Open(Address { seq, c, on }, open)
            }
            Self::Send { seq, c, on, text, base64, fill, fragments } => {
                order(seq, c, on, send(PayloadFields { text, base64, fill }, fragments)?)
            }
            Self::SendMany { senders: 0, .. } => return Err("`senders` must be at least 1".to_owned()),
            Self::SendMany { seq, c, on, senders, messages } => {
                order(seq, c, on, Act::SendMany { senders, messages })
            }
            Self::Ping { seq, c, on, hex } => order(seq, c, on, Act::Ping(hex)),
            Self::Pong { seq, c, on, hex } => order(seq, c, on, Act::Pong(hex)),
            Self::Close { seq, c, on, within_ms, code, reason } => {
                order(seq, c, on, close(within_ms, code, reason)?)
            }
            Self::Drop { seq, c, on } => order(seq, c, on, Act::Drop),
            Self::StopReading { seq, c, on } => order(seq, c, on, Act::StopReading),
            Self::StartReading { seq, c, on } => order(seq, c, on, Act::StartReading),
            Self::React { seq, c, on, then } => {
                let then =
                    then.into_iter().map(|then| then.understand(seq, &on)).collect::<Result<_, _>>()?;
                order(seq, c, on, Act::React(then))
            }
            Self::Listen { seq, c, url } => Command::Listen { seq, c, url },
            Self::End { seq, c } => Command::End { seq, c },
            Self::Bye {} => Command::Bye,
        })
    }
}

impl Then {
    fn understand(self, of_seq: u64, of_on: &str) -> Result<Order, String> {
        let (seq, on, c, act) = match self {
            Self::Send { seq, c, on, text, base64, fill, fragments } => {
                (seq, on, c, send(PayloadFields { text, base64, fill }, fragments)?)
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

fn send(fields: PayloadFields, fragments: Option<Vec<usize>>) -> Result<Act, String> {
    Ok(Act::Send { payload: fields.try_into()?, fragments })
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

    fn mistake(line: &str) -> (String, Option<u64>, Option<u64>) {
        let Mistake { message, seq, c } = read(line.as_bytes()).unwrap_err();
        (message, seq, c)
    }

    #[test]
    fn what_is_missing_has_the_value_of_the_brackets() {
        let line = br#"{"cmd":"open","seq":7,"c":1,"on":"a","url":"ws://x/","within_ms":20}"#;
        let open = Open {
            url: "ws://x/".to_owned(),
            within: Duration::from_millis(20),
            subprotocols: vec![],
            headers: vec![],
            max_message: None,
            reading: true,
            full: false,
            abandon: false,
        };
        assert_eq!(read(line), Ok(Command::Open(Address { seq: 7, c: 1, on: "a".to_owned() }, open)));
    }

    #[test]
    fn an_unknown_command_is_a_mistake_with_its_numbers() {
        let (message, seq, c) = mistake(r#"{"cmd":"fly","seq":7,"c":9}"#);
        assert!(message.starts_with("unknown variant `fly`"), "{message}");
        assert_eq!((seq, c), (Some(7), Some(9)));
    }

    #[test]
    fn an_unknown_field_is_a_mistake_wherever_it_stands() {
        for line in [
            r#"{"cmd":"drop","seq":7,"c":9,"on":"a","now":true}"#,
            r#"{"cmd":"end","seq":7,"c":9,"on":"a"}"#,
            r#"{"cmd":"send","seq":7,"c":9,"on":"a","invalid_text":"ff"}"#,
            r#"{"cmd":"send","seq":7,"c":9,"on":"a","fill":{"len":1,"as":"text","x":1}}"#,
            r#"{"cmd":"react","seq":7,"c":9,"on":"a","then":[{"cmd":"send","c":10,"text":"","x":1}]}"#,
            r#"{"cmd":"send_many","seq":7,"c":9,"on":"a","senders":1,"messages":[{"text":"","x":1}]}"#,
        ] {
            let (message, seq, c) = mistake(line);
            assert!(message.starts_with("unknown field"), "{line}: {message}");
            assert_eq!((seq, c), (Some(7), Some(9)), "{line}");
        }
        assert!(mistake(r#"{"cmd":"bye","x":1}"#).0.starts_with("unknown field"));
    }

    #[test]
    fn what_is_not_json_has_no_numbers() {
        for line in ["", "\n", "nonsense", "[1]", "{\"cmd\":\"end\",\"seq\":7", "\"\\ud800\""] {
            let (_, seq, c) = mistake(line);
            assert_eq!((seq, c), (None, None), "{line}");
        }
        assert_eq!(read(b"\xff").unwrap_err().seq, None);
    }

    #[test]
    fn values_that_cannot_be_meant_are_mistakes() {
        for line in [
            r#"{"cmd":"hello","protocol":2}"#,
            r#"{"cmd":"send","seq":1,"c":1,"on":"a"}"#,
            r#"{"cmd":"ping","seq":1,"c":1,"on":"a","hex":"7"}"#,
            r#"{"cmd":"close","seq":1,"c":1,"on":"a","within_ms":1,"reason":"why"}"#,
            r#"{"cmd":"close","seq":1,"c":1,"on":"a","within_ms":1,"code":65536}"#,
            r#"{"cmd":"send_many","seq":1,"c":1,"on":"a","senders":0,"messages":[]}"#,
            r#"{"cmd":"open","seq":1,"c":1,"on":"a","url":"ws://x/","within_ms":1,"data":"some"}"#,
            r#"{"cmd":"react","seq":1,"c":1,"on":"a","then":[{"cmd":"drop","c":2}]}"#,
            r#"{"cmd":"react","seq":1,"c":1,"on":"a","then":[{"cmd":"send","c":2,"on":"b","text":""}]}"#,
            r#"{"cmd":"end","seq":1,"seq":1,"c":1}"#,
        ] {
            assert!(read(line.as_bytes()).is_err(), "{line}");
        }
    }
}
