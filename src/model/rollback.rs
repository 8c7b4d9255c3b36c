//! A deployment of a version that never gets healthy: when it is noticed, and when the old version
//! is back. In means of single phases.

use super::attempts::breaker_threshold;
use super::phases::Phases;
use crate::rollout::Moves;
use crate::scenario::{Deployment, Detection};

/// How a failing deployment goes \[s\].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rollback {
    /// From the request to the decision to roll back.
    pub decided: f64,
    /// From the decision to the desired count of the old version healthy.
    pub back: f64,
    /// From the request to the reaction to the last change: the old version is back and nothing of
    /// the new one is left.
    pub finished: f64,
    /// Old tasks that were stopped and have to be started again.
    pub restarted: u32,
}

impl Rollback {
    /// How long fewer than the required tasks are healthy \[s\], where they are so many more than
    /// the lower bound: from the first stop until the old version is back.
    #[must_use]
    pub fn short_seconds(&self, surplus: u32, reaction: f64) -> f64 {
        if surplus == 0 || self.restarted == 0 {
            return 0.0;
        }
        (self.decided - reaction).max(0.0) + self.back
    }
}

/// How a deployment that is not stuck fails.
///
/// # Formula
/// Before any new task is healthy the scheduler starts the surge s and stops the slack k. Each
/// place tries again and again: those of the surge after one reaction, those of the slack after
/// the drain of the old task and one reaction more. The breaker's threshold T is reached with the
/// T-th failed start of all places together; the decision comes one reaction later. Then the new
/// tasks drain, and the k old ones are started again: at once where bounds and hosts have places
/// for them beside, else one reaction after the drain.
#[must_use]
pub fn rollback(deployment: &Deployment, moves: &Moves, phases: &Phases) -> Rollback {
    let reaction = phases.reaction.mean();
    let decided = match deployment.failure.detection {
        Detection::CircuitBreaker => failed(moves, phases) + reaction,
        Detection::After(seconds) => seconds.0,
    };
    let drain = phases.drain.mean();
    let (new, restarted) = (moves.surge + moves.slack, moves.slack);
    let places = moves
        .room
        .total()
        .map_or(u32::MAX, |room| moves.desired.saturating_add(room))
        .min(moves.bounds.upper);
    let existing = (moves.desired - restarted).saturating_add(new);
    let at_once = existing.saturating_add(restarted) <= places;
    let back = match restarted {
        0 => 0.0,
        tasks => {
            let wait = if at_once { 0.0 } else { drain + reaction };
            wait + phases.start.largest_of(tasks).mean()
        }
    };
    Rollback {
        decided,
        back,
        finished: decided + back.max(drain) + reaction,
        restarted,
    }
}

/// From the request to the failed start that trips the circuit breaker \[s\].
fn failed(moves: &Moves, phases: &Phases) -> f64 {
    let (reaction, attempt) = (phases.reaction.mean(), phases.start.mean());
    let cold = phases.cold_start.mean() - phases.start.mean();
    let mut left = breaker_threshold(moves.desired);
    // When the next starts of each kind of place fail.
    let first = if moves.cold > 0 { cold } else { 0.0 };
    let mut surge = reaction + first + attempt;
    let mut slack = reaction + phases.drain.mean() + reaction + attempt;
    loop {
        let next_is_surge = moves.slack == 0 || (moves.surge > 0 && surge <= slack);
        let (next, places) = if next_is_surge {
            (&mut surge, moves.surge)
        } else {
            (&mut slack, moves.slack)
        };
        if left <= places || places == 0 {
            return *next;
        }
        left -= places;
        *next += reaction + attempt;
    }
}
