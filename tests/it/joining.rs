//! Deployments whose hosts join while they run, against the event simulation and by hand.

use prescale::explain::explain;
use prescale::model::{Estimate, Model, Plan, estimate};
use prescale::rollout::{
    joining, room, scenario_added, scenario_moves, steps, target_for, target_headroom,
};
use prescale::scenario::Scenario;
use prescale::scenario::read::{Purpose, Syntax, scenario};
use prescale::simulate::{Asked, Simulation, simulate};

/// Tasks that fill their hosts, two on each, in a cluster with managed scaling.
fn text(desired: u32, hosts: u32, percents: [u32; 2], provider: &str) -> String {
    let [minimum, maximum] = percents;
    format!(
        r#"
[service]
name = "web"
desired_count = {desired}
cpu = 1024
memory_mib = 1024
launch_type = "ec2"
[service.timing]
start = {{ mean = "45s", cv = 0.2 }}
ready = {{ mean = "75s", cv = 0.2 }}
stop = {{ mean = "5s", cv = 0.5 }}
cold_start_extra = "20s"
[service.load_balancer]
type = "alb"
[deployment]
minimum_healthy_percent = {minimum}
maximum_percent = {maximum}
per_day = 4
reaction = {{ mean = "20s", cv = 0.4 }}
[cluster]
[[cluster.hosts]]
instance_type = "m5.large"
usd_per_hour = 0.1
count = {hosts}
[prices]
"m5.large" = 0.1
[cluster.capacity_provider]
{provider}
[prescale]
boot = {{ mean = "150s", cv = 0.2 }}
"#
    )
}

#[track_caller]
fn read(text: &str) -> Scenario {
    scenario(text, Syntax::Toml, Purpose::MonthlyFigures).expect("the scenario is valid")
}

fn estimated(scenario: &Scenario) -> Estimate {
    estimate(scenario).expect("the desired count fits")
}

/// The same deployment, simulated.
fn simulated(scenario: &Scenario, runs: u32) -> Simulation {
    let asked = Asked {
        runs,
        seed: 7,
        threads: 1,
    };
    simulate(scenario, asked).expect("the desired count fits")
}

/// Mean and 95 % of both clocks within a share of the simulation.
#[track_caller]
fn assert_agrees(text: &str, tolerance: f64) {
    let scenario = read(text);
    let found = estimated(&scenario).duration.expect("it completes");
    let expected = simulated(&scenario, 4000).duration.expect("it completes");
    for (name, found, expected) in [
        (
            "new version",
            found.new_version_s.mean.0,
            expected.new_version_s.mean,
        ),
        (
            "new version p95",
            found.new_version_s.p95.0,
            expected.new_version_s.p95,
        ),
        (
            "completed",
            found.completed_s.mean.0,
            expected.completed_s.mean,
        ),
        (
            "completed p95",
            found.completed_s.p95.0,
            expected.completed_s.p95,
        ),
    ] {
        let off = found / expected - 1.0;
        assert!(
            off.abs() < tolerance,
            "{name}: {found:.1} s, simulated {expected:.1} s: {:.2} % off",
            off * 100.0
        );
    }
}

#[test]
fn all_tasks_wait_for_hosts_of_one_step() {
    assert_agrees(&text(8, 4, [100, 200], ""), 0.015);
}

#[test]
fn one_task_on_one_host() {
    let text = text(1, 1, [100, 200], "").replace("cpu = 1024", "cpu = 2048");
    assert_agrees(&text, 0.01);
}

#[test]
fn room_for_some_and_hosts_for_the_rest() {
    assert_agrees(&text(8, 6, [100, 200], ""), 0.02);
}

#[test]
fn steps_a_warm_up_apart() {
    assert_agrees(
        &text(8, 4, [100, 200], "maximum_scaling_step_size = 1"),
        0.02,
    );
}

#[test]
fn a_round_for_every_half() {
    assert_agrees(&text(8, 4, [100, 150], ""), 0.03);
}

#[test]
fn old_tasks_stop_while_hosts_boot() {
    assert_agrees(&text(8, 4, [50, 150], ""), 0.03);
}

#[test]
fn many_tasks() {
    assert_agrees(
        &text(100, 50, [100, 150], "maximum_scaling_step_size = 10"),
        0.03,
    );
}

#[test]
fn hosts_are_the_waiting_over_the_places_in_steps() {
    let scenario = read(&text(8, 5, [100, 200], "maximum_scaling_step_size = 2"));
    let moves = scenario_moves(&scenario).expect("the desired count fits");
    // Room for 2 of 8: 6 wait, 2 on a host, ⌈6 / 2⌉ = 3 hosts, in steps of 2 and 1.
    assert_eq!(
        (moves.surge, moves.joining.hosts, moves.joining.places),
        (2, 3, 6)
    );
    let scaling = scenario.capacity_provider.and_then(|p| p.scaling);
    assert_eq!(steps(&scaling.expect("it is on"), 3), [2, 1]);
    assert_eq!(moves.peak, 16);
    let found = room(&scenario, scenario_added(&scenario)).expect("it fits");
    assert_eq!(joining(&scenario, moves.bounds, found), moves.joining);
}

#[test]
fn a_least_step_launches_more_than_are_needed() {
    let scenario = read(&text(2, 1, [100, 200], "minimum_scaling_step_size = 3"));
    let moves = scenario_moves(&scenario).expect("the desired count fits");
    assert_eq!((moves.joining.hosts, moves.joining.places), (3, 2));
}

#[test]
fn what_is_stuck_without_managed_scaling_moves_with_it() {
    let on = text(8, 4, [100, 200], "managed_scaling = true");
    let off = text(8, 4, [100, 200], "managed_scaling = false");
    assert!(estimated(&read(&on)).duration.is_some());
    assert!(estimated(&read(&off)).stuck.is_some());
}

#[test]
fn mode_reactive_is_managed_scaling_and_its_hosts_are_a_limit() {
    let base = text(8, 4, [100, 200], "").replace("[cluster.capacity_provider]\n", "");
    assert!(estimated(&read(&base)).stuck.is_some());
    let reactive = |more: &str| {
        base.replace(
            "[prescale]",
            &format!("[prescale]\nmode = \"reactive\"{more}"),
        )
    };
    let moves = scenario_moves(&read(&reactive(""))).expect("it fits");
    assert_eq!(moves.joining.hosts, 4);
    let moves = scenario_moves(&read(&reactive("\nhosts = 3"))).expect("it fits");
    assert_eq!((moves.joining.hosts, moves.joining.places), (3, 6));
    assert_eq!(moves.room.cold, 0);
}

#[test]
fn tasks_that_stops_have_placed_by_the_alarm_need_no_host() {
    // Four stop with the first moves and are seen gone 60 + 5 + 20 s later, before the alarm at
    // 90 s: all new tasks have their places. With one that may not stop one still waits.
    let text = |minimum: u32, alarm: &str| {
        text(4, 2, [minimum, 125], &format!("alarm = \"{alarm}\"")).replace(
            "type = \"alb\"",
            "type = \"alb\"\nderegistration_delay = \"60s\"",
        )
    };
    let hosts = |text: &str| {
        let moves = scenario_moves(&read(text)).expect("it fits");
        moves.joining.hosts
    };
    assert_eq!(hosts(&text(0, "90s")), 0);
    assert_eq!(hosts(&text(0, "60s")), 1);
    assert_eq!(hosts(&text(25, "90s")), 1);
    let found = estimated(&read(&text(0, "90s"))).tasks;
    assert_eq!((found.peak, found.hosts_on_demand), (4, None));
    assert_agrees(&text(0, "120s"), 0.01);
}

#[test]
fn places_that_join_after_old_tasks_have_gone_are_not_beside_them() {
    let one_by_one = "maximum_scaling_step_size = 1\ninstance_warmup = \"900s\"";
    let scenario = read(&text(4, 2, [100, 200], one_by_one));
    let peak = estimated(&scenario).tasks.peak;
    assert_eq!(peak, simulated(&scenario, 200).tasks.peak);
    assert!(peak < 8, "{peak}");
}

#[test]
fn a_version_that_fails_on_hosts_that_join_is_rolled_back_as_simulated() {
    let one_by_one = "maximum_scaling_step_size = 1";
    for (percents, steps) in [([100, 200], ""), ([100, 200], one_by_one)] {
        let text =
            text(4, 2, percents, steps).replace("[deployment]", "[deployment]\nfailure_rate = 0.5");
        let scenario = read(&text);
        let found = estimated(&scenario).duration.expect("it completes");
        let expected = simulated(&scenario, 1000).duration.expect("it completes");
        let simulated = expected.rollback_s.expect("some fail").mean;
        let off = found.rollback_s.mean.0 / simulated - 1.0;
        assert!(off.abs() < 0.03, "{steps}: {off:.3} of {simulated:.0} s");
    }
}

#[test]
fn a_plan_with_hosts_of_its_own_leaves_reactive_mode_and_its_limit() {
    let text = text(8, 4, [100, 200], "").replace("[cluster.capacity_provider]\n", "");
    let mode = "[prescale]\nmode = \"reactive\"\nhosts = 1";
    let scenario = read(&text.replace("[prescale]", mode));
    let joining = |prescale_hosts| {
        let plan = Plan {
            prescale_hosts,
            ..Plan::of(&scenario)
        };
        let outcome = Model::of(&scenario).outcome(&scenario, &plan);
        outcome.expect("it fits").moves.joining.hosts
    };
    // 8 wait for hosts with 2 places each, or 6 where one host is there before.
    assert_eq!((joining(0), joining(1)), (1, 3));
}

#[test]
fn without_variation_the_clock_is_a_sum() {
    // No balancer: healthy 40 s after RUNNING. Request 20, alarm 90, boot 150, reaction 20,
    // start 45 + 20, 40: 385 s; then a reaction, a stop of 5 s, a reaction: 430 s.
    let fixed = text(8, 4, [100, 200], "")
        .replace("[service.load_balancer]\ntype = \"alb\"\n", "")
        .replace("cv = 0.2", "cv = 0")
        .replace("cv = 0.4", "cv = 0")
        .replace("cv = 0.5", "cv = 0");
    let scenario = read(&fixed);
    let found = estimated(&scenario).duration.expect("it completes");
    assert!(
        (found.new_version_s.mean.0 - 385.0).abs() < 1.0,
        "{found:?}"
    );
    assert!((found.completed_s.mean.0 - 430.0).abs() < 1.0, "{found:?}");
    let told = explain(&scenario).expect("it fits");
    let steps: Vec<(f64, &str)> = told
        .steps
        .iter()
        .map(|step| (step.at_s.0, step.what.as_str()))
        .collect();
    assert!(
        steps
            .iter()
            .any(|(at, what)| (at - 110.0).abs() < 0.5 && what.contains("launches 4")),
        "{steps:?}"
    );
    assert!(
        steps
            .iter()
            .any(|(at, what)| (at - 385.0).abs() < 0.5 && what.contains("new version")),
        "{steps:?}"
    );
}

#[test]
fn only_the_first_start_in_a_place_finds_a_host_without_the_image() {
    // One host joins for six tasks, 2 at a time. Request 20, alarm 90, boot 150, reaction 20; start
    // 20 + 30 and 40 until healthy: 370 s. Twice a reaction, a stop of 10 s, a reaction, and a start
    // of 20 s and 40 s: 110 s, so 590 s; then 50 s until completed.
    let text = text(6, 3, [100, 134], "")
        .replace("[service.load_balancer]\ntype = \"alb\"\n", "")
        .replace("mean = \"45s\", cv = 0.2", "mean = \"20s\", cv = 0")
        .replace("mean = \"5s\", cv = 0.5", "mean = \"10s\", cv = 0")
        .replace("cv = 0.2", "cv = 0")
        .replace("cv = 0.4", "cv = 0")
        .replace("cold_start_extra = \"20s\"", "cold_start_extra = \"30s\"");
    let text = format!("{text}\nmode = \"reactive\"\ninstance_type = \"c5.xlarge\"\n")
        .replace("[prices]", "[prices]\n\"c5.xlarge\" = 0.2");
    let scenario = read(&text);
    let found = estimated(&scenario).duration.expect("it completes");
    assert!(
        (found.new_version_s.mean.0 - 590.0).abs() < 1.0,
        "{found:?}"
    );
    assert!((found.completed_s.mean.0 - 640.0).abs() < 1.0, "{found:?}");
    let played = simulated(&scenario, 1).duration.expect("it completes");
    assert!(
        (played.new_version_s.mean - 590.0).abs() < 1e-6,
        "{played:?}"
    );
    assert!((played.completed_s.mean - 640.0).abs() < 1e-6, "{played:?}");
}

#[test]
fn hosts_on_demand_are_billed_from_launch_until_scale_in() {
    let fixed = text(8, 4, [100, 200], "")
        .replace("[service.load_balancer]\ntype = \"alb\"\n", "")
        .replace("cv = 0.2", "cv = 0")
        .replace("cv = 0.4", "cv = 0")
        .replace("cv = 0.5", "cv = 0");
    let found = estimated(&read(&fixed));
    // Launched at 110 s, completed at 430 s, 900 s until scale-in, 60 s of release: 1,280 s. The
    // 8 new tasks are on the 4 new hosts; the old ones are empty and go: nothing moves.
    let expected = 4.0 * 0.1 * 1280.0 / 3600.0;
    let each = found.cost.per_deployment_usd.0;
    assert!((each - expected).abs() < 0.002, "{each} not {expected}");
}

#[test]
fn a_target_below_100_keeps_hosts_free() {
    // 4 hosts in use at 80 %: ⌈400 / 80⌉ = 5, one more than is listed, room for 2, 73 USD.
    let scenario = read(&text(8, 4, [100, 200], "target_capacity = 80"));
    assert_eq!(target_headroom(&scenario), 1);
    let found = estimated(&scenario);
    assert_eq!(found.tasks.room, Some(2));
    assert!((found.cost.headroom_usd_per_month.0 - 73.0).abs() < 1e-9);
    // One host more is kept by any target from 80 to 99; two by 67 to 79.
    assert_eq!(target_for(&scenario, 1), Some(99));
    assert_eq!(target_for(&scenario, 2), Some(79));
    // With 5 listed and tasks on all of them it holds ⌈500 / 80⌉ = 7.
    let spread = read(&text(8, 5, [100, 200], "target_capacity = 80"));
    assert_eq!(target_headroom(&spread), 2);
}

#[test]
fn a_standing_host_is_among_those_that_the_target_keeps() {
    // 4 hosts in use at 99 % are ⌈400 / 99⌉ = 5: the one that stands beside the 4 listed.
    let standing = |target: u32| {
        let provider = format!("target_capacity = {target}");
        text(8, 4, [100, 200], &provider)
            .replace("[prescale]", "[prescale]\nmode = \"standing\"\nhosts = 1")
    };
    let kept = read(&standing(99));
    let found = estimated(&kept);
    assert_eq!(found.tasks.room, Some(2));
    assert!((found.cost.headroom_usd_per_month.0 - 73.0).abs() < 1e-9);
    let played = simulated(&kept, 20);
    assert_eq!(played.tasks.room, Some(2));
    assert!((played.cost.headroom_usd_per_month.0 - 73.0).abs() < 1e-9);
    assert!(found.warnings.iter().all(|line| !line.contains("standing")));
    // At 67 % it keeps a second one.
    assert_eq!(estimated(&read(&standing(67))).tasks.room, Some(4));
}

#[test]
fn a_warm_pool_costs_storage_and_a_short_boot() {
    let pool = text(8, 4, [100, 200], "managed_scaling = false").replace(
        "[prescale]\nboot = { mean = \"150s\", cv = 0.2 }",
        "[prescale]\nmode = \"warm-pool\"\nhosts = 4\nstorage_usd_per_host_month = 2.4",
    );
    let found = estimated(&read(&pool));
    assert_eq!(found.tasks.room, Some(8));
    assert!((found.cost.headroom_usd_per_month.0 - 9.6).abs() < 1e-9);
    let lead = found.duration.expect("it completes").lead_s.mean.0;
    // The slowest of 4 of 45 s, cv 0.2: about 1.03 deviations of 9 s above.
    assert!((lead - 54.5).abs() < 1.5, "{lead}");
}

/// What hosts on demand cost, and how many there are, as simulated.
#[track_caller]
fn assert_costs_as_simulated(text: &str, tolerance: f64) {
    let scenario = read(text);
    let (found, expected) = (estimated(&scenario), simulated(&scenario, 2000));
    assert_eq!(
        found.tasks.hosts_on_demand, expected.tasks.hosts_on_demand,
        "hosts on demand"
    );
    for (name, found, expected) in [
        (
            "a deployment",
            found.cost.per_deployment_usd.0,
            expected.cost.per_deployment_usd.0,
        ),
        (
            "a month",
            found.cost.total_usd_per_month.expect("per_day is given").0,
            expected
                .cost
                .total_usd_per_month
                .expect("per_day is given")
                .0,
        ),
        (
            "release",
            found.duration.expect("it completes").release_s.mean.0,
            expected.duration.expect("it completes").release_s.mean,
        ),
    ] {
        let off = found / expected - 1.0;
        assert!(
            off.abs() < tolerance,
            "{name}: {found:.3}, simulated {expected:.3}"
        );
    }
}

#[test]
fn hosts_on_demand_cost_as_much_as_simulated() {
    assert_costs_as_simulated(&text(8, 4, [100, 200], ""), 0.02);
    assert_costs_as_simulated(&text(8, 6, [100, 200], ""), 0.03);
    let kept = "target_capacity = 80";
    assert_costs_as_simulated(&text(8, 4, [100, 200], kept), 0.03);
    // Two of the tasks start on old hosts while the third host boots: one of them moves.
    let steps = "maximum_scaling_step_size = 1";
    assert_costs_as_simulated(&text(8, 4, [100, 200], steps), 0.05);
}

#[test]
fn hosts_added_by_hand_leave_less_to_managed_scaling() {
    // Two hosts before, room for 4: the other 4 wait for ⌈4 / 2⌉ = 2 hosts.
    let text = text(8, 4, [100, 200], "").replace("[prescale]", "[prescale]\nhosts = 2");
    let moves = scenario_moves(&read(&text)).expect("it fits");
    assert_eq!((moves.room.cold, moves.joining.hosts), (4, 2));
    assert_agrees(&text, 0.02);
    assert_costs_as_simulated(&text, 0.04);
}
