//! From a file's text to a suite, or to everything that is wrong with it.

use super::{
    Level, Registry, Step, Suite, Test, Var, bounds,
    fields::{Fault, Fields},
    kills,
    needs::Needs,
    opened, reasons,
    scope::Scope,
    settings, verb, words,
};
use crate::{
    json::{self, pointer},
    matcher::Bindings,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The format that is read.
const FORMAT: u64 = 1;

/// The longest text that a variable stands for, in bytes.
const LONGEST_VAR: u64 = 1 << 20;

/// Reads a suite. A broken test does not hide the next one: every fault is given, at most one a test.
///
/// # Errors
/// What is wrong, each with its place.
pub fn read(text: &str, registry: &Registry) -> Result<Suite, Vec<Fault>> {
    let value = json::read(text)
        .map_err(|error| vec![Fault::new("", format!("it cannot be read as JSON: {error}"))])?;
    let (mut suite, tests) = read_head(&value).map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    for (i, test) in tests.iter().enumerate() {
        match read_test(test, &pointer("/tests", &i.to_string()), &suite.profile, registry) {
            Ok(test) => suite.tests.push(test),
            Err(fault) => faults.push(fault),
        }
    }
    faults.extend(same_names(&suite.tests, tests));
    if faults.is_empty() { Ok(suite) } else { Err(faults) }
}

fn read_head(value: &Value) -> Result<(Suite, &Vec<Value>), Fault> {
    let mut fields = Fields::of(value, "")?;
    fields.schema()?;
    let format = fields.required("format")?;
    if format.as_u64() != Some(FORMAT) {
        return Err(Fault::new(
            "/format",
            format!("format {format} is not known; this reads format {FORMAT}"),
        ));
    }
    let profile = fields.text("profile")?.to_owned();
    if !is_slug(&profile) {
        return Err(Fault::new("/profile", "a profile is lower-case letters, digits and `-`"));
    }
    let about = fields.text("about")?.to_owned();
    let endpoint = fields.text("endpoint")?.to_owned();
    if !words::is_path(&endpoint) {
        return Err(Fault::new("/endpoint", format!("an endpoint is {}", words::PATH)));
    }
    let tests = fields.required("tests")?.as_array().filter(|tests| !tests.is_empty());
    let tests = tests.ok_or_else(|| Fault::new("/tests", "a list of at least one test is wanted here"))?;
    fields.end()?;
    Ok((Suite { profile, about, endpoint, tests: Vec::new() }, tests))
}

fn read_test(value: &Value, at: &str, profile: &str, registry: &Registry) -> Result<Test, Fault> {
    let mut fields = Fields::of(value, at)?;
    let id = fields.text("id")?.to_owned();
    let slug = id.strip_prefix(profile).and_then(|rest| rest.strip_prefix('/'));
    if !slug.is_some_and(is_slug) {
        return Err(Fault::new(
            fields.at("id"),
            format!("an id is `{profile}/` and lower-case letters, digits and `-`"),
        ));
    }
    let is_own = registry.is_own;
    let level = fields.required("level")?;
    let level = Level::NAMES.iter().find(|(name, _)| level == name).map(|(_, level)| *level);
    let level = level.ok_or_else(|| Fault::new(fields.at("level"), "a level is must, should or may"))?;
    let spec = fields.texts("spec")?.unwrap_or_default();
    if spec.is_empty() && (is_own || level == Level::Must) {
        return Err(Fault::new(fields.at("spec"), "a `must` names what it follows from, in `spec`"));
    }
    let (client, server) = needs(&mut fields, registry)?;
    let kills = kills::read(&mut fields, registry)?;
    let vars = vars(&mut fields)?;
    let server_config = settings::read(&mut fields)?;
    let mut scope = Scope { bound: vars.keys().cloned().collect(), ..Scope::default() };
    let steps = fields.required("steps")?;
    let steps = verb::read_all(steps, &fields.at("steps"), &mut scope)?;
    if !steps.iter().any(asserts) {
        return Err(Fault::new(fields.at("steps"), "nothing is asserted, so that this test cannot fail"));
    }
    bounds::check(&steps, &fields.at("steps"))?;
    let told = told(&vars);
    opened::check(&steps, &told, &fields.at("steps"))?;
    reasons::check(&steps, &told, &fields.at("steps"))?;
    // First what the test names, in its order, then what its steps show.
    let shown = Needs::of(&steps, is_own);
    let at_needs = |side| pointer(&fields.at("needs"), side);
    let needs_client = with(client, shown.client, is_own, &at_needs("client"))?;
    let needs_server = with(server, shown.server, is_own, &at_needs("server"))?;
    let test = Test {
        title: fields.text("title")?.to_owned(),
        why: fields.text("why")?.to_owned(),
        formerly: fields.texts("formerly")?.unwrap_or_default(),
        alone: fields.flag("alone")?.unwrap_or(false),
        server_config,
        id,
        level,
        spec,
        needs_client,
        needs_server,
        longest_sent: shown.longest_sent,
        kills,
        vars,
        steps,
    };
    fields.end()?;
    Ok(test)
}

fn needs(fields: &mut Fields<'_>, registry: &Registry) -> Result<(Vec<String>, Vec<String>), Fault> {
    let at = fields.at("needs");
    let Some(needs) = fields.value("needs") else { return Ok((Vec::new(), Vec::new())) };
    let mut needs = Fields::of(needs, &at)?;
    let client = known(needs.texts("client")?, &registry.client, &needs.at("client"))?;
    let server = known(needs.texts("server")?, &registry.server, &needs.at("server"))?;
    needs.end()?;
    Ok((client, server))
}

/// What is named and what is shown. In the project's own suites a fact stands in one place; to anybody else it does no harm
/// to say it twice.
fn with(
    mut named: Vec<String>,
    mut shown: BTreeSet<String>,
    is_own: bool,
    at: &str,
) -> Result<Vec<String>, Fault> {
    match named.iter().find(|name| is_own && shown.contains(*name)) {
        Some(name) => {
            Err(Fault::new(at, format!("the steps show that `{name}` is needed: leave it out here")))
        }
        None => {
            shown.retain(|name| !named.contains(name));
            named.extend(shown);
            Ok(named)
        }
    }
}

pub(super) fn known(names: Option<Vec<String>>, registry: &[String], at: &str) -> Result<Vec<String>, Fault> {
    let names = names.unwrap_or_default();
    match names.iter().find(|name| !registry.contains(name)) {
        Some(name) => Err(Fault::new(
            at,
            format!("`{name}` is not in the registry of capabilities; known: {}", registry.join(", ")),
        )),
        None => Ok(names),
    }
}

/// `{"topic": {"unique": "t"}, "long": {"text": "x", "times": 4000}}`
fn vars(fields: &mut Fields<'_>) -> Result<BTreeMap<String, Var>, Fault> {
    let at = fields.at("vars");
    let wanted = "`vars` is an object of {\"unique\":prefix} and {\"text\":text,\"times\":n}";
    let Some(vars) = fields.value("vars") else { return Ok(BTreeMap::new()) };
    let vars = vars.as_object().ok_or_else(|| Fault::new(&at, wanted))?;
    let read = |(name, var): (&String, &Value)| Ok((name.clone(), read_var(var, &pointer(&at, name))?));
    vars.iter().map(read).collect()
}

fn read_var(var: &Value, at: &str) -> Result<Var, Fault> {
    let mut fields = Fields::of(var, at)?;
    let var = if fields.has("text") {
        let text = fields.text("text")?;
        let most = LONGEST_VAR / text.len() as u64;
        let times = fields.number("times", 1, most)?.unwrap_or(1);
        Var::Text(text.repeat(usize::try_from(times).unwrap_or(usize::MAX)))
    } else {
        Var::Unique(fields.text("unique")?.to_owned())
    };
    fields.end()?;
    Ok(var)
}

/// What names stand for, as far as that is known before a test runs.
fn told(vars: &BTreeMap<String, Var>) -> Bindings {
    let text = |(name, var): (&String, &Var)| match var {
        Var::Text(text) => (name.clone(), Value::from(text.as_str())),
        // It begins so, and nothing else that a test can write is the same.
        Var::Unique(prefix) => (name.clone(), Value::from(format!("{prefix}\u{0}"))),
    };
    vars.iter().map(text).collect()
}

/// Whether a step can fail for a reason other than a dead connection.
fn asserts(step: &Step) -> bool {
    match step {
        Step::Repeat { steps, .. } => steps.iter().any(asserts),
        Step::Parallel(lists) => lists.iter().flatten().any(asserts),
        Step::Send { .. }
        | Step::Pong { .. }
        | Step::Server { .. }
        | Step::Drop { .. }
        | Step::StopReading { .. }
        | Step::StartReading { .. }
        | Step::React { .. }
        | Step::Observe(_)
        | Step::Pause { .. } => false,
        Step::Connect(connect) => !connect.may_fail,
        Step::Close { may_fail, .. } => !may_fail,
        Step::Listen
        | Step::ConnectFails { .. }
        | Step::Expect { .. }
        | Step::ExpectAll { .. }
        | Step::Seen { .. }
        | Step::Fence { .. }
        | Step::ExpectNone { .. }
        | Step::ExpectClose { .. }
        | Step::Ping { .. }
        | Step::Fails(_) => true,
    }
}

/// Ids are permanent and none is another's prefix, so that a selection of one never selects another.
fn same_names(tests: &[Test], values: &[Value]) -> Vec<Fault> {
    let place = |id: &str| {
        let at = values.iter().rposition(|value| value["id"] == id).unwrap_or_default();
        pointer(&pointer("/tests", &at.to_string()), "id")
    };
    let mut faults = Vec::new();
    for (i, test) in tests.iter().enumerate() {
        for other in &tests[..i] {
            let (shorter, longer) =
                if test.id.len() < other.id.len() { (&test.id, &other.id) } else { (&other.id, &test.id) };
            if shorter == longer {
                faults.push(Fault::new(
                    place(&test.id),
                    format!("the id `{}` stands here a second time", test.id),
                ));
            } else if longer.starts_with(shorter.as_str()) {
                faults.push(Fault::new(
                    place(longer),
                    format!("`{shorter}` is a prefix of `{longer}`; rename one of them"),
                ));
            }
        }
    }
    faults
}

fn is_slug(text: &str) -> bool {
    let is_char = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && !text.starts_with('-') && !text.ends_with('-') && text.bytes().all(is_char)
}
