//! Every warning names the key that settles it, and is gone when the missing fact is given.

use prescale::model::estimate;
use prescale::scenario::read::{Purpose, Syntax, scenario};

use crate::base::{self, WEB};

/// With twice the hosts, half of the tasks replaced at a time.
fn base() -> String {
    WEB.replace("healthy_percent = 100", "healthy_percent = 50")
        .replace("count = 2\n", "count = 4\n")
}

/// The base with more keys in its tables; a table that is not there is added.
fn with(changes: &[(&str, &str)]) -> String {
    base::with(&base(), changes)
}

#[track_caller]
fn warnings(changes: &[(&str, &str)]) -> Vec<String> {
    let text = with(changes);
    let read = scenario(&text, Syntax::Toml, Purpose::DurationsOnly)
        .unwrap_or_else(|problems| panic!("{text}: {problems:?}"));
    estimate(&read).expect("the desired count fits").warnings
}

/// One warning about a key, in a scenario; and the same without it when the fact is given.
#[track_caller]
fn assert_settled_by(key: &str, warned: &[(&str, &str)], settled: &[(&str, &str)]) {
    let found = warnings(warned);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains(key), "{found:?} does not name {key}");
    let left = warnings(settled);
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn nothing_is_warned_of_without_a_reason() {
    assert_eq!(warnings(&[]), Vec::<String>::new());
}

#[test]
fn a_grace_period_that_kills() {
    assert_settled_by(
        "service.health_check_grace_period",
        &[("service", "health_check_grace_period = \"215s\"")],
        &[("service", "health_check_grace_period = \"300s\"")],
    );
}

#[test]
fn chance_that_trips_the_circuit_breaker() {
    let fails = ("service", "failed_start_probability = 0.3");
    let key = "service.failed_start_probability";
    let corrected = ("service", "failed_start_probability = 0.01");
    assert_settled_by(key, &[fails], &[corrected]);
    let otherwise = "circuit_breaker = false\nfailure_detection = \"15m\"";
    assert_settled_by(
        "deployment.circuit_breaker",
        &[fails],
        &[fails, ("deployment", otherwise)],
    );
}

#[test]
fn percents_that_are_stuck_at_some_count() {
    // 100/110 moves from 10 tasks on only.
    let text = |range: &str| {
        base()
            .replace("desired_count = 4", &format!("desired_count = 10\n{range}"))
            .replace("healthy_percent = 50", "healthy_percent = 100")
            .replace("maximum_percent = 200", "maximum_percent = 110")
            .replace("count = 4", "count = 12")
    };
    let of = |range: &str| {
        let text = text(range);
        let read = scenario(&text, Syntax::Toml, Purpose::MonthlyFigures).expect("it is good");
        estimate(&read).expect("it fits")
    };
    let found = of("desired_range = [8, 20]");
    assert_eq!(found.warnings.len(), 1, "{:?}", found.warnings);
    assert!(found.warnings[0].contains("service.desired_range"));
    assert!(of("desired_range = [10, 20]").warnings.is_empty());
}

#[test]
fn a_range_that_the_hosts_do_not_hold() {
    assert_settled_by(
        "service.desired_range",
        &[("service", "desired_range = [2, 20]")],
        &[("service", "desired_range = [2, 8]")],
    );
}

#[test]
fn a_slow_start_that_leaves_too_little() {
    assert_settled_by(
        "service.load_balancer.slow_start",
        &[("service.load_balancer", "slow_start = \"300s\"")],
        &[("service.load_balancer", "slow_start = \"0s\"")],
    );
}

#[test]
fn more_tasks_required_than_desired() {
    assert_settled_by(
        "[service.load]",
        &[("service.load", "required_tasks = 5")],
        &[("service.load", "required_tasks = 4")],
    );
}

#[test]
fn managed_scaling_against_hosts_added_by_hand() {
    let by_hand = ("prescale", "hosts = 1\nrelease = \"20m\"");
    assert_settled_by(
        "cluster.capacity_provider.managed_scaling",
        &[
            by_hand,
            ("cluster.capacity_provider", "managed_scaling = true"),
        ],
        &[
            by_hand,
            ("cluster.capacity_provider", "managed_scaling = false"),
        ],
    );
}

#[test]
fn managed_scaling_takes_no_host_that_is_soon_used_and_soon_gone() {
    for target in [100, 90] {
        let provider = format!("managed_scaling = true\ntarget_capacity = {target}");
        let provider = ("cluster.capacity_provider", provider.as_str());
        let kept = ("prescale", "hosts = 1\nrelease = \"60s\"");
        assert_eq!(warnings(&[kept, provider]), Vec::<String>::new());
        let idle = ("prescale", "hosts = 1\nrelease = \"16m\"");
        let found = warnings(&[idle, provider]);
        assert!(
            found[0].contains("an added one is for 16.0 min"),
            "{found:?}"
        );
        assert!(!found[0].contains("target_capacity"), "{found:?}");
    }
    // More hosts than tasks that may start on them: some are idle all the time.
    let many = ("prescale", "hosts = 9\nrelease = \"60s\"");
    let provider = ("cluster.capacity_provider", "managed_scaling = true");
    let long = ("service.load_balancer", "deregistration_delay = \"900s\"");
    let found = warnings(&[many, provider, long]);
    assert!(found[0].contains("managed_scaling = false"), "{found:?}");
}

#[test]
fn a_lock_whose_queue_has_no_end() {
    let lock = "per_day = 20\nduration = \"30m\"\nlock = true";
    let found = warnings(&[
        ("deployment", "window_hours = 8"),
        ("cluster.concurrent_deployments", lock),
    ]);
    let told = "the queue for the lock has no end";
    assert!(found[0].contains(told), "{found:?}");
}

#[test]
fn hosts_that_termination_protection_keeps() {
    let newest = ("prescale", "hosts = 1\nrelease_hosts = \"newest\"");
    let key = "cluster.capacity_provider.managed_termination_protection";
    let provider = |protection: bool| {
        format!("managed_scaling = false\nmanaged_termination_protection = {protection}")
    };
    assert_settled_by(
        key,
        &[newest, ("cluster.capacity_provider", &provider(true))],
        &[newest, ("cluster.capacity_provider", &provider(false))],
    );
}

#[test]
fn more_deployments_than_a_day_holds() {
    let many = |hours: u32| format!("window_hours = {hours}");
    let text =
        |hours: u32| with(&[("deployment", &many(hours))]).replace("per_day = 4", "per_day = 20");
    let of = |hours: u32| {
        let text = text(hours);
        let read = scenario(&text, Syntax::Toml, Purpose::DurationsOnly).expect("it is good");
        estimate(&read).expect("it fits").warnings
    };
    let found = of(2);
    assert_eq!(found.len(), 1, "{found:?}");
    for key in ["deployment.per_day", "deployment.window_hours"] {
        assert!(found[0].contains(key), "{found:?}");
    }
    assert!(of(12).is_empty(), "{:?}", of(12));
}

#[test]
fn others_that_ask_for_more_than_a_day_holds() {
    let lock = |per_day: u32| format!("per_day = {per_day}\nduration = \"30m\"\nlock = true");
    assert_settled_by(
        "cluster.concurrent_deployments",
        &[
            ("deployment", "window_hours = 8"),
            ("cluster.concurrent_deployments", &lock(20)),
        ],
        &[
            ("deployment", "window_hours = 8"),
            ("cluster.concurrent_deployments", &lock(2)),
        ],
    );
}

/// Each function that makes a warning is one that a test above asks for.
#[test]
fn no_warning_is_forgotten() {
    let source = std::fs::read_to_string("src/model/estimate.rs").expect("it can be read");
    let body = source
        .split_once("fn warnings(")
        .and_then(|(_, rest)| rest.split_once("\n    }\n"))
        .expect("warnings are collected in one place")
        .0;
    let made = body.matches("warnings.push(").count() + body.matches("warnings.extend(").count();
    // Grace, breaker, range, slow start, required tasks, capacity provider, day.
    assert_eq!(made, 7, "a new warning needs a test of what settles it");
}
