//! Where the time of a deployment goes: what each setting contributes to it.
//!
//! The contribution of a setting is how much shorter the deployment is with that one setting at
//! its least possible value, the others as they are. Such contributions do not add up exactly;
//! what is left or counted twice is the remainder.

use serde::Serialize;

use super::{Baseline, Clocks, clocks, written};
use crate::model::Plan;
use crate::rollout::Room;
use crate::scenario::{DurationLaw, LoadBalancerKind, Scenario};
use crate::units::Seconds;

/// The least that a check can be set to: interval \[s\] and threshold (Elastic Load Balancing API
/// reference, `CreateTargetGroup`).
pub(super) const LEAST_INTERVAL: Seconds = Seconds(5.0);
/// See [`LEAST_INTERVAL`].
pub(super) const LEAST_THRESHOLD: u32 = 2;

/// Where the time goes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Waterfall {
    /// The whole \[s\].
    pub total: Clocks,
    /// What each setting contributes, the largest first.
    pub contributions: Vec<Contribution>,
    /// Total less all contributions: of no setting alone, or counted more than once \[s\].
    pub remainder: Clocks,
}

/// What a setting contributes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contribution {
    /// The scenario's key.
    pub key: String,
    /// What it is.
    pub from: String,
    /// The least it could be.
    pub to: String,
    /// How much shorter the deployment would be \[s\].
    #[serde(flatten)]
    pub share: Clocks,
}

/// A setting at its least.
struct Least {
    key: &'static str,
    from: String,
    to: String,
    changed: Scenario,
}

/// Where the time goes; absent where the deployment is stuck.
pub(super) fn waterfall(base: &Baseline) -> Option<Waterfall> {
    let total = base.clocks()?;
    let by_setting = least_settings(base).into_iter().filter_map(|least| {
        let outcome = base.outcome_of(&least.changed).ok()?.outcome;
        Some(Contribution {
            key: least.key.to_owned(),
            from: least.from,
            to: least.to,
            share: total.less(clocks(&outcome)?),
        })
    });
    let mut contributions: Vec<Contribution> = by_setting
        .chain(by_room_and_percents(base, total))
        .filter(|contribution| longest(contribution.share) >= 0.5)
        .collect();
    let clock = base.scenario.recommend.clock;
    let order = |c: &Contribution| (c.share.with_lead(clock).0, longest(c.share));
    contributions.sort_by(|a, b| {
        let ((a, a_longest), (b, b_longest)) = (order(a), order(b));
        b.total_cmp(&a).then(b_longest.total_cmp(&a_longest))
    });
    let remainder = contributions
        .iter()
        .fold(total, |left, contribution| left.less(contribution.share));
    Some(Waterfall {
        total,
        contributions,
        remainder,
    })
}

/// The largest of the differences \[s\].
fn longest(share: Clocks) -> f64 {
    share
        .lead_s
        .max(share.new_version_s)
        .max(share.completed_s)
        .0
}

fn least_settings(base: &Baseline) -> Vec<Least> {
    let scenario = base.scenario;
    let mut settings = checks(base);
    let nothing = DurationLaw::fixed(Seconds::ZERO);
    let timing = &scenario.service.timing;
    let mut duration = |key, law: DurationLaw, changed| {
        settings.push(Least {
            key,
            from: written(law.mean),
            to: written(Seconds::ZERO),
            changed,
        });
    };
    let changed = base.changed(|s| s.service.timing.start = nothing);
    duration("service.timing.start", timing.start, changed);
    let changed = base.changed(|s| s.service.timing.ready = nothing);
    duration("service.timing.ready", timing.ready, changed);
    let changed = base.changed(|s| s.service.timing.stop = nothing);
    duration("service.timing.stop", timing.stop, changed);
    let changed = base.changed(|s| s.service.timing.cold_start_extra = nothing);
    let extra = timing.cold_start_extra;
    duration("service.timing.cold_start_extra", extra, changed);
    let changed = base.changed(|s| s.deployment.reaction = nothing);
    duration("deployment.reaction", scenario.deployment.reaction, changed);
    let changed = base.changed(|s| s.deployment.completion_lag = Seconds::ZERO);
    let lag = DurationLaw::fixed(scenario.deployment.completion_lag);
    duration("deployment.completion_lag", lag, changed);
    let changed = base.changed(|s| s.prescale.boot = nothing);
    duration("prescale.boot", scenario.prescale.boot, changed);
    settings
}

/// Drain and health checks.
fn checks(base: &Baseline) -> Vec<Least> {
    let service = &base.scenario.service;
    let mut settings = Vec::new();
    if let Some(balancer) = service.load_balancer {
        let least = service
            .longest_request
            .unwrap_or_default()
            .min(balancer.deregistration_delay);
        let with_balancer = |change: &dyn Fn(&mut crate::scenario::LoadBalancer)| {
            base.changed(|s| s.service.load_balancer.iter_mut().for_each(change))
        };
        settings.push(Least {
            key: "service.load_balancer.deregistration_delay",
            from: written(balancer.deregistration_delay),
            to: written(least),
            changed: with_balancer(&|b| b.deregistration_delay = least),
        });
        let interval = balancer.health_check_interval;
        settings.push(Least {
            key: "service.load_balancer.health_check_interval",
            from: format!("{} × {}", written(interval), balancer.healthy_threshold),
            to: format!("{} × {LEAST_THRESHOLD}", written(LEAST_INTERVAL)),
            changed: with_balancer(&|b| {
                b.health_check_interval = LEAST_INTERVAL;
                b.healthy_threshold = LEAST_THRESHOLD;
            }),
        });
        if balancer.kind == LoadBalancerKind::Nlb {
            settings.push(Least {
                key: "service.load_balancer.registration_delay",
                from: written(balancer.registration_delay.mean),
                to: written(Seconds::ZERO),
                changed: with_balancer(&|b| {
                    b.registration_delay = DurationLaw::fixed(Seconds::ZERO);
                }),
            });
        }
    }
    if let Some(check) = service.health_check {
        settings.push(Least {
            key: "service.health_check.interval",
            from: written(check.interval),
            to: written(LEAST_INTERVAL),
            changed: base.changed(|s| {
                let check = s.service.health_check.iter_mut();
                check.for_each(|check| check.interval = LEAST_INTERVAL);
            }),
        });
    }
    settings
}

/// Room and percents; both together where each alone changes nothing.
fn by_room_and_percents(base: &Baseline, total: Clocks) -> Vec<Contribution> {
    let surge = Plan {
        minimum_healthy_percent: 100,
        maximum_percent: 200,
        ..base.plan
    };
    let room = base.outcome.moves.room;
    let unlimited = Room {
        warm: None,
        cold: 0,
    };
    let percents = format!(
        "{}/{}",
        base.plan.minimum_healthy_percent, base.plan.maximum_percent
    );
    let rooms = room
        .total()
        .map_or("unlimited".to_owned(), |room| room.to_string());
    let contribution = |key: &str, from: &str, to: &str, plan: &Plan, room| {
        let outcome = base.model.outcome_with_room(base.scenario, plan, room);
        let share = total.less(clocks(&outcome)?);
        (longest(share) >= 0.5).then(|| Contribution {
            key: key.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
            share,
        })
    };
    let percents_key = "deployment.maximum_percent";
    let alone: Vec<Contribution> = [
        contribution(
            "cluster.hosts",
            &format!("room {rooms}"),
            "unlimited",
            &base.plan,
            unlimited,
        ),
        contribution(percents_key, &percents, "100/200", &surge, room),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !alone.is_empty() {
        return alone;
    }
    contribution(percents_key, &percents, "100/200, room", &surge, unlimited)
        .into_iter()
        .collect()
}
