use serde_json::Value;

use super::{assert_narrow, prescale, prescale_given};

#[test]
fn within_limits() {
    let run = prescale(&["hosts", "data/examples/web.toml"]);
    assert_narrow(&run);
    insta::assert_snapshot!(run);
}

#[test]
fn stuck_as_it_stands_is_no_failure() {
    let run = prescale(&["hosts", "data/examples/stuck.toml"]);
    assert_eq!(run.code, Some(0));
    assert_narrow(&run);
    insta::assert_snapshot!(run);
}

#[test]
fn yes_where_hosts_may_not_stand() {
    let scenario = std::fs::read_to_string("data/examples/two-tasks-no-room.toml")
        .expect("the example is there");
    let scenario = scenario.replace("\"headroom\", \"spot\"", "\"spot\"");
    let run = prescale_given(&scenario, &["hosts", "-"]);
    assert_eq!(run.code, Some(0));
    assert_narrow(&run);
    insta::assert_snapshot!(run);
}

#[test]
fn as_markdown() {
    insta::assert_snapshot!(prescale(&[
        "hosts",
        "data/examples/web.toml",
        "--format",
        "markdown"
    ]));
}

#[test]
fn json_has_the_keys_that_others_rely_on() {
    let run = prescale(&["hosts", "data/examples/web.toml", "--format", "json"]);
    let json: Value = serde_json::from_str(&run.stdout).expect("standard output is JSON");
    for key in [
        "answer",
        "reason",
        "saves_s_per_deployment",
        "costs_usd_per_month",
        "against",
        "saves_vs_current_s",
        "break_even_deployments_per_day",
        "break_even_usd_per_minute",
        "robust_while",
    ] {
        assert!(json.get(key).is_some(), "no {key}");
    }
}

#[test]
fn csv_has_a_row_for_each_alternative() {
    let run = prescale(&["hosts", "data/examples/web.toml", "--format", "csv"]);
    let kinds: Vec<&str> = run
        .stdout
        .lines()
        .filter_map(|line| line.split(',').next())
        .collect();
    assert_eq!(
        kinds,
        [
            "alternative",
            "as_is",
            "settings_only",
            "prescaled",
            "standing",
            "fargate"
        ]
    );
}
