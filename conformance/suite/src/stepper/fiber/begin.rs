//! Each verb's beginning: what is told to whom.

use super::{Stepper, Wait, sending::Sending};
use crate::{
    driver::{Message, Open, Order, Sent},
    judgement::Reason,
    stepper::{
        connection::{Connection, Ping, State, ToldServer},
        names::Names,
        payload,
        program::Doing,
    },
    suite::{Connect, Payload, Step},
};
use crosswire_protocol::seen::Until;
use serde_json::{Value, json};
use std::time::Duration;

/// How much longer the judge waits than the client was told to: so that a client with a deadline of its own can say so.
const GRACE_MS: u64 = 1000;
/// How long the server may take over acts; those that wait for room take as long as a client does not read.
const ACTS_MS: u64 = 15_000;
/// How long a fence may take.
const FENCE_MS: u64 = 2000;
/// How long the client may take to refuse something itself.
pub(super) const LOCAL_MS: u64 = 2000;
/// The subprotocol that begins with a welcome, as having none does.
const PLAIN: &str = "crosswire.v1.plain";

pub(super) type Begun = Result<Option<(Wait, Duration)>, Reason>;

impl Stepper {
    pub(super) fn begin(&mut self, fiber: usize, doing: &Doing) -> Begun {
        let round = self.fibers[fiber].round();
        let at = &*doing.at;
        let on = match doing.step.on() {
            Some(on) => self.fill(on, round)?,
            None => String::new(),
        };
        match &doing.step {
            Step::Listen => {
                let order = Order::Listen { url: self.world.url.clone() };
                let c = self.tell(order, None, at, Vec::new(), true);
                Ok(Some((Wait::Answers { first: c, last: c }, self.scaled(LOCAL_MS))))
            }
            Step::Connect(connect) => {
                let (connection, c) = self.open(connect, on, false, round, at)?;
                Ok(Some((Wait::Opened { connection, c }, self.scaled(connect.within_ms + GRACE_MS))))
            }
            Step::ConnectFails { connect, abandon, .. } => {
                let (connection, c) = self.open(connect, on, *abandon, round, at)?;
                self.connections[connection].awaits_welcome = false;
                Ok(Some((Wait::Refused { connection, c }, self.scaled(connect.within_ms + GRACE_MS))))
            }
            Step::Pause { ms, .. } => Ok(Some((Wait::Time, self.scaled(*ms)))),
            Step::Repeat { .. } | Step::Parallel(_) | Step::Fails(_) => Ok(None),
            step => {
                let connection = self.named.get(&on).copied();
                let connection =
                    connection.ok_or_else(|| broken(format!("no step before this one opens `{on}`")))?;
                if let Step::Observe(observe) = step {
                    return Ok(self.begin_observing(observe, connection));
                }
                if self.connections[connection].state == State::Refused {
                    return Err(broken(format!("`{on}` was refused, so that nothing can be done on it")));
                }
                self.begin_on(step, connection, &on, round, doing)
            }
        }
    }

    /// The verbs that act on a connection which is there.
    fn begin_on(
        &mut self,
        step: &Step,
        connection: usize,
        on: &str,
        round: Option<u64>,
        doing: &Doing,
    ) -> Begun {
        let at = &*doing.at;
        match step {
            Step::Send { payload, times, fragments, tasks, may_fail, .. } => {
                let (times, fragments, tasks) = (*times, fragments.as_ref(), *tasks);
                let order = Sending { payload, times, fragments, tasks, may_fail: *may_fail };
                self.begin_send(&order, connection, on, round, doing)
            }
            Step::Expect { expectation, within_ms, .. } => {
                let is_one = payload::is_one_message(expectation);
                let wanted = is_one.then(|| self.fixed(expectation, round)).flatten();
                Ok(Some((Wait::Messages { connection, round: 0, wanted }, self.scaled(*within_ms))))
            }
            Step::ExpectAll { expectations, within_ms, .. } => {
                let wait = self.wait_for_any(connection, expectations, round);
                Ok(Some((Wait::AnyOrder(wait), self.scaled(*within_ms))))
            }
            Step::Server { act, .. } => {
                let names = Names { bindings: &self.bindings, round };
                let act = names.fill_acts(act).map_err(broken)?;
                let within = self.scaled(ACTS_MS) + pauses_in(&act);
                let call = self.call_or_fail(connection, act)?;
                Ok(Some((Wait::Control { call }, within)))
            }
            Step::Seen { until, within_ms, .. } => {
                let act = seen_act(until.as_ref(), self.scaled_ms(*within_ms));
                let call = self.call_or_fail(connection, vec![act])?;
                Ok(Some((Wait::Seen { connection, call }, self.scaled(*within_ms + GRACE_MS))))
            }
            Step::Fence { .. } => {
                self.nonces += 1;
                let nonce = format!("fence {} {}", self.world.unique, self.nonces);
                let message = Payload::Text(nonce.clone());
                let order =
                    Sending { payload: &message, times: None, fragments: None, tasks: None, may_fail: false };
                self.begin_send(&order, connection, on, None, doing)?;
                Ok(Some((Wait::Fence { connection, nonce }, self.scaled(FENCE_MS))))
            }
            Step::ExpectNone { for_ms, .. } => Ok(Some((Wait::Silence { connection }, self.scaled(*for_ms)))),
            Step::Close { code, reason, within_ms, may_fail, .. } => {
                let reason = self.fill(reason, round)?;
                let order = Order::Close {
                    on: on.to_owned(),
                    within_ms: self.scaled_ms(*within_ms),
                    code: *code,
                    reason,
                };
                let is_awaited = doing.must_fail || *may_fail;
                let c = self.tell(order, Some(connection), at, Vec::new(), is_awaited);
                if is_awaited {
                    let within = self.scaled(LOCAL_MS + within_ms);
                    return Ok(Some((Wait::Answers { first: c, last: c }, within)));
                }
                self.connections[connection].client_ends_it = true;
                Ok(Some((Wait::Ended { connection }, self.scaled(*within_ms + GRACE_MS))))
            }
            Step::ExpectClose { within_ms, .. } => {
                Ok(Some((Wait::PeerCloses { connection }, self.scaled(*within_ms))))
            }
            Step::Drop { .. } => {
                self.connections[connection].client_ends_it = true;
                self.tell(Order::Drop { on: on.to_owned() }, Some(connection), at, Vec::new(), false);
                Ok(Some((Wait::Ended { connection }, self.scaled(LOCAL_MS))))
            }
            Step::Ping { payload, within_ms, .. } => {
                let (hex, bytes) = self.control_payload(payload.as_ref(), round)?;
                let c = self.tell(
                    Order::Ping { on: on.to_owned(), hex },
                    Some(connection),
                    at,
                    Vec::new(),
                    doing.must_fail,
                );
                if doing.must_fail {
                    return Ok(Some((Wait::Answers { first: c, last: c }, self.scaled(LOCAL_MS))));
                }
                self.connections[connection].pings.push(Ping { c, payload: bytes, is_answered: false });
                Ok(Some((Wait::Pong { connection, c }, self.scaled(*within_ms))))
            }
            Step::Pong { payload, .. } => {
                let (hex, _) = self.control_payload(payload.as_ref(), round)?;
                let c = self.tell(
                    Order::Pong { on: on.to_owned(), hex },
                    Some(connection),
                    at,
                    Vec::new(),
                    doing.must_fail,
                );
                let wait = Wait::Answers { first: c, last: c };
                Ok(doing.must_fail.then(|| (wait, self.scaled(LOCAL_MS))))
            }
            Step::StopReading { .. } => {
                self.begin_told(Order::StopReading { on: on.to_owned() }, connection, at)
            }
            Step::StartReading { .. } => {
                self.begin_told(Order::StartReading { on: on.to_owned() }, connection, at)
            }
            Step::React { steps, .. } => {
                // The commands inside are numbered before the one that carries them.
                let mut then = Vec::new();
                for step in steps {
                    then.push(self.reaction(step, connection, on, round, at)?);
                }
                self.begin_told(Order::React { on: on.to_owned(), then }, connection, at)
            }
            _ => Ok(None),
        }
    }

    /// An order of which the next step wants to know that it was carried out.
    fn begin_told(&mut self, order: Order, connection: usize, at: &str) -> Begun {
        let c = self.tell(order, Some(connection), at, Vec::new(), true);
        Ok(Some((Wait::Answers { first: c, last: c }, self.scaled(LOCAL_MS))))
    }

    fn reaction(
        &mut self,
        step: &Step,
        connection: usize,
        on: &str,
        round: Option<u64>,
        at: &str,
    ) -> Result<crate::driver::Command, Reason> {
        let (order, sends) = match step {
            Step::Send { payload, fragments: None, times: None, tasks: None, .. } => {
                let (sent, message) = self.make(payload, round)?;
                // It may come before or after what the steps send.
                self.connections[connection].sent_at_once = true;
                (Order::Send { on: on.to_owned(), payload: sent, fragments: None }, vec![message])
            }
            Step::Close { code, reason, within_ms, .. } => {
                let reason = self.fill(reason, round)?;
                let within_ms = self.scaled_ms(*within_ms);
                (Order::Close { on: on.to_owned(), within_ms, code: *code, reason }, Vec::new())
            }
            _ => {
                return Err(broken(
                    "inside `react` only `send` of one message and `close` can be done".to_owned(),
                ));
            }
        };
        let c = self.number_reaction(&order, connection, at, sends);
        Ok(crate::driver::Command { seq: self.world.seq, c, order })
    }

    fn open(
        &mut self,
        connect: &Connect,
        on: String,
        abandon: bool,
        round: Option<u64>,
        at: &str,
    ) -> Result<(usize, u64), Reason> {
        let before = self.named.get(&on).map(|connection| &self.connections[*connection].state);
        if before.is_some_and(|state| !matches!(state, State::Refused | State::Closed)) {
            return Err(broken(format!("`{on}` is open already")));
        }
        let path = self.fill(connect.path.as_deref().unwrap_or(&self.world.endpoint), round)?;
        let (url, tag) = self.url_of(connect, &on, &path, round)?;
        let fill_pairs = |pairs: &[(String, String)]| {
            pairs
                .iter()
                .map(|(name, value)| Ok((name.clone(), self.fill(value, round)?)))
                .collect::<Result<Vec<_>, Reason>>()
        };
        let order = Open {
            on: on.clone(),
            url,
            within_ms: self.scaled_ms(connect.within_ms),
            subprotocols: connect.subprotocols.clone(),
            headers: fill_pairs(&connect.headers)?,
            max_message: connect.max_message.filter(|_| self.world.client.contains("message-limit")),
            reading: (!connect.reading).then_some(false),
            data: self.wants_all.then_some("full"),
            abandon: abandon.then_some(true),
        };
        let speaks_plain =
            connect.subprotocols.is_empty() || connect.subprotocols.iter().any(|name| name == PLAIN);
        let mut connection = Connection::new(on.clone(), tag);
        connection.awaits_welcome = matches!(path.split('?').next(), Some("/ws" | ""))
            && speaks_plain
            && !connect.leaves_welcome
            && self.world.server.contains("welcome");
        connection.is_welcomed_unasked = !connection.awaits_welcome && !connect.leaves_welcome;
        connection.told_server = ToldServer::by_path(&path);
        connection.has_limit = connect.max_message.is_some();
        let index = self.connections.len();
        self.connections.push(connection);
        self.named.insert(on, index);
        let c = self.tell(Order::Open(order), Some(index), at, Vec::new(), true);
        Ok((index, c))
    }

    pub(super) fn make(&self, payload: &Payload, round: Option<u64>) -> Result<(Sent, Message), Reason> {
        let names = Names { bindings: &self.bindings, round };
        payload::make(payload, names, &self.world.fixtures).map_err(broken)
    }

    fn control_payload(
        &self,
        payload: Option<&Payload>,
        round: Option<u64>,
    ) -> Result<(String, Vec<u8>), Reason> {
        let bytes = match payload {
            None => Vec::new(),
            Some(payload) => self.make(payload, round)?.1.payload.unwrap_or_default(),
        };
        Ok((hex::encode(&bytes), bytes))
    }

    fn call_or_fail(&mut self, connection: usize, act: Vec<Value>) -> Result<u64, Reason> {
        self.connections[connection].told_server.note(&act);
        self.call(connection, act).ok_or_else(|| {
            broken(
                "this server takes no acts: the test needs `control`, of the server that is under test"
                    .to_owned(),
            )
        })
    }

    pub(super) fn fill(&self, text: &str, round: Option<u64>) -> Result<String, Reason> {
        Names { bindings: &self.bindings, round }.fill(text).map_err(broken)
    }
}

/// What is asked of the server about a connection.
pub(in crate::stepper) fn seen_act(until: Option<&Until>, within_ms: u64) -> Value {
    match until {
        None => json!({"seen": true}),
        Some(until) => json!({"seen": {"until": until, "within_ms": within_ms.min(10_000)}}),
    }
}

/// How long the acts themselves wait: that is the server's time, which nothing stretches.
fn pauses_in(acts: &[Value]) -> Duration {
    Duration::from_millis(acts.iter().filter_map(|act| act["wait_ms"].as_u64()).sum())
}

pub(super) fn broken(message: String) -> Reason {
    Reason::new("broken_test", message)
}
