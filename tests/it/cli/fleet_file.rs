//! `prescale fleet FLEET`: services with their scenarios, and what they share.

use serde_json::Value;

use super::{assert_narrow, prescale};

const FLEET: &str = "data/examples/fleet/fleet.toml";

#[test]
fn services_share_hosts_and_a_budget() {
    let run = prescale(&["fleet", FLEET]);
    assert_narrow(&run);
    insta::assert_snapshot!(run);
}

fn json(arguments: &[&str]) -> Value {
    let run = prescale(arguments);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    serde_json::from_str(&run.stdout).expect("it is JSON")
}

#[test]
fn what_was_emitted_is_the_same_problem() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (options, limits) = (path("options.csv"), path("limits.toml"));
    let planned = json(&[
        "fleet",
        FLEET,
        "--emit-options",
        &options,
        "--emit-limits",
        &limits,
        "--format",
        "json",
    ]);
    let flat = json(&[
        "fleet",
        "--options",
        &options,
        "--limits",
        &limits,
        "--format",
        "json",
    ]);
    let objective = |answer: &Value| answer["objective"].as_f64().expect("an objective");
    assert!((objective(&planned) - objective(&flat)).abs() < 1e-6 * objective(&flat));
    assert_eq!(planned["choices"].as_array().map(Vec::len), Some(7));
}

#[test]
fn what_a_service_is_told_adds_up_to_the_totals() {
    let answer = json(&["fleet", FLEET, "--format", "json"]);
    let services = answer["services"].as_array().expect("services");
    let number = |value: &Value| value.as_f64().unwrap_or(0.0);
    let saved: f64 = services
        .iter()
        .map(|service| number(&service["saves_weighted_minutes"]))
        .sum();
    let waves: f64 = answer["waves"]
        .as_array()
        .expect("waves")
        .iter()
        .map(|wave| number(&wave["saves_weighted_minutes"]))
        .sum();
    assert!((saved - waves).abs() < 1e-6);
    let main = &answer["cluster_pools"][1];
    assert_eq!(main["cluster"], "main");
    let most = main["windows"]
        .as_object()
        .expect("windows")
        .values()
        .map(number)
        .fold(0.0, f64::max);
    assert!((number(&main["extra_hosts"]) - most).abs() < 1e-9);
    assert!(number(&answer["usd_per_month"]) <= 180.0);
}

#[test]
fn more_budget_never_takes_longer() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let curve = folder.path().join("curve.csv").display().to_string();
    json(&["fleet", FLEET, "--budget-curve", &curve, "--format", "json"]);
    let mut reader = csv::Reader::from_path(&curve).expect("the curve can be read");
    let rows: Vec<(f64, f64)> = reader
        .records()
        .map(|row| {
            let row = row.expect("a row");
            let number = |i: usize| row[i].parse().expect("a number");
            (number(0), number(1))
        })
        .collect();
    assert_eq!(rows.len(), 21);
    for pair in rows.windows(2) {
        assert!(pair[0].0 <= pair[1].0 && pair[0].1 >= pair[1].1, "{pair:?}");
    }
}

#[test]
fn all_problems_of_all_files_are_told() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let fleet = folder.path().join("fleet.toml");
    let text = "[[service]]\nfile = \"none.toml\"\nclustr = \"a\"\n[[service]]\nweight = -1\n";
    std::fs::write(&fleet, text).expect("it can be written");
    let run = prescale(&["fleet", &fleet.display().to_string()]);
    assert_eq!(run.code, Some(2));
    for told in [
        "service.0.clustr: found an unknown key",
        "did you mean `cluster`?",
        "service.1.file: found nothing",
        "service.1.weight: found -1",
    ] {
        assert!(run.stderr.contains(told), "{told}\n{}", run.stderr);
    }
    let text = "[[service]]\nfile = \"none.toml\"\n[[service]]\ncsv = \"none.csv\"\n";
    std::fs::write(&fleet, text).expect("it can be written");
    let run = prescale(&["fleet", &fleet.display().to_string()]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("none.toml") && run.stderr.contains("none.csv"));
}

#[test]
fn where_nothing_meets_the_limits_the_smallest_changes_are_told() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let fleet = folder.path().join("fleet.toml");
    let stuck = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data/examples/stuck.toml");
    let text = format!(
        "[[service]]\nfile = '{}'\n[limits]\nbudget_usd_per_month = 0.0\n",
        stuck.display()
    );
    std::fs::write(&fleet, text).expect("it can be written");
    let run = prescale(&["fleet", &fleet.display().to_string()]);
    assert_eq!(run.code, Some(1), "{}{}", run.stdout, run.stderr);
    assert!(
        run.stdout.contains("no plan meets the limits"),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout.contains("limits.budget_usd_per_month:"),
        "{}",
        run.stdout
    );
}

#[test]
fn hosts_answers_for_every_service_and_cluster() {
    let run = prescale(&["hosts", FLEET]);
    assert_narrow(&run);
    insta::assert_snapshot!(run);
    let answer = json(&["hosts", FLEET, "--format", "json"]);
    let services = answer["services"].as_array().expect("services");
    assert_eq!(services.len(), 7);
    for service in services {
        assert!(service["answer"].is_string() && service["reason"].is_string());
    }
    assert_eq!(answer["clusters"].as_array().map(Vec::len), Some(2));
}

#[test]
fn explain_tells_every_deployment_and_that_one_is_stuck() {
    let run = prescale(&["explain", FLEET]);
    assert_eq!(run.code, Some(1));
    for service in ["uploads", "search", "web-eu", "billing", "accounts"] {
        assert!(run.stdout.contains(&format!("{service}: ")), "{service}");
    }
}
