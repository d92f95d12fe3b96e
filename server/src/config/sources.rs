//! Where settings come from: the command line first, then the environment, then their defaults.

use super::{Config, ConfigError, PREFIX, SETTINGS, Setting};
use crate::program::NAME;
use clap::{Arg, ArgAction, ArgMatches, Command, builder::Styles, error::ErrorKind};
use std::{collections::BTreeMap, ffi::OsString};

/// What the server is called as a part of the runner, where its command line begins so.
const WITHIN: &str = "crosswire serve";

/// What a command line asks for.
#[derive(Debug)]
pub enum Invocation {
    /// To serve.
    Serve(Box<Config>),
    /// To be told something, such as the help: text for standard output.
    Tell(String),
}

/// Reads a command line and an environment.
pub fn read(
    arguments: impl IntoIterator<Item = OsString>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Invocation, ConfigError> {
    let mut arguments = arguments.into_iter().peekable();
    let name = if arguments.peek().is_some_and(|name| name == WITHIN) { WITHIN } else { NAME };
    let matches = match command(name).try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(told) if matches!(told.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            return Ok(Invocation::Tell(told.render().to_string()));
        }
        // clap's own words are good, but spread over lines.
        Err(wrong) => return Err(ConfigError(on_one_line(&wrong.render().to_string()))),
    };
    let variables = variables(environment)?;
    let given = Given { matches: Some(&matches), variables };
    Config::from_given(&given).map(|config| Invocation::Serve(Box::new(config)))
}

/// The command line, made from the table of settings.
fn command(name: &'static str) -> Command {
    let about = "The reference WebSocket server of crosswire: every answer right, every refusal explained.";
    let after = format!(
        "Every option can also be set in the environment, as {PREFIX}MAX_MESSAGE for --max-message; lists have commas \
         between. Flags win.\n\n\
         Exit codes: 0 stopped and drained, 1 could not start or run, 2 wrong usage, 3 sessions were cut when the \
         drain's time was over, 130 stopped at once by a second signal.\n\n\
         Try it:\n  {name}\n  curl -d hello http://127.0.0.1:9001/push"
    );
    let mut command = Command::new(name)
        .version(env!("CARGO_PKG_VERSION"))
        .about(about)
        .after_help(after)
        .styles(Styles::plain())
        .max_term_width(80)
        .term_width(80)
        .next_line_help(true);
    for setting in SETTINGS {
        let default = match setting.default {
            "" | "false" => String::new(),
            default => format!(" [default: {default}]"),
        };
        let mut argument = Arg::new(setting.flag)
            .long(setting.flag)
            .help(format!("{}{default}", setting.help))
            .help_heading(setting.heading);
        argument = match (setting.is_switch(), setting.many) {
            // Without a value it is switched on; with one it can win over its variable either way.
            (true, _) => argument
                .value_name("true|false")
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("true"),
            (false, true) => argument.action(ArgAction::Append).value_name(setting.value),
            (false, false) => argument.value_name(setting.value),
        };
        command = command.arg(argument);
    }
    command
}

/// The variables that are meant for this server; one that means nothing is an error, for it was meant to mean something.
fn variables(
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<BTreeMap<String, String>, ConfigError> {
    let mut found = BTreeMap::new();
    for (name, value) in environment {
        if !name.as_encoded_bytes().starts_with(PREFIX.as_bytes()) {
            continue;
        }
        let name = &*name.to_string_lossy();
        if !SETTINGS.iter().any(|setting| setting.variable() == name) {
            let nearest = SETTINGS
                .iter()
                .map(Setting::variable)
                .max_by(|a, b| strsim::jaro(a, name).total_cmp(&strsim::jaro(b, name)))
                .unwrap_or_default();
            return Err(ConfigError(format!(
                "the environment variable {name} is not known; the nearest one is {nearest} (--help lists them all)"
            )));
        }
        let value =
            value.into_string().map_err(|_| ConfigError(format!("the value of {name} is not UTF-8")))?;
        found.insert(name.to_owned(), value);
    }
    Ok(found)
}

/// Everything that was said.
#[derive(Debug)]
pub(super) struct Given<'a> {
    matches: Option<&'a ArgMatches>,
    variables: BTreeMap<String, String>,
}

/// A value and where it stood.
struct Said {
    text: String,
    at: String,
}

impl Given<'_> {
    /// Nothing at all.
    pub(super) const fn nothing() -> Self {
        Self { matches: None, variables: BTreeMap::new() }
    }

    /// The value of a setting that has one.
    pub(super) fn one<T>(
        &self,
        flag: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, ConfigError> {
        let setting = setting(flag);
        let said = self.said(setting).pop();
        let said =
            said.unwrap_or_else(|| Said { text: setting.default.to_owned(), at: "the default".to_owned() });
        parse(&said.text).map_err(|allowed| wrong(&said, &allowed))
    }

    /// The values of a setting that may have several.
    pub(super) fn many<T>(
        &self,
        flag: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Vec<T>, ConfigError> {
        let said = self.said(setting(flag));
        said.iter().map(|said| parse(&said.text).map_err(|allowed| wrong(said, &allowed))).collect()
    }

    /// The values of a setting that may have several, each with the name of what to change if it is wrong.
    pub(super) fn places(&self, flag: &str) -> impl Iterator<Item = (String, String)> + use<> {
        let setting = setting(flag);
        let mut said = self.said(setting);
        if said.is_empty() {
            said.push(Said { text: setting.default.to_owned(), at: format!("--{flag}") });
        }
        said.into_iter().map(|said| (said.text, said.at))
    }

    /// Whether a setting is not left to its default.
    pub(super) fn is_said(&self, flag: &str) -> bool {
        !self.said(setting(flag)).is_empty()
    }

    /// Two settings that cannot both be meant.
    pub(super) fn contradiction(&self, (one, other): (&str, &str), why: &str) -> ConfigError {
        let name = |flag: &str| {
            let setting = setting(flag);
            let said = self.said(setting).pop();
            said.map_or_else(
                || format!("--{flag} {} (the default)", setting.default),
                |said| format!("{} {}", said.at, said.text),
            )
        };
        ConfigError(format!("{} contradicts {}: {why}", name(one), name(other)))
    }

    fn said(&self, setting: &Setting) -> Vec<Said> {
        let flag = setting.flag;
        let at_flag = |text: &String| Said { text: text.clone(), at: format!("--{flag}") };
        if let Some(matches) = self.matches {
            let from_flags: Vec<_> =
                matches.get_many::<String>(flag).into_iter().flatten().map(at_flag).collect();
            if !from_flags.is_empty() {
                return from_flags;
            }
        }
        let variable = setting.variable();
        let Some(value) = self.variables.get(&variable) else { return Vec::new() };
        let texts: Vec<&str> =
            if setting.many { value.split(',').map(str::trim).collect() } else { vec![value] };
        texts.into_iter().map(|text| Said { text: text.to_owned(), at: variable.clone() }).collect()
    }
}

fn setting(flag: &str) -> &'static Setting {
    let found = SETTINGS.iter().find(|setting| setting.flag == flag);
    found.unwrap_or_else(|| unreachable!("--{flag} is not in the table of settings"))
}

fn wrong(said: &Said, allowed: &str) -> ConfigError {
    ConfigError(format!("{} is `{}`: {allowed}", said.at, said.text))
}

fn on_one_line(text: &str) -> String {
    // It names --help in a line of its own, which stands in different places.
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines = lines.filter(|line| !line.starts_with("For more information"));
    let told = lines.take_while(|line| !line.starts_with("Usage:")).collect::<Vec<_>>().join("; ");
    let told = told.trim_start_matches("error: ").to_owned();
    format!("{told} (--help lists what is known)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn read_from(arguments: &[&str], environment: &[(&str, &str)]) -> Result<Config, String> {
        let arguments = std::iter::once("crosswire-server").chain(arguments.iter().copied()).map(Into::into);
        let environment = environment.iter().map(|(name, value)| (name.into(), value.into()));
        match read(arguments, environment) {
            Ok(Invocation::Serve(config)) => Ok(*config),
            Ok(Invocation::Tell(text)) => panic!("{text}"),
            Err(error) => Err(error.to_string()),
        }
    }

    fn listen(config: &Config) -> Vec<&str> {
        config.listen.iter().map(|address| &*address.written).collect()
    }

    #[test]
    fn flags_win_over_the_environment_and_that_over_defaults() {
        let variable = ("CROSSWIRE_SERVER_MAX_MESSAGE", "2MiB");
        assert_eq!(read_from(&[], &[]).unwrap().max_message, 1 << 20);
        assert_eq!(read_from(&[], &[variable]).unwrap().max_message, 2 << 20);
        assert_eq!(read_from(&["--max-message", "3MiB"], &[variable]).unwrap().max_message, 3 << 20);
    }

    #[test]
    fn lists_are_repeated_as_flags_and_have_commas_in_the_environment() {
        let flags = read_from(&["--listen", "[::1]:1", "--listen", "127.0.0.1:2"], &[]).unwrap();
        let variable = read_from(&[], &[("CROSSWIRE_SERVER_LISTEN", "[::1]:1, 127.0.0.1:2")]).unwrap();
        assert_eq!(listen(&flags), ["[::1]:1", "127.0.0.1:2"]);
        assert_eq!(listen(&variable), listen(&flags));
        assert_eq!(
            (&*flags.listen[0].source, &*variable.listen[0].source),
            ("--listen", "CROSSWIRE_SERVER_LISTEN")
        );
    }

    #[test]
    fn a_wrong_value_names_itself_where_it_came_from_and_what_is_allowed() {
        for (arguments, environment, expected) in [
            (
                &["--max-message", "lots"][..],
                &[][..],
                "--max-message is `lots`: a size from 1B to 256MiB is allowed, written like 65536, 64KiB or 1MiB",
            ),
            (
                &[],
                &[("CROSSWIRE_SERVER_PING_INTERVAL", "25")],
                "CROSSWIRE_SERVER_PING_INTERVAL is `25`: a time from 0s to 60min is allowed, written like 250ms, 5s or 2min",
            ),
            (
                &[],
                &[("CROSSWIRE_SERVER_JOURNAL", "maybe")],
                "CROSSWIRE_SERVER_JOURNAL is `maybe`: true or false is allowed",
            ),
            (&["--log", "loud"], &[], "--log is `loud`: off, error, warn, info or debug is allowed"),
            (
                &["--allow-origin", "localhost"],
                &[],
                "--allow-origin is `localhost`: an origin looks like http://localhost:8080, http://localhost:* (any port) or null",
            ),
            (
                &["--allow-host", "a:1"],
                &[],
                "--allow-host is `a:1`: a host name without a port is wanted: every port of it is served",
            ),
        ] {
            assert_eq!(read_from(arguments, environment).unwrap_err(), expected);
        }
    }

    #[test]
    fn two_that_contradict_each_other_are_both_named() {
        let variable = ("CROSSWIRE_SERVER_MAX_MESSAGE", "1KiB");
        assert_eq!(
            read_from(&["--max-frame", "2KiB"], &[variable]).unwrap_err(),
            "--max-frame 2KiB contradicts CROSSWIRE_SERVER_MAX_MESSAGE 1KiB: no frame may be longer than the longest message"
        );
        assert_eq!(read_from(&[], &[variable]).unwrap().max_frame, 1 << 10, "a default gives way");
    }

    #[test]
    fn a_variable_that_is_not_known_is_an_error_that_suggests_the_nearest() {
        assert_eq!(
            read_from(&[], &[("CROSSWIRE_SERVER_MAX_MESAGE", "1")]).unwrap_err(),
            "the environment variable CROSSWIRE_SERVER_MAX_MESAGE is not known; the nearest one is \
             CROSSWIRE_SERVER_MAX_MESSAGE (--help lists them all)"
        );
        assert!(read_from(&[], &[("CROSSWIRE_OTHER", "1")]).is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_whose_name_is_not_utf_8_is_not_known_either() {
        use std::os::unix::ffi::OsStringExt as _;
        let name = OsString::from_vec(b"CROSSWIRE_SERVER_LOG\xff".to_vec());
        let error = read(["crosswire-server".into()], [(name, "off".into())]).unwrap_err().to_string();
        assert!(error.contains("CROSSWIRE_SERVER_LOG\u{fffd} is not known"), "{error}");
        let other = OsString::from_vec(b"OTHER\xff".to_vec());
        assert!(read(["crosswire-server".into()], [(other, "off".into())]).is_ok());
    }

    #[test]
    fn a_switch_can_be_switched_off_by_flag() {
        let variables = [("CROSSWIRE_SERVER_JOURNAL", "true"), ("CROSSWIRE_SERVER_UNDER_TEST", "true")];
        let config = read_from(&["--journal=false", "--under-test=false"], &variables).unwrap();
        assert!(!config.journal && !config.under_test);
        let config = read_from(&["--journal", "--under-test=true"], &[]).unwrap();
        assert!(config.journal && config.under_test);
        assert_eq!(
            read_from(&["--journal=maybe"], &[]).unwrap_err(),
            "--journal is `maybe`: true or false is allowed"
        );
        assert!(read_from(&["--journal", "false"], &[]).is_err(), "only `=` gives a switch its value");
    }

    #[test]
    fn wrong_usage_points_to_the_help_once() {
        for wrong in [&["--max-mesage", "1"][..], &["serve"], &["--max-message"], &["--log", "--threads"]] {
            let error = read_from(wrong, &[]).unwrap_err();
            assert_eq!(error.matches("--help").count(), 1, "{error}");
        }
    }

    #[test]
    fn a_flag_that_is_not_known_is_refused_on_one_line() {
        let error = read_from(&["--max-mesage", "1"], &[]).unwrap_err();
        assert!(error.contains("--max-mesage") && error.contains("--max-message"), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }

    #[test]
    fn no_ping_is_sent_when_the_interval_is_nothing() {
        assert_eq!(read_from(&["--ping-interval", "0s"], &[]).unwrap().ping_interval, None);
        assert_eq!(read_from(&[], &[]).unwrap().ping_interval, Some(Duration::from_secs(25)));
    }

    #[test]
    fn under_test_listens_on_a_free_port_unless_told_otherwise() {
        assert_eq!(listen(&read_from(&["--under-test"], &[]).unwrap()), ["127.0.0.1:0"]);
        assert_eq!(listen(&read_from(&["--under-test", "--listen", "[::1]:0"], &[]).unwrap()), ["[::1]:0"]);
    }

    #[test]
    fn under_test_the_drain_is_short_unless_told_otherwise() {
        let drain = |flags: &[&str], variables: &[(&str, &str)]| {
            read_from(&[&["--under-test"], flags].concat(), variables).unwrap().drain_timeout
        };
        assert_eq!(drain(&[], &[]), Duration::from_millis(500));
        assert_eq!(drain(&["--drain-timeout", "5s"], &[]), Duration::from_secs(5));
        assert_eq!(drain(&[], &[("CROSSWIRE_SERVER_DRAIN_TIMEOUT", "4s")]), Duration::from_secs(4));
        assert_eq!(read_from(&[], &[]).unwrap().drain_timeout, Duration::from_secs(10));
    }

    #[test]
    fn threads_are_bounded() {
        assert_eq!(read_from(&["--threads", "1024"], &[]).unwrap().threads, 1024);
        assert_eq!(
            read_from(&["--threads", "20000"], &[]).unwrap_err(),
            "--threads is `20000`: a number from 0 to 1024 is allowed"
        );
    }

    #[test]
    fn the_help_has_the_name_that_was_typed() {
        for name in ["crosswire-server", "crosswire serve"] {
            let Ok(Invocation::Tell(help)) = read([name.into(), "--help".into()], []) else {
                panic!("{name}")
            };
            assert!(
                help.contains(&format!("Usage: {name} ")) && help.contains(&format!("\n  {name}\n")),
                "{help}"
            );
        }
    }

    #[test]
    fn the_help_fits_into_eighty_columns_and_names_every_setting() {
        let told = read(["crosswire-server".into(), "--help".into()], []);
        let Ok(Invocation::Tell(help)) = told else { panic!("{told:?}") };
        for line in help.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        for setting in SETTINGS {
            assert!(help.contains(&format!("--{}", setting.flag)), "--{}", setting.flag);
        }
        // Lines break where they are full, not where a sentence was broken by hand.
        let lines: Vec<&str> = help.lines().collect();
        let epilogue = lines.iter().position(|line| line.starts_with("Every option")).unwrap();
        for pair in lines[epilogue..].windows(2).take_while(|pair| pair[1] != "Try it:") {
            let next = pair[1].split(' ').next().unwrap_or_default();
            let is_full = next.is_empty() || pair[0].len() + 1 + next.len() > 80;
            assert!(pair[0].is_empty() || is_full, "{pair:?}");
        }
    }
}
