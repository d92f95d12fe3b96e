//! The report on a terminal, or in a pipe.

use super::command::Commands;
use super::difference::{Difference, Way};
use super::differences::in_short;
use super::failures::{Failure, failures, lacking, pairs};
use super::frozen::kept;
use super::overview::{Overview, Sign, Sums};
use super::spent::spent;
use super::text::{
    accounted, asked, counted, faults, grouped, lasted, plain, revision, shortened, shortfall, sign, spared,
    unexpected,
};
use crate::results::{Fault, Outcome, Recorded, Verdict};
use anstyle::AnsiColor::{Blue, Green, Red, Yellow};
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr as _;

/// How a terminal is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether it shows colours. They are never all that tells two things apart.
    pub colours: bool,
    /// How many columns it has.
    pub width: usize,
}

impl Style {
    /// For a pipe or a file: 80 columns, no colours.
    pub const PLAIN: Self = Self { colours: false, width: 80 };
}

/// So many failures are shown in full, so many more in a line; the rest is counted.
const IN_FULL: usize = 20;
const IN_A_LINE: usize = 200;
/// Of want and got, and of any other text that a client may have made long.
const LONGEST: usize = 400;

/// The report of a run: a matrix where there is more than one pair, everything that is not as it should be, and the sums.
#[must_use]
pub fn terminal(recorded: &Recorded, difference: Option<&Difference>, style: Style) -> String {
    let overview = Overview::of(recorded);
    let mut page = Page { text: String::new(), style };
    page.heading(recorded, &overview);
    if overview.cells.len() > 1 {
        page.matrix(&overview);
    }
    page.missing(recorded);
    page.faults(recorded);
    page.failures(recorded, &overview);
    page.unsupported(recorded, &overview);
    if let Some(difference) = difference {
        page.difference(difference);
    }
    page.observed(recorded, &overview);
    page.frozen(recorded, &overview);
    page.sums(recorded, &overview.sums);
    page.text
}

struct Page {
    text: String,
    style: Style,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn blank(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// A paragraph, behind `label` and with its further lines below its first.
    fn paragraph(&mut self, label: &str, text: &str) {
        let further = " ".repeat(label.width());
        let width = self.style.width.max(40);
        // A name, an id or a link that is cut at a hyphen can be neither copied nor searched for.
        let options = textwrap::Options::new(width)
            .initial_indent(label)
            .subsequent_indent(&further)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        for line in textwrap::wrap(&plain(text), options) {
            self.line(&line);
        }
    }

    fn coloured(&self, text: &str, style: anstyle::Style) -> String {
        if self.style.colours { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn heading(&mut self, recorded: &Recorded, overview: &Overview<'_>) {
        let header = &recorded.header;
        let run = format!(
            "crosswire {}, {}, {}, {}",
            header.crosswire,
            header.started,
            revision(recorded),
            header.system
        );
        self.paragraph("", &run);
        if let ([client], [server]) = (overview.clients.as_slice(), overview.servers.as_slice()) {
            let library = header.clients.first().map(|c| c.library.as_str()).unwrap_or_default();
            let version = header.servers.first().map(|s| s.version.as_str()).unwrap_or_default();
            let told = |name: &str, more: &str| {
                if more.is_empty() { name.to_owned() } else { format!("{name} ({more})") }
            };
            self.paragraph("", &format!("{} against {}", told(client, library), told(server, version)));
        }
        for line in header.servers.iter().flat_map(asked) {
            self.paragraph("", &line);
        }
        self.incomplete(recorded);
    }

    fn observed(&mut self, recorded: &Recorded, overview: &Overview<'_>) {
        if let Some(sentence) = in_short(recorded, overview) {
            self.blank();
            self.paragraph("", &sentence);
        }
    }

    fn incomplete(&mut self, recorded: &Recorded) {
        if let Some(shortfall) = shortfall(recorded) {
            self.blank();
            self.paragraph("INCOMPLETE: ", &shortfall);
        }
    }

    /// Clients down, servers across; in as many blocks as the width asks for.
    fn matrix(&mut self, overview: &Overview<'_>) {
        let clients: Vec<String> = overview.clients.iter().map(|name| shortened(&plain(name), 24)).collect();
        let servers: Vec<String> = overview.servers.iter().map(|name| shortened(&plain(name), 24)).collect();
        let cells: Vec<String> = overview.cells.iter().map(|cell| in_a_cell(&cell.sums)).collect();
        let first = clients.iter().map(|name| name.width()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..servers.len())
            .map(|server| {
                let column = cells.iter().skip(server).step_by(servers.len()).map(|cell| cell.width());
                column.chain([servers[server].width()]).max().unwrap_or(0)
            })
            .collect();
        let mut server = 0;
        while server < servers.len() {
            let mut end = server;
            let mut width = first;
            while end < servers.len() && (end == server || width + 2 + widths[end] <= self.style.width) {
                width += 2 + widths[end];
                end += 1;
            }
            self.blank();
            let mut heads = " ".repeat(first);
            for column in server..end {
                heads.push_str("  ");
                heads.push_str(&left(&servers[column], widths[column]));
            }
            self.line(&heads);
            for (client, name) in clients.iter().enumerate() {
                let mut line = right(name, first);
                for column in server..end {
                    let cell = &cells[client * servers.len() + column];
                    let sign = overview.cell(client, column).sums.sign();
                    line.push_str("  ");
                    line.push_str(&self.coloured(&left(cell, widths[column]), colour(sign)));
                }
                self.line(&line);
            }
            server = end;
        }
        self.blank();
        let signs =
            Sign::ALL.into_iter().filter(|sign| overview.cells.iter().any(|c| c.sums.sign() == *sign));
        let signs: Vec<_> = signs.map(|sign| format!("{} {}", sign.mark(), sign.meaning())).collect();
        let puzzles = overview.cells.iter().any(|cell| cell.sums.has_other_failures());
        let more = if puzzles { " The sign counts `should` and `may` too." } else { "" };
        self.paragraph("", &format!("Cells: `must` passed/applicable. {}.{more}", signs.join(", ")));
    }

    /// Clients and servers that could not be run at all.
    fn missing(&mut self, recorded: &Recorded) {
        let clients = recorded.header.clients.iter().map(|c| ("client", &c.name, &c.missing));
        let servers = recorded.header.servers.iter().map(|s| ("server", &s.name, &s.missing));
        for (kind, name, missing) in clients.chain(servers) {
            if let Some(missing) = missing {
                self.blank();
                self.paragraph(&format!("{kind} {} was not run: ", plain(name)), missing);
            }
        }
        for skipped in &recorded.header.skipped {
            self.blank();
            let label = format!("skipped {} {}: ", skipped.role.name(), plain(&skipped.name));
            self.paragraph(&label, &skipped.why);
        }
    }

    fn failures(&mut self, recorded: &Recorded, overview: &Overview<'_>) {
        let commands = Commands::of(&recorded.header);
        let failures = failures(recorded, overview);
        let (in_full, others) = failures.split_at(failures.len().min(IN_FULL));
        for failure in in_full {
            self.failure(failure, overview, &commands);
        }
        if others.is_empty() {
            return;
        }
        self.blank();
        self.paragraph("", &format!("{} in short:", counted(others.len() as u64, "more failure")));
        for failure in others.iter().take(IN_A_LINE) {
            let (sign, word) = named(failure);
            let id = plain(overview.tests[failure.test].id);
            let code = failure.first.reason.as_ref().map(|r| plain(&r.code)).unwrap_or_default();
            let others = failure.and_others();
            let line = format!("{word}  {id}{others}  {code}  {}", plain(&pairs(overview, &failure.pairs)));
            let line = self.fitted(&line, sign.mark().width() + 1);
            let mark = self.coloured(sign.mark(), colour(sign));
            self.line(&format!("{mark} {line}"));
        }
        if let Some(rest) = others.len().checked_sub(IN_A_LINE).filter(|rest| *rest > 0) {
            self.line(&format!("… and {} more: see matrix.html or results.ndjson", grouped(rest as u64)));
        }
    }

    fn failure(&mut self, failure: &Failure<'_>, overview: &Overview<'_>, commands: &Commands) {
        let test = &overview.tests[failure.test];
        let first = failure.first;
        let (sign, word) = named(failure);
        self.blank();
        let head = format!("{} {word}  {}{}", sign.mark(), plain(test.id), failure.and_others());
        let head = self.coloured(&head, colour(sign).bold());
        self.line(&head);
        if let Some(test) = test.told.filter(|_| failure.others == 0) {
            self.paragraph("  ", &test.title);
        }
        if overview.cells.len() > 1 {
            self.paragraph("  pairs  ", &pairs(overview, &failure.pairs));
        }
        if let Some(rounds) = &failure.rounds {
            self.paragraph("  rounds ", rounds);
        }
        if let Some(reason) = &first.reason {
            if let Some(pointer) = &reason.step {
                let said = test.told.map_or_else(|| pointer.clone(), |t| super::step::at(&t.steps, pointer));
                let round = reason.round.map(|n| format!(" (round {n})")).unwrap_or_default();
                self.paragraph("  step   ", &shortened(&format!("{said}{round}"), LONGEST));
            }
            self.paragraph("  why    ", &shortened(&format!("{}: {}", reason.code, reason.message), LONGEST));
            let fields = [("at", &reason.at), ("want", &reason.want), ("got", &reason.got)];
            for (label, value) in fields {
                if let Some(value) = value {
                    self.paragraph(&format!("  {label:<6} "), &shortened(value, LONGEST));
                }
            }
        }
        if let Some(known) = &first.known {
            self.paragraph("  known  ", &format!("{} ({})", known.reason, known.link));
        }
        for look in failure.looks().iter().take(3) {
            self.paragraph("  look   ", look);
        }
        for note in first.notes.iter().take(3) {
            self.paragraph("  note   ", &shortened(note, LONGEST));
        }
        if let Some(last) = first.stderr.lines().rev().find(|line| !line.trim().is_empty()) {
            self.paragraph("  stderr ", &shortened(last, LONGEST));
        }
        if failure.others > 0 {
            return;
        }
        // Each on one line, however long: they are there to be copied.
        let (client, server, test) = (&first.client, &first.server, &first.test);
        self.line(&format!("  rerun  {}", plain(&commands.rerun(client, server, test))));
        self.line(&format!("  frames {}", plain(&commands.follow(client, server, test))));
    }

    /// What no result tells.
    fn faults(&mut self, recorded: &Recorded) {
        for Fault { by, message } in faults(recorded) {
            self.blank();
            let whose = plain(&by.in_words());
            let head = format!("{} fault  beside the tests, by {whose}", Sign::Regression.mark());
            let head = self.coloured(&head, colour(Sign::Regression).bold());
            self.line(&head);
            self.paragraph("  why    ", &shortened(message, LONGEST));
        }
    }

    fn unsupported(&mut self, recorded: &Recorded, overview: &Overview<'_>) {
        let unsupported = overview.sums.verdict(Verdict::Unsupported);
        if unsupported == 0 {
            return;
        }
        self.blank();
        let of = grouped(overview.sums.tests);
        self.paragraph("", &format!("Unsupported, and counted apart: {} of {of}", grouped(unsupported)));
        for client in &overview.clients {
            let lacking = lacking(recorded.results.iter().filter(|result| result.client == *client));
            if lacking.is_empty() {
                continue;
            }
            let (shown, rest) = lacking.split_at(lacking.len().min(12));
            let mut words: Vec<_> =
                shown.iter().map(|(what, n)| format!("{} ({})", shortened(what, 60), grouped(*n))).collect();
            if !rest.is_empty() {
                words.push(format!("{} other reasons", rest.len()));
            }
            self.paragraph(&format!("  {}: ", plain(client)), &words.join(", "));
        }
    }

    fn difference(&mut self, difference: &Difference) {
        self.blank();
        let since = format!("{} ({})", difference.since, difference.since_revision);
        self.paragraph("", &format!("Compared with {since}: {}", difference.sums()));
        if let Some(incomplete) = &difference.incomplete {
            self.paragraph("  ", incomplete);
        }
        for way in Way::ALL {
            let moved: Vec<_> = difference.ways(way).collect();
            for one in moved.iter().take(IN_FULL) {
                let text = format!(
                    "{} with {} against {}: {} → {} ({})",
                    one.test,
                    one.client,
                    one.server,
                    one.from.name(),
                    one.to.name(),
                    one.causes()
                );
                self.paragraph(&format!("  {:<9} ", way.name()), &text);
            }
            if moved.len() > IN_FULL {
                self.line(&format!(
                    "  … and {} more {}",
                    grouped((moved.len() - IN_FULL) as u64),
                    way.name()
                ));
            }
        }
        for (kind, roster) in difference.rosters() {
            let changed: Vec<_> =
                roster.changed.iter().map(|c| format!("{} ({} → {})", c.name, c.from, c.to)).collect();
            for (word, names) in [("new", &roster.new), ("removed", &roster.removed), ("changed", &changed)] {
                if !names.is_empty() {
                    let label = format!("  {} {word}: ", counted(names.len() as u64, kind));
                    self.paragraph(&label, &shortened(&names.join(", "), LONGEST));
                }
            }
        }
    }

    fn frozen(&mut self, recorded: &Recorded, overview: &Overview<'_>) {
        self.blank();
        for line in kept(&recorded.header, overview) {
            self.paragraph("", &line);
        }
    }

    fn sums(&mut self, recorded: &Recorded, sums: &Sums) {
        self.blank();
        let verdicts: Vec<_> = Verdict::ALL
            .into_iter()
            .map(|verdict| (recorded.results.iter().filter(|r| r.verdict == verdict).count(), verdict))
            .filter(|(n, verdict)| *n > 0 || matches!(verdict, Verdict::Pass | Verdict::Fail))
            .map(|(n, verdict)| format!("{} {}", grouped(n as u64), verdict.name()))
            .collect();
        let took = recorded.footer.as_ref().map(|f| format!(", in {}", lasted(f.ms))).unwrap_or_default();
        self.paragraph("", &format!("{}{took}: {}", accounted(recorded), verdicts.join(", ")));
        if let Some(spared) = spared(&recorded.header) {
            self.paragraph("", &spared);
        }
        let (passed, applicable) = (grouped(sums.must_passed), grouped(sums.must_applicable));
        self.paragraph("", &format!("`must`: {passed} of {applicable} that apply passed"));
        let outcome = |outcome| recorded.results.iter().filter(|r| r.outcome == outcome).count() as u64;
        let (known, sign) = (outcome(Outcome::Known), sign(recorded));
        let mut verdict = unexpected(recorded);
        if known > 0 {
            let _ = write!(verdict, ", {} known", counted(known, "failure"));
        }
        if shortfall(recorded).is_some() {
            verdict.push_str(", and the run is INCOMPLETE");
        }
        for (label, told) in spent(recorded) {
            self.paragraph(label, &told);
        }
        let last = self.coloured(&format!("{} {verdict}", sign.mark()), colour(sign).bold());
        self.line(&last);
    }

    /// As much of a line as fits behind `taken` columns.
    fn fitted(&self, line: &str, taken: usize) -> String {
        let room = self.style.width.max(40) - taken;
        if line.width() <= room {
            return line.to_owned();
        }
        let mut fitted = String::new();
        for character in line.chars() {
            if fitted.width() + 3 > room {
                break;
            }
            fitted.push(character);
        }
        fitted.push('…');
        fitted
    }
}

fn in_a_cell(sums: &Sums) -> String {
    format!("{} {}/{}", sums.sign().mark(), sums.must_passed, sums.must_applicable)
}

/// A failure's sign, and its verdict or what is more telling.
const fn named(failure: &Failure<'_>) -> (Sign, &'static str) {
    match failure.first.outcome {
        Outcome::Fixed => (Sign::Fixed, "fixed"),
        Outcome::Known => (Sign::Known, "known"),
        Outcome::Regression => (Sign::Regression, failure.first.verdict.name()),
        Outcome::Ok => (Sign::Missing, failure.first.verdict.name()),
    }
}

const fn colour(sign: Sign) -> anstyle::Style {
    match sign {
        Sign::Ok => Green.on_default(),
        Sign::Known => Yellow.on_default(),
        Sign::Fixed => Blue.on_default(),
        Sign::Regression => Red.on_default(),
        Sign::Missing | Sign::Nothing => anstyle::Style::new(),
    }
}

/// Filled up to a width, with the text to the left.
fn left(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

/// Filled up to a width, with the text to the right.
fn right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(text.width())))
}
