//! What a page shows of the list.

use crosswire_browser::list::{CAPABILITIES, Catalogue, Entry};
use serde_json::{Value, json};

/// Every test, in the order of the suites.
pub(crate) fn told(list: &Catalogue) -> Value {
    json!({
        "capabilities": CAPABILITIES,
        "tests": list.entries.iter().map(test).collect::<Vec<_>>(),
    })
}

fn test(entry: &Entry) -> Value {
    let test = &entry.test;
    let mut told = json!({
        "id": test.id,
        "profile": entry.profile,
        "title": test.title,
        "why": test.why,
        "level": test.level.name(),
        "spec": test.spec,
        "needs": {"client": test.needs_client, "server": test.needs_server},
        "lacks": entry.lacks(),
        "rev": entry.rev,
        "steps": entry.steps,
    });
    if let Some(known) = &entry.known {
        told["known"] = json!({"reason": known.reason, "link": known.link});
    }
    told
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests {
    use super::*;
    use crosswire_runner::catalogue::Catalogue as Runners;

    #[test]
    fn is_the_runners_own_list_with_the_same_revisions() {
        let told = told(&Catalogue::own("Chrome/156.0.0.0").unwrap());
        let here: Vec<_> = told["tests"]
            .as_array()
            .unwrap()
            .iter()
            .map(|test| (&test["id"], &test["rev"], &test["steps"]))
            .collect();
        let runners = Runners::own().unwrap();
        let there: Vec<_> = runners
            .entries
            .iter()
            .map(|entry| (json!(entry.test.id), json!(entry.rev), &entry.steps))
            .collect();
        assert!(here.len() > 100);
        assert_eq!(here, there.iter().map(|(id, rev, steps)| (id, rev, *steps)).collect::<Vec<_>>());
    }

    #[test]
    fn tells_what_is_known_to_fail_and_what_no_browser_can() {
        let told = told(&Catalogue::own("Chrome/156.0.0.0").unwrap());
        let tests = told["tests"].as_array().unwrap();
        assert!(tests.iter().any(|test| test["known"]["link"].is_string()));
        assert!(tests.iter().any(|test| test["lacks"] == json!(["ping"])));
    }
}
