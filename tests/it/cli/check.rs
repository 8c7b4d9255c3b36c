//! `prescale check`: a gate for CI.

use super::{assert_narrow, prescale, prescale_given};

const SCENARIO: &str = "data/examples/two-tasks-no-room.toml";

#[test]
fn a_violated_limit_and_the_cheapest_mend() {
    let run = prescale(&["check", SCENARIO]);
    assert_narrow(&run);
    insta::assert_snapshot!(run);
}

#[test]
fn for_a_workflow() {
    insta::assert_snapshot!(prescale(&["check", SCENARIO, "--format", "github"]));
}

#[test]
fn stuck_for_a_workflow() {
    let run = prescale(&["check", "data/examples/stuck.toml", "--format", "github"]);
    insta::assert_snapshot!(run);
}

#[test]
fn within_limits_against_what_it_was() {
    let run = prescale(&[
        "check",
        "data/examples/billing-per-second.toml",
        "--against",
        "data/examples/billing-hourly.toml",
    ]);
    assert_narrow(&run);
    insta::assert_snapshot!(run);
}

#[test]
fn without_any_limit_it_is_bad_input() {
    let text = std::fs::read_to_string(SCENARIO).expect("an example");
    let without = text.split("[limits]").next().expect("a beginning");
    insta::assert_snapshot!(prescale_given(without, &["check", "-"]));
}

#[test]
fn the_mend_mends() {
    let json = prescale(&["check", SCENARIO, "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    let changed = json["mend"]["changed"].as_array().expect("changes");
    let mut text = std::fs::read_to_string(SCENARIO).expect("an example");
    let mut added = String::from("\n[prescale]\n");
    for change in changed {
        let key = change["key"].as_str().expect("a key");
        if let Some(name) = key.strip_prefix("prescale.") {
            added += &format!("{name} = {}\n", change["to"]);
            continue;
        }
        let name = key.rsplit('.').next().expect("a name");
        let given = |line: &&str| line.starts_with(&format!("{name} ="));
        let line = text.lines().find(given).expect(key).to_owned();
        text = text.replace(&line, &format!("{name} = {}", change["to"]));
    }
    text += &added;
    let run = prescale_given(&text, &["check", "-"]);
    assert_eq!(run.code, Some(0), "{run}\n{text}");
}
