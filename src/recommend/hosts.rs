//! "Should we pre-scale hosts?": the answer, what it is measured against, and where it turns.

use super::decision::{Decision, Timing};
use super::search::{Candidate, Search};
use super::{Alternative, AlternativeKind, HostsAnswer, HostsReason, PlanReport, report};
use crate::model::Cost;
use crate::rollout::{Added, TooFewPlaces, managed_scaling, places_on_added, room, target_for};
use crate::scenario::{Capacity, LaunchType, NetworkMode, Scenario};
use crate::units::{DAYS_PER_MONTH, Seconds, Usd};

/// A gain below this is no material difference \[s\].
const MATERIAL: f64 = 30.0;

/// The answer.
///
/// # Errors
/// Not even the desired count fits on the listed hosts.
pub fn answer(
    scenario: &Scenario,
    timing: &Timing,
    search: &Search,
    decision: &Decision,
    current: &PlanReport,
) -> Result<HostsAnswer, TooFewPlaces> {
    let clock = scenario.recommend.clock;
    let current_time = current
        .estimate
        .duration
        .map(|duration| duration.with_lead(clock));
    let prescaled = decision.prescaled.or(decision.prescaled_at_any_cost);
    let told = |candidate: &Candidate| report::report(scenario, timing, candidate);
    let against = match &decision.without {
        Some(without) => told(without)?,
        None => current.clone(),
    };
    let against_time = match &decision.without {
        Some(without) => Some(without.score.time),
        None => current_time,
    };
    let against_total = against
        .estimate
        .cost
        .total_usd_per_month
        .unwrap_or_default();
    let saves = prescaled
        .as_ref()
        .zip(against_time)
        .map(|(prescaled, against)| against - prescaled.score.time);
    let costs = prescaled
        .as_ref()
        .map(|prescaled| prescaled.total() - against_total);
    let per_deployment = prescaled
        .as_ref()
        .map(|prescaled| prescaled.score.cost.per_deployment_usd);
    let standing_cost = decision
        .standing
        .as_ref()
        .map(|standing| standing.score.cost.headroom_usd_per_month);
    Ok(HostsAnswer {
        answer: decision.answer(),
        reason: reason(scenario, decision, current_time)?,
        saves_s_per_deployment: saves,
        costs_usd_per_month: costs,
        saves_vs_current_s: current_time
            .zip(decision.chosen)
            .map(|(current, chosen)| current - chosen.score.time),
        break_even_deployments_per_day: standing_cost
            .zip(prescaled.as_ref().map(|prescaled| prescaled.score.cost))
            .and_then(|(standing, cost)| {
                break_even(standing, &cost, scenario.deployment.per_month())
            }),
        break_even_usd_per_minute: per_deployment
            .zip(saves)
            .and_then(|(each, saves)| (saves.0 > 0.0).then_some(each.0 * 60.0 / saves.0)),
        robust_while: Vec::new(),
        alternatives: alternatives(scenario, timing, search, decision, current)?,
        against: Some(against),
    })
}

/// Above so many deployments a calendar day standing hosts are cheaper than pre-scaled ones.
///
/// # Formula
/// `headroom` / (`per_deployment` × 730/24), with what a deployment adds at that number of them: of
/// what is due once a month each pays the less the more they are. That is
/// (`headroom` − due once) / (`per_deployment` without it × 730/24).
fn break_even(standing: Usd, prescaled: &Cost, per_month: Option<f64>) -> Option<f64> {
    let due_once = prescaled.due_once_usd_per_month.0;
    let each = prescaled.per_deployment_usd.0 - per_month.map_or(0.0, |number| due_once / number);
    (each > 0.0).then(|| (standing.0 - due_once).max(0.0) / (each * DAYS_PER_MONTH))
}

/// Why, in one word.
fn reason(
    scenario: &Scenario,
    decision: &Decision,
    current: Option<Seconds>,
) -> Result<HostsReason, TooFewPlaces> {
    let Some(chosen) = &decision.chosen else {
        return Ok(HostsReason::NoFeasible);
    };
    if chosen.plan.prescale_hosts > 0 {
        return Ok(HostsReason::Pays);
    }
    if chosen.plan.headroom_hosts > 0 {
        return Ok(HostsReason::StandingCheaper);
    }
    if chosen.score.hosts_on_demand > 0 {
        return Ok(HostsReason::ReactiveSuffices);
    }
    let too_dear = decision.prescaled.is_none()
        && decision
            .prescaled_at_any_cost
            .is_some_and(|prescaled| chosen.score.time.0 - prescaled.score.time.0 >= MATERIAL);
    if too_dear {
        return Ok(HostsReason::OverBudget);
    }
    let gained = current.is_none_or(|current| current.0 - chosen.score.time.0 >= MATERIAL);
    if gained {
        return Ok(HostsReason::SettingsFirst);
    }
    let bounds = chosen.score.bounds;
    let surge = bounds.upper.saturating_sub(scenario.service.desired_count);
    let room = room(scenario, Added::default())?.total();
    Ok(if room.is_none_or(|room| room >= surge.max(1)) {
        HostsReason::RoomAlreadyThere
    } else {
        HostsReason::NoGain
    })
}

/// The rows of the comparison.
fn alternatives(
    scenario: &Scenario,
    timing: &Timing,
    search: &Search,
    decision: &Decision,
    current: &PlanReport,
) -> Result<Vec<Alternative>, TooFewPlaces> {
    let told = |candidate: &Candidate| report::report(scenario, timing, candidate);
    let row = |kind, candidate: Option<Candidate>, none: &str| {
        let plan = candidate.as_ref().map(told).transpose()?;
        let remark = if plan.is_some() {
            String::new()
        } else {
            none.to_owned()
        };
        Ok(Alternative { kind, plan, remark })
    };
    let may_add = search
        .configurations
        .iter()
        .any(|configuration| configuration.before > 0);
    let may_stand = search
        .configurations
        .iter()
        .any(|configuration| configuration.standing > 0);
    let mut rows = vec![
        Alternative {
            kind: AlternativeKind::AsIs,
            plan: Some(current.clone()),
            remark: String::new(),
        },
        row(
            AlternativeKind::SettingsOnly,
            decision.settings,
            if decision.on_demand.is_some() {
                "none within the limits but with hosts of managed scaling: see reactive"
            } else {
                "none within the limits"
            },
        )?,
    ];
    if managed_scaling(scenario).is_some() {
        rows.push(row(
            AlternativeKind::OnDemand,
            decision.on_demand,
            "none within the limits, or the hosts have the room",
        )?);
    }
    let mut prescaled = row(
        AlternativeKind::Prescaled,
        decision.prescaled.or(decision.prescaled_at_any_cost),
        if may_add {
            "none within the limits"
        } else {
            none_added(scenario, scenario.recommend.may_change.prescale)
        },
    )?;
    if decision.prescaled.is_none() && prescaled.plan.is_some() {
        "over the budget".clone_into(&mut prescaled.remark);
    }
    rows.push(prescaled);
    let standing_taken = none_stands(scenario);
    rows.push(row(
        AlternativeKind::Standing,
        decision.standing,
        if may_stand {
            "none within the limits"
        } else {
            &standing_taken
        },
    )?);
    if scenario.service.launch_type == LaunchType::Ec2 {
        rows.push(fargate(scenario, timing)?);
    }
    Ok(rows)
}

/// Why no plan adds a host.
fn none_added(scenario: &Scenario, permitted: bool) -> &'static str {
    if !permitted {
        return "not permitted by recommend.may_change";
    }
    match places_on_added(scenario).map(|places| places.count) {
        None => "no host to add: give prescale.instance_type",
        Some(0) => "no use for one: no task fits on a host to add",
        Some(_) => "no use for one: the room is enough for all tasks twice",
    }
}

/// Why no plan keeps standing hosts.
fn none_stands(scenario: &Scenario) -> String {
    let permitted = scenario.recommend.may_change.headroom;
    if !permitted || managed_scaling(scenario).is_none() {
        return none_added(scenario, permitted).to_owned();
    }
    let settled = target_for(scenario, 1).map_or_else(String::new, |target| {
        format!("; cluster.capacity_provider.target_capacity = {target} keeps 1 host by itself")
    });
    format!("managed scaling takes hosts that are idle for 15 min{settled}")
}

/// What the durations on Fargate leave out.
const START_ON_FARGATE: &str = "task start as on the hosts; a start on Fargate takes 20 to 65 s";

/// Whether hosts whose price is counted carry tasks of others.
fn shares_its_hosts(scenario: &Scenario) -> bool {
    match &scenario.capacity {
        Capacity::Hosts(cluster) => cluster
            .hosts
            .iter()
            .any(|group| group.used.cpu > 0 || group.used.memory_mib > 0),
        Capacity::FreeTasks(_) | Capacity::Unlimited => false,
    }
}

/// The same service on Fargate, with the best settings.
fn fargate(scenario: &Scenario, timing: &Timing) -> Result<Alternative, TooFewPlaces> {
    let none = |remark: &str| {
        Ok(Alternative {
            kind: AlternativeKind::Fargate,
            plan: None,
            remark: remark.to_owned(),
        })
    };
    if scenario.service.size.is_none() {
        return none("not known: give service.cpu and service.memory_mib");
    }
    if scenario.fargate.is_none() {
        return none("price not known: give [prices] \"fargate.vcpu\" and \"fargate.gb\"");
    }
    let mut moved = timing.scenario.clone();
    moved.service.launch_type = LaunchType::Fargate;
    moved.service.network_mode = NetworkMode::AwsVpc;
    moved.service.host_port = crate::scenario::HostPort::Dynamic;
    moved.service.distinct_instance = false;
    moved.capacity = Capacity::Unlimited;
    moved.prescale.hosts = 0;
    moved.prescale.host = None;
    let moved = timing.also_of(moved);
    let search = Search::new(&moved.scenario, &moved.model)?;
    let Some(best) = search.best(|_| true, &scenario.limits) else {
        return none("none within the limits");
    };
    Ok(Alternative {
        kind: AlternativeKind::Fargate,
        plan: Some(report::report(scenario, &moved, &best)?),
        remark: if shares_its_hosts(scenario) {
            format!(
                "its tasks alone, where the hosts above carry other services too; {START_ON_FARGATE}"
            )
        } else {
            START_ON_FARGATE.to_owned()
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_once_a_month_is_not_paid_by_each_further_deployment() {
        // 0.01 USD a deployment, and licences of 30 USD a month that 300 deployments share.
        let prescaled = Cost {
            serving_usd_per_month: Usd(100.0),
            headroom_usd_per_month: Usd(0.0),
            per_deployment_usd: Usd(0.01 + 30.0 / 300.0),
            due_once_usd_per_month: Usd(30.0),
            sunk_usd_per_month: None,
            total_usd_per_month: Some(Usd(133.0)),
            per_deployment_p95_usd: None,
            total_p95_usd_per_month: None,
        };
        let found = break_even(Usd(80.0), &prescaled, Some(300.0));
        // 30 + 0.01 n = 80 at 5000 a month.
        let expected = 5_000.0 / DAYS_PER_MONTH;
        assert!(
            found.is_some_and(|found| (found - expected).abs() < 1e-9),
            "{found:?}"
        );
        let unknown = Cost {
            due_once_usd_per_month: Usd(0.0),
            ..prescaled
        };
        let found = break_even(Usd(80.0), &unknown, None);
        let expected = 80.0 / (0.11 * DAYS_PER_MONTH);
        assert!(
            found.is_some_and(|found| (found - expected).abs() < 1e-9),
            "{found:?}"
        );
    }
}
