use serde_json::Value;

use super::{assert_narrow, prescale};

const NO_ROOM: &str = "data/examples/two-tasks-no-room.toml";

#[test]
fn as_text() {
    let run = prescale(&["simulate", NO_ROOM, "--seed", "1", "--runs", "500"]);
    assert_narrow(&run);
    insta::assert_snapshot!(run);
}

#[test]
fn with_prescaled_hosts_as_markdown() {
    let run = prescale(&[
        "simulate",
        "data/examples/web.toml",
        "--runs",
        "200",
        "--format",
        "markdown",
    ]);
    insta::assert_snapshot!(run);
}

#[test]
fn stuck() {
    let run = prescale(&["simulate", "data/examples/stuck.toml"]);
    assert_narrow(&run);
    assert_eq!(run.code, Some(1));
    insta::assert_snapshot!(run);
}

#[test]
fn the_same_bytes_on_any_number_of_threads() {
    let run = |threads: &str| {
        let arguments = ["--runs", "300", "--format", "json", "--threads", threads];
        prescale(&[&["simulate", NO_ROOM][..], &arguments[..]].concat()).stdout
    };
    let alone = run("1");
    assert_eq!(alone, run("3"));
    let json: Value = serde_json::from_str(&alone).expect("standard output is JSON");
    for pointer in [
        "/schema_version",
        "/verdict",
        "/tasks/desired",
        "/tasks/lower_bound",
        "/tasks/upper_bound",
        "/tasks/room",
        "/tasks/min_healthy",
        "/tasks/peak",
        "/duration/lead_s/mean",
        "/duration/new_version_s/p99",
        "/duration/completed_s/p95",
        "/duration/release_s/mean",
        "/cost/serving_usd_per_month",
        "/cost/headroom_usd_per_month",
        "/cost/per_deployment_usd",
        "/cost/total_usd_per_month",
        "/availability/required_tasks",
        "/availability/shortfall_probability",
        "/availability/shortfall_minutes_per_month",
        "/availability/monthly",
        "/standard_errors/completed_s/p95",
        "/runs",
        "/seed",
    ] {
        assert!(json.pointer(pointer).is_some(), "no {pointer}");
    }
}

#[test]
fn a_stuck_answer_has_the_bound_and_what_frees_it() {
    let run = prescale(&["simulate", "data/examples/stuck.toml", "--format", "json"]);
    let json: Value = serde_json::from_str(&run.stdout).expect("standard output is JSON");
    assert_eq!(json["stuck"]["bound"], "host_room");
    assert!(json["stuck"]["fix"][0]["key"].is_string());
    assert!(json.get("duration").is_none());
}

#[test]
fn the_first_run_as_a_table() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("run.csv");
    let path = path.to_str().expect("UTF-8");
    let run = prescale(&["simulate", NO_ROOM, "--runs", "3", "--timeline", path]);
    assert_eq!(run.code, Some(0), "{run}");
    let csv = std::fs::read_to_string(path).expect("the timeline is there");
    let mut lines = csv.lines();
    assert_eq!(
        lines.next(),
        Some("time_s,task,host,event,old_healthy,new_healthy,starting,stopping,tasks")
    );
    assert_eq!(lines.next(), Some("0,,,request,2,0,0,0,2"));
    let events: Vec<&str> = lines.filter_map(|line| line.split(',').nth(3)).collect();
    let one_task = ["stopping", "stopped", "pending", "running", "healthy"];
    assert_eq!(
        events,
        [&one_task[..], &one_task[..], &["completed"]].concat()
    );
}

#[test]
fn a_bad_path_is_told_before_the_runs() {
    let path = "no-such-folder/run.csv";
    let run = prescale(&[
        "simulate",
        NO_ROOM,
        "--runs",
        "10000000",
        "--timeline",
        path,
    ]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains(path), "{run}");
}
