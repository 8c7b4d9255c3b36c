//! The four phases every task of a rollout goes through, as laws: what the rolling model works on.
//! Depends on the service's timing only, so it is computed once for all options of a service.

use super::attempts::Retries;
use super::law::{Law, spread_for_grid};
use super::verdict::{RARELY, Verdict, checking_spread, verdict};
use crate::scenario::Scenario;

/// How many points of the grid go to a standard deviation of one cycle.
const POINTS_PER_DEVIATION: f64 = 10.0;

/// How many go at least to one of a start.
const POINTS_PER_DEVIATION_OF_A_START: f64 = 4.0;

/// The grid is finer for that by no more than this.
const FINEST: f64 = 3.0;

/// Beyond this share of killed starts a deployment is stuck, and no duration is asked for.
const MOST_KILLED: f64 = 0.95;

/// Where nothing varies but how often a start fails, places whose moves would fall together are told
/// apart by a start that varies by so much of an attempt.
const TELLS_APART: f64 = 0.02;

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
    /// Start decision to killed, with its share of the starts that do not fail; absent where next to
    /// none is killed.
    pub killed: Option<(f64, Law)>,
    /// Starts that fail; absent where none does.
    pub retries: Option<Retries>,
}

/// The verdict on a task of a scenario's service.
#[must_use]
pub fn verdict_of(scenario: &Scenario) -> Verdict {
    verdict(&scenario.service, grid_step(scenario))
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
        let drain = Law::cut_at(timing.stop, timing.stop_timeout.0, step).shifted(
            service
                .load_balancer
                .map_or(0.0, |balancer| balancer.drain().0),
        );
        let reaction = Law::of(scenario.deployment.reaction, step);
        let failed = service.failed_start_probability;
        let killed = (verdict.kill_probability > RARELY).then(|| {
            let share = verdict.kill_probability.min(MOST_KILLED);
            (share, Law::of(timing.start, step).plus(&verdict.killed))
        });
        let killed_share = killed
            .as_ref()
            .map_or(0.0, |(share, _)| share * (1.0 - failed));
        let retries = (failed + killed_share > 0.0).then(|| match &killed {
            None => Retries {
                failed,
                fails: start.clone(),
                own: reaction.clone(),
                again: start.plus(&reaction),
            },
            // What is killed is stopped like any other task, and holds its place until then.
            Some((_, killed)) => {
                let of_killed = killed_share / (failed + killed_share);
                let drained = drain.plus(&reaction);
                Retries {
                    failed: failed + killed_share,
                    fails: start.or_with(of_killed, killed),
                    own: reaction.or_with(of_killed, &drained),
                    again: start
                        .plus(&reaction)
                        .or_with(of_killed, &killed.plus(&drained)),
                }
            }
        });
        Self {
            start,
            cold_start,
            drain,
            reaction,
            verdict,
            killed,
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

    /// The phases of a rollout in which each place starts again until one is healthy.
    #[must_use]
    pub fn until_healthy(&self) -> Self {
        let told_apart = |start: &Law| match &self.retries {
            Some(retries) if self.are_fixed() => {
                let width = retries.again.mean() * TELLS_APART * 12.0_f64.sqrt();
                let step = (width / POINTS_PER_DEVIATION).max(f64::MIN_POSITIVE);
                start.plus(&Law::uniform(width, step).shifted(-width / 2.0))
            }
            _ => start.clone(),
        };
        Self {
            start: self.with_retries(&told_apart(&self.start)),
            cold_start: self.with_retries(&told_apart(&self.cold_start)),
            ..self.clone()
        }
    }

    /// Whether an attempt and what comes after it takes the same time each time.
    fn are_fixed(&self) -> bool {
        [&self.start, &self.cold_start, &self.drain, &self.reaction]
            .into_iter()
            .all(Law::is_fixed)
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
            killed: self
                .killed
                .as_ref()
                .map(|(share, killed)| (*share, killed.coarsened(cells))),
            ..self.clone()
        }
    }
}

/// Distance of two points of the grid: fine against the spread of a whole cycle, and not coarse
/// against that of a start, on which the last of many tasks to be healthy depends \[s\].
fn grid_step(scenario: &Scenario) -> f64 {
    let timing = &scenario.service.timing;
    let start = spread_for_grid(timing.start).hypot(checking_spread(&scenario.service));
    let parts = [
        start,
        spread_for_grid(timing.stop).min(timing.stop_timeout.0),
        spread_for_grid(scenario.deployment.reaction),
        spread_for_grid(timing.cold_start_extra),
    ];
    let spread = parts.iter().map(|sd| sd * sd).sum::<f64>().sqrt();
    if spread <= 0.0 {
        return 1.0;
    }
    let step = spread / POINTS_PER_DEVIATION;
    if start > 0.0 {
        step.min((start / POINTS_PER_DEVIATION_OF_A_START).max(step / FINEST))
    } else {
        step
    }
}
