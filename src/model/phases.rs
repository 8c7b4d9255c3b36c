//! The four phases every task of a rollout goes through, as laws: what the rolling model works on.
//! Depends on the service's timing only, so it is computed once for all options of a service.

use super::attempts::Retries;
use super::law::{Law, standard_deviation};
use super::verdict::{RARELY, Verdict, checking_spread, drain_delay, verdict};
use crate::scenario::Scenario;

/// How many points of the grid go to a standard deviation of one cycle.
const POINTS_PER_DEVIATION: f64 = 10.0;

/// Beyond this share of killed starts a deployment is stuck, and no duration is asked for.
const MOST_KILLED: f64 = 0.95;

/// How long the phases of a rollout take.
#[derive(Debug, Clone)]
pub struct Phases {
    /// Start decision to counted healthy, on a host that has the image.
    pub start: Law,
    /// The same on a host that has not got the image.
    pub cold_start: Law,
    /// Told to stop to STOPPED: drain, then stop, at most the timeout.
    pub drain: Law,
    /// A change to the move it allows.
    pub reaction: Law,
    /// RUNNING to healthy, and what the grace period does to it.
    pub verdict: Verdict,
    /// Starts that fail; absent where none does.
    pub retries: Option<Retries>,
}

impl Phases {
    /// The phases of a scenario's service.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Self {
        let service = &scenario.service;
        let timing = &service.timing;
        let step = grid_step(scenario);
        let verdict = verdict(service, step);
        let start = Law::of(timing.start, step).plus(&verdict.healthy);
        let cold_start = start.plus(&Law::of(timing.cold_start_extra, step));
        let drain = Law::cut_at(timing.stop, timing.stop_timeout.0, step)
            .shifted(drain_delay(service.load_balancer.as_ref()).0);
        let reaction = Law::of(scenario.deployment.reaction, step);
        let failed = service.failed_start_probability;
        let killed = Some(verdict.kill_probability).filter(|&killed| killed > RARELY);
        let killed = killed.unwrap_or(0.0).min(MOST_KILLED) * (1.0 - failed);
        let retries = (failed + killed > 0.0).then(|| Retries {
            failed: failed + killed,
            again: failed_attempt(
                (failed, &start),
                // What is killed is stopped like any other task, and holds its place until then.
                (
                    killed,
                    &Law::of(timing.start, step)
                        .plus(&verdict.killed)
                        .plus(&drain),
                ),
            )
            .plus(&reaction),
        });
        Self {
            start,
            cold_start,
            drain,
            reaction,
            verdict,
            retries,
        }
    }
}

impl Phases {
    /// From the first attempt until a start is healthy that takes so long if it does not fail.
    #[must_use]
    pub fn with_retries(&self, start: &Law) -> Law {
        match &self.retries {
            Some(retries) => retries.until_healthy(start),
            None => start.clone(),
        }
    }

    /// Whether an attempt and what comes after it takes the same time each time.
    #[must_use]
    pub fn are_fixed(&self) -> bool {
        [&self.start, &self.cold_start, &self.drain, &self.reaction]
            .into_iter()
            .all(Law::is_fixed)
    }

    /// The phases of a rollout in which each place starts again until one is healthy.
    #[must_use]
    pub fn until_healthy(&self) -> Self {
        Self {
            start: self.with_retries(&self.start),
            cold_start: self.with_retries(&self.cold_start),
            ..self.clone()
        }
    }
}

impl Phases {
    /// The same on at most so many cells each.
    #[must_use]
    pub fn coarsened(&self, cells: usize) -> Self {
        Self {
            start: self.start.coarsened(cells),
            cold_start: self.cold_start.coarsened(cells),
            drain: self.drain.coarsened(cells),
            reaction: self.reaction.coarsened(cells),
            ..self.clone()
        }
    }
}

/// An attempt that fails, one way or the other.
fn failed_attempt(failed: (f64, &Law), killed: (f64, &Law)) -> Law {
    let total = failed.0 + killed.0;
    let points = [failed, killed].into_iter().flat_map(|(chance, law)| {
        law.points()
            .map(move |(value, mass)| (value, mass * chance / total))
    });
    Law::from_points(points, failed.1.step())
}

/// Distance of two points of the grid: fine against the spread of a whole cycle \[s\].
fn grid_step(scenario: &Scenario) -> f64 {
    let timing = &scenario.service.timing;
    let parts = [
        standard_deviation(timing.start),
        checking_spread(&scenario.service),
        standard_deviation(timing.stop).min(timing.stop_timeout.0),
        standard_deviation(scenario.deployment.reaction),
        standard_deviation(timing.cold_start_extra),
    ];
    let spread = parts.iter().map(|sd| sd * sd).sum::<f64>().sqrt();
    if spread > 0.0 {
        spread / POINTS_PER_DEVIATION
    } else {
        1.0
    }
}
