//! Which tests cannot be run here, and why: in the words of results, and with the way to get what is missing.

use crate::target::{Target, is_control};
use crosswire_browser::list::Entry;
use crosswire_suite::{
    judgement::Reason,
    suite::{Step, weight},
};
use serde_json::Value;

/// Above this a test leaves no others room beside it.
const HEAVIEST_AMONG_OTHERS: u32 = 4;

/// What a test needs that this browser or this server lacks.
pub(crate) fn lacks(entry: &Entry, target: &Target) -> Option<Reason> {
    let client = entry.lacks();
    if !client.is_empty() {
        return Some(reason("client", &client, &format!("a page in a browser lacks {}", quoted(&client))));
    }
    let test = &entry.test;
    let can = target.can_now();
    let missing: Vec<&str> = test
        .needs_server
        .iter()
        .map(String::as_str)
        .filter(|name| !can.iter().any(|can| can == name))
        .collect();
    if let Some(name) = missing.first() {
        let could = missing.iter().all(|name| target.can.iter().any(|can| can == name));
        let told = format!("the server lacks {}", quoted(&missing));
        let told = if could {
            "the server would have to act, and this page has not been given the token for that; open the page from the \
             server, or by the link with a token"
                .to_owned()
        } else if name.split('-').next() == Some("journal") {
            format!("{told}: it keeps no journal; start it with --journal")
        } else if is_control(name) && target.probed {
            format!("{told}: only crosswire's own servers take orders from a test")
        } else {
            told
        };
        return Some(reason("server", &missing, &told));
    }
    if let Some(flags) = flags(entry, target) {
        let list: Vec<&str> = flags.iter().map(String::as_str).collect();
        let own = if test.alone { "a server of its own, started with" } else { "a server started with" };
        return Some(reason("server", &list, &format!("it needs {own} {}", flags.join(" "))));
    }
    if target.longest.is_some_and(|longest| longest < test.longest_sent) {
        let lacked = format!("messages of {} bytes", test.longest_sent);
        return Some(reason("server", &[&lacked], &format!("the server does not take {lacked}")));
    }
    match &target.no_http {
        Some(why) if test.steps.iter().any(|step| matches!(step, Step::Listen)) => {
            Some(reason("client", &["http"], why))
        }
        _ => None,
    }
}

/// Whether a test wants nothing else to happen meanwhile: it asks for that, or is heavy.
pub(crate) fn is_alone(entry: &Entry) -> bool {
    entry.test.alone || weight(&entry.test.steps) > HEAVIEST_AMONG_OTHERS
}

/// The flags that the server would have to be started with, where it was not.
fn flags(entry: &Entry, target: &Target) -> Option<Vec<String>> {
    let flags = entry.flags().filter(|flags| !flags.is_empty())?;
    let is_so = |(name, value): (&String, &Value)| {
        value.as_u64().is_some_and(|value| target.limits.get(name) == Some(&value))
    };
    // What a test counts of a server of its own, others would spoil: even the page's own connections.
    let will_do = !entry.test.alone && entry.test.server_config.iter().all(is_so);
    (!will_do).then_some(flags)
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn reason(who: &str, lacked: &[&str], message: &str) -> Reason {
    Reason {
        want: Some(format!("{who}: {}", lacked.join(", "))),
        ..Reason::new("missing_capability", message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswire_browser::list::Catalogue;
    use crosswire_suite::json;

    /// The reference server without flags, and with the token.
    fn served() -> Target {
        let registry = json::read(include_str!("../../../../capabilities.json")).unwrap();
        let can = registry["server"].as_object().unwrap().keys().cloned().collect();
        let limits = [("max_message", 1 << 20), ("max_sessions", 10_000)];
        Target {
            url: "ws://127.0.0.1:9".to_owned(),
            control: Some("ws://127.0.0.1:9/control?token=x".to_owned()),
            can,
            limits: limits.map(|(name, limit)| (name.to_owned(), limit)).into(),
            ..Target::default()
        }
    }

    fn lacked(id: &str, target: &Target) -> Option<(String, String)> {
        let own = Catalogue::own("").unwrap();
        let reason = lacks(own.named(id).unwrap(), target)?;
        assert_eq!(reason.code, "missing_capability");
        Some((reason.want.unwrap(), reason.message))
    }

    #[test]
    fn the_nine_can_be_run_in_a_page_that_its_server_has_sent() {
        let own = Catalogue::own("").unwrap();
        let nine: Vec<_> = own.entries.iter().filter(|entry| entry.profile == "core").collect();
        assert_eq!(nine.len(), 9);
        for entry in nine {
            assert_eq!(lacks(entry, &served()), None, "{}", entry.test.id);
        }
    }

    #[test]
    fn what_only_a_browser_lacks_is_called_the_clients() {
        let own = Catalogue::own("").unwrap();
        let beyond = |entry: &&Entry| entry.lacks() == ["ping"];
        let reason = lacks(own.entries.iter().find(beyond).unwrap(), &served()).unwrap();
        assert_eq!(reason.want.as_deref(), Some("client: ping"));
        assert_eq!(reason.message, "a page in a browser lacks `ping`");
    }

    #[test]
    fn without_the_token_the_way_to_it_is_told() {
        let mut target = served();
        target.control = None;
        let (want, message) = lacked("core/push", &target).unwrap();
        assert!(want.starts_with("server: control"), "{want}");
        assert!(message.contains("open the page from the server"), "{message}");
        assert_eq!(lacked("core/echo", &target), None);
    }

    #[test]
    fn without_a_journal_its_flag_is_told() {
        let mut target = served();
        target.can.retain(|name| !name.starts_with("journal"));
        let own = Catalogue::own("").unwrap();
        let told: Vec<_> = own.entries.iter().filter_map(|entry| lacks(entry, &target)).collect();
        let of_journal: Vec<_> = told
            .iter()
            .filter(|reason| reason.want.as_deref().is_some_and(|want| want.contains("server: journal")))
            .collect();
        assert!(!of_journal.is_empty());
        assert!(
            of_journal.iter().all(|reason| reason.message.contains("start it with --journal")),
            "{of_journal:?}"
        );
    }

    #[test]
    fn a_test_that_wants_flags_runs_where_the_server_has_them_and_never_where_it_counts() {
        let mut target = served();
        let (want, message) = lacked("edges/limit-counts-bytes", &target).unwrap();
        assert_eq!(want, "server: --max-message=1000");
        assert_eq!(message, "it needs a server started with --max-message=1000");
        target.limits = [("max_message".to_owned(), 1000), ("max_sessions".to_owned(), 40)].into();
        assert_eq!(lacked("edges/limit-counts-bytes", &target), None);
        let (_, message) = lacked("edges/slots-are-given-back", &target).unwrap_or_default();
        assert!(message.contains("lacks") || message.contains("of its own"), "{message}");
    }

    #[test]
    fn a_server_that_takes_no_orders_leaves_what_goes_without() {
        let target = Target {
            can: vec!["echo".to_owned()],
            probed: true,
            exact: true,
            longest: Some(1000),
            ..served()
        };
        let target = Target { control: None, no_http: Some("not over HTTP".to_owned()), ..target };
        assert_eq!(lacked("core/echo", &target), None);
        assert_eq!(lacked("core/listens", &target).unwrap().1, "not over HTTP");
        assert!(lacked("core/push", &target).unwrap().1.contains("only crosswire's own servers"));
        let own = Catalogue::own("").unwrap();
        let long = own.entries.iter().find(|entry| {
            entry.test.longest_sent > 1000
                && lacks(entry, &target)
                    .is_some_and(|reason| reason.want.is_some_and(|want| want.contains("bytes")))
        });
        assert!(long.is_some());
    }

    #[test]
    fn what_moves_megabytes_is_run_by_itself() {
        let own = Catalogue::own("").unwrap();
        let alone = |id: &str| is_alone(own.named(id).unwrap());
        assert!(
            alone("edges/sixteen-mebibytes")
                && alone("edges/two-hundred-connections")
                && alone("edges/never-answered")
        );
        assert!(!alone("core/echo"));
    }
}
