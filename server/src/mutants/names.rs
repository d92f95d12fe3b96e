//! Every mutant by its name, as `conformance/mutants.json` lists them.

use serde_json::Value;
use std::{fmt, str::FromStr, sync::LazyLock};

/// The list that tests refer to, with a sentence for each name.
static LIST: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../conformance/mutants.json")).unwrap_or_default()
});

macro_rules! mutants {
    ($($mutant:ident = $name:literal;)*) => {
        /// A named way of being wrong; what each means is said by [`Mutant::sentence`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub enum Mutant {
            /// None at all: the server is right.
            #[default]
            Healthy,
            $(#[doc = concat!("`", $name, "`")] $mutant,)*
        }

        impl Mutant {
            /// Every way of being wrong, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$mutant,)*];

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self {
                    Self::Healthy => "none",
                    $(Self::$mutant => $name,)*
                }
            }
        }
    };
}

mutants! {
    RefusesConnections = "refuses-connections";
    WrongAcceptKey = "wrong-accept-key";
    NoWelcome = "no-welcome";
    WelcomeTwice = "welcome-twice";
    WelcomeAfterFirstEcho = "welcome-after-first-echo";
    WelcomeWithoutConnection = "welcome-without-connection";
    EchoAltered = "echo-altered";
    EchoAsBinary = "echo-as-binary";
    BinaryAsText = "binary-as-text";
    EmptyBinaryAsText = "empty-binary-as-text";
    EmptySwallowed = "empty-swallowed";
    EchoTwice = "echo-twice";
    EchoUpperCase = "echo-upper-case";
    EchoTrimmed = "echo-trimmed";
    StopsAtNul = "stops-at-nul";
    DropsBom = "drops-bom";
    Truncate64k = "truncate-64k";
    Truncate125 = "truncate-125";
    WrongAbove64k = "wrong-above-64k";
    WrongAt126 = "wrong-at-126";
    DropsOneMebibyte = "drops-one-mebibyte";
    LimitOffByOne = "limit-off-by-one";
    LimitIgnored = "limit-ignored";
    LimitPerFrame = "limit-per-frame";
    LimitCountsCharacters = "limit-counts-characters";
    MultiByteCut = "multi-byte-cut";
    KeepsLongerTail = "keeps-longer-tail";
    JsonReserialised = "json-reserialised";
    TextNormalised = "text-normalised";
    Byte255Lost = "byte-255-lost";
    DropsOrder = "drops-order";
    SmallOvertakesLarge = "small-overtakes-large";
    WrongUnderPipelining = "wrong-under-pipelining";
    HundredthLost = "hundredth-lost";
    ThousandthTwice = "thousandth-twice";
    WrongAfterPing = "wrong-after-ping";
    FragmentsJoinedWrong = "fragments-joined-wrong";
    PushLost = "push-lost";
    PushToEveryone = "push-to-everyone";
    PushToNeighbour = "push-to-neighbour";
    PushWaitsForData = "push-waits-for-data";
    PushAsBinary = "push-as-binary";
    WrongCloseCode = "wrong-close-code";
    NoCloseAnswer = "no-close-answer";
    CloseReasonCut = "close-reason-cut";
    Close1005As1000 = "close-1005-as-1000";
    Close4xxxRefused = "close-4xxx-refused";
    CloseOvertakes = "close-overtakes";
    CloseAnsweredTcpOpen = "close-answered-tcp-open";
    ResetInsteadOfFin = "reset-instead-of-fin";
    ForgetsUnreadAtClose = "forgets-unread-at-close";
    ServerCloseCodeLost = "server-close-code-lost";
    ServerCloseReasonLost = "server-close-reason-lost";
    PongPreviousPayload = "pong-previous-payload";
    PongEmpty = "pong-empty";
    PongWaitsForData = "pong-waits-for-data";
    NoPong = "no-pong";
    PongKills = "pong-kills";
    SecondConnectionWrong = "second-connection-wrong";
    OneClientAtATime = "one-client-at-a-time";
    DeathKillsNeighbours = "death-kills-neighbours";
    EchoToNeighbour = "echo-to-neighbour";
    StalledHandshakeBlocks = "stalled-handshake-blocks";
    SlotLeakedByDrop = "slot-leaked-by-drop";
    TagNotFreed = "tag-not-freed";
    SubprotocolListEchoed = "subprotocol-list-echoed";
    SubprotocolNotConfirmed = "subprotocol-not-confirmed";
    UnknownSubprotocolAccepted = "unknown-subprotocol-accepted";
    PlusDecoded = "plus-decoded";
    UnknownPathAccepted = "unknown-path-accepted";
    OriginIgnored = "origin-ignored";
    ControlAnswersEarly = "control-answers-early";
    ReadsOnUnderPressure = "reads-on-under-pressure";
    RandomDropUnderLoad = "random-drop-under-load";
}

impl Mutant {
    /// What it does wrong.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Healthy => "Nothing is wrong.",
            _ => LIST["mutants"][self.name()].as_str().unwrap_or_default(),
        }
    }

    /// Where it listens: a mutant may have closed its doors before it says that it is ready.
    pub fn listeners<L>(self, listeners: Vec<L>) -> Vec<L> {
        if self == Self::RefusesConnections { Vec::new() } else { listeners }
    }
}

/// A name that no mutant has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownMutant {
    name: String,
    nearest: &'static str,
}

impl fmt::Display for UnknownMutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, nearest } = self;
        write!(f, "there is no mutant `{name}`; the nearest name is {nearest} (--list tells them all)")
    }
}

impl std::error::Error for UnknownMutant {}

impl FromStr for Mutant {
    type Err = UnknownMutant;

    fn from_str(name: &str) -> Result<Self, UnknownMutant> {
        let mut all = std::iter::once(Self::Healthy).chain(Self::ALL.iter().copied());
        all.find(|mutant| mutant.name() == name).ok_or_else(|| {
            let distance = |mutant: &&Self| strsim::damerau_levenshtein(mutant.name(), name);
            let nearest = Self::ALL.iter().min_by_key(distance).map_or("none", |mutant| mutant.name());
            UnknownMutant { name: name.to_owned(), nearest }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_mutants_are_those_of_the_list() {
        let listed: BTreeSet<&str> =
            LIST["mutants"].as_object().unwrap().keys().map(String::as_str).collect();
        let known: BTreeSet<&str> = Mutant::ALL.iter().map(|mutant| mutant.name()).collect();
        assert_eq!(known, listed);
        assert_eq!(known.len(), Mutant::ALL.len(), "a name is there twice");
        assert!(Mutant::ALL.iter().all(|mutant| mutant.sentence().ends_with('.')));
    }

    #[test]
    fn a_name_is_read_and_a_wrong_one_finds_its_nearest() {
        for mutant in Mutant::ALL {
            assert_eq!(mutant.name().parse(), Ok(*mutant));
        }
        assert_eq!("none".parse(), Ok(Mutant::Healthy));
        let wrong = "echo-alterd".parse::<Mutant>().unwrap_err().to_string();
        assert!(wrong.contains("`echo-alterd`") && wrong.contains("is echo-altered ("), "{wrong}");
    }
}
