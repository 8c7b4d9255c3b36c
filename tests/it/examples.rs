//! The examples under `data/examples`: each shows what its first lines say.

use prescale::import::Source;
use prescale::import::ecs::{EcsInput, ecs};
use prescale::model::{Durations, Estimate, EstimateVerdict, estimate};
use prescale::recommend::{HostsReason, Recommendation, YesNo, applied, recommend};
use prescale::rollout::Bound;
use prescale::scenario::Scenario;
use prescale::scenario::read::{Purpose, Syntax, scenario};

fn text(file: &str) -> String {
    std::fs::read_to_string(format!("data/examples/{file}")).expect("the example is there")
}

#[track_caller]
fn read(text: &str) -> Scenario {
    scenario(text, Syntax::Toml, Purpose::MonthlyFigures).expect("the example is valid")
}

fn example(file: &str) -> Scenario {
    read(&text(file))
}

fn estimated(scenario: &Scenario) -> Estimate {
    estimate(scenario).expect("the desired count fits")
}

fn recommended(file: &str) -> Recommendation {
    recommend(&example(file)).expect("the desired count fits")
}

#[track_caller]
fn durations(estimate: &Estimate) -> Durations {
    estimate.duration.expect("it completes")
}

#[track_caller]
fn assert_minutes(found: prescale::units::Seconds, expected: f64) {
    let found = found.minutes();
    assert!(
        (found - expected).abs() < 0.06,
        "{found:.2} min, not {expected}"
    );
}

#[track_caller]
fn assert_usd(found: prescale::units::Usd, expected: f64) {
    assert!(
        (found.0 - expected).abs() < 0.005,
        "{found}, not {expected}"
    );
}

/// What is pasted into a tool is what was recommended, with every setting.
#[test]
fn every_recommendation_that_is_carried_out_takes_as_long_as_it_says() {
    for entry in std::fs::read_dir("data/examples").expect("there are examples") {
        let name = entry.expect("it can be listed").file_name();
        let name = name.to_string_lossy();
        if !name.ends_with(".toml") {
            continue;
        }
        let scenario = example(&name);
        let Some(plan) = recommended(&name).recommended else {
            continue;
        };
        let carried_out = estimated(&applied(&scenario, &plan));
        assert_eq!(carried_out.duration, plan.estimate.duration, "{name}");
    }
}

#[test]
fn every_scenario_can_be_read_and_every_recommendation_made() {
    for entry in std::fs::read_dir("data/examples").expect("there are examples") {
        let name = entry.expect("it can be listed").file_name();
        let name = name.to_string_lossy();
        if name.ends_with(".toml") {
            recommended(&name);
        }
    }
}

#[test]
fn two_tasks_without_room_take_the_better_part_of_twenty_minutes() {
    let estimate = estimated(&example("two-tasks-no-room.toml"));
    assert_eq!(estimate.tasks.room, Some(0));
    assert_minutes(durations(&estimate).new_version_s.mean, 19.9);
    assert_minutes(durations(&estimate).completed_s.mean, 20.2);
}

#[test]
fn with_two_hosts_more_they_take_five() {
    let estimate = estimated(&example("web.toml"));
    assert_eq!(estimate.tasks.room, Some(2));
    // 4.8 min and the 20 s that a host without the image takes longer.
    assert_minutes(durations(&estimate).new_version_s.mean, 5.1);
    let warm = text("web.toml").replace("cold_start_extra = \"20s\"", "cold_start_extra = \"0s\"");
    assert_minutes(durations(&estimated(&read(&warm))).new_version_s.mean, 4.8);
}

#[test]
fn room_for_one_on_a_free_host_replaces_two_tasks_one_by_one() {
    let estimate = estimated(&example("t2-micro-free-hours.toml"));
    assert_eq!(estimate.tasks.room, Some(1));
    assert_eq!(estimate.tasks.peak, 3);
    assert_minutes(durations(&estimate).new_version_s.mean, 14.5);
    assert_usd(estimate.cost.serving_usd_per_month, 0.0);
}

#[test]
fn a_free_place_is_of_no_use_within_a_maximum_of_100_percent() {
    let stop_first = text("t2-micro-free-hours.toml")
        .replace(
            "minimum_healthy_percent = 100",
            "minimum_healthy_percent = 50",
        )
        .replace("maximum_percent = 200", "maximum_percent = 100");
    let estimate = estimated(&read(&stop_first));
    assert_minutes(durations(&estimate).new_version_s.mean, 19.9);
    assert_minutes(durations(&estimate).completed_s.mean, 20.2);
}

#[test]
fn a_static_port_leaves_a_place_only_on_hosts_without_a_task() {
    let estimate = estimated(&example("clb-static-ports.toml"));
    assert_eq!(estimate.tasks.room, Some(2));
    assert_eq!(estimate.tasks.peak, 12);
    // Five rounds of start 45, ready 75, first check 15, nine more 270, drain 300, stop 5 and two
    // reactions of 20 s, the last without drain and stop: 3,405 s where nothing varies.
    let found = durations(&estimate).new_version_s.mean.0;
    assert!((3405.0..3405.0 * 1.03).contains(&found), "{found}");
}

#[test]
fn daemons_and_a_closed_host_leave_less_room_and_cost_more() {
    let estimate = estimated(&example("daemons-and-closed-host.toml"));
    // One task on each of four small hosts and three on the larger: one place more than tasks,
    // and two on the added hosts.
    assert_eq!(estimate.tasks.room, Some(3));
    // eu-central-1: 4 · 0.024 + 0.048 + 0.096 USD/h for 730 h, and 15 USD for each of six agents.
    assert_usd(estimate.cost.serving_usd_per_month, 0.24 * 730.0 + 90.0);
    // Two more agents' licences for a whole month, over 4 · 730 / 24 deployments.
    let licences = 30.0 / (4.0 * 730.0 / 24.0);
    let hosts = estimate.cost.per_deployment_usd.0 - licences;
    let there = durations(&estimate);
    let hours = (there.lead_s.mean + there.completed_s.mean + there.release_s.mean).hours();
    assert!((hosts - 2.0 * 0.024 * hours).abs() < 1e-6, "{hosts}");
}

#[test]
fn full_hosts_and_a_minimum_of_100_percent_are_stuck() {
    let estimate = estimated(&example("stuck.toml"));
    assert_eq!(estimate.verdict, EstimateVerdict::Stuck);
    let stuck = estimate.stuck.expect("there is a reason");
    assert_eq!(stuck.bound, Bound::HostRoom);
    assert_eq!(stuck.fix[0].key, "deployment.minimum_healthy_percent");
}

#[test]
fn a_shorter_drain_is_worth_more_than_hosts() {
    let answer = recommended("settings-first.toml");
    assert_eq!(answer.hosts_answer.answer, YesNo::No);
    assert_eq!(answer.hosts_answer.reason, HostsReason::SettingsFirst);
    let plan = answer.recommended.expect("something meets the limits");
    let changed: Vec<&str> = plan
        .changed
        .iter()
        .map(|change| change.key.as_str())
        .collect();
    assert!(
        changed.contains(&"service.load_balancer.deregistration_delay"),
        "{changed:?}"
    );
}

#[test]
fn hosts_pay_where_every_task_is_needed() {
    let answer = recommended("prescaling-pays.toml");
    assert_eq!(answer.hosts_answer.answer, YesNo::Yes);
    assert_eq!(answer.hosts_answer.reason, HostsReason::Pays);
    let plan = answer.recommended.expect("something meets the limits");
    assert_eq!(plan.prescale_hosts, 8);
    assert_eq!(plan.minimum_healthy_percent, 100);
}

#[test]
fn started_hours_turn_the_answer() {
    let [by_second, by_hour] = ["billing-per-second.toml", "billing-hourly.toml"].map(recommended);
    assert_eq!(by_second.hosts_answer.answer, YesNo::Yes);
    assert_eq!(by_hour.hosts_answer.answer, YesNo::No);
    let [mut one, mut other] = ["billing-per-second.toml", "billing-hourly.toml"].map(example);
    one.billing = other.billing;
    one.assumptions.clear();
    other.assumptions.clear();
    assert_eq!(one, other, "they differ in the billing alone");
}

#[test]
fn on_fargate_there_is_always_room() {
    let estimate = estimated(&example("fargate.toml"));
    assert_eq!(estimate.tasks.room, None);
    // us-east-1: half a vCPU at 0.04048 and a gibibyte at 0.004445 USD/h, six tasks.
    let each = 0.5 * 0.040_48 + 0.004_445;
    assert_usd(estimate.cost.serving_usd_per_month, 6.0 * 730.0 * each);
    assert!(estimate.cost.per_deployment_usd.0 > 0.0);
    // At least the two minutes for which an NLB drains, whatever its setting.
    let duration = durations(&estimate);
    let drained = duration.completed_s.mean.0 - duration.new_version_s.mean.0;
    assert!(drained > 120.0, "{drained}");
}

#[test]
fn described_by_aws_a_service_becomes_a_scenario_with_an_answer() {
    let file = |name: &str| {
        let name = format!("aws/{name}.json");
        Source {
            text: text(&name),
            name,
        }
    };
    let imported = ecs(&EcsInput {
        services: file("services"),
        task_definition: Some(file("task-definition")),
        target_groups: Some(file("target-groups")),
        target_group_attributes: Some(file("target-group-attributes")),
        container_instances: Some(file("container-instances")),
        auto_scaling_groups: Some(file("auto-scaling-groups")),
        service: None,
    })
    .expect("the files can be read");
    let scenario = read(&imported.scenario_toml);
    let predicted = durations(&estimated(&scenario)).completed_s.mean.0;
    for recorded in &scenario.recorded {
        let off = predicted / recorded.completed.0 - 1.0;
        assert!(
            off.abs() < 0.15,
            "{predicted} s, recorded {}",
            recorded.completed.0
        );
    }
    let answer = recommend(&scenario).expect("the desired count fits");
    assert!(
        answer
            .calibration
            .is_some_and(|calibration| calibration.calibrated)
    );
}
