//! Every setting: its flag, its default, and what it means. Help, parsing and the documentation's table come from here.

/// One setting. Its variable is `CROSSWIRE_SERVER_` and the flag in capitals, with `_` for `-`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting {
    /// Without its dashes.
    pub(crate) flag: &'static str,
    /// What stands for its value in the help; empty for a switch.
    pub(crate) value: &'static str,
    /// What it is when nobody says anything, as one would write it.
    pub(crate) default: &'static str,
    /// What it means, and what follows from it.
    pub(crate) help: &'static str,
    /// Whether it may be given several times; in its variable, with commas between.
    pub(crate) many: bool,
    /// Under which heading the help shows it.
    pub(crate) heading: &'static str,
}

const fn one(
    heading: &'static str,
    flag: &'static str,
    value: &'static str,
    default: &'static str,
    help: &'static str,
) -> Setting {
    Setting { flag, value, default, help, many: false, heading }
}

const fn many(
    heading: &'static str,
    flag: &'static str,
    value: &'static str,
    default: &'static str,
    help: &'static str,
) -> Setting {
    Setting { many: true, ..one(heading, flag, value, default, help) }
}

const DOORS: &str = "Who may come in";
const LIMITS: &str = "What a client may send";
const OUTBOX: &str = "What waits for a client";
const PATIENCE: &str = "How long is waited";
const CROWD: &str = "How many at once";
const RUNNING: &str = "Running";

/// All of them, in the order of the help.
pub(crate) const SETTINGS: &[Setting] = &[
    many(
        DOORS,
        "listen",
        "ADDRESS",
        "127.0.0.1:9001",
        "Listen here: host:port, [v6]:port, or port 0 for a free one. Anything but a loopback address makes /control and /push ask everybody for the token",
    ),
    many(
        DOORS,
        "allow-host",
        "NAME",
        "",
        "Serve this name in the Host header, besides IP addresses and localhost",
    ),
    many(
        DOORS,
        "allow-origin",
        "ORIGIN",
        "",
        "Let pages of this origin in: http://localhost:8080, http://localhost:* or null",
    ),
    one(
        LIMITS,
        "max-message",
        "SIZE",
        "1MiB",
        "A longer message ends the session with 1009; each session may hold one such message in memory",
    ),
    one(
        LIMITS,
        "max-frame",
        "SIZE",
        "1MiB",
        "A longer frame ends the session with 1009; never more than --max-message",
    ),
    one(LIMITS, "max-fragments", "COUNT", "4096", "A message in more frames ends the session with 1009"),
    one(LIMITS, "max-head", "SIZE", "16KiB", "A longer request head is refused with 431"),
    one(
        OUTBOX,
        "outbox-mark",
        "SIZE",
        "256KiB",
        "Above this nothing is read from the client, so that TCP holds it back",
    ),
    one(
        OUTBOX,
        "max-pushes",
        "COUNT",
        "1024",
        "More pushed messages than this in an outbox end the session with 4008",
    ),
    one(
        OUTBOX,
        "max-push-bytes",
        "SIZE",
        "1MiB",
        "More pushed bytes than this in an outbox end the session with 4008; one message of any size fits",
    ),
    one(PATIENCE, "head-timeout", "TIME", "5s", "A request head that takes longer is refused with 408"),
    one(
        PATIENCE,
        "write-timeout",
        "TIME",
        "30s",
        "A client that takes no byte of what waits for it for so long is dropped",
    ),
    one(
        PATIENCE,
        "ping-interval",
        "TIME",
        "25s",
        "How often /ws and /control are pinged; two silent rounds and the client is dropped; 0s for never",
    ),
    one(
        PATIENCE,
        "close-timeout",
        "TIME",
        "5s",
        "A close frame that is not answered for so long is not waited for",
    ),
    one(
        PATIENCE,
        "linger",
        "TIME",
        "5s",
        "How long a client may take to end its side of TCP after everything is said, so that no close frame is lost to a reset",
    ),
    one(
        PATIENCE,
        "drain-timeout",
        "TIME",
        "10s",
        "How long sessions have to close after the first signal to stop; 500ms under test, unless told otherwise",
    ),
    one(CROWD, "max-sessions", "COUNT", "10000", "The next handshake is refused with 503 and Retry-After"),
    one(
        CROWD,
        "max-handshakes",
        "COUNT",
        "2048",
        "Connections besides --max-sessions, for handshakes, refusals and pages; above both together none is accepted until one is done",
    ),
    one(CROWD, "threads", "COUNT", "0", "Threads that serve, at most 1024; 0 for one a core"),
    one(RUNNING, "journal", "", "false", "Keep what each connection said and heard, for `seen` on /control"),
    one(
        RUNNING,
        "results",
        "FILE",
        "crosswire-results/results.ndjson",
        "Show on the page what `crosswire matrix` wrote here; nothing is shown where there is no such file",
    ),
    one(
        RUNNING,
        "under-test",
        "",
        "false",
        "Listen on a free port of 127.0.0.1 unless told otherwise, print one JSON line when ready, stop when standard input ends",
    ),
    one(
        RUNNING,
        "log",
        "LEVEL",
        "warn",
        "off, error, warn, info (a line a connection) or debug, on standard error",
    ),
    one(RUNNING, "log-format", "FORMAT", "text", "text or json"),
];

impl Setting {
    /// The name of its environment variable.
    pub(crate) fn variable(&self) -> String {
        format!("{PREFIX}{}", self.flag.to_ascii_uppercase().replace('-', "_"))
    }

    /// Whether it takes no value on the command line.
    pub(crate) const fn is_switch(&self) -> bool {
        self.value.is_empty()
    }
}

/// What the name of every variable begins with.
pub(crate) const PREFIX: &str = "CROSSWIRE_SERVER_";
