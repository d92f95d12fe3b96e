//! Every report of every kind of run.

#![expect(clippy::unwrap_used, reason = "what cannot be had fails its test")]

mod heavy;
mod observed;
mod run;

use crosswire_runner::report::{
    Cause, Difference, Style, Suspect, Way, blame, html, junit, markdown, terminal,
};
use crosswire_runner::results::{
    By, Fault, Outcome, Recorded, ResultsError, Role, Selected, Skipped, Verdict, read,
};
use run::{Run, become_one, large};

const HOSTILE: &str =
    "</script><b onclick=x>\x1b[31mred\u{9b}0m\u{0}\u{8}\u{202e}|`*_[x](y) & \u{ffff} \"'\r\n# end]]>";

fn plain(recorded: &Recorded) -> String {
    terminal(recorded, None, Style::PLAIN)
}

fn all(recorded: &Recorded) -> [String; 4] {
    [plain(recorded), junit(recorded), markdown(recorded, None), html(recorded, None)]
}

/// The cells of the terminal's matrix are `sign passed/applicable`.
fn last(text: &str) -> &str {
    text.lines().last().unwrap_or_default()
}

/// Everything except the line break that a terminal obeys.
fn commands_of_a_terminal(text: &str) -> Vec<char> {
    text.chars().filter(|c| c.is_control() && *c != '\n' || *c == '\u{202e}').collect()
}

fn data(page: &str) -> serde_json::Value {
    let (_, data) = page.split_once("<script type=\"application/json\" id=\"data\">").unwrap();
    serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap()
}

/// One result of each verdict and outcome that there is.
fn of_every_kind() -> Run {
    Run::nine()
        .verdict("go", "rust", "core/listens", Verdict::Fail)
        .verdict("go", "rust", "core/connects", Verdict::Timeout)
        .verdict("go", "rust", "core/welcome", Verdict::Crash)
        .verdict("go", "rust", "core/echo", Verdict::HarnessError)
        .verdict("go", "rust", "core/push", Verdict::Unsupported)
        .verdict("go", "rust", "core/close-1000", Verdict::NotRun)
        .verdict("go", "rust", "core/many-to-server", Verdict::Fail)
        .known("go", "rust", "core/many-to-server")
        .known("go", "rust", "core/many-to-client")
}

#[test]
fn a_run_in_which_everything_passes_is_short() {
    let text = plain(&Run::nine().recorded());
    assert!(text.contains("18 planned, 18 accounted for, in 12.3 s: 18 pass, 0 fail\n"), "{text}");
    assert!(text.contains("`must`: 18 of 18 that apply passed"), "{text}");
    assert!(text.contains("    go  ✓ 9/9\n"), "{text}");
    assert_eq!(last(&text), "✓ nothing unexpected");
    assert!(text.lines().count() < 15, "{text}");
}

#[test]
fn one_pair_is_a_list_and_no_matrix() {
    let run = Run::of(&["go"], &["rust"], &["core/echo", "core/push"]);
    let text = plain(&run.verdict("go", "rust", "core/echo", Verdict::Fail).recorded());
    assert!(!text.contains("Cells:"), "{text}");
    assert!(text.contains("go (go-websocket 1.5.3) against rust (0.1.0)"), "{text}");
    assert_eq!(last(&text), "✗ 1 regression");
}

#[test]
fn a_failure_tells_step_want_got_and_how_to_run_it_again() {
    let text = plain(&Run::nine().verdict("go", "rust", "core/echo", Verdict::Fail).recorded());
    let lines = [
        "✗ fail  core/echo",
        "  A client sends a message and gets it back unchanged",
        "  step   3.1: expect a text \"hello\"",
        "  why    mismatch: the message is another",
        "  want   \"hello\"",
        "  got    \"hell\"",
        "  look   other clients pass against rust: look at go",
        "  rerun  crosswire run --client go --server rust --test core/echo",
    ];
    for line in lines {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
}

#[test]
fn every_verdict_is_counted_and_unsupported_apart() {
    let recorded = of_every_kind().recorded();
    let text = plain(&recorded);
    assert!(
        text.contains("11 pass, 2 fail, 1 timeout, 1 crash, 1\nharness_error, 1 unsupported, 1 not_run"),
        "{text}"
    );
    assert!(text.contains("Unsupported, and counted apart: 1 of 18\n  go: client: abort (1)"), "{text}");
    // Eight of go's nine apply, and two of them pass: the one that is listed all the same, and the last.
    assert!(text.contains("    go  ✗ 2/8\n"), "{text}");
    assert_eq!(last(&text), "✗ 5 regressions (1 not run), 1 fixed, 1 failure known");
    assert!(text.contains("! fixed  core/many-to-client"), "{text}");
    assert!(text.contains("known  closes with 1006 (https://example.org/issues/7)"), "{text}");
}

#[test]
fn what_a_driver_did_beside_every_test_stands_in_every_report_and_is_not_expected() {
    let mut run = Run::nine();
    let message = "told `bye`, it did not <b>end</b> in 3s".to_owned();
    run.faults.push(Fault { by: By::Client("go".to_owned()), message });
    let message = "it was there when the run began; nobody listens there now".to_owned();
    run.faults.push(Fault { by: By::Server("rust".to_owned()), message });
    let [text, junit, markdown, page] = all(&run.recorded());
    assert!(
        text.contains(
            "✗ fault  beside the tests, by the driver of go\n  why    told `bye`, it did not <b>end</b>"
        ),
        "{text}"
    );
    assert!(
        text.contains("✗ fault  beside the tests, by the server rust\n  why    it was there when"),
        "{text}"
    );
    assert_eq!(last(&text), "✗ 2 faults beside the tests");
    assert!(
        junit.contains(r#"<testsuite name="beside the tests" tests="2" skipped="0" errors="2""#),
        "{junit}"
    );
    assert!(markdown.starts_with("## ✗ crosswire: 2 faults beside the tests"), "{markdown}");
    assert!(markdown.contains("> **Beside the tests, the driver of go:** told"), "{markdown}");
    assert!(junit.contains(r#"<testcase name="the server rust""#), "{junit}");
    assert!(markdown.contains("> **Beside the tests, the server rust:** it was there"), "{markdown}");
    assert_eq!(data(&page)["run"]["faults"][0]["client"], "go");
    assert_eq!(data(&page)["run"]["faults"][1]["server"], "rust");
    assert_eq!(data(&page)["run"]["unexpected"], "2 faults beside the tests");
    assert_eq!(data(&page)["run"]["sign"], serde_json::json!({"kind": "regression", "mark": "✗"}));
    // What has none does not speak of them.
    assert!(!all(&Run::nine().recorded()).concat().contains("beside the tests"));
}

#[test]
fn colours_come_only_when_asked_for_and_say_nothing_alone() {
    let recorded = of_every_kind().recorded();
    let coloured = terminal(&recorded, None, Style { colours: true, width: 80 });
    assert!(coloured.contains("\x1b[31m"));
    let mut without = coloured;
    for code in ["\x1b[0m", "\x1b[1m", "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[34m"] {
        without = without.replace(code, "");
    }
    assert_eq!(without, plain(&recorded));
}

#[test]
fn a_large_matrix_fits_into_eighty_columns() {
    let text = plain(&large().recorded());
    let is_command = |line: &str| line.starts_with("  rerun  ") || line.starts_with("  frames ");
    for line in text.lines().filter(|line| !is_command(line)) {
        assert!(unicode_width::UnicodeWidthStr::width(line) <= 80, "{line}");
    }
    assert!(text.contains("36 000 planned, 36 000 accounted for"));
    assert!(text.lines().count() < 550, "{} lines", text.lines().count());
}

#[test]
fn junit_has_a_suite_for_each_pair_and_a_case_for_each_result() {
    let report = quick_junit::Report::deserialize_from_str(&junit(&of_every_kind().recorded())).unwrap();
    assert_eq!(report.test_suites.len(), 2);
    let go = &report.test_suites[0];
    assert_eq!(go.name.as_str(), "go × rust");
    // timeout, crash, harness_error and not_run; fail and fixed.
    assert_eq!((go.tests, go.errors, go.failures), (9, 4, 2));
    let skipped: Vec<_> = go
        .test_cases
        .iter()
        .filter_map(|case| match &case.status {
            quick_junit::TestCaseStatus::Skipped { message, .. } => {
                Some((case.name.to_string(), message.as_ref().unwrap().to_string()))
            }
            _ => None,
        })
        .collect();
    let expected = [
        ("core/push", "the client lacks abort"),
        ("core/many-to-server", "closes with 1006 (https://example.org/issues/7)"),
    ];
    assert_eq!(skipped, expected.map(|(id, why)| (id.to_owned(), why.to_owned())));
    assert_eq!(go.test_cases[0].classname.as_ref().unwrap().as_str(), "core");
}

#[test]
fn an_incomplete_run_says_so_everywhere() {
    let recorded = Run::nine().cut_after(10);
    let [text, xml, summary, page] = all(&recorded);
    assert!(
        text.contains("INCOMPLETE: the run did not end: 10 of 18 results are there, and no footer"),
        "{text}"
    );
    assert!(text.contains("python  ? 1/9"), "{text}");
    assert_eq!(last(&text), "? nothing unexpected, and the run is INCOMPLETE");
    assert!(summary.contains("## ? crosswire: incomplete"), "{summary}");
    let report = quick_junit::Report::deserialize_from_str(&xml).unwrap();
    assert_eq!(report.errors, 8, "what has no result is an error");
    let incomplete = &data(&page)["run"]["incomplete"];
    assert_eq!(*incomplete, "the run did not end: 10 of 18 results are there, and no footer");
}

#[test]
fn an_interrupted_run_says_so_too() {
    let mut run = Run::nine().verdict("python", "*", "*", Verdict::NotRun);
    run.interrupted = true;
    let [text, _, summary, page] = all(&run.recorded());
    assert!(text.contains("INCOMPLETE: the run was interrupted"), "{text}");
    assert!(summary.contains("**Incomplete:** the run was interrupted"), "{summary}");
    assert_eq!(last(&text), "✗ 9 regressions (9 not run), and the run is INCOMPLETE");
    assert!(data(&page)["run"]["incomplete"].is_string());
}

#[test]
fn hostile_text_stays_text() {
    let run = Run::of(&[HOSTILE], &["rust", HOSTILE], &["core/echo", HOSTILE])
        .verdict("*", "*", "*", Verdict::Fail)
        .with("*", "*", "*", |result| {
            let reason = result.reason.as_mut().unwrap();
            reason.want = Some(HOSTILE.repeat(10_000));
            reason.message = HOSTILE.to_owned();
            reason.step = Some(HOSTILE.to_owned());
            result.stderr = HOSTILE.to_owned();
            result.notes = vec![HOSTILE.to_owned()];
            result.transcript[0].what = HOSTILE.to_owned();
        })
        .header(|header| {
            header.system = HOSTILE.to_owned();
            header.tests[0].title = HOSTILE.to_owned();
            header.clients[0].missing = Some(HOSTILE.to_owned());
        });
    let recorded = run.recorded();
    let older = Run::of(&[HOSTILE], &["rust", HOSTILE], &["core/echo", HOSTILE, "gone\x1b[1m"]).recorded();
    let difference = Difference::between(&older, &recorded);

    let text = terminal(&recorded, Some(&difference), Style::PLAIN);
    assert_eq!(commands_of_a_terminal(&text), []);
    assert!(text.len() < 40_000, "{}", text.len());

    let summary = markdown(&recorded, Some(&difference));
    assert_eq!(commands_of_a_terminal(&summary), []);
    for row in summary.lines().filter(|line| line.starts_with('|')) {
        let pipes = row.matches('|').count();
        assert!(matches!(pipes, 4 | 6 | 7), "{row}");
        assert!(!row.contains("<b ") && !row.contains("</script"), "{row}");
    }

    let xml = junit(&recorded);
    let report = quick_junit::Report::deserialize_from_str(&xml).unwrap();
    assert_eq!(report.failures, 4);
    assert!(xml.chars().all(|c| !c.is_control() || c == '\n'), "XML forbids control characters");

    let page = html(&recorded, Some(&difference));
    assert_eq!(page.matches("</script>").count(), 2, "the data's and the script's own");
    assert_eq!(data(&page)["run"]["system"], HOSTILE);
}

#[test]
fn the_page_allows_its_own_script_and_style_and_nothing_else() {
    let page = html(&Run::nine().recorded(), None);
    let (_, policy) = page.split_once("http-equiv=\"Content-Security-Policy\" content=\"").unwrap();
    let policy = policy.split('"').next().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
    for address in ["http://", "https://", "//cdn", "@import", "url("] {
        assert!(!page.contains(address), "{address}");
    }
    assert!(!page.contains(" style=\"") && !page.contains(" onclick="), "the policy forbids these");
    assert!(!page.contains("@@"), "every place of the template is filled");
}

#[test]
fn the_page_holds_every_result() {
    let data = data(&html(&large().recorded(), None));
    assert_eq!(data["results"].as_array().unwrap().len(), 36_000);
    assert_eq!(data["run"]["accounted"], "36 000 planned, 36 000 accounted for");
    assert_eq!(data["tests"][0]["profile"], "core");
}

#[test]
fn the_worst_of_several_rounds_counts() {
    let flaky = |result: &mut crosswire_runner::results::TestResult| {
        if result.test == "core/echo" && result.client == "go" {
            become_one(result, Verdict::Fail);
        }
    };
    let recorded = Run::nine().round(flaky).recorded();
    let text = plain(&recorded);
    assert!(text.contains("go  ✗ 8/9"), "{text}");
    assert!(text.contains("  rounds failed in 1 of 2 rounds"), "{text}");
    assert!(text.contains("36 planned, 36 accounted for"), "{text}");
    assert!(junit(&recorded).contains("core/echo (round 2)"));
}

#[test]
fn a_result_that_the_header_does_not_name_is_shown_all_the_same() {
    let recorded = Run::nine()
        .with("go", "rust", "core/echo", |result| result.test = "core/unheard-of".to_owned())
        .verdict("go", "rust", "core/unheard-of", Verdict::Fail)
        .recorded();
    for report in all(&recorded) {
        assert!(report.contains("core/unheard") || report.contains("core/unheard&#45;of"), "{report}");
    }
}

#[test]
fn failures_of_the_same_kind_are_one_entry() {
    let text = plain(&large().recorded());
    assert_eq!(text.matches("load/oversized-message-02").count(), 3, "its entry and its commands");
    assert!(text.contains("  pairs  all 6 clients against all 12 servers"), "{text}");
    assert!(text.contains("all 72 pairs that ran it fail: look at the test"), "{text}");
}

#[test]
fn what_kept_a_test_from_being_run_is_told_once_and_not_for_every_test() {
    let run = Run::nine().verdict("python", "*", "*", Verdict::NotRun);
    let run = run.verdict("go", "rust", "core/many-clients", Verdict::Fail);
    let [text, _, summary, _] = all(&run.recorded());
    assert_eq!(text.matches("✗ not_run").count(), 1, "{text}");
    assert!(
        text.contains("✗ not_run  core/listens and 8 other tests\n  pairs  python against rust\n"),
        "{text}"
    );
    assert!(text.find("✗ fail  core/many-clients") < text.find("✗ not_run"), "{text}");
    assert!(summary.contains("**core/listens** and 8 other tests | python against rust"), "{summary}");
}

#[test]
fn names_and_links_are_not_cut_at_their_hyphens() {
    let client = "a-client-with-a-name-of-many-words-as-some-libraries-have-it";
    let tests = ["core/echo", "core/push", "core/welcome"];
    let text = plain(&Run::of(&[client], &["rust"], &tests).recorded());
    assert_eq!(text.lines().filter(|line| line.contains(client)).count(), text.matches("a-client").count());
}

#[test]
fn a_run_in_which_nothing_passes_is_not_as_expected() {
    let run = Run::of(&["go"], &["rust"], &["core/echo"]);
    let run = run.verdict("go", "rust", "core/echo", Verdict::Unsupported);
    let [text, _, summary, _] = all(&run.recorded());
    assert_eq!(last(&text), "✗ no test has passed, which proves nothing");
    assert!(summary.starts_with("## ✗ crosswire: no test has passed, which proves nothing\n"), "{summary}");
}

#[test]
fn blame_points_where_the_other_pairs_say() {
    let hints = blame(&large().recorded());
    let suspect = |client: &str, server: &str, test: &str| {
        hints.get(&(client.to_owned(), server.to_owned(), test.to_owned())).map(|hint| hint.suspect)
    };
    assert_eq!(suspect("dotnet", "rust", "close/empty-message-00"), Some(Suspect::Client));
    assert_eq!(suspect("dotnet", "ruby-faye", "text/masked-message-04"), Some(Suspect::Server));
    assert_eq!(suspect("dotnet", "rust", "load/oversized-message-02"), Some(Suspect::Test));
    assert_eq!(suspect("node-ws", "java-jetty", "core/masked-message-04"), Some(Suspect::Driver));
    assert_eq!(suspect("dotnet", "rust", "core/fragmented-message-01"), None, "it passes");
}

#[test]
fn one_pair_alone_accuses_nobody() {
    let run = Run::of(&["go"], &["rust"], &["core/echo"]).verdict("*", "*", "*", Verdict::Fail);
    assert!(blame(&run.recorded()).is_empty());
}

#[test]
fn with_one_server_it_may_be_the_test() {
    let run = Run::nine().verdict("*", "rust", "core/echo", Verdict::Fail);
    let hints = blame(&run.recorded());
    assert_eq!(hints.len(), 2);
    assert!(hints.values().all(|hint| hint.suspect == Suspect::ServerOrTest));
}

#[test]
fn a_comparison_tells_a_changed_test_from_a_changed_client() {
    let old = Run::nine().verdict("python", "rust", "core/push", Verdict::Fail).recorded();
    let new = Run::nine()
        .verdict("go", "rust", "core/echo", Verdict::Fail)
        .verdict("python", "rust", "core/welcome", Verdict::Fail)
        .verdict("python", "rust", "core/listens", Verdict::Unsupported)
        .header(|header| {
            header.tests[2].rev = "another".to_owned();
            header.clients[0].library = "go-websocket 1.6.0".to_owned();
        })
        .recorded();
    let difference = Difference::between(&old, &new);
    let of = |way| difference.ways(way).map(|m| (m.test.as_str(), m.beside.as_slice())).collect::<Vec<_>>();
    assert_eq!(
        of(Way::Regressed),
        [("core/echo", &[Cause::Client][..]), ("core/welcome", &[Cause::Test][..])]
    );
    assert_eq!(of(Way::Fixed), [("core/push", &[][..])]);
    assert_eq!(of(Way::Lost), [("core/listens", &[][..])]);
    assert_eq!(difference.sums(), "2 regressed, 1 lost, 1 fixed, 14 as before");
    assert_eq!(difference.unchanged_in_changed_tests, 1);
    let text = terminal(&new, Some(&difference), Style::PLAIN);
    assert!(text.contains("core/welcome with python against rust: pass → fail (test changed)"), "{text}");
    assert!(text.contains("1 client changed: go (go-websocket 1.5.3, go 1.26 →"), "{text}");
    let summary = markdown(&new, Some(&difference));
    assert!(
        summary.contains("| regressed | core/echo | go | rust | pass → fail | client changed |"),
        "{summary}"
    );
}

#[test]
fn a_comparison_tells_what_is_new_and_what_is_gone() {
    let old = Run::of(&["go", "python"], &["rust"], &["core/echo", "core/gone"]).recorded();
    let new = Run::of(&["go"], &["rust"], &["core/echo", "core/new"]).recorded();
    let difference = Difference::between(&old, &new);
    assert_eq!(difference.tests.new, ["core/new"]);
    assert_eq!(difference.tests.removed, ["core/gone"]);
    assert_eq!(difference.clients.removed, ["python"]);
    assert!(difference.servers.is_empty());
    assert_eq!(difference.moved, []);
    assert_eq!(difference.unchanged, 1);
}

#[test]
fn a_selection_is_compared_with_what_it_has() {
    let whole = || Run::of(&["go", "python"], &["rust", "node"], &["core/echo", "core/push"]);
    let part = || {
        Run::of(&["go"], &["rust"], &["core/echo"]).header(|header| {
            header.selected = [Selected::Tests, Selected::Clients, Selected::Servers].into();
        })
    };
    for (old, new) in [(whole(), part()), (part(), whole())] {
        let difference = Difference::between(&old.recorded(), &new.recorded());
        assert_eq!(difference.rosters().count(), 0, "{difference:?}");
        assert_eq!(difference.unchanged, 1);
    }
    let other = Run::of(&["ruby"], &["rust"], &["core/echo"]).recorded();
    let difference = Difference::between(&whole().recorded(), &other);
    assert_eq!(difference.sums(), "no test of a client against a server is in both");
    // What was left out because it is not built has not gone either.
    let skipped = Skipped { role: Role::Client, name: "python".to_owned(), why: "not built".to_owned() };
    let new = Run::of(&["go"], &["rust"], &["core/echo"]).header(|header| header.skipped = vec![skipped]);
    let difference = Difference::between(&whole().recorded(), &new.recorded());
    assert_eq!(difference.clients.removed, [""; 0]);
    assert_eq!(
        (difference.servers.removed, difference.tests.removed),
        (vec!["node".to_owned()], vec!["core/push".to_owned()])
    );
}

#[test]
fn hints_of_one_kind_are_one_line() {
    let run = Run::of(&["go", "python", "node"], &["rust", "ws"], &["core/echo"]);
    let text = plain(
        &run.verdict("go", "*", "core/echo", Verdict::Fail)
            .verdict("python", "*", "core/echo", Verdict::Fail)
            .recorded(),
    );
    let looks: Vec<_> = text.lines().filter(|line| line.starts_with("  look ")).collect();
    assert_eq!(
        looks,
        ["  look   go fails against all 2 servers: look at the client; so with 2 more"],
        "{text}"
    );
}

#[test]
fn what_an_incomplete_run_lacks_is_not_called_removed() {
    let difference = Difference::between(&Run::nine().recorded(), &Run::nine().cut_after(5));
    assert_eq!((difference.unchanged, difference.moved.len()), (5, 0));
    assert!(difference.tests.is_empty());
    assert!(difference.incomplete.unwrap().starts_with("this run is incomplete"));
}

#[test]
fn a_run_of_nothing_can_be_reported() {
    for report in all(&Run::of(&[], &[], &[]).recorded()) {
        assert!(!report.is_empty());
    }
}

#[test]
fn a_last_line_that_is_cut_is_an_incomplete_run() {
    let text = Run::nine().text();
    let second_last = text.trim_end().rfind('\n').unwrap();
    let recorded = read(&text[..second_last - 20]).unwrap();
    let incomplete = recorded.incomplete.unwrap();
    assert_eq!(
        incomplete,
        "the run did not end: 17 of 18 results are there, and no footer; line 19 is cut in the middle"
    );
}

#[test]
fn a_file_that_is_no_run_is_refused_with_the_line_and_the_reason() {
    let text = Run::nine().text();
    let lines: Vec<&str> = text.lines().collect();
    let said = |lines: &[&str]| {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        read(&text).unwrap_err().to_string()
    };
    assert_eq!(read(""), Err(ResultsError::Empty));
    assert_eq!(read(&text[..100]), Err(ResultsError::NoHeader));
    assert_eq!(said(&lines[1..]), "line 1: the first line must be the header of a run");
    assert_eq!(said(&[lines[0], lines[0]]), "line 2: a second header");
    assert_eq!(
        said(&[lines[0], lines[1], lines[1]]),
        "line 3: a second result of core/listens with go against rust"
    );
    assert_eq!(said(&[&lines[..], &lines[1..2]].concat()), "line 21: nothing may follow the footer");
    let short = [&lines[..5], &lines[19..]].concat();
    assert_eq!(said(&short), "line 6: the footer says 18 planned and 18 by verdict, and there are 4 results");
    let other = lines[0].replace("\"format\":1", "\"format\":2");
    assert_eq!(said(&[&other]), "line 1: format 2 is not known; this reads format 1");
    let shape = r#"{"type":"header","format":7,"everything":"else"}"#;
    assert_eq!(said(&[shape]), "line 1: format 7 is not known; this reads format 1");
    let error = said(&[lines[0], "{\"type\":\"result\"", lines[2]]);
    assert!(
        error.starts_with("line 2: EOF while parsing") && error.ends_with(": {\"type\":\"result\""),
        "{error}"
    );
    let unknown = lines[1].replace("\"pass\"", "\"excellent\"");
    assert!(said(&[lines[0], &unknown]).starts_with("line 2: unknown variant `excellent`"));
}

#[test]
fn outcomes_excuse_failures_and_nothing_else() {
    let of = |verdict| Outcome::of(verdict, true);
    assert_eq!(
        Verdict::ALL.map(of),
        [
            Outcome::Fixed,
            Outcome::Known,
            Outcome::Regression,
            Outcome::Regression,
            Outcome::Regression,
            Outcome::Ok,
            Outcome::Ok,
        ]
    );
}

/// Writes one report of each kind for people to look at: `CROSSWIRE_SAMPLES=/tmp/samples cargo test -p crosswire-runner
/// --test reports -- --ignored`.
#[test]
#[ignore = "writes files"]
fn samples() {
    let folder = std::path::PathBuf::from(std::env::var_os("CROSSWIRE_SAMPLES").unwrap());
    let small = of_every_kind().recorded();
    let old = Run::nine().verdict("python", "rust", "core/push", Verdict::Fail);
    let old = old.header(|header| {
        header.tests[0].rev = "another".to_owned();
        header.clients[0].library = "go-websocket 1.5.2".to_owned();
        header.tests.push(run::test("core/gone"));
        header.started = "2026-11-20T09:00:00Z".to_owned();
    });
    let older = read(&old.text()).unwrap();
    let kinds = [
        ("passing", Run::nine().recorded(), None),
        ("small", small.clone(), Some(Difference::between(&older, &small))),
        ("large", large().recorded(), None),
        ("cut", large().cut_after(20_000), None),
    ];
    for (name, recorded, difference) in &kinds {
        let difference = difference.as_ref();
        let write =
            |kind: &str, text: String| std::fs::write(folder.join(format!("{name}.{kind}")), text).unwrap();
        write("txt", terminal(recorded, difference, Style::PLAIN));
        write("xml", junit(recorded));
        write("md", markdown(recorded, difference));
        write("html", html(recorded, difference));
    }
}
