//! Failing starts and failing deployments, against values computed by hand.

use prescale::model::{Estimate, estimate};
use prescale::scenario::Scenario;
use prescale::scenario::read::{Purpose, Syntax, scenario};
use prescale::simulate::{Asked, simulate};

/// Two tasks, no load balancer: healthy 40 s after RUNNING, so 80 s after the start decision. All
/// durations are fixed: reaction 20 s, stop 5 s.
fn two_tasks(percents: (u32, u32), free: u32, deployment: &str) -> Scenario {
    let text = format!(
        "[service]\ndesired_count = 2\ntiming = {{ start = \"40s\", ready = \"1s\", stop = \"5s\" }}\n\
         [deployment]\nminimum_healthy_percent = {}\nmaximum_percent = {}\nreaction = \"20s\"\n\
         per_day = 1.0\ndays_per_month = 20\n{deployment}\n[cluster]\nfree_tasks = {free}\n",
        percents.0, percents.1
    );
    scenario(&text, Syntax::Toml, Purpose::MonthlyFigures).expect("the scenario is good")
}

fn estimated(scenario: &Scenario) -> Estimate {
    estimate(scenario).expect("the desired count fits")
}

#[track_caller]
fn assert_close(found: f64, expected: f64) {
    assert!(
        (found - expected).abs() < 0.5,
        "{found:.2}, not {expected:.2}"
    );
}

#[test]
fn with_room_for_all_the_old_tasks_are_never_touched() {
    // Two starts at 20 s fail at 100 s, two more at 200 s: the third failure trips the breaker,
    // the decision comes at 220 s, the new tasks are gone at 225 s, the reaction ends at 245 s. At
    // 220 s both places are to begin again too, each as likely after the decision: if both are,
    // nothing has to stop, 0.5 · 0.5 · 5 s less.
    let found = estimated(&two_tasks((100, 200), 2, "failure_rate = 0.1"));
    let duration = found.duration.expect("it completes");
    assert_close(duration.rollback_s.mean.0, 243.75);
    assert_close(
        found
            .availability
            .shortfall_minutes_per_month
            .expect("per_day is given"),
        0.0,
    );
}

#[test]
fn without_room_the_stopped_task_comes_back_last() {
    // −1 at 20 s, gone at 25 s, starts at 45, 145 and 245 s that fail 80 s later: the third at
    // 325 s, decided at 345 s. If a fourth has started, it is gone at 350 s, the old version starts
    // at 370 s and is healthy at 450 s, seen at 470 s. As likely its reaction is the longer one: the
    // place is empty, and the old version starts at 345 s and is seen at 445 s.
    let found = estimated(&two_tasks((50, 100), 0, "failure_rate = 0.1"));
    let duration = found.duration.expect("it completes");
    assert_close(duration.rollback_s.mean.0, 457.5);
    // A good one is short from 20 to 125 s and from 145 to 250 s: 210 s. A bad one from 20 to
    // 437.5 s. 20 a month: 20 · (0.9 · 210 + 0.1 · 417.5) / 60 = 76.9 min.
    let minutes = found.availability.shortfall_minutes_per_month;
    assert_close(minutes.expect("per_day is given"), 76.9);
}

#[test]
fn without_the_breaker_a_failure_is_found_when_it_is_said_to_be() {
    let keys = "failure_rate = 0.1\ncircuit_breaker = false\nfailure_detection = \"14m30s\"";
    let found = estimated(&two_tasks((100, 200), 2, keys));
    let duration = found.duration.expect("it completes");
    // Both places start since 820 s, and fail at 900 s.
    assert_close(duration.rollback_s.mean.0, 870.0 + 5.0 + 20.0);
}

#[test]
fn a_failed_start_is_made_again_one_reaction_later() {
    let with = |share: f64| {
        let mut scenario = two_tasks((50, 100), 0, "");
        scenario.service.failed_start_probability = share;
        let found = estimated(&scenario);
        found.duration.expect("it completes").new_version_s.mean.0
    };
    // 250 s, and for each of two tasks, one after another, 0.2 / 0.8 · (80 + 20) = 25 s more.
    assert_close(with(0.0), 250.0);
    assert_close(with(0.2), 300.0);
}

#[test]
fn chance_that_trips_the_breaker_is_warned_of_and_the_warning_can_be_settled() {
    let warnings = |keys: &str| {
        let mut scenario = two_tasks((100, 200), 2, keys);
        scenario.service.failed_start_probability = 0.5;
        estimated(&scenario).warnings
    };
    // Three of up to four starts fail before two do not: 5/16.
    assert!(
        warnings("")[0].starts_with("31 % of deployments"),
        "{:?}",
        warnings("")
    );
    assert!(warnings("circuit_breaker = false\nfailure_detection = \"15m\"").is_empty());
}

/// Estimated over simulated mean of the rollback, less one.
fn rollback_off(text: &str) -> f64 {
    let read = scenario(text, Syntax::Toml, Purpose::MonthlyFigures).expect("it is good");
    let found = estimated(&read).duration.expect("it completes");
    let asked = Asked {
        runs: 400,
        seed: 3,
        threads: 1,
    };
    let played = simulate(&read, asked).expect("the desired count fits");
    let simulated = played.duration.and_then(|duration| duration.rollback_s);
    found.rollback_s.mean.0 / simulated.expect("some fail").mean - 1.0
}

/// Tasks on one kind of host, in a service that starts slowly and drains for a minute.
fn on_hosts(desired: u32, percents: [u32; 2], timing: &str, hosts: &str) -> String {
    let [minimum, maximum] = percents;
    format!(
        r#"
[service]
desired_count = {desired}
cpu = 512
memory_mib = 1024
launch_type = "ec2"
health_check_grace_period = "600s"
[service.timing]
start = "40s"
ready = "70s"
stop = "5s"
{timing}
[service.load_balancer]
type = "alb"
health_check_interval = "30s"
unhealthy_threshold = 10
deregistration_delay = "60s"
[deployment]
minimum_healthy_percent = {minimum}
maximum_percent = {maximum}
per_day = 4
reaction = "20s"
failure_rate = 0.5
[cluster]
region = "us-east-1"
[[cluster.hosts]]
instance_type = "m5.large"
{hosts}
"#
    )
}

#[test]
fn starts_that_share_a_host_fail_and_return_later() {
    let host = "count = 1\nregistered_cpu = 8192\nregistered_memory_mib = 20000";
    // Pulls in line end in turn; taken as independent, fewer places are empty at the decision.
    let off = rollback_off(&on_hosts(4, [50, 200], "pull_share = 0.5", host));
    assert!(off.abs() < 0.09, "{off:.3}");
}

#[test]
fn the_old_tasks_return_as_the_rate_limit_lets_them() {
    let hosts = "count = 100\nregistered_cpu = 6144\nregistered_memory_mib = 20000";
    let off = rollback_off(&on_hosts(600, [0, 100], "", hosts));
    assert!(off.abs() < 0.04, "{off:.3}");
}

#[test]
fn failing_deployments_keep_pre_scaled_hosts_longer() {
    let text = std::fs::read_to_string("data/examples/web.toml").expect("the example is there");
    let cost = |text: &str| {
        let read = scenario(text, Syntax::Toml, Purpose::MonthlyFigures).expect("it is good");
        let found = estimated(&read);
        let duration = found.duration.expect("it completes");
        (found.cost.per_deployment_usd.0, duration)
    };
    let (without, duration) = cost(&text);
    let (with, _) = cost(&text.replace("[deployment]", "[deployment]\nfailure_rate = 0.25"));
    // Hosts are billed for lead, deployment and release; the lead of both is the same.
    let hours = |deployment: f64| duration.lead_s.mean.0 + deployment + 60.0;
    let (good, bad) = (
        hours(duration.completed_s.mean.0),
        hours(duration.rollback_s.mean.0),
    );
    let expected = 0.75 + 0.25 * bad / good;
    let evacuated = duration.evacuation_s.mean.0;
    assert!(
        evacuated <= 0.0,
        "no task moves at the release: {evacuated}"
    );
    // The mean boot of a host stands for the lead here, hence the tolerance.
    assert!(
        (with / without - expected).abs() < 0.02,
        "{with} {without} {expected}"
    );
}
