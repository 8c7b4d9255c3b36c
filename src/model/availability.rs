//! How many tasks stay healthy: by the scheduler's own moves, which the lower bound limits, and by
//! what it does not rule: interrupted spot hosts and lost zones.

use serde::Serialize;

use super::exposure::Struck;
use crate::rollout::Moves;
use crate::scenario::Service;
use crate::units::MINUTES_PER_MONTH;

/// Healthy tasks against the required ones.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Availability {
    /// Tasks that carry the load.
    pub required_tasks: u32,
    /// Probability that fewer are healthy at any time of a deployment.
    pub shortfall_probability: f64,
    /// Expected minutes with fewer healthy tasks in one deployment \[min\].
    pub shortfall_minutes_per_deployment: f64,
    /// Expected minutes per month with fewer healthy tasks \[min\]; absent without deployments
    /// per day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shortfall_minutes_per_month: Option<f64>,
    /// Share of the month with at least the required tasks; absent without deployments per day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monthly: Option<f64>,
    /// What the minutes per month are made of; absent without deployments per day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parts: Option<Parts>,
}

/// The minutes per month with fewer healthy tasks than required, by their cause. They add up to
/// more than the whole only where that is the whole month.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Parts {
    /// The scheduler stops tasks, as the lower bound lets it \[min\].
    pub own_rollout_minutes: f64,
    /// Spot hosts are taken back during a deployment \[min\].
    pub spot_during_deployments_minutes: f64,
    /// Spot hosts are taken back between deployments \[min\].
    pub spot_between_deployments_minutes: f64,
    /// A zone is lost, at any time \[min\].
    pub zone_minutes: f64,
}

impl Parts {
    fn sum(&self) -> f64 {
        self.own_rollout_minutes
            + self.spot_during_deployments_minutes
            + self.spot_between_deployments_minutes
            + self.zone_minutes
    }
}

/// What makes tasks fall short of the required ones.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Shortfall {
    /// By the scheduler's own moves, in one deployment \[s\].
    pub own_seconds: f64,
    /// By interruptions and lost zones, in one deployment.
    pub struck: Struck,
    /// How long one deployment takes, evacuation included \[s\].
    pub deployment_seconds: f64,
    /// Probability at any moment between deployments, by interruptions.
    pub between_by_spot: f64,
    /// The same by lost zones.
    pub between_by_zone: f64,
}

/// Tasks that carry the load: as given, else the desired count.
#[must_use]
pub fn required_tasks(service: &Service) -> u32 {
    service.required_tasks.unwrap_or(service.desired_count)
}

/// Required tasks beyond what the scheduler keeps healthy.
#[must_use]
pub fn surplus(service: &Service, moves: &Moves) -> u32 {
    required_tasks(service).saturating_sub(moves.min_healthy)
}

/// Availability over a month.
///
/// # Formula
/// 1 − minutes short / 43,800: own and struck minutes of each deployment, and between deployments
/// the probability of being short times the time that is left. A service whose desired count is
/// below the required one is short all the time.
#[must_use]
pub fn availability(
    service: &Service,
    moves: &Moves,
    short: &Shortfall,
    deployments: Option<f64>,
) -> Availability {
    let required_tasks = required_tasks(service);
    let always_short = service.desired_count < required_tasks;
    let parts = deployments.map(|deployments| {
        if always_short {
            return Parts {
                own_rollout_minutes: MINUTES_PER_MONTH,
                ..Parts::default()
            };
        }
        let of_deployments = |seconds: f64| deployments * seconds / 60.0;
        let between = (MINUTES_PER_MONTH - of_deployments(short.deployment_seconds)).max(0.0);
        Parts {
            own_rollout_minutes: of_deployments(short.own_seconds),
            spot_during_deployments_minutes: of_deployments(short.struck.seconds_by_spot),
            spot_between_deployments_minutes: between * short.between_by_spot,
            zone_minutes: of_deployments(short.struck.seconds_by_zone)
                + between * short.between_by_zone,
        }
    });
    let shortfall_minutes_per_month = parts.map(|parts| parts.sum().min(MINUTES_PER_MONTH));
    let per_deployment =
        short.own_seconds + short.struck.seconds_by_spot + short.struck.seconds_by_zone;
    Availability {
        required_tasks,
        shortfall_probability: if moves.min_healthy < required_tasks {
            1.0
        } else {
            short.struck.chance
        },
        shortfall_minutes_per_deployment: per_deployment / 60.0,
        shortfall_minutes_per_month,
        monthly: shortfall_minutes_per_month.map(|minutes| 1.0 - minutes / MINUTES_PER_MONTH),
        parts,
    }
}
