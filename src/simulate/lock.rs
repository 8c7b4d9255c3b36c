//! The wait for a lock that lets one deployment of the cluster run at a time, by queueing one
//! deployment after another.

use rand::RngExt as _;
use rand::SeedableRng as _;
use rand::rngs::Xoshiro256PlusPlus;

use super::law::Sampler;
use super::run::Outcome;
use super::statistics::mean;
use crate::scenario::{Order, Scenario};
use crate::units::SECONDS_PER_HOUR;

/// Deployments that are queued for one figure.
const QUEUED: u32 = 400_000;
/// Parts of them whose means are taken as independent of each other.
const PARTS: usize = 50;

/// The mean wait and its standard error \[s\]; absent without a lock, and where more is asked than
/// the working time holds.
///
/// Deployments come at any moment of the working time. Each waits until those before it are done,
/// then holds the lock: those of the service from the launch of their hosts until completed, as
/// they were played, those of others as long as is said.
#[must_use]
pub fn wait(scenario: &Scenario, outcomes: &[Outcome], seed: u64) -> Option<(f64, f64)> {
    let others = scenario.overlap.filter(|o| o.order == Order::Queued)?;
    let window = scenario.deployment.window_hours() * SECONDS_PER_HOUR;
    let own_per_day = scenario.deployment.per_day.unwrap_or(0.0);
    let per_day = own_per_day + others.per_day;
    let held: Vec<f64> = outcomes
        .iter()
        .map(|run| run.lead + run.completed)
        .collect();
    let busy = own_per_day * mean(&held).0 + others.per_day * others.duration.mean.0;
    if held.is_empty() || busy >= window {
        return None;
    }
    if per_day <= 0.0 {
        return Some((0.0, 0.0));
    }
    let other = Sampler::new(others.duration);
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut left = 0.0;
    let waits: Vec<f64> = (0..QUEUED)
        .map(|_| {
            let apart = -(1.0 - rng.random::<f64>()).ln() * window / per_day;
            left = f64::max(left - apart, 0.0);
            let waited = left;
            left += if rng.random::<f64>() * per_day < own_per_day {
                held[rng.random_range(0..held.len())]
            } else {
                other.draw(&mut rng)
            };
            waited
        })
        .collect();
    let parts: Vec<f64> = waits
        .chunks(waits.len() / PARTS)
        .map(|part| mean(part).0)
        .collect();
    Some(mean(&parts))
}
