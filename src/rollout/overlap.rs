//! How much of the room deployments of other services take at the same time.

use statrs::distribution::{DiscreteCDF, Poisson};

use crate::scenario::{Order, Scenario};
use crate::units::SECONDS_PER_HOUR;

/// The share of moments at which there is at least as much room as is counted with.
const COVERED: f64 = 0.95;

/// Deployments of other services at the same moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Others {
    /// How many there are on average.
    pub mean: f64,
    /// How many there are at most in 95 % of moments.
    pub at_once: u32,
    /// The room that these take, in tasks of the service.
    pub tasks: u32,
}

/// The deployments of others that run beside this one; absent where none are given, or where a
/// lock keeps them apart.
///
/// # Formula
/// They begin at random moments of the working time, rate per day / window, and each stays for its
/// duration, whatever its law: the number at a moment is Poisson with mean rate × duration (the
/// M/G/∞ queue). `at_once` is the smallest n with P(N ≤ n) ≥ 0.95.
#[must_use]
pub fn others(scenario: &Scenario) -> Option<Others> {
    let overlap = scenario
        .overlap
        .filter(|overlap| overlap.order == Order::AtOnce)?;
    let window = scenario.deployment.window_hours() * SECONDS_PER_HOUR;
    let mean = overlap.per_day / window * overlap.duration.mean.0;
    let at_once = Poisson::new(mean).map_or(0, |number| number.inverse_cdf(COVERED));
    let at_once = u32::try_from(at_once).unwrap_or(u32::MAX);
    Some(Others {
        mean,
        at_once,
        tasks: at_once.saturating_mul(overlap.tasks),
    })
}
