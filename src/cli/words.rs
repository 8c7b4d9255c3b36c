//! How quantities, settings and changes are worded.

use serde::Serialize;
use serde_json::Value;

use super::output::Complaint;
use crate::model::{Availability, Duration, Durations, Estimate};
use crate::recommend::{Change, PlanReport, Taken};
use crate::rollout::Fix;
use crate::scenario::{Assumption, Capacity, Scenario};
use crate::units::{PerHour, Seconds, Share, Usd};

/// `5.1 min (p95 5.7)`.
pub fn with_p95(duration: &Duration) -> String {
    let Duration { mean, p95, .. } = duration;
    let (mean, p95) = (mean.to_string(), p95.to_string());
    match mean.rsplit_once(' ').zip(p95.rsplit_once(' ')) {
        Some(((_, unit), (number, same))) if unit == same => format!("{mean} (p95 {number})"),
        _ => format!("{mean} (p95 {p95})"),
    }
}

/// `20.2 → 10.9 min`; one of them where both read the same.
pub fn from_to(from: Option<Seconds>, to: Option<Seconds>) -> String {
    let (from, to) = (or_stuck(from), or_stuck(to));
    if from == to {
        return to;
    }
    match from.rsplit_once(' ').zip(to.rsplit_once(' ')) {
        Some(((number, unit), (_, same))) if unit == same => format!("{number} → {to}"),
        _ => format!("{from} → {to}"),
    }
}

fn or_stuck(duration: Option<Seconds>) -> String {
    duration.map_or_else(|| "stuck".to_owned(), none_or)
}

/// A duration; `0` where there is none of it.
pub fn none_or(duration: Seconds) -> String {
    if duration.0.abs() < 0.5 {
        "0".to_owned()
    } else {
        duration.to_string()
    }
}

/// `new version live in 5.1 min (p95 5.7), completed after 10.9 min (p95 11.5), lead 2.8 min`.
pub fn clocks(estimate: &Estimate) -> String {
    let Some(durations) = &estimate.duration else {
        return "the deployment is stuck".to_owned();
    };
    format!(
        "new version live in {}, completed after {}, lead {}{}",
        with_p95(&durations.new_version_s),
        with_p95(&durations.completed_s),
        none_or(durations.lead_s.mean),
        lock_wait(durations)
    )
}

/// `, after a wait of 5.0 min for the lock`; nothing without a lock.
pub fn lock_wait(durations: &Durations) -> String {
    match durations.lock_wait_s {
        Some(wait) => format!(", after a wait of {} for the lock", none_or(wait.mean)),
        None => String::new(),
    }
}

/// Both clocks and the lead of one plan and of another.
pub fn clocks_from_to(from: &Estimate, to: &Estimate) -> String {
    let both = |of: fn(&Durations) -> Seconds| {
        from_to(from.duration.as_ref().map(of), to.duration.as_ref().map(of))
    };
    format!(
        "new version {}, completed {}, lead {}{}",
        both(|durations| durations.new_version_s.mean),
        both(|durations| durations.completed_s.mean),
        from_to_lead(from, to),
        from_to_lock(from, to)
    )
}

/// The wait for the lock of the cluster under one plan and another; nothing without a lock.
fn from_to_lock(from: &Estimate, to: &Estimate) -> String {
    let wait = |estimate: &Estimate| Some(estimate.duration?.lock_wait_s?.mean);
    match (wait(from), wait(to)) {
        (_, None) => String::new(),
        (None, Some(to)) => format!(", after a wait of {} for the lock", none_or(to)),
        (from, to) => format!(", after a wait of {} for the lock", from_to(from, to)),
    }
}

fn from_to_lead(from: &Estimate, to: &Estimate) -> String {
    let lead = |estimate: &Estimate| {
        estimate
            .duration
            .map_or_else(|| "0".to_owned(), |d| none_or(d.lead_s.mean))
    };
    let (from, to) = (lead(from), lead(to));
    if from == to {
        to
    } else {
        format!("{from} → {to}")
    }
}

/// Minutes without their unit, for a table that names it.
pub fn minutes(estimate: &Estimate, of: fn(&Durations) -> Seconds) -> String {
    match estimate.duration.as_ref().map(of) {
        None => "stuck".to_owned(),
        Some(duration) => in_minutes(duration),
    }
}

/// A duration in minutes without their unit, for a table that names it.
pub fn in_minutes(duration: Seconds) -> String {
    if duration.0.abs() < 0.5 {
        "0".to_owned()
    } else {
        format!("{:.1}", duration.minutes())
    }
}

/// Dollars a month without their unit, for a table that names it.
pub fn usd_per_month(estimate: &Estimate) -> String {
    let total = estimate.cost.total_usd_per_month;
    total.map_or_else(|| "–".to_owned(), |usd| format!("{:.2}", usd.0))
}

/// What another plan costs more or less: `for +2.42 USD a month`, `for 1.70 USD a month less`, `at
/// the same cost`.
pub fn for_a_month(more: Usd) -> String {
    if more.0.abs() < 0.005 {
        "at the same cost".to_owned()
    } else if more.0 < 0.0 {
        format!("for {} a month less", Usd(-more.0))
    } else {
        format!("for +{more} a month")
    }
}

/// A number of things: `1 host`, `2 hosts`.
pub fn counted(count: u32, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}

/// What is better where the answer turns: `standing hosts`.
pub fn taken(taken: Taken) -> &'static str {
    match taken {
        Taken::Prescaled => "pre-scaled hosts",
        Taken::Standing => "standing hosts",
        Taken::OnDemand => "managed scaling alone",
        Taken::Settings => "no added hosts",
        Taken::Nothing => "no plan within the limits",
    }
}

/// Hosts that managed scaling launches: `1 host joins while it runs`.
pub fn joining(hosts: u32) -> String {
    match hosts {
        1 => "1 host joins while it runs".to_owned(),
        hosts => format!("{hosts} hosts join while it runs"),
    }
}

/// A number without decimals that say nothing.
pub fn number(number: f64) -> String {
    let decimals = if number.abs() < 1.0 { 4 } else { 2 };
    let text = format!("{number:.decimals$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A JSON value as a person would say it: a text without its quotes.
pub fn value(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "none".to_owned(),
        Value::Number(number) => match number.as_f64() {
            Some(decimal) if !number.is_u64() && !number.is_i64() => self::number(decimal),
            _ => number.to_string(),
        },
        other => other.to_string(),
    }
}

/// The name that an enum's variant has in JSON.
pub fn name(of: impl Serialize) -> String {
    serde_json::to_value(of).map_or_else(|_| String::new(), |name| value(&name))
}

/// A whole answer as JSON.
pub fn json(answer: &impl Serialize) -> Result<String, Complaint> {
    serde_json::to_string_pretty(answer)
        .map(|json| json + "\n")
        .map_err(|error| Complaint::of(&error))
}

/// `deployment.maximum_percent: 100 → 200`.
pub fn change(change: &Change) -> String {
    let Change { key, from, to } = change;
    format!("{key}: {} → {}", value(from), value(to))
}

/// `100 → 75`; with what has to change besides: `100 → 75, with service.x: 70s → 275s`.
pub fn from_to_of_fix(fix: &Fix) -> String {
    let change = format!("{} → {}", value(&fix.from), value(&fix.to));
    fix.besides.iter().fold(change, |change, besides| {
        format!(
            "{change}, with {}: {}",
            besides.key,
            from_to_of_fix(besides)
        )
    })
}

/// `100/200`.
pub fn percents(plan: &PlanReport) -> String {
    format!("{}/{}", plan.minimum_healthy_percent, plan.maximum_percent)
}

/// ` (1 spot)`; ` (spot)` where all added hosts are; nothing where none is.
pub fn spot(plan: &PlanReport) -> String {
    match plan.spot_hosts {
        0 => String::new(),
        spot if spot == plan.prescale_hosts + plan.headroom_hosts => " (spot)".to_owned(),
        spot => format!(" ({spot} spot)"),
    }
}

/// Added hosts for a cell: `2 pre-scaled (1 spot)`, `1 reactive` of managed scaling, `none`.
pub fn added_hosts(plan: &PlanReport) -> String {
    let spot = spot(plan);
    match (plan.prescale_hosts, plan.headroom_hosts) {
        (0, 0) => match plan.estimate.tasks.hosts_on_demand {
            Some(hosts) => format!("{hosts} reactive"),
            None => "none".to_owned(),
        },
        (before, 0) => format!("{before} pre-scaled{spot}"),
        (0, standing) => format!("{standing} standing{spot}"),
        (before, standing) => format!("{before} pre-scaled, {standing} standing{spot}"),
    }
}

/// Added hosts in a sentence: `2 standing hosts (spot)`, `no added hosts`.
pub fn hosts(plan: &PlanReport) -> String {
    let before = counted(plan.prescale_hosts, "pre-scaled host");
    let standing = counted(plan.headroom_hosts, "standing host");
    let hosts = match (plan.prescale_hosts, plan.headroom_hosts) {
        (0, 0) => match plan.estimate.tasks.hosts_on_demand {
            Some(hosts) => counted(hosts, "host") + " by managed scaling",
            None => "no added hosts".to_owned(),
        },
        (_, 0) => before,
        (0, _) => standing,
        (_, _) => format!("{before} and {standing}"),
    };
    hosts + &spot(plan)
}

/// A plan in a sentence: `100/200 with 2 pre-scaled hosts`.
pub fn plan(plan: &PlanReport) -> String {
    format!("{} with {}", percents(plan), hosts(plan))
}

/// Changed settings that neither the percents nor the hosts tell.
pub fn other_changes(plan: &PlanReport) -> Vec<&Change> {
    let told = |key: &str| {
        key == "deployment.minimum_healthy_percent"
            || key == "deployment.maximum_percent"
            || key.starts_with("prescale.")
    };
    plan.changed
        .iter()
        .filter(|change| !told(&change.key))
        .collect()
}

/// All settings of a plan in short: `100/200, deregistration_delay 30s`.
pub fn settings(plan: &PlanReport) -> String {
    other_changes(plan)
        .into_iter()
        .fold(percents(plan), |settings, change| {
            format!("{settings}, {}", short_change(change))
        })
}

/// A changed setting by the last part of its key: `deregistration_delay 30s`.
pub fn short_change(change: &Change) -> String {
    let key = change.key.rsplit('.').next().unwrap_or(&change.key);
    format!("{key} {}", value(&change.to))
}

/// A plan's loss of capacity, as a sentence after a headline; empty where it keeps the required
/// tasks.
pub fn loss(plan: &PlanReport) -> String {
    let required = plan.estimate.availability.required_tasks;
    let healthy = plan.estimate.tasks.min_healthy;
    if healthy >= required {
        return String::new();
    }
    let required = counted(required, "required task");
    format!(" Every deployment goes down to {healthy} healthy of {required}.")
}

/// Full capacity in words.
pub fn availability(estimate: &Estimate) -> String {
    let availability = &estimate.availability;
    let tasks = &estimate.tasks;
    let required = match availability.required_tasks {
        1 => "1 task is required".to_owned(),
        tasks => format!("{tasks} tasks are required"),
    };
    if availability.required_tasks > tasks.desired {
        return format!(
            "{required}, only {} desired: short all the time.",
            tasks.desired
        );
    }
    let full = availability
        .monthly
        .map(|monthly| format!(" Time with full capacity: {}.", Share(monthly)))
        .unwrap_or_default();
    let interrupted = interrupted(availability);
    if availability.shortfall_probability < 1.0 {
        return format!("{required}; no deployment goes below that by itself.{interrupted}{full}");
    }
    let short = availability
        .shortfall_minutes_per_month
        .map(|minutes| format!(", {} min a month", number(minutes)))
        .unwrap_or_default();
    let down = if tasks.min_healthy < availability.required_tasks {
        format!("goes below that, to {}", tasks.min_healthy)
    } else {
        let worth = match availability.required_tasks {
            1 => "1 task's".to_owned(),
            tasks => format!("{tasks} tasks'"),
        };
        format!(
            "keeps {} healthy but serves less than {worth} worth of load for a while (slow start)",
            tasks.min_healthy
        )
    };
    format!("{required}; every deployment {down}{short}.{interrupted}{full}")
}

/// An amount, told from none of it also where it is tiny: `0`, `under 0.0001`.
pub fn amount(number: f64) -> String {
    if number > 0.0 && number < 1e-4 {
        "under 0.0001".to_owned()
    } else {
        self::number(number)
    }
}

/// What interruptions and lost zones do to full capacity; nothing where they do nothing.
fn interrupted(availability: &Availability) -> String {
    let mut words = String::new();
    let chance = availability.shortfall_probability;
    if chance > 0.0 && chance < 1.0 {
        let one_in = number((1.0 / chance).round());
        let causes = causes_of_shortfall(availability);
        words += &format!(" {causes} bring 1 in {one_in} deployments below.");
    }
    let Some(parts) = availability.parts else {
        return words;
    };
    let spot = parts.spot_during_deployments_minutes + parts.spot_between_deployments_minutes;
    let causes = [
        ("interrupted spot hosts", spot),
        ("lost zones", parts.zone_minutes),
    ];
    let causes: Vec<String> = causes
        .into_iter()
        .filter(|(_, minutes)| *minutes > 0.0)
        .map(|(cause, minutes)| format!("{} min by {cause}", amount(minutes)))
        .collect();
    if !causes.is_empty() {
        words += &format!(" In a month below it for {}.", causes.join(" and "));
    }
    words
}

/// What takes hosts while a deployment runs.
fn causes_of_shortfall(availability: &Availability) -> &'static str {
    let (spot, zones) = match availability.parts {
        Some(parts) => (
            parts.spot_during_deployments_minutes > 0.0,
            parts.zone_minutes > 0.0,
        ),
        None => (true, true),
    };
    match (spot, zones) {
        (true, false) => "Interrupted spot hosts",
        (false, true) => "Lost zones",
        _ => "Interrupted spot hosts or lost zones",
    }
}

/// What the answer leaves out.
pub fn not_counted(scenario: &Scenario) -> String {
    let mut left_out = Vec::new();
    let fails = scenario.deployment.failure.rate > 0.0;
    let starts_fail = scenario.service.failed_start_probability > 0.0;
    match (fails, starts_fail) {
        (false, false) => left_out.push("failures"),
        (true, false) => left_out.push("starts that fail"),
        (false, true) => left_out.push("versions that fail"),
        (true, true) => {}
    }
    let (interrupted, zones_lost) = match &scenario.capacity {
        Capacity::Hosts(cluster) => (
            cluster
                .hosts
                .iter()
                .any(|group| group.interruption > PerHour::ZERO)
                || scenario
                    .prescale
                    .host
                    .as_ref()
                    .is_some_and(|host| host.interruption > PerHour::ZERO),
            cluster.zone_loss.hazard > PerHour::ZERO,
        ),
        Capacity::FreeTasks(_) | Capacity::Unlimited => (false, false),
    };
    if !zones_lost {
        left_out.extend((!interrupted).then_some("interruptions"));
        left_out.push("lost zones");
    }
    let costs = match scenario.capacity {
        Capacity::FreeTasks(_) => "any cost, as only the room is known (cluster.free_tasks)",
        Capacity::Unlimited | Capacity::Hosts(_) => "the load balancer, data transfer",
    };
    if left_out.is_empty() {
        return format!("Not counted: {costs}.");
    }
    format!("Not counted: {costs}; {}.", left_out.join(", "))
}

/// Assumptions as points: what was taken, why, and what another value would change.
pub fn assumptions(assumptions: &[Assumption]) -> Vec<String> {
    assumptions
        .iter()
        .map(|assumption| {
            let Assumption {
                key, value, why, ..
            } = assumption;
            match &assumption.effect {
                Some(effect) => format!("{key} = {value}: {why}; {effect}"),
                None => format!("{key} = {value}: {why}"),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_said_once() {
        let seconds = |s| Some(Seconds(s));
        assert_eq!(from_to(seconds(1212.0), seconds(654.0)), "20.2 → 10.9 min");
        assert_eq!(from_to(seconds(180.0), seconds(45.0)), "3.0 min → 45 s");
        assert_eq!(from_to(None, seconds(654.0)), "stuck → 10.9 min");
        assert_eq!(from_to(seconds(654.0), seconds(654.1)), "10.9 min");
    }

    #[test]
    fn numbers_have_the_decimals_they_need() {
        assert_eq!(number(30.0), "30");
        assert_eq!(number(12.345), "12.35");
        assert_eq!(number(0.001_23), "0.0012");
        assert_eq!(number(0.0), "0");
    }
}
