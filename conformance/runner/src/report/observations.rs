//! What libraries rightly do differently: what tests observed and did not judge, a row for each question, and a column for
//! each client or, where the question is about them, each server.

use super::overview::Overview;
use super::text::{plain, shortened};
use crate::results::{Observed, Party, Recorded, TestResult, Verdict};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The longest answer that is shown.
const LONGEST: usize = 120;
/// What is said where nothing came.
const NOTHING: &str = "nothing";

/// The questions about one side.
#[derive(Debug, Serialize)]
pub(super) struct Table<'a> {
    /// Whose behaviour they show.
    pub(super) about: Party,
    pub(super) columns: Vec<&'a str>,
    pub(super) questions: Vec<Question<'a>>,
}

/// A question, and what each column answers.
#[derive(Debug, Serialize)]
pub(super) struct Question<'a> {
    pub(super) test: &'a str,
    pub(super) title: &'a str,
    #[serde(rename = "as")]
    pub(super) name: &'a str,
    /// None where nobody could be asked: it was unsupported, or not run.
    pub(super) cells: Vec<Option<Cell<'a>>>,
    /// Whether all that answered are alike.
    pub(super) is_alike: bool,
}

/// What one column answers.
#[derive(Debug, Serialize)]
pub(super) struct Cell<'a> {
    /// The usual answer.
    pub(super) value: String,
    /// Other answers, and with whom they came.
    pub(super) but: Vec<(String, Vec<&'a str>)>,
    /// Whether most others answer something else.
    pub(super) differs: bool,
}

/// Both tables, as far as there are questions.
pub(super) fn observations<'a>(recorded: &'a Recorded, overview: &Overview<'a>) -> Vec<Table<'a>> {
    let about = |about, columns: &[&'a str]| Table {
        about,
        columns: columns.to_vec(),
        questions: questions(recorded, overview, about, columns),
    };
    let tables = [about(Party::Client, &overview.clients), about(Party::Server, &overview.servers)];
    tables.into_iter().filter(|table| !table.questions.is_empty()).collect()
}

/// With whom each answer of a column came, by the answer.
type Answers<'a> = BTreeMap<String, Vec<&'a str>>;

/// The questions of a test in its order, with the answers of each column.
type Asked<'a> = Vec<(&'a str, BTreeMap<&'a str, Answers<'a>>)>;

fn questions<'a>(
    recorded: &'a Recorded,
    overview: &Overview<'a>,
    about: Party,
    columns: &[&'a str],
) -> Vec<Question<'a>> {
    // A driver that hung, died or lied has said nothing that belongs into a table.
    let is_sound = |result: &&TestResult| matches!(result.verdict, Verdict::Pass | Verdict::Fail);
    let mut of_tests: BTreeMap<&str, Asked<'a>> = BTreeMap::new();
    for result in recorded.results.iter().filter(is_sound) {
        let (column, other) = match about {
            Party::Server => (&result.server, &result.client),
            _ => (&result.client, &result.server),
        };
        for observed in result.observed.iter().filter(|observed| observed.about == about) {
            let questions = of_tests.entry(&result.test).or_default();
            let place = questions.iter().position(|(name, _)| *name == observed.name);
            let place = place.unwrap_or_else(|| {
                questions.push((&observed.name, BTreeMap::new()));
                questions.len() - 1
            });
            let answers = questions[place].1.entry(column).or_default();
            answers.entry(words(observed)).or_default().push(other);
        }
    }
    let mut questions = Vec::new();
    for test in &overview.tests {
        for (name, mut answers) in of_tests.remove(test.id).unwrap_or_default() {
            let cells = columns.iter().map(|column| Some(cell(answers.remove(*column)?, about))).collect();
            let title = test.told.map_or(test.id, |told| told.title.as_str());
            questions.push(compared(Question { test: test.id, title, name, cells, is_alike: false }));
        }
    }
    questions
}

fn cell(mut answers: Answers<'_>, about: Party) -> Cell<'_> {
    // A client that would not send something has not asked the server.
    if about == Party::Server && answers.len() > 1 {
        answers.remove(NOTHING);
    }
    let mut answers: Vec<_> = answers.into_iter().collect();
    // A stable order: the usual one first, and those that are as usual by their words.
    answers.sort_by_key(|(_, with)| std::cmp::Reverse(with.len()));
    let mut answers = answers.into_iter();
    let value = answers.next().map(|(value, _)| value).unwrap_or_default();
    let but = answers.map(|(value, mut with)| {
        with.dedup();
        (value, with)
    });
    Cell { value, but: but.collect(), differs: false }
}

/// Marks what most do not do.
fn compared(mut question: Question<'_>) -> Question<'_> {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for cell in question.cells.iter().flatten() {
        match counts.iter_mut().find(|(value, _)| *value == cell.value) {
            Some((_, count)) => *count += 1,
            None => counts.push((&cell.value, 1)),
        }
    }
    // Where each has words of its own nobody is the odd one out.
    let all: usize = counts.iter().map(|(_, count)| *count).sum();
    let usual = counts.iter().find(|(_, count)| *count * 2 > all).map(|(value, _)| (*value).to_owned());
    let is_one = counts.len() == 1;
    for cell in question.cells.iter_mut().flatten() {
        cell.differs = usual.as_ref().is_some_and(|usual| *usual != cell.value);
    }
    question.is_alike = is_one && question.cells.iter().flatten().all(|cell| cell.but.is_empty());
    question
}

fn words(observed: &Observed) -> String {
    let words = match &observed.value {
        None => NOTHING.to_owned(),
        Some(Value::String(text)) if text.is_empty() => "\"\"".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    };
    shortened(&plain(&words), LONGEST)
}

impl Cell<'_> {
    /// `1006; 1000 with node-ws`
    pub(super) fn to_words(&self) -> String {
        let but = self.but.iter().map(|(value, with)| format!("; {value} with {}", with.join(", ")));
        std::iter::once(self.value.clone()).chain(but).collect()
    }
}

impl Question<'_> {
    /// What all that answered say.
    pub(super) fn common(&self) -> &str {
        self.cells.iter().flatten().next().map_or("", |cell| &cell.value)
    }

    /// Every answer, and which columns give it, in the order of the columns.
    pub(super) fn by_answer(&self, columns: &[&str]) -> Vec<(String, Vec<String>)> {
        let mut answers: Vec<(String, Vec<String>)> = Vec::new();
        for (cell, column) in self.cells.iter().zip(columns) {
            let Some(cell) = cell else { continue };
            let words = cell.to_words();
            match answers.iter_mut().find(|(answer, _)| *answer == words) {
                Some((_, of)) => of.push((*column).to_owned()),
                None => answers.push((words, vec![(*column).to_owned()])),
            }
        }
        answers
    }
}
