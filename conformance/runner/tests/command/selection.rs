//! Selections, names and flags.

use super::{Place, USAGE, refused};

#[test]
fn a_selection_that_matches_nothing_names_what_is_nearest() {
    let place = Place::new("selection");
    for command in ["run", "matrix", "list", "mutants"] {
        let words = [command, "--profile", "core", "--test", "core/ecko"];
        let says = "`--test core/ecko` matches none of the 9 tests of the profile core; the nearest id is `core/echo`; \
                    `crosswire list` lists them";
        refused(&place, &words, USAGE, says);
    }
    // A second one does not excuse the first.
    let words = ["run", "--profile", "core", "--test", "core/echo", "--test", "core/x*"];
    let says =
        "`--test core/x*` matches none of the 9 tests of the profile core; `crosswire list` lists them";
    refused(&place, &words, USAGE, says);
}

#[test]
fn the_server_inside_is_called_as_it_was_typed_and_refuses_what_is_no_address() {
    let place = Place::new("serve");
    for wrong in ["999.1.1.1:1", ":22222222"] {
        let ended = place.run(&["serve", "--listen", wrong]);
        ended.exits_with(USAGE);
        let says =
            format!("crosswire serve: --listen is `{wrong}`: not an address to listen on; write host:port");
        assert!(ended.complained.starts_with(&says), "{}", ended.complained);
    }
    let ended = place.run(&["serve", "--nonsense"]);
    assert!(ended.complained.starts_with("crosswire serve: unexpected argument"), "{}", ended.complained);
    let help = place.run(&["serve", "--help"]).said;
    assert!(help.contains("Usage: crosswire serve ") && !help.contains("crosswire-server"), "{help}");
}

#[test]
fn a_name_that_nobody_has_is_told_beside_those_that_there_are() {
    let place = Place::new("names");
    let run = |more: &[&'static str]| [&["run", "--test", "core/echo", "--out", "out"][..], more].concat();
    let capabilities = "bare-echo, control, control-any-code, control-close-without-code, control-drop, control-finish, \
                        control-fragments, control-ping, control-raw, control-reading, echo, journal, journal-pings, no-extensions, origins, push, routes, scenarios, subprotocols, welcome";
    for (words, says) in [
        (&["--profile", "cor"][..], "there is no profile `cor`; known: core, differences, edges".to_owned()),
        (
            &["--client", "pyhton"],
            "there is no client `pyhton`; known: rust-tokio-tungstenite; or give the path of an impl.json"
                .to_owned(),
        ),
        (
            &["--server", "ngnix"],
            "there is no server `ngnix`; known: crosswire; or give the path of an impl.json".to_owned(),
        ),
        (
            &["--server-url", "ws://127.0.0.1:1", "--server-can", "echo,fly"],
            format!("no server can `fly`; known: {capabilities}"),
        ),
        (
            &["--server-url", "http://127.0.0.1:1"],
            "`http://127.0.0.1:1` is not the address of a WebSocket server: an address looks like \
             ws://127.0.0.1:8080/chat; TLS is not supported yet"
                .to_owned(),
        ),
        (
            &["--server-command", " "],
            "--server-command is empty; it is the command that starts your server".to_owned(),
        ),
        (&["--server-command", "a 'b"], "--server-command `a 'b`: missing closing quote".to_owned()),
    ] {
        refused(&place, &run(words), USAGE, &says);
    }
    let words = ["mutants", "--mutant", "echo-in-latin"];
    let outcome = place.run(&words);
    outcome.exits_with(USAGE);
    assert!(outcome.complained.starts_with("crosswire: there is no mutant `echo-in-latin`; known: "));
}

#[test]
fn a_command_line_that_is_none_ends_with_2_and_says_what_is_wrong() {
    let place = Place::new("command-line");
    for (words, says) in [
        (&["rnu"][..], "unrecognized subcommand 'rnu'"),
        (&[], "Usage: crosswire <COMMAND>"),
        (&["run", "--jobs", "0"], "invalid value '0' for '--jobs <N>': 0 is not in 1..=1024"),
        (&["run", "--time-scale", "0"], "a factor is from 0.1 to 100"),
        (&["run", "--time-scale", "slow"], "a factor is a number"),
        (
            &["run", "--server-can", "echo"],
            "the following required arguments were not provided:\n  --server-url <URL>",
        ),
        (&["report"], "the following required arguments were not provided:\n  <RESULTS>"),
    ] {
        let outcome = place.run(words);
        outcome.exits_with(USAGE);
        assert!(outcome.complained.contains(says), "{words:?}: {}", outcome.complained);
    }
    assert_eq!(place.holds(), [""; 0]);
}
