//! A lock that lets one deployment of a cluster run at a time: how long one waits for it.

use super::law::Law;
use crate::scenario::{Order, Scenario};
use crate::units::{SECONDS_PER_HOUR, Seconds};

/// How long this service's deployments wait for the lock of their cluster.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Lock {
    /// There is none.
    None,
    /// In the mean \[s\].
    Wait(Seconds),
    /// More is asked than the working time holds: the queue only grows.
    Overfull,
}

/// The wait for the lock, which each deployment of this service holds from the launch of its hosts
/// until it is completed.
///
/// # Formula
/// M/G/1 by Pollaczek and Khinchine: with λ deployments per second of the working time, each of
/// which holds the lock for S, wait = λ E\[S²\] / (2 (1 − λ E\[S\])).
#[must_use]
pub fn lock(scenario: &Scenario, held: &[&Law]) -> Lock {
    let Some(overlap) = scenario
        .overlap
        .filter(|overlap| overlap.order == Order::Queued)
    else {
        return Lock::None;
    };
    let window = scenario.deployment.window_hours() * SECONDS_PER_HOUR;
    let own_rate = scenario.deployment.per_day.unwrap_or(0.0) / window;
    let mean: f64 = held.iter().map(|law| law.mean()).sum();
    let variance: f64 = held.iter().map(|law| law.variance()).sum();
    let other_rate = overlap.per_day / window;
    let other = overlap.duration.mean.0;
    let load = own_rate * mean + other_rate * other;
    if load >= 1.0 {
        return Lock::Overfull;
    }
    let squares = own_rate * (mean * mean + variance)
        + other_rate * other * other * (1.0 + overlap.duration.cv.powi(2));
    Lock::Wait(Seconds(squares / (2.0 * (1.0 - load))))
}
