//! Whether a day holds the deployments that are asked of it.

use super::estimate::Durations;
use crate::scenario::{Order, Scenario};
use crate::units::SECONDS_PER_HOUR;

/// A warning where a day has not got the time for its deployments.
///
/// Deployments of one service follow one another; so do all of a cluster under a lock.
///
/// # Formula
/// per day × (lead + completed), and that of the others under a lock, against the working time.
#[must_use]
pub fn warning(scenario: &Scenario, durations: &Durations) -> Option<String> {
    let deployment = &scenario.deployment;
    let queued = scenario
        .overlap
        .filter(|overlap| overlap.order == Order::Queued);
    // Others may ask for more than a day holds by themselves.
    let per_day = match deployment.per_day {
        None if queued.is_none() => return None,
        per_day => per_day.unwrap_or(0.0),
    };
    let each = durations.lead_s.mean + durations.completed_s.mean;
    let own = each.hours() * per_day;
    let others = queued.map_or(0.0, |overlap| {
        overlap.per_day * overlap.duration.mean.hours()
    });
    let window = deployment.window_hours();
    if (own + others) * SECONDS_PER_HOUR <= window * SECONDS_PER_HOUR {
        return None;
    }
    let day = match deployment.window_hours {
        Some(window) => format!("the {window} h of deployment.window_hours"),
        None => "the 24 h of a day (deployment.window_hours is not given)".to_owned(),
    };
    let with_others = match queued {
        Some(overlap) => format!(
            " and {} of others under the lock of cluster.concurrent_deployments",
            overlap.per_day
        ),
        None => String::new(),
    };
    let endless = if queued.is_some() {
        ": the queue for the lock has no end, and the wait for it is in none of the times"
    } else {
        ""
    };
    Some(format!(
        "deployment.per_day asks for more than a day holds: {per_day} of {each}{with_others} take {} h, more than {day}{endless}",
        told(own + others, window)
    ))
}

/// Hours with a digit, or with as many as tell them from the window.
fn told(hours: f64, window: f64) -> String {
    let digits = if hours - window < 0.1 { 2 } else { 1 };
    format!("{hours:.digits$}")
}
