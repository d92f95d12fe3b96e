//! The verbs, as they are written.

use super::{
    fields::{Fault, Fields},
    observe,
    payload::{Expectation, Payload, check_pattern},
    scope::{Scope, at_once, can_fail_locally, check_names, check_reaction, in_rounds},
    step::{CloseSeen, Connect, Expected, Step},
    words::{self, is_token},
};
use crate::json::pointer;
use crosswire_protocol::{control, seen::Until};
use serde_json::{Value, json};

/// How long a step waits that does not say.
pub(super) const STANDARD_WAIT_MS: u64 = 2000;
const LONGEST_WAIT_MS: u64 = 60_000;
const LONGEST_SILENCE_MS: u64 = 1000;
const LONGEST_PAUSE_MS: u64 = 2000;
const MOST_TIMES: u64 = 1_000_000;
const MOST_TASKS: u64 = 64;
/// Each of them may be held against each: this many need some megabytes and are done within a second.
const MOST_AT_ONCE: usize = 4096;
const MOST_FRAGMENTS: u64 = 65_536;

/// The verbs, by their names.
pub const VERBS: [&str; 23] = [
    "listen",
    "connect",
    "connect_fails",
    "send",
    "expect",
    "expect_all",
    "server",
    "seen",
    "observe",
    "fence",
    "expect_none",
    "close",
    "expect_close",
    "drop",
    "ping",
    "pong",
    "fails",
    "stop_reading",
    "start_reading",
    "react",
    "repeat",
    "parallel",
    "pause",
];

/// Reads a list of steps. A `fails` takes the step behind it along.
pub(super) fn read_all(value: &Value, at: &str, scope: &mut Scope) -> Result<Vec<Step>, Fault> {
    let list = value.as_array().filter(|list| !list.is_empty());
    let list = list.ok_or_else(|| Fault::new(at, "a list of at least one step is wanted here"))?;
    let mut steps = Vec::with_capacity(list.len());
    let mut fails_at = None;
    for (i, value) in list.iter().enumerate() {
        let at = pointer(at, &i.to_string());
        let is_fails = value.get("do").is_some_and(|verb| verb == "fails");
        match (is_fails, fails_at.take()) {
            (true, Some(_)) => return Err(Fault::new(at, "`fails` behind `fails` says nothing")),
            (true, None) => {
                let mut fields = Fields::of(value, &at)?;
                fields.required("do")?;
                fields.end()?;
                fails_at = Some(at);
            }
            (false, Some(_)) => {
                let step = read_one(value, &at, scope)?;
                if !can_fail_locally(&step) {
                    return Err(Fault::new(
                        at,
                        "only `send`, `ping`, `pong` and `close` can stand behind `fails`",
                    ));
                }
                steps.push(Step::Fails(Box::new(step)));
            }
            (false, None) => steps.push(read_one(value, &at, scope)?),
        }
    }
    match fails_at {
        Some(at) => Err(Fault::new(at, "`fails` says that the next step must fail, and there is none")),
        None => Ok(steps),
    }
}

fn read_one(value: &Value, at: &str, scope: &mut Scope) -> Result<Step, Fault> {
    let mut fields = Fields::of(value, at)?;
    let verb = fields.text("do")?;
    check_names(value, at, scope)?;
    let step = read_verb(verb, &mut fields, scope)?;
    fields.end()?;
    Ok(step)
}

fn read_verb(verb: &str, fields: &mut Fields<'_>, scope: &mut Scope) -> Result<Step, Fault> {
    match verb {
        "listen" => Ok(Step::Listen),
        "repeat" => {
            let times = required(fields.number("times", 1, MOST_TIMES)?, "times", fields)?;
            let steps = fields.required("steps")?;
            let at = fields.at("steps");
            in_rounds(Some(times), &at, scope, |scope| read_all(steps, &at, scope))
                .map(|steps| Step::Repeat { times, steps })
        }
        "parallel" => {
            let at = fields.at("lists");
            let lists = fields.required("lists")?.as_array().filter(|lists| lists.len() > 1);
            let lists = lists.ok_or_else(|| Fault::new(&at, "`lists` are at least two lists of steps"))?;
            at_once(lists, &at, scope, read_all).map(Step::Parallel)
        }
        "pause" => {
            let ms = required(fields.number("ms", 1, LONGEST_PAUSE_MS)?, "ms", fields)?;
            Ok(Step::Pause { ms, why: fields.text("why")?.to_owned() })
        }
        "connect" => {
            let connect = Connect { may_fail: may_fail(fields)?, ..read_connect(fields)? };
            perhaps_open(&connect, scope);
            Ok(Step::Connect(connect))
        }
        "connect_fails" => {
            let status = fields.number("status", 300, 599)?.and_then(|status| u16::try_from(status).ok());
            let abandon = fields.flag("abandon")?.unwrap_or(false);
            let connect = read_connect(fields)?;
            perhaps_open(&connect, scope);
            Ok(Step::ConnectFails { connect, status, abandon })
        }
        "raw" | "expect_raw" => {
            Err(Fault::new(fields.at("do"), format!("`{verb}` is reserved for the wire suites")))
        }
        _ if VERBS.contains(&verb) => read_on_connection(verb, fields, scope),
        _ => Err(Fault::new(fields.at("do"), format!("`{verb}` is not a verb; known: {}", VERBS.join(", ")))),
    }
}

/// The verbs that act on one connection.
fn read_on_connection(verb: &str, fields: &mut Fields<'_>, scope: &mut Scope) -> Result<Step, Fault> {
    let on = fields.text("on")?.to_owned();
    if verb != "observe" && scope.perhaps_open.contains(&on) {
        let message = format!("`{on}` may have been refused: nothing can be done with it but `observe`");
        return Err(Fault::new(fields.at("on"), message));
    }
    Ok(match verb {
        "observe" => {
            let observe = observe::read(on, fields)?;
            if scope.rounds.is_some() {
                return Err(Fault::new(fields.place(), "what is observed in each round would have one name"));
            }
            if !scope.observed.insert(observe.name.clone()) {
                let message = format!("`{}` is observed here a second time", observe.name);
                return Err(Fault::new(fields.at("as"), message));
            }
            Step::Observe(observe)
        }
        "send" => {
            let times = fields.number("times", 1, MOST_TIMES)?;
            let at = fields.place().to_owned();
            let payload = in_rounds(times, &at, scope, |scope| Payload::read(fields, scope))?;
            let may_fail = may_fail(fields)?;
            if may_fail && (times.is_some() || fields.has("tasks")) {
                return Err(Fault::new(
                    fields.at("may_fail"),
                    "one message may fail, and not one of several",
                ));
            }
            Step::Send {
                may_fail,
                on,
                payload,
                times,
                fragments: fields.optional(
                    "fragments",
                    "a list of sizes, or {\"size\":n,\"times\":n}",
                    sizes,
                )?,
                tasks: fields.number("tasks", 2, MOST_TASKS)?,
            }
        }
        "expect" => {
            let times = fields.number("times", 1, MOST_TIMES)?;
            let at = fields.place().to_owned();
            let expectation = in_rounds(times, &at, scope, |scope| Expectation::read(fields, scope))?;
            Step::Expect { on, expectation, times, within_ms: within(fields)? }
        }
        "expect_all" => {
            let at = fields.at("messages");
            let messages = fields.required("messages")?.as_array().filter(|messages| !messages.is_empty());
            let messages =
                messages.ok_or_else(|| Fault::new(&at, "`messages` is a list of at least one message"))?;
            let expectations = at_once(messages, &at, scope, read_expected)?.concat();
            if expectations.len() > MOST_AT_ONCE {
                return Err(Fault::new(
                    &at,
                    format!("at most {MOST_AT_ONCE} messages can be told apart in any order"),
                ));
            }
            Step::ExpectAll { on, expectations, within_ms: within(fields)? }
        }
        "server" => Step::Server { on, act: acts(fields)?, may_fail: may_fail(fields)? },
        "seen" => {
            let until = until(fields)?;
            let pattern = fields.required("seen")?.clone();
            check_pattern(&pattern, &fields.at("seen"), scope)?;
            Step::Seen { on, until, pattern, within_ms: within(fields)? }
        }
        "fence" => Step::Fence { on },
        "expect_none" => {
            let for_ms = required(fields.number("for_ms", 1, LONGEST_SILENCE_MS)?, "for_ms", fields)?;
            Step::ExpectNone { on, for_ms }
        }
        "close" => Step::Close {
            on,
            may_fail: may_fail_unasked(fields)?,
            code: fields.number("code", 0, 65_535)?.and_then(|code| u16::try_from(code).ok()),
            reason: fields.optional_text("reason")?.unwrap_or_default(),
            expect_code: close_seen(fields, "expect_code")?,
            expect_reason: pattern(fields, "expect_reason", scope)?,
            within_ms: within(fields)?,
        },
        "expect_close" => {
            let reason = pattern(fields, "reason", scope)?;
            let (code, clean) = (close_seen(fields, "code")?, fields.flag("clean")?);
            Step::ExpectClose { on, code, reason, clean, within_ms: within(fields)? }
        }
        "drop" => Step::Drop { on },
        "ping" => {
            Step::Ping { on, payload: Payload::read_optional(fields, scope)?, within_ms: within(fields)? }
        }
        "pong" => Step::Pong { on, payload: Payload::read_optional(fields, scope)? },
        "stop_reading" => Step::StopReading { on },
        "start_reading" => Step::StartReading { on },
        _ => {
            let steps = fields.required("steps")?;
            let at = fields.at("steps");
            let steps = read_all(steps, &at, scope)?;
            check_reaction(&steps, &on, &at)?;
            Step::React { on, steps }
        }
    })
}

/// One of several messages in any order, or with `times` as many of them.
fn read_expected(message: &Value, at: &str, scope: &mut Scope) -> Result<Vec<Expected>, Fault> {
    let mut fields = Fields::of(message, at)?;
    let times = fields.number("times", 1, MOST_AT_ONCE as u64)?;
    let expectation = in_rounds(times, at, scope, |scope| Expectation::read(&mut fields, scope))?;
    fields.end()?;
    Ok(match times {
        None => vec![Expected { expectation, round: None }],
        Some(times) => {
            let one = |round| Expected { expectation: expectation.clone(), round: Some(round) };
            (0..times).map(one).collect()
        }
    })
}

fn read_connect(fields: &mut Fields<'_>) -> Result<Connect, Fault> {
    let expect_subprotocol =
        fields.optional("expect_subprotocol", "a name, or null for none", |value| match value {
            Value::Null => Some(None),
            value => value.as_str().map(|name| Some(name.to_owned())),
        })?;
    Ok(Connect {
        on: fields.text("on")?.to_owned(),
        path: fields.optional("path", words::PATH, |path| {
            path.as_str().filter(|path| words::is_path(path)).map(str::to_owned)
        })?,
        at: fields.optional_text("at")?,
        query: fields.text_pairs("query")?,
        headers: headers(fields)?,
        subprotocols: subprotocols(fields)?,
        expect_subprotocol,
        max_message: fields.number("max_message", 1, 1 << 30)?,
        reading: fields.flag("reading")?.unwrap_or(true),
        leaves_welcome: fields
            .optional("welcome", "\"leave\", or not there", |value| (value == "leave").then_some(true))?
            .unwrap_or(false),
        may_fail: false,
        within_ms: within(fields)?,
    })
}

fn headers(fields: &mut Fields<'_>) -> Result<Vec<(String, String)>, Fault> {
    let at = fields.at("headers");
    let headers = fields.text_pairs("headers")?;
    for (name, value) in &headers {
        let wrong = |message: String| Err(Fault::new(pointer(&at, name), message));
        if !is_token(name) {
            return wrong(format!("`{name}` is no name of a header: {}", words::TOKEN));
        }
        if value.chars().any(|char| char.is_control() && char != '\t') {
            return wrong(
                "the value of a header has no line end or other control character in it".to_owned(),
            );
        }
    }
    Ok(headers)
}

fn subprotocols(fields: &mut Fields<'_>) -> Result<Vec<String>, Fault> {
    let at = fields.at("subprotocols");
    let names = fields.texts("subprotocols")?.unwrap_or_default();
    for (i, name) in names.iter().enumerate() {
        let at = pointer(&at, &i.to_string());
        if !is_token(name) {
            return Err(Fault::new(at, format!("`{name}` is no subprotocol: {}", words::TOKEN)));
        }
        if names[..i].contains(name) {
            return Err(Fault::new(at, format!("`{name}` is offered here already; each is offered once")));
        }
    }
    Ok(names)
}

/// Only of a connection that is opened in any case is known that something can be done with it.
fn perhaps_open(connect: &Connect, scope: &mut Scope) {
    if connect.may_fail {
        scope.perhaps_open.insert(connect.on.clone());
    } else {
        scope.perhaps_open.remove(&connect.on);
    }
}

/// Of a close that may fail, and of what comes of it, nothing is expected.
fn may_fail_unasked(fields: &mut Fields<'_>) -> Result<bool, Fault> {
    let may_fail = may_fail(fields)?;
    match ["expect_code", "expect_reason"].into_iter().find(|name| may_fail && fields.has(name)) {
        Some(name) => {
            Err(Fault::new(fields.at(name), "nothing is expected of a close that may fail: `observe` it"))
        }
        None => Ok(may_fail),
    }
}

fn may_fail(fields: &mut Fields<'_>) -> Result<bool, Fault> {
    Ok(fields.flag("may_fail")?.unwrap_or(false))
}

/// The acts are those of `/control`, and checked as the server will check them.
fn acts(fields: &mut Fields<'_>) -> Result<Vec<Value>, Fault> {
    let at = fields.at("act");
    let acts = fields.required("act")?.as_array().filter(|acts| !acts.is_empty());
    let acts = acts.ok_or_else(|| Fault::new(&at, "`act` is a list of at least one act"))?;
    if acts.iter().any(|act| act.get("seen").is_some()) {
        return Err(Fault::new(at, "what the server saw is asked for with the verb `seen`"));
    }
    let command = json!({"to": "t", "act": acts}).to_string();
    match control::parse(&command) {
        Ok(_) => Ok(acts.clone()),
        Err((_, message)) => Err(Fault::new(at, message)),
    }
}

/// What the server is to wait for, which it will read itself.
pub(super) fn until(fields: &mut Fields<'_>) -> Result<Option<Until>, Fault> {
    let Some(until) = fields.value("until") else { return Ok(None) };
    let wrong = |message: String| Fault::new(fields.at("until"), message);
    if !until.is_object() {
        return Err(wrong("`until` is an object, such as {\"ended\":true}".to_owned()));
    }
    serde_json::from_value(until.clone()).map(Some).map_err(|error| wrong(error.to_string()))
}

pub(super) fn within(fields: &mut Fields<'_>) -> Result<u64, Fault> {
    Ok(fields.number("within_ms", 1, LONGEST_WAIT_MS)?.unwrap_or(STANDARD_WAIT_MS))
}

fn pattern(fields: &mut Fields<'_>, name: &'static str, scope: &mut Scope) -> Result<Option<Value>, Fault> {
    let pattern = fields.value(name).cloned();
    if let Some(pattern) = &pattern {
        check_pattern(pattern, &fields.at(name), scope)?;
    }
    Ok(pattern)
}

fn close_seen(fields: &mut Fields<'_>, name: &'static str) -> Result<Option<CloseSeen>, Fault> {
    fields.optional(name, "a code, \"none\" or \"dropped\"", |value| match value {
        Value::String(word) if word == "none" => Some(CloseSeen::NoCode),
        Value::String(word) if word == "dropped" => Some(CloseSeen::Dropped),
        value => value.as_u64().and_then(|code| u16::try_from(code).ok()).map(CloseSeen::Code),
    })
}

fn sizes(value: &Value) -> Option<Vec<usize>> {
    let size = |value: &Value| value.as_u64().and_then(|size| usize::try_from(size).ok());
    if let Some(alike) = value.as_object() {
        let times = alike.get("times")?.as_u64().filter(|times| (1..=MOST_FRAGMENTS).contains(times))?;
        let size = size(alike.get("size")?).filter(|_| alike.len() == 2)?;
        return Some(vec![size; usize::try_from(times).ok()?]);
    }
    value.as_array().filter(|sizes| !sizes.is_empty())?.iter().map(size).collect()
}

fn required<T>(value: Option<T>, name: &str, fields: &Fields<'_>) -> Result<T, Fault> {
    value.ok_or_else(|| Fault::new(fields.place(), format!("the field `{name}` is missing")))
}
