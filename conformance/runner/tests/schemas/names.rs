//! What the schemas list is what the code knows.

use crate::schema::json_of;
use crosswire_protocol::control::Act;
use crosswire_runner::{
    catalogue::capabilities,
    results::{Outcome, Party, Verdict},
    servers,
};
use crosswire_suite::{
    matcher::OPERATORS,
    suite::{FORMS, Level, VERBS},
};
use serde_json::Value;

fn listed(value: &Value) -> Vec<&str> {
    let mut names: Vec<_> = value.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    names.sort_unstable();
    names
}

fn members(value: &Value) -> Vec<&str> {
    let mut names: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

fn sorted<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut names: Vec<_> = names.into_iter().collect();
    names.sort_unstable();
    names
}

#[test]
fn the_verbs_are_those_of_the_reader() {
    let schema = json_of("schema/suite.schema.json");
    let step = &schema["$defs"]["step"];
    assert_eq!(listed(&step["properties"]["do"]["enum"]), sorted(VERBS));
    let by_verb = step["allOf"].as_array().unwrap().iter().map(|one| {
        let verb = one["if"]["properties"]["do"]["const"].as_str().unwrap();
        assert_eq!(one["then"]["$ref"], format!("#/$defs/{verb}"));
        verb
    });
    assert_eq!(sorted(by_verb), sorted(VERBS));
}

#[test]
fn the_operators_are_those_of_the_matcher() {
    let definitions = &json_of("schema/suite.schema.json")["$defs"];
    let of_members = members(&definitions["member"]["then"]["properties"]);
    assert_eq!(of_members, listed(&definitions["member"]["if"]["propertyNames"]["enum"]));
    let anywhere = members(&definitions["operator"]["properties"]);
    assert_eq!(sorted(of_members.into_iter().chain(anywhere)), sorted(OPERATORS));
}

#[test]
fn the_payloads_are_those_of_the_reader() {
    let definitions = &json_of("schema/suite.schema.json")["$defs"];
    let forms = definitions["one_payload"]["oneOf"].as_array().unwrap().iter();
    assert_eq!(sorted(forms.flat_map(|form| listed(&form["required"]))), sorted(FORMS));
    for verb in ["send", "ping", "pong"] {
        let known = members(&definitions[verb]["properties"]);
        assert!(FORMS.iter().all(|form| known.contains(form)), "{verb}: {known:?}");
    }
}

#[test]
fn the_acts_are_those_of_the_protocol() {
    let definitions = &json_of("schema/suite.schema.json")["$defs"];
    // What the server saw is asked for with the verb `seen`.
    let acts = Act::NAMES.into_iter().filter(|name| *name != "seen");
    assert_eq!(members(&definitions["act"]["properties"]), sorted(acts));
}

#[test]
fn the_capabilities_are_those_of_the_registry() {
    let definitions = &json_of("schema/capabilities.schema.json")["$defs"];
    let registry = capabilities();
    assert_eq!(listed(&definitions["client"]["enum"]), sorted(registry.client.iter().map(String::as_str)));
    assert_eq!(listed(&definitions["server"]["enum"]), sorted(registry.server.iter().map(String::as_str)));
}

#[test]
fn levels_verdicts_outcomes_and_parties_are_those_of_the_code() {
    let suite = json_of("schema/suite.schema.json");
    let level = &suite["$defs"]["test"]["properties"]["level"]["enum"];
    assert_eq!(listed(level), sorted(Level::NAMES.map(|(name, _)| name)));
    let definitions = &json_of("schema/results.schema.json")["$defs"];
    assert_eq!(listed(&definitions["verdict"]["enum"]), sorted(Verdict::ALL.map(Verdict::name)));
    assert_eq!(listed(&definitions["outcome"]["enum"]), sorted(Outcome::ALL.map(Outcome::name)));
    let parties = [Party::Runner, Party::Client, Party::Server].map(Party::name);
    assert_eq!(listed(&definitions["party"]["enum"]), sorted(parties));
}

#[test]
fn the_flags_of_servers_are_those_of_the_reference_server() {
    let schema = json_of("schema/impl.schema.json");
    let flags = &schema["$defs"]["entry"]["properties"]["flags"]["items"]["enum"];
    let reference = servers::reference().unwrap();
    assert_eq!(listed(flags), sorted(reference.flags.iter().map(String::as_str)));
}
