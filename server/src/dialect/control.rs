//! `/control`: acts on other connections, carried out in order and answered once.

use super::{
    Later,
    items::{self, Rounds},
};
use crate::{
    connections::{Connection, Connections, Known},
    journal::Journal,
    session::{Item, Refused},
};
use crosswire_protocol::{
    control::{self, Act, Answer, Command, Failure, Id, Outcome, SeenWhen},
    seen::Seen,
};
use std::{sync::Arc, time::Duration};
use tokio::time::{sleep, timeout};

/// The dialect of `/control`.
#[derive(Debug, Clone)]
pub(crate) struct Control {
    connections: Arc<Connections>,
    /// How long an act waits for room in an outbox of which the peer takes nothing.
    patience: Duration,
    /// Where acts are carried out behind their answer.
    #[cfg(feature = "mutants")]
    behind: Option<crate::tasks::Tasks>,
}

/// Why an act failed.
struct Failed {
    error: Failure,
    message: String,
    seen: Option<Box<Seen>>,
}

impl Failed {
    fn new(error: Failure, message: impl Into<String>) -> Self {
        Self { error, message: message.into(), seen: None }
    }
}

impl Control {
    pub(crate) const fn new(connections: Arc<Connections>, patience: Duration) -> Self {
        Self {
            connections,
            patience,
            #[cfg(feature = "mutants")]
            behind: None,
        }
    }

    /// The same, which answers before it has done anything, if it is that mutant's.
    #[cfg(feature = "mutants")]
    pub(crate) fn hasty(mut self, mutant: crate::mutants::Mutant, tasks: &crate::tasks::Tasks) -> Self {
        self.behind = (mutant == crate::mutants::Mutant::ControlAnswersEarly).then(|| tasks.clone());
        self
    }

    /// Answers a command before its acts are done, unless the answer would have to say what was seen.
    ///
    /// They are done once the client's next message is answered, for whoever takes them for done sends one: a time alone would be
    /// too short for a client that is slow to do so.
    #[cfg(feature = "mutants")]
    fn answer_early(&self, command: &Command) -> Option<Later> {
        /// When they are done where nothing more is sent.
        const BEHIND: Duration = Duration::from_secs(5);
        let tasks = self.behind.as_ref()?;
        if command.act.iter().any(|act| matches!(act, Act::Seen(_))) {
            return None;
        }
        let early = answer(command.id.clone(), 0, Ok(None));
        let (control, command) = (self.clone(), command.clone());
        // How far it has come is looked at before the answer is given: the message may be there before the task is.
        let (journal, sent) = match self.connections.find(&command.to) {
            Some(Known::Open(connection)) => {
                let journal = connection.journal.clone();
                let sent = journal.as_ref().map_or(0, |journal| journal.messages_sent());
                (journal, sent)
            }
            _ => (None, 0),
        };
        tasks.begin(async move {
            let answered = async {
                match journal {
                    Some(journal) => journal.sent_more_than(sent).await,
                    None => std::future::pending().await,
                }
            };
            let _ = timeout(BEHIND, answered).await;
            control.carry_out(command).await;
        });
        Some(Box::pin(std::future::ready(early)))
    }

    /// Carries out a command.
    pub(super) fn answer(&self, text: &str) -> Later {
        match control::parse(text) {
            Ok(command) => {
                #[cfg(feature = "mutants")]
                if let Some(early) = self.answer_early(&command) {
                    return early;
                }
                let control = self.clone();
                Box::pin(async move { control.carry_out(command).await })
            }
            Err((id, message)) => {
                let failed = Failed::new(Failure::BadCommand, message);
                Box::pin(std::future::ready(answer(id, 0, Err(failed))))
            }
        }
    }

    /// A command is text.
    pub(super) fn refuse_binary() -> Later {
        let failed = Failed::new(Failure::BadCommand, "a command is a text message with one JSON object");
        Box::pin(std::future::ready(answer(Id::default(), 0, Err(failed))))
    }

    /// The name is looked up once: a script stays with the connection that it began on, also when that has ended and its
    /// tag is somebody else's.
    async fn carry_out(&self, Command { id, to, act }: Command) -> String {
        let Some(known) = self.connections.find(&to) else { return answer(id, 0, Err(unknown(&to))) };
        let mut seen = None;
        for (done, act) in act.into_iter().enumerate() {
            match self.act(&known, done, act).await {
                Ok(None) => {}
                Ok(view) => seen = view,
                Err(failed) => return answer(id, done, Err(failed)),
            }
        }
        answer(id, 0, Ok(seen))
    }

    async fn act(&self, known: &Known, index: usize, act: Act) -> Result<Option<Seen>, Failed> {
        let name = act.name();
        let bad_command = |message| Failed::new(Failure::BadCommand, format!("act[{index}].{name}{message}"));
        match act {
            Act::Seen(when) => return see(known, when).await.map(Some),
            Act::WaitMs(wait) => sleep(Duration::from_millis(wait)).await,
            Act::StopReading(_) => open(known)?.outbox.stop_reading(true).map_err(not_open)?,
            Act::StartReading(_) => open(known)?.outbox.stop_reading(false).map_err(not_open)?,
            Act::Send(send) => {
                let connection = open(known)?;
                let wait = send.wait;
                for item in Rounds::new(send) {
                    let item = item.map_err(|message| bad_command(format!(": {message}")))?;
                    self.offer(connection, item, wait).await?;
                }
            }
            Act::Glue(acts) => {
                let item = Item::Glue(items::all(acts).map_err(bad_command)?);
                self.offer(open(known)?, item, true).await?;
            }
            Act::Trickle(acts) => {
                let item = Item::Trickle(items::all(acts).map_err(bad_command)?);
                self.offer(open(known)?, item, true).await?;
            }
            act => {
                if let Some(item) = items::one(act) {
                    self.offer(open(known)?, item, true).await?;
                }
            }
        }
        Ok(None)
    }

    async fn offer(&self, connection: &Connection, item: Item, wait: bool) -> Result<(), Failed> {
        #[cfg(feature = "mutants")]
        self.connections.spread(connection, &item);
        if !wait {
            return connection.outbox.push(item).map_err(|refused| match refused {
                Refused::Full => Failed::new(
                    Failure::Overflow,
                    "the outbox is full and the act did not wait; the connection ends with 4008",
                ),
                Refused::Closed => not_open(refused),
            });
        }
        match timeout(self.patience, connection.outbox.send(item)).await {
            Ok(sent) => sent.map_err(not_open),
            Err(_) => {
                let seconds = self.patience.as_secs_f32();
                let message = format!("the outbox had no room for {seconds} s; the client takes nothing");
                Err(Failed::new(Failure::NoRoom, message))
            }
        }
    }
}

fn open(known: &Known) -> Result<&Connection, Failed> {
    match known {
        Known::Open(connection) => Ok(connection),
        Known::Ended(_) => Err(not_open(Refused::Closed)),
    }
}

async fn see(known: &Known, SeenWhen { until, within_ms }: SeenWhen) -> Result<Seen, Failed> {
    let journal: &Journal = match known {
        Known::Open(connection) => connection.journal.as_ref().ok_or_else(|| {
            Failed::new(Failure::NoJournal, "the server keeps no journal; start it with --journal")
        })?,
        Known::Ended(journal) => journal,
    };
    match timeout(Duration::from_millis(within_ms), journal.reached(&until)).await {
        Ok(()) => Ok(journal.seen()),
        Err(_) => Err(Failed {
            error: Failure::NotReached,
            message: format!(
                "what `until` names was not reached in {within_ms} ms; `seen` is how far it came"
            ),
            seen: Some(Box::new(journal.seen())),
        }),
    }
}

fn unknown(to: &str) -> Failed {
    let message = format!("no connection has the tag or id `{to}`; name one when it connects: /ws?tag={to}");
    Failed::new(Failure::UnknownConnection, message)
}

fn not_open(_: Refused) -> Failed {
    Failed::new(Failure::NotOpen, "the connection is closing or has ended; nothing more can be done on it")
}

fn answer(id: Id, done: usize, outcome: Result<Option<Seen>, Failed>) -> String {
    let answer = match outcome {
        Ok(seen) => Answer { id, outcome: Outcome::Done { ok: true }, seen },
        Err(Failed { error, message, seen }) => {
            let seen = seen.map(|seen| *seen);
            Answer { id, outcome: Outcome::Failed { error, message, done }, seen }
        }
    };
    answer.to_json()
}
