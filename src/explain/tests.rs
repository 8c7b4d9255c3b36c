//! Explanations of the two-task service this project began from and of random variants of it.

use proptest::prelude::*;

use super::*;
use crate::model::phases::Phases;
use crate::rollout::{bounds, moves, room};
use crate::scenario::read::{Purpose, Syntax, scenario};
use crate::scenario::{Capacity, DurationLaw, HealthRule, LoadBalancerKind, PrescaleMode};
use crate::units::Usd;

const TWO_TASKS: &str = r#"
[service]
name = "web"
desired_count = 2
cpu = 512
memory_mib = 1024

[service.timing]
start = { mean = "45s", cv = 0.2 }
ready = { mean = "75s", cv = 0.2 }

[service.load_balancer]
type = "alb"

[deployment]
minimum_healthy_percent = 100
maximum_percent = 200
per_day = 6.0

[cluster]
region = "ap-northeast-1"

[[cluster.hosts]]
instance_type = "t3.small"
count = 2
"#;

/// Two tasks on two hosts without room for a third.
fn two_tasks(minimum: u32, maximum: u32, prescaled: u32) -> Scenario {
    let mut read = scenario(TWO_TASKS, Syntax::Toml, Purpose::MonthlyFigures).unwrap();
    read.deployment.minimum_healthy_percent = minimum;
    read.deployment.maximum_percent = maximum;
    read.prescale.hosts = prescaled;
    read
}

/// The same where nothing varies and nothing is checked: start 30 s, healthy 40 s later, stop
/// 10 s, reaction 20 s.
fn without_spread(desired: u32, minimum: u32, maximum: u32, room: u32) -> Scenario {
    let fixed = |seconds| DurationLaw::fixed(Seconds(seconds));
    let mut scenario = two_tasks(minimum, maximum, 0);
    scenario.service.desired_count = desired;
    scenario.service.load_balancer = None;
    scenario.service.timing.start = fixed(30.0);
    scenario.service.timing.stop = fixed(10.0);
    scenario.deployment.reaction = fixed(20.0);
    scenario.capacity = Capacity::FreeTasks(room);
    scenario
}

fn told(scenario: &Scenario) -> Vec<String> {
    let explanation = explain(scenario).unwrap();
    let line = |step: &Step| {
        let Step {
            what,
            healthy,
            tasks,
            ..
        } = step;
        format!("{} {what} [{healthy}/{tasks}]", clock(step.at_s))
    };
    explanation.steps.iter().map(line).collect()
}

#[test]
fn stop_first_by_hand() {
    // A stop takes 10 s, a start 30 + 40 s, a reaction 20 s between any two.
    assert_eq!(
        told(&without_spread(2, 50, 100, 0)),
        [
            "0:00 request [2/2]",
            "0:20 −1 old: stop 10 s; gone at 0:30 [1/2]",
            "0:50 +1 new, healthy at 2:00 [1/2]",
            "2:20 −1 old, gone at 2:30 [1/2]",
            "2:50 +1 new, healthy at 4:00 [1/2]",
            "4:00 new version: the last new task is healthy [2/2]",
            "4:20 completed: one reaction after the last change [2/2]",
        ]
    );
}

#[test]
fn start_first_by_hand() {
    assert_eq!(
        told(&without_spread(2, 100, 200, 2)),
        [
            "0:00 request [2/2]",
            "0:20 +2 new, healthy at 1:30 [2/4]",
            "1:30 new version: the last new task is healthy [4/4]",
            "1:50 −2 old: stop 10 s; gone at 2:00 [2/4]",
            "2:20 completed: one reaction after the last change [2/2]",
        ]
    );
}

#[test]
fn a_long_rollout_is_told_by_its_ends() {
    let lines = told(&without_spread(12, 100, 200, 1));
    assert_eq!(lines.len(), 10);
    // A round takes 70 + 20 + 10 + 20 s; the eleven after the first begin at 20 + 120 n.
    assert_eq!(lines[1], "0:20 +1 new, healthy at 1:30 [12/13]");
    assert_eq!(
        lines[5],
        "4:20 … 18 more moves like these until 21:50: −9 old, +9 new [12/13]"
    );
    assert_eq!(lines[6], "22:20 +1 new, healthy at 23:30 [12/13]");
}

#[test]
fn starts_that_fail_take_their_mean_until_one_is_healthy() {
    // A quarter fails: 30 + 40 + 1/3 · (70 + 20) = 100 s.
    let mut scenario = without_spread(2, 50, 100, 0);
    scenario.service.failed_start_probability = 0.25;
    let lines = told(&scenario);
    assert_eq!(
        lines[2..6],
        [
            "0:50 +1 new, healthy at 2:30 [1/2]",
            "2:50 −1 old, gone at 3:00 [1/2]",
            "3:20 +1 new, healthy at 5:00 [1/2]",
            "5:00 new version: the last new task is healthy [2/2]",
        ]
    );
    let mean = evaluated(&scenario).new_version_s.0;
    assert!((mean - 300.0).abs() < 1.0, "{mean}");
}

#[test]
fn starts_wait_for_the_rate_limit_on_the_clock_of_the_steps() {
    // 250 at once, the other 350 at 250 a minute: the last 84 s later; each healthy after 70 s.
    let scenario = without_spread(600, 100, 200, 600);
    assert_eq!(
        told(&scenario)[1..],
        [
            "0:20 +600 new until 1:44, healthy 1:30 to 2:54 [600/850]",
            "1:50 −600 old until 3:14: stop 10 s; gone 2:00 to 3:24 [680/1200]",
            "2:54 new version: the last new task is healthy [690/730]",
            "3:44 completed: one reaction after the last change [600/600]",
        ]
    );
    let mean = evaluated(&scenario);
    assert!((mean.new_version_s.0 - 174.0).abs() < 1.0, "{mean:?}");
    assert!((mean.completed_s.0 - 224.0).abs() < 1.0, "{mean:?}");
}

#[test]
fn a_moment_as_a_clock_shows_it() {
    for (seconds, shown) in [
        (0.0, "0:00"),
        (9.6, "0:10"),
        (286.0, "4:46"),
        (-170.6, "−2:51"),
        (3730.0, "1:02:10"),
    ] {
        assert_eq!(clock(Seconds(seconds)), shown);
    }
}

fn shown(scenario: &Scenario) -> String {
    let text = crate::cli::explain::text(&explain(scenario).unwrap());
    assert_eq!(text.lines().find(|line| line.chars().count() > 80), None);
    text
}

#[test]
fn two_tasks_50_100_as_text() {
    insta::assert_snapshot!(shown(&two_tasks(50, 100, 0)));
}

#[test]
fn two_tasks_100_200_with_two_prescaled_hosts_as_text() {
    insta::assert_snapshot!(shown(&two_tasks(100, 200, 2)));
}

#[test]
fn without_room_as_text() {
    insta::assert_snapshot!(shown(&two_tasks(100, 200, 0)));
}

#[test]
fn twelve_tasks_behind_a_network_load_balancer_as_text() {
    let mut scenario = without_spread(12, 75, 150, 3);
    let balancer = two_tasks(100, 200, 0).service.load_balancer.unwrap();
    scenario.service.load_balancer = Some(crate::scenario::LoadBalancer {
        kind: LoadBalancerKind::Nlb,
        deregistration_delay: Seconds(60.0),
        registration_delay: DurationLaw::fixed(Seconds(120.0)),
        slow_start: Seconds::ZERO,
        ..balancer
    });
    insta::assert_snapshot!(shown(&scenario));
}

#[test]
fn killed_new_tasks_as_text() {
    let mut scenario = two_tasks(50, 100, 0);
    scenario.service.health_check_grace_period = Some(Seconds::ZERO);
    insta::assert_snapshot!(shown(&scenario));
}

#[test]
fn effects_of_assumptions_in_words() {
    let lines: Vec<String> = effects(&two_tasks(100, 200, 2))
        .iter()
        .map(|effect| format!("{} = {}: {}", effect.key, effect.assumed, effect.text))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

/// The means of a scenario, by the model alone.
fn evaluated(scenario: &Scenario) -> Clocks {
    Clocks::from(&crate::model::estimate(scenario).unwrap().duration.unwrap())
}

#[test]
fn a_contribution_is_what_the_model_says_without_the_setting() {
    let scenario = two_tasks(50, 100, 0);
    let waterfall = explain(&scenario).unwrap().waterfall.unwrap();
    let share = |key: &str| {
        let of_key = |c: &&Contribution| c.key == key;
        waterfall.contributions.iter().find(of_key).unwrap().share
    };
    let now = evaluated(&scenario);
    assert_eq!(waterfall.total, now);
    let mut changed = scenario.clone();
    changed.service.timing.start = DurationLaw::fixed(Seconds::ZERO);
    assert_eq!(share("service.timing.start"), now.less(evaluated(&changed)));
    let mut changed = scenario.clone();
    if let Some(balancer) = &mut changed.service.load_balancer {
        balancer.deregistration_delay = Seconds::ZERO;
    }
    let drain = share("service.load_balancer.deregistration_delay");
    assert_eq!(drain, now.less(evaluated(&changed)));
    // Two rounds wait for two drains of 300 s.
    assert!((drain.completed_s.0 - 600.0).abs() < 1.0);
    let sum = waterfall
        .contributions
        .iter()
        .map(|c| c.share.completed_s)
        .sum::<Seconds>();
    let difference = now.completed_s - sum - waterfall.remainder.completed_s;
    assert!(difference.0.abs() < 1e-9);
}

#[test]
fn levers_save_what_they_say() {
    let scenario = two_tasks(50, 100, 0);
    let levers = explain(&scenario).unwrap().levers;
    let now = evaluated(&scenario);
    let lever = |key: &str| levers.iter().find(|lever| lever.key == key).unwrap();
    for lever in &levers {
        assert_eq!(lever.saves, now.less(lever.with), "{}", lever.key);
    }
    let mut changed = scenario.clone();
    if let Some(balancer) = &mut changed.service.load_balancer {
        balancer.deregistration_delay = Seconds::ZERO;
    }
    let drain = lever("service.load_balancer.deregistration_delay");
    assert_eq!(drain.with, evaluated(&changed));
    assert_eq!(drain.costs_usd_per_month, Some(Usd::ZERO));
    let mut changed = scenario.clone();
    changed.deployment.maximum_percent = 200;
    changed.prescale.hosts = 1;
    changed.prescale.mode = PrescaleMode::Standing;
    let standing = levers
        .iter()
        .find(|lever| lever.to == "1 standing, 200 %")
        .unwrap();
    assert_eq!(standing.with, evaluated(&changed));
    // A t3.small in ap-northeast-1 is 0.0272 USD/h.
    let usd = standing.costs_usd_per_month.unwrap();
    assert!((usd.0 - 0.0272 * 730.0).abs() < 1e-9, "{usd}");
    let kinds: Vec<LeverKind> = levers.iter().map(|lever| lever.kind).collect();
    assert!(kinds.is_sorted());
}

#[test]
fn a_drain_is_never_advised_below_the_longest_request() {
    let mut scenario = two_tasks(50, 100, 0);
    scenario.service.longest_request = Some(Seconds(30.0));
    let explanation = explain(&scenario).unwrap();
    let lever = &explanation.levers[0];
    assert_eq!(
        (lever.to.as_str(), lever.caution.as_str()),
        ("30s", "longest_request = 30s")
    );
    let contributions = explanation.waterfall.unwrap().contributions;
    let drain = contributions.iter().find(|c| c.key == lever.key).unwrap();
    assert_eq!(drain.to, "30s");
}

#[test]
fn without_deployments_per_day_nothing_is_monthly() {
    let mut scenario = two_tasks(50, 100, 0);
    scenario.deployment.per_day = None;
    let explanation = explain(&scenario).unwrap();
    assert!(
        explanation
            .levers
            .iter()
            .all(|lever| lever.costs_usd_per_month.is_none())
    );
    assert!(
        explanation
            .effects
            .iter()
            .all(|effect| effect.usd_per_month.is_none())
    );
    assert!(!shown(&scenario).contains("a month"));
}

fn variants() -> impl Strategy<Value = Scenario> {
    let counts = (1_u32..9, 0_u32..=100, 100_u32..=250, 0_u32..4);
    let places = (prop::option::of(0_u32..20), 1_u32..3000, 1_u32..4);
    let times = (0.0..400.0_f64, 0.0..400.0_f64, 0.0..0.5_f64, 0.0..90.0_f64);
    let checks = (0_u8..4, 5.0..120.0_f64, 2_u32..=10, 0.0..600.0_f64);
    let rest = (prop::option::of(0.0..600.0_f64), any::<[bool; 4]>());
    (counts, places, times, checks, rest).prop_map(|(counts, places, times, checks, rest)| {
        let (desired, minimum, maximum, hosts) = counts;
        let (free, memory, each) = places;
        let (start, ready, cv, reaction) = times;
        let (kind, interval, threshold, delay) = checks;
        let (grace, [standing, by_threshold, stopping_counts, spread]) = rest;
        let mut scenario = two_tasks(minimum, maximum, hosts);
        let law = |mean| {
            if spread {
                DurationLaw::lognormal(Seconds(mean), cv)
            } else {
                DurationLaw::fixed(Seconds(mean))
            }
        };
        scenario.service.desired_count = desired;
        scenario.service.timing.start = law(start);
        scenario.service.timing.ready = law(ready);
        scenario.deployment.reaction = law(reaction);
        scenario.deployment.stopping_counts = stopping_counts;
        scenario.service.health_check_grace_period = grace.map(Seconds);
        if standing {
            scenario.prescale.mode = PrescaleMode::Standing;
        }
        if let Some(size) = &mut scenario.service.size {
            size.memory_mib = memory;
        }
        if let Capacity::Hosts(cluster) = &mut scenario.capacity {
            cluster.hosts[0].count = desired.div_ceil(each);
        }
        if let Some(free) = free {
            scenario.capacity = Capacity::FreeTasks(free);
        }
        scenario.service.load_balancer = scenario.service.load_balancer.and_then(|balancer| {
            Some(crate::scenario::LoadBalancer {
                kind: match kind {
                    0 => return None,
                    1 => LoadBalancerKind::Nlb,
                    2 => LoadBalancerKind::Clb,
                    _ => LoadBalancerKind::Alb,
                },
                health_check_interval: Seconds(interval),
                healthy_threshold: threshold,
                deregistration_delay: Seconds(delay),
                health_rule: if by_threshold {
                    HealthRule::Threshold
                } else {
                    HealthRule::FirstPass
                },
                ..balancer
            })
        });
        scenario
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn any_scenario_is_explained(scenario in variants()) {
        let Ok(explanation) = explain(&scenario) else {
            return Ok(());
        };
        let text = crate::cli::explain::text(&explanation);
        prop_assert!(text.lines().all(|line| line.chars().count() <= 80), "{}", text);
        prop_assert!(explanation.steps.is_sorted_by(|a, b| a.at_s <= b.at_s));
        let lower = explanation.estimate.tasks.min_healthy;
        let peak = explanation.estimate.tasks.peak;
        for step in &explanation.steps {
            prop_assert!(step.healthy >= lower && step.tasks <= peak, "{:?}", step);
        }
        let stuck = explanation.estimate.stuck.is_some();
        prop_assert_eq!(explanation.waterfall.is_none(), stuck);
        if !stuck {
            let last = explanation.steps.last().unwrap();
            let desired = scenario.service.desired_count;
            prop_assert_eq!((last.healthy, last.tasks), (desired, desired));
        }
        for lever in &explanation.levers {
            let best = lever.saves.new_version_s.max(lever.saves.completed_s);
            prop_assert!(best.0 >= 0.5, "{:?}", lever);
        }
    }
}

proptest! {
    /// Where nothing varies, the clock of the steps is the clock of the model.
    #[test]
    fn without_spread_the_steps_end_when_the_model_does(
        desired in 1_u32..20, percent in 0_u32..=100, room in 0_u32..20, start_first: bool,
    ) {
        let (minimum, maximum) = if start_first { (100, 100 + percent) } else { (percent, 100) };
        let scenario = without_spread(desired, minimum, maximum, room);
        let bounds = bounds(desired, minimum, maximum);
        let moves = moves(&scenario, bounds, room_of(&scenario));
        prop_assume!(!moves.is_stuck());
        let phases = Phases::of(&scenario);
        let acts = crate::model::walk::walk(&moves, &phases, &[], &[]);
        let started: u32 = acts.iter().map(crate::model::walk::Act::started).sum();
        let stopped: u32 = acts.iter().map(|act| act.stopped).sum();
        prop_assert_eq!((started, stopped), (desired, desired));
        let Explanation { steps, ends, .. } = explain(&scenario).unwrap();
        prop_assert!(ends.unwrap().ends_with("as the deployment does in the mean."));
        let at = |what: &str| steps.iter().find(|s| s.what.starts_with(what)).unwrap().at_s;
        let model = evaluated(&scenario);
        prop_assert!((at("new version").0 - model.new_version_s.0).abs() < 0.01);
        prop_assert!((at("completed").0 - model.completed_s.0).abs() < 0.01);
    }
}

fn room_of(scenario: &Scenario) -> crate::rollout::Room {
    room(scenario, crate::rollout::scenario_added(scenario)).unwrap()
}
