//! The recommendation against brute force over every percent and every number of hosts, and what
//! must never make it worse.

use prescale::model::{Model, Plan, Score};
use prescale::recommend::{Recommendation, YesNo, recommend};
use prescale::rollout::room;
use prescale::scenario::Scenario;
use prescale::scenario::read::{Purpose, Syntax, scenario};
use prescale::units::{Seconds, Usd};
use proptest::prelude::*;

/// A service small enough to try everything on.
#[derive(Debug, Clone)]
struct Small {
    desired: u32,
    tasks_per_host: u32,
    spare_hosts: u32,
    percents: (u32, u32),
    deregistration_delay: u32,
    required: u32,
    per_day: u32,
    clock: &'static str,
    spot: bool,
    standing: bool,
    budget_above_serving: Option<f64>,
    availability: Option<f64>,
    max_minutes: Option<u32>,
    usd_per_minute: Option<f64>,
}

impl Small {
    fn scenario(&self) -> Scenario {
        let hosts = self.desired.div_ceil(self.tasks_per_host) + self.spare_hosts;
        let mut may = vec!["\"percents\"", "\"prescale\""];
        may.extend(self.spot.then_some("\"spot\""));
        may.extend(self.standing.then_some("\"headroom\""));
        let mut text = format!(
            r#"
            [service]
            name = "small"
            desired_count = {desired}
            cpu = {cpu}
            memory_mib = 100
            [service.timing]
            start = {{ mean = "30s", cv = 0.3 }}
            ready = {{ mean = "40s", cv = 0.3 }}
            [service.load_balancer]
            type = "alb"
            health_check_interval = "10s"
            deregistration_delay = "{delay}s"
            [service.load]
            required_tasks = {required}
            [deployment]
            minimum_healthy_percent = {minimum}
            maximum_percent = {maximum}
            per_day = {per_day}
            [cluster]
            region = "us-east-1"
            [[cluster.hosts]]
            instance_type = "t3.medium"
            count = {hosts}
            [recommend]
            clock = "{clock}"
            may_change = [{may}]
            "#,
            desired = self.desired,
            cpu = 2048 / self.tasks_per_host,
            delay = self.deregistration_delay,
            required = self.required.min(self.desired),
            minimum = self.percents.0,
            maximum = self.percents.1,
            per_day = self.per_day,
            clock = self.clock,
            may = may.join(", "),
        );
        text.push_str("\n[limits]\n");
        if let Some(above) = self.budget_above_serving {
            let serving = f64::from(hosts) * 0.0416 * 730.0;
            text.push_str(&format!("budget_usd_per_month = {:.4}\n", serving + above));
        }
        if let Some(availability) = self.availability {
            text.push_str(&format!("availability = {availability}\n"));
        }
        if let Some(minutes) = self.max_minutes {
            text.push_str(&format!("max_duration = \"{minutes}m\"\n"));
        }
        if let Some(usd) = self.usd_per_minute {
            text.push_str(&format!("[value]\nusd_per_minute = {usd}\n"));
        }
        scenario(&text, Syntax::Toml, Purpose::MonthlyFigures)
            .unwrap_or_else(|problems| panic!("{problems:?}\n{text}"))
    }
}

prop_compose! {
    fn small()(
        desired in 1..5u32,
        tasks_per_host in 1..4u32,
        spare_hosts in 0..2u32,
        minimum in prop::sample::select(vec![0, 50, 67, 100]),
        maximum in prop::sample::select(vec![100, 125, 150, 200]),
        deregistration_delay in prop::sample::select(vec![0, 30, 300]),
        required in 1..5u32,
        per_day in prop::sample::select(vec![1, 6, 40]),
        clock in prop::sample::select(vec!["completed", "new_version"]),
        (spot, standing) in any::<(bool, bool)>(),
        budget_above_serving in prop::option::of(0.0..60.0_f64),
        availability in prop::option::of(0.9..1.0_f64),
        max_minutes in prop::option::of(4..30u32),
        usd_per_minute in prop::option::of(0.001..2.0_f64),
    ) -> Small {
        Small {
            desired, tasks_per_host, spare_hosts, percents: (minimum, maximum),
            deregistration_delay, required, per_day, clock, spot, standing,
            budget_above_serving, availability, max_minutes, usd_per_minute,
        }
    }
}

/// A plan that was tried.
#[derive(Debug, Clone, Copy)]
struct Tried {
    plan: Plan,
    score: Score,
}

impl Tried {
    fn total(&self) -> f64 {
        self.score.cost.total_usd_per_month.unwrap_or_default().0
    }

    fn added(&self) -> u32 {
        self.plan.prescale_hosts + self.plan.headroom_hosts
    }
}

/// Every percent pair, every number of hosts in either way up to more than is useful, every
/// number of spot hosts.
fn every_plan(scenario: &Scenario, most_hosts: u32) -> Vec<Tried> {
    let model = Model::of(scenario);
    let may = scenario.recommend.may_change;
    let mut tried = Vec::new();
    for hosts in 0..=most_hosts {
        let ways = if hosts == 0 {
            vec![(0, 0)]
        } else if may.headroom {
            vec![(hosts, 0), (0, hosts)]
        } else {
            vec![(hosts, 0)]
        };
        for (before, standing) in ways {
            for spot in 0..=(if may.spot { hosts } else { 0 }) {
                for minimum in 0..=100 {
                    for maximum in 100..=200 {
                        let plan = Plan {
                            minimum_healthy_percent: minimum,
                            maximum_percent: maximum,
                            prescale_hosts: before,
                            spot_hosts: spot,
                            headroom_hosts: standing,
                        };
                        let room = room(scenario, plan.added()).unwrap();
                        tried.extend(
                            model
                                .score(scenario, &plan, room)
                                .map(|score| Tried { plan, score }),
                        );
                    }
                }
            }
        }
    }
    tried
}

fn meets(tried: &Tried, scenario: &Scenario) -> bool {
    let limits = &scenario.limits;
    let within = |value: f64, limit: Option<f64>| limit.is_none_or(|limit| value <= limit + 1e-9);
    within(tried.total(), limits.budget_usd_per_month.map(|usd| usd.0))
        && within(tried.score.time.0, limits.max_duration.map(|s| s.0))
        && within(
            -tried.score.availability.monthly.unwrap(),
            limits.availability.map(|availability| -availability),
        )
}

fn objective(tried: &Tried, scenario: &Scenario) -> f64 {
    match scenario.usd_per_minute {
        None => tried.score.time.0,
        Some(usd) => {
            tried.total()
                + usd * tried.score.time.minutes() * scenario.deployment.per_month().unwrap()
        }
    }
}

/// The best of some plans, by the words of the contract.
fn best(tried: &[Tried], scenario: &Scenario, adds_none: bool) -> Option<Tried> {
    let feasible: Vec<&Tried> = tried
        .iter()
        .filter(|tried| meets(tried, scenario) && (!adds_none || tried.added() == 0))
        .collect();
    let least = feasible
        .iter()
        .map(|tried| objective(tried, scenario))
        .fold(f64::INFINITY, f64::min);
    let tie = scenario.usd_per_minute.map_or(1.0, |usd| {
        usd / 60.0 * scenario.deployment.per_month().unwrap()
    });
    feasible
        .into_iter()
        .filter(|tried| objective(tried, scenario) < least + tie)
        .min_by(|a, b| {
            let cost = if (a.total() - b.total()).abs() > 1e-6 {
                a.total().total_cmp(&b.total())
            } else {
                std::cmp::Ordering::Equal
            };
            let (x, y) = (a.score.bounds, b.score.bounds);
            cost.then(y.lower.cmp(&x.lower))
                .then(x.upper.cmp(&y.upper))
                .then(a.plan.prescale_hosts.cmp(&b.plan.prescale_hosts))
        })
        .copied()
}

/// The plan that is taken: one without added hosts where they make no material difference.
fn taken(tried: &[Tried], scenario: &Scenario) -> Option<Tried> {
    let best_of_all = best(tried, scenario, false)?;
    let Some(without) = best(tried, scenario, true) else {
        return Some(best_of_all);
    };
    let seconds = without.score.time.0 - best_of_all.score.time.0;
    let dollars = objective(&without, scenario) - objective(&best_of_all, scenario);
    let immaterial = seconds < 30.0
        || (scenario.usd_per_minute.is_some() && dollars < 1.0 && dollars < 0.01 * without.total());
    Some(if best_of_all.added() > 0 && immaterial {
        without
    } else {
        best_of_all
    })
}

fn time_of(recommendation: &Recommendation, scenario: &Scenario) -> Option<Seconds> {
    let plan = recommendation.recommended.as_ref()?;
    Some(plan.estimate.duration?.with_lead(scenario.recommend.clock))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_against_brute_force(small in small()) {
        let scenario = small.scenario();
        let tried = every_plan(&scenario, small.desired + 1);
        let expected = taken(&tried, &scenario);
        let recommendation = recommend(&scenario).unwrap();
        let found = recommendation.recommended.as_ref();
        prop_assert_eq!(found.is_some(), expected.is_some());
        if let (Some(found), Some(expected)) = (found, expected) {
            let time = time_of(&recommendation, &scenario).unwrap();
            prop_assert!((time.0 - expected.score.time.0).abs() < 1e-6,
                "time {} against {:?}", time.0, expected);
            let tasks = found.estimate.tasks;
            prop_assert_eq!(
                (tasks.lower_bound, tasks.upper_bound),
                (expected.score.bounds.lower, expected.score.bounds.upper),
                "{:?}", expected
            );
            prop_assert_eq!(
                (found.prescale_hosts, found.headroom_hosts),
                (expected.plan.prescale_hosts, expected.plan.headroom_hosts)
            );
            let total = found.estimate.cost.total_usd_per_month.unwrap().0;
            prop_assert!((total - expected.total()).abs() < 1e-6);
            prop_assert_eq!(
                recommendation.hosts_answer.answer == YesNo::Yes,
                found.prescale_hosts > 0
            );
        }
    }

    #[test]
    fn of_many_tied_settings_the_preferred_ones_are_found(
        small in small(), desired in 6..20u32, required in 1..20u32,
    ) {
        let small = Small { desired, required, ..small };
        let mut scenario = small.scenario();
        scenario.recommend.may_change.prescale = false;
        scenario.recommend.may_change.headroom = false;
        let tried = every_plan(&scenario, 0);
        let expected = best(&tried, &scenario, true);
        let recommendation = recommend(&scenario).unwrap();
        let tasks = recommendation.recommended.map(|plan| plan.estimate.tasks);
        prop_assert_eq!(
            tasks.map(|tasks| (tasks.lower_bound, tasks.upper_bound)),
            expected.map(|tried| (tried.score.bounds.lower, tried.score.bounds.upper)),
            "{:?}", expected
        );
    }

    #[test]
    fn nothing_on_the_front_is_beaten_by_brute_force(small in small()) {
        let scenario = small.scenario();
        let tried = every_plan(&scenario, small.desired + 1);
        let recommendation = recommend(&scenario).unwrap();
        let mut before = 0.0;
        for plan in &recommendation.front {
            let time = plan.estimate.duration.unwrap().with_lead(scenario.recommend.clock).0;
            let total = plan.estimate.cost.total_usd_per_month.unwrap().0;
            let available = plan.estimate.availability.monthly.unwrap();
            prop_assert!(time >= before);
            before = time;
            let beaten = tried.iter().find(|tried| {
                tried.score.time.0 < time - 1e-6
                    && tried.total() < total + 1e-9
                    && tried.score.availability.monthly.unwrap() > available - 1e-12
            });
            prop_assert!(beaten.is_none(), "{beaten:?} beats {plan:?}");
        }
    }

    #[test]
    fn wider_limits_never_make_it_worse(
        small in small(),
        more_usd in 0.0..40.0_f64,
        less_available in 0.0..0.1_f64,
    ) {
        let scenario = small.scenario();
        let mut wider = scenario.clone();
        wider.limits.budget_usd_per_month =
            scenario.limits.budget_usd_per_month.map(|usd| usd + Usd(more_usd));
        wider.limits.availability =
            scenario.limits.availability.map(|share| share - less_available);
        let (narrow, wide) = (recommend(&scenario).unwrap(), recommend(&wider).unwrap());
        prop_assert!(not_worse(&narrow, &wide, &scenario));
    }

    #[test]
    fn being_allowed_hosts_never_makes_it_worse(small in small()) {
        let scenario = small.scenario();
        let mut fewer = scenario.clone();
        fewer.recommend.may_change.prescale = false;
        fewer.recommend.may_change.headroom = false;
        let (without, with) = (recommend(&fewer).unwrap(), recommend(&scenario).unwrap());
        prop_assert!(not_worse(&without, &with, &scenario));
    }
}

/// Whether a second recommendation is at least as good as a first, but for what is no material
/// difference.
fn not_worse(first: &Recommendation, second: &Recommendation, scenario: &Scenario) -> bool {
    const IMMATERIAL: f64 = 30.0;
    let value = |recommendation: &Recommendation| {
        let plan = recommendation.recommended.as_ref()?;
        let time = time_of(recommendation, scenario)?;
        let total = plan.estimate.cost.total_usd_per_month?;
        let deployments = scenario.deployment.per_month()?;
        Some(match scenario.usd_per_minute {
            None => (time.0, IMMATERIAL + 1.0),
            Some(usd) => (
                total.0 + usd * time.minutes() * deployments,
                (usd * IMMATERIAL / 60.0 * deployments).max(1.0) + 0.01 * total.0,
            ),
        })
    };
    match (value(first), value(second)) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some((first, immaterial)), Some((second, _))) => second <= first + immaterial,
    }
}
