//! What the service's deployments share with others of the cluster: room, or a lock.

use super::Baseline;
use super::steps::Step;
use crate::rollout::others;
use crate::scenario::Scenario;
use crate::units::Seconds;

/// How much of the room deployments of others may take.
pub(super) fn room_taken(scenario: &Scenario) -> Option<String> {
    let others = others(scenario)?;
    let (mean, at_once, tasks) = (others.mean, others.at_once, others.tasks);
    let hours = scenario.deployment.window_hours();
    Some(format!(
        "less the room for {tasks} that {at_once} deployments of others take: in {hours} h of work \
         {mean:.2} run at a moment, in 95 % of moments at most {at_once}"
    ))
}

/// The wait for the lock that lets one deployment of the cluster run at a time.
pub(super) fn wait(base: &Baseline) -> Option<Step> {
    let duration = base.outcome.duration?;
    let wait = duration.lock_wait_s?.mean;
    let overlap = base.scenario.overlap?;
    let desired = base.outcome.moves.desired;
    Some(Step {
        at_s: Seconds::ZERO - (wait + duration.lead_s.mean),
        what: "wait for the lock of the cluster".to_owned(),
        why: vec![format!(
            "one deployment at a time: {} of others a day, {} each; the wait is {wait} on average, and no part of lead and clocks",
            overlap.per_day, overlap.duration.mean
        )],
        healthy: desired,
        tasks: desired,
    })
}
