//! Clusters as they are met in production, with the whole answer that an engineer reads.

use super::{Run, assert_narrow, prescale};

#[track_caller]
fn answered(command: &str, example: &str) -> Run {
    let run = prescale(&[command, &format!("data/examples/{example}.toml")]);
    assert_eq!(run.code, Some(0), "{run}");
    assert_narrow(&run);
    run
}

#[test]
fn one_of_twelve_services_hosts() {
    insta::assert_snapshot!(answered("hosts", "twelve-services"));
}

#[test]
fn one_of_twelve_services_explained() {
    insta::assert_snapshot!(answered("explain", "twelve-services"));
}

#[test]
fn one_of_twelve_services_recommended() {
    insta::assert_snapshot!(answered("recommend", "twelve-services"));
}

#[test]
fn two_small_hosts_with_both_tasks_required() {
    insta::assert_snapshot!(answered("hosts", "two-small-hosts"));
}

#[test]
fn two_small_hosts_with_one_task_required() {
    insta::assert_snapshot!(answered("hosts", "two-small-hosts-one-required"));
}

#[test]
fn one_of_twelve_services_simulated() {
    let run = prescale(&[
        "simulate",
        "data/examples/twelve-services.toml",
        "--runs",
        "200",
    ]);
    assert_eq!(run.code, Some(0), "{run}");
    assert_narrow(&run);
    insta::assert_snapshot!(run);
}

#[test]
fn a_large_service_explained() {
    insta::assert_snapshot!(answered("explain", "large-service"));
}

#[test]
fn a_large_service_recommended() {
    insta::assert_snapshot!(answered("recommend", "large-service"));
}

#[test]
fn a_large_service_hosts() {
    insta::assert_snapshot!(answered("hosts", "large-service"));
}

#[test]
fn two_small_hosts_recommended() {
    insta::assert_snapshot!(answered("recommend", "two-small-hosts"));
}
