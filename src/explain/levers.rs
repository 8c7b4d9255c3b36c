//! The changes of one setting that shorten a deployment most: free ones first, then the
//! application's own times, then money. Each is evaluated by the whole model.

use serde::Serialize;

use super::waterfall::{LEAST_INTERVAL, LEAST_THRESHOLD};
use super::{Baseline, Clocks, Evaluated, clocks, written};
use crate::model::Plan;
use crate::rollout::{bounds, roundest_minimum_healthy_percent};
use crate::scenario::{DurationLaw, HealthRule, LoadBalancer, Scenario};
use crate::units::Usd;

/// Smaller savings are not worth a line \[s\].
const LEAST_SAVING: f64 = 1.0;

/// A change that has more tasks killed than this is no lever, unless as many are killed already.
const TOLERABLE_KILLS: f64 = 0.01;

/// How many levers of a kind are told.
const TOLD: [(LeverKind, usize); 3] = [
    (LeverKind::Setting, 4),
    (LeverKind::Application, 2),
    (LeverKind::Money, 2),
];

/// A change that shortens the deployment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lever {
    /// The scenario's key.
    pub key: String,
    /// What it is.
    pub from: String,
    /// What it would be.
    pub to: String,
    /// What it takes.
    pub kind: LeverKind,
    /// The durations with it \[s\].
    pub with: Clocks,
    /// How much shorter they are \[s\].
    pub saves: Clocks,
    /// What it costs more \[USD/month\]; absent without deployments per day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub costs_usd_per_month: Option<Usd>,
    /// What to mind.
    pub caution: String,
}

/// What a change takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LeverKind {
    /// Nothing but the setting.
    Setting,
    /// Work on the application or its image.
    Application,
    /// Money.
    Money,
}

/// A change that may be a lever.
struct Candidate {
    key: &'static str,
    from: String,
    to: String,
    kind: LeverKind,
    caution: String,
    scenario: Scenario,
    plan: Plan,
}

/// The largest levers, free ones first; none where the deployment is stuck.
pub(super) fn levers(base: &Baseline) -> Vec<Lever> {
    let Some(now) = base.clocks() else {
        return Vec::new();
    };
    let clock = base.scenario.recommend.clock;
    let saving = |lever: &Lever| {
        let both = lever.saves;
        (both.with_lead(clock).0, both.new_version_s.0)
    };
    let mut levers: Vec<Lever> = candidates(base)
        .into_iter()
        .filter_map(|candidate| evaluated(base, now, candidate))
        .filter(|lever| {
            let (chosen, new_version) = saving(lever);
            chosen >= LEAST_SAVING || chosen > -LEAST_SAVING && new_version >= LEAST_SAVING
        })
        .collect();
    levers.sort_by(|a, b| {
        let (a_saves, b_saves) = (saving(a), saving(b));
        a.kind
            .cmp(&b.kind)
            .then(b_saves.0.total_cmp(&a_saves.0))
            .then(b_saves.1.total_cmp(&a_saves.1))
    });
    TOLD.iter()
        .flat_map(|&(kind, most)| {
            let of_kind = levers.iter().filter(move |lever| lever.kind == kind);
            of_kind.take(most).cloned()
        })
        .collect()
}

fn evaluated(base: &Baseline, now: Clocks, candidate: Candidate) -> Option<Lever> {
    let Evaluated {
        outcome,
        kill_probability,
    } = base
        .outcome_of_plan(&candidate.scenario, &candidate.plan)
        .ok()?;
    let killed = base.verdict().kill_probability;
    if kill_probability > killed.max(TOLERABLE_KILLS) {
        return None;
    }
    let with = clocks(&outcome)?;
    let before = base.outcome.cost.total_usd_per_month;
    Some(Lever {
        key: candidate.key.to_owned(),
        from: candidate.from,
        to: candidate.to,
        kind: candidate.kind,
        with,
        saves: now.less(with),
        costs_usd_per_month: outcome
            .cost
            .total_usd_per_month
            .zip(before)
            .map(|(after, before)| after - before),
        caution: candidate.caution,
    })
}

fn candidates(base: &Baseline) -> Vec<Candidate> {
    let mut candidates = percents(base);
    if let Some(balancer) = base.scenario.service.load_balancer {
        candidates.extend(drain(base, balancer));
        candidates.extend(checks(base, balancer));
    }
    candidates.extend(application(base));
    candidates.extend(hosts(base));
    candidates
}

fn percents(base: &Baseline) -> Vec<Candidate> {
    let plan = base.plan;
    let service = &base.scenario.service;
    let desired = service.desired_count;
    let required = service
        .required_tasks
        .unwrap_or(desired.div_ceil(2))
        .min(desired);
    let minimum = roundest_minimum_healthy_percent(desired, required)
        .filter(|&minimum| bounds(desired, minimum, 100).lower < base.outcome.tasks.lower_bound);
    let candidate = |key, from: u32, to: u32, caution, plan| Candidate {
        key,
        from: from.to_string(),
        to: to.to_string(),
        kind: LeverKind::Setting,
        caution,
        scenario: base.scenario.clone(),
        plan,
    };
    let fewer_healthy = minimum.map(|minimum| {
        let load = match service.required_tasks {
            Some(required) => format!("the load needs {required}"),
            None => "service.load is not given".to_owned(),
        };
        candidate(
            "deployment.minimum_healthy_percent",
            plan.minimum_healthy_percent,
            minimum,
            format!("only {required} of {desired} tasks healthy meanwhile; {load}"),
            Plan {
                minimum_healthy_percent: minimum,
                ..plan
            },
        )
    });
    let more_at_once = (plan.maximum_percent < 200).then(|| {
        candidate(
            "deployment.maximum_percent",
            plan.maximum_percent,
            200,
            format!(
                "up to {} tasks at once use what they share",
                2 * u64::from(desired)
            ),
            Plan {
                maximum_percent: 200,
                ..plan
            },
        )
    });
    fewer_healthy.into_iter().chain(more_at_once).collect()
}

fn drain(base: &Baseline, balancer: LoadBalancer) -> Option<Candidate> {
    let service = &base.scenario.service;
    let longest = service.longest_request.unwrap_or_default();
    let least = longest.max(balancer.shortest_drain());
    let caution = match service.longest_request {
        Some(longest) => format!("longest_request = {}", written(longest)),
        None => "not below the longest request; service.longest_request is not given".to_owned(),
    };
    (least < balancer.deregistration_delay).then(|| Candidate {
        key: "service.load_balancer.deregistration_delay",
        from: written(balancer.deregistration_delay),
        to: written(least),
        kind: LeverKind::Setting,
        caution,
        scenario: with_balancer(base, |b| b.deregistration_delay = least),
        plan: base.plan,
    })
}

fn checks(base: &Baseline, balancer: LoadBalancer) -> Vec<Candidate> {
    let interval = balancer.health_check_interval;
    let candidate = |key, from, to, caution: &str, scenario| Candidate {
        key,
        from,
        to,
        kind: LeverKind::Setting,
        caution: caution.to_owned(),
        scenario,
        plan: base.plan,
    };
    let more_often = candidate(
        "service.load_balancer.health_check_interval",
        format!("{} × {}", written(interval), balancer.healthy_threshold),
        format!("{} × {LEAST_THRESHOLD}", written(LEAST_INTERVAL)),
        "failures are judged as much sooner: give a grace period",
        with_balancer(base, |b| {
            b.health_check_interval = LEAST_INTERVAL;
            b.healthy_threshold = LEAST_THRESHOLD;
        }),
    );
    let fewer_passes = candidate(
        "service.load_balancer.healthy_threshold",
        balancer.healthy_threshold.to_string(),
        LEAST_THRESHOLD.to_string(),
        "a target that recovers is trusted sooner",
        with_balancer(base, |b| b.healthy_threshold = LEAST_THRESHOLD),
    );
    let more_failures = candidate(
        "service.load_balancer.unhealthy_threshold",
        balancer.unhealthy_threshold.to_string(),
        MOST_FAILURES.to_string(),
        "a broken task is noticed later",
        with_balancer(base, |b| b.unhealthy_threshold = MOST_FAILURES),
    );
    let first_pass_counts = balancer.health_rule == HealthRule::FirstPass;
    let mut candidates = vec![more_often, fewer_passes];
    if first_pass_counts {
        candidates.push(more_failures);
    }
    candidates
}

/// The most failures in a row that a target group can ask for (Elastic Load Balancing API
/// reference, `CreateTargetGroup`).
const MOST_FAILURES: u32 = 10;

fn with_balancer(base: &Baseline, change: impl Fn(&mut LoadBalancer)) -> Scenario {
    base.changed(|s| s.service.load_balancer.iter_mut().for_each(change))
}

/// Half of each of the application's own times.
fn application(base: &Baseline) -> Vec<Candidate> {
    let timing = base.scenario.service.timing;
    let half = |law: DurationLaw| DurationLaw {
        mean: law.mean * 0.5,
        ..law
    };
    let candidate = |key, law: DurationLaw, caution: &str, scenario| Candidate {
        key,
        from: written(law.mean),
        to: written(half(law).mean),
        kind: LeverKind::Application,
        caution: caution.to_owned(),
        scenario,
        plan: base.plan,
    };
    vec![
        candidate(
            "service.timing.start",
            timing.start,
            "half of it: a smaller image, or one cached on the hosts",
            base.changed(|s| s.service.timing.start = half(timing.start)),
        ),
        candidate(
            "service.timing.ready",
            timing.ready,
            "half of it: less work before the first check is answered",
            base.changed(|s| s.service.timing.ready = half(timing.ready)),
        ),
        candidate(
            "service.timing.stop",
            timing.stop,
            "half of it: handle SIGTERM",
            base.changed(|s| s.service.timing.stop = half(timing.stop)),
        ),
    ]
}

/// One more host, before each deployment or always, with a maximum percent that lets it be used.
fn hosts(base: &Baseline) -> Vec<Candidate> {
    let Some(host) = &base.scenario.prescale.host else {
        return Vec::new();
    };
    let plan = base.plan;
    let maximum_percent = plan.maximum_percent.max(200);
    let raised = maximum_percent != plan.maximum_percent;
    let candidate = |hosts: u32, standing: &str, when: &str, more: Plan| {
        let instance_type = &host.shape.instance_type;
        let mut to = format!("{}{standing}", hosts.saturating_add(1));
        let mut caution = format!("one more {instance_type}, {when}");
        if raised {
            to += &format!(", {maximum_percent} %");
            caution += "; maximum_percent raised to use it";
        }
        Candidate {
            key: "prescale.hosts",
            from: hosts.to_string(),
            to,
            kind: LeverKind::Money,
            caution,
            scenario: base.scenario.clone(),
            plan: Plan {
                maximum_percent,
                ..more
            },
        }
    };
    vec![
        candidate(
            plan.prescale_hosts,
            "",
            "launched before each deployment",
            Plan {
                prescale_hosts: plan.prescale_hosts.saturating_add(1),
                ..plan
            },
        ),
        candidate(
            plan.headroom_hosts,
            " standing",
            "always on",
            Plan {
                headroom_hosts: plan.headroom_hosts.saturating_add(1),
                ..plan
            },
        ),
    ]
}
