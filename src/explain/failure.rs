//! What failing starts and failing deployments do, and where a moving desired count is stuck, as
//! lines beside the steps.

use super::Baseline;
use crate::model::attempts::breaker_threshold;
use crate::model::crowd::Crowd;
use crate::rollout::{Moves, over_range};
use crate::scenario::{Detection, Scenario};
use crate::units::Seconds;

/// What failing starts add to each start.
pub(super) fn failed_starts_told(base: &Baseline) -> Option<String> {
    let moves = &base.outcome.moves;
    let in_a_crowd = |crowd: &Crowd| crowd.phases.clone();
    let phases = base
        .model
        .crowd(base.scenario, (&base.plan, moves), in_a_crowd)
        .unwrap_or_else(|| base.model.phases().clone());
    let retries = phases.retries.as_ref()?;
    let failed = retries.failed * 100.0;
    let when = if phases.killed.is_some() {
        let fails = base.scenario.service.failed_start_probability > 0.0;
        let lost = if fails {
            "fail or are killed"
        } else {
            "are killed"
        };
        format!("{failed:.1} % of starts {lost} and are made again, what is killed after its drain")
    } else {
        format!("{failed:.1} % of starts fail and are made again, one reaction later")
    };
    Some(format!(
        "{when}: {} more for a task in the mean, which these clock times count",
        Seconds(retries.mean_delay())
    ))
}

/// How a deployment of a bad version ends, where some are bad.
pub(super) fn failure_told(base: &Baseline) -> Vec<String> {
    let deployment = &base.scenario.deployment;
    if deployment.failure.rate <= 0.0 {
        return Vec::new();
    }
    let moves = &base.outcome.moves;
    let rollback = base.model.rollback(base.scenario, &base.plan, moves);
    let noticed = match deployment.failure.detection {
        Detection::CircuitBreaker => format!(
            "the circuit breaker gives up after {} failed starts, in {}, each taken to fail where a good one would be healthy; for a version that runs but is never healthy give deployment.failure_detection",
            breaker_threshold(moves.desired),
            Seconds(rollback.decided.mean())
        ),
        Detection::After(after) => format!("it is noticed after {after}"),
    };
    let room = match rollback.restarted {
        0 => "no old task was stopped, the rollback needs no room".to_owned(),
        1 => "1 old task starts again, in the place of a new one".to_owned(),
        tasks => format!("{tasks} old tasks start again, in the places of new ones"),
    };
    vec![
        format!(
            "{:.1} % of deployments fail: {noticed}",
            deployment.failure.rate * 100.0
        ),
        format!(
            "{room}; rolled back after {}",
            Seconds(rollback.finished.mean())
        ),
    ]
}

/// Where a moving desired count is stuck.
pub(super) fn range_told(scenario: &Scenario, moves: &Moves) -> Option<String> {
    let range = scenario.service.desired_range?;
    let percents = (
        scenario.deployment.minimum_healthy_percent,
        scenario.deployment.maximum_percent,
    );
    let found = over_range(scenario, range, percents, moves.room);
    let stuck = match found.stuck.len() {
        0 => "these percents move at each of them".to_owned(),
        1 => format!("stuck at {}", found.stuck[0]),
        counts => format!(
            "stuck at {counts} of these counts, first at {}",
            found.stuck[0]
        ),
    };
    Some(format!(
        "the desired count moves from {} to {}: {stuck}",
        range.low, range.high
    ))
}
