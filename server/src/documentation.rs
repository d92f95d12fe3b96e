//! Holds the tables of the public specification against the code, both ways.

use crate::{config::settings::SETTINGS, handshake::refusal, scenario::SCENARIOS};
use crosswire_protocol::{
    close::{self, Reconnect},
    control::{Act, Failure},
    seen::Ended,
};

const SPECIFICATION: &str = include_str!("../../docs/protocol.md");

/// The cells of a row; a cell that is all code is given without its back-quotes.
fn cells(line: &str) -> Vec<String> {
    let cell = |cell: &str| {
        let cell = cell.trim();
        let code = cell.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
        code.filter(|code| !code.contains('`')).unwrap_or(cell).to_owned()
    };
    line.trim_matches('|').split(" | ").map(cell).collect()
}

/// The rows of the table whose head begins with these words.
fn table(head: &[&str]) -> Vec<Vec<String>> {
    let mut lines = SPECIFICATION.lines().skip_while(|line| {
        !line.starts_with('|')
            || !cells(line).starts_with(&head.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>())
    });
    assert!(lines.next().is_some(), "no table with the head {head:?}");
    lines.skip(1).take_while(|line| line.starts_with('|')).map(cells).collect()
}

/// One column of a table.
fn column(head: &[&str], index: usize) -> Vec<String> {
    table(head).into_iter().map(|row| row[index].clone()).collect()
}

#[test]
fn every_refusal_stands_in_its_table_in_the_order_of_judgement() {
    let rows: Vec<_> =
        table(&["status", "error", "when"]).into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    let expected: Vec<_> = refusal::Kind::ALL
        .iter()
        .map(|kind| (kind.status().as_u16().to_string(), kind.name().to_owned()))
        .collect();
    assert_eq!(rows, expected);
}

#[test]
fn every_act_and_every_failure_stands_in_its_table() {
    assert_eq!(column(&["act", "what"], 0), Act::NAMES);
    assert_eq!(column(&["error", "when"], 0), Failure::ALL.map(Failure::name));
}

#[test]
fn every_way_to_end_stands_in_its_table() {
    assert_eq!(column(&["ended", "how"], 0), Ended::ALL.map(Ended::name));
}

#[test]
fn every_scenario_stands_in_its_table_with_what_it_does() {
    let expected: Vec<_> = SCENARIOS.iter().map(|it| vec![it.path.to_owned(), it.what.to_owned()]).collect();
    assert_eq!(table(&["scenario", "what"]), expected);
}

#[test]
fn every_close_code_stands_in_its_table_with_what_to_do() {
    let expected: Vec<Vec<String>> = close::TABLE
        .iter()
        .map(|row| {
            let reconnect = if row.reconnect == Reconnect::Yes { "yes" } else { "no" };
            [&row.code.to_string(), row.name, row.text, reconnect].map(str::to_owned).to_vec()
        })
        .collect();
    assert_eq!(table(&["code", "name"]), expected);
}

#[test]
fn every_limit_stands_in_its_table_with_its_default() {
    let limits = SETTINGS.iter().filter(|setting| {
        let first = setting.default.as_bytes().first();
        first.is_some_and(u8::is_ascii_digit) && !["listen", "threads"].contains(&setting.flag)
    });
    let expected: Vec<_> =
        limits.map(|setting| (format!("--{}", setting.flag), setting.default.to_owned())).collect();
    let rows: Vec<_> =
        table(&["flag", "default"]).into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    assert_eq!(rows, expected);
}
