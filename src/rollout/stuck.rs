//! Why a deployment never moves and the smallest changes that free it, from the scenario and what
//! its scheduler may do. Every change is proven by working the rollout out again with it.

use serde::Serialize;
use serde_json::Value;

use super::{
    Bounds, Moves, distinct_lower_bounds, distinct_upper_bounds, moves, roundest_maximum_percent,
    roundest_minimum_healthy_percent, scenario_moves,
};
use crate::scenario::{HostPort, LoadBalancerKind, NetworkMode, Scenario};

/// A deployment that never moves.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stuck {
    /// What binds.
    pub bound: Bound,
    /// The same in words.
    pub reason: String,
    /// Changes of which each alone frees it, smallest first.
    pub fix: Vec<Fix>,
}

/// What keeps a deployment from moving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// More tasks must be healthy than can be: only with a percent above 100.
    MinimumHealthyPercent,
    /// No task may be added to the desired count.
    MaximumPercent,
    /// No host has room for another task.
    HostRoom,
    /// Hosts have room, but hold only one task of the service each.
    HostPort,
    /// New tasks are killed before they are healthy.
    HealthCheck,
}

/// A change of one setting.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fix {
    /// The scenario key.
    pub key: String,
    /// What it is.
    pub from: Value,
    /// What it should be.
    pub to: Value,
    /// What has to change besides, as this alone leaves it stuck for another cause.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub besides: Vec<Fix>,
}

impl Fix {
    /// The scenario with this change of a percent, the hosts or what binds a task to a host.
    #[must_use]
    pub fn applied(&self, scenario: &Scenario) -> Scenario {
        let mut with = scenario.clone();
        let to = || self.to.as_u64().and_then(|to| u32::try_from(to).ok());
        let number = match self.key.as_str() {
            "deployment.maximum_percent" => &mut with.deployment.maximum_percent,
            "deployment.minimum_healthy_percent" => &mut with.deployment.minimum_healthy_percent,
            "prescale.hosts" => &mut with.prescale.hosts,
            "service.host_port" => {
                with.service.host_port = HostPort::Dynamic;
                return with;
            }
            "service.distinct_instance" => {
                with.service.distinct_instance = false;
                return with;
            }
            _ => return with,
        };
        *number = to().unwrap_or(*number);
        with
    }
}

/// Why `moves` is stuck and what frees it.
pub(super) fn explained(scenario: &Scenario, moves: &Moves) -> Stuck {
    let (bound, reason) = cause(scenario, moves);
    let fix = percent_fixes(scenario, moves)
        .into_iter()
        .chain(host_fix(scenario))
        .chain(port_fix(scenario))
        .chain(distinct_instance_fix(scenario))
        .collect();
    Stuck { bound, reason, fix }
}

fn cause(scenario: &Scenario, moves: &Moves) -> (Bound, String) {
    let Moves {
        desired,
        bounds: Bounds { lower, upper },
        surge,
        ..
    } = *moves;
    let percent = scenario.deployment.maximum_percent;
    let none_may_stop = format!("no task may stop (lower bound {lower}, desired count {desired})");
    if upper < desired {
        let reason = format!("the upper bound {upper} is below the desired count {desired}");
        (Bound::MaximumPercent, reason)
    } else if surge > 0 {
        let most = desired.saturating_add(surge);
        let reason = format!("{lower} tasks must be healthy and at most {most} can be");
        (Bound::MinimumHealthyPercent, reason)
    } else if moves.room.total() != Some(0) {
        let reason = format!(
            "{none_may_stop} and none may be added: {percent} % of {desired} rounds down to {upper}"
        );
        (Bound::MaximumPercent, reason)
    } else if let Some(rule) = one_per_host_rule(scenario) {
        let reason = format!(
            "{none_may_stop} and no further host takes one: {rule} allows one task on a host"
        );
        (Bound::HostPort, reason)
    } else {
        let reason = format!("{none_may_stop} and no host has room for another");
        (Bound::HostRoom, reason)
    }
}

/// The rule that allows one task of the service on a host, if there were room without it.
fn one_per_host_rule(scenario: &Scenario) -> Option<&'static str> {
    let mut without = scenario.clone();
    without.service.host_port = HostPort::Dynamic;
    without.service.distinct_instance = false;
    let room = scenario_moves(&without).ok()?.room;
    (room.total() != Some(0)).then_some(match scenario.service.host_port {
        HostPort::Static => "the static host port",
        HostPort::Dynamic => "distinct_instance",
    })
}

/// The nearest bounds that free it, the smaller change of percent first; of equal ones that which
/// takes no task away.
fn percent_fixes(scenario: &Scenario, stuck: &Moves) -> Vec<Fix> {
    let frees = |bounds: Bounds| !moves(scenario, bounds, stuck.room).is_stuck();
    let Moves {
        desired, bounds, ..
    } = *stuck;
    let maximum = distinct_upper_bounds(desired)
        .into_iter()
        .find(|&upper| frees(Bounds { upper, ..bounds }))
        .and_then(|upper| roundest_maximum_percent(desired, upper));
    let minimum = distinct_lower_bounds(desired)
        .into_iter()
        .rev()
        .find(|&lower| frees(Bounds { lower, ..bounds }))
        .and_then(|lower| roundest_minimum_healthy_percent(desired, lower));
    let deployment = &scenario.deployment;
    let mut changes = [
        (
            "deployment.maximum_percent",
            deployment.maximum_percent,
            maximum,
        ),
        (
            "deployment.minimum_healthy_percent",
            deployment.minimum_healthy_percent,
            minimum,
        ),
    ]
    .into_iter()
    .filter_map(|(key, from, to)| Some((key, from, to?)))
    .collect::<Vec<_>>();
    changes.sort_by_key(|&(_, from, to)| from.abs_diff(to));
    changes
        .into_iter()
        .map(|(key, from, to)| fix(key, from, to))
        .collect()
}

/// One host more.
fn host_fix(scenario: &Scenario) -> Option<Fix> {
    let hosts = scenario.prescale.hosts;
    let more = hosts.checked_add(1)?;
    let mut with = scenario.clone();
    with.prescale.hosts = more;
    frees(&with).then(|| fix("prescale.hosts", hosts, more))
}

/// Any free port in place of a fixed one, where mode and load balancer know such ports.
fn port_fix(scenario: &Scenario) -> Option<Fix> {
    let service = &scenario.service;
    let classic = service
        .load_balancer
        .is_some_and(|balancer| balancer.kind == LoadBalancerKind::Clb);
    if service.network_mode != NetworkMode::Bridge || classic {
        return None;
    }
    let mut with = scenario.clone();
    with.service.host_port = HostPort::Dynamic;
    frees(&with).then(|| fix("service.host_port", "static", "dynamic"))
}

fn distinct_instance_fix(scenario: &Scenario) -> Option<Fix> {
    let mut with = scenario.clone();
    with.service.distinct_instance = false;
    frees(&with).then(|| fix("service.distinct_instance", true, false))
}

fn frees(changed: &Scenario) -> bool {
    scenario_moves(changed).is_ok_and(|moves| !moves.is_stuck())
}

fn fix(key: &str, from: impl Into<Value>, to: impl Into<Value>) -> Fix {
    Fix {
        key: key.to_owned(),
        from: from.into(),
        to: to.into(),
        besides: Vec::new(),
    }
}
