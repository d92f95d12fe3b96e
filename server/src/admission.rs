//! Letting a handshake in: its place, its names, and what its session will live by.

use crate::{
    attend::{SERVER, draining},
    config::LONGEST_ECHO,
    connections::{Connection, NotAdmitted, Registration},
    dialect::{Control, Dialect},
    framing::Limits,
    handshake::{
        head::Head,
        judge::{Endpoint, Upgrade},
        refusal::{Kind, Refusal},
        switching_protocols,
    },
    journal::Journal,
    places::Place,
    scenario::{Act, Opening, Scenario},
    server::House,
    session::{AnswersClose, Bounds, Link, Outbox, Rules, SILENT_ROUNDS},
};
use crosswire_protocol::{seen::Handshake, welcome::Welcome};
use std::sync::Arc;

/// A handshake that was let in.
pub(crate) struct Admitted {
    /// What is written before the session begins.
    pub(crate) answer: Vec<u8>,
    pub(crate) dialect: Dialect,
    pub(crate) rules: Rules,
    pub(crate) link: Link,
    pub(crate) id: String,
    pub(crate) tag: Option<String>,
    pub(crate) path: &'static str,
    pub(crate) registration: Registration,
    pub(crate) place: Place,
}

/// Lets a handshake in, or says why not.
pub(crate) fn admit(house: &Arc<House>, head: &Head, upgrade: Upgrade) -> Result<Admitted, Refusal> {
    let config = &house.config;
    #[cfg(feature = "mutants")]
    let upgrade = config.mutant.misanswer(head, upgrade);
    let (endpoint, tag) = (upgrade.endpoint, upgrade.tag.clone());
    let id = house.connections.new_id();
    let journal =
        config.journal.then(|| Arc::new(Journal::new(handshake(head, upgrade.subprotocol.clone()))));
    let bounds = Bounds { messages: config.max_pushes, bytes: config.max_push_bytes };
    let outbox = Arc::new(Outbox::new(bounds));
    let connection = Connection {
        id: id.clone(),
        tag: tag.clone(),
        endpoint,
        outbox: outbox.clone(),
        journal: journal.clone(),
    };
    let refused = |refused| match refused {
        NotAdmitted::TagInUse => {
            let message = "another connection has this tag; choose another, or wait until that one has ended";
            Refusal::new(Kind::TagInUse, message)
        }
        NotAdmitted::Draining => draining(),
    };
    // The place comes first, so that a client that finds none never holds its tag, not even for a moment.
    let Some(place) = house.sessions.take() else {
        house.connections.may_admit(tag.as_deref()).map_err(refused)?;
        let most = config.max_sessions;
        let message = format!("all {most} sessions are taken; try again, or raise --max-sessions");
        return Err(Refusal::new(Kind::Full, message));
    };
    // A scenario's script stands in the outbox before anybody else can find the connection.
    let welcome = Welcome { connection: id.clone(), server: SERVER.to_owned() };
    let mut rules = rules(house, endpoint);
    #[cfg(feature = "mutants")]
    config.mutant.on(endpoint).change_rules(&mut rules);
    let answer = match endpoint {
        Endpoint::Scenario(scenario) => open_scenario(scenario, &upgrade, &welcome, &outbox, &mut rules),
        Endpoint::Talk | Endpoint::Echo | Endpoint::Control => switching_protocols(&upgrade),
    };
    let registration = house.connections.admit(connection).map_err(refused)?;
    let dialect = match endpoint {
        Endpoint::Talk => Dialect::Plain(welcome),
        Endpoint::Echo | Endpoint::Scenario(_) => Dialect::Echo,
        Endpoint::Control => {
            let control = Control::new(house.connections.clone(), config.write_timeout);
            #[cfg(feature = "mutants")]
            let control = control.hasty(config.mutant, &house.tasks);
            Dialect::Control(control)
        }
    };
    let link = Link {
        outbox,
        journal,
        metrics: house.metrics.clone(),
        #[cfg(feature = "mutants")]
        share: None,
    };
    Ok(Admitted { answer, dialect, rules, link, id, tag, path: endpoint.path(), registration, place })
}

/// Puts a scenario's script into the outbox, and gives what is written before it.
fn open_scenario(
    scenario: &Scenario,
    upgrade: &Upgrade,
    welcome: &Welcome,
    outbox: &Outbox,
    rules: &mut Rules,
) -> Vec<u8> {
    let Act::Session(script) = &scenario.act else { return Vec::new() };
    let Opening { answer, items } = script.opening(upgrade, &welcome.to_json());
    for item in items {
        outbox.prepare(item);
    }
    if !script.reads {
        outbox.never_read();
    }
    script.adapt(rules);
    answer
}

/// The numbers that an endpoint's sessions live by.
fn rules(house: &House, endpoint: Endpoint) -> Rules {
    let config = &house.config;
    let limits = match endpoint {
        Endpoint::Talk | Endpoint::Scenario(_) => {
            Limits { message: config.max_message, frame: config.max_frame, fragments: config.max_fragments }
        }
        // Wire-level suites send 16 MiB, and a message in as many frames as it has bytes. A command for /control may
        // hold a payload twice as long as itself in hex.
        Endpoint::Echo | Endpoint::Control => {
            let longest = LONGEST_ECHO.max(config.max_message);
            Limits { message: longest, frame: longest, fragments: usize::MAX }
        }
    };
    // `/echo` sends nothing of its own, and a scenario nothing but its script.
    let pings = matches!(endpoint, Endpoint::Talk | Endpoint::Control);
    Rules {
        limits,
        outbox_mark: config.outbox_mark,
        write_timeout: config.write_timeout,
        ping_interval: config.ping_interval.filter(|_| pings),
        silent_rounds: SILENT_ROUNDS,
        close_timeout: config.close_timeout,
        answers_close: AnswersClose::AtOnce,
        linger: config.linger,
    }
}

fn handshake(head: &Head, subprotocol: Option<String>) -> Handshake {
    let headers = head.headers.iter();
    Handshake {
        target: head.target.clone(),
        headers: headers
            .map(|(name, value)| (name.clone(), String::from_utf8_lossy(value).into_owned()))
            .collect(),
        subprotocol,
        extensions: Vec::new(),
    }
}
