//! A plan as it is told: what to change, what comes of it, why it and no other.

use std::cmp::Ordering;

use serde_json::Value;

use super::decision::{Decision, Timing};
use super::search::{Candidate, Limit, Search, TIE};
use super::variants::{changes, shorter_drain, with_balancer};
use super::{Change, Conditional, PlanReport};
use crate::model::start_limits::held_back;
use crate::model::walk::walk;
use crate::model::{EstimateVerdict, Model, Plan, at_ends, required_tasks};
use crate::rollout::{
    TooFewPlaces, bounds, managed_scaling, moves_over_range, others, over_range, room, target_for,
};
use crate::scenario::{DesiredRange, Limits, Order, PrescaleMode, Scenario};
use crate::units::Seconds;

/// A deregistration delay that suits most services whose requests are short \[s\].
const SHORT_DRAIN: Seconds = Seconds(30.0);

/// A plan under a timing, against the scenario as it stands.
///
/// # Errors
/// Not even the desired count fits on the listed hosts.
pub fn report(
    scenario: &Scenario,
    timing: &Timing,
    candidate: &Candidate,
) -> Result<PlanReport, TooFewPlaces> {
    let planned = with_plan(&timing.scenario, &candidate.plan);
    let changed = changed(scenario, timing, &candidate.plan);
    plan_report(&planned, &timing.model, &candidate.plan, changed)
}

/// What has to be set differently from the scenario as it stands, for a plan under a timing.
pub fn changed(scenario: &Scenario, timing: &Timing, plan: &Plan) -> Vec<Change> {
    let mut changed = plan_changes(scenario, plan);
    changed.extend(changes(scenario, &timing.scenario));
    changed
}

/// The scenario as it stands.
///
/// # Errors
/// Not even the desired count fits on the listed hosts.
pub fn current(as_it_stands: &Timing) -> Result<PlanReport, TooFewPlaces> {
    let scenario = &as_it_stands.scenario;
    let plan = Plan::of(scenario);
    plan_report(scenario, &as_it_stands.model, &plan, Vec::new())
}

fn plan_report(
    scenario: &Scenario,
    model: &Model,
    plan: &Plan,
    changed: Vec<Change>,
) -> Result<PlanReport, TooFewPlaces> {
    let outcome = model.outcome(scenario, plan)?;
    Ok(PlanReport {
        minimum_healthy_percent: plan.minimum_healthy_percent,
        maximum_percent: plan.maximum_percent,
        prescale_hosts: plan.prescale_hosts,
        spot_hosts: plan.spot_hosts,
        headroom_hosts: plan.headroom_hosts,
        changed,
        estimate: model.estimate(scenario, &outcome)?,
    })
}

/// The scenario with a plan's settings.
pub fn with_plan(scenario: &Scenario, plan: &Plan) -> Scenario {
    let mut scenario = scenario.clone();
    scenario.deployment.minimum_healthy_percent = plan.minimum_healthy_percent;
    scenario.deployment.maximum_percent = plan.maximum_percent;
    let hosts = plan.prescale_hosts + plan.headroom_hosts;
    scenario.prescale.hosts = hosts;
    if hosts > 0 {
        scenario.leave_reactive();
    }
    scenario.prescale.mode = if plan.headroom_hosts > 0 {
        PrescaleMode::Standing
    } else if scenario.prescale.mode == PrescaleMode::WarmPool {
        PrescaleMode::WarmPool
    } else {
        PrescaleMode::Before
    };
    scenario.prescale.spot_share = if hosts == 0 {
        0.0
    } else {
        f64::from(plan.spot_hosts) / f64::from(hosts)
    };
    scenario
}

/// What of the scenario a plan sets differently; percents only where the bound differs.
fn plan_changes(scenario: &Scenario, plan: &Plan) -> Vec<Change> {
    let now = Plan::of(scenario);
    let desired = scenario.service.desired_count;
    let bounds_of =
        |plan: &Plan| bounds(desired, plan.minimum_healthy_percent, plan.maximum_percent);
    let (from, to) = (bounds_of(&now), bounds_of(plan));
    let mut changed = Vec::new();
    let mut change = |key: &str, from: Value, to: Value| {
        if from != to {
            changed.push(Change {
                key: key.to_owned(),
                from,
                to,
            });
        }
    };
    // Percents of the same bounds may be stuck at another count.
    let percents_now = (now.minimum_healthy_percent, now.maximum_percent);
    let moving = scenario.service.desired_range.is_some_and(|range| {
        room(scenario, plan.added())
            .is_ok_and(|room| !moves_over_range(scenario, range, percents_now, room))
    });
    if moving || from.lower != to.lower {
        change(
            "deployment.minimum_healthy_percent",
            Value::from(now.minimum_healthy_percent),
            Value::from(plan.minimum_healthy_percent),
        );
    }
    if moving || from.upper != to.upper {
        change(
            "deployment.maximum_percent",
            Value::from(now.maximum_percent),
            Value::from(plan.maximum_percent),
        );
    }
    let planned = with_plan(scenario, plan);
    let adds = plan.prescale_hosts + plan.headroom_hosts > 0;
    if adds {
        change("prescale.mode", mode(scenario), mode(&planned));
    }
    if adds || !scenario.prescale.reactive {
        change("prescale.hosts", hosts(scenario), hosts(&planned));
    }
    if plan.spot_hosts != now.spot_hosts && planned.prescale.hosts > 0 {
        change(
            "prescale.spot_share",
            Value::from(scenario.prescale.spot_share),
            Value::from(planned.prescale.spot_share),
        );
    }
    changed
}

/// `prescale.mode` as a scenario has it.
fn mode(scenario: &Scenario) -> Value {
    Value::from(match scenario.prescale.mode {
        _ if scenario.prescale.reactive => "reactive",
        PrescaleMode::Before => "before",
        PrescaleMode::WarmPool => "warm-pool",
        PrescaleMode::Standing => "standing",
    })
}

/// `prescale.hosts` as a scenario has it: in reactive mode the most that managed scaling may add,
/// if that is given.
fn hosts(scenario: &Scenario) -> Value {
    if scenario.prescale.reactive {
        Value::from(managed_scaling(scenario).and_then(|scaling| scaling.most_hosts))
    } else {
        Value::from(scenario.prescale.hosts)
    }
}

/// Why this plan and no other.
pub fn reasons(
    scenario: &Scenario,
    timing: &Timing,
    search: &Search,
    decision: &Decision,
    current: &PlanReport,
) -> Vec<String> {
    let Some(chosen) = &decision.chosen else {
        let mut reasons = vec!["No plan meets all limits.".to_owned()];
        reasons.extend(kept_at_the_ends(scenario, &Plan::of(scenario)));
        return reasons;
    };
    let mut reasons = Vec::new();
    let clock = timing.scenario.recommend.clock;
    match current.estimate.duration {
        Some(duration) if current.estimate.verdict == EstimateVerdict::Completes => {
            let before = duration.with_lead(clock);
            let saved = before - chosen.score.time;
            if saved.0.abs() < TIE {
                reasons.push(
                    "Nothing within the limits is faster than the settings of today.".to_owned(),
                );
            } else {
                reasons.push(format!("It saves {saved} of {before} in each deployment."));
            }
        }
        _ => reasons.push("The deployment is stuck with the settings of today.".to_owned()),
    }
    reasons.extend(super::grace::reason(scenario, &timing.scenario));
    let required = required_tasks(&scenario.service);
    let lower = chosen.score.bounds.lower;
    reasons.push(match lower.cmp(&required) {
        Ordering::Greater => {
            format!("At least {lower} tasks stay healthy, {required} are required.")
        }
        Ordering::Equal => format!("At least {lower} of {required} required tasks stay healthy."),
        Ordering::Less => format!(
            "It goes down to {lower} healthy tasks, below the {required} required, for {:.0} minutes a month; set limits.availability to rule that out.",
            chosen.score.availability.shortfall_minutes_per_month.unwrap_or_default()
        ),
    });
    if let (true, Some(without)) = (chosen.added_hosts() > 0, &decision.without) {
        let less = chosen.total().0 - without.total().0;
        reasons.push(format!(
            "{} the best is {}, for {:.2} USD a month {}.",
            if without.score.hosts_on_demand > 0 {
                "With the hosts of managed scaling alone (reactive)"
            } else {
                "Without added hosts"
            },
            without.score.time,
            less.abs(),
            if less < 0.0 { "more" } else { "less" }
        ));
    }
    if let (0, Some(prescaled)) = (chosen.added_hosts(), &decision.prescaled_at_any_cost) {
        let gain = chosen.score.time - prescaled.score.time;
        if gain.0 < 1.0 {
            reasons.push(format!(
                "Pre-scaled hosts would bring nothing: with them it takes {}, the wait for them included.",
                prescaled.score.time
            ));
        } else {
            reasons.push(format!(
                "Pre-scaled hosts would save {gain} more for {:+.2} USD a month.",
                prescaled.total().0 - chosen.total().0
            ));
        }
    }
    reasons.extend(kept_at_the_ends(scenario, &chosen.plan));
    reasons.extend(room_shared(scenario));
    reasons.extend(lock_waited_for(&timing.scenario, &timing.model, chosen));
    reasons.extend(starts_held_back(&timing.scenario, &timing.model, chosen));
    reasons.extend(kept_by_target(scenario, chosen));
    for limit in Limit::ALL {
        let Some(wanted) = limit.wanted(&scenario.limits) else {
            continue;
        };
        let loosened = search.least(&super::infeasible::without(&scenario.limits, limit));
        let binds = loosened < search.objective(chosen) - search.tie();
        if binds {
            reasons.push(format!(
                "{} = {wanted} is what keeps it from being faster.",
                limit.key()
            ));
        }
    }
    if chosen.plan.spot_hosts > 0 && chosen.plan.prescale_hosts > 0 {
        reasons.push(
            "Spot is taken for the added hosts: it costs less, and a request may go unfulfilled; with prescale.release_hosts = \"emptiest\" these hosts stay and serve."
                .to_owned(),
        );
    }
    reasons
}

/// The wait for the lock of the cluster, which no time of the answer holds.
fn lock_waited_for(scenario: &Scenario, model: &Model, chosen: &Candidate) -> Option<String> {
    let overlap = scenario.overlap?;
    let outcome = model.outcome(scenario, &chosen.plan).ok()?;
    if overlap.order != Order::Queued {
        return None;
    }
    let before = "it comes before the lead and is in none of the times compared, nor in limits.max_duration; a shorter deployment shortens it too";
    Some(match outcome.duration?.lock_wait_s {
        Some(wait) => format!("Each deployment waits {} for the lock of the cluster: {before}.", wait.mean),
        None => "The lock of the cluster is asked for longer than the working time: the wait for it has no end, and is in none of the times compared.".to_owned(),
    })
}

/// Starts that wait for the rate limits.
fn starts_held_back(scenario: &Scenario, model: &Model, chosen: &Candidate) -> Option<String> {
    let outcome = model.outcome(scenario, &chosen.plan).ok()?;
    let acts = walk(&outcome.moves, model.phases(), &[], &[]);
    let held = held_back(scenario.service.launch_type, &acts)?;
    (held.longest.0 >= 0.5).then(|| {
        format!(
            "Of its {} starts at a moment ECS makes {:.0} at once and {:.0} a minute after: the last is held back by {}, which the times count.",
            held.starts,
            held.limit.at_once,
            held.limit.per_second * 60.0,
            held.longest
        )
    })
}

/// How managed scaling keeps standing hosts that it would take if they were added by hand.
fn kept_by_target(scenario: &Scenario, chosen: &Candidate) -> Option<String> {
    let standing = chosen.plan.headroom_hosts;
    let target = target_for(scenario, standing).filter(|_| standing > 0)?;
    Some(format!(
        "Managed scaling takes hosts that are idle for 15 min; with cluster.capacity_provider.target_capacity = {target} it keeps the {standing} standing by itself."
    ))
}

/// That the limits hold wherever the desired count moves under a plan, or where they are not asked
/// for.
fn kept_at_the_ends(scenario: &Scenario, plan: &Plan) -> Option<String> {
    let range = scenario.service.desired_range?;
    if scenario.limits == Limits::default() {
        return None;
    }
    let DesiredRange { low, high } = range;
    let percents = (plan.minimum_healthy_percent, plan.maximum_percent);
    let room = room(scenario, plan.added()).ok()?;
    let found = over_range(scenario, range, percents, room);
    let ends = at_ends(scenario, plan.added());
    let counts = ends.iter().map(|(there, _)| there.service.desired_count);
    let highest = counts.fold(scenario.service.desired_count, u32::max);
    let as_many = if highest < high {
        format!(", the upper one with the {highest} tasks that the hosts hold")
    } else {
        String::new()
    };
    let stuck: Vec<String> = [low, highest]
        .iter()
        .filter(|end| found.stuck.contains(end))
        .map(ToString::to_string)
        .collect();
    Some(if stuck.is_empty() {
        format!(
            "The limits are kept at both ends of service.desired_range = [{low}, {high}] too, on \
             the same hosts{as_many}."
        )
    } else {
        format!(
            "The limits are not held against {} tasks, where {}/{} never moves: let \
             recommend.may_change hold \"percents\", or correct service.desired_range = [{low}, \
             {high}].",
            stuck.join(" and "),
            percents.0,
            percents.1
        )
    })
}

/// That the room is counted less what deployments of others take of it.
fn room_shared(scenario: &Scenario) -> Option<String> {
    let others = others(scenario).filter(|others| others.tasks > 0)?;
    Some(format!(
        "The room is counted less places for {} tasks, which {} deployments of others take at the same time; in 95 % of moments there are no more of them.",
        others.tasks, others.at_once
    ))
}

/// Savings that need a fact, or a permission.
///
/// # Errors
/// Not even the desired count fits on the listed hosts.
pub fn conditional(
    scenario: &Scenario,
    timing: &Timing,
    decision: &Decision,
) -> Result<Vec<Conditional>, TooFewPlaces> {
    let (Some(chosen), Some(balancer)) = (&decision.chosen, timing.scenario.service.load_balancer)
    else {
        return Ok(Vec::new());
    };
    let permitted = scenario.recommend.may_change.deregistration_delay;
    let (shorter, key, condition) = match scenario.service.longest_request {
        Some(_) if permitted => return Ok(Vec::new()),
        Some(longest) => (
            shorter_drain(&balancer, longest),
            "recommend.may_change",
            "if \"deregistration_delay\" is added to recommend.may_change".to_owned(),
        ),
        None => (
            shorter_drain(&balancer, SHORT_DRAIN),
            "service.longest_request",
            format!("if no request takes longer than {SHORT_DRAIN}; state service.longest_request"),
        ),
    };
    let planned = with_plan(&timing.scenario, &chosen.plan);
    let shortened = with_balancer(&planned, shorter);
    let Some(change) = changes(&planned, &shortened).pop() else {
        return Ok(Vec::new());
    };
    let room = crate::rollout::room(&shortened, chosen.plan.added())?;
    let found = Model::of(&shortened).time_and_cost(&shortened, &chosen.plan, room);
    Ok(found
        .map(|found| Conditional {
            key: key.to_owned(),
            change,
            saves_s: chosen.score.time - found.time,
            condition,
        })
        .filter(|conditional| conditional.saves_s.0 >= TIE)
        .into_iter()
        .collect())
}
