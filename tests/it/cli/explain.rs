use serde_json::Value;

use super::{assert_narrow, prescale};

#[test]
fn with_prescaled_hosts() {
    let run = prescale(&["explain", "data/examples/web.toml"]);
    assert_narrow(&run);
    insta::assert_snapshot!(run);
}

#[test]
fn stuck() {
    let run = prescale(&["explain", "data/examples/stuck.toml"]);
    assert_eq!(run.code, Some(1));
    assert_narrow(&run);
    insta::assert_snapshot!(run);
}

#[test]
fn json_has_the_estimate_and_the_steps() {
    let run = prescale(&["explain", "data/examples/web.toml", "--format", "json"]);
    let json: Value = serde_json::from_str(&run.stdout).expect("standard output is JSON");
    assert_eq!(json["verdict"], "completes");
    assert!(
        json["steps"]
            .as_array()
            .is_some_and(|steps| !steps.is_empty())
    );
}
