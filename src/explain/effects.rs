//! What the other plausible values of the assumptions would change: for each input that was not
//! given, the durations and the cost with another value, by evaluating the model again.

use serde::Serialize;

use super::{Baseline, Clocks, Evaluated, clocks, written};
use crate::model::Outcome;
use crate::scenario::{
    Assumption, Capacity, DurationLaw, Granularity, HostShape, LoadBalancer, ReleaseHosts, Scenario,
};
use crate::units::{Seconds, Usd, UsdPerHour};

/// What another value of an assumption would change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Effect {
    /// The key of the assumption.
    pub key: String,
    /// What was taken.
    pub assumed: String,
    /// The other value.
    pub instead: String,
    /// How much longer the durations would be \[s\]; absent where either deployment is stuck.
    #[serde(flatten)]
    pub difference: Option<Clocks>,
    /// How much more it would cost \[USD/month\]; absent where either deployment is stuck, and
    /// without deployments per day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usd_per_month: Option<Usd>,
    /// The same in words.
    pub text: String,
}

/// What the other plausible values of a scenario's assumptions would change; nothing where not even
/// the desired count fits on the hosts.
#[must_use]
pub fn effects(scenario: &Scenario) -> Vec<Effect> {
    Baseline::of(scenario).map_or(Vec::new(), |base| of_assumptions(&base))
}

/// The scenario with the effect of each assumption beside it, where it is known.
#[must_use]
pub fn with_effects(mut scenario: Scenario) -> Scenario {
    let effects = effects(&scenario);
    for assumption in &mut scenario.assumptions {
        let texts: Vec<&str> = effects
            .iter()
            .filter(|effect| effect.key == assumption.key)
            .map(|effect| effect.text.as_str())
            .collect();
        assumption.effect = (!texts.is_empty()).then(|| texts.join("; "));
    }
    scenario
}

/// See [`effects`].
pub(super) fn of_assumptions(base: &Baseline) -> Vec<Effect> {
    base.scenario
        .assumptions
        .iter()
        .flat_map(|assumption| {
            alternatives(base.scenario, &assumption.key)
                .into_iter()
                .map(|alternative| effect(base, assumption, alternative))
        })
        .collect()
}

/// Another value of an assumption.
struct Alternative {
    instead: String,
    scenario: Scenario,
}

fn effect(base: &Baseline, assumption: &Assumption, alternative: Alternative) -> Effect {
    let evaluated = base.outcome_of(&alternative.scenario);
    let outcome = evaluated.as_ref().ok().map(|evaluated| &evaluated.outcome);
    let difference = outcome
        .and_then(clocks)
        .zip(base.clocks())
        .map(|(there, here)| there.less(here));
    let usd_per_month = outcome
        .filter(|_| difference.is_some())
        .and_then(|outcome| outcome.cost.total_usd_per_month)
        .zip(base.outcome.cost.total_usd_per_month)
        .map(|(there, here)| there - here);
    let text = match &evaluated {
        Err(too_few) => format!("with {}: {too_few}", alternative.instead),
        Ok(there) => {
            let changes = changes(base, there, difference, usd_per_month);
            let changes = if changes.is_empty() {
                "no difference".to_owned()
            } else {
                changes.join(", ")
            };
            format!("with {}: {changes}", alternative.instead)
        }
    };
    Effect {
        key: assumption.key.clone(),
        assumed: assumption.value.clone(),
        instead: alternative.instead,
        difference,
        usd_per_month,
        text,
    }
}

/// What is different, in words; durations from a second and money from a cent on.
fn changes(
    base: &Baseline,
    there: &Evaluated,
    difference: Option<Clocks>,
    usd_per_month: Option<Usd>,
) -> Vec<String> {
    let mut changes = Vec::new();
    match (clocks(&base.outcome), clocks(&there.outcome)) {
        (Some(_), None) => changes.push("stuck".to_owned()),
        (None, Some(clocks)) => {
            changes.push(format!("not stuck, completed in {}", clocks.completed_s));
        }
        _ => {}
    }
    if let Some(Clocks {
        lead_s,
        new_version_s,
        completed_s,
    }) = difference
    {
        for (name, seconds) in [
            ("lead", lead_s),
            ("new version", new_version_s),
            ("completed", completed_s),
        ] {
            if seconds.0.abs() >= 1.0 {
                changes.push(format!("{name} {}", signed(seconds.0, seconds)));
            }
        }
    }
    if let Some(usd) = usd_per_month.filter(|usd| usd.0.abs() >= 0.01) {
        changes.push(format!("{} a month", signed(usd.0, usd)));
    }
    let (here, room) = (base.outcome.tasks.room, there.outcome.tasks.room);
    if let (Some(here), Some(room)) = (here, room)
        && here != room
    {
        changes.push(format!("room for {room} instead of {here}"));
    }
    changes.extend(shortfall(&base.outcome, &there.outcome));
    let killed = base.verdict().kill_probability;
    if there.kill_probability > killed + 0.01 {
        let percent = there.kill_probability * 100.0;
        changes.push(format!("{percent:.0} % of new tasks killed as unhealthy"));
    }
    changes
}

/// How many minutes of a month are short of tasks, where that is different.
fn shortfall(here: &Outcome, there: &Outcome) -> Option<String> {
    let here = here.availability.shortfall_minutes_per_month?;
    let there = there.availability.shortfall_minutes_per_month?;
    ((there - here).abs() >= 1.0)
        .then(|| format!("{there:.0} min a month short of tasks instead of {here:.0}"))
}

/// A difference with its sign.
pub(super) fn signed(sign: f64, amount: impl std::fmt::Display) -> String {
    let amount = amount.to_string();
    let sign = if sign < 0.0 { '−' } else { '+' };
    format!("{sign}{}", amount.trim_start_matches('−'))
}

/// The other plausible values of what a key stands for.
fn alternatives(scenario: &Scenario, key: &str) -> Vec<Alternative> {
    let with = |instead: &dyn ToString, change: &dyn Fn(&mut Scenario)| {
        let mut changed = scenario.clone();
        change(&mut changed);
        Alternative {
            instead: instead.to_string(),
            scenario: changed,
        }
    };
    let seconds = |instead: f64, change: &dyn Fn(&mut Scenario, Seconds)| {
        with(&written(Seconds(instead)), &|s| change(s, Seconds(instead)))
    };
    let balancer = |instead: f64, change: &dyn Fn(&mut LoadBalancer, Seconds)| {
        seconds(instead, &|s, value| {
            let balancer = s.service.load_balancer.iter_mut();
            balancer.for_each(|balancer| change(balancer, value));
        })
    };
    match key {
        // The API reference counts pending and running tasks only.
        "deployment.stopping_counts" => {
            vec![with(&false, &|s| s.deployment.stopping_counts = false)]
        }
        // The recorded range.
        "deployment.reaction" => [10.0, 40.0]
            .map(|mean| seconds(mean, &|s, mean| s.deployment.reaction.mean = mean))
            .into(),
        // Logs since about 2021.
        "deployment.completion_lag" => {
            vec![seconds(10.0, &|s, lag| s.deployment.completion_lag = lag)]
        }
        // A process that ignores SIGTERM, such as a shell that runs as the first process.
        "service.timing.stop" => {
            let timeout = scenario.service.timing.stop_timeout.0;
            vec![seconds(timeout, &|s, stop| {
                s.service.timing.stop = DurationLaw::fixed(stop);
            })]
        }
        // The image is part of the host's, or small.
        "service.timing.cold_start_extra" => vec![seconds(0.0, &|s, extra| {
            s.service.timing.cold_start_extra = DurationLaw::fixed(extra);
        })],
        // The recorded range.
        "prescale.boot" => [120.0, 240.0]
            .map(|mean| seconds(mean, &|s, mean| s.prescale.boot.mean = mean))
            .into(),
        "prescale.release_hosts" => vec![with(&"newest", &|s| {
            s.prescale.release_hosts = ReleaseHosts::Newest;
        })],
        // Common where requests are short.
        "service.load_balancer.deregistration_delay" => {
            vec![balancer(30.0, &|b, delay| b.deregistration_delay = delay)]
        }
        // The Amazon ECS developer guide advises 5 s and 2 passes for fast deployments.
        "service.load_balancer.health_check_interval" => {
            vec![balancer(5.0, &|b, interval| {
                b.health_check_interval = interval;
            })]
        }
        "service.load_balancer.healthy_threshold" => vec![with(&2, &|s| {
            let balancer = s.service.load_balancer.iter_mut();
            balancer.for_each(|balancer| balancer.healthy_threshold = 2);
        })],
        // The recorded range.
        "service.load_balancer.registration_delay" => [70.0, 180.0]
            .map(|mean| balancer(mean, &|b, mean| b.registration_delay.mean = mean))
            .into(),
        // The service is not at its load's limit.
        "service.load.required_tasks" => match scenario.service.desired_count {
            0 | 1 => Vec::new(),
            desired => vec![with(&(desired - 1), &|s| {
                s.service.required_tasks = Some(desired - 1);
            })],
        },
        // The orchestrator's own default.
        "service.health_check_grace_period" => vec![seconds(0.0, &|s, grace| {
            s.service.health_check_grace_period = Some(grace);
        })],
        // As of 2016, and of some systems today.
        "billing.granularity" => vec![with(&"hour", &|s| {
            s.billing.granularity = Granularity::Hour;
        })],
        // Working days only.
        "deployment.days_per_month" => vec![with(&21, &|s| {
            s.deployment.days_per_month = Some(21.0);
        })],
        _ => costs(scenario, key)
            .or_else(|| registered(scenario, key))
            .unwrap_or_default(),
    }
}

/// Costs that were taken as zero.
fn costs(scenario: &Scenario, key: &str) -> Option<Vec<Alternative>> {
    let mut changed = scenario.clone();
    let Capacity::Hosts(cluster) = &mut changed.capacity else {
        return None;
    };
    let instead = match key {
        // us-east-1: a public IPv4 address at 0.005 USD/h and 30 GiB of gp3 at 0.08 USD a month.
        "cluster.host_extra_usd_per_hour" => {
            cluster.host_extra = UsdPerHour(0.0083);
            "0.0083"
        }
        // us-east-1: processing of a NAT gateway.
        "cluster.nat_usd_per_gib" => {
            cluster.nat_usd_per_gib = 0.045;
            "0.045"
        }
        // The list price of a common monitoring agent per host and month.
        _ => {
            let index = key
                .strip_prefix("cluster.daemons.")?
                .strip_suffix(".usd_per_host_month")?;
            let daemon = cluster.daemons.get_mut(index.parse::<usize>().ok()?)?;
            daemon.usd_per_host_month = Usd(15.0);
            "15"
        }
    };
    Some(vec![Alternative {
        instead: instead.to_owned(),
        scenario: changed,
    }])
}

/// What a host registers, 5 % less and more: types differ in what their system keeps.
fn registered(scenario: &Scenario, key: &str) -> Option<Vec<Alternative>> {
    let Capacity::Hosts(cluster) = &scenario.capacity else {
        return None;
    };
    let (index, resource) = key.strip_prefix("cluster.hosts.")?.split_once('.')?;
    let index = index.parse::<usize>().ok()?;
    let shape = &cluster.hosts.get(index)?.shape;
    let field: fn(&mut HostShape) -> &mut u32 = match resource {
        "registered_cpu" => |shape| &mut shape.registered_cpu,
        "registered_memory_mib" => |shape| &mut shape.registered_memory_mib,
        _ => return None,
    };
    let mut shapes = [shape.clone(), shape.clone()];
    for (other, percent) in shapes.iter_mut().zip([95_u64, 105]) {
        let value = field(other);
        *value = u32::try_from(u64::from(*value) * percent / 100).unwrap_or(u32::MAX);
    }
    let alternative = |mut other: HostShape| {
        let mut changed = scenario.clone();
        if let Some(added) = &mut changed.prescale.host
            && added.shape == *shape
        {
            added.shape = other.clone();
        }
        let instead = field(&mut other).to_string();
        if let Capacity::Hosts(cluster) = &mut changed.capacity
            && let Some(group) = cluster.hosts.get_mut(index)
        {
            group.shape = other;
        }
        Alternative {
            instead,
            scenario: changed,
        }
    };
    Some(shapes.map(alternative).into())
}
