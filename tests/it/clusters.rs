//! Deployments in clusters that others use too, with values worked out by hand.

use prescale::explain::explain;
use prescale::model::{Estimate, estimate};
use prescale::recommend::recommend;
use prescale::rollout::others;
use prescale::scenario::Scenario;
use prescale::scenario::read::{Problem, Purpose, Syntax, scenario};
use prescale::simulate::{Asked, Simulation, simulate};

use crate::base::with_in;

/// Four tasks of half a host, on two hosts more than they need.
const BASE: &str = r#"
[service]
name = "web"
desired_count = 4
cpu = 512
memory_mib = 512
launch_type = "ec2"
[service.timing]
start = "60s"
ready = "0s"
stop = "0s"
cold_start_extra = "30s"
[deployment]
minimum_healthy_percent = 100
maximum_percent = 200
reaction = "20s"
[cluster]
[[cluster.hosts]]
instance_type = "small"
registered_cpu = 1024
registered_memory_mib = 2048
usd_per_hour = 0.1
count = 4
"#;

fn read_for(text: &str, purpose: Purpose) -> Result<Scenario, Vec<Problem>> {
    scenario(text, Syntax::Toml, purpose)
}

#[track_caller]
fn read(text: &str) -> Scenario {
    read_for(text, Purpose::DurationsOnly).expect("the scenario is valid")
}

/// The base with keys put into a table.
fn with(table: &str, keys: &str) -> String {
    with_in(BASE, table, keys)
}

#[track_caller]
fn estimated(text: &str) -> Estimate {
    estimate(&read(text)).expect("the desired count fits")
}

#[track_caller]
fn assert_close(found: f64, expected: f64) {
    let tolerance = 1e-6 * expected.abs().max(1.0);
    assert!(
        (found - expected).abs() < tolerance,
        "{found}, not {expected}"
    );
}

/// 20 deployments of 14 minutes in 8 hours.
const TWENTY: &str = "per_day = 20\nduration = \"14m\"\ntasks = 1";

fn twenty() -> String {
    let text = with("deployment", "window_hours = 8");
    with_in(&text, "cluster.concurrent_deployments", TWENTY)
}

#[test]
fn the_room_is_less_what_others_take_in_95_of_100_moments() {
    // 20 × 840 s / 28,800 s = 0.5833 at a moment. P(0) = e^-0.5833 = 0.5580, P(1) = 0.3255,
    // P(2) = 0.0949: at most 1 in 88 %, at most 2 in 98 % of moments.
    let found = others(&read(&twenty())).expect("others are given");
    assert_close(found.mean, 7.0 / 12.0);
    assert_eq!((found.at_once, found.tasks), (2, 2));
    assert_eq!(estimated(BASE).tasks.room, Some(4));
    assert_eq!(estimated(&twenty()).tasks.room, Some(2));
}

#[test]
fn a_longer_day_has_fewer_at_a_moment() {
    // 20 × 840 / 86,400 = 0.1944: P(0) = 0.8233, P(≤ 1) = 0.9834.
    let text = twenty().replace("window_hours = 8\n", "");
    assert_eq!(estimated(&text).tasks.room, Some(3));
    let assumed = read(&text).assumptions;
    assert!(assumed.iter().any(|a| a.key == "deployment.window_hours"));
}

#[test]
fn room_that_others_take_makes_a_deployment_slower() {
    let alone = estimated(BASE).duration.expect("it completes");
    let beside = estimated(&twenty()).duration.expect("it completes");
    // 20 + 60 s and 40 s until counted healthy; two rounds for two more reactions and a start.
    assert_close(alone.new_version_s.mean.0, 120.0);
    assert_close(beside.new_version_s.mean.0, 120.0 + 40.0 + 100.0);
}

#[test]
fn explain_says_what_others_take() {
    let told = explain(&read(&twenty())).expect("the desired count fits");
    let why: Vec<&String> = told.steps.iter().flat_map(|step| &step.why).collect();
    assert!(
        why.iter().any(|line| line.contains("0.58 run at a moment")),
        "{why:?}"
    );
}

#[test]
fn a_lock_leaves_the_room_and_makes_them_wait() {
    // 24 of 10 min in 8 h: λ = 1 / 1200 s, load 0.5; 600² / 1200 / (2 · 0.5) = 300 s.
    let lock = "per_day = 24\nduration = \"10m\"\nlock = true";
    let text = with_in(
        &with("deployment", "window_hours = 8"),
        "cluster.concurrent_deployments",
        lock,
    );
    let found = estimated(&text);
    assert_eq!(found.tasks.room, Some(4));
    let wait = found.duration.and_then(|d| d.lock_wait_s);
    assert_close(wait.expect("there is a lock").mean.0, 300.0);
    assert!(found.warnings.is_empty());
    let told = explain(&read(&text)).expect("the desired count fits");
    assert!(told.steps[0].what.contains("lock"));
    assert_close(told.steps[0].at_s.0, -300.0);
}

#[test]
fn own_deployments_hold_the_lock_too() {
    // Own: 12 a day, each as long as the model says.
    let lock = "per_day = 24\nduration = \"10m\"\nlock = true";
    let text = with("deployment", "window_hours = 8\nper_day = 12");
    let text = with_in(&text, "cluster.concurrent_deployments", lock);
    let duration = estimated(&text).duration.expect("it completes");
    let s = duration.completed_s.mean.0;
    let (own, other) = (12.0 / 28_800.0, 24.0 / 28_800.0);
    let expected = (own * s * s + other * 360_000.0) / (2.0 * (1.0 - own * s - other * 600.0));
    assert_close(duration.lock_wait_s.expect("a lock").mean.0, expected);
}

#[test]
fn a_day_that_is_too_short_is_warned_of_and_a_longer_one_is_not() {
    let lock = "per_day = 60\nduration = \"10m\"\nlock = true";
    let text = with("deployment", "window_hours = 8\nper_day = 1");
    let text = with_in(&text, "cluster.concurrent_deployments", lock);
    let found = estimated(&text);
    // 60 × 10 min are 10 h: the queue has no end, and no wait is told.
    assert_eq!(found.duration.and_then(|d| d.lock_wait_s), None);
    assert_eq!(found.warnings.len(), 1);
    for key in ["deployment.per_day", "deployment.window_hours"] {
        assert!(found.warnings[0].contains(key), "{}", found.warnings[0]);
    }
    let longer = text.replace("window_hours = 8", "window_hours = 11");
    assert!(estimated(&longer).warnings.is_empty());
}

#[test]
fn more_of_ones_own_than_a_day_holds() {
    // 20 + 60 + 40 s, a reaction, the stop of 0 s and a reaction: 24 h hold 540 of 160 s.
    let warned = |per_day: u32| {
        let text = with("deployment", &format!("per_day = {per_day}"));
        !estimated(&text).warnings.is_empty()
    };
    assert!(!warned(539));
    assert!(warned(541));
}

#[test]
fn what_is_wrong_with_others_is_said() {
    for (keys, expected) in [
        ("duration = \"14m\"", "per_day"),
        ("per_day = 20", "duration"),
        ("per_day = -1\nduration = \"14m\"", "per_day"),
        ("per_day = 1\nduration = 14", "duration"),
        ("per_day = 1\nduration = \"14m\"\nlock = 1", "lock"),
    ] {
        let text = with("cluster.concurrent_deployments", keys);
        let problems = read_for(&text, Purpose::DurationsOnly).expect_err("it is bad");
        let key = format!("cluster.concurrent_deployments.{expected}");
        assert!(problems.iter().any(|p| p.key == key), "{problems:?}");
    }
}

/// The same, played.
#[track_caller]
fn simulated(text: &str) -> Simulation {
    let asked = Asked {
        runs: 200,
        seed: 1,
        threads: 1,
    };
    simulate(&read(text), asked).expect("the desired count fits")
}

#[test]
fn others_take_the_same_room_in_the_simulation() {
    for per_day in [1, 20, 60, 200] {
        let text = twenty().replace("per_day = 20", &format!("per_day = {per_day}"));
        let (model, played) = (estimated(&text), simulated(&text));
        assert_eq!(model.tasks.room, played.tasks.room, "{per_day} a day");
    }
}

#[test]
fn the_wait_for_the_lock_is_as_played() {
    let lock = "per_day = 24\nduration = { mean = \"10m\", cv = 0.5 }\nlock = true";
    let text = with("deployment", "window_hours = 8\nper_day = 12");
    let text = with_in(&text, "cluster.concurrent_deployments", lock);
    let wait = |mean: Option<f64>| mean.expect("a lock");
    let model = estimated(&text).duration.and_then(|d| d.lock_wait_s);
    let model = wait(model.map(|wait| wait.mean.0));
    let played = simulated(&text);
    let found = wait(played.duration.and_then(|d| d.lock_wait_s).map(|w| w.mean));
    let error = wait(
        played
            .standard_errors
            .and_then(|d| d.lock_wait_s)
            .map(|w| w.mean),
    );
    assert!(
        (model - found).abs() < 4.0 * error && error < 0.03 * found,
        "{model} against {found} ± {error}"
    );
}

#[test]
fn the_recommendation_tells_the_wait_for_the_lock_apart() {
    let lock = "per_day = 24\nduration = \"10m\"\nlock = true";
    let text = with("deployment", "window_hours = 8\nper_day = 2");
    let text = with_in(&text, "cluster.concurrent_deployments", lock);
    let found = recommend(&read(&text)).expect("the desired count fits");
    let plan = found.recommended.expect("there are no limits");
    let duration = plan.estimate.duration.expect("it moves");
    let wait = duration.lock_wait_s.expect("there is a lock").mean;
    let reason = format!("Each deployment waits {wait} for the lock of the cluster");
    assert!(
        found.reasons.iter().any(|one| one.starts_with(&reason)),
        "{:?}",
        found.reasons
    );
    // What is saved is lead and clock, without the wait.
    let now = found.current.estimate.duration.expect("it moves");
    let saved = (now.lead_s.mean + now.completed_s.mean)
        - (duration.lead_s.mean + duration.completed_s.mean);
    let told = found.hosts_answer.saves_vs_current_s.expect("both move");
    assert_close(told.0, saved.0);
}
