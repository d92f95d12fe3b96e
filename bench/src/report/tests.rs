use super::*;
use crate::round::Round;
use crate::summary::tests::round;

fn machine(optimised: bool) -> Machine {
    Machine { system: "linux 6.18".to_owned(), processor: "Some CPU".to_owned(), cores: 2, optimised }
}

fn report(rounds: &[Round], memory: Option<f64>) -> Report {
    let case = |text: &str| CaseSummary::new(text.parse().unwrap(), rounds.to_vec(), 1);
    let memory = Memory { contender: Contender::Crosswire, connections: 5_000, bytes_per_connection: memory };
    Report {
        version: "0",
        machine: machine(true),
        pinning: "Servers on core 1, load generator on core 0".to_owned(),
        plain: describe_plain(EchoLoop::Send),
        rounds: rounds.len(),
        milliseconds_measured: 900,
        cases: vec![case("64/1/5B"), case("512/16/5B")],
        memory: vec![memory],
        limits: Some(vec![
            Verdict { limit: "this ≤ 2".to_owned(), measured: Some(1.5), met: true },
            Verdict { limit: "that ≤ 1".to_owned(), measured: Some(1.5), met: false },
            Verdict { limit: "else ≤ 1".to_owned(), measured: None, met: false },
        ]),
    }
}

fn all(raw: f64, crosswire: f64, plain: f64) -> [(Contender, Option<f64>); 3] {
    [(Contender::Raw, Some(raw)), (Contender::Crosswire, Some(crosswire)), (Contender::Plain, Some(plain))]
}

#[test]
fn figures_stand_in_rows_by_case() {
    let text = report(&[round(&all(1000.0, 1250.0, 20_000.0), 0.0)], Some(3_000.0)).markdown();
    for line in [
        "| case      |  raw | crosswire | ÷ raw | plain | ÷ raw | ÷ crosswire |",
        "| 512/16/5B | 1000 |      1250 |  1.25 | 20000 | 20.00 |       16.00 |",
        "| 64/1/5B   | 1,234,568 | 1,234,568 | 1,234,568 |",
        "| 64/1/5B   | 100 / 1234 | 100 / 1234 | 100 / 1234 |",
        "| crosswire |        5000 |               2.93 |",
        "* Disturbed rounds that were thrown away: 2",
    ] {
        assert!(text.lines().any(|present| present == line), "{line}\nis not in\n{text}");
    }
}

#[test]
fn every_line_fits_eighty_columns() {
    let text = report(&[round(&all(123_456.0, 234_567.0, 3_456_789.0), 0.5)], Some(1e6)).markdown();
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn limits_are_met_or_missed_or_not_measured() {
    let text = report(&[round(&all(1.0, 1.0, 1.0), 0.0)], None).markdown();
    for line in [
        "| this ≤ 2 |     1.50 |          met |",
        "| that ≤ 1 |     1.50 |       missed |",
        "| else ≤ 1 |        – | not measured |",
    ] {
        assert!(text.contains(line), "{line}\nis not in\n{text}");
    }
}

#[test]
fn a_case_that_was_never_quiet_is_marked() {
    let text = report(&[round(&all(1.0, 1.0, 1.0), 0.5)], None).markdown();
    assert!(text.contains("Disturbed rounds that count: 2, in the cases marked *"), "{text}");
    assert!(text.contains("| 64/1/5B * "), "{text}");
}

#[test]
fn missing_columns_are_explained() {
    let cpu = all(1.0, 1.0, 1.0).map(|(contender, _)| (contender, None));
    let text = report(&[round(&cpu, 0.0)], None).markdown();
    assert!(text.contains("No CPU time and no ratios"), "{text}");
    assert!(text.contains("No memory"), "{text}");
    assert!(text.contains("| 64/1/5B   |   – |"), "{text}");
}

#[test]
fn an_unoptimised_build_says_that_its_figures_mean_nothing() {
    let report = Report { machine: machine(false), ..report(&[], None) };
    assert!(report.markdown().contains("these figures mean nothing"));
}

#[test]
fn json_holds_every_round() {
    let report = report(&[round(&all(1000.0, 1250.0, 20_000.0), 0.0)], Some(3_000.0));
    let json: serde_json::Value = serde_json::from_str(&report.json()).unwrap();
    let case = &json["cases"][0];
    assert_eq!(case["case"], "64/1/5B");
    assert_eq!(case["servers"]["crosswire"]["cpu_per_message"], 1250.0);
    assert_eq!(case["cpu_ratios"][0]["ratio"], 1.25);
    assert_eq!(case["rounds"][0]["samples"][2]["contender"], "plain");
    assert_eq!(json["memory"][0]["bytes_per_connection"], 3_000.0);
    assert_eq!(json["limits"][1]["met"], false);
}
