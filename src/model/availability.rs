//! How many tasks stay healthy, by the scheduler's own moves: without failures, interruptions and
//! lost zones.

use serde::Serialize;

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
    /// Expected minutes per month with fewer healthy tasks \[min\]; absent without deployments
    /// per day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shortfall_minutes_per_month: Option<f64>,
    /// Share of the month with at least the required tasks; absent without deployments per day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monthly: Option<f64>,
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
/// 1 − minutes short / 43,800. A service whose desired count is below the required one is short
/// all the time.
#[must_use]
pub fn availability(
    service: &Service,
    moves: &Moves,
    short_seconds: f64,
    deployments: Option<f64>,
) -> Availability {
    let required_tasks = required_tasks(service);
    let always_short = service.desired_count < required_tasks;
    let shortfall_minutes_per_month = deployments.map(|deployments| {
        if always_short {
            MINUTES_PER_MONTH
        } else {
            (deployments * short_seconds / 60.0).min(MINUTES_PER_MONTH)
        }
    });
    Availability {
        required_tasks,
        shortfall_probability: if moves.min_healthy < required_tasks {
            1.0
        } else {
            0.0
        },
        shortfall_minutes_per_month,
        monthly: shortfall_minutes_per_month.map(|minutes| 1.0 - minutes / MINUTES_PER_MONTH),
    }
}
