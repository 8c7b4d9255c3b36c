//! `prescale emit`.

use insta::assert_snapshot;

use super::{prescale, prescale_given};

#[test]
fn terraform_gets_percents_at_the_top_and_the_target_group() {
    assert_snapshot!(prescale(&[
        "emit",
        "terraform",
        "data/examples/settings-first.toml"
    ]));
}

#[test]
fn cloudformation_gets_the_same() {
    assert_snapshot!(prescale(&[
        "emit",
        "cloudformation",
        "data/examples/settings-first.toml"
    ]));
}

#[test]
fn the_command_line_also_adds_hosts_and_takes_them_away() {
    assert_snapshot!(prescale(&[
        "emit",
        "cli",
        "data/examples/prescaling-pays.toml"
    ]));
}

#[test]
fn the_settings_of_today_need_no_deployments_per_day() {
    assert_snapshot!(prescale(&[
        "emit",
        "terraform",
        "--current",
        "data/examples/web.toml"
    ]));
}

#[test]
fn where_nothing_meets_the_limits_nothing_is_written() {
    let text = std::fs::read_to_string("data/examples/web.toml").expect("it can be read");
    let run = prescale_given(
        &text.replace("max_duration = \"15m\"", "max_duration = \"10s\""),
        &["emit", "cli", "-"],
    );
    assert_eq!((run.stdout.as_str(), run.code), ("", Some(1)));
    assert!(run.stderr.contains("--current"), "{}", run.stderr);
}
